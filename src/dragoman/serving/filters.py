"""What a reader of the events asks for: typed, from the address, as bound parameters.

Every filter of a page is in its address. A filter is made from the pairs of a query
string, and gives the pairs back in one order, so that equal filters have equal addresses.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dragoman.errors import DragomanError
from dragoman.schema import EventType, Status
from dragoman.serving.names import QUADS

#: The most values of one facet, the longest value, the longest query.
_VALUES, _LONGEST, _QUERY = 40, 200, 500


class FilterError(DragomanError):
    """An address that asks for something that cannot be; the message says what can."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to divide the events. ``column`` is of the table ``pages.rows``."""

    name: str
    label: str
    column: str
    is_list: bool = False
    known: tuple[str, ...] = ()


FACETS = {
    facet.name: facet
    for facet in (
        Facet("type", "Type", "type", known=tuple(t.value for t in EventType)),
        Facet("status", "Status", "status", known=tuple(s.value for s in Status)),
        Facet("actor", "Actor", "actors", is_list=True),
        Facet("recipient", "Recipient", "recipients", is_list=True),
        Facet("dyad", "Dyad", "dyads", is_list=True),
        Facet("sector", "Sector", "sectors", is_list=True),
        Facet("quad", "Class", "quad", known=tuple(str(q) for q in QUADS)),
        Facet("attribution", "According to", "attribution"),
        Facet("speaker", "Speaker", "speakers", is_list=True),
        Facet("country", "Country of the place", "place_country"),
        Facet("place", "Place", "place"),
        Facet("source", "Source", "publisher"),
    )
}

