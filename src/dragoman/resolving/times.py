"""Times: from the words of a report to closed intervals of calendar days.

A small rule grammar reads the tokens from left to right. At each token that can
begin a time expression, every rule is tried and the longest reading wins. Words,
seasons and festivals are data in ``codebook/times.toml``. Relative expressions are
counted from the *anchor*, the day of publication; weeks are those of ISO 8601,
Monday to Sunday. An expression that could lie on either side of the anchor
('on Wednesday', 'in June') takes its side from the tense of the governing verb.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from dragoman.resolving.time_calendar import UNIT_PRECISION
from dragoman.resolving.time_grammar import Grammar, clean_end
from dragoman.resolving.time_tense import Tense
from dragoman.resolving.time_words import Context
from dragoman.schema import Precision, Span, TimeInterval

__all__ = ["TimeMention", "TimeResolver", "explain_when"]

_TELLING = frozenset({Precision.DAY, Precision.WEEK, Precision.MONTH, Precision.YEAR})
#: Within how many words an expression must have said what makes it a time.
_REACH = 8
_PLURAL_UNITS = frozenset(unit + "s" for unit in UNIT_PRECISION)


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
        self._grammar = Grammar(data)
        self._tense = Tense(data["tense"])

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
        tokens = list(doc)
        lower = [token.lower_ for token in tokens]
        telling = [index for index, word in enumerate(lower) if self._grammar.tells(word)]
        ahead = 0
        for token in tokens:
            while ahead < len(telling) and telling[ahead] < token.i:
                ahead += 1
            if ahead == len(telling):
                break
            if telling[ahead] - token.i >= _REACH or token.idx < skip_to:
                continue
            low = lower[token.i]
            if low not in self._grammar.starts and not token.text[0].isdigit():
                continue
            before = tokens[token.i - 1] if token.i else None
            if before is not None and before.like_num and low in _PLURAL_UNITS:
                # The number before could not be read ('1,500 years ago').
                continue
            if before is not None and before.lower_ in ("every", "each"):
                continue
            if before is not None and not before.whitespace_ and before.text in "-–$€£.'/:":
                continue
            future, perfect, present = self._tense.side(doc, token, parsed)
            context = Context(anchor, future, last_told, perfect=perfect, present_perfect=present)
            begin = token.idx
            try:
                found, begin = self._grammar.expression(text, token.idx, context)
            except (ValueError, OverflowError):
                # A day outside the calendar ('500000 years ago') is no date.
                continue
            if found is None or not clean_end(text, found.end):
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
        if following.lower_ in self._tense.counted_nouns:
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
