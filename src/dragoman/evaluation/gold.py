"""The gold format: what a careful reader found in one report.

One JSON object: ``document`` (publication facts), ``items`` (events, statements,
relations, each with the words it rests on) and ``must_not`` (words that look like an
event and are none; with ``kind`` like a statement or relation). A key that an item does not
have is not judged; ``null`` means that there is nothing to be found.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dragoman.errors import GoldError
from dragoman.schema import EventType, Span, Status

KINDS = ("event", "statement", "relation")
_LISTS = ("types", "actors", "recipients", "people", "contexts", "between", "about")
_COUNTS = ("killed", "injured", "arrested")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"})


@dataclass(frozen=True, slots=True)
class GoldItem:
    """One event, statement or relation. ``values`` holds the keys as they stand in the file."""

    id: str
    kind: str
    evidence: str
    values: Mapping[str, Any]

    @property
    def types(self) -> tuple[str, ...]:
        """The PLOVER types that count as right, the best first."""
        return tuple(self.values.get("types", ()))

    @property
    def status(self) -> str:
        """The status of an event; ``actual`` unless the item says otherwise."""
        return str(self.values.get("status") or "actual")

    def codes(self, key: str) -> frozenset[str]:
        """Return the codes under ``key``; a single code may stand without a list."""
        value = self.values.get(key)
        return frozenset([value] if isinstance(value, str) else value or ())


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Words in which no event may be found, or no statement or relation, by ``kind``."""

    id: str
    evidence: str
    kind: str = "event"


@dataclass(frozen=True, slots=True)
class Gold:
    """One gold file. ``file`` is used in messages."""

    file: str
    published: date | None
    publisher: str | None
    boilerplate: tuple[str, ...]
    items: tuple[GoldItem, ...]
    must_not: tuple[Forbidden, ...]


def load_gold(path: Path) -> Gold:
    """Read a gold file. Raises ``GoldError`` that names the file and the item."""
    try:
        return gold_from(json.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise GoldError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise GoldError(f"{path}: not JSON: {error}") from error


def gold_from(data: Any, file: str) -> Gold:
    """Return the gold in ``data``, the content of ``file``. Raises ``GoldError``."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise GoldError(f"{file}: a gold file is an object with a list 'items'")
    document = data.get("document") or {}
    published = document.get("published")
    items = tuple(_item(entry, file, n) for n, entry in enumerate(data["items"], start=1))
    ids = [item.id for item in items]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise GoldError(f"{file}: item {id_}: the id is used twice")
    return Gold(
        file=file,
        published=_day(published, file, "document") if published else None,
        publisher=document.get("publisher"),
        boilerplate=tuple(document.get("boilerplate") or ()),
        items=items,
        must_not=tuple(
            _forbidden(entry, file, n) for n, entry in enumerate(data.get("must_not") or (), 1)
        ),
    )


def locate(evidence: str, text: str) -> tuple[Span, ...]:
    """Return every place of ``evidence`` in ``text``.

    White space counts as one blank, and curly and straight quotes, dashes and letter
    case are the same.
    """
    needle, _ = _plain(evidence.strip())
    hay, offsets = _plain(text)
    found: list[Span] = []
    start = hay.find(needle) if needle else -1
    while start >= 0:
        found.append(Span(offsets[start], offsets[start + len(needle) - 1] + 1))
        start = hay.find(needle, start + 1)
    return tuple(found)


def _plain(text: str) -> tuple[str, list[int]]:
    out: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        plain = " " if char.isspace() else char.translate(_QUOTES)
        if plain == " " and out and out[-1] == " ":
            continue
        lower = plain.lower()
        out.append(lower if len(lower) == 1 else plain)
        offsets.append(offset)
    return "".join(out), offsets


def fold(name: str) -> str:
    """Return ``name`` without accents, hyphens and case, for comparing names."""
    bare = unicodedata.normalize("NFKD", name.replace("-", " "))
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold().strip()


def _item(entry: Any, file: str, number: int) -> GoldItem:
    where = f"item {number}"
    if not isinstance(entry, dict):
        raise GoldError(f"{file}: {where}: not an object")
    where = f"item {entry.get('id', number)}"
    kind = entry.get("kind")
    if kind not in KINDS:
        raise GoldError(f"{file}: {where}: kind {kind!r} is none of {', '.join(KINDS)}")
    evidence = entry.get("evidence")
    if not isinstance(evidence, str) or not evidence.strip():
        raise GoldError(f"{file}: {where}: evidence is missing")
    for key in _LISTS:
        value = entry.get(key, [])
        if value is not None and not (
            isinstance(value, list) and all(isinstance(v, str) for v in value)
        ):
            raise GoldError(f"{file}: {where}: {key} must be a list of texts")
    for key in _COUNTS:
        if entry.get(key) is not None and not isinstance(entry[key], int | float):
            raise GoldError(f"{file}: {where}: {key} must be a number")
    if kind == "event":
        _check_event(entry, file, where)
    return GoldItem(str(entry.get("id", number)), kind, evidence, MappingProxyType(dict(entry)))


def _check_event(entry: Mapping[str, Any], file: str, where: str) -> None:
    if not entry.get("types"):
        raise GoldError(f"{file}: {where}: an event needs types")
    for name in entry["types"]:
        if name not in EventType.__members__:
            raise GoldError(f"{file}: {where}: {name!r} is no PLOVER type")
    status = entry.get("status")
    if status is not None and status not in set(Status):
        raise GoldError(f"{file}: {where}: status {status!r} is none of {', '.join(Status)}")
    if entry.get("date") is not None:
        interval(entry["date"], file, where)
    place = entry.get("place")
    if place is not None and not isinstance(place, dict):
        raise GoldError(f"{file}: {where}: place must be an object with name and country")


def interval(
    value: Any, file: str = "gold", where: str = "item"
) -> tuple[date | None, date | None]:
    """Return the first and last day of a gold date: one day or a pair, ends may be null."""
    if isinstance(value, str):
        value = [value, value]
    if not isinstance(value, list) or len(value) != 2:
        raise GoldError(f"{file}: {where}: date must be a day or a pair of days")
    first, last = (None if v is None else _day(v, file, where) for v in value)
    return first, last


def _day(value: Any, file: str, where: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise GoldError(f"{file}: {where}: {value!r} is no date (YYYY-MM-DD)") from error


def _forbidden(entry: Any, file: str, number: int) -> Forbidden:
    if not isinstance(entry, dict) or not isinstance(entry.get("evidence"), str):
        raise GoldError(f"{file}: must_not {number}: evidence is missing")
    kind = entry.get("kind", "event")
    if kind not in KINDS:
        raise GoldError(f"{file}: must_not {number}: kind {kind!r} is none of {', '.join(KINDS)}")
    return Forbidden(str(entry.get("id", f"N{number}")), entry["evidence"], kind)
