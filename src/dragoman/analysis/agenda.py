"""The agenda: what was announced, and whether it took place, lapsed or is still ahead."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

import pyarrow as pa

from dragoman.analysis.rows import (
    ALWAYS,
    LEADS,
    PARTIES,
    Connection,
    EventRow,
    Period,
    events,
    events_by_id,
    takes_part,
)
from dragoman.duplicates.happenings import kilometres
from dragoman.errors import ConfigError
from dragoman.schema import EventType

_FILE = "codebook/agenda.toml"
MEETINGS = (EventType.CONSULT.value,)


class Outcome(StrEnum):
    """What became of an announcement, as far as the store tells by a day."""

    AHEAD = "ahead"
    TOOK_PLACE = "took place"
    #: Its days are over, but so recently that a report may still come.
    AWAITED = "awaited"
    #: Its days are over, and no report tells that it took place.
    LAPSED = "lapsed"
    #: Announced without a day, and no report tells that it took place.
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Matching:
    """Weights and limits of matching; codebook/agenda.toml says what each means."""

    threshold: float
    type: float
    parties: float
    people: float
    time: float
    place: float
    days_early: int
    days_late: int
    undated_days: int
    longest_days: int
    kilometres: float
    grace_days: int


@dataclass(frozen=True, slots=True)
class AgendaRules:
    """For each announced type the types it may come about as, and the numbers."""

    families: dict[str, tuple[str, ...]]
    matching: Matching


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announced act.

    ``event`` is its first announcement, ``repeated`` the later ones of the same act
    (with the same parties and days that overlap), oldest first. ``held`` is the event
    that it came about as, ``score`` how well that fits (0 to 1, 0 without).
    """

    event: EventRow
    repeated: tuple[EventRow, ...]
    outcome: Outcome
    held: EventRow | None
    score: float

    @property
    def start(self) -> date | None:
        """First day of the interval: the narrowest that an announcement gives."""
        return _interval(self)[0]

    @property
    def end(self) -> date | None:
        """Last day of the interval."""
        return _interval(self)[1]

    @property
    def place(self) -> str | None:
        """The place, from the first announcement that names one."""
        return next((e.place for e in (self.event, *self.repeated) if e.place), None)


@cache
def load_agenda_rules() -> AgendaRules:
    """Return the packaged rules. Raises ``ConfigError`` that names the entry."""
    data = tomllib.loads((files("dragoman") / _FILE).read_text(encoding="utf-8"))
    known = {kind.value for kind in EventType}
    families = {kind: tuple(row) for kind, row in data["families"].items()}
    if set(families) != known:
        odd = ", ".join(sorted(set(families) ^ known))
        raise ConfigError(f"{_FILE}: [families] misses or does not know: {odd}")
    for kind, row in families.items():
        if not row or row[0] != kind or not set(row) <= known:
            raise ConfigError(f"{_FILE}: [families] {kind} must begin with itself, of known types")
    wanted = {field.name for field in fields(Matching)}
    if set(data["matching"]) != wanted:
        raise ConfigError(f"{_FILE}: [matching] must have exactly {', '.join(sorted(wanted))}")
    return AgendaRules(families, Matching(**data["matching"]))


def agenda(
    db: Connection,
    as_of: date,
    *,
    period: Period = ALWAYS,
    published: Period = ALWAYS,
    parties: Sequence[str] = (),
    people: Sequence[str] = (),
    types: Sequence[str] = MEETINGS,
    outcomes: Sequence[Outcome] = (),
    rules: AgendaRules | None = None,
) -> tuple[Announcement, ...]:
    """Return what was announced, by its days; what has no days comes last.

    Only reports published by ``as_of`` count, on either side, so an earlier day shows
    what could be known then. ``period`` keeps announcements whose days overlap it (and
    drops those without days, if it has an end), ``published`` those of reports of these
    days. ``parties`` are codes that must all take part, ``people`` persons of whom one
    must; ``types`` are PLOVER types, empty for all; ``outcomes`` keeps those only.

    An announced act and a later one are matched one to one, the best first, by the rules
    of codebook/agenda.toml: type, parties, persons, time and place.
    """
    rules = rules or load_agenda_rules()
    known = "coalesce(e.published, e.start_date, DATE '0001-01-01') <= $as_of"
    where = f"e.status = 'planned' AND NOT e.background AND {LEADS} AND {known}"
    values: dict[str, object] = {"as_of": as_of}
    if types:
        where += " AND list_contains($types, e.type)"
        values["types"] = list(types)
    for number, code in enumerate(parties):
        where += f" AND {takes_part(f'party{number}')}"
        values[f"party{number}"] = code
    if people:
        where += f" AND {_NAMED}"
        values["people"] = list(people)
    if published.since is not None:
        where += " AND e.published >= $after"
        values["after"] = published.since
    if published.until is not None:
        where += " AND e.published <= $before"
        values["before"] = published.until
    # What overlaps the period; the narrowest interval of a group is looked at below.
    if period.since is not None:
        where += " AND e.end_date >= $since"
        values["since"] = period.since
    if period.until is not None:
        where += " AND e.start_date <= $until"
        values["until"] = period.until
    planned = events(db, where, values, "e.published NULLS LAST, e.start_date, e.id")
    merged = list(_merged(planned))
    held = _held(db, as_of, merged, rules)
    found = [_judged(group, held.get(n), as_of, rules) for n, group in enumerate(merged)]
    kept = [a for a in found if _overlaps(a, period) and (not outcomes or a.outcome in outcomes)]
    return tuple(sorted(kept, key=lambda a: (a.start or date.max, a.end or date.max, a.event.id)))


