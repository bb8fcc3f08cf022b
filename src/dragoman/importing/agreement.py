"""How far two series of events agree, by dyad and month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from dragoman.errors import StoreError
from dragoman.store import Store

#: What is counted: a column of ``all_dyad_days``.
COUNTS = (
    "events",
    "verbal_cooperation",
    "material_cooperation",
    "verbal_conflict",
    "material_conflict",
)
_SIDE = """
  SELECT date_trunc('month', day)::DATE AS month, actor, recipient,
    sum({count})::BIGINT AS n, sum(score) AS score
  FROM all_dyad_days WHERE {side} GROUP BY ALL HAVING n > 0"""
_CELLS = f"""
WITH a_all AS ({_SIDE.format(count="{count}", side="{a}")}),
b_all AS ({_SIDE.format(count="{count}", side="{b}")}),
period AS (
  SELECT greatest((SELECT min(month) FROM a_all), (SELECT min(month) FROM b_all)) AS first,
    least((SELECT max(month) FROM a_all), (SELECT max(month) FROM b_all)) AS last
),
a AS (SELECT a_all.* FROM a_all, period WHERE month BETWEEN first AND last),
b AS (SELECT b_all.* FROM b_all, period WHERE month BETWEEN first AND last),
dyads AS (SELECT actor, recipient FROM a UNION SELECT actor, recipient FROM b),
months AS (
  SELECT unnest(generate_series(first, last, INTERVAL 1 MONTH))::DATE AS month FROM period
),
cells AS (
  SELECT actor, recipient, month, coalesce(a.n, 0) AS a, coalesce(b.n, 0) AS b,
    coalesce(a.score, 0) AS a_score, coalesce(b.score, 0) AS b_score
  FROM dyads CROSS JOIN months
  LEFT JOIN a USING (actor, recipient, month) LEFT JOIN b USING (actor, recipient, month)
)
"""
_MEASURES = """count(*), count(DISTINCT (actor, recipient)), count(DISTINCT month),
  min(month), max(month), sum(a)::BIGINT, sum(b)::BIGINT,
  count(*) FILTER (a > 0 AND b > 0), count(*) FILTER (a > 0 OR b > 0),
  corr(a, b), corr(ln(1 + a), ln(1 + b)), corr(a_score, b_score)"""


@dataclass(frozen=True, slots=True)
class Side:
    """One series: an SQL condition over ``all_dyad_days`` and what to call it."""

    name: str
    condition: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Measures over cells of dyad and month, zeros included.

    A cell is a dyad that either series has, in a month of the period that both cover.
    ``both`` cells have events in both series, ``either`` in one at least; their ratio is
    Jaccard's. Correlations are Pearson's, ``None`` where a series does not vary.
    """

    a: str
    b: str
    counted: str
    first: date | None
    last: date | None
    cells: int
    dyads: int
    months: int
    a_events: int
    b_events: int
    both: int
    either: int
    correlation: float | None
    log_correlation: float | None
    score_correlation: float | None

    @property
    def jaccard(self) -> float | None:
        """The share of cells with events in both among those with events in one at least."""
        return self.both / self.either if self.either else None


@dataclass(frozen=True, slots=True)
class DyadAgreement:
    """One dyad: events of both series, months with events, and the correlation over months."""

    actor: str
    recipient: str
    a_events: int
    b_events: int
    both: int
    either: int
    correlation: float | None


def side(store: Store, name: str | None, *, default: str) -> Side:
    """Return a series by a data set's name, a run's id, or ``default`` ('own', 'outside').

    Raises ``StoreError`` that lists what the store has.
    """
    wanted = name or default
    if wanted in {"own", "dragoman"}:
        return Side("own", "data_set = 'dragoman'")
    if wanted == "outside":
        return Side("outside", "data_set <> 'dragoman'")
    _, rows = store.query("SELECT DISTINCT data_set, run FROM all_dyad_days ORDER BY ALL")
    if any(data_set == wanted for data_set, _ in rows):
        return Side(wanted, f"data_set = '{wanted}'")
    if any(run == wanted for _, run in rows):
        return Side(wanted, f"run = '{wanted}'")
    known = ", ".join(f"{run} ({data_set})" for data_set, run in rows) or "none"
    raise StoreError(
        f"{store.path} has no dated events of a run or data set {wanted!r}; it has the runs: "
        f"{known}; 'own' and 'outside' stand for all of a kind"
    )


def agreement(store: Store, a: Side, b: Side, counted: str = "events") -> Agreement:
    """Compare two series over all dyads."""
    sql = _sql(a, b, counted) + f"SELECT {_MEASURES} FROM cells"
    ((cells, dyads, months, first, last, *more),) = store.query(sql)[1]
    sums = [value or 0 for value in more[:4]]
    return Agreement(
        a.name, b.name, counted, first, last, cells, dyads, months, *sums, *map(_real, more[4:])
    )


def by_dyad(store: Store, a: Side, b: Side, counted: str = "events") -> Iterator[DyadAgreement]:
    """Yield every dyad, those with most events first."""
    sql = _sql(a, b, counted) + (
        "SELECT actor, recipient, sum(a)::BIGINT AS sa, sum(b)::BIGINT AS sb, "
        "count(*) FILTER (a > 0 AND b > 0), count(*) FILTER (a > 0 OR b > 0), corr(a, b) "
        "FROM cells GROUP BY actor, recipient ORDER BY sa + sb DESC, actor, recipient"
    )
    for actor, recipient, of_a, of_b, both, either, correlation in store.stream(sql):
        yield DyadAgreement(actor, recipient, of_a, of_b, both, either, _real(correlation))


def cells(store: Store, a: Side, b: Side, counted: str = "events") -> Iterator[dict[str, Any]]:
    """Yield every cell: month, dyad, and the counts and scores of both series."""
    names = ("month", "actor", "recipient", "a", "b", "a_score", "b_score")
    sql = _sql(a, b, counted) + (
        f"SELECT {', '.join(names)} FROM cells ORDER BY month, actor, recipient"
    )
    for row in store.stream(sql):
        yield dict(zip(names, row, strict=True))


def _sql(a: Side, b: Side, counted: str) -> str:
    if counted not in COUNTS:
        raise StoreError(f"{counted!r} is not counted; it is one of {', '.join(COUNTS)}")
    return (
        _CELLS.replace("{count}", counted).replace("{a}", a.condition).replace("{b}", b.condition)
    )


def _real(value: float | None) -> float | None:
    """Return a correlation, ``None`` for the NaN of a series that does not vary."""
    return None if value is None or value != value else round(float(value), 6)
