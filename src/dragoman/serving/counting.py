"""How the events that fit divide: by facet, by month, and all together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dragoman.serving.filters import FACETS, Facet, Filter
from dragoman.serving.finding import asking
from dragoman.serving.library import Library
from dragoman.serving.snapshot import number_of

#: How many values of a facet a page shows.
SHOWN = 12
#: Rows that are counted at a time.
_BATCH = 122_880
_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Count:
    """One value of a facet and how many of the filtered events have it."""

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Month:
    """The events that begin in a month; ``first`` is its first day."""

    first: date
    cooperation: int
    conflict: int


@dataclass(frozen=True, slots=True)
class _Sets:
    """The lists of values of one facet: value ``values[i]`` is in the list ``owners[i]``.

    ``names`` are the values in their order, ``size`` is the number of lists.
    """

    size: int
    owners: npt.NDArray[np.int64]
    values: npt.NDArray[np.int64]
    names: pa.Array

    def commonest(self, counts: _Counts) -> list[tuple[str, int]]:
        """Return the commonest values where list ``i`` has ``counts[i]`` events."""
        if not len(self.names):
            return []
        weights = counts[self.owners]
        each = np.bincount(self.values, weights=weights, minlength=len(self.names))
        told = each.astype(np.int64)
        least = max(1, np.partition(told, -SHOWN)[-SHOWN] if len(told) > SHOWN else 1)
        places = np.flatnonzero(told >= least)
        # Names lie in their order, and this keeps it among equal counts.
        best = places[np.argsort(-told[places], kind="stable")][:SHOWN]
        return [(self.names[place].as_py(), int(told[place])) for place in best]


@dataclass(frozen=True, slots=True)
class _Divided:
    """How the events of a filter divide, for the facets in which nothing is chosen."""

    total: int
    facets: Mapping[str, list[tuple[str, int]]]
    months: tuple[Month, ...]


def total(library: Library, wanted: Filter) -> int:
    """Return how many events fit."""
    known: _Divided | None = library.remembered(_key(wanted))
    if known is not None:
        return known.total

    def count() -> int:
        with asking(library, wanted) as (cursor, matched):
            where, parameters = wanted.where(matched=matched)
            sql = f"SELECT count(*) FROM pages.rows WHERE {where}"
            ((found,),) = cursor.execute(sql, parameters).fetchall()
        return int(found)

    return library.cached(("total", wanted.query(without=["sort"])), count)


def facets(library: Library, wanted: Filter) -> dict[str, list[Count]]:
    """Return, for each facet, its commonest values among the events that fit.

    A facet's own choice does not count for itself, so that others can be added to it.
    """
    counts = dict(_divided(library, wanted).facets)
    for name, _ in wanted.values:
        counts[name] = _counts_without(library, wanted.without(name), FACETS[name])
    found: dict[str, list[Count]] = {}
    for name in FACETS:
        chosen = set(wanted.chosen(name))
        shown = [Count(value, count, value in chosen) for value, count in counts[name]]
        missing = chosen - {value for value, _ in counts[name]}
        found[name] = [Count(value, 0, True) for value in sorted(missing)] + shown
    return found


def months(library: Library, wanted: Filter) -> tuple[Month, ...]:
    """Return the months in which events that fit begin, the earliest first."""
    return _divided(library, wanted).months


def sets_of(library: Library) -> tuple[str, Mapping[str, _Sets]]:
    """Return the lists of values of each facet, and the state of the store that has them."""

    def made() -> tuple[str, Mapping[str, _Sets]]:
        with library.reading() as cursor:
            return _state(cursor), _sets(cursor)

    return library.cached("sets", made)


def _key(wanted: Filter) -> tuple[str, str]:
    return "divided", wanted.query(without=["sort"])


def _divided(library: Library, wanted: Filter) -> _Divided:
    """Return how the events that fit divide; they are read once for all of it."""
    chosen = [facet for facet in FACETS.values() if not wanted.chosen(facet.name)]
    return library.cached(_key(wanted), lambda: _counted(library, wanted, chosen))


def _counts_without(library: Library, other: Filter, facet: Facet) -> list[tuple[str, int]]:
    """Return the counts of one facet under the rest of a filter."""
    known: _Divided | None = library.remembered(_key(other))
    if known is not None:
        return known.facets[facet.name]
    key = ("facet", facet.name, other.query(without=["sort"]))
    return library.cached(key, lambda: _counted(library, other, [facet]).facets[facet.name])


def _counted(library: Library, wanted: Filter, chosen: Sequence[Facet]) -> _Divided:
    """Count the values of some facets, and the months, of the events that fit."""
    state, sets = sets_of(library)
    with asking(library, wanted) as (db, matched):
        if _state(db) != state:  # the reports have changed in between
            sets = _sets(db)
        where, parameters = wanted.where(matched=matched)
        columns = ["day", "quad", *(number_of(facet) for facet in chosen)]
        found = db.sql(f"SELECT {', '.join(columns)} FROM pages.rows WHERE {where}",
                       params=parameters)  # fmt: skip
        counts = {facet.name: np.zeros(sets[facet.name].size, np.int64) for facet in chosen}
        by_month: dict[int, list[int]] = {}
        rows = 0
        for batch in found.to_arrow_reader(_BATCH):
            rows += batch.num_rows
            _add_months(by_month, batch.column(0), batch.column(1))
            for facet, column in zip(chosen, batch.columns[2:], strict=True):
                numbers = column.to_numpy(zero_copy_only=False)
                counts[facet.name] += np.bincount(numbers, minlength=sets[facet.name].size)
    return _Divided(
        total=rows,
        facets={name: sets[name].commonest(counts[name]) for name in counts},
        months=tuple(_month(place, *by_month[place]) for place in sorted(by_month)),
    )


def _state(cursor: duckdb.DuckDBPyConnection) -> str:
    ((state,),) = cursor.execute("SELECT state FROM pages.about").fetchall()
    return str(state)


def _sets(cursor: duckdb.DuckDBPyConnection) -> dict[str, _Sets]:
    found = {}
    for name in FACETS:
        told = cursor.sql("SELECT members FROM pages.sets WHERE facet = $name ORDER BY no",
                          params={"name": name}).to_arrow_table()  # fmt: skip
        lists = told.column(0).combine_chunks()
        values = lists.flatten().dictionary_encode()
        order = pc.sort_indices(values.dictionary).to_numpy()
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        lengths = np.diff(lists.offsets.to_numpy())
        found[name] = _Sets(
            size=len(lists),
            owners=np.repeat(np.arange(len(lists)), lengths),
            values=place[values.indices.to_numpy(zero_copy_only=False)],
            names=values.dictionary.take(order),
        )
    return found


def _add_months(found: dict[int, list[int]], days: pa.Array, quads: pa.Array) -> None:
    """Add to ``found``, by months since 1970, how many events cooperate and conflict."""
    known = pc.is_valid(days)
    day = days.filter(known).cast(pa.int32()).to_numpy(zero_copy_only=False)
    if not len(day):
        return
    quad = quads.filter(known).to_numpy(zero_copy_only=False)
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first = month.min()
    for side, inside in enumerate((quad <= 2, quad > 2)):
        _add(found, side, first, np.bincount(month[inside] - first))


def _add(found: dict[int, list[int]], side: int, first: int, counts: Iterable[int]) -> None:
    for place, count in enumerate(counts, start=int(first)):
        if count:
            found.setdefault(place, [0, 0])[side] += int(count)


def _month(place: int, cooperation: int, conflict: int) -> Month:
    year, month = divmod(place, 12)
    return Month(date(1970 + year, month + 1, 1), cooperation, conflict)
