"""Which predicted event, statement or relation answers which gold item.

Pairs need overlapping words. Among the possible pairs those with the most agreement
are taken first, each side at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.errors import GoldError
from dragoman.evaluation.gold import Gold, GoldItem, fold, interval, locate
from dragoman.schema import Actor, Event, Mention, Relation, Report, Span, Statement
from dragoman.store.rows import countries, speakers_of

Predicted = Event | Statement | Relation


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold item, what was predicted for it, and the keys whose values are wrong."""

    item: GoldItem
    found: Predicted | None
    wrong: tuple[str, ...] = ()


def codes(actors: Sequence[Actor]) -> frozenset[str]:
    """Return the set of country and organisation codes of ``actors``."""
    return frozenset(countries(actors))


def match(gold: Gold, report: Report) -> tuple[Pair, ...]:
    """Return one pair per gold item, in the gold's order.

    Raises ``GoldError`` if the evidence of an item is not in the text.
    """
    text = report.document.text
    candidates: list[tuple[float, int, int]] = []
    everything: list[Predicted] = [*report.events, *report.statements, *report.relations]
    for number, item in enumerate(gold.items):
        places = locate(item.evidence, text)
        if not places:
            raise GoldError(f"{gold.file}: item {item.id}: the evidence is not in the text")
        for index, predicted in enumerate(everything):
            weight = _weight(item, predicted, places)
            if weight > 0:
                candidates.append((-weight, number, index))
    pairs: dict[int, Predicted] = {}
    used: set[int] = set()
    for _, number, index in sorted(candidates):
        if number not in pairs and index not in used:
            pairs[number] = everything[index]
            used.add(index)
    return tuple(
        Pair(item, pairs.get(n), wrong_values(item, pairs[n]) if n in pairs else ())
        for n, item in enumerate(gold.items)
    )


def agrees(item: GoldItem, event: Event) -> tuple[bool, bool, bool]:
    """Return whether type, actors-and-recipients, and status of ``event`` are the gold's.

    Unlike ``wrong_values``, a missing actors or recipients key counts as the empty set.
    """
    actors, recipients = codes(event.actors), codes(event.recipients)
    if item.values.get("symmetric"):
        dyad = actors | recipients == item.codes("actors") | item.codes("recipients")
    else:
        dyad = actors == item.codes("actors") and recipients == item.codes("recipients")
    return event.type.value in item.types, dyad, event.status.value == item.status


def wrong_values(item: GoldItem, found: Predicted) -> tuple[str, ...]:
    """Return the keys of ``item`` whose values ``found`` does not have."""
    if isinstance(found, Event):
        checks = _EVENT_CHECKS
    elif isinstance(found, Statement):
        checks = _STATEMENT_CHECKS
    else:
        checks = _RELATION_CHECKS
    return tuple(
        key for key, right in checks.items() if key in item.values and not right(item, found)
    )


def mentions_of(found: Predicted) -> tuple[Mention, ...]:
    """Return where ``found`` is told."""
    return found.mentions if isinstance(found, Event) else (found.mention,)


def inside(inner: Span, outer: Span) -> bool:
    """Tell whether ``inner`` lies within ``outer``."""
    return outer.start <= inner.start and inner.end <= outer.end


def _weight(item: GoldItem, found: Predicted, places: Sequence[Span]) -> float:
    kinds = {"event": Event, "statement": Statement, "relation": Relation}
    if not isinstance(found, kinds[item.kind]):
        return 0
    overlap, predicate = 0.0, False
    for mention in mentions_of(found):
        for place in places:
            predicate = predicate or inside(mention.predicate, place)
            common = min(mention.evidence.end, place.end) - max(mention.evidence.start, place.start)
            longest = max(mention.evidence.end, place.end) - min(
                mention.evidence.start, place.start
            )
            overlap = max(overlap, common / longest if longest else 0)
    if isinstance(found, Event):
        kind, dyad, status = agrees(item, found)
        if not predicate and not (kind and overlap > 0.5):
            return 0
        full = 100 * (kind and dyad and status)
        return full + 8 * kind + 4 * predicate + 3 * dyad + 2 * status + overlap
    if not predicate and overlap <= 0.3:
        return 0
    right = len(item.values) - len(wrong_values(item, found))
    return 2 * predicate + 0.2 * right + overlap


