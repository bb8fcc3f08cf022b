"""A report's text cut into pieces, each with the values that rest on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dragoman.render import when
from dragoman.schema import (
    Actor,
    Attribution,
    BlockKind,
    Event,
    Relation,
    Report,
    Span,
    Statement,
)
from dragoman.store.rows import speakers_of

#: What a span is to an event; where several meet, the first gives the colour.
ROLES = {
    "act": "the act",
    "actor": "actor",
    "recipient": "recipient",
    "place": "place",
    "time": "time",
    "attribution": "who says so",
    "number": "number",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is alike all through.

    ``roles`` are pairs of event and role, ``evidence`` the events whose words these are,
    ``kind`` that of its block. ``start`` is the offset of its first code point.
    """

    start: int
    text: str
    kind: str
    roles: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]

    @property
    def role(self) -> str | None:
        """The role that gives the colour, ``None`` for plain text."""
        order = list(ROLES)
        return min((role for _, role in self.roles), key=order.index, default=None)

    def role_in(self, event: str | None) -> str | None:
        """Return the role for one event; that of any if ``event`` is ``None``."""
        if event is None:
            return self.role
        order = list(ROLES)
        return min((r for e, r in self.roles if e == event), key=order.index, default=None)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an event as the reader shows it, and what it rests on."""

    field: str
    label: str
    shown: str
    words: tuple[tuple[int, str], ...]
    rules: tuple[str, ...]


def pieces(report: Report) -> list[Piece]:
    """Return the whole text of ``report`` in pieces, without gaps or overlaps."""
    text = report.document.text
    marks: list[tuple[int, int, str, str]] = []
    for event in report.events:
        for role, span in spans_of(event):
            marks.append((span.start, span.end, event.id, role))
        for mention in event.mentions:
            marks.append((mention.evidence.start, mention.evidence.end, event.id, ""))
    blocks = [(b.span.start, b.span.end, b.kind.value) for b in report.reading.blocks]
    cuts = {0, len(text)}
    for start, end in [*(m[:2] for m in marks), *(b[:2] for b in blocks)]:
        cuts.update((start, end))
    edges = sorted(cut for cut in cuts if cut <= len(text))
    starts: dict[int, list[tuple[int, int, str, str]]] = {}
    for mark in marks:
        starts.setdefault(mark[0], []).append(mark)
    opened: list[tuple[int, int, str, str]] = []
    found: list[Piece] = []
    for start, end in pairwise(edges):
        opened = [mark for mark in opened if mark[1] > start] + [
            mark for mark in starts.get(start, ()) if mark[1] > start
        ]
        kind = next((k for s, e, k in blocks if s <= start < e), BlockKind.BODY.value)
        found.append(
            Piece(
                start,
                text[start:end],
                kind,
                tuple(dict.fromkeys((e, r) for _, _, e, r in opened if r)),
                tuple(dict.fromkeys(e for _, _, e, r in opened if not r)),
            )
        )
    return found


def spans_of(event: Event) -> Iterator[tuple[str, Span]]:
    """Yield every span that a value of ``event`` rests on, with its role."""
    for mention in event.mentions:
        yield "act", mention.predicate
    for actor in event.actors:
        yield "actor", actor.span
    for actor in event.recipients:
        yield "recipient", actor.span
    if event.when is not None:
        yield "time", event.when.span
    if event.where is not None:
        yield "place", event.where.span
    attribution = event.attribution
    if attribution is not None and attribution.span is not None:
        yield "attribution", attribution.span
    for actor in speakers_of(attribution):
        yield "attribution", actor.span
    for magnitude in event.magnitudes:
        yield "number", magnitude.span


def values_of(event: Event, text: str) -> list[Value]:
    """Return the values of ``event`` in the order of reading, with words and rules."""
    act = event.type.value + (f" · {event.mode}" if event.mode else "")
    shown = [
        ("type", "Act", act),
        ("status", "Status", event.status.value + (" · background" if event.background else "")),
        ("actors", "Actor", "; ".join(map(actor_text, event.actors))),
        ("recipients", "Recipient", "; ".join(map(actor_text, event.recipients))),
        ("when", "Time", _time(event)),
        ("where", "Place", _place(event)),
        ("attribution", "According to", _source(event.attribution)),
        ("magnitudes", "Numbers", "; ".join(_amounts(event))),
        ("contexts", "Contexts", ", ".join(event.contexts)),
    ]
    found = []
    for field, label, value in shown:
        fields = {"type": ("type", "mode"), "status": ("status", "background")}.get(field, (field,))
        reasons = [r for r in event.reasons if r.field in fields]
        if not value and not reasons:
            continue
        words = dict.fromkeys(
            (r.span.start, " ".join(r.span.of(text).split())) for r in reasons if r.span
        )
        found.append(
            Value(field, label, value or "none", tuple(words), tuple(r.rule for r in reasons))
        )
    odd = tuple(r.rule for r in event.reasons if r.field == "correction")
    if odd:
        found.append(Value("correction", "Correction", "does not fit", (), odd))
    return found


def actor_text(actor: Actor) -> str:
    """Return an actor on one line: name, country and sector, office."""
    codes = " ".join(part for part in (actor.country, actor.sector) if part)
    name = actor.person or actor.name
    # An office is told unless the name says it: 'Azerbaijani officials', not '…, official'.
    told = actor.role is None or actor.role.casefold() in name.casefold()
    office = "" if told else f", {actor.role}"
    return f"{name}{office} ({codes})" if codes else f"{name}{office}"


def form_of(event: Event) -> dict[str, Any]:
    """Return the values of ``event`` as the form for correcting it needs them."""
    interval, place = event.when, event.where
    return {
        "type": event.type.value,
        "mode": event.mode,
        "status": event.status.value,
        "background": event.background,
        "actors": _members(event.actors),
        "recipients": _members(event.recipients),
        "when": {
            "start": interval.start.isoformat() if interval and interval.start else None,
            "end": interval.end.isoformat() if interval and interval.end else None,
        },
        "where": {
            "name": place.name if place else None,
            "country": place.country if place else None,
        },
    }


def standing_form(one: Statement | Relation) -> dict[str, Any]:
    """Return the values of a statement or relation as the form for correcting it needs them."""
    if isinstance(one, Statement):
        return {
            "stance": one.stance,
            "speakers": _members(one.speakers),
            "about": _members(one.about),
        }
    return {
        "label": one.label,
        "sector": one.sector,
        "sides": _members(one.sides),
        "source": _members(one.source),
        "target": _members(one.target),
        "because_of": _members(one.because_of),
    }


def _members(actors: tuple[Actor, ...]) -> list[dict[str, str | None]]:
    return [
        {"name": a.name, "country": a.country, "sector": a.sector, "person": a.person}
        for a in actors
    ]


def _time(event: Event) -> str:
    interval = event.when
    if interval is None:
        return ""
    precision = "" if interval.precision.value == "day" else f" ({interval.precision.value})"
    return when(interval) + precision


def _place(event: Event) -> str:
    place = event.where
    if place is None:
        return ""
    parts = [place.name, *(p for p in (place.admin1, place.country) if p and p != place.name)]
    return f"{', '.join(parts)} ({place.precision.value})"


def _source(attribution: Attribution | None) -> str:
    if attribution is None:
        return ""
    own = "; ".join(map(actor_text, attribution.speakers)) or attribution.publisher or ""
    inner = _source(attribution.inner)
    return f"{own}, citing {inner}" if own and inner else own or inner or attribution.kind


def _amounts(event: Event) -> Iterator[str]:
    for magnitude in event.magnitudes:
        amount = f"{magnitude.low:,.0f}"
        if magnitude.high is None:
            amount += " or more"
        elif magnitude.high != magnitude.low:
            amount += f" to {magnitude.high:,.0f}"
        unit = "" if magnitude.unit == "people" else f" {magnitude.unit}"
        yield f"{magnitude.kind} {amount}{unit}"
