"""Dossiers: everything that a store tells of a country, person, organisation or issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dragoman.analysis.agenda import Announcement, agenda
from dragoman.analysis.contradictions import Contradiction, contradictions_among
from dragoman.analysis.rows import (
    ALWAYS,
    LEADS,
    Connection,
    EventRow,
    Period,
    RelationRow,
    StatementRow,
    events_by_id,
    relations,
    statements,
)
from dragoman.analysis.subjects import Kind, Office, Subject, offices_of
from dragoman.resolving.actor_tables import ActorTables


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A code that the subject has to do with: events by quad class, whoever acts."""

    code: str
    events: int
    cooperation: int
    conflict: int


@dataclass(frozen=True, slots=True)
class Accusation:
    """An event of type ACCUSE, or an act that somebody alleges.

    ``accusers`` are names, from the words of the report; for an alleged act they are the
    speakers, else the publisher.
    """

    event: EventRow
    accusers: tuple[str, ...]
    accused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a store tells of a subject in a period, the newest first in every list.

    ``by_type`` counts events by PLOVER type and role of the subject (actor, recipient).
    ``announced`` is what was announced for ``period``, or in the year up to the last report.
    ``offices`` are all those of a person, else those held on the days from the first
    report (or of ``period``) to ``as_of``. ``claims`` are events that the subject tells of,
    as a speaker. For an issue everything is of events whose words, title or contexts name it.
    """

    subject: Subject
    period: Period
    as_of: date
    reports: int
    first: date | None
    last: date | None
    by_type: tuple[tuple[str, int, int], ...]
    offices: tuple[Office, ...]
    counterparts: tuple[Counterpart, ...]
    meetings: tuple[EventRow, ...]
    announced: tuple[Announcement, ...]
    statements: tuple[StatementRow, ...]
    claims: tuple[EventRow, ...]
    accused: tuple[Accusation, ...]
    accuses: tuple[Accusation, ...]
    contradictions: tuple[Contradiction, ...]
    relations: tuple[RelationRow, ...]
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class _Conditions:
    """SQL that tells of an event ``e`` in which role the subject is in it."""

    actor: str
    recipient: str
    speaker: str
    values: dict[str, Any]


def dossier(
    db: Connection,
    subject: Subject,
    tables: ActorTables,
    as_of: date,
    *,
    period: Period = ALWAYS,
    limit: int = 50,
) -> Dossier:
    """Return the dossier of a subject (see ``find_subject``), each list cut to ``limit``.

    ``period`` is of the days of events, for statements of their reports; events without a
    day fall into it by their report. ``as_of`` judges the announcements.
    """
    c = _conditions(subject)
    condition, days = period.sql("coalesce(e.start_date, e.published)")
    values = {**c.values, **days}
    mine = db.sql(
        f"""SELECT e.id, e.document, e.type, e.quad, e.status, e.background, e.is_symmetric,
          e.actor_countries, e.recipient_countries, e.start_date, e.published,
          coalesce({c.actor}, false) AS acts, coalesce({c.recipient}, false) AS receives,
          coalesce({c.speaker}, false) AS tells, {LEADS} AS leads
        FROM events e WHERE ({c.actor} OR {c.recipient} OR {c.speaker}) AND {condition}""",
        params=values,
    ).to_arrow_table()
    # The events of the subject are looked for once; the questions below are about them. What
    # is told again by another report counts only where reports contradict each other.
    db.register("mine", mine.filter(mine["leads"]))
    db.register("tellings", mine)
    try:
        summary = db.execute(
            "SELECT count(DISTINCT document), min(published), max(published) FROM mine"
        ).fetchone()
        by_type = db.execute(
            f"""SELECT type, count(*) FILTER (acts), count(*) FILTER (receives) FROM mine
            WHERE {_HAPPENED} AND (acts OR receives) GROUP BY type ORDER BY 2 DESC, 3 DESC, type"""
        ).fetchall()
        lists = _lists(db, limit)
        counterparts = _counterparts(db, subject, c.values, limit)
        party = "SELECT id FROM tellings WHERE acts OR receives"
        contradicted = contradictions_among(db, party, {}, limit)
    finally:
        db.unregister("mine")
        db.unregister("tellings")
    reports, first, last = summary or (0, None, None)
    names = _names(db, [*lists["accused"], *lists["accuses"]])
    return Dossier(
        subject,
        period,
        as_of,
        reports,
        first,
        last,
        by_type=tuple(by_type),
        offices=_offices(tables, subject, period, first, as_of),
        counterparts=counterparts,
        meetings=lists["meetings"],
        announced=_announced(db, subject, as_of, period, last, limit),
        statements=_statements(db, subject, period, limit),
        claims=lists["claims"],
        accused=tuple(_accusation(event, names) for event in lists["accused"]),
        accuses=tuple(_accusation(event, names) for event in lists["accuses"]),
        contradictions=contradicted,
        relations=_relations(db, subject, limit),
        events=lists["events"],
    )


_HAPPENED = "status = 'actual' AND NOT background"
#: The lists of events of a dossier, as conditions on the events of the subject.
_LISTS = {
    "meetings": f"{_HAPPENED} AND type = 'CONSULT' AND (acts OR receives)",
    "claims": "tells",
    "accused": """(type = 'ACCUSE' AND status <> 'denied' AND receives)
      OR (status = 'alleged' AND acts)""",
    "accuses": "type = 'ACCUSE' AND status <> 'denied' AND acts",
    "events": "acts OR receives",
}


def _lists(db: Connection, limit: int) -> dict[str, tuple[EventRow, ...]]:
    """Return the newest events of every list, all asked for at once."""
    newest = "coalesce(start_date, published) DESC NULLS LAST, id"
    parts = [
        f"(SELECT '{name}', id FROM mine WHERE {condition} ORDER BY {newest} LIMIT $limit)"
        for name, condition in _LISTS.items()
    ]
    rows = db.execute(" UNION ALL ".join(parts), {"limit": limit}).fetchall()
    told = events_by_id(db, sorted({key for _, key in rows}))
    found: dict[str, list[EventRow]] = {name: [] for name in _LISTS}
    for name, key in rows:
        found[name].append(told[key])
    return {name: tuple(sorted(some, key=_newest)) for name, some in found.items()}


def _offices(
    tables: ActorTables, subject: Subject, period: Period, first: date | None, as_of: date
) -> tuple[Office, ...]:
    """Return all offices of a person, of others those of the days that the dossier covers."""
    if subject.kind is Kind.PERSON:
        return offices_of(tables, subject)
    since, until = period.since or first or as_of, period.until or as_of
    return offices_of(tables, subject, Period(min(since, until), until))


def _conditions(subject: Subject) -> _Conditions:
    if subject.kind is Kind.ISSUE:
        # In the words of the event, the title of its report, or among its contexts.
        named = """(contains(lower(coalesce(e.evidence, '')), $words)
          OR contains(lower(coalesce(e.title, '')), $words)
          OR list_contains(e.contexts, replace($words, ' ', '_')))"""
        # A condition that is never true, but takes the parameter.
        none = "$words IS NULL"
        return _Conditions(named, none, none, {"words": subject.name.lower()})
    if subject.code is not None:
        by_code = """e.id IN (SELECT a.event_id FROM actors a
          WHERE a.role = 'speaker' AND a.country = $subject)"""
        return _Conditions(
            "list_contains(e.actor_countries, $subject)",
            "list_contains(e.recipient_countries, $subject)",
            by_code,
            {"subject": subject.code},
        )
    column = "person" if subject.kind is Kind.PERSON else "name"
    roles = {
        role: f"""e.id IN (SELECT a.event_id FROM actors a
          WHERE list_contains($subject, a.{column}) AND a.role = '{role}')"""
        for role in ("actor", "recipient", "speaker")
    }
    return _Conditions(**roles, values={"subject": list(subject.names)})


def _counterparts(
    db: Connection, subject: Subject, values: Mapping[str, Any], limit: int
) -> tuple[Counterpart, ...]:
    """Return who is on the other side: recipients of its acts, actors of those towards it."""
    everybody = "list_distinct(list_concat(m.actor_countries, m.recipient_countries))"
    if subject.kind is Kind.ISSUE:
        others, own = everybody, "''"
    else:
        others = f"""CASE WHEN m.is_symmetric THEN {everybody}
          WHEN m.acts THEN m.recipient_countries ELSE m.actor_countries END"""
        # A person's own country is not the other side of an act.
        own = "$subject" if subject.code is not None else _OWN_CODE[subject.kind]
    rows = db.execute(
        f"""WITH found AS (
          SELECT m.quad, unnest({others}) AS code, {own} AS own FROM mine m
          WHERE {_HAPPENED} AND (m.acts OR m.receives)
        )
        SELECT code, count(*), count(*) FILTER (quad IN (1, 2)), count(*) FILTER (quad IN (3, 4))
        FROM found WHERE code IS DISTINCT FROM own
        GROUP BY code ORDER BY 2 DESC, code LIMIT $limit""",
        {**({} if subject.kind is Kind.ISSUE else values), "limit": limit},
    ).fetchall()
    return tuple(Counterpart(*row) for row in rows)


#: The code of a person or group in an event ``m``.
_OWN_CODE = {
    kind: f"""(SELECT max(a.country) FROM actors a
      WHERE a.event_id = m.id AND list_contains($subject, a.{column}) AND a.role <> 'speaker')"""
    for kind, column in ((Kind.PERSON, "person"), (Kind.ORGANISATION, "name"))
}


def _announced(
    db: Connection,
    subject: Subject,
    as_of: date,
    period: Period,
    last: date | None,
    limit: int,
) -> tuple[Announcement, ...]:
    """Return what was announced in the year up to the last report, or for ``period``."""
    if last is None or (subject.code is None and subject.kind is not Kind.PERSON):
        return ()
    published = Period(last - timedelta(days=365)) if period == ALWAYS else ALWAYS
    parties = (subject.code,) if subject.code is not None else ()
    people = () if subject.code is not None else subject.names
    found = agenda(
        db, as_of, period=period, published=published, parties=parties, people=people, types=()
    )
    return found[::-1][:limit]


def _statements(
    db: Connection, subject: Subject, period: Period, limit: int
) -> tuple[StatementRow, ...]:
    condition, days = period.sql("d.published")
    if subject.kind is Kind.ISSUE:
        where = "contains(lower(concat(s.topic, ' ', s.evidence)), $subject)"
        values: dict[str, Any] = {"subject": subject.name.lower()}
    elif subject.code is not None:
        where, values = "list_contains(s.speaker_countries, $subject)", {"subject": subject.code}
    else:
        where, values = "list_has_any(s.speakers, $subject)", {"subject": list(subject.names)}
    return statements(db, f"{where} AND {condition}", {**values, **days}, limit)


def _relations(db: Connection, subject: Subject, limit: int) -> tuple[RelationRow, ...]:
    if subject.kind is Kind.ISSUE:
        where = "contains(lower(r.evidence), $subject)"
        return relations(db, where, {"subject": subject.name.lower()}, limit)
    if subject.code is None:
        return ()
    everyone = "list_concat(list_concat(r.sides, r.source), list_concat(r.target, r.because_of))"
    where = f"list_contains({everyone}, $subject)"
    return relations(db, where, {"subject": subject.code}, limit)


def _names(db: Connection, found: list[EventRow]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the names of actors and recipients of events, by event and role."""
    rows = db.execute(
        """SELECT event_id, role, list(coalesce(person, name) ORDER BY position) FROM actors
        WHERE event_id IN (SELECT unnest($keys)) GROUP BY event_id, role""",
        {"keys": [event.id for event in found]},
    ).fetchall()
    return {(key, role): tuple(dict.fromkeys(names)) for key, role, names in rows}


def _accusation(event: EventRow, names: Mapping[tuple[str, str], tuple[str, ...]]) -> Accusation:
    actors, recipients = (names.get((event.id, role), ()) for role in ("actor", "recipient"))
    if event.type == "ACCUSE":
        return Accusation(event, actors or (event.said_by,), recipients)
    return Accusation(event, event.speakers or (event.said_by,), actors)


def _newest(event: EventRow) -> tuple[int, int, str]:
    day = event.start or event.published
    return (day is None, -(day.toordinal() if day else 0), event.id)
