"""The second pass: stretches of words that may name a town or a division."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from spacy.tokens import Token

from dragoman.resolving.gazetteer import GazetteerEntry, normalise
from dragoman.resolving.place_scene import ENTITIES, MIDDLING, Scene
from dragoman.resolving.place_table import Point

__all__ = ["Candidate", "Candidates"]

_LONGEST = 7
#: Strength of a name in capitals that opens the text.
DATELINE = 3
#: Small words inside the names of towns.
_SMALL = frozenset({
    "-", "am", "an", "da", "das", "de", "del", "der", "des", "di", "do", "dos", "du", "ed",
    "el", "en", "esh", "ez", "in", "la", "las", "le", "les", "los", "of", "on", "sous", "sur",
    "the", "upon",
})  # fmt: skip


@dataclass(slots=True)
class Candidate:
    """A stretch of tokens that may name a town or division, and what it may mean."""

    first: int
    last: int
    strength: int
    key: str
    entries: tuple[GazetteerEntry, ...]
    division: bool
    common: bool
    container: tuple[str, str | None] | None = None
    rule: str = "gazetteer.rank"
    settled: GazetteerEntry | None = None

    def points(self) -> list[Point]:
        """The points that it may mean, the settled one alone if it is settled."""
        chosen = (self.settled,) if self.settled is not None else self.entries[:12]
        return [(entry.latitude, entry.longitude) for entry in chosen]


class Candidates(Scene):
    """Gathers candidates from entities, prepositions and the gazetteer alone."""

    def _gather(self, taken: list[bool]) -> list[Candidate]:
        """What may be a town or a division, in text order; marks the words as taken."""
        result: list[Candidate] = []
        for first, last, strength in self._candidates(taken):
            if any(taken[first:last]):
                continue
            candidate = self._candidate(first, last, strength)
            if candidate is not None:
                result.append(candidate)
                taken[candidate.first : candidate.last] = [True] * (
                    candidate.last - candidate.first
                )
        for first, last in self._capitalised(taken):
            candidate = self._candidate(first, last, 0)
            if candidate is not None:
                result.append(candidate)
                taken[candidate.first : candidate.last] = [True] * (
                    candidate.last - candidate.first
                )
        result.sort(key=lambda candidate: candidate.first)
        self._listing(result)
        return result

    def _listing(self, candidates: list[Candidate]) -> None:
        """'in Omdurman, Bahri and El Obeid': what is listed with places is one."""
        for before, after in pairwise(candidates):
            between = self.source[before.last : after.first].text.lower()
            if before.strength and not after.strength and between in (",", "and", ", and", "or"):
                after.strength = 1

    def _candidates(self, taken: list[bool]) -> Iterable[tuple[int, int, int]]:
        """Stretches of tokens that may be a town; strength 2 entity, 1 preposition only."""
        doc, table = self.doc, self.table
        seen: set[int] = set()
        opening = self._opening()
        if opening is not None and not any(taken[slice(*opening)]):
            seen.update(range(*opening))
            yield *opening, DATELINE
        for first, last in self.longer_names:
            seen.update(range(first, last))
            yield first, last, 2
        for entity in self.ents:
            if entity.label_ not in ENTITIES:
                continue
            first, last = entity.start, entity.end
            while (
                first < last
                and not self._named_the(first)
                and doc[first].lower_ in ("the", "a", "an", "of", "nearby", "'s")
            ):
                first += 1
            while last > first and doc[last - 1].text in ("'s", "'", ",", ".", "-"):
                last -= 1
            if first >= last or any(taken[first:last]):
                remaining = [index for index in range(first, last) if not taken[index]]
                if not remaining or not doc[remaining[0]].text[0].isupper():
                    continue
                first, last = remaining[0], remaining[0] + 1
                while last < entity.end and not taken[last] and doc[last].text[0].isupper():
                    last += 1
            seen.update(range(first, last))
            yield first, last, 2
        for token in doc:
            if token.i + 1 >= len(doc) or not self._opens(token):
                continue
            first = token.i + 1
            while (
                first + 1 < len(doc)
                and not self._named_the(first)
                and doc[first].lower_ in table.leading_words
            ):
                first += 1
            if first in seen or taken[first] or not doc[first].text[0].isupper():
                continue
            last = first + 1
            while (
                last < len(doc)
                and last - first < _LONGEST
                and not taken[last]
                and self._joins(last)
            ):
                last += 1
            kind = doc[first].ent_type_
            if kind == "PERSON" and self._entity(first)[1] - first > 1:
                # 'at Kiryat Shmona': the whole name must be a town's.
                whole = self._entity(first)[1]
                town = token.lower_ in ("in", "at", "near") and self._lookup(
                    self.source[first:whole].text
                )
                if not (town and town[0].main and town[0].population >= MIDDLING):
                    continue
            if kind == "NORP" and doc[first].pos_ != "PROPN":
                division = last < len(doc) and doc[last].lower_ in table.division_words
                if not division:
                    continue
            if kind in ("TIME", "EVENT", "LAW", "WORK_OF_ART", "LANGUAGE", "MONEY"):
                # The parser's slip in 'in Hilo', 'in Tunis'.
                town = token.lower_ in ("in", "at", "near") and self._lookup(
                    self.source[first:last].text
                )
                if not (town and town[0].main and town[0].population >= MIDDLING):
                    continue
            if kind == "DATE" and self.keys[first] in table.common:
                continue
            if kind == "ORG" and self._entity(first)[1] - first > 1:
                continue
            yield first, last, 1

    def _opening(self) -> tuple[int, int] | None:
        """The town that a text opens with: 'ERBIL (AP) --', 'Tripoli, Lebanon -'."""
        doc = self.doc
        first = 0
        while first < len(doc) and doc[first].is_space:
            first += 1
        last = first
        while last < len(doc) and last < first + 4 and doc[last].text.isupper():
            last += 1
        if last == first or last == len(doc) or len(doc[first]) < 3:
            return None
        return (first, last) if doc[last].text in (",", "(", "-", "--", "–", "—", "/") else None

    def _candidate(self, first: int, last: int, strength: int) -> Candidate | None:
        for end in self._particles(last):
            # 'Santiago de Compostela', 'Komsomolsk-on-Amur'
            if any(entry.main for entry in self._lookup(self.source[first:end].text)):
                candidate = self._exact(first, end, strength)
                if candidate is not None:
                    return candidate
        for end in range(last, first, -1):
            if end < last and not self.doc[end].text[0].isupper():
                # 'Bir al-Abed' is not some 'Bir'.
                continue
            candidate = self._exact(first, end, strength)
            if candidate is not None:
                return candidate
        if strength >= 2 and last - first > 1:
            # 'northern Aleppo', 'Greater Manila': the name is at the end.
            for start in range(first + 1, last):
                if self.doc[start].text[0].isupper():
                    candidate = self._exact(start, last, strength)
                    if candidate is not None:
                        return candidate
        return None

    def _particles(self, last: int) -> list[int]:
        """Ends of a name that goes on after small words and a capital, the longest first."""
        doc = self.doc
        ends = []
        index = last
        while index + 1 < len(doc) and index < last + 5:
            if doc[index].lower_ not in _SMALL or doc[index].is_sent_start:
                break
            while index + 1 < len(doc) and doc[index].lower_ in _SMALL:
                index += 1
            while index < len(doc) and doc[index].text[0].isupper():
                index += 1
                ends.append(index)
        return ends[::-1]

    def _exact(self, first: int, last: int, strength: int) -> Candidate | None:
        doc, table = self.doc, self.table
        text = self.source[first:last].text
        key = normalise(text)
        if len(key) < 2 or key.isdigit() or (len(key) < 4 and text.isupper()):
            return None
        before = doc[first - 1] if first else None
        following = doc[last] if last < len(doc) else None
        if before is not None and before.lower_ in table.titles:
            return None
        if (
            following is not None
            and following.lower_ in table.titles
            and following.text[0].isupper()
        ):
            return None
        located = before is not None and before.lower_ in ("in", "at", "near")
        if last - first == 1 and text in self.surnames and not located:
            return None
        common = key in table.common and strength != DATELINE
        common = common and self._container(last)[0] is None
        if common and self._is_plain_word(first, before):
            return None
        entries = self._lookup(text)
        if not entries:
            return None
        division = following is not None and following.lower_ in table.division_words
        if before is not None and before.lower_ == "of" and first > 1:
            division = division or doc[first - 2].lower_ in table.division_words
        if any(entry.level for entry in entries) and not division:
            division = key.split()[-1] in table.division_words
        container, rule = self._container(last + 1 if division else last)
        return Candidate(first, last, strength, key, entries, division, common, container, rule)

    def _is_plain_word(self, first: int, before: Token | None) -> bool:
        token = self.doc[first]
        if before is None or (self.parsed and token.is_sent_start):
            return True
        return before.lower_ not in ("in", "at", "near") or token.pos_ not in ("PROPN", "")

    def _capitalised(self, taken: list[bool]) -> Iterable[tuple[int, int]]:
        """Stretches of capitalised words that nothing but the gazetteer calls a place."""
        doc = self.doc
        index = 0
        while index < len(doc):
            if taken[index] or not self._nameable(index):
                index += 1
                continue
            last = index + 1
            while last < len(doc) and not taken[last] and self._joins(last):
                last += 1
            while doc[last - 1].text in ("-", "'", "’"):
                last -= 1
            yield index, last
            index = last

    def _nameable(self, index: int) -> bool:
        token = self.doc[index]
        if not token.text[0].isupper() or token.is_stop:
            return False
        if len(token) < 3 and not (index + 1 < len(self.doc) and self._joins(index + 1)):
            return False
        kind = token.ent_type_
        if kind in ("DATE", "TIME", "EVENT", "LAW", "WORK_OF_ART", "LANGUAGE", "MONEY", "NORP"):
            return False
        if kind in ("PERSON", "ORG", "PRODUCT"):
            first, last = self._entity(index)
            if last - first > 1:
                # The parser's entity as a whole may yet be a town.
                return index == first and any(
                    entry.main or entry.population > MIDDLING
                    for entry in self._lookup(self.source[first:last].text)
                )
            if kind == "ORG" and token.text.isupper():
                return False
        before = self.doc[index - 1] if index else None
        if before is not None and before.text[0].isupper() and before.ent_type_ == "PERSON":
            return False
        return token.pos_ == "PROPN" or kind in ("ORG", "PERSON") or not self.parsed
