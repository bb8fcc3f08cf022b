"""Corrections: what a person says about a report, kept apart and stronger than the coder.

A correction is a record of its own in the segments. The index holds the codings with the
corrections applied, so that they count in every view and after every recoding. One is
tied to the words that it is about: the text of a document never changes, so an event that
is coded anew is found again by its identity or by the place of its predicate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from dragoman.codebook.ontology import Ontology, load_ontology
from dragoman.errors import StoreError
from dragoman.schema import (
    Actor,
    Event,
    EventType,
    Mention,
    Place,
    PlacePrecision,
    Precision,
    Reason,
    Report,
    Span,
    Status,
    TimeInterval,
)

Kind = Literal["set", "reject", "add", "withdraw", "reviewed"]
#: The values of an event that may be corrected.
FIELDS = ("type", "mode", "status", "background", "actors", "recipients", "when", "where")


@dataclass(frozen=True, slots=True)
class Correction:
    """One judgement of one person.

    ``kind`` is ``set`` (other ``values`` for an event), ``reject`` (there is no such
    event), ``add`` (``values`` of an event that the coder missed, with the ``span`` of its
    words), ``withdraw`` (the correction ``event`` no longer holds) or ``reviewed`` (the
    whole report has been read and is now right). ``at`` is in UTC. ``before`` is the event
    as it was coded, ``siblings`` the other events of that report at the time.
    """

    id: str
    document: str
    kind: Kind
    author: str
    at: datetime
    event: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    before: Event | None = None
    siblings: tuple[str, ...] = ()
    span: Span | None = None
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the correction as JSON-ready values."""
        return dict(_adapter().dump_python(self, mode="json"))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Correction:
        """Return the correction that ``to_dict`` made. Raises ``StoreError`` if it is none."""
        try:
            return _adapter().validate_python(dict(data))
        except ValidationError as error:
            raise StoreError(f"this is not a correction: {error.errors()[0]['msg']}") from error


@cache
def _adapter() -> TypeAdapter[Correction]:
    return TypeAdapter(Correction)


def correct(
    report: Report,
    kind: Kind,
    author: str,
    *,
    event: str | None = None,
    values: Mapping[str, Any] | None = None,
    span: Span | None = None,
    note: str | None = None,
    at: datetime | None = None,
) -> Correction:
    """Return a correction of ``report``, checked. Raises ``StoreError`` with what is wrong.

    ``values`` are those of ``FIELDS``: type, mode and status as text, background as a
    boolean, actors and recipients as lists of ``{name, country, sector, person}``, when
    as ``{start, end}`` (days) and where as ``{name, country}``, with the gazetteer's admin1,
    latitude, longitude, precision and geonames_id if known; ``None`` takes a value away.
    """
    values = dict(values or {})
    for name in values:
        if name not in FIELDS:
            raise StoreError(f"{name!r} cannot be corrected; what can be is: {', '.join(FIELDS)}")
    found = next((e for e in report.events if e.id == event), None)
    if kind in {"set", "reject"} and found is None:
        raise StoreError(f"this report has no event {event!r}: open it again")
    if kind == "set" and not values:
        raise StoreError("nothing was changed")
    if kind == "add":
        if span is None or span.end > len(report.document.text) or span.start == span.end:
            raise StoreError("select the words of the report that tell of the event")
        if "type" not in values:
            raise StoreError("an event needs a type")
    moment = (at or datetime.now(UTC)).replace(microsecond=0, tzinfo=UTC)
    key = json.dumps(
        [report.document.id, kind, event, values, author, moment.isoformat(), str(span)],
        sort_keys=True,
        default=str,
    )
    made = Correction(
        id="c" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        document=report.document.id,
        kind=kind,
        author=author,
        at=moment,
        event=event,
        values=values,
        before=found,
        siblings=tuple(e.id for e in report.events if e.id != event),
        span=span,
        note=note or None,
    )
    if kind in {"set", "add"}:
        _changed(_blank(report, made) if found is None else found, made, report)
    return made


