"""A balanced dyad-day panel: every day and ordered pair of states, zeros where nothing happened.

A state is in the panel for every year in which it was a member of the state system on a
day at least (``codebook/states.tsv``). What counts is what the view ``dyad_days`` counts:
acts that happened, are no background, and whose time is known to a week, on their first
day, a happening once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dragoman.errors import StoreError
from dragoman.exporting.formats import Format, columns
from dragoman.exporting.selecting import CHOSEN, Source
from dragoman.exporting.tables import schema

COLUMNS = columns(
    """
    day | date | the day
    actor | string | ISO 3166-1 alpha-3
    recipient | string | ISO 3166-1 alpha-3
    actor_cow | string | number of the actor in the Correlates of War list, in that year
    recipient_cow | string | number of the recipient
    events | integer | acts of the actor towards the recipient on that day
    verbal_cooperation | integer | those of quad class 1
    material_cooperation | integer | those of quad class 2
    verbal_conflict | integer | those of quad class 3
    material_conflict | integer | those of quad class 4
    score | number | sum of their PLOVER scores
    """
)
_HOLDS = "what happened between two states, dated to a week, a happening once"
_COUNTS = [c.name for c in COLUMNS if c.type == "integer"]
_DAYS = (
    CHOSEN
    + """,
dated AS (
  SELECT e.*,
    CASE WHEN is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
         ELSE actor_countries END AS sources,
    CASE WHEN is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
         ELSE recipient_countries END AS targets
  FROM store.events e JOIN chosen ON chosen.id = e.id
  WHERE status = 'actual' AND NOT background
    AND start_date IS NOT NULL AND end_date IS NOT NULL AND end_date - start_date < 7
    AND e.id NOT IN (SELECT event_id FROM store.happening_events WHERE NOT is_lead)
),
one AS (SELECT *, unnest(sources) AS actor FROM dated),
pairs AS (SELECT *, unnest(targets) AS recipient FROM one)
SELECT start_date AS day, actor, recipient, count(*), count(*) FILTER (quad = 1),
  count(*) FILTER (quad = 2), count(*) FILTER (quad = 3), count(*) FILTER (quad = 4), sum(score)
FROM pairs WHERE actor <> recipient GROUP BY ALL ORDER BY day, actor, recipient
"""
)
#: Days per row group and per batch in memory.
_BATCH = 7


def panel_parquet(source: Source, file: IO[bytes], countries: tuple[str, ...] = ()) -> int:
    """Write the panel as Parquet; ``countries`` narrows it to those states."""
    with pq.ParquetWriter(file, schema(COLUMNS), compression="zstd") as writer:
        return _write(source, countries, writer.write_table)


def panel_csv(source: Source, file: IO[bytes], countries: tuple[str, ...] = ()) -> int:
    """Write the panel as CSV. It holds codes and numbers only, so nothing needs guarding."""
    with pacsv.CSVWriter(file, schema(COLUMNS)) as writer:
        return _write(source, countries, writer.write_table)


def _write(source: Source, countries: tuple[str, ...], write: Callable[[pa.Table], None]) -> int:
    unknown = sorted(set(countries) - set(source.crosswalk.members))
    if unknown:
        raise StoreError(
            f"{', '.join(unknown)}: not in the state system's list (codebook/states.tsv); "
            "countries are ISO 3166-1 alpha-3, as FRA"
        )
    count = 0
    batch: list[pa.Table] = []
    for table in _tables(source, frozenset(countries)):
        batch.append(table)
        count += table.num_rows
        if len(batch) == _BATCH:
            write(pa.concat_tables(batch))
            batch = []
    if batch:
        write(pa.concat_tables(batch))
    return count


def _tables(source: Source, countries: frozenset[str]) -> Iterator[pa.Table]:
    """Yield the panel day by day."""
    rows = source.store.stream(source.sql(_DAYS), source.parameters)
    by_day = groupby(rows, key=itemgetter(0))
    first, events = next(by_day, (None, iter(())))
    pending = list(events)
    day, last = source.selection.since or first, source.selection.until
    if day is None:
        return
    year: _Year | None = None
    while True:
        if last is None and first is None:
            return
        if last is not None and day > last:
            return
        if year is None or year.year != day.year:
            year = _Year(source, day.year, countries)
        happened = []
        if first == day:
            happened = pending
            first, events = next(by_day, (None, iter(())))
            pending = list(events)
        yield year.table(day, happened)
        day += timedelta(days=1)


class _Year:
    """The ordered pairs of the states that are members in one year."""

    def __init__(self, source: Source, year: int, countries: frozenset[str]) -> None:
        self.year = year
        self._source = source
        ends = (date(year, 1, 1), date(year, 12, 31))
        cow: dict[str, str] = {}
        for code, periods in source.crosswalk.members.items():
            held = [
                p for p in periods if p.since <= ends[1] and (p.until is None or p.until >= ends[0])
            ]
            if held and (not countries or code in countries):
                cow[code] = held[-1].cow
        codes = sorted(cow)
        pairs = [(a, b) for a in codes for b in codes if a != b]
        self._place = {pair: i for i, pair in enumerate(pairs)}
        self._fixed = {
            "actor": pa.array([a for a, _ in pairs], pa.string()),
            "recipient": pa.array([b for _, b in pairs], pa.string()),
            "actor_cow": pa.array([cow[a] for a, _ in pairs], pa.string()),
            "recipient_cow": pa.array([cow[b] for _, b in pairs], pa.string()),
        }

    def table(self, day: date, happened: list[tuple[Any, ...]]) -> pa.Table:
        """Return the rows of ``day``."""
        size = len(self._place)
        counts = np.zeros((len(_COUNTS), size), dtype=np.int64)
        scores = np.zeros(size)
        for _, actor, recipient, *numbers, score in happened:
            place = self._place.get((actor, recipient))
            if place is None:
                self._source.left_out["not both in the state system"] += 1
                continue
            counts[:, place] = numbers
            scores[place] = round(score, 6)
        columns = {
            "day": pa.repeat(pa.scalar(day, pa.date32()), size),
            **self._fixed,
            **{name: pa.array(counts[i]) for i, name in enumerate(_COUNTS)},
            "score": pa.array(scores),
        }
        return pa.table(columns, schema=schema(COLUMNS))


FORMATS = (
    Format(
        "panel",
        ".parquet",
        "application/vnd.apache.parquet",
        "balanced dyad-day panel, Parquet",
        panel_parquet,
        COLUMNS,
        holds=_HOLDS,
    ),
    Format(
        "panel-csv",
        ".csv",
        "text/csv",
        "balanced dyad-day panel, CSV",
        panel_csv,
        COLUMNS,
        holds=_HOLDS,
    ),
)
