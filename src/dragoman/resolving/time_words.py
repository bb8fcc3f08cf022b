"""What the rules for times share: the words of the codebook, a context, a reading."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dragoman.resolving.time_calendar import Festivals, squeeze
from dragoman.schema import Precision

__all__ = ["SPACE", "STOP", "Context", "Found", "Rule", "Rules"]

SPACE = re.compile(r"[ \n]{1,3}")
STOP = re.compile(r"[ ]{0,2}(?:[.,;)]|$)")


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know: anchor day, side (future True, past False), last date told."""

    anchor: date | None
    future: bool | None
    reference: tuple[date, date] | None
    preposition: bool = False
    perfect: bool = False
    present_perfect: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A reading of ``text[pos:end]``."""

    end: int
    first: date | None
    last: date | None
    precision: Precision
    rule: str
    explicit: bool = False
    adjunct: bool = True


Rule = Callable[[re.Match[str], Context], Found | None]


class Rules(ABC):
    """The words that rules read, and the way from one rule to the others.

    ``data`` is the content of ``times.toml``. Raises ``KeyError`` for a missing table.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._months: dict[str, int] = data["months"]
        self._weekdays: dict[str, int] = data["weekdays"]
        self._numbers: dict[str, int] = dict(data["numbers"])
        tens = {word: n for word, n in self._numbers.items() if 20 <= n <= 90 and n % 10 == 0}
        ones = {word: n for word, n in self._numbers.items() if 1 <= n <= 9 and len(word) > 2}
        self._numbers |= {f"{t}-{o}": tens[t] + ones[o] for t in tens for o in ones}
        self._vague: dict[str, list[int]] = data["vague"]
        self._seasons: dict[str, list[int]] = data["seasons"]
        self._fuzzy: dict[str, list[int]] = data["fuzzy"]
        self._festivals = Festivals(data["festival"])

    @abstractmethod
    def _core(self, text: str, pos: int, context: Context) -> Found | None:
        """The longest reading at a place, without prepositions and ranges."""

    def _count(self, text: str | None) -> tuple[int, int]:
        """Lowest and highest count of a number word; a missing one is vague."""
        if not text:
            return 2, 10
        word = squeeze(text)
        if word.isdigit():
            return int(word), int(word)
        if word in self._vague:
            low, high = self._vague[word]
            return low, high
        return self._numbers[word], self._numbers[word]

    def _inner(self, match: re.Match[str], context: Context) -> Found | None:
        """The period that follows the words, if it has both ends."""
        inner = self._core(match.string, match.end(), replace(context, preposition=True))
        if inner is None or inner.first is None or inner.last is None:
            return None
        if match.string[inner.end : inner.end + 1] in ("'", "’"):
            return None
        return inner