def apply(report: Report, corrections: Iterable[Correction]) -> Report:
    """Return ``report`` with the corrections that hold, the oldest applied first."""
    held = holding(corrections)
    events = list(report.events)
    for made in held:
        if made.kind == "add":
            events.append(_settled(_blank(report, made), made, report))
            continue
        if made.kind not in {"set", "reject"}:
            continue
        place = _place_of(events, made)
        if made.kind == "reject":
            if place is not None:
                del events[place]
            continue
        if place is not None:
            events[place] = _settled(replace(events[place], id=str(made.event)), made, report)
        elif made.before is not None:
            # The coder no longer finds what a person has confirmed by correcting it.
            events.append(_settled(made.before, made, report))
    if not held:
        return report
    events.sort(key=lambda e: e.mentions[0].predicate if e.mentions else Span(0, 0))
    return replace(report, events=tuple(events))


def holding(corrections: Iterable[Correction]) -> list[Correction]:
    """Return the corrections that are not withdrawn, in order of time."""
    every = sorted(corrections, key=lambda c: (c.at, c.id))
    withdrawn = {c.event for c in every if c.kind == "withdraw"}
    return [c for c in every if c.kind != "withdraw" and c.id not in withdrawn]


def _place_of(events: Sequence[Event], made: Correction) -> int | None:
    """Return which of ``events`` a correction is about: the same one, or what it has become."""
    for place, event in enumerate(events):
        if event.id == made.event:
            return place
    if made.before is None:
        return None
    predicates = {mention.predicate for mention in made.before.mentions}
    candidates = [
        (event.type is not made.before.type, place)
        for place, event in enumerate(events)
        if event.id not in made.siblings
        and any(mention.predicate in predicates for mention in event.mentions)
    ]
    return min(candidates)[1] if candidates else None


def _settled(event: Event, made: Correction, report: Report) -> Event:
    """Return the changed event; where the codebook no longer allows it, the event says so."""
    try:
        return _changed(event, made, report)
    except StoreError as error:
        told = Reason("correction", f"correction {made.id} does not fit any more: {error}")
        return replace(event, reasons=(*event.reasons, told))


def _added_id(made: Correction) -> str:
    return "e" + hashlib.sha256(f"added|{made.id}".encode()).hexdigest()[:16]


def _blank(report: Report, made: Correction) -> Event:
    """Return an event at the words of ``made``, to be filled with its values."""
    assert made.span is not None
    inside = [n for n, s in enumerate(report.sentences) if s.start <= made.span.start < s.end]
    sentence = inside[0] if inside else 0
    mention = Mention(sentence, made.span, made.span)
    return Event(
        id=_added_id(made),
        type=EventType.CONSULT,
        cameo="",
        quad=1,
        score=0.0,
        status=Status.ACTUAL,
        mentions=(mention,),
    )


@cache
def _ontology() -> Ontology:
    return load_ontology()


def _changed(event: Event, made: Correction, report: Report) -> Event:
    """Return ``event`` with the values of ``made``. Raises ``StoreError`` on a wrong one."""
    values = dict(made.values)
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
            changes[side] = _cast(values[side], side, event, report)
    if "when" in values:
        changes["when"] = _when(values["when"], event)
    if "where" in values:
        changes["where"] = _where(values["where"], event, report)
    rule = f"corrected by {made.author}"
    kept = tuple(r for r in event.reasons if _field_of(r.field) not in values)
    told = tuple(
        Reason(name, rule, getattr(changes.get(name), "span", None)) for name in sorted(values)
    )
    return replace(event, **changes, confidence=1.0, reasons=(*kept, *told))


def _field_of(name: str) -> str:
    """Return the corrected field that a coder's reason belongs to."""
    base = name.split(".", 1)[0].split("[", 1)[0]
    return {"actor": "actors", "recipient": "recipients"}.get(base, base)


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


def _cast(values: Any, side: str, event: Event, report: Report) -> tuple[Actor, ...]:
    if values is None:
        return ()
    if not isinstance(values, list):
        raise StoreError(f"{side} must be a list")
    found = []
    for value in values:
        if not isinstance(value, dict):
            raise StoreError(f"each of the {side} is an object with name, country and sector")
        name = _text(value, "name", 200) or _text(value, "country", 8)
        if not name:
            raise StoreError(f"each of the {side} needs a name or a country")
        country = _code(value, "country", 8)
        known = [a for a in (*event.actors, *event.recipients) if a.name == name]
        span = known[0].span if known else _words(name, event, report)
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


def _words(name: str, event: Event, report: Report) -> Span:
    """Return where ``name`` stands: in the event's words, else in the report, else the words."""
    words = event.mentions[0].evidence if event.mentions else Span(0, 0)
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
    words = event.mentions[0].evidence if event.mentions else Span(0, 0)
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
        span=_words(name, event, report),
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
