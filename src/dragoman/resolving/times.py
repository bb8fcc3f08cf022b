"""Times: from the words of a report to closed intervals of calendar days.

A small rule grammar reads the tokens from left to right. At each token that can
begin a time expression, every rule is tried and the longest reading wins. Words,
seasons and festivals are data in ``codebook/times.toml``. Relative expressions are
counted from the *anchor*, the day of publication; weeks are those of ISO 8601,
Monday to Sunday. An expression that could lie on either side of the anchor
('on Wednesday', 'in June') takes its side from the tense of the governing verb.
"""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token

from dragoman.schema import Precision, Span, TimeInterval

__all__ = ["TimeMention", "TimeResolver", "explain_when"]

_FIRST_YEAR, _LAST_YEAR = 1990, 2035
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time expression in a parsed text.

    ``first`` and ``last`` are token indices, half-open. ``adjunct`` is true where the
    expression can date an act ('met on Monday'), false where it modifies a noun
    ('the 2015 nuclear deal', "Monday's vote") or only measures ('for 20 years').
    """

    first: int
    last: int
    interval: TimeInterval
    adjunct: bool = True


@dataclass(frozen=True, slots=True)
class _Context:
    """What a rule may know: anchor day, side (future True, past False), last date told."""

    anchor: date | None
    future: bool | None
    reference: tuple[date, date] | None
    preposition: bool = False
    perfect: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A reading of ``text[pos:end]``."""

    end: int
    first: date | None
    last: date | None
    precision: Precision
    rule: str
    explicit: bool = False
    adjunct: bool = True


_Rule = Callable[[re.Match[str], _Context], _Found | None]


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _shift_months(day: date, count: int) -> date:
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _shift(day: date, unit: str, count: int) -> date:
    """Move a day by ``count`` units; raises ``ValueError`` outside the years 1 to 9999."""
    try:
        if unit in ("second", "minute"):
            return day
        if unit == "hour":
            return day + timedelta(days=int(count / 24))
        if unit in _UNIT_DAYS:
            return day + timedelta(days=count * _UNIT_DAYS[unit])
        return _shift_months(day, count * _UNIT_MONTHS[unit])
    except OverflowError as error:
        raise ValueError(f"{count} {unit}s from {day} is outside the calendar") from error


_UNIT_DAYS: Mapping[str, int] = {"day": 1, "night": 1, "week": 7, "fortnight": 14, "weekend": 7}
_UNIT_MONTHS: Mapping[str, int] = {
    "month": 1,
    "quarter": 3,
    "year": 12,
    "decade": 120,
    "century": 1200,
}
_UNIT_PRECISION: Mapping[str, Precision] = {
    "second": Precision.DAY,
    "minute": Precision.DAY,
    "hour": Precision.DAY,
    "day": Precision.DAY,
    "night": Precision.DAY,
    "week": Precision.WEEK,
    "weekend": Precision.DAY,
    "fortnight": Precision.WEEK,
    "month": Precision.MONTH,
    "quarter": Precision.QUARTER,
    "year": Precision.YEAR,
    "decade": Precision.DECADE,
    "century": Precision.FUZZY,
}


def _calendar_unit(day: date, unit: str) -> tuple[date, date]:
    """The calendar unit that holds ``day``."""
    if unit in ("week", "fortnight"):
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if unit == "weekend":
        monday = day - timedelta(days=day.weekday())
        return monday + timedelta(days=5), monday + timedelta(days=6)
    if unit == "month":
        return _month(day.year, day.month)
    if unit == "quarter":
        first = (day.month - 1) // 3 * 3 + 1
        return date(day.year, first, 1), _month(day.year, first + 2)[1]
    if unit == "year":
        return _year(day.year)
    if unit == "decade":
        first = day.year // 10 * 10
        return date(first, 1, 1), date(first + 9, 12, 31)
    if unit == "century":
        first = (day.year - 1) // 100 * 100 + 1
        return date(first, 1, 1), date(first + 99, 12, 31)
    return day, day