def _actors(item: GoldItem, event: Any) -> bool:
    if item.values.get("symmetric"):
        both = item.codes("actors") | item.codes("recipients")
        return codes(event.actors) | codes(event.recipients) == both
    return codes(event.actors) == item.codes("actors")


def _recipients(item: GoldItem, event: Any) -> bool:
    if item.values.get("symmetric"):
        return _actors(item, event)
    return codes(event.recipients) == item.codes("recipients")


def _date(item: GoldItem, event: Any) -> bool:
    if item.values["date"] is None:
        return event.when is None
    if event.when is None:
        return False
    first, last = interval(item.values["date"])
    start, end = event.when.start, event.when.end
    if (start, end) == (first, last):
        return True
    if start is None or end is None:
        return False
    return (first is None or first <= start) and (last is None or end <= last)


def _place(item: GoldItem, event: Any) -> bool:
    place = item.values["place"]
    if place is None or event.where is None:
        return place is None and event.where is None
    name, found = fold(place.get("name") or ""), fold(event.where.name)
    same = not name or name in found or found in name
    return same and ("country" not in place or place["country"] == event.where.country)


def _count(kind: str) -> Callable[[GoldItem, Any], bool]:
    def check(item: GoldItem, event: Any) -> bool:
        wanted = item.values[kind]
        found = [m for m in event.magnitudes if m.kind == kind]
        if wanted is None:
            return not found
        return any(m.low == wanted or m.high == wanted for m in found)

    return check


def _sectors(side: str) -> Callable[[GoldItem, Any], bool]:
    def check(item: GoldItem, event: Any) -> bool:
        actors = [*getattr(event, side), *(event.recipients if event.symmetric else ())]
        return item.values[f"{side[:-1]}_sector"] in {actor.sector for actor in actors}

    return check


def _surnames(actors: Sequence[Actor]) -> set[str]:
    names = [fold(a.person or a.name) for a in actors]
    return {name.split()[-1] for name in names if name}


def _people(item: GoldItem, event: Any) -> bool:
    cast = [*event.actors, *event.recipients, *speakers_of(event.attribution)]
    wanted = {fold(name).split()[-1] for name in item.values["people"] or () if fold(name)}
    return wanted <= _surnames(cast)


def _attributed(item: GoldItem, event: Any) -> bool:
    speakers = speakers_of(event.attribution)
    wanted = item.codes("attributed_to")
    if not wanted:
        return not speakers
    known = codes(speakers) | {a.organisation for a in speakers} | _surnames(speakers)
    return all(name in known or fold(name).split()[-1] in known for name in wanted)


def _speaker(item: GoldItem, statement: Any) -> bool:
    name = fold(item.values["speaker"] or "")
    return (name.split()[-1] in _surnames(statement.speakers)) if name else True


def _between(item: GoldItem, relation: Any) -> bool:
    sides = (*relation.sides, *relation.source, *relation.target)
    return codes(sides) == item.codes("between")


_Checks = Mapping[str, Callable[[GoldItem, Any], bool]]
_EVENT_CHECKS: _Checks = {
    "types": lambda item, e: e.type.value in item.types,
    "actors": _actors,
    "recipients": _recipients,
    "status": lambda item, e: e.status.value == item.status,
    "background": lambda item, e: e.background == bool(item.values["background"]),
    "date": _date,
    "place": _place,
    "killed": _count("killed"),
    "injured": _count("injured"),
    "arrested": _count("arrested"),
    "actor_sector": _sectors("actors"),
    "recipient_sector": _sectors("recipients"),
    "contexts": lambda item, e: item.codes("contexts") <= frozenset(e.contexts),
    "people": _people,
    "attributed_to": _attributed,
}
_STATEMENT_CHECKS: _Checks = {
    "stance": lambda item, s: s.stance == item.values["stance"],
    "speaker": _speaker,
    "speaker_country": lambda item, s: item.codes("speaker_country") <= codes(s.speakers),
    "about": lambda item, s: codes(s.about) == item.codes("about"),
}
_RELATION_CHECKS: _Checks = {
    "label": lambda item, r: r.label == item.values["label"],
    "between": _between,
    "from": lambda item, r: codes(r.source) == item.codes("from"),
    "to": lambda item, r: codes(r.target) == item.codes("to"),
    "because_of": lambda item, r: codes(r.because_of) == item.codes("because_of"),
    "sector": lambda item, r: r.sector == item.values["sector"],
}