#: Sort name to what is sorted, and what a missing value counts as.
SORTS = {
    "day": "coalesce(day, DATE '0001-01-01')",
    "published": "coalesce(published, DATE '0001-01-01')",
    "confidence": "confidence",
    "score": "score",
    "type": "type",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events, in which order.

    ``values`` maps a facet's name to the values of which one must be there; ``party`` are
    codes of which each must be on either side. ``after`` and ``before`` are inclusive
    days. ``background`` is ``with``, ``without`` or ``only``.
    """

    q: str = ""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    party: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    background: str = "with"
    corrected: bool = False
    once: bool = False
    sort: str = "day"
    descending: bool = True
    extra: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, pairs: Iterable[tuple[str, str]]) -> Filter:
        """Return the filter of a query string. Raises ``FilterError``; unknown names are left."""
        values: dict[str, list[str]] = {}
        one: dict[str, str] = {}
        party: list[str] = []
        for name, value in pairs:
            value = value.strip()
            if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
                raise FilterError(f"{name}: there is a character that no text has")
            if not value:
                continue
            if len(value) > (_QUERY if name == "q" else _LONGEST):
                raise FilterError(f"{name}: the value is too long")
            if name in FACETS:
                values.setdefault(name, []).append(_checked(FACETS[name], value))
            elif name == "party":
                party.append(value.upper())
            else:
                one[name] = value
        for name, given in [*values.items(), ("party", party)]:
            if len(given) > _VALUES:
                raise FilterError(f"{name}: at most {_VALUES} values can be asked for")
        sort, descending = _sort(one.get("sort", "-day"))
        background = one.get("background", "with")
        if background not in {"with", "without", "only"}:
            raise FilterError("background is one of: with, without, only")
        after, before = (_day(name, one.get(name)) for name in ("after", "before"))
        if after and before and before < after:
            raise FilterError(f"'before' ({before}) is earlier than 'after' ({after})")
        return cls(
            q=" ".join(one.get("q", "").split()),
            values=tuple(
                (name, tuple(sorted(set(values[name])))) for name in FACETS if name in values
            ),
            party=tuple(sorted(set(party))),
            after=after,
            before=before,
            background=background,
            corrected=one.get("corrected", "") in {"1", "true", "yes"},
            once=one.get("once", "") in {"1", "true", "yes"},
            sort=sort,
            descending=descending,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Return the pairs of the query string, without what is usual."""
        found = [("q", self.q)] if self.q else []
        found += [(name, value) for name, values in self.values for value in values]
        found += [("party", code) for code in self.party]
        found += [("after", self.after.isoformat())] if self.after else []
        found += [("before", self.before.isoformat())] if self.before else []
        found += [("background", self.background)] if self.background != "with" else []
        found += [("corrected", "1")] if self.corrected else []
        found += [("once", "1")] if self.once else []
        order = ("-" if self.descending else "") + self.sort
        found += [("sort", order)] if order != "-day" else []
        return found

    def query(self, *, without: Iterable[str] = ()) -> str:
        """Return the query string without its question mark."""
        left_out = set(without)
        return urlencode([pair for pair in self.pairs() if pair[0] not in left_out])

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return the values asked for of one facet."""
        return dict(self.values).get(name, ())

    def toggled(self, name: str, value: str) -> Filter:
        """Return the filter with ``value`` of a facet added, or taken away if it is there."""
        values = {key: list(found) for key, found in self.values}
        found = values.setdefault(name, [])
        if value in found:
            found.remove(value)
        else:
            found.append(value)
        return replace(
            self,
            values=tuple((key, tuple(sorted(values[key]))) for key in FACETS if values.get(key)),
        )

    def without(self, name: str) -> Filter:
        """Return the filter without what was chosen of one facet."""
        return replace(self, values=tuple(pair for pair in self.values if pair[0] != name))

    def sorted_by(self, sort: str) -> Filter:
        """Return the filter sorted by ``sort``: downwards first, upwards if it is so already."""
        return replace(self, sort=sort, descending=not (self.sort == sort and self.descending))

    @property
    def is_empty(self) -> bool:
        """Whether every event is asked for."""
        return not [name for name, _ in self.pairs() if name != "sort"]

    def where(self, *, matched: bool = False) -> tuple[str, list[Any]]:
        """Return a condition over ``pages.rows`` and its parameters.

        With ``matched`` the reports' numbers are in a table of that name.
        """
        parts: list[str] = []
        parameters: list[Any] = []
        for name, values in self.values:
            facet = FACETS[name]
            test = "list_contains({}, ?)" if facet.is_list else "{} = ?"
            parts.append("(" + " OR ".join([test.format(facet.column)] * len(values)) + ")")
            parameters += [int(v) if name == "quad" else v for v in values]
        for code in self.party:
            parts.append("(list_contains(actors, ?) OR list_contains(recipients, ?))")
            parameters += [code, code]
        if self.after is not None:
            parts.append("coalesce(end_date, day) >= ?")
            parameters.append(self.after)
        if self.before is not None:
            parts.append("day <= ?")
            parameters.append(self.before)
        if self.background != "with":
            parts.append("background" if self.background == "only" else "NOT background")
        if self.corrected:
            parts.append("corrected")
        if self.once:
            parts.append("is_lead")
        if matched:
            parts.append("document_no IN (SELECT no FROM matched)")
        return " AND ".join(parts) or "true", parameters


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the row with this sort value and id."""

    value: Any
    id: str

    def token(self) -> str:
        """Return the cursor as a word for an address."""
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        raw = json.dumps([value, self.id], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def parse(cls, token: str, sort: str) -> Cursor:
        """Return the cursor of ``token`` for a sort. Raises ``FilterError`` if it is none."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            value, key = json.loads(raw)
            if not isinstance(key, str) or "\x00" in key or len(key) > 100:
                raise ValueError
            if sort in {"day", "published"}:
                value = date.fromisoformat(value)
            elif sort in {"confidence", "score"}:
                value = float(value)
            elif not isinstance(value, str) or "\x00" in value or not value.isascii():
                raise ValueError
        except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError):
            raise FilterError("the cursor is not of this list: start at its first page") from None
        return cls(value, key)


def _checked(facet: Facet, value: str) -> str:
    if facet.known and value not in facet.known:
        raise FilterError(f"{facet.name} is one of: {', '.join(facet.known)}")
    if facet.name == "dyad":
        first, dash, second = value.upper().partition("-")
        if not dash or not first or not second:
            raise FilterError("a dyad is two codes with a dash, like AZE-IRN")
        return "-".join(sorted((first, second)))
    if facet.name in {"actor", "recipient", "sector", "country"}:
        return value.upper()
    return value


def _sort(value: str) -> tuple[str, bool]:
    name = value.removeprefix("-")
    if name not in SORTS:
        raise FilterError(f"sort is one of: {', '.join(SORTS)}; with '-' before it downwards")
    return name, value.startswith("-")


def _day(name: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise FilterError(f"{name} is a day like 2024-05-31") from None