def _easter(year: int) -> date:
    """Western Easter (anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _orthodox_easter(year: int) -> date:
    """Orthodox Easter (Meeus' Julian rule), as a Gregorian day, valid 1900 to 2099."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def _part(first: date, last: date, part: str) -> tuple[date, date]:
    """The early, middle or late third, or a half, of a period."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if part in ("first half", "second half"):
        if months >= 2:
            middle = _shift_months(first, months // 2)
        else:
            middle = first + timedelta(days=((last - first).days + 1) // 2)
        return (first, middle - _DAY) if part == "first half" else (middle, last)
    if months >= 3:
        third = months // 3
        cuts = (first, _shift_months(first, third), _shift_months(first, 2 * third))
    else:
        third = ((last - first).days + 1) // 3
        cuts = (first, first + timedelta(days=third), first + timedelta(days=2 * third))
    if part == "early":
        return cuts[0], cuts[1] - _DAY
    if part == "mid":
        return cuts[1], cuts[2] - _DAY
    return cuts[2], last


def _choose(
    candidates: Sequence[tuple[date, date]], anchor: date, future: bool | None
) -> tuple[date, date] | None:
    """Of yearly recurring periods take the one on the wanted side of the anchor.

    Without a tense the nearest past one counts, unless it is over nine months gone
    and the next one is near.
    """
    past = [period for period in candidates if period[0] <= anchor]
    coming = [period for period in candidates if period[1] >= anchor]
    if future:
        # 'had offered to meet in late May', told in June, is the May just gone.
        if (
            past
            and coming
            and 0 < (anchor - past[-1][1]).days < 45
            and (coming[0][0] - anchor).days > 270
        ):
            return past[-1]
        return coming[0] if coming else None
    if future is None and past and coming:
        gone, ahead = (anchor - past[-1][1]).days, (coming[0][0] - anchor).days
        if gone > 270 and ahead < 75:
            return coming[0]
    return past[-1] if past else None


class _Festivals:
    """The festivals of the codebook, worked out for each year at first use."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._by_name: dict[str, Mapping[str, Any]] = {
            name: entry for entry in entries for name in entry["names"]
        }
        self._periods: dict[str, tuple[tuple[date, date], ...]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def periods(self, name: str) -> tuple[tuple[date, date], ...]:
        """All days of the festival in order, first and last day each."""
        key = self._by_name[name]["names"][0]
        known = self._periods.get(key)
        if known is None:
            known = tuple(sorted(self._compute(self._by_name[name])))
            self._periods[key] = known
        return known

    def _compute(self, entry: Mapping[str, Any]) -> list[tuple[date, date]]:
        rule: str = entry["rule"]
        years = range(_FIRST_YEAR, _LAST_YEAR + 1)
        starts: list[date] = []
        if rule == "fixed":
            for year in years:
                text = entry["leap"] if calendar.isleap(year) and "leap" in entry else entry["day"]
                starts.append(date.fromisoformat(f"{year}-{text}"))
        elif rule == "easter":
            starts = [_easter(year) + timedelta(days=entry["offset"]) for year in years]
        elif rule == "orthodox_easter":
            starts = [_orthodox_easter(year) + timedelta(days=entry["offset"]) for year in years]
        elif rule == "weekday":
            for year in years:
                days = [
                    date(year, entry["month"], day)
                    for day in range(1, calendar.monthrange(year, entry["month"])[1] + 1)
                    if date(year, entry["month"], day).weekday() == entry["weekday"]
                ]
                nth = entry["nth"]
                starts.append(days[nth if nth < 0 else nth - 1])
        elif rule == "table":
            starts = [date.fromisoformat(text) for text in entry["dates"]]
        elif rule == "after":
            offset = timedelta(days=entry["offset"])
            starts = [first + offset for first, _ in self.periods(entry["of"])]
        elif rule == "before_weekday":
            for first, _ in self.periods(entry["of"]):
                back = (first.weekday() - entry["weekday"]) % 7 or 7
                starts.append(first - timedelta(days=back))
        else:
            raise ValueError(f"times.toml: festival {entry['names'][0]!r}: unknown rule {rule!r}")
        if "until" in entry:
            ends = [first - _DAY for first, _ in self.periods(entry["until"])]
            result = []
            for start in starts:
                end = next((day for day in ends if day > start), start + timedelta(days=28))
                result.append((start, min(end, start + timedelta(days=29))))
            return result
        length = timedelta(days=int(entry.get("days", 1)) - 1)
        return [(start, start + length) for start in starts]


def _alternatives(words: Sequence[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"[ \u00a0\n]{1,3}") for word in ordered)


def _squeeze(text: str) -> str:
    return " ".join(text.lower().split())


class TimeResolver:
    """Finds time expressions and works out the days that they mean.

    Made once and used for many reports; holds no state between calls.
    ``codebook`` is a TOML file in place of the built-in ``times.toml``. Raises
    ``ValueError`` for an unknown festival rule at its first use and ``KeyError`` for a
    missing table.
    """

    def __init__(self, codebook: Path | None = None) -> None:
        if codebook is None:
            raw = (files("dragoman") / "codebook" / "times.toml").read_text(encoding="utf-8")
        else:
            raw = codebook.read_text(encoding="utf-8")
        data = tomllib.loads(raw)
        self._months: dict[str, int] = data["months"]
        self._weekdays: dict[str, int] = data["weekdays"]
        self._numbers: dict[str, int] = data["numbers"]
        self._vague: dict[str, list[int]] = data["vague"]
        self._seasons: dict[str, list[int]] = data["seasons"]
        self._fuzzy: dict[str, list[int]] = data["fuzzy"]
        self._festivals = _Festivals(data["festival"])
        self._tense: dict[str, frozenset[str]] = {
            key: frozenset(words) for key, words in data["tense"].items()
        }
        self._rules = self._grammar()
        self._starts = self._starting_words()

    # ------------------------------------------------------------------ public

    def find(
        self, doc: Doc, anchor: date | None, *, reference: date | None = None
    ) -> tuple[TimeMention, ...]:
        """Find the time expressions of a parsed text.

        ``anchor`` is the day of publication; if it is ``None`` only absolute
        expressions resolve. ``reference`` is the day that 'a day earlier' counts
        from until the text has named a day itself. The mentions come in text order
        and do not overlap; spans are offsets into ``doc.text``.
        """
        text = doc.text
        parsed = bool(doc.has_annotation("DEP"))
        mentions: list[TimeMention] = []
        last_told: tuple[date, date] | None = (
            (reference, reference) if reference is not None else None
        )
        skip_to = 0
        for token in doc:
            if token.idx < skip_to:
                continue
            low = token.lower_
            if low not in self._starts and not token.text[0].isdigit():
                continue
            before = doc[token.i - 1] if token.i else None
            if before is not None and before.like_num and low in _PLURAL_UNITS:
                # The number before could not be read ('1,500 years ago').
                continue
            if before is not None and not before.whitespace_ and before.text in "-–$€£.'/:":
                continue
            future, perfect = self._side(doc, token, parsed)
            context = _Context(anchor, future, last_told, perfect=perfect)
            begin = token.idx
            try:
                found, begin = self._expression(text, token.idx, context)
            except (ValueError, OverflowError):
                # A day outside the calendar ('500000 years ago') is no date.
                continue
            if found is None or not self._clean_end(text, found.end):
                continue
            first, last = self._tokens(doc, token.i, begin, found.end)
            if last - first > 1 and doc[last - 1].text == ".":
                last -= 1
            if self._is_count(doc, first, last, parsed):
                continue
            end = doc[last - 1].idx + len(doc[last - 1])
            span = Span(doc[first].idx, end)
            adjunct = found.adjunct and not self._modifies(doc, first, last, parsed)
            interval = TimeInterval(
                found.first, found.last, found.precision, span.of(text), span, found.rule
            )
            mentions.append(TimeMention(first, last, interval, adjunct))
            skip_to = end
            if found.first is not None and found.last is not None and found.precision in _TELLING:
                last_told = (found.first, found.last)
        return tuple(mentions)

    # ------------------------------------------------------------- tense

    def _side(self, doc: Doc, token: Token, parsed: bool) -> tuple[bool | None, bool]:
        """The side of the anchor that the governing verb points to, and if it is perfect."""
        if not parsed:
            return self._side_by_words(doc, token), False
        node = token
        for _ in range(12):
            if node.pos_ in ("VERB", "AUX") and node.i != token.i:
                break
            if any(child.lower_ in self._tense["future_adjectives"] for child in node.children):
                return True, False
            if node.lower_ in self._tense["future_adjectives"] and node.i != token.i:
                return True, False
            if node.head.i == node.i:
                return None, False
            node = node.head
        auxiliaries = {child.lemma_.lower() for child in node.children if child.dep_ == "aux"}
        perfect = "have" in auxiliaries and node.tag_ in ("VBN", "VBG")
        return self._verb_side(node, 0), perfect

    def _verb_side(self, verb: Token, depth: int) -> bool | None:
        words = self._tense
        if depth > 6:
            return None
        aux = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
        lemmas = {child.lemma_.lower() for child in aux} | {child.lower_ for child in aux}
        if "have" in lemmas and not lemmas & {"will", "'ll"}:
            return False
        if lemmas & words["future_auxiliaries"]:
            return True
        if verb.tag_ == "VBN" and verb.lemma_.lower() in words["future_participles"]:
            return True
        if any(child.lower_ == "due" for child in verb.children):
            return True
        head = verb.head
        if "to" in lemmas:
            if verb.dep_ == "xcomp" and head.i != verb.i:
                lemma = head.lemma_.lower()
                if lemma == "be" or lemma not in words["implicative_verbs"]:
                    return True
                return self._verb_side(head, depth + 1) if lemma != "go" else True
            if verb.dep_ == "advcl" and head.i != verb.i:
                return self._verb_side(head, depth + 1)
            if verb.dep_ == "conj" and head.i != verb.i:
                return self._verb_side(head, depth + 1)
            return True
        tag = verb.tag_
        if any(child.tag_ == "VBD" for child in aux):
            return False
        if tag == "VBD":
            return False
        present_aux = any(
            child.tag_ in ("VBZ", "VBP") and child.lemma_.lower() == "be" for child in aux
        )
        if tag == "VBG" and present_aux:
            return True
        if tag in ("VB", "VBG") and not aux and head.i != verb.i:
            if head.pos_ in ("VERB", "AUX"):
                return self._verb_side(head, depth + 1)
            return self._up(head, depth + 1)
        if tag == "VBN":
            if verb.dep_ == "conj" and not aux and head.i != verb.i:
                return self._verb_side(head, depth + 1)
            return None if present_aux else False
        if tag in ("VBZ", "VBP"):
            lemma = verb.lemma_.lower()
            if lemma in words["reporting_verbs"]:
                return False
            if lemma in words["timetable_verbs"]:
                return True
        return None

    def _up(self, node: Token, depth: int) -> bool | None:
        for _ in range(8):
            if node.pos_ in ("VERB", "AUX"):
                return self._verb_side(node, depth)
            if node.head.i == node.i:
                return None
            node = node.head
        return None

    def _side_by_words(self, doc: Doc, token: Token) -> bool | None:
        """Without a parse: a future auxiliary shortly before, in the same sentence."""
        for index in range(token.i - 1, max(-1, token.i - 15), -1):
            word = doc[index].lower_
            if word in ".!?;":
                return None
            if word in self._tense["future_auxiliaries"] or word in (
                "scheduled",
                "due",
                "upcoming",
            ):
                return word != "may" or doc[index].text == "may"
        return None

    # ------------------------------------------------------------- tokens

    @staticmethod
    def _clean_end(text: str, end: int) -> bool:
        """The expression must end with a word ('Mondays' and '30-year-old' do not)."""
        if end >= len(text):
            return True
        after = text[end]
        if after.isalnum() or after == "_":
            return False
        if after == "-" and end + 1 < len(text) and text[end + 1].isalpha():
            return text[end + 1].isupper()
        return not (
            after in ",.:/" and text[end + 1 : end + 2].isdigit() and text[end - 1].isdigit()
        )

    @staticmethod
    def _tokens(doc: Doc, start: int, begin: int, end: int) -> tuple[int, int]:
        first = start
        while first + 1 < len(doc) and doc[first].idx + len(doc[first]) <= begin:
            first += 1
        last = first + 1
        while last < len(doc) and doc[last].idx < end:
            last += 1
        while last - 1 > first and doc[last - 1].is_space:
            last -= 1
        return first, last

    def _is_count(self, doc: Doc, first: int, last: int, parsed: bool) -> bool:
        """A bare number of four digits that counts the plural noun after it."""
        token = doc[last - 1]
        if not (token.text.isdigit() and len(token.text) == 4) or last >= len(doc):
            return False
        if last - first > 2:
            return False
        following = doc[last]
        if following.lower_ in self._tense["counted_nouns"]:
            return True
        if (
            parsed
            and token.dep_ == "nummod"
            and token.head.tag_ == "NNS"
            and token.head.i > token.i
        ):
            before = doc[token.i - 1] if token.i else None
            return before is None or before.pos_ not in ("DET", "PRON", "PART", "PROPN")
        return False

    @staticmethod
    def _modifies(doc: Doc, first: int, last: int, parsed: bool) -> bool:
        if last < len(doc) and doc[last].lower_ in ("'s", "'", "’s", "’"):
            return True
        before = doc[first - 1] if first else None
        if before is not None and before.lower_ == "of":
            owner = doc[first - 2].lower_ if first > 1 else ""
            return owner not in {
                "morning", "afternoon", "evening", "night", "day", "days", "week", "end",
                "start", "beginning", "hours", "month", "half", "as", "because", "spring",
                "summer", "autumn", "fall", "winter", "weekend",
            }  # fmt: skip
        if not parsed:
            return (
                before is not None
                and before.lower_ in ("the", "its", "their", "a")
                and last - first == 1
                and doc[first].text.isdigit()
                and last < len(doc)
                and doc[last].is_alpha
            )
        if doc[first].pos_ in ("ADP", "SCONJ"):
            return False
        for token in doc[first:last]:
            outside = token.head.i >= last
            if outside and token.dep_ in ("compound", "nmod", "amod", "nummod", "poss"):
                return token.head.pos_ in ("NOUN", "PROPN", "NUM")
        return False

    # ------------------------------------------------------------- grammar

    def _starting_words(self) -> frozenset[str]:
        phrases = [
            *self._months, *self._weekdays, *self._numbers, *self._vague, *self._seasons,
            *self._fuzzy, *self._festivals.names,
        ]  # fmt: skip
        words = {re.split(r"[ .'-]", phrase)[0] for phrase in phrases}
        words |= {phrase for phrase in phrases if " " not in phrase}
        words |= {month + "." for month in self._months}
        words |= _STARTERS
        return frozenset(words)

    def _expression(self, text: str, pos: int, context: _Context) -> tuple[_Found | None, int]:
        """Read a whole expression at ``pos``: prepositions, ranges, one core.

        Gives the reading and where it begins (a preposition before a modifier is
        left out).
        """
        prefix = _PREFIX.match(text, pos)
        if prefix is None:
            found = self._core(text, pos, context)
            return (self._range(text, found, context) if found else None), pos
        word = _squeeze(prefix.group("prep"))
        whole = self._core(text, pos, context)
        start = prefix.end()
        inner = replace(context, preposition=True)
        if word in ("until", "till", "up to", "by", "through", "before") and inner.future is None:
            inner = replace(inner, future=word != "before" or None)
        core = self._core(text, start, inner)
        if core is None:
            return whole, pos
        possessive = text[core.end : core.end + 1] in ("'", "’") and text[
            core.end + 1 : core.end + 2
        ].lower() in ("s", " ")
        if possessive:
            return (whole, pos) if whole and whole.end >= core.end else (core, start)
        joined = self._range(text, core, inner, word)
        if whole is not None and whole.end >= joined.end:
            return whole, pos
        if joined is not core:
            return joined, pos
        if word in ("from", "between") and core.rule == "date.day" and core.first != core.last:
            return core, pos
        first, last = core.first, core.last
        result = core
        if word in _SINCE:
            if core.rule in ("day.daypart", "duration"):
                return None, pos
            result = replace(core, last=None, precision=Precision.OPEN, rule=f"since({core.rule})")
        elif word in ("until", "till", "up to", "through"):
            begin = self._open_begin(context, last)
            result = replace(
                core, first=begin, precision=Precision.OPEN, rule=f"until({core.rule})"
            )
        elif word in _BY:
            begin = self._open_begin(context, last)
            result = replace(core, first=begin, precision=Precision.OPEN, rule=f"by({core.rule})")
        elif word in ("before", "ahead of", "prior to"):
            # 'before the end of May' lasts until May does.
            ending = core.rule.startswith("late(") and "end" in text[pos : core.end].lower()
            end = last if ending else first - _DAY if first else None
            begin = self._open_begin(context, end)
            result = replace(
                core, first=begin, last=end, precision=Precision.OPEN, rule=f"before({core.rule})"
            )
        elif word == "after":
            result = replace(
                core,
                first=last + _DAY if last else None,
                last=None,
                precision=Precision.OPEN,
                rule=f"after({core.rule})",
            )
        elif word == "for" and core.precision is not Precision.DAY:
            result = replace(core, adjunct=core.adjunct)
        return result, pos

    @staticmethod
    def _open_begin(context: _Context, end: date | None) -> date | None:
        """Where 'until X' and 'by X' begin: at the report if X is still to come."""
        anchor = context.anchor
        if anchor is None or context.future is False:
            return None
        return anchor if end is not None and anchor <= end else None

    def _range(self, text: str, core: _Found, context: _Context, word: str = "") -> _Found:
        """Join 'X to Y', 'X-Y' and 'between X and Y' where both sides are dates."""
        if core.first is None or core.precision in (Precision.FUZZY, Precision.OPEN):
            return core
        connector = (_BETWEEN if word == "between" else _TO).match(text, core.end)
        if connector is None:
            return self._adjoining(text, core, context)
        dashed = connector.group().strip() in ("-", "–", "—")
        inner = replace(context, preposition=True)
        other = self._core(text, connector.end(), inner)
        if other is None or other.first is None or other.last is None:
            return core
        if other.precision in (Precision.OPEN, Precision.FUZZY) and word not in ("from", "between"):
            return core
        if dashed and other.precision is not core.precision:
            return core
        if not self._clean_end(text, other.end):
            return core
        if text[other.end : other.end + 1] in ("'", "’"):
            return core
        begin = core
        start_pos = core.end
        if not core.explicit and other.explicit:
            pos = self._core_start(text, core, context)
            again = (
                self._core(text, pos, replace(inner, anchor=other.first, future=False))
                if pos is not None
                else None
            )
            if again is not None and again.end == start_pos:
                begin = again
        elif not other.explicit and begin.first is not None and other.first < begin.first:
            again = self._core(
                text, connector.end(), replace(inner, anchor=begin.first, future=True)
            )
            if again is not None and again.end == other.end:
                other = again
        if begin.first is None or other.last is None or other.last < begin.first:
            return core
        return _Found(
            other.end, begin.first, other.last, max(begin.precision, other.precision, key=_coarse),
            f"range({begin.rule},{other.rule})", explicit=other.explicit,
        )  # fmt: skip

    def _adjoining(self, text: str, core: _Found, context: _Context) -> _Found:
        """Join 'April and May 2024', 'Saturday and Sunday' where one follows the other."""
        connector = _AND.match(text, core.end)
        if connector is None:
            return core
        other = self._core(text, connector.end(), replace(context, preposition=True))
        if other is None or other.first is None or other.precision is not core.precision:
            return core
        begin = core
        if other.explicit and not core.explicit:
            pos = self._core_start(text, core, context)
            again = (
                self._core(text, pos, replace(
                    context, preposition=True, anchor=other.first, future=False
                ))
                if pos is not None
                else None
            )  # fmt: skip
            if again is not None and again.end == core.end:
                begin = again
        if begin.last is None or other.first != begin.last + _DAY:
            return core
        if not self._clean_end(text, other.end) or text[other.end : other.end + 1] in "'’":
            return core
        return replace(other, first=begin.first, rule=f"range({begin.rule},{other.rule})")

    def _core_start(self, text: str, core: _Found, context: _Context) -> int | None:
        """Where the core that ends at ``core.end`` begins (a word start before it)."""
        window = text[max(0, core.end - 40) : core.end]
        offset = max(0, core.end - 40)
        for match in re.finditer(r"(?<![\w-])[\w]", window):
            pos = offset + match.start()
            again = self._core(text, pos, replace(context, preposition=True))
            if again is not None and again.end == core.end and again.rule == core.rule:
                return pos
        return None

    def _core(self, text: str, pos: int, context: _Context) -> _Found | None:
        best: _Found | None = None
        for pattern, rule in self._rules:
            match = pattern.match(text, pos)
            if match is None or (best is not None and match.end() <= best.end):
                continue
            found = rule(match, context)
            if found is None or (best is not None and found.end <= best.end):
                continue
            if self._clean_end(text, found.end):
                best = found
        return best

    def _grammar(self) -> tuple[tuple[re.Pattern[str], _Rule], ...]:
        s = r"[ \t\u00a0\n]{1,4}"
        o = r"[ \t\u00a0\n]{0,4}"
        months = _alternatives(list(self._months))
        month = rf"(?P<month>(?:{months})\b)\.?"
        weekday = rf"(?P<weekday>{_alternatives(list(self._weekdays))})"
        year = r"(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
        day = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\d:%])"
        day2 = r"(?P<day2>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\d:%])"
        dash = r"[ ]?(?:-|–|—)[ ]?"
        to = rf"(?:{dash}|{s}(?:to|and|until|through){s})"
        numbers = _alternatives([*self._numbers, *self._vague])
        number = rf"(?P<number>\d{{1,4}}|(?:{numbers})\b)"
        unit = r"(?P<unit>hour|day|night|week|fortnight|month|quarter|year|decade)s?\b"
        units = r"(?P<unit>minute|hour|day|week|month|year|decade)s\b"
        season = rf"(?P<season>{_alternatives(list(self._seasons))})\b"
        dayparts = (
            r"(?:morning|noon|midday|afternoon|evening|night|dawn|overnight|midnight|lunchtime)"
        )
        rel = r"(?P<rel>last|past|previous|next|this[ ]coming|coming|this|following)"
        part = (
            rf"(?P<part>early{s}in|late{s}in|early|late|mid(?:dle)?{s}of|mid(?:-|[ ])?|"
            rf"(?:the{s})?(?:very{s})?(?:beginning|start|middle|end|close|turn|first{s}half|second{s}half|"
            rf"latter{s}half|final{s}days|first{s}days|last{s}days|early{s}days|final{s}weeks){s}of)"
        )
        festival = rf"(?P<festival>{_alternatives(self._festivals.names)})"
        the = rf"(?:the{s})?"
        rules: list[tuple[str, _Rule]] = [
            (r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)", self._iso),
            (r"(?P<day>\d{1,2})(?P<sep>[./])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4})(?!\d)",
             self._numeric),
            (rf"{the}{day}(?:{to}{day2})?{s}(?:of{s})?{month}(?:,?{s}(?:in{s}|of{s})?{year})?"
             rf"(?P<which>{s}(?:last|this|next){s}year)?", self._date),
            (rf"{month}{s}(?:the{s})?{day}(?:{to}{day2})?(?:,?{s}(?:in{s}|of{s})?{year})?"
             rf"(?P<which>,?{s}(?:last|this|next){s}year)?",
             self._date),
            (rf"{month},?{s}(?:of{s})?{year}", self._month_year),
            (rf"{month}(?P<which>{s}(?:of{s})?(?:last|this|next|the{s}(?:same|following|previous)){s}"
             rf"year)?", self._bare_month),
            (rf"{rel}{s}{month}", self._relative_month),
            (rf"{the}(?:(?:early|late|later|earlier)(?:{s}on)?{s})?{weekday}(?:{s}(?:early{s}|late{s})?{dayparts})?"
             rf"(?P<which>{s}(?:of{s})?(?:last|this|next|the{s}(?:same|following|previous)){s}week)?",
             self._weekday),
            (rf"{weekday},?{s}\(?(?P<rest>)(?=[\dA-Za-z])", self._weekday_date),
            (rf"(?:(?:early|late){s}(?:on{s})?)?{the}{rel}{s}{weekday}(?:{s}{dayparts})?",
             self._relative_weekday),
            (rf"(?:(?P<edge>early|late|later|earlier|sometime|mid)(?:{s}in|-)?{o})?{the}{rel}{s}"
             rf"(?P<unit>week|weekend|fortnight|month|quarter|year|decade|century)\b",
             self._relative_unit),
            (rf"(?P<edge>earlier|later|early|late){s}in{s}the{s}(?P<unit>day|week|month|quarter|year|decade)\b",
             self._in_the_unit),
            (rf"(?P<edge>earlier|later){s}(?:that|the{s}same){s}(?P<unit>day|week|month|year)\b",
             self._later_that),
            (rf"(?:on{s})?(?:(?:early|late|earlier|later){s})?(?P<word>today|yesterday|tomorrow|tonight)\b"
             rf"(?:{s}{dayparts})?", self._today),
            (rf"the{s}day{s}(?P<word>before{s}yesterday|after{s}tomorrow)\b", self._today),
            (rf"(?:(?:early|late|earlier){s})?(?P<rel>last|this){s}(?P<part>night|evening|morning|afternoon)\b",
             self._daypart),
            (r"overnight\b", self._overnight),
            (rf"(?:over|during|at|on|through){s}the{s}weekend\b", self._weekend),
            (rf"(?:(?:more{s}than|over|about|around|nearly|almost|some|at{s}least|just){s})?{number}{s}"
             rf"{unit}{s}ago(?P<today>{s}today)?\b", self._ago),
            (rf"(?P<half>half{s}a){s}(?P<unit>year|decade|century){s}ago\b", self._ago),
            (rf"{units}{s}ago\b", self._ago),
            (rf"(?:(?:the|those|these){s})?(?P<side>past|last|previous|next|coming|following){s}"
             rf"(?:{number}{s})?(?P<unit>hour|day|week|month|year|decade)s\b", self._span_of_units),
            (rf"(?:the{s})?(?P<side>past|last|coming){s}(?P<number>)(?P<unit>24{s}hours|48{s}hours|72{s}hours)\b",
             self._span_of_units),
            (rf"the{s}(?P<side>past|coming){s}(?P<unit>day|week|month|year|decade|century)\b",
             self._span_of_units),
            (rf"in{s}(?:(?:about|around|just|less{s}than|nearly|under|at{s}least|over|more{s}than){s})?{number}{s}"
             rf"{unit}(?:['’]?{s}time\b|{s}from{s}now\b)?", self._in_units),
            (rf"within{s}(?:the{s}(?:next|coming){s})?(?:{number}{s})?{unit}", self._within),
            (rf"(?P<after>){number}{s}{unit}{s}from{s}(?:now|today)\b", self._in_units),
            (rf"for{s}(?:(?:about|around|just|nearly|almost|some|at{s}least|over|more{s}than|another){s}|"
             rf"up{s}to{s})?(?:{number}{s}(?:straight{s}|consecutive{s}|more{s})?)?{unit}",
             self._duration),
            (rf"(?:(?:about|around|just|nearly|almost|at{s}least|over|more{s}than|less{s}than|only){s})?{number}{s}"
             rf"{unit}{s}(?P<side>earlier|later|before|after)\b", self._offset),
            (rf"{units}{s}(?P<side>earlier|later|before|after)\b", self._offset),
            (rf"(?:on{s})?(?:the{s}(?P<how>same|next|following|previous|preceding)|that(?:{s}same)?|"
             rf"(?P<how2>same)){s}(?P<unit>day|night|evening|morning|afternoon|week|weekend|month|year)\b",
             self._same),
            (rf"the{s}(?P<unit>day|night|week|month|year){s}(?P<side>before|after)(?={o}[.,;]|{o}$)",
             self._day_before),
            (rf"{year}(?:{dash}(?P<year2>\d{{4}}|\d\d)(?!\d))?", self._bare_year),
            (rf"the{s}year{s}{year}", self._bare_year),
            (rf"{the}(?:(?P<edge>early|mid|late)[ -]{o})?(?P<decade>(?:1[89]|20)\d0)s\b",
             self._decade),
            (rf"{the}(?:(?P<edge>early|mid|late)[ -]{o})?['’](?P<decade>[2-9]0)s\b",
             self._decade),
            (rf"the{s}(?P<century>1[5-9]|2[01])(?:st|th){s}century\b", self._century),
            (rf"{the}(?P<nth>first|second|third|fourth|final|last){s}(?P<span>quarter|half)"
             rf"(?:{s}of{s}(?:(?:the|this|(?P<lastyear>last)|"
             rf"(?P<nextyear>next)){s}year|{year}))?\b",
             self._quarter),
            (rf"q(?P<nth>[1-4])(?:{s}(?:of{s})?{year})?\b",
             self._quarter),
            (rf"{the}{season}{s}(?:of{s})?{year}(?:[-–/]\d\d(?:\d\d)?(?!\d))?", self._season),
            (rf"{rel}{s}{season}", self._season),
            (rf"the{s}{season}(?!{s}of\b)", self._season),
            (season, self._season),
            (rf"{the}(?:(?P<rel>last|this|next){s})?(?P<edge>(?:the{s})?(?:eve|start|beginning|end|last{s}day|"
             rf"first{s}day|final{s}day){s}of{s})?{the}"
             rf"(?:(?:muslim|islamic|holy|month|fasting|jewish|christian|hindu|persian|holiday|feast|festival|"
             rf"of){s}){{0,4}}{festival}\b"
             rf"(?:{s}(?:holidays?|period|celebrations?|festival))?(?:,?{s}(?:in{s}|of{s})?{year})?",
             self._festival),
            (rf"(?P<phrase>{_alternatives(list(self._fuzzy))})\b", self._fuzzy_phrase),
            (rf"{part}{o}(?P<rest>)", self._part_of),
            (rf"{the}(?P<nth>first|second|third|fourth|last|final|opening|closing){s}(?:{number}{s})?"
             rf"(?P<unit>day|week|month|quarter|year)s?{s}of{s}", self._nth_of),
            (rf"{the}(?:(?:early|small|wee|late|final|first){s})?(?:hours|{dayparts}){s}of{s}",
             self._hours_of),
            (rf"{the}week{s}(?:of|beginning|starting|that{s}began){s}", self._week_of),
            (rf"{the}(?:\d+(?:st|nd|rd|th){s}|first{s}|second{s}|third{s}|tenth{s})?anniversary{s}of{s}",
             self._anniversary),
            (rf"(?:on{s})?the{s}(?P<edge>eve|day{s}after|day{s}before|night{s}before|morning{s}after){s}"
             rf"(?:of{s})?", self._eve_of),
            (rf"{the}(?:run-up|lead-up|runup|build-up){s}to{s}", self._run_up),
            (rf"{number}{s}{weekday}s{s}ago\b", self._weekdays_ago),
            (rf"(?P<half>(?:half|a{s}quarter|quarter){s}(?:of{s})?a){s}(?P<unit>century){s}ago\b",
             self._ago),
            (rf"(?P<half>a{s}quarter){s}(?P<unit>century){s}ago\b", self._ago),
            (rf"the{s}(?P<unit>week|weekend|month|year){s}(?P<side>before{s}last|after{s}next)\b",
             self._before_last),
            (rf"(?:during|through|throughout|in|into|over){s}the{s}(?:whole{s})?night(?!{s}of)\b",
             self._overnight),
            (rf"(?:over|during|within|in|for){s}the{s}(?P<side>last|past|next|coming|previous){s}(?P<number>)"
             rf"(?P<unit>day|week|month|year|decade|century)\b", self._span_of_units),
            (rf"{the}(?:fiscal|financial|budget|tax){s}(?:year{s})?{year}"
             rf"(?:{dash}(?P<year2>\d{{4}}|\d\d)(?!\d))?", self._bare_year),
            (rf"all{s}(?P<unit>day|week|month|year)(?:{s}long)?\b", self._all_unit),
            (r"mid-?week\b", self._midweek),
            (rf"{number}{s}{unit}{s}on(?=,)", self._ago),
            (rf"the{s}(?P<unit>day|week|month|quarter|year|decade|century)\b", self._the_unit),
            (rf"the{s}{day}(?:{s}of{s}(?:this|the){s}month)?(?!{s}(?:century|anniversary|time|day|"
             rf"floor|session|round|straight|and|to|of|largest|most))"
             rf"(?=[.,;]|{s}(?:and|in|at|for|to)\b|$)",
             self._day_of_month),
        ]  # fmt: skip
        flags = re.IGNORECASE
        return tuple((re.compile(pattern, flags), rule) for pattern, rule in rules)

    # ------------------------------------------------------------- rules: absolute

    @staticmethod
    def _iso(match: re.Match[str], context: _Context) -> _Found | None:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        return _Found(match.end(), day, day, Precision.DAY, "date.iso", explicit=True)

    @staticmethod
    def _numeric(match: re.Match[str], context: _Context) -> _Found | None:
        first, second, year = int(match["day"]), int(match["month"]), int(match["year"])
        if second > 12:
            first, second = second, first
        day = date(year, second, first)
        if match["sep"] == "/" and first <= 12 and context.anchor is not None:
            # Americans put the month first: of two readings the one nearer to the report.
            other = date(year, first, second)
            anchor = context.anchor
            day = min(day, other, key=lambda reading: abs(reading - anchor))
        return _Found(match.end(), day, day, Precision.DAY, "date.numeric", explicit=True)

    def _date(self, match: re.Match[str], context: _Context) -> _Found | None:
        if not match["month"][0].isupper():
            return None
        month = self._months[match["month"].lower()]
        first = int(match["day"])
        second = int(match["day2"]) if match["day2"] else first
        if second < first:
            return None
        year = self._which_year(match, context)
        if year is not None:
            start, end = date(year, month, first), date(year, month, second)
            return _Found(match.end(), start, end, Precision.DAY, "date.day", explicit=True)
        anchor = context.anchor
        if anchor is None:
            return None
        periods = []
        for year in range(anchor.year - 4, anchor.year + 5):
            if second <= calendar.monthrange(year, month)[1]:
                periods.append((date(year, month, first), date(year, month, second)))
        chosen = _choose(periods, anchor, context.future)
        if chosen is None:
            return None
        return _Found(match.end(), *chosen, Precision.DAY, "date.day")

    @staticmethod
    def _which_year(match: re.Match[str], context: _Context) -> int | None:
        groups = match.groupdict()
        if groups.get("year"):
            return int(groups["year"])
        which = groups.get("which")
        if not which:
            return None
        words = which.split()
        base = context.anchor
        if words[-2] in ("same", "following", "previous"):
            base = context.reference[0] if context.reference else context.anchor
        if base is None:
            return None
        step = {"last": -1, "previous": -1, "next": 1, "following": 1}.get(words[-2].lower(), 0)
        return base.year + step

    def _month_year(self, match: re.Match[str], context: _Context) -> _Found | None:
        if not match["month"][0].isupper():
            return None
        first, last = _month(int(match["year"]), self._months[match["month"].lower()])
        return _Found(match.end(), first, last, Precision.MONTH, "month.year", explicit=True)

    def _bare_month(self, match: re.Match[str], context: _Context) -> _Found | None:
        if not match["month"][0].isupper() or not (context.preposition or match["which"]):
            return None
        if match["month"].isupper() and len(match["month"]) == 3:
            return None
        month = self._months[match["month"].lower()]
        year = self._which_year(match, context)
        if year is not None:
            return _Found(match.end(), *_month(year, month), Precision.MONTH, "month", True)
        anchor = context.anchor
        if anchor is None:
            return None
        years = range(anchor.year - 1, anchor.year + 2)
        chosen = _choose([_month(year, month) for year in years], anchor, context.future)
        return _Found(match.end(), *chosen, Precision.MONTH, "month") if chosen else None

    def _relative_month(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None or not match["month"][0].isupper():
            return None
        month = self._months[match["month"].lower()]
        rel = match["rel"].lower()
        if rel == "this":
            year = anchor.year
        elif rel in ("last", "past", "previous"):
            year = anchor.year if month < anchor.month else anchor.year - 1
        else:
            year = anchor.year if month > anchor.month else anchor.year + 1
        return _Found(match.end(), *_month(year, month), Precision.MONTH, "month.relative", True)

    def _bare_year(self, match: re.Match[str], context: _Context) -> _Found | None:
        year = int(match["year"])
        text = match.string
        groups = match.groupdict()
        if not 1500 <= year <= 2100:
            return None
        if groups.get("year2"):
            tail = groups["year2"] or ""
            second = int(tail) if len(tail) == 4 else year // 100 * 100 + int(tail)
            if not year < second <= year + 150:
                return None
            return _Found(
                match.end(),
                date(year, 1, 1),
                date(second, 12, 31),
                Precision.YEAR,
                "year.range",
                True,
            )
        following = text[match.end() : match.end() + 2]
        if following[:1] in ("%", "-") or re.match(
            r"[ ](?:%|per|GMT|hours)", text[match.end() :][:8]
        ):
            return None
        if not context.preposition:
            before = text[max(0, match.start() - 20) : match.start()]
            if re.search(r"\d{4}(?:,| and| or|, and)[ ]$", before) or re.search(
                r"\b(?:the|its|their|his|a|under|an|to|of|year)[ ]$", before, re.IGNORECASE
            ):
                pass
            elif not re.match(r"[ ][a-z]+", text[match.end() : match.end() + 12]):
                return None
        return _Found(match.end(), *_year(year), Precision.YEAR, "year", explicit=True)

    @staticmethod
    def _decade(match: re.Match[str], context: _Context) -> _Found | None:
        first = int(match["decade"])
        if first < 100:
            first += 1900 if first > 20 else 2000
        start, end = date(first, 1, 1), date(first + 9, 12, 31)
        edge = match["edge"]
        if edge:
            low, high = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}[edge.lower()]
            start, end = date(first + low, 1, 1), date(first + high, 12, 31)
        return _Found(match.end(), start, end, Precision.DECADE, "decade", explicit=True)

    @staticmethod
    def _century(match: re.Match[str], context: _Context) -> _Found | None:
        number = int(match["century"])
        start, end = date(number * 100 - 99, 1, 1), date(number * 100, 12, 31)
        return _Found(match.end(), start, end, Precision.FUZZY, "century", explicit=True)

    def _quarter(self, match: re.Match[str], context: _Context) -> _Found | None:
        groups = match.groupdict()
        order = {"first": 1, "second": 2, "third": 3, "fourth": 4, "final": 4, "last": 4}
        nth = order.get(match["nth"].lower()) or int(match["nth"])
        half = (groups.get("span") or "").lower() == "half"
        if half and " of " not in _squeeze(match.group()) + " ":
            return None
        if half:
            nth = 2 if nth == 4 else nth
            if nth > 2:
                return None
        explicit = groups.get("year")
        length = 6 if half else 3
        if explicit:
            year = int(explicit)
        elif context.anchor is None:
            return None
        else:
            year = context.anchor.year
            if groups.get("lastyear"):
                year -= 1
            elif groups.get("nextyear"):
                year += 1
            elif context.future is False and date(year, (nth - 1) * length + 1, 1) > context.anchor:
                year -= 1
        start = date(year, (nth - 1) * length + 1, 1)
        end = _shift_months(start, length) - _DAY
        precision = Precision.FUZZY if half else Precision.QUARTER
        return _Found(match.end(), start, end, precision, "quarter", explicit=bool(explicit))

    def _season(self, match: re.Match[str], context: _Context) -> _Found | None:
        groups = match.groupdict()
        word = match["season"].lower()
        month, length = self._seasons[word]

        def of_year(year: int) -> tuple[date, date]:
            start = date(year, month, 1)
            return start, _shift_months(start, length) - _DAY

        if groups.get("year"):
            if word == "fall" and match["season"][0].isupper():
                return None
            return _Found(
                match.end(), *of_year(int(groups["year"] or 0)), Precision.QUARTER, "season", True
            )
        anchor = context.anchor
        if anchor is None:
            return None
        periods = [of_year(year) for year in range(anchor.year - 2, anchor.year + 3)]
        rel = (groups.get("rel") or "").lower()
        chosen: tuple[date, date] | None
        if rel in ("last", "past", "previous"):
            chosen = [period for period in periods if period[1] < anchor][-1]
        elif rel in ("next", "coming", "this coming", "following"):
            chosen = next(period for period in periods if period[0] > anchor)
        elif rel == "this":
            chosen = next(
                (period for period in periods if period[0] <= anchor <= period[1]), None
            ) or next(period for period in periods if period[0].year == anchor.year)
        elif (
            not context.preposition
            or match["season"][0].isupper()
            or (word == "fall" and not match.group().lower().startswith("the"))
        ):
            return None
        else:
            chosen = _choose(periods, anchor, context.future)
        if chosen is None:
            return None
        return _Found(match.end(), *chosen, Precision.QUARTER, "season")

    def _festival(self, match: re.Match[str], context: _Context) -> _Found | None:
        name = _squeeze(match["festival"])
        wording = match["festival"]
        if not any(letter.isupper() for letter in wording):
            return None
        periods = self._festivals.periods(name)
        edge = _squeeze(match["edge"] or "")
        year = match["year"]
        chosen: tuple[date, date] | None
        if year:
            chosen = next((p for p in periods if p[0].year == int(year)), None)
        elif context.anchor is None:
            return None
        else:
            anchor = context.anchor
            rel = (match["rel"] or "").lower()
            if rel == "last":
                chosen = next((p for p in reversed(periods) if p[1] < anchor), None)
            elif rel == "next":
                chosen = next((p for p in periods if p[0] > anchor), None)
            elif rel == "this":
                chosen = next((p for p in periods if p[0].year == anchor.year), None)
            else:
                chosen = _choose(periods, anchor, context.future)
        if chosen is None:
            return None
        first, last = chosen
        if "eve" in edge.split():
            first = last = first - _DAY
        elif "start" in edge or "beginning" in edge or "first" in edge:
            last = first
        elif "end" in edge or "last" in edge or "final" in edge:
            first = last
        return _Found(match.end(), first, last, Precision.DAY, f"festival.{name}", bool(year))

    # ------------------------------------------------------------- rules: weekdays

    def _weekday(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        word = match["weekday"]
        if anchor is None or not word[0].isupper():
            return None
        number = self._weekdays[word.lower()]
        which = match["which"]
        if which:
            step_word = which.split()[-2].lower()
            base = anchor
            if step_word in ("same", "following", "previous") and context.reference:
                base = context.reference[0]
            step = {"last": -1, "previous": -1, "next": 1, "following": 1}.get(step_word, 0)
            day = base - timedelta(days=base.weekday()) + timedelta(days=number + 7 * step)
            return _Found(match.end(), day, day, Precision.DAY, "weekday.of_week")
        if context.future:
            day = anchor + timedelta(days=(number - anchor.weekday()) % 7)
            rule = "weekday.next"
        else:
            day = anchor - timedelta(days=(anchor.weekday() - number) % 7)
            rule = "weekday.recent"
        return _Found(match.end(), day, day, Precision.DAY, rule)

    def _weekday_date(self, match: re.Match[str], context: _Context) -> _Found | None:
        if not match["weekday"][0].isupper():
            return None
        inner = self._core(match.string, match.end(), replace(context, preposition=False))
        if (
            inner is None
            or not inner.rule.startswith("date.")
            or inner.precision is not Precision.DAY
        ):
            return None
        number = self._weekdays[match["weekday"].lower()]
        if (
            not inner.explicit
            and inner.first is not None
            and inner.first == inner.last
            and inner.first.weekday() != number
        ):
            for step in (1, -1):
                try:
                    other = inner.first.replace(year=inner.first.year + step)
                except ValueError:
                    continue
                if other.weekday() == number:
                    inner = replace(inner, first=other, last=other)
                    break
        end = inner.end
        if match.string[match.end() - 1] == "(" and match.string[end : end + 1] == ")":
            end += 1
        return replace(inner, end=end, rule="weekday.date")

    def _relative_weekday(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None or not match["weekday"][0].isupper():
            return None
        number = self._weekdays[match["weekday"].lower()]
        rel = _squeeze(match["rel"])
        monday = anchor - timedelta(days=anchor.weekday())
        if rel in ("last", "past", "previous"):
            day = anchor - timedelta(days=(anchor.weekday() - number) % 7 or 7)
        elif rel == "following":
            base = context.reference[1] if context.reference else anchor
            day = base + timedelta(days=(number - base.weekday()) % 7 or 7)
        elif rel == "next":
            day = monday + timedelta(days=7 + number)
        elif rel == "this" and context.future is False:
            day = anchor - timedelta(days=(anchor.weekday() - number) % 7)
        elif rel == "this" and context.future is None:
            day = monday + timedelta(days=number)
        else:
            day = anchor + timedelta(days=(number - anchor.weekday()) % 7)
        return _Found(match.end(), day, day, Precision.DAY, f"weekday.{rel.replace(' ', '_')}")

    def _weekend(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        saturday = _calendar_unit(anchor, "weekend")[0]
        if not context.future and saturday > anchor:
            saturday -= timedelta(days=7)
        return _Found(match.end(), saturday, saturday + _DAY, Precision.DAY, "weekend")

    # ------------------------------------------------------------- rules: relative

    def _relative_unit(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        unit = match["unit"].lower()
        rel = _squeeze(match["rel"])
        edge = (match["edge"] or "").lower()
        if rel == "past":
            return None
        if rel == "following":
            base = context.reference[1] if context.reference else anchor
            first, last = _calendar_unit(_shift(base, unit, 1), unit)
            return _Found(match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.following")
        if rel == "previous":
            base = context.reference[0] if context.reference else anchor
            first, last = _calendar_unit(_shift(base, unit, -1), unit)
            return _Found(match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.previous")
        step = {"last": -1, "next": 1, "coming": 1, "this coming": 0}.get(rel, 0)
        base = anchor.replace(day=1) if unit in _UNIT_MONTHS else anchor
        first, last = _calendar_unit(_shift(base, unit, step), unit)
        precision = _UNIT_PRECISION[unit]
        rule = f"{unit}.{rel.replace(' ', '_')}"
        if edge in ("earlier", "later") and step == 0:
            return self._earlier_later(match.end(), edge, first, last, anchor, precision, rule)
        if edge in ("early", "late", "mid") and unit != "weekend":
            first, last = _part(first, last, edge)
            return _Found(match.end(), first, last, Precision.FUZZY, f"{edge}.{rule}")
        return _Found(match.end(), first, last, precision, rule)

    @staticmethod
    def _earlier_later(
        end: int, edge: str, first: date, last: date, anchor: date, precision: Precision, rule: str
    ) -> _Found:
        if edge == "earlier":
            return _Found(end, first, min(anchor, last), precision, f"earlier.{rule}")
        begin = min(anchor + _DAY, last)
        return _Found(end, begin, last, precision, f"later.{rule}")

    def _in_the_unit(self, match: re.Match[str], context: _Context) -> _Found | None:
        unit, edge = match["unit"].lower(), match["edge"].lower()
        anchor = context.anchor
        if unit == "day":
            if context.reference:
                day = context.reference[1]
            elif anchor is not None:
                day = anchor
            else:
                return None
            return _Found(match.end(), day, day, Precision.DAY, f"{edge}.day")
        if anchor is None:
            return None
        first, last = _calendar_unit(anchor, unit)
        if edge in ("early", "late"):
            first, last = _part(first, last, edge)
            return _Found(match.end(), first, last, Precision.FUZZY, f"{edge}.{unit}")
        return self._earlier_later(
            match.end(), edge, first, last, anchor, _UNIT_PRECISION[unit], unit
        )

    def _later_that(self, match: re.Match[str], context: _Context) -> _Found | None:
        reference = context.reference
        if reference is None:
            if context.anchor is None:
                return None
            reference = (context.anchor, context.anchor)
        unit = match["unit"].lower()
        first, last = _calendar_unit(reference[0], unit)
        if match["edge"].lower() == "later":
            first = max(first, reference[1] if unit != "day" else first)
        elif unit != "day":
            last = min(last, reference[0])
        return _Found(match.end(), first, last, _UNIT_PRECISION[unit], f"same_{unit}")

    @staticmethod
    def _today(match: re.Match[str], context: _Context) -> _Found | None:
        if context.anchor is None:
            return None
        word = _squeeze(match["word"])
        step = {
            "yesterday": -1,
            "tomorrow": 1,
            "before yesterday": -2,
            "after tomorrow": 2,
        }.get(word, 0)
        day = context.anchor + timedelta(days=step)
        return _Found(match.end(), day, day, Precision.DAY, f"day.{word.replace(' ', '_')}")

    @staticmethod
    def _daypart(match: re.Match[str], context: _Context) -> _Found | None:
        if context.anchor is None:
            return None
        day = context.anchor - _DAY if match["rel"].lower() == "last" else context.anchor
        return _Found(match.end(), day, day, Precision.DAY, "day.daypart")

    @staticmethod
    def _overnight(match: re.Match[str], context: _Context) -> _Found | None:
        if context.anchor is None:
            return None
        start = context.anchor if context.future else context.anchor - _DAY
        return _Found(match.end(), start, start + _DAY, Precision.DAY, "overnight")

    def _count(self, text: str | None) -> tuple[int, int]:
        """Lowest and highest count of a number word; a missing one is vague."""
        if not text:
            return 2, 10
        word = _squeeze(text)
        if word.isdigit():
            return int(word), int(word)
        if word in self._vague:
            low, high = self._vague[word]
            return low, high
        return self._numbers[word], self._numbers[word]

    def _ago(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        groups = match.groupdict()
        unit = match["unit"].lower()
        if groups.get("half"):
            unit, low, high = {"year": ("month", 6, 6), "decade": ("year", 5, 5)}.get(
                unit, ("year", 25, 25) if "quarter" in groups["half"].lower() else ("year", 50, 50)
            )
        else:
            low, high = self._count(groups.get("number"))
        if low != high or not (groups.get("number") or groups.get("half")):
            first, last = _shift(anchor, unit, -high), _shift(anchor, unit, -low)
            return _Found(match.end(), first, last, Precision.FUZZY, f"{unit}.ago")
        if unit == "decade" or (unit == "year" and low >= 10 and low % 5 == 0):
            day = _shift(anchor, unit, -low)
            first, last = date(day.year - 1, 1, 1), date(day.year + 1, 12, 31)
            return _Found(match.end(), first, last, Precision.FUZZY, f"{unit}.ago")
        day = _shift(anchor, unit, -low)
        if groups.get("today"):
            return _Found(match.end(), day, day, Precision.DAY, f"{unit}.ago_today")
        if unit == "hour" and low > 12:
            day = anchor - timedelta(days=(low + 12) // 24)
        first, last = _calendar_unit(day, unit)
        return _Found(match.end(), first, min(last, anchor), _UNIT_PRECISION[unit], f"{unit}.ago")

    def _span_of_units(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        groups = match.groupdict()
        unit = match["unit"].lower()
        number = groups.get("number") or None
        if unit.endswith("hours"):
            number, unit = unit.split()[0], "hour"
        side = match["side"].lower()
        if number is None and unit in ("day", "week", "month", "year", "decade", "century"):
            plural = match.group().lower().endswith("s")
            high = 5 if plural else 1
        else:
            high = self._count(number)[1]
        rule = f"{unit}.{side}_span"
        if side == "following" and context.reference:
            start = context.reference[1]
            return _Found(match.end(), start, _shift(start, unit, high), Precision.FUZZY, rule)
        if side == "previous" and context.reference:
            end = context.reference[0]
            return _Found(match.end(), _shift(end, unit, -high), end, Precision.FUZZY, rule)
        if side in ("past", "last", "previous"):
            return _Found(match.end(), _shift(anchor, unit, -high), anchor, Precision.FUZZY, rule)
        return _Found(match.end(), anchor, _shift(anchor, unit, high), Precision.FUZZY, rule)

    def _in_units(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        low, high = self._count(match["number"])
        unit = match["unit"].lower()
        if unit == "night":
            return None
        forward = context.future or "time" in match.group() or "from" in match.group()
        if not forward:
            first = _shift(anchor, unit, -high)
            return _Found(
                match.end(), first, anchor, Precision.FUZZY, f"{unit}.in_past", adjunct=False
            )
        if low != high:
            first, last = _shift(anchor, unit, low), _shift(anchor, unit, high)
            return _Found(match.end(), first, last, Precision.FUZZY, f"{unit}.in")
        first, last = _calendar_unit(_shift(anchor, unit, low), unit)
        return _Found(match.end(), max(first, anchor), last, _UNIT_PRECISION[unit], f"{unit}.in")

    def _within(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        number = match["number"]
        high = self._count(number)[1] if number else (5 if match.group().endswith("s") else 1)
        unit = match["unit"].lower()
        if context.future is False and "next" not in match.group().lower():
            return None
        last = _shift(anchor, unit, high)
        return _Found(match.end(), anchor, last, Precision.FUZZY, f"{unit}.within")

    def _duration(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        number = match["number"]
        unit = match["unit"].lower()
        if anchor is None or (number is None and not match.group().lower().endswith("s")):
            return None
        high = self._count(number)[1] if number else 5
        if context.future:
            return _Found(
                match.end(), anchor, _shift(anchor, unit, high), Precision.FUZZY, "duration",
                adjunct=False,
            )  # fmt: skip
        first = _shift(anchor, unit, -high)
        return _Found(
            match.end(), first, anchor, Precision.FUZZY, "duration", adjunct=context.perfect
        )

    def _offset(self, match: re.Match[str], context: _Context) -> _Found | None:
        unit, side = match["unit"].lower(), match["side"].lower()
        groups = match.groupdict()
        number = groups.get("number")
        low, high = self._count(number) if number else (2, 10)
        end = match.end()
        base = context.reference
        if side in ("before", "after"):
            following = _SPACE.match(match.string, end)
            inner = (
                self._core(match.string, following.end(), replace(context, preposition=True))
                if following
                else None
            )
            if inner is not None and inner.first is not None and inner.last is not None:
                base, end = (inner.first, inner.last), inner.end
                if match.string[end : end + 1] in ("'", "’"):
                    return None
            elif not _STOP.match(match.string, end):
                return None
        if base is None:
            if context.anchor is None:
                return None
            base = (context.anchor, context.anchor)
        backward = side in ("earlier", "before")
        start = base[0] if backward else base[1]
        sign = -1 if backward else 1
        rule = f"{unit}.{side}"
        if low != high:
            ends = sorted((_shift(start, unit, sign * low), _shift(start, unit, sign * high)))
            return _Found(end, ends[0], ends[1], Precision.FUZZY, rule)
        first, last = _calendar_unit(_shift(start, unit, sign * low), unit)
        return _Found(end, first, last, _UNIT_PRECISION[unit], rule)

    def _same(self, match: re.Match[str], context: _Context) -> _Found | None:
        unit = match["unit"].lower()
        how = (match["how"] or match["how2"] or "same").lower()
        base = context.reference
        if base is None:
            if context.anchor is None:
                return None
            base = (context.anchor, context.anchor)
        if unit in ("night", "evening", "morning", "afternoon"):
            unit = "day"
        if how == "same":
            first, last = _calendar_unit(base[0], unit)
        elif how in ("next", "following"):
            start = (
                context.anchor if how == "next" and unit != "day" and context.anchor else base[1]
            )
            first, last = _calendar_unit(_shift(start, unit, 1), unit)
        else:
            first, last = _calendar_unit(_shift(base[0], unit, -1), unit)
        return _Found(match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.{how}")

    def _day_before(self, match: re.Match[str], context: _Context) -> _Found | None:
        base = context.reference
        if base is None:
            if context.anchor is None:
                return None
            base = (context.anchor, context.anchor)
        unit = match["unit"].lower()
        unit = "day" if unit == "night" else unit
        before = match["side"].lower() == "before"
        day = _shift(base[0] if before else base[1], unit, -1 if before else 1)
        first, last = _calendar_unit(day, unit)
        return _Found(
            match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.{match['side'].lower()}"
        )

    def _fuzzy_phrase(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        phrase = _squeeze(match["phrase"])
        low, high = self._fuzzy[phrase]
        if phrase == "at the weekend":
            return self._weekend(match, context)
        first, last = anchor + timedelta(days=low), anchor + timedelta(days=high)
        return _Found(
            match.end(), first, last, Precision.FUZZY, f"fuzzy.{phrase.replace(' ', '_')}"
        )

    def _part_of(self, match: re.Match[str], context: _Context) -> _Found | None:
        inner = self._core(match.string, match.end(), replace(context, preposition=True))
        if inner is None or inner.first is None or inner.last is None:
            return None
        if inner.precision in (Precision.OPEN, Precision.FUZZY):
            return None
        word = _squeeze(match["part"])
        if inner.first == inner.last or inner.precision is Precision.DAY:
            return inner if word in ("early", "late", "early in", "late in") else None
        if "first half" in word:
            part = "first half"
        elif "half" in word:
            part = "second half"
        elif word.startswith("mid") or "middle" in word:
            part = "mid"
        elif (
            "end" in word or "late" in word or "close" in word or "final" in word or "last" in word
        ):
            part = "late"
        else:
            part = "early"
        first, last = _part(inner.first, inner.last, part)
        return replace(
            inner, first=first, last=last, precision=Precision.FUZZY,
            rule=f"{part.replace(' ', '_')}({inner.rule})",
        )  # fmt: skip

    def _inner(self, match: re.Match[str], context: _Context) -> _Found | None:
        """The period that follows the words, if it has both ends."""
        inner = self._core(match.string, match.end(), replace(context, preposition=True))
        if inner is None or inner.first is None or inner.last is None:
            return None
        if match.string[inner.end : inner.end + 1] in ("'", "’"):
            return None
        return inner

    def _nth_of(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'the first three months of 2024', 'the second week of May'."""
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.last is None:
            return None
        nth, unit = match["nth"].lower(), match["unit"].lower()
        count = self._count(match["number"])[1] if match["number"] else 1
        backward = nth in ("last", "final", "closing")
        skip = {"second": 1, "third": 2, "fourth": 3}.get(nth, 0)
        if backward:
            first = _shift(inner.last + _DAY, unit, -count)
            last = inner.last
        else:
            first = _shift(inner.first, unit, skip * count)
            last = _shift(first, unit, count) - _DAY
        if first < inner.first or first > inner.last:
            return None
        return replace(
            inner, first=first, last=min(last, inner.last), precision=_UNIT_PRECISION[unit],
            rule=f"{nth}_{unit}({inner.rule})",
        )  # fmt: skip

    def _hours_of(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'the early hours of Saturday', 'the night of May 3'."""
        inner = self._inner(match, context)
        return inner if inner is not None and inner.precision is Precision.DAY else None

    def _week_of(self, match: re.Match[str], context: _Context) -> _Found | None:
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.precision is not Precision.DAY:
            return None
        first, last = _calendar_unit(inner.first, "week")
        return replace(
            inner, first=first, last=last, precision=Precision.WEEK, rule=f"week_of({inner.rule})"
        )

    def _anniversary(self, match: re.Match[str], context: _Context) -> _Found | None:
        inner = self._inner(match, context)
        anchor = context.anchor
        if inner is None or inner.first is None or anchor is None:
            return None
        if inner.precision is not Precision.DAY:
            return None
        periods = []
        for year in range(anchor.year - 1, anchor.year + 2):
            last_day = calendar.monthrange(year, inner.first.month)[1]
            day = date(year, inner.first.month, min(inner.first.day, last_day))
            periods.append((day, day))
        chosen = _choose(periods, anchor, context.future)
        if chosen is None:
            return None
        return _Found(inner.end, *chosen, Precision.DAY, f"anniversary({inner.rule})")

    def _eve_of(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'the eve of May 9', 'the day after Christmas'."""
        edge = _squeeze(match["edge"])
        if (edge == "eve") != match.group().rstrip().lower().endswith(" of"):
            return None
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.last is None:
            return None
        after = "after" in edge
        day = inner.last + _DAY if after else inner.first - _DAY
        return replace(
            inner, first=day, last=day, precision=Precision.DAY,
            rule=f"{edge.replace(' ', '_')}({inner.rule})",
        )  # fmt: skip

    def _run_up(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'the run-up to May 15': the thirty days before, from the report if it is later."""
        inner = self._inner(match, context)
        if inner is None or inner.first is None:
            return None
        last = inner.first - _DAY
        first = last - timedelta(days=29)
        if context.anchor is not None and first < context.anchor <= last:
            first = context.anchor
        return replace(
            inner, first=first, last=last, precision=Precision.FUZZY, rule=f"run_up({inner.rule})"
        )

    def _weekdays_ago(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'two Fridays ago'."""
        low, high = self._count(match["number"])
        word = match["weekday"].lower()
        if context.anchor is None or low != high or word not in self._weekdays:
            return None
        back = (context.anchor.weekday() - self._weekdays[word]) % 7 or 7
        day = context.anchor - timedelta(days=back + 7 * (low - 1))
        return _Found(match.end(), day, day, Precision.DAY, "weekday.ago")

    def _before_last(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'the week before last', 'the month after next'."""
        if context.anchor is None:
            return None
        unit, side = match["unit"].lower(), _squeeze(match["side"])
        step = -2 if side == "before last" else 2
        first, last = _calendar_unit(_shift(context.anchor, unit, step), unit)
        return _Found(
            match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.{side.replace(' ', '_')}"
        )

    def _all_unit(self, match: re.Match[str], context: _Context) -> _Found | None:
        if context.anchor is None:
            return None
        unit = match["unit"].lower()
        first, last = _calendar_unit(context.anchor, unit)
        return _Found(match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.all")

    @staticmethod
    def _midweek(match: re.Match[str], context: _Context) -> _Found | None:
        if context.anchor is None:
            return None
        day = context.anchor + timedelta(days=2 - context.anchor.weekday())
        return _Found(match.end(), day, day, Precision.FUZZY, "midweek")

    def _the_unit(self, match: re.Match[str], context: _Context) -> _Found | None:
        """'the month' only inside 'the end of the month'."""
        anchor = context.anchor
        before = match.string[max(0, match.start() - 12) : match.start()].lower()
        if anchor is None or not re.search(
            r"(?:end|start|half|middle|beginning|close|(?:day|week|month|quarter)s?)[ ]of[ ]$",
            before,
        ):
            return None
        unit = match["unit"].lower()
        first, last = _calendar_unit(anchor, unit)
        return _Found(match.end(), first, last, _UNIT_PRECISION[unit], f"{unit}.this")

    def _day_of_month(self, match: re.Match[str], context: _Context) -> _Found | None:
        anchor = context.anchor
        number = int(match["day"])
        if (
            anchor is None
            or not context.preposition
            or not re.search(r"\d(?:st|nd|rd|th)", match.group())
        ):
            return None
        before = match.string[max(0, match.start() - 6) : match.start()].lower()
        if not before.rstrip().endswith((" on", "the", "\non")) and before.strip() != "on":
            return None
        month = date(anchor.year, anchor.month, 1)
        periods = []
        for step in (-2, -1, 0, 1, 2):
            base = _shift_months(month, step)
            if number <= calendar.monthrange(base.year, base.month)[1]:
                day = base.replace(day=number)
                periods.append((day, day))
        chosen = _choose(periods, anchor, context.future)
        return _Found(match.end(), *chosen, Precision.DAY, "date.day_of_month") if chosen else None


_STARTERS = frozenset({
    "about", "after", "ahead", "all", "anniversary", "around", "as", "at", "before", "beginning",
    "between", "budget", "by", "closing", "coming", "days", "decades", "during", "earlier",
    "early", "effective", "eighties", "end", "eve", "final", "financial", "first", "fiscal",
    "following", "for", "fourth", "from", "half", "hours", "in", "into", "last", "late", "late-",
    "later", "lead-up", "mid", "mid-", "mid-january", "mid-week", "middle", "midweek", "minutes",
    "monday", "months", "morning", "next", "night", "nineties", "no", "not", "on", "opening",
    "over", "overnight", "past", "previous", "prior", "q1", "q2", "q3", "q4", "quarter", "run-up",
    "same", "second", "seventies", "since", "start", "starting", "tax", "that", "the", "these",
    "third", "this", "through", "throughout", "till", "to", "today", "tomorrow", "tonight",
    "tuesday", "until", "up", "week", "weekend", "weeks", "with", "within", "years", "yesterday",
})  # fmt: skip
_TELLING = frozenset({Precision.DAY, Precision.WEEK, Precision.MONTH, Precision.YEAR})
_PLURAL_UNITS = frozenset(unit + "s" for unit in _UNIT_PRECISION)
_PREFIX = re.compile(
    r"(?P<prep>since|until|till|by|before|after|from|between|on|in|at|during|over|throughout|"
    r"around|about|ahead[ ]of|prior[ ]to|up[ ]to|as[ ]of|for|through|to|beginning|starting|within|"
    r"effective|as[ ]from|with[ ]effect[ ]from|no[ ]later[ ]than|not[ ]later[ ]than|"
    r"on[ ]or[ ]before|on[ ]or[ ]after)"
    r"(?:[ \n](?:on|from|in|around|about|at)(?=[ \n]))?[ \t\u00a0\n]{1,4}",
    re.IGNORECASE,
)
_TO = re.compile(
    r"[ ]?[-–—][ ]?|[ \n]{1,3}(?:to|until|till|through|up[ ]to)[ \n]{1,3}", re.IGNORECASE
)
_BETWEEN = re.compile(r"[ \n]{1,3}and[ \n]{1,3}|[ ]?[-–—][ ]?", re.IGNORECASE)
_AND = re.compile(r"[ \n]{1,3}and[ \n]{1,3}", re.IGNORECASE)
_SINCE = frozenset({
    "since", "starting", "from", "beginning", "effective", "as from", "on or after",
    "with effect from",
})  # fmt: skip
_BY = frozenset({"by", "no later than", "not later than", "on or before"})
_SPACE = re.compile(r"[ \n]{1,3}")
_STOP = re.compile(r"[ ]{0,2}(?:[.,;)]|$)")
_ORDER = tuple(Precision)


def _coarse(precision: Precision) -> int:
    return _ORDER.index(precision)


@cache
def _blank() -> Language:
    return spacy.blank("en")


@cache
def _default() -> TimeResolver:
    return TimeResolver()


def explain_when(text: str, published: date | None) -> tuple[TimeInterval, ...]:
    """The times that ``text`` names, read without a parser.

    ``published`` is the day that relative expressions count from; ``None`` leaves
    them out. Each interval names the rule that gave it. Raises nothing for odd text.
    """
    return tuple(mention.interval for mention in _default().find(_blank()(text), published))
