"""An event, statement or relation with the values that a person gave it, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from dragoman.codebook.frames import labels, stances
from dragoman.codebook.ontology import Ontology, load_ontology
from dragoman.codebook.words import relation_sectors
from dragoman.errors import StoreError
from dragoman.schema import (
    Actor,
    Event,
    EventType,
    Place,
    PlacePrecision,
    Precision,
    Reason,
    Relation,
    Report,
    Span,
    Statement,
    Status,
    TimeInterval,
)


@cache
def _ontology() -> Ontology:
    return load_ontology()


def changed_event(event: Event, values: Mapping[str, Any], author: str, report: Report) -> Event:
    """Return ``event`` with ``values``. Raises ``StoreError`` on a wrong one."""
    words, known = _words_of(event), (*event.actors, *event.recipients)
    changes: dict[str, Any] = {}
    if "type" in values or "mode" in values:
        changes.update(_kind(event, values))
    if "status" in values:
        changes["status"] = _member(Status, values["status"], "status")
    if "background" in values:
        if not isinstance(values["background"], bool):
            raise StoreError("background is true or false")
        changes["background"] = values["background"]
    for side in ("actors", "recipients"):
        if side in values:
            changes[side] = _cast(values[side], side, known, words, report)
    if "when" in values:
        changes["when"] = _when(values["when"], event)
    if "where" in values:
        changes["where"] = _where(values["where"], event, report)
    return replace(
        event, **changes, confidence=1.0, reasons=_reasons(event.reasons, values, changes, author)
    )


def changed_statement(
    statement: Statement, values: Mapping[str, Any], author: str, report: Report
) -> Statement:
    """Return ``statement`` with ``values``. Raises ``StoreError`` on a wrong one."""
    words, known = statement.mention.evidence, (*statement.speakers, *statement.about)
    changes: dict[str, Any] = {}
    if "stance" in values:
        changes["stance"] = _one_of(values["stance"], stances(), "stance")
    for side in ("speakers", "about"):
        if side in values:
            changes[side] = _cast(values[side], side, known, words, report)
    if not changes.get("speakers", statement.speakers):
        raise StoreError("a statement needs a speaker")
    reasons = _reasons(statement.reasons, values, changes, author)
    return replace(statement, **changes, confidence=1.0, reasons=reasons)


def changed_relation(
    relation: Relation, values: Mapping[str, Any], author: str, report: Report
) -> Relation:
    """Return ``relation`` with ``values``. Raises ``StoreError`` on a wrong one."""
    words = relation.mention.evidence
    known = (*relation.sides, *relation.source, *relation.target, *relation.because_of)
    changes: dict[str, Any] = {}
    if "label" in values:
        changes["label"] = _one_of(values["label"], labels(), "label of a relation")
    if "sector" in values:
        sector = values["sector"] or None
        changes["sector"] = sector and _one_of(sector, relation_sectors(), "sector of a relation")
    for side in ("sides", "source", "target", "because_of"):
        if side in values:
            changes[side] = _cast(values[side], side, known, words, report)
    found = replace(relation, **changes)
    if len(found.sides) < 2 and not (found.source and found.target):
        raise StoreError("a relation is between two sides, or from one to another")
    reasons = _reasons(relation.reasons, values, changes, author)
    return replace(found, confidence=1.0, reasons=reasons)


def _reasons(
    old: Sequence[Reason], values: Mapping[str, Any], changes: Mapping[str, Any], author: str
) -> tuple[Reason, ...]:
    """Return the reasons of what was not corrected, and who corrected the rest."""
    rule = f"corrected by {author}"
    kept = (r for r in old if _field_of(r.field) not in values)
    told = (Reason(name, rule, getattr(changes.get(name), "span", None)) for name in sorted(values))
    return (*kept, *told)


def _words_of(event: Event) -> Span:
    return event.mentions[0].evidence if event.mentions else Span(0, 0)


def _one_of(value: Any, known: Sequence[str], name: str) -> str:
    if value not in known:
        raise StoreError(f"{value!r} is no {name}; they are: {', '.join(known)}")
    return str(value)


def _field_of(name: str) -> str:
    """Return the corrected field that a coder's reason belongs to."""
    base = name.split(".", 1)[0].split("[", 1)[0]
    return {"actor": "actors", "recipient": "recipients", "ends": "sides"}.get(base, base)


