"""What the pages ask of the index. Values go in as bound parameters only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dragoman.schema import Report
from dragoman.serialise import from_json
from dragoman.serving.filters import FACETS, SORTS, Cursor, Facet, Filter
from dragoman.serving.library import Library
from dragoman.serving.search import OPEN, highlighted, match_of, snippets

Numbers = npt.NDArray[np.int32]
#: How many values of a facet a page shows.
SHOWN = 12
#: Up to so many events that fit are gathered before they are counted.
_FEW = 250_000
#: Place, date and agency before a dash, at the head of a report without a title.
_DATELINE = re.compile(r"[A-Z].{0,90}?\s[-–—]+\s(?=\S)")
_COLUMNS = (
    "id, document, type, mode, quad, score, status, background, attribution, speakers, "
    "actors, recipients, is_symmetric, sectors, day, end_date, date_precision, published, place, "
    "place_country, place_precision, latitude, longitude, publisher, confidence, evidence, "
    "is_lead, corrected, title, has_title, url, source, members"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of events; ``after`` is the cursor of the next page, ``None`` on the last."""

    rows: list[dict[str, Any]]
    after: str | None
    total: int
    match: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """One value of a facet and how many of the filtered events have it."""

    value: str
    count: int
    chosen: bool


@contextmanager
def asking(library: Library, wanted: Filter) -> Iterator[tuple[duckdb.DuckDBPyConnection, bool]]:
    """Give a cursor in which the reports that the search found are the table ``matched``."""
    match = match_of(wanted.q)
    with library.reading() as cursor:
        if match is not None:
            cursor.register(
                "matched", library.cached(("search", match), lambda: _found(library, match))
            )
        yield cursor, match is not None


def _found(library: Library, match: str) -> pa.Table:
    """Return the numbers of the reports that fit a search, as a table with the column ``no``."""
    numbers = numbers_of(library)
    found = np.array(library.search.find(match), dtype=np.int64)
    # A report that was added just now is in the next answer.
    known = numbers[found[found < len(numbers)]]
    return pa.table({"no": pa.array(known[known > 0], pa.int32())})


def numbers_of(library: Library) -> Numbers:
    """Return the number of each report by its place in the search index, 0 without one.

    Made once in each version, so that a search compares numbers and never ids.
    """
    search = library.search  # another one after something was forgotten
    last = search.last()

    def made() -> Numbers:
        places = search.places()
        table = pa.table(
            {"place": [no for no, _ in places], "id": [key for _, key in places]},
            schema=pa.schema([("place", pa.int64()), ("id", pa.string())]),
        )
        with library.reading() as cursor:
            cursor.register("places", table)
            rows = cursor.execute(
                "SELECT p.place, n.no FROM places p JOIN pages.numbers n ON n.document = p.id"
            ).fetchnumpy()
        numbers = np.zeros(last + 1, dtype=np.int32)
        inside = rows["place"] <= last
        numbers[rows["place"][inside]] = rows["no"][inside]
        return numbers

    return library.cached(("numbers", search, last), made)


