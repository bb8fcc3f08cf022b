"""Corrections: what a person says about a report, kept apart and stronger than the coder.

A correction is a record of its own in the segments. The index holds the codings with the
corrections applied, so that they count in every view and after every recoding. One is
tied to the words that it is about: the text of a document never changes, so an event that
is coded anew is found again by its identity or by the place of its predicate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from dragoman.errors import StoreError
from dragoman.schema import (
    Event,
    EventType,
    Mention,
    Reason,
    Relation,
    Report,
    Span,
    Statement,
    Status,
)
from dragoman.store.corrected import changed_event, changed_relation, changed_statement

Kind = Literal["set", "reject", "add", "withdraw", "reviewed"]
About = Literal["event", "statement", "relation"]
Coded: TypeAlias = Event | Statement | Relation
#: The values that may be corrected, and the one that an addition needs.
FIELDS: Mapping[About, tuple[str, ...]] = {
    "event": ("type", "mode", "status", "background", "actors", "recipients", "when", "where"),
    "statement": ("stance", "speakers", "about"),
    "relation": ("label", "sides", "source", "target", "because_of", "sector"),
}
_NEEDED: Mapping[About, str] = {"event": "type", "statement": "stance", "relation": "label"}
_Any = TypeVar("_Any", bound=Coded)


@dataclass(frozen=True, slots=True)
class Correction:
    """One judgement of one person.

    ``kind`` is ``set`` (other ``values`` for an event), ``reject`` (there is no such
    event), ``add`` (``values`` of an event that the coder missed, with the ``span`` of its
    words), ``withdraw`` (the correction ``event`` no longer holds) or ``reviewed`` (the
    whole report has been read and is now right). ``about`` says that not an event but a
    statement or relation is meant; ``event`` is then its id. ``at`` is in UTC. ``before`` is
    what was coded, ``siblings`` the other events, statements or relations at the time.
    """

    id: str
    document: str
    kind: Kind
    author: str
    at: datetime
    event: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    before: Event | Statement | Relation | None = None
    siblings: tuple[str, ...] = ()
    span: Span | None = None
    note: str | None = None
    about: About = "event"

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
    about: About = "event",
) -> Correction:
    """Return a correction of ``report``, checked. Raises ``StoreError`` with what is wrong.

    ``values`` are those of ``FIELDS``: type, mode, status, stance, label and sector as text,
    background as a boolean, actors, recipients, speakers, about, sides, source, target and
    because_of as lists of ``{name, country, sector, person}``, when as ``{start, end}`` (days)
    and where as ``{name, country}``, with the gazetteer's admin1, latitude, longitude,
    precision and geonames_id if known; ``None`` takes a value away. ``event`` is the id of
    the event, statement or relation that the correction is ``about``.
    """
    values = dict(values or {})
    for name in values:
        if name not in FIELDS[about]:
            known = ", ".join(FIELDS[about])
            raise StoreError(f"{name!r} cannot be corrected; what can be is: {known}")
    every = _coded(report, about)
    found = next((one for one in every if one.id == event), None)
    if kind in {"set", "reject"} and found is None:
        raise StoreError(f"this report has no {about} {event!r}: open it again")
    if kind == "set" and not values:
        raise StoreError("nothing was changed")
    if kind == "add":
        if span is None or span.end > len(report.document.text) or span.start == span.end:
            raise StoreError(f"select the words of the report that tell of the {about}")
        if _NEEDED[about] not in values:
            article = "an" if about == "event" else "a"
            raise StoreError(f"{article} {about} needs a {_NEEDED[about]}")
    moment = (at or datetime.now(UTC)).replace(microsecond=0, tzinfo=UTC)
    told = [report.document.id, kind, event, values, author, moment.isoformat(), str(span)]
    key = json.dumps(told if about == "event" else [*told, about], sort_keys=True, default=str)
    own = None if found is None else _key(found)
    made = Correction(
        id="c" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        document=report.document.id,
        kind=kind,
        author=author,
        at=moment,
        event=event,
        values=values,
        before=found,
        siblings=tuple(other for other in map(_key, every) if other not in {event, own}),
        span=span,
        note=note or None,
        about=about,
    )
    if kind in {"set", "add"}:
        _changed(_blank(report, made) if found is None else found, made, report)
    return made


def apply(report: Report, corrections: Iterable[Correction]) -> Report:
    """Return ``report`` with the corrections that hold, the oldest applied first."""
    held = holding(corrections)
    if not held:
        return report
    return replace(
        report,
        events=_corrected(report.events, "event", held, report),
        statements=_corrected(report.statements, "statement", held, report),
        relations=_corrected(report.relations, "relation", held, report),
    )


def _corrected(
    coded: Sequence[_Any], about: About, held: Sequence[Correction], report: Report
) -> tuple[_Any, ...]:
    """Return the events, statements or relations of a report with what is held of them."""
    found = list(coded)
    for made in held:
        if made.about != about:
            continue
        if made.kind == "add":
            found.append(cast(_Any, _settled(_blank(report, made), made, report)))
            continue
        if made.kind not in {"set", "reject"}:
            continue
        place = _place_of(found, made)
        if made.kind == "reject":
            if place is not None:
                del found[place]
            continue
        if place is not None:
            # The id of an event lasts; those of the others are counted anew by each coder.
            one: Coded = found[place]
            if isinstance(one, Event):
                one = replace(one, id=str(made.event))
            found[place] = cast(_Any, _settled(one, made, report))
        elif made.before is not None:
            # The coder no longer finds what a person has confirmed by correcting it.
            kept: Coded = made.before
            if not isinstance(kept, Event):
                kept = replace(kept, id=_added_id(made))
            found.append(cast(_Any, _settled(kept, made, report)))
    return tuple(sorted(found, key=_begin))


def holding(corrections: Iterable[Correction]) -> list[Correction]:
    """Return the corrections that are not withdrawn, in order of time."""
    every = sorted(corrections, key=lambda c: (c.at, c.id))
    withdrawn = {c.event for c in every if c.kind == "withdraw"}
    return [c for c in every if c.kind != "withdraw" and c.id not in withdrawn]


def _coded(report: Report, about: About) -> Sequence[Coded]:
    every: Mapping[About, Sequence[Coded]] = {
        "event": report.events,
        "statement": report.statements,
        "relation": report.relations,
    }
    return every[about]


def _mentions(one: Coded) -> tuple[Mention, ...]:
    return one.mentions if isinstance(one, Event) else (one.mention,)


def _begin(one: Coded) -> Span:
    mentions = _mentions(one)
    return mentions[0].predicate if mentions else Span(0, 0)


def _name(one: Coded) -> str:
    if isinstance(one, Event):
        return one.type.value
    return one.stance if isinstance(one, Statement) else one.label


def _key(one: Coded) -> str:
    """Return what a later coder will know ``one`` by: an event's id, else name and place."""
    if isinstance(one, Event):
        return one.id
    predicate = one.mention.predicate
    return f"{_name(one)}@{predicate.start}-{predicate.end}"


