"""Dyads: cooperation and conflict over time, and what lies behind each point."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from dragoman.analysis.rows import (
    ALWAYS,
    COUNTED,
    DATED,
    HAPPENED,
    PARTIES,
    Connection,
    EventRow,
    Period,
    RelationRow,
    StatementRow,
    Step,
    events,
    relations,
    statements,
    steps,
    takes_part,
)
from dragoman.errors import ConfigError

Direction = Literal["both", "forward", "backward"]
Measure = Literal["cooperation", "conflict"]
MEASURES: tuple[Measure, ...] = ("cooperation", "conflict")
#: More steps than this are no series that anybody reads: choose a longer step.
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Point:
    """The events of one step: counts by quad class, and the sum of their scores.

    ``first`` and ``last`` are days, both included. ``score`` is in points of the
    codebook's scale (-10 to 10 an event).
    """

    first: date
    last: date
    verbal_cooperation: int = 0
    material_cooperation: int = 0
    verbal_conflict: int = 0
    material_conflict: int = 0
    score: float = 0.0

    @property
    def cooperation(self) -> int:
        """Events of verbal and material cooperation."""
        return self.verbal_cooperation + self.material_cooperation

    @property
    def conflict(self) -> int:
        """Events of verbal and material conflict."""
        return self.verbal_conflict + self.material_conflict

    @property
    def events(self) -> int:
        """All events."""
        return self.cooperation + self.conflict


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A step from which on the mean number of events a step is another.

    ``before`` and ``after`` are the means of the stretches that end and begin here.
    """

    measure: Measure
    first: date
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class DyadSeries:
    """The series of a dyad; every step of the period is there, empty ones with zeros.

    ``forward`` are acts of ``a`` towards ``b``, ``backward`` of ``b`` towards ``a``,
    ``both`` all of them, each act once (a symmetric act is in both directions).
    ``undated`` counts acts that are not dated to a week or better, and so in no step.
    """

    a: str
    b: str
    step: Step
    forward: tuple[Point, ...]
    backward: tuple[Point, ...]
    both: tuple[Point, ...]
    changes: tuple[ChangePoint, ...]
    undated: int


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A country or organisation that takes part in events of the dyad."""

    code: str
    events: int
    cooperation: int
    conflict: int


@dataclass(frozen=True, slots=True)
class Stance:
    """The statements of one side about the other of one stance, newest first."""

    stance: str
    speaker: str
    about: str
    statements: tuple[StatementRow, ...]


#: Both take part: the cheap half of the question, which leaves few events for the rest.
_BOTH = f"{takes_part('a')} AND {takes_part('b')}"
_FORWARD, _BACKWARD = (
    f"""(e.is_symmetric OR list_contains(e.actor_countries, ${one})
      AND list_contains(e.recipient_countries, ${other}))"""
    for one, other in ("ab", "ba")
)
_DIRECTIONS: dict[Direction, str] = {
    "forward": f"{_BOTH} AND {_FORWARD}",
    "backward": f"{_BOTH} AND {_BACKWARD}",
    "both": f"{_BOTH} AND ({_FORWARD} OR {_BACKWARD})",
}


def dyad_series(
    db: Connection, a: str, b: str, *, step: Step = "week", period: Period = ALWAYS
) -> DyadSeries:
    """Return the series of ``a`` and ``b``, two codes, by day, week (from Monday) or month.

    The counts are those of the view ``dyad_days``. Open ends of ``period`` are those of
    the dyad's events; without any, the series are empty. An end of ``period`` lies in
    the step that holds it, whose other days outside the period are not counted. Raises
    ``ConfigError`` for a dyad of one, an unknown step, or more than ``MOST_STEPS`` steps.
    """
    _check(a, b)
    condition, days = period.sql("e.start_date")
    told = db.execute(
        f"""WITH found AS MATERIALIZED (
          SELECT e.start_date AS day, e.quad, e.score, {_FORWARD} AS ab, {_BACKWARD} AS ba,
            {DATED} AS dated, {condition} AS inside
          FROM events e WHERE {_BOTH} AND {HAPPENED}
        )
        SELECT day, quad, ab, ba, count(*), sum(score) FROM found
        WHERE (ab OR ba) AND dated AND inside GROUP BY ALL
        UNION ALL
        SELECT NULL, 0, false, false, count(*), 0 FROM found WHERE (ab OR ba) AND NOT dated""",
        {"a": a, "b": b, **days},
    ).fetchall()
    undated = sum(row[4] for row in told if row[0] is None)
    rows = [row for row in told if row[0] is not None]
    first = period.since or min((row[0] for row in rows), default=None)
    last = period.until or max((row[0] for row in rows), default=None)
    bounds = _bounds(first, last, step)
    both = _filled(bounds, [(day, quad, n, score) for day, quad, _, _, n, score in rows])
    return DyadSeries(
        a,
        b,
        step,
        forward=_filled(bounds, [(r[0], r[1], r[4], r[5]) for r in rows if r[2]]),
        backward=_filled(bounds, [(r[0], r[1], r[4], r[5]) for r in rows if r[3]]),
        both=both,
        changes=tuple(change for measure in MEASURES for change in change_points(both, measure)),
        undated=undated,
    )


def dyad_events(
    db: Connection,
    a: str,
    b: str,
    *,
    period: Period = ALWAYS,
    direction: Direction = "both",
    measure: Measure | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[EventRow, ...]:
    """Return the events that the points of ``dyad_series`` count, the newest first.

    ``measure`` keeps those of cooperation or conflict only.
    """
    _check(a, b)
    condition, days = period.sql("e.start_date")
    quads = {None: "true", "cooperation": "e.quad IN (1, 2)", "conflict": "e.quad IN (3, 4)"}
    where = f"{_DIRECTIONS[direction]} AND {COUNTED} AND {condition} AND {quads[measure]}"
    return events(
        db,
        where,
        {"a": a, "b": b, **days},
        "e.start_date DESC, e.id",
        limit,
        offset,
    )


def third_parties(
    db: Connection, a: str, b: str, *, period: Period = ALWAYS, limit: int = 20
) -> tuple[ThirdParty, ...]:
    """Return who else takes part in the events of the dyad, the most frequent first."""
    _check(a, b)
    condition, days = period.sql("e.start_date")
    rows = db.execute(
        f"""WITH found AS (
          SELECT e.quad, unnest({PARTIES}) AS code FROM events e
          WHERE {_DIRECTIONS["both"]} AND {COUNTED} AND {condition}
        )
        SELECT code, count(*), count(*) FILTER (quad IN (1, 2)), count(*) FILTER (quad IN (3, 4))
        FROM found WHERE code NOT IN ($a, $b)
        GROUP BY code ORDER BY 2 DESC, code LIMIT $limit""",
        {"a": a, "b": b, "limit": limit, **days},
    ).fetchall()
    return tuple(ThirdParty(*row) for row in rows)


def stances(
    db: Connection, a: str, b: str, *, period: Period = ALWAYS, limit: int = 200
) -> tuple[Stance, ...]:
    """Return what each side says about the other, grouped by stance and speaker.

    The day of a statement is that of its report. At most ``limit`` statements, the newest.
    """
    _check(a, b)
    condition, days = period.sql("d.published")
    found: dict[tuple[str, str, str], list[StatementRow]] = defaultdict(list)
    rows = statements(
        db,
        "((list_contains(s.speaker_countries, $a) AND list_contains(s.about, $b)) OR "
        f"(list_contains(s.speaker_countries, $b) AND list_contains(s.about, $a))) AND {condition}",
        {"a": a, "b": b, **days},
        limit,
    )
    for row in rows:
        for speaker, about in ((a, b), (b, a)):
            if speaker in row.speaker_countries and about in row.about:
                found[row.stance, speaker, about].append(row)
    return tuple(Stance(*key, tuple(found[key])) for key in sorted(found))


def relations_between(
    db: Connection, a: str, b: str, *, limit: int = 50
) -> tuple[RelationRow, ...]:
    """Return the standing relations that reports claim of the two, the newest first."""
    _check(a, b)
    everyone = "list_concat(r.sides, list_concat(r.source, r.target))"
    where = f"list_contains({everyone}, $a) AND list_contains({everyone}, $b)"
    return relations(db, where, {"a": a, "b": b}, limit)


def change_points(points: Sequence[Point], measure: Measure) -> tuple[ChangePoint, ...]:
    """Return the steps at which the level of a series changes.

    PELT (Killick, Fearnhead and Eckley 2012; by ``ruptures``) with squared error on
    counts whose variance is made even (Anscombe 1948: twice the root of count + 3/8), and
    the penalty 3 log n of the modified BIC (Zhang and Siegmund 2007) times the variance:
    1, or more if neighbouring steps differ more than counts by chance do. A stretch has
    at least three steps. A series of fewer than 12 steps has no change points.
    """
    counts = np.array([getattr(point, measure) for point in points], dtype=float)
    if len(counts) < 12 or not counts.any():
        return ()
    KernelCPD = load_ruptures()
    even = 2 * np.sqrt(counts + 0.375)
    spread = float(np.median(np.abs(np.diff(even)))) / (0.6745 * math.sqrt(2))
    penalty = 3 * math.log(len(counts)) * max(1.0, spread**2)
    cuts = KernelCPD(kernel="linear", min_size=3).fit(even.reshape(-1, 1)).predict(pen=penalty)
    bounds = [0, *cuts]
    means = [float(counts[i:j].mean()) for i, j in pairwise(bounds)]
    return tuple(
        ChangePoint(measure, points[cut].first, before, after)
        for cut, before, after in zip(cuts, means, means[1:], strict=False)
    )


def load_ruptures() -> Any:
    """Return the class that finds change points: its import takes a second, so ask early."""
    from ruptures import KernelCPD

    return KernelCPD


def _check(a: str, b: str) -> None:
    if not a or not b or a == b:
        raise ConfigError(f"a dyad needs two different codes, such as IRN AZE, not {a!r} {b!r}")


def _bounds(first: date | None, last: date | None, step: Step) -> list[tuple[date, date]]:
    if first is None or last is None:
        return []
    length = {"day": 1, "week": 7, "month": 28}.get(step)
    if length is not None and (last - first).days // length > MOST_STEPS:
        raise ConfigError(
            f"{first} to {last} is more than {MOST_STEPS} steps of a {step}: "
            "choose a longer step or a shorter period"
        )
    return list(steps(first, last, step))


def _filled(
    bounds: Sequence[tuple[date, date]], rows: Sequence[tuple[date, int, int, float]]
) -> tuple[Point, ...]:
    """Return a point for every step; ``rows`` are day, quad class, events, sum of scores."""
    place = {}
    for number, (first, last) in enumerate(bounds):
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            place[ordinal] = number
    counts: list[Counter[int]] = [Counter() for _ in bounds]
    scores = [0.0] * len(bounds)
    for day, quad, number, score in rows:
        where = place[day.toordinal()]
        counts[where][quad] += number
        scores[where] += score
    return tuple(
        Point(first, last, found[1], found[2], found[3], found[4], round(score, 6))
        for (first, last), found, score in zip(bounds, counts, scores, strict=True)
    )
