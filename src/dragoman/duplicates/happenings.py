"""Merge mentions of one happening across reports, in time linear in the corpus.

Mentions come in the order of the first of their days (``interval``). Each is compared with
the happenings of the last days that share its family, its pair of parties (or its one
party) and a day; at most ``_COMPARED`` of each block, the newest first. It joins the most
similar one if that is similar enough, else it begins a happening of its own. A happening
has at most one event of a report: what a report tells apart stays apart.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import combinations

import numpy as np

from dragoman.duplicates.rules import Merging, Rules

_COMPARED = 40
_MEMBERS = 6
#: The words of so many reports are kept at hand.
_TEXTS = 2000
#: An act longer than this many days is taken to be of the days before its report.
LONG = 31
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]{3,}|\d+")
_BUCKETS = 1 << 18
_NONE = np.zeros(0, dtype="<i4")


@dataclass(frozen=True, slots=True)
class Told:
    """One event of one report, as far as merging is concerned. Days are of the calendar."""

    event: str
    document: str
    type: str
    status: str
    parties: frozenset[str]
    start: date | None
    end: date | None
    published: date | None
    place: str | None
    place_country: str | None
    latitude: float | None
    longitude: float | None
    evidence: str
    words: np.ndarray


def words_of(text: str) -> np.ndarray:
    """Return the distinct words of a text as sorted numbers (int32).

    A word is put into lower case, cut to six letters and hashed.
    """
    found = {word.lower()[:6] for word in _WORD.findall(text)}
    return np.array(sorted({_bucket(word) for word in found}), dtype="<i4")


@lru_cache(maxsize=1 << 16)
def _bucket(word: str) -> int:
    number = 2_166_136_261
    for byte in word.encode():
        number = ((number ^ byte) * 16_777_619) & 0xFFFFFFFF
    return number % _BUCKETS


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a text, as few bytes as may be: their numbers, and what they weigh."""

    numbers: np.ndarray
    weight: float


class Rarity:
    """How much a word tells: the fewer reports have it, the more.

    ``texts`` are the words of each report, as of ``words_of``.
    """

    def __init__(self, texts: Iterable[np.ndarray]) -> None:
        counts = np.zeros(_BUCKETS, dtype=np.int32)
        total = 0
        for numbers in texts:
            total += 1
            counts[numbers] += 1
        self._weights = np.log((total + 1) / (counts + 0.5)).clip(min=0.05)

        self._marks = np.zeros(_BUCKETS, dtype=np.bool_)

    def weighed(self, numbers: np.ndarray) -> Words:
        """Return words, as of ``words_of``, with their weight, for ``shared``."""
        return Words(numbers, float(self._weights[numbers].sum()))

    def shared(self, one: Words, other: Words) -> float:
        """Return the weighted share of common words, 0 to 1 (cosine of sets)."""
        if not len(one.numbers) or not len(other.numbers):
            return 0.0
        self._marks[one.numbers] = True
        both = other.numbers[self._marks[other.numbers]]
        self._marks[one.numbers] = False
        return float(self._weights[both].sum()) / math.sqrt(one.weight * other.weight)


@dataclass(slots=True)
class _Profile:
    told: Told
    first: int
    last: int
    evidence: Words
    text: Words


@dataclass(slots=True)
class _Happening:
    id: str
    members: list[_Profile] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)