def _place_of(coded: Sequence[Coded], made: Correction) -> int | None:
    """Return which of ``coded`` a correction is about: the same one, or what it has become."""
    if made.about == "event" or made.before is None:
        for place, one in enumerate(coded):
            if one.id == made.event:
                return place
    if made.before is None:
        return None
    predicates = {mention.predicate for mention in _mentions(made.before)}
    candidates = [
        (_name(one) != _name(made.before), place)
        for place, one in enumerate(coded)
        if _key(one) not in made.siblings
        and any(mention.predicate in predicates for mention in _mentions(one))
    ]
    return min(candidates)[1] if candidates else None


def _settled(one: Coded, made: Correction, report: Report) -> Coded:
    """Return ``one`` changed; where the codebook no longer allows it, its reasons say so."""
    try:
        return _changed(one, made, report)
    except StoreError as error:
        told = Reason("correction", f"correction {made.id} does not fit any more: {error}")
        return replace(one, reasons=(*one.reasons, told))


def _changed(one: Coded, made: Correction, report: Report) -> Coded:
    """Return ``one`` with the values of ``made``. Raises ``StoreError`` on a wrong one."""
    if isinstance(one, Event):
        return changed_event(one, made.values, made.author, report)
    if isinstance(one, Statement):
        return changed_statement(one, made.values, made.author, report)
    return changed_relation(one, made.values, made.author, report)


def _added_id(made: Correction) -> str:
    number = hashlib.sha256(f"added|{made.id}".encode()).hexdigest()[:16]
    return made.about[0] + number


def _blank(report: Report, made: Correction) -> Coded:
    """Return an event, statement or relation at the words of ``made``, to be filled."""
    assert made.span is not None
    inside = [n for n, s in enumerate(report.sentences) if s.start <= made.span.start < s.end]
    mention = Mention(inside[0] if inside else 0, made.span, made.span)
    key = _added_id(made)
    if made.about == "statement":
        return Statement(key, "", (), (), mention)
    if made.about == "relation":
        return Relation(key, "", mention)
    return Event(
        id=key,
        type=EventType.CONSULT,
        cameo="",
        quad=1,
        score=0.0,
        status=Status.ACTUAL,
        mentions=(mention,),
    )
