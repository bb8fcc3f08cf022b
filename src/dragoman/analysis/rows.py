"""What the analyses share: periods, the columns of an event, and what counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

import duckdb

from dragoman.errors import ConfigError

Connection: TypeAlias = duckdb.DuckDBPyConnection
Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = ("day", "week", "month")

#: SQL for an event that is not told again by another report.
LEADS = "e.id NOT IN (SELECT event_id FROM store.happening_events WHERE NOT is_lead)"

#: SQL for an act that happened, a happening of several reports once.
HAPPENED = f"e.status = 'actual' AND NOT e.background AND {LEADS}"

#: SQL for an event that is dated to a week or better.
DATED = "coalesce(e.end_date - e.start_date < 7, false)"

#: SQL for the events that series and networks count, as the view ``dyad_days`` does.
COUNTED = f"{HAPPENED} AND {DATED}"

#: SQL for every country or organisation that takes part in an event, both roles.
PARTIES = "list_distinct(list_concat(e.actor_countries, e.recipient_countries))"


def takes_part(parameter: str) -> str:
    """Return SQL that the code bound as ``parameter`` takes part in ``e``, in either role."""
    return (
        f"(list_contains(e.actor_countries, ${parameter}) "
        f"OR list_contains(e.recipient_countries, ${parameter}))"
    )


def any_takes_part(parameter: str) -> str:
    """Return SQL that one of the codes bound as ``parameter`` takes part in ``e``."""
    return (
        f"(list_has_any(e.actor_countries, ${parameter}) "
        f"OR list_has_any(e.recipient_countries, ${parameter}))"
    )


@dataclass(frozen=True, slots=True)
class Period:
    """Closed interval of days; ``None`` leaves an end open.

    Raises ``ConfigError`` if it ends before it begins.
    """

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse a period that is none."""
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ConfigError(f"the period ends on {self.until}, before it begins on {self.since}")

    def sql(self, column: str) -> tuple[str, dict[str, date]]:
        """Return a condition that the day ``column`` is in the period, and its parameters.

        They are named ``$since`` and ``$until``.
        """
        ends = {"since": self.since, "until": self.until}
        signs = {"since": ">=", "until": "<="}
        values = {name: day for name, day in ends.items() if day is not None}
        return " AND ".join(f"{column} {signs[n]} ${n}" for n in values) or "true", values


ALWAYS = Period()


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as the store's view ``events`` has it.

    ``actors`` and ``recipients`` are codes; ``people`` the persons among actors and
    recipients; ``start`` and ``end`` days, ``None`` if not known; ``latitude`` and
    ``longitude`` WGS 84 degrees of a site or town, else ``None``; ``speakers`` who says
    so, besides ``publisher``.
    """

    id: str
    document: str
    type: str
    mode: str | None
    quad: int
    score: float
    status: str
    background: bool
    symmetric: bool
    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    people: tuple[str, ...]
    start: date | None
    end: date | None
    precision: str | None
    place: str | None
    place_country: str | None
    place_precision: str | None
    latitude: float | None
    longitude: float | None
    speakers: tuple[str, ...]
    publisher: str | None
    evidence: str | None
    confidence: float
    title: str | None
    url: str | None
    source: str
    published: date | None

    @property
    def parties(self) -> tuple[str, ...]:
        """Every code that takes part, actors first, each once."""
        return tuple(dict.fromkeys((*self.actors, *self.recipients)))

    @property
    def act(self) -> str:
        """Type and mode, as ``CONSULT/visit``."""
        return f"{self.type}/{self.mode}" if self.mode else self.type

    @property
    def said_by(self) -> str:
        """Who says so: the speakers, else the publisher, else the source's name."""
        return ", ".join(self.speakers) or self.publisher or self.source


#: The columns of ``EventRow`` but ``people``, for a query whose events are ``e``.
EVENT_COLUMNS = """e.id, e.document, e.type, e.mode, e.quad, e.score, e.status, e.background,
  e.is_symmetric, e.actor_countries, e.recipient_countries, e.start_date, e.end_date,
  e.date_precision, e.place, e.place_country, e.place_precision, e.latitude, e.longitude,
  e.speakers, e.publisher, e.evidence, e.confidence, e.title, e.url, e.source, e.published"""

_EVENTS = f"SELECT {EVENT_COLUMNS} FROM events e"
_BEFORE_PEOPLE, _LISTS = 11, frozenset({9, 10, 19})
_PEOPLE = """SELECT event_id, list(DISTINCT person ORDER BY person) FROM actors
WHERE role <> 'speaker' AND person IS NOT NULL AND event_id IN (SELECT unnest(?))
GROUP BY event_id"""


