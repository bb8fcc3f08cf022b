"""Events as files: what the table shows, all of it, as CSV, JSON lines or Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from dragoman.serving.answers import problems
from dragoman.serving.asking import EventQuery, filter_of
from dragoman.serving.filters import SORTS, Filter
from dragoman.serving.finding import asking
from dragoman.serving.library import Library
from dragoman.serving.pages import library_of

router = APIRouter()
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_COLUMNS = (
    "r.id", "r.document", "r.type", "r.mode", "r.quad", "r.score", "r.status", "r.background",
    "r.actors", "r.recipients", "r.is_symmetric", "r.sectors", "r.day AS start_date", "r.end_date",
    "r.date_precision", "r.place", "r.place_country", "r.place_precision", "r.latitude",
    "r.longitude", "r.attribution", "r.speakers", "r.publisher", "r.published", "r.confidence",
    "r.corrected", "d.url", "d.title", "r.evidence",
)  # fmt: skip
#: Events that are sorted at a time, and rows that are read at a time.
_PART, _BATCH = 100_000, 10_000
#: What the order by day takes events for that have none.
_NO_DAY = date(1, 1, 1)
_ALL = "t.* EXCLUDE (sort_value)"
_Asked = tuple[str, list[Any]]
_Bound = tuple[Any, str]
Format = Literal["csv", "jsonl", "parquet"]


@router.get(
    "/events.{form}",
    summary="The events that fit, as a file",
    tags=["events"],
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in _TYPES.values()}}, **problems(400, 503)},
)
def download(
    request: Request, form: Annotated[Format, InPath()], query: Annotated[EventQuery, Depends()]
) -> Response:
    """Every event that the filter lets through, in its order."""
    library, wanted = library_of(request), filter_of(request)
    headers = {"content-disposition": f'attachment; filename="events.{form}"'}
    if form == "parquet":
        path = _parquet(library, wanted)
        return FileResponse(
            path, media_type=_TYPES[form], headers=headers, background=BackgroundTask(path.unlink)
        )
    lines = _csv(library, wanted) if form == "csv" else _jsonl(library, wanted)
    return StreamingResponse(lines, media_type=_TYPES[form], headers=headers)


def _batches(library: Library, wanted: Filter, select: str) -> Iterator[pa.RecordBatch]:
    """Yield ``select`` of the rows ``t`` of a download in their order.

    They are sorted part by part, so that never more than ``_PART`` events are in memory.
    """
    with asking(library, wanted) as (cursor, matched):
        where, parameters = wanted.where(matched=matched)
        last: _Bound | None = None
        for bound in [*_bounds(cursor, wanted, where, parameters), None]:
            condition, values = _between(wanted, last, bound)
            last = bound
            sql = _sql(wanted, f"({where}) AND {condition}", select)
            yield from cursor.sql(sql, params=[*parameters, *values]).to_arrow_reader(_BATCH)


def _bounds(
    cursor: duckdb.DuckDBPyConnection, wanted: Filter, where: str, parameters: list[Any]
) -> list[_Bound]:
    """Return sort value and id of every ``_PART``-th event."""
    sort, way = SORTS[wanted.sort], "DESC" if wanted.descending else "ASC"
    return cursor.execute(
        f"SELECT sort_value, id FROM (SELECT {sort} AS sort_value, id, row_number() OVER "
        f"(ORDER BY {sort} {way}, id) AS place FROM pages.rows WHERE {where}) "
        f"WHERE place % {_PART} = 0 ORDER BY place",
        parameters,
    ).fetchall()


def _between(wanted: Filter, last: _Bound | None, bound: _Bound | None) -> _Asked:
    """Return a condition for the events after ``last`` up to ``bound``; ``None`` is an end."""
    sort, ahead, behind = SORTS[wanted.sort], "<", ">"
    if not wanted.descending:
        ahead, behind = behind, ahead
    parts, values = ["true"], list[Any]()
    for end, sign, beyond in ((last, ahead, "id > ?"), (bound, behind, "id <= ?")):
        if end is not None:
            parts.append(f"({sort} {sign} ? OR ({sort} = ? AND {beyond}))")
            values += [end[0], end[0], end[1]]
    low, high = (bound, last) if wanted.descending else (last, bound)
    if wanted.sort == "day" and low is not None and low[0] > _NO_DAY:
        # The same on the bare column, by which whole parts of the table are left out.
        parts.append("day >= ?")
        values.append(low[0])
        if high is not None:
            parts.append("day <= ?")
            values.append(high[0])
    return " AND ".join(parts), values


def _sql(wanted: Filter, where: str, select: str) -> str:
    """Return SQL for ``select`` of the rows ``t`` for which ``where`` holds, in their order."""
    way = "DESC" if wanted.descending else "ASC"
    return (
        f"SELECT {select} FROM (SELECT {', '.join(_COLUMNS)}, r.sort_value "
        f"FROM (SELECT *, {SORTS[wanted.sort]} AS sort_value FROM pages.rows WHERE {where}) r "
        "JOIN store.documents d ON d.id = r.document) t "
        f"ORDER BY t.sort_value {way}, t.id"
    )


def _lines(library: Library, wanted: Filter, line: str) -> Iterator[str]:
    """Yield the events that fit as lines of text, in pieces.

    ``line`` is SQL for the line of a row ``t``: DuckDB writes them many times quicker than
    Python would.
    """
    for batch in _batches(library, wanted, line):
        yield "".join(batch.column(0).to_pylist())


def _csv(library: Library, wanted: Filter) -> Iterator[str]:
    columns = _columns(library)
    yield ",".join(columns) + "\r\n"
    cells = (cell(f't."{name}"', kind) for name, kind in columns.items())
    yield from _lines(library, wanted, f"concat_ws(',', {', '.join(cells)}) || chr(13) || chr(10)")


def _jsonl(library: Library, wanted: Filter) -> Iterator[str]:
    values = ", ".join(f'"{name}" := t."{name}"' for name in _columns(library))
    yield from _lines(library, wanted, f"to_json(struct_pack({values})) || chr(10)")


def _columns(library: Library) -> dict[str, str]:
    """Return the types of the columns of a download, by name."""
    rows = library.rows(f"DESCRIBE {_sql(Filter(), 'true', _ALL)}")
    return {row["column_name"]: row["column_type"] for row in rows}


def cell(column: str, kind: str) -> str:
    """Return SQL for a cell of CSV: quoted where it must be, and never a spreadsheet's formula.

    Numbers stay as they are; a list is apart by semicolons.
    """
    if kind == "BOOLEAN":
        return f"CASE WHEN {column} THEN 'True' WHEN NOT {column} THEN 'False' ELSE '' END"
    if kind not in {"VARCHAR", "VARCHAR[]"}:
        return f"coalesce(CAST({column} AS VARCHAR), '')"
    text = f"array_to_string({column}, ';')" if kind == "VARCHAR[]" else column
    text = f"replace(coalesce({text}, ''), chr(0), '')"
    safe = (
        f"CASE WHEN left({text}, 1) IN ('=', '+', '-', '@', chr(9), chr(13)) "
        f"THEN chr(39) || {text} ELSE {text} END"
    )
    return (
        f"CASE WHEN regexp_matches({safe}, '[\",\\r\\n]') "
        f"THEN '\"' || replace({safe}, '\"', '\"\"') || '\"' ELSE {safe} END"
    )


def _parquet(library: Library, wanted: Filter) -> Path:
    with tempfile.NamedTemporaryFile(suffix=".parquet", delete=False) as file:
        path = Path(file.name)
    try:
        batches = _batches(library, wanted, _ALL)
        first = next(batches, None)
        if first is None:
            with library.reading() as cursor:
                empty = cursor.sql(_sql(wanted, "false", _ALL)).to_arrow_table()
            pq.write_table(empty, path, compression="zstd")
            return path
        with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
            for batch in chain([first], batches):
                writer.write_batch(batch)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