def _kind(event: Event, values: Mapping[str, Any]) -> dict[str, Any]:
    ontology = _ontology()
    kind = _member(EventType, values.get("type", event.type), "type")
    entry = ontology.types[kind]
    mode = values.get("mode", event.mode if kind is event.type else None) or None
    if mode is not None and mode not in entry.modes:
        known = ", ".join(entry.modes) or "none"
        raise StoreError(f"{kind} has no mode {mode!r}; its modes are: {known}")
    cameo = event.cameo if kind is event.type and event.cameo else entry.cameo_root
    return {
        "type": kind,
        "mode": mode,
        "cameo": cameo,
        "quad": entry.quad,
        "score": ontology.score(kind, mode),
    }


def _member(kind: Callable[[Any], Any], value: Any, name: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise StoreError(f"{value!r} is no {name}") from None


def _cast(
    values: Any, side: str, among: Sequence[Actor], words: Span, report: Report
) -> tuple[Actor, ...]:
    if values is None:
        return ()
    if not isinstance(values, list):
        raise StoreError(f"{side} must be a list")
    found = []
    for value in values:
        if not isinstance(value, dict):
            raise StoreError(f"each of {side} is an object with name, country and sector")
        name = _text(value, "name", 200) or _text(value, "country", 8)
        if not name:
            raise StoreError(f"each of {side} needs a name or a country")
        country = _code(value, "country", 8)
        known = [a for a in among if a.name == name]
        span = known[0].span if known else _words(name, words, report)
        found.append(
            Actor(
                name=name,
                span=span,
                country=country,
                sector=_sector(value),
                person=_text(value, "person", 200),
                role=known[0].role if known and known[0].country == country else None,
                organisation=country if _is_organisation(known, country) else None,
                rule="correction",
            )
        )
    return tuple(found)


def _is_organisation(known: Sequence[Actor], country: str | None) -> bool:
    return any(a.organisation is not None and a.organisation == country for a in known)


def _words(name: str, words: Span, report: Report) -> Span:
    """Return where ``name`` stands: in ``words``, else in the report, else ``words``."""
    text = report.document.text
    place = text.find(name, words.start, words.end)
    if place < 0:
        place = text.find(name)
    return Span(place, place + len(name)) if place >= 0 else words


def _text(value: Mapping[str, Any], key: str, longest: int) -> str | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > longest or "\x00" in text:
        raise StoreError(f"{key} must be a text of at most {longest} characters")
    return " ".join(text.split()) or None


def _code(value: Mapping[str, Any], key: str, longest: int) -> str | None:
    code = _text(value, key, longest)
    if code is not None and not (code.isascii() and code.isalnum()):
        raise StoreError(f"{code!r} is no code of a {key} (like IRN, EUR or UNO)")
    return code.upper() if code else None


def _sector(value: Mapping[str, Any]) -> str | None:
    code = _code(value, "sector", 8)
    known = _ontology().sectors
    if code is not None and code not in known:
        raise StoreError(f"{code!r} is no sector; they are: {', '.join(known)}")
    return code


def _when(value: Any, event: Event) -> TimeInterval | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise StoreError("when is an object with start and end")
    start, end = (_day(value.get(key), key) for key in ("start", "end"))
    if start is None and end is None:
        return None
    if start and end and end < start:
        raise StoreError(f"the end ({end}) is before the start ({start})")
    words = _words_of(event)
    old = event.when
    precision = Precision.DAY if start == end else Precision.FUZZY
    if start is None or end is None:
        precision = Precision.OPEN
    return TimeInterval(
        start, end, precision, old.text if old else "", old.span if old else words, "correction"
    )


def _day(value: Any, name: str) -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise StoreError(f"{name} {value!r} is no day (YYYY-MM-DD)") from None


def _where(value: Any, event: Event, report: Report) -> Place | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise StoreError("where is an object with name and country")
    name, country = _text(value, "name", 200), _code(value, "country", 8)
    if name is None:
        return None
    old = event.where
    if old is not None and old.name == name and old.country == country:
        return old
    latitude, longitude = (_degrees(value.get(key), key) for key in ("latitude", "longitude"))
    return Place(
        name=name,
        span=_words(name, _words_of(event), report),
        precision=_member(PlacePrecision, value.get("precision") or "region", "precision"),
        country=country,
        admin1=_text(value, "admin1", 200),
        latitude=latitude,
        longitude=longitude,
        geonames_id=_text(value, "geonames_id", 20),
        rule="correction",
    )


def _degrees(value: Any, name: str) -> float | None:
    if value is None:
        return None
    bound = 90 if name == "latitude" else 180
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= bound:
        raise StoreError(f"{name} must be a number of degrees")
    return float(value)