def events(
    db: Connection,
    where: str,
    parameters: Mapping[str, Any],
    order: str,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[EventRow, ...]:
    """Return the events ``e`` for which the condition ``where`` holds.

    ``where`` and ``order`` are SQL of this package, never a user's; values are bound by name.
    """
    if limit is None:
        sql, values = f"{_EVENTS} WHERE {where} ORDER BY {order}", dict(parameters)
        rows = db.execute(sql, values).fetchall()
    else:
        # First which, then what: a page of a million events reads few of their words.
        sql = (
            f"SELECT e.id FROM events e WHERE {where} ORDER BY {order} LIMIT $limit OFFSET $offset"
        )
        values = {**parameters, "limit": limit, "offset": offset}
        keys = [row[0] for row in db.execute(sql, values).fetchall()]
        rows = _by_keys(db, keys)
    return tuple(_rows(db, rows))


def _rows(db: Connection, rows: Sequence[tuple[Any, ...]]) -> list[EventRow]:
    people = dict(db.execute(_PEOPLE, [[row[0] for row in rows]]).fetchall()) if rows else {}
    found = []
    for row in rows:
        plain: list[Any] = [tuple(v or ()) if i in _LISTS else v for i, v in enumerate(row)]
        plain.insert(_BEFORE_PEOPLE, tuple(people.get(row[0], ())))
        found.append(EventRow(*plain))
    return found


def events_by_id(db: Connection, keys: Sequence[str]) -> dict[str, EventRow]:
    """Return the events that have these ids, by id; unknown ids are left out."""
    return {event.id: event for event in _rows(db, _by_keys(db, keys))}


def _by_keys(db: Connection, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    if not keys:
        return []
    # The wide columns are read where the few rows lie, not for a join with every report.
    sql = f"""WITH picked AS MATERIALIZED (
      SELECT * FROM store.events WHERE rowid IN (
        SELECT rowid FROM store.events WHERE id IN (SELECT unnest($keys)))
    ),
    told AS MATERIALIZED (
      SELECT id, title, url, source, published FROM store.documents WHERE rowid IN (
        SELECT rowid FROM store.documents
        WHERE superseded_by IS NULL AND id IN (SELECT document FROM picked))
    ),
    e AS (
      SELECT p.*, t.title, t.url, t.source, t.published
      FROM picked p JOIN told t ON t.id = p.document
    )
    SELECT {EVENT_COLUMNS} FROM e"""
    found = {row[0]: row for row in db.execute(sql, {"keys": list(keys)}).fetchall()}
    return [found[key] for key in keys if key in found]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One statement of the store: who takes which stance towards whom, about what."""

    id: str
    document: str
    stance: str
    speakers: tuple[str, ...]
    speaker_countries: tuple[str, ...]
    about: tuple[str, ...]
    topic: str | None
    evidence: str
    publisher: str | None
    source: str
    published: date | None


def statements(
    db: Connection, where: str, parameters: Mapping[str, Any], limit: int
) -> tuple[StatementRow, ...]:
    """Return the newest statements ``s`` (with their document ``d``) that ``where`` selects."""
    sql = f"""SELECT s.id, s.document, s.stance, s.speakers, s.speaker_countries, s.about,
      s.topic, s.evidence, d.publisher, d.source, d.published
    FROM statements s JOIN documents d ON d.id = s.document
    WHERE {where} ORDER BY d.published DESC NULLS LAST, s.id LIMIT $limit"""
    return tuple(
        StatementRow(*row[:3], *(tuple(v or ()) for v in row[3:6]), *row[6:])
        for row in db.execute(sql, {**parameters, "limit": limit}).fetchall()
    )


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One standing relation that a report claims; the lists are codes."""

    id: str
    document: str
    label: str
    sector: str | None
    sides: tuple[str, ...]
    from_: tuple[str, ...]
    to: tuple[str, ...]
    because_of: tuple[str, ...]
    evidence: str
    publisher: str | None
    source: str
    published: date | None


def relations(
    db: Connection, where: str, parameters: Mapping[str, Any], limit: int
) -> tuple[RelationRow, ...]:
    """Return the newest relations ``r`` (with their document ``d``) that ``where`` selects."""
    sql = f"""SELECT r.id, r.document, r.label, r.sector, r.sides, r.source, r.target,
      r.because_of, r.evidence, coalesce(r.publisher, d.publisher), d.source, d.published
    FROM relations r JOIN documents d ON d.id = r.document
    WHERE {where} ORDER BY d.published DESC NULLS LAST, r.id LIMIT $limit"""
    return tuple(
        RelationRow(*row[:4], *(tuple(v or ()) for v in row[4:8]), *row[8:])
        for row in db.execute(sql, {**parameters, "limit": limit}).fetchall()
    )


def floor(day: date, step: Step) -> date:
    """Return the first day of the step that holds ``day``; weeks begin on Monday."""
    match step:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
    raise ConfigError(f"a step is one of {', '.join(STEPS)}, not {step!r}")


def following(day: date, step: Step) -> date:
    """Return the first day of the next step; ``day`` must be a first day itself."""
    match step:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7)
        case "month":
            return (day + timedelta(days=31)).replace(day=1)
    raise ConfigError(f"a step is one of {', '.join(STEPS)}, not {step!r}")


def steps(first: date, last: date, step: Step) -> Iterator[tuple[date, date]]:
    """Yield first and last day of every step from that of ``first`` to that of ``last``."""
    day = floor(first, step)
    while day <= last:
        after = following(day, step)
        yield day, after - timedelta(days=1)
        day = after