def fit(planned: EventRow, actual: EventRow, rules: AgendaRules) -> float:
    """Return how well an event fits an announcement, 0 to 1; 0 if something excludes it."""
    numbers = rules.matching
    family = rules.families[planned.type]
    if actual.type not in family or actual.document == planned.document:
        return 0.0
    when = _time(planned, actual, numbers)
    where = _place(planned, actual, numbers.kilometres)
    shared = set(planned.parties) & set(actual.parties)
    people = _people(planned, actual)
    # One country alone meets somebody every day: it takes a person or the place as well.
    enough = len(shared) >= 2 or (len(shared) == 1 and (people == 1.0 or where == 1.0))
    if when is None or where is None or not enough:
        return 0.0
    return (
        numbers.type * (actual.type == planned.type)
        + numbers.parties * len(shared) / len(set(planned.parties))
        + numbers.people * people
        + numbers.time * when
        + numbers.place * where
    )


def _merged(planned: Sequence[EventRow]) -> Iterator[tuple[EventRow, ...]]:
    """Yield announcements of one act together: type, parties, and days that overlap."""
    groups: dict[tuple[str, frozenset[str]], list[list[EventRow]]] = {}
    for event in planned:
        known = groups.setdefault((event.type, frozenset(event.parties)), [])
        for group in known:
            if event.parties and all(_same(event, other) for other in group):
                group.append(event)
                break
        else:
            known.append([event])
    for same in groups.values():
        yield from (tuple(group) for group in same)


def _same(one: EventRow, other: EventRow) -> bool:
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    if one.document == other.document:
        return False
    if one.place and other.place and one.place != other.place:
        return False
    return one.start <= other.end and other.start <= one.end


#: One of the announced persons takes part.
_NAMED = """e.id IN (SELECT event_id FROM actors
          WHERE role <> 'speaker' AND person IN (SELECT unnest($people)))"""
#: Which events share a day, a possible type and two parties, or one and a place or person,
#: with a group of announcements: found by day and party, so that few of them are compared.
_NEAR = f"""WITH told AS (
  SELECT id, type, place, code, start_date + unnest(range(0, 1 + end_date - start_date))::INT AS day
  FROM (
    SELECT e.id, e.type, e.place, e.start_date, e.end_date, unnest({PARTIES}) AS code
    FROM events e
    WHERE e.status = 'actual' AND e.start_date <= $last AND e.end_date >= $first
      AND e.end_date - e.start_date <= $longest AND list_contains($types, e.type)
      AND coalesce(e.published, e.start_date) <= $as_of AND {LEADS}
  )
),
met AS (
  SELECT w.number, t.id, any_value(t.place) AS place, count(DISTINCT t.code) AS shared
  FROM told t JOIN awaited w ON w.code = t.code AND w.day = t.day AND w.type = t.type
  GROUP BY w.number, t.id
)
SELECT number, id FROM met WHERE shared > 1
  OR (number, place) IN (SELECT number, name FROM awaited_places)
  OR (number, id) IN (SELECT p.number, a.event_id FROM awaited_people p
    JOIN actors a ON a.person = p.name WHERE a.role <> 'speaker')
ORDER BY number, id"""


def _near(
    db: Connection, as_of: date, merged: Sequence[tuple[EventRow, ...]], rules: AgendaRules
) -> list[tuple[int, str]]:
    """Return pairs of a group's number and the id of an event that it may have come about as."""
    numbers = rules.matching
    days = {
        number: {day for event in group for day in _possible_days(event, numbers)}
        for number, group in enumerate(merged)
    }
    every = set().union(*days.values())
    if not every:
        return []
    awaited = {
        (number, kind, code, day)
        for number, group in enumerate(merged)
        for kind in rules.families[group[0].type]
        for code in group[0].parties
        for day in days[number]
    }
    places = {(n, e.place) for n, group in enumerate(merged) for e in group if e.place}
    people = {(n, name) for n, group in enumerate(merged) for e in group for name in e.people}
    values = {
        "types": sorted({kind for group in merged for kind in rules.families[group[0].type]}),
        "first": min(every),
        "last": max(every),
        "longest": numbers.longest_days,
        "as_of": as_of,
    }
    tables = {
        "awaited": _table(awaited, _AWAITED),
        "awaited_places": _table(places, _NAMES),
        "awaited_people": _table(people, _NAMES),
    }
    for name, table in tables.items():
        db.register(name, table)
    try:
        return db.execute(_NEAR, values).fetchall()
    finally:
        for name in tables:
            db.unregister(name)