class HappeningMerger:
    """Assigns events to happenings; feed it events in the order of ``interval``.

    What no later event can reach is forgotten, so memory holds the happenings of some
    ten days.
    """

    def __init__(self, rules: Rules, rarity: Rarity) -> None:
        self._rules = rules
        self._numbers: Merging = rules.merging
        self._rarity = rarity
        self._blocks: dict[tuple[str, ...], deque[_Happening]] = defaultdict(
            lambda: deque(maxlen=_COMPARED)
        )
        self._days: dict[int, list[tuple[str, ...]]] = {}
        self._texts: dict[str, Words] = {}

    def assign(self, events: Iterable[Told]) -> Iterator[tuple[str, Told]]:
        """Yield the happening of each event: the id of its first event."""
        for told in events:
            yield self._one(told), told

    def _one(self, told: Told) -> str:
        first, last = interval(told, self._numbers.window)
        text = self._text(told)
        bare = replace(told, evidence="", words=_NONE)
        evidence = self._rarity.weighed(words_of(told.evidence))
        profile = _Profile(bare, first, last, evidence, text)
        keys = list(self._keys(told, first, last))
        best: _Happening | None = None
        best_score = self._numbers.threshold
        seen: set[int] = set()
        for key in keys:
            for happening in self._blocks.get(key, ()):
                if id(happening) in seen or told.document in happening.documents:
                    continue
                seen.add(id(happening))
                score = max(self._score(profile, member) for member in happening.members)
                if score > best_score:
                    best, best_score = happening, score
        if best is None:
            best = _Happening(told.event)
        if len(best.members) < _MEMBERS:
            best.members.append(profile)
        best.documents.add(told.document)
        for key in keys:
            block = self._blocks[key]
            if not block:
                self._days.setdefault(int(key[-1]), []).append(key)
            if not any(other is best for other in block):
                block.append(best)
        self._drop(first - self._numbers.days_apart)
        return best.id

    def _text(self, told: Told) -> Words:
        """Return the words of the report; the events of one report share them."""
        found = self._texts.get(told.document)
        if found is None:
            found = self._texts[told.document] = self._rarity.weighed(told.words)
            if len(self._texts) > _TEXTS:
                del self._texts[next(iter(self._texts))]
        return found

    def _keys(self, told: Told, first: int, last: int) -> Iterator[tuple[str, ...]]:
        """Yield the blocks of an event: family, status, parties, and each day it may be on."""
        family = self._rules.family[told.type]
        status = self._rules.status[told.status]
        days = range(first - self._numbers.days_apart, last + 1) if last - first < 8 else (first,)
        parties = sorted(told.parties)[:5]
        names = [f"{a}+{b}" for a, b in combinations(parties, 2)] or parties
        if told.place is not None:
            names.append(f"@{told.place}")
        names += parties if len(parties) > 1 else []
        for name in names or ["?"]:
            for day in days:
                yield family, status, name, str(day)

    def _drop(self, before: int) -> None:
        """Forget the blocks of days that no later event can reach."""
        for day in [day for day in self._days if day < before]:
            for key in self._days.pop(day):
                self._blocks.pop(key, None)

    def _score(self, one: _Profile, other: _Profile) -> float:
        a, b, numbers = one.told, other.told, self._numbers
        apart = max(one.first, other.first) - min(one.last, other.last)
        if apart > numbers.days_apart:
            return 0.0
        if a.published and b.published and abs((a.published - b.published).days) > numbers.window:
            return 0.0
        place = self._place(a, b)
        if place < 0:
            return 0.0
        actors = 0.5  # not known on one side
        if a.parties and b.parties:
            actors = len(a.parties & b.parties) / len(a.parties | b.parties)
            if actors == 0:
                return 0.0
        return (
            numbers.type * (a.type == b.type)
            + numbers.actors * actors
            + numbers.time * (apart <= 0)
            + numbers.place * place
            + numbers.evidence * self._rarity.shared(one.evidence, other.evidence)
            + numbers.report * self._rarity.shared(one.text, other.text)
        )

    def _place(self, a: Told, b: Told) -> float:
        """Return 1 for the same place, 0.5 if it is not known, -1 for two places."""
        if a.place is None or b.place is None:
            return 0.5
        if a.place == b.place:
            return 1.0
        if None in (a.latitude, a.longitude, b.latitude, b.longitude):
            return 0.5 if a.place_country == b.place_country else 0.0
        far = kilometres(
            a.latitude or 0.0, a.longitude or 0.0, b.latitude or 0.0, b.longitude or 0.0
        )
        return -1.0 if far > self._numbers.kilometres else 0.7


def interval(told: Told, window: int) -> tuple[int, int]:
    """Return the days on which the event may have been, as ordinals.

    Without a day of its own it is taken to be of the days before its report.
    """
    start, end = told.start or told.end, told.end or told.start
    if start is None or end is None or (end - start).days > LONG:
        if told.published is None:
            return 0, 0
        return told.published.toordinal() - window + 2, told.published.toordinal() + 1
    return start.toordinal(), end.toordinal()


def kilometres(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance of two points in degrees (haversine)."""
    a, b = math.radians(lat1), math.radians(lat2)
    h = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 12_742 * math.asin(min(1.0, math.sqrt(h)))
