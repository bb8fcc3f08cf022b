"""What a source is taken apart into: units, each the bytes of one record."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from dragoman.errors import InputError
from dragoman.schema import Rejected


@dataclass(frozen=True, slots=True)
class Limits:
    """What a source may ask for. docs/limits.md says what happens beyond each.

    ``seconds`` and ``memory_bytes`` hold for one unit in the worker, ``unit_bytes`` for
    its bytes after decompression, ``text_characters`` for the report in it. ``ratio`` is
    how many times larger than its compressed form a stream may be, once it is larger
    than ``ratio_from`` bytes.
    """

    seconds: float = 20.0
    memory_bytes: int = 2_147_483_648
    unit_bytes: int = 20_000_000
    text_characters: int = 1_000_000
    nested_bytes: int = 200_000_000
    depth: int = 3
    members: int = 1_000_000
    ratio: int = 200
    ratio_from: int = 20_000_000
    mail_parts: int = 1000
    pdf_pages: int = 500
    links: int = 50_000
    kept_bytes: int = 1_000_000

    def to_dict(self) -> dict[str, Any]:
        """Return the limits by name."""
        return asdict(self)


#: What is known about a report from outside its text: url, title, publisher, published
#: (ISO day), language, and 'published_by_option' of the user.
Hints = dict[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a large source that is read on its own.

    ``kind`` is ``lines``: the bytes ``start`` to ``stop`` of JSON lines, which begin with a
    line and have ``before`` lines before them; or ``rows``: the row groups ``start`` to
    ``stop`` of a Parquet file, with ``before`` rows before them. So a record has the same
    name as when the whole source is read.
    """

    kind: str
    start: int
    stop: int
    before: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One record of a source before it is parsed; ``format`` names the parser."""

    name: str
    format: str
    data: bytes
    hints: Hints = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The hash of what decides the outcome: bytes, format and hints (32 digits)."""
        head = json.dumps([self.format, self.hints], sort_keys=True).encode()
        return hashlib.sha256(b"%d\n" % len(head) + head + self.data).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A stretch of a source that gives no unit: what is wrong with it, and where."""

    name: str
    reason: str
    message: str
    data: bytes = b""

    @property
    def key(self) -> str:
        """The hash of place, reason and bytes (32 digits)."""
        text = f"{self.name}\n{self.reason}\n".encode("utf-8", "surrogateescape")
        return hashlib.sha256(text + self.data).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Found:
    """One report that a parser found in a unit."""

    text: str
    hints: Hints = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a feed, sitemap or list names; ``hints`` say what it is told about it."""

    url: str
    hints: Hints = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of a source that was read: its hash, where it was, what it gave.

    ``key`` is the hash of the bytes and of how they were read; a record with a known
    key need not be read again. ``documents`` are ids.
    """

    key: str
    source: str
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record of a source that could not be read, with its bytes to try again.

    ``format`` names the parser; ``data`` is ``None`` if the record was too large to keep.
    """

    key: str
    rejected: Rejected
    format: str = ""
    data: bytes | None = None
    hints: dict[str, str] = field(default_factory=dict)

    def to_unit(self) -> dict[str, Any]:
        """Return key, format, bytes (base64) and hints, ready for JSON."""
        data = None if self.data is None else b64encode(self.data).decode("ascii")
        return {"key": self.key, "format": self.format, "data": data, "hints": self.hints}

    @classmethod
    def from_unit(cls, rejected: Rejected, unit: dict[str, Any]) -> SetAside:
        """Return what ``to_unit`` made ``unit`` of."""
        data = None if unit["data"] is None else b64decode(unit["data"])
        return cls(unit["key"], rejected, unit["format"], data, unit["hints"])


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of a rejection: what was set aside under ``key``, a row of ``rejected``, is read."""

    key: str


def day(value: object, today: date | None = None) -> str | None:
    """Return the ISO day of a date in any form that the formats use, or ``None``.

    Forms: ISO 8601, RFC 2822, ``YYYYMMDD``, ``YYYY/MM/DD``, ``DD.MM.YYYY``, ``DD/MM/YYYY`` or
    ``MM/DD/YYYY`` where only one of them is a date, English month names, seconds or
    milliseconds since 1970. A day after tomorrow is not believed.
    """
    found = _day(value)
    if found is None or found > (today or datetime.now(UTC).date()) + timedelta(days=1):
        return None
    return found.isoformat()


_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})(?!\d)")
_MONTH = r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ .-]{{1,2}}(?P<month>{_MONTH})[a-z]{{0,6}}"
    r"[., -]{1,2}"
    rf"|(?P<before>{_MONTH})[a-z]{{0,6}}[. ]{{1,2}}(?P<after>\d{{1,2}})(?:st|nd|rd|th)?,? )"
    r"(?P<year>\d{4})\b",
    re.I,
)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        try:
            return datetime.fromtimestamp(seconds, UTC).date() if seconds > 1e8 else None
        except (OverflowError, OSError, ValueError):
            return None
    text = str(value or "").strip()[:64]
    for candidate in (text[:10], text[:8]):
        try:
            return date.fromisoformat(candidate)
        except ValueError:
            continue
    if text.isascii() and text.isdigit():
        return _day(int(text))
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return _written(text)


def _written(text: str) -> date | None:
    """Return the day of a date as people write it; ``None`` if two readings differ."""
    if (found := _YEAR_FIRST.match(text)) is not None:
        return _date(*(int(part) for part in found.groups()))
    if (found := _YEAR_LAST.match(text)) is not None:
        one, other, year = int(found[1]), int(found[3]), int(found[4])
        days = {_date(year, other, one)}
        if found[2] != ".":
            days.add(_date(year, one, other))
        days.discard(None)
        return days.pop() if len(days) == 1 else None
    if (found := _NAMED.search(text)) is not None:
        month = _MONTHS.index((found["month"] or found["before"]).lower()) // 3 + 1
        return _date(int(found["year"]), month, int(found["day"] or found["after"]))
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def clean(hints: dict[str, Any]) -> Hints:
    """Return ``hints`` as short texts without the empty ones."""
    kept = {
        name: " ".join(str(value).split())[:2000]
        for name, value in hints.items()
        if value is not None
    }
    return {name: value for name, value in kept.items() if value}


def too_large(name: str, limit: int) -> InputError:
    """Return the error of a record larger than ``limit`` bytes."""
    return InputError(name, "too-large", f"larger than {limit:,} bytes; split it")


def too_many_links(name: str, limits: Limits) -> InputError:
    """Return the error of a feed or sitemap with more addresses than the limit."""
    return InputError(name, "too-large", f"more than {limits.links:,} addresses; split it")