_AWAITED = {"number": pa.int32(), "type": pa.string(), "code": pa.string(), "day": pa.date32()}
_NAMES = {"number": pa.int32(), "name": pa.string()}


def _table(rows: Collection[tuple[object, ...]], columns: Mapping[str, pa.DataType]) -> pa.Table:
    parts = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pa.table(
        [pa.array(part, kind) for part, kind in zip(parts, columns.values(), strict=True)],
        names=list(columns),
    )


def _held(
    db: Connection, as_of: date, merged: Sequence[tuple[EventRow, ...]], rules: AgendaRules
) -> dict[int, tuple[float, EventRow]]:
    """Return for the number of a group the event that it came about as."""
    near = _near(db, as_of, merged, rules)
    told = events_by_id(db, sorted({key for _, key in near}))
    pairs: list[tuple[float, int, str, EventRow]] = []
    for number, key in near:
        score = max(fit(planned, told[key], rules) for planned in merged[number])
        if score >= rules.matching.threshold:
            pairs.append((score, number, key, told[key]))
    pairs.sort(key=lambda pair: (-pair[0], pair[3].start or date.max, pair[1], pair[2]))
    found: dict[int, tuple[float, str]] = {}
    used: set[str] = set()
    for score, number, key, _ in pairs:
        if number not in found and key not in used:
            found[number] = score, key
            used.add(key)
    return {number: (score, told[key]) for number, (score, key) in found.items()}


def _possible_days(planned: EventRow, numbers: Matching) -> Iterator[date]:
    """Yield the days on which ``_time`` may find an announced act."""
    if planned.start is not None and planned.end is not None:
        first = planned.start - timedelta(days=numbers.days_early)
        last = planned.end + timedelta(days=numbers.days_late)
    elif planned.published is not None:
        first = planned.published
        last = first + timedelta(days=numbers.undated_days)
    else:
        return
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _judged(
    group: tuple[EventRow, ...],
    held: tuple[float, EventRow] | None,
    as_of: date,
    rules: AgendaRules,
) -> Announcement:
    first, *others = group
    score, actual = held or (0.0, None)
    bare = Announcement(first, tuple(others), Outcome.UNDATED, actual, round(score, 3))
    if actual is not None:
        outcome = Outcome.TOOK_PLACE
    elif bare.end is None:
        outcome = Outcome.UNDATED
    elif bare.end >= as_of:
        outcome = Outcome.AHEAD
    elif bare.end + timedelta(days=rules.matching.grace_days) >= as_of:
        outcome = Outcome.AWAITED
    else:
        outcome = Outcome.LAPSED
    return Announcement(first, tuple(others), outcome, actual, bare.score)


def _interval(announcement: Announcement) -> tuple[date | None, date | None]:
    known = [
        (e.start, e.end) for e in (announcement.event, *announcement.repeated) if e.start and e.end
    ]
    if known:
        return min(known, key=lambda days: (days[1] - days[0], days[0]))
    return announcement.event.start, announcement.event.end


def _overlaps(announcement: Announcement, period: Period) -> bool:
    start, end = announcement.start, announcement.end
    if period == ALWAYS:
        return True
    if start is None and end is None:
        return False
    late = period.until is not None and start is not None and start > period.until
    early = period.since is not None and end is not None and end < period.since
    return not late and not early


def _time(planned: EventRow, actual: EventRow, numbers: Matching) -> float | None:
    """Return 1 within the announced days, 0.5 near them or without days, ``None`` elsewhere.

    An announcement for a long time says little of the day, an event of one nothing.
    """
    if actual.start is None or actual.end is None:
        return None
    longest, end = timedelta(days=numbers.longest_days), actual.end
    if end - actual.start > longest:
        return None
    if planned.published is not None and end < planned.published:
        return None
    if planned.start is None or planned.end is None:
        day = planned.published
        late = timedelta(days=numbers.undated_days)
        return 0.5 if day is not None and actual.start <= day + late else None
    if planned.start <= end and actual.start <= planned.end:
        return 1.0 if planned.end - planned.start <= longest else 0.5
    early, late = timedelta(days=numbers.days_early), timedelta(days=numbers.days_late)
    near = planned.start - early <= end and actual.start <= planned.end + late
    return 0.5 if near else None


def _place(planned: EventRow, actual: EventRow, far: float) -> float | None:
    """Return 1 for the same place, 0.5 if it is not known, ``None`` for two places."""
    if planned.place is None or actual.place is None:
        return 0.5
    if _same_place(planned, actual):
        return 1.0
    points = (planned.latitude, planned.longitude, actual.latitude, actual.longitude)
    if None in points:
        same = planned.place_country == actual.place_country
        return 0.5 if same or None in (planned.place_country, actual.place_country) else None
    apart = kilometres(*(point or 0.0 for point in points))
    return 0.7 if apart <= far else None


def _same_place(planned: EventRow, actual: EventRow) -> bool:
    return planned.place is not None and planned.place == actual.place


def _people(planned: EventRow, actual: EventRow) -> float:
    """Return the share of announced persons that take part; 0.5 if none is named."""
    if not planned.people or not actual.people:
        return 0.5
    return len(set(planned.people) & set(actual.people)) / len(planned.people)
