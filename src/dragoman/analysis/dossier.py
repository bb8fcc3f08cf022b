"""Dossiers: everything that a store tells of a country, person, organisation or issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dragoman.analysis.agenda import Announcement, agenda
from dragoman.analysis.contradictions import Contradiction, contradictions
from dragoman.analysis.rows import (
    ALWAYS,
    LEADS,
    Connection,
    EventRow,
    Period,
    RelationRow,
    StatementRow,
    events,
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

    @property
    def party(self) -> str:
        return f"({self.actor} OR {self.recipient})"


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
    base = f"{LEADS} AND {condition}"
    values = {**c.values, **days}

    def some(
        where: str, order: str = "e.start_date DESC NULLS LAST, e.published DESC, e.id"
    ) -> tuple[EventRow, ...]:
        return events(db, f"{base} AND {where}", values, order, limit)

    happened = "e.status = 'actual' AND NOT e.background"
    count = db.execute(
        f"""SELECT count(DISTINCT e.document), min(e.published), max(e.published)
        FROM events e WHERE {condition} AND ({c.party} OR {c.speaker})""",
        values,
    ).fetchone()
    reports, first, last = count or (0, None, None)
    by_type = db.execute(
        f"""SELECT e.type, count(*) FILTER ({c.actor}), count(*) FILTER ({c.recipient})
        FROM events e WHERE {base} AND {happened} AND {c.party}
        GROUP BY e.type ORDER BY 2 DESC, 3 DESC, e.type""",
        values,
    ).fetchall()
    alleged = some(f"e.status = 'alleged' AND {c.actor}")
    accused = some(f"e.type = 'ACCUSE' AND e.status <> 'denied' AND {c.recipient}")
    accuses = some(f"e.type = 'ACCUSE' AND e.status <> 'denied' AND {c.actor}")
    names = _names(db, [*alleged, *accused, *accuses])
    both = sorted({e.id: e for e in (*accused, *alleged)}.values(), key=_newest)
    return Dossier(
        subject,
        period,
        as_of,
        reports,
        first,
        last,
        by_type=tuple(by_type),
        offices=_offices(tables, subject, period, first, as_of),
        counterparts=_counterparts(db, c, f"{base} AND {happened}", values, subject, limit),
        meetings=some(f"{happened} AND e.type = 'CONSULT' AND {c.party}"),
        announced=_announced(db, subject, as_of, period, limit),
        statements=_statements(db, subject, period, limit),
        claims=some(c.speaker),
        accused=tuple(_accusation(event, names) for event in both[:limit]),
        accuses=tuple(_accusation(event, names) for event in accuses),
        contradictions=contradictions(db, f"{condition} AND {c.party}", values, limit),
        relations=_relations(db, subject, limit),
        events=some(c.party),
    )


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
          OR list_contains(e.contexts, $words))"""
        # A condition that is never true, but takes the parameter.
        none = "$words IS NULL"
        return _Conditions(named, none, none, {"words": subject.name.lower()})
    if subject.code is not None:
        by_code = """EXISTS (SELECT 1 FROM actors a WHERE a.event_id = e.id
          AND a.role = 'speaker' AND a.country = $subject)"""
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
    db: Connection,
    c: _Conditions,
    where: str,
    values: Mapping[str, Any],
    subject: Subject,
    limit: int,
) -> tuple[Counterpart, ...]:
    """Return who is on the other side: recipients of its acts, actors of those towards it."""
    everybody = "list_distinct(list_concat(e.actor_countries, e.recipient_countries))"
    issue = subject.kind is Kind.ISSUE
    others = (
        everybody
        if issue
        else f"""CASE WHEN e.is_symmetric THEN {everybody}
          WHEN {c.actor} THEN e.recipient_countries ELSE e.actor_countries END"""
    )
    # An issue is no code itself; a person's own country is not the other side of an act.
    own = "''" if issue else _own_codes(subject)
    rows = db.execute(
        f"""WITH found AS (
          SELECT e.quad, unnest({others}) AS code, {own} AS own FROM events e
          WHERE {where} AND {c.party}
        )
        SELECT code, count(*), count(*) FILTER (quad IN (1, 2)), count(*) FILTER (quad IN (3, 4))
        FROM found WHERE code IS DISTINCT FROM own
        GROUP BY code ORDER BY 2 DESC, code LIMIT $limit""",
        {**values, "limit": limit},
    ).fetchall()
    return tuple(Counterpart(*row) for row in rows)


def _own_codes(subject: Subject) -> str:
    if subject.code is not None:
        return "$subject"
    column = "person" if subject.kind is Kind.PERSON else "name"
    return f"""(SELECT max(a.country) FROM actors a
      WHERE a.event_id = e.id AND list_contains($subject, a.{column}) AND a.role <> 'speaker')"""


def _announced(
    db: Connection, subject: Subject, as_of: date, period: Period, limit: int
) -> tuple[Announcement, ...]:
    if subject.code is not None:
        found = agenda(db, as_of, period=period, parties=(subject.code,), types=())
    elif subject.kind is Kind.PERSON:
        found = tuple(
            one
            for one in agenda(db, as_of, period=period, types=())
            if subject.name in one.event.people
        )
    else:
        return ()
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