def _dicts(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def total(library: Library, wanted: Filter) -> int:
    """Return how many events fit."""

    def count() -> int:
        with asking(library, wanted) as (cursor, matched):
            where, parameters = wanted.where(matched=matched)
            row = cursor.execute(
                f"SELECT count(*) FROM pages.rows WHERE {where}", parameters
            ).fetchone()
        return int(row[0]) if row else 0

    return library.cached(("total", wanted.query(without=["sort"])), count)


def page(library: Library, wanted: Filter, *, cursor: str | None = None, limit: int = 50) -> Page:
    """Return the events that fit, from ``cursor`` on. Raises ``FilterError``."""
    sort = SORTS[wanted.sort]
    with asking(library, wanted) as (db, matched):
        where, parameters = wanted.where(matched=matched)
        if cursor is not None:
            start = Cursor.parse(cursor, wanted.sort)
            sign = "<" if wanted.descending else ">"
            where += f" AND ({sort} {sign} ? OR ({sort} = ? AND id > ?))"
            parameters += [start.value, start.value, start.id]
        way = "DESC" if wanted.descending else "ASC"
        # First which rows, then what is in them: wide columns are read for these rows only.
        db.execute(
            f"SELECT {_COLUMNS}, {sort} AS sort_value FROM pages.rows WHERE rowid IN "
            f"(SELECT rowid FROM pages.rows WHERE {where} ORDER BY {sort} {way}, id LIMIT ?) "
            f"ORDER BY {sort} {way}, id",
            [*parameters, limit + 1],
        )
        rows = _dicts(db)
        more = len(rows) > limit
        rows = rows[:limit]
        after = Cursor(rows[-1]["sort_value"], rows[-1]["id"]).token() if more else None
        match = match_of(wanted.q)
        if match is not None:
            _mark(match, rows, _texts(db, {row["document"] for row in rows}))
    for row in rows:
        del row["sort_value"]
        _add_cast(row)
        row["title"] = title_of(row["title"] if row.pop("has_title") else None, row["title"])
    return Page(rows, after, total(library, wanted), match)


def _texts(db: duckdb.DuckDBPyConnection, keys: set[str]) -> dict[str, str]:
    """Return the texts of reports by id."""
    found = db.execute(
        "SELECT id, text FROM store.documents WHERE rowid IN "
        "(SELECT rowid FROM store.documents WHERE id IN (SELECT unnest(?)))",
        [list(keys)],
    ).fetchall()
    return dict(found)


def _mark(match: str, rows: list[dict[str, Any]], texts: dict[str, str]) -> None:
    """Mark what the search found: in an event's words, else around it in the report, once."""
    words = highlighted(match, [row["evidence"] or row["title"] for row in rows])
    around = dict(zip(texts, snippets(match, list(texts.values())), strict=True))
    told: set[str] = set()
    for row, marked in zip(rows, words, strict=True):
        row["marked"] = marked
        row["snippet"] = (
            "" if OPEN in marked or row["document"] in told else around[row["document"]]
        )
        told.add(row["document"])


def _add_cast(row: dict[str, Any]) -> None:
    """Divide the members of an event by role."""
    cast: dict[str, list[dict[str, Any]]] = {"actor": [], "recipient": [], "speaker": []}
    for member in row.pop("members"):
        cast[member.pop("role")].append(member)
    row["cast"] = cast


def title_of(title: str | None, text: str) -> str:
    """Return a report's title, or what its first line says after the dateline, shortened."""
    words = " ".join((title or text.strip().split("\n", 1)[0]).split())
    if not title and (dateline := _DATELINE.match(words)):
        words = words[dateline.end() :]
    return words if len(words) <= 120 else words[:117].rsplit(" ", 1)[0] + "…"


def facets(library: Library, wanted: Filter) -> dict[str, list[Count]]:
    """Return, for each facet, its commonest values among the events that fit.

    A facet's own choice does not count for itself, so that others can be added to it.
    """
    open_ones = [facet for facet in FACETS.values() if not wanted.chosen(facet.name)]
    counts = dict(library.cached(_facets_key(wanted), lambda: _counted(library, wanted, open_ones)))
    for name, _ in wanted.values:
        counts[name] = _counts_without(library, wanted.without(name), FACETS[name])
    found: dict[str, list[Count]] = {}
    for name in FACETS:
        chosen = set(wanted.chosen(name))
        shown = [Count(value, count, value in chosen) for value, count in counts[name]]
        missing = chosen - {value for value, _ in counts[name]}
        found[name] = [Count(value, 0, True) for value in sorted(missing)] + shown
    return found


def _facets_key(wanted: Filter) -> tuple[str, str]:
    return "facets", wanted.query(without=["sort"])


def _counts_without(library: Library, other: Filter, facet: Facet) -> list[tuple[str, int]]:
    """Return the counts of one facet under the rest of a filter."""
    known: dict[str, list[tuple[str, int]]] | None = library.remembered(_facets_key(other))
    if known is not None and facet.name in known:
        return known[facet.name]
    key = ("facet", facet.name, other.query(without=["sort"]))
    return library.cached(key, lambda: _counted(library, other, [facet])[facet.name])


def _counted(
    library: Library, wanted: Filter, chosen: Sequence[Facet]
) -> dict[str, list[tuple[str, int]]]:
    """Count the values of some facets among the events that fit.

    Where few events fit, or where they must be looked up among the reports that a search
    found, they are gathered once; else that would cost more than it saves.
    """
    few = match_of(wanted.q) is not None or total(library, wanted) <= _FEW
    found: dict[str, list[tuple[str, int]]] = {facet.name: [] for facet in chosen}
    with asking(library, wanted) as (db, matched):
        where, parameters = wanted.where(matched=matched)
        if few:
            columns = ", ".join(facet.column for facet in chosen)
            parts = " UNION ALL ".join(_part(facet, "fitting") for facet in chosen)
            rows = db.execute(
                f"WITH fitting AS MATERIALIZED (SELECT {columns} FROM pages.rows WHERE {where}) "
                + parts,
                parameters,
            ).fetchall()
        else:
            rows = []
            for facet in chosen:
                source = f"(SELECT {facet.column} FROM pages.rows WHERE {where})"
                rows += db.execute(_part(facet, source), parameters).fetchall()
    for name, value, count in rows:
        found[name].append((value, count))
    for counts in found.values():
        counts.sort(key=lambda pair: (-pair[1], pair[0]))
    return found


def _part(facet: Facet, source: str) -> str:
    """Return SQL for the commonest values of a facet in ``source``. The names are our own."""
    column = f"unnest({facet.column})" if facet.is_list else facet.column
    return (
        f"(SELECT '{facet.name}' AS facet, CAST(value AS VARCHAR) AS value, count(*) AS n "
        f"FROM (SELECT {column} AS value FROM {source}) WHERE value IS NOT NULL "
        f"GROUP BY value ORDER BY n DESC, value LIMIT {SHOWN})"
    )


def months(library: Library, wanted: Filter) -> list[tuple[Any, int, int]]:
    """Return month, cooperative and conflictual events of the events that fit."""

    def ask() -> list[tuple[Any, int, int]]:
        with asking(library, wanted) as (db, matched):
            where, parameters = wanted.where(matched=matched)
            return db.execute(
                "SELECT date_trunc('month', day), count(*) FILTER (quad <= 2), "
                f"count(*) FILTER (quad > 2) FROM pages.rows WHERE {where} "
                "AND day IS NOT NULL GROUP BY 1 ORDER BY 1",
                parameters,
            ).fetchall()

    return library.cached(("months", wanted.query(without=["sort"])), ask)


def report_of(library: Library, key: str) -> tuple[Report, Report, dict[str, Any]] | None:
    """Return a report as corrected, as coded, and its row; ``None`` if there is none."""
    rows = library.rows(
        "SELECT report, coded, coder, source, url, superseded_by FROM store.documents "
        "WHERE id = ? AND report IS NOT NULL",
        [key],
    )
    if not rows:
        return None
    row = rows[0]
    shown = from_json(row.pop("report"))
    coded = row.pop("coded")
    return shown, from_json(coded) if coded is not None else shown, row


def corrections_of(library: Library, key: str) -> list[dict[str, Any]]:
    """Return the corrections of one report, the newest first."""
    return library.rows(
        "SELECT id, event_id, kind, author, made, note, correction FROM store.corrections "
        "WHERE document = ? ORDER BY made DESC, id",
        [key],
    )


def copies_of(library: Library, key: str) -> list[dict[str, Any]]:
    """Return the other reports that are near-identical with one."""
    return library.rows(
        "SELECT d.id, d.title, d.publisher, d.published, d.source, c.similarity "
        "FROM store.copies c JOIN store.documents d ON d.id = c.document "
        "WHERE c.copy_group IN (SELECT copy_group FROM store.copies WHERE document = ?) "
        "AND c.document <> ? ORDER BY d.published, d.id LIMIT 20",
        [key, key],
    )


def unread(library: Library, key: str) -> bool:
    """Tell whether a report is kept without a coding."""
    return bool(
        library.rows("SELECT 1 FROM store.documents WHERE id = ? AND report IS NULL", [key])
    )
