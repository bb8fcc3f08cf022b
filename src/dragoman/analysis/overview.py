"""What is new: reports since a time, rising dyads, the latest events, coming meetings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dragoman.analysis.agenda import Announcement, Outcome, agenda
from dragoman.analysis.rows import (
    COUNTED,
    LEADS,
    PARTIES,
    Connection,
    EventRow,
    Period,
    events,
)
from dragoman.errors import ConfigError


@dataclass(frozen=True, slots=True)
class News:
    """What came into the store since ``since``: counts, and events by PLOVER type."""

    since: datetime
    documents: int
    events: int
    statements: int
    rejected: int
    by_type: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Rising:
    """A dyad with more events than its own past lets expect.

    ``recent`` events in the last days, ``expected`` by the past rate, ``past`` events
    of the days before; ``chance`` is the probability of so many or more if the rate had
    not changed.
    """

    a: str
    b: str
    recent: int
    cooperation: int
    conflict: int
    past: int
    expected: float
    chance: float


def new_since(db: Connection, since: datetime) -> News:
    """Return what runs that began at or after ``since`` added. A time without zone is UTC.

    A report that was read before and is only coded anew is not new.
    """
    moment = since.astimezone(UTC).replace(tzinfo=None) if since.tzinfo else since
    values = {"since": moment}
    runs = "SELECT id FROM runs WHERE started >= $since"
    fresh = f"""SELECT id FROM documents WHERE superseded_by IS NULL AND run IN ({runs})
      AND id NOT IN (SELECT document FROM sources
        WHERE document IS NOT NULL AND run NOT IN ({runs}))"""
    counts = db.execute(
        f"""SELECT (SELECT count(*) FROM ({fresh})),
          (SELECT count(*) FROM events WHERE document IN ({fresh})),
          (SELECT count(*) FROM statements WHERE document IN ({fresh})),
          (SELECT count(*) FROM rejected WHERE run IN ({runs}))""",
        values,
    ).fetchone()
    documents, told, said, rejected = counts or (0, 0, 0, 0)
    by_type = db.execute(
        f"""SELECT type, count(*) FROM events WHERE document IN ({fresh})
        GROUP BY type ORDER BY 2 DESC, type""",
        values,
    ).fetchall()
    return News(since, documents, told, said, rejected, tuple((kind, n) for kind, n in by_type))


def newest_day(db: Connection) -> date | None:
    """Return the day of the newest report, ``None`` in a store without dated reports.

    A store of old news is looked at as of its own end, not as of today.
    """
    row = db.execute("SELECT max(published) FROM documents WHERE superseded_by IS NULL").fetchone()
    return row[0] if row else None


def latest_events(
    db: Connection, *, until: date | None = None, limit: int = 20
) -> tuple[EventRow, ...]:
    """Return the events of the newest reports (published by ``until``), newest first."""
    where, values = f"NOT e.background AND {LEADS}", dict[str, date]()
    if until is not None:
        where += " AND e.published <= $until"
        values["until"] = until
    order = "e.published DESC NULLS LAST, e.start_date DESC NULLS LAST, e.id"
    newest = newest_day(db)
    if newest is not None:
        # The last fortnight has enough of them in most stores, and is soon sorted.
        since = min(newest, until or newest) - timedelta(days=14)
        near = events(db, f"{where} AND e.published >= $since", {**values, "since": since},
                      order, limit)  # fmt: skip
        if len(near) == limit:
            return near
    return events(db, where, values, order, limit)


def rising_dyads(
    db: Connection,
    as_of: date,
    *,
    days: int = 7,
    past_days: int = 90,
    least: int = 3,
    chance: float = 0.05,
    limit: int = 10,
) -> tuple[Rising, ...]:
    """Return dyads whose events of the last ``days`` (to ``as_of``) exceed their own past.

    The past are the ``past_days`` before. ``least`` is the number of recent events that a
    dyad must have. The test is exact and conditional on all events of a dyad (Przyborowski
    and Wilenski 1940): with an even rate, each falls into the last days with probability
    days / (days + past_days). Dyads with more than ``chance`` are left out; the rest are
    sorted by it. With many dyads some rise by chance: it ranks, it proves nothing.
    """
    if days < 1 or past_days < 1:
        raise ConfigError(f"days and past_days must be 1 or more, not {days} and {past_days}")
    start = as_of - timedelta(days=days - 1)
    rows = db.execute(
        f"""WITH found AS (
          SELECT e.id, e.quad, e.start_date >= $start AS recent,
            CASE WHEN e.is_symmetric THEN {PARTIES} ELSE e.actor_countries END AS sources,
            CASE WHEN e.is_symmetric THEN {PARTIES} ELSE e.recipient_countries END AS targets
          FROM events e WHERE {COUNTED} AND e.start_date BETWEEN $first AND $last
        ),
        one AS (SELECT id, quad, recent, targets, unnest(sources) AS x FROM found),
        two AS (SELECT id, quad, recent, x, unnest(targets) AS y FROM one),
        pairs AS (
          SELECT DISTINCT id, quad, recent, least(x, y) AS a, greatest(x, y) AS b
          FROM two WHERE x <> y
        )
        SELECT a, b, count(*) FILTER (recent), count(*) FILTER (recent AND quad IN (1, 2)),
          count(*) FILTER (recent AND quad IN (3, 4)), count(*) FILTER (NOT recent)
        FROM pairs GROUP BY a, b HAVING count(*) FILTER (recent) >= $least""",
        {"start": start, "first": start - timedelta(days=past_days), "last": as_of, "least": least},
    ).fetchall()
    share = days / (days + past_days)
    found = [
        Rising(a, b, n, good, bad, past, past * days / past_days, tail(n, n + past, share))
        for a, b, n, good, bad, past in rows
    ]
    kept = [rising for rising in found if rising.chance <= chance]
    return tuple(sorted(kept, key=lambda r: (r.chance, -r.recent, r.a, r.b))[:limit])


def tail(least: int, trials: int, share: float) -> float:
    """Return the probability of ``least`` or more successes in ``trials`` (binomial)."""
    if least <= 0:
        return 1.0
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(share)
        + (trials - k) * math.log1p(-share)
        for k in range(least, trials + 1)
    ]
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def coming_meetings(
    db: Connection, as_of: date, *, days: int = 60, parties: Sequence[str] = (), limit: int = 20
) -> tuple[Announcement, ...]:
    """Return the announced meetings of the next ``days`` that are still ahead, soonest first."""
    period = Period(as_of, as_of + timedelta(days=days))
    found = agenda(db, as_of, period=period, parties=parties, outcomes=(Outcome.AHEAD,))
    return found[:limit]
