"""Events as files: what the table shows, all of it, as CSV, JSON lines or Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

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
#: Rows that are read at a time.
_BATCH = 10_000
_Asked = tuple[str, list[Any]]
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


def _sql(wanted: Filter, matched: bool, select: str = "t.* EXCLUDE (sort_value)") -> _Asked:
    """Return SQL for ``select`` of the rows ``t`` of a download in their order; its parameters."""
    where, parameters = wanted.where(matched=matched)
    way = "DESC" if wanted.descending else "ASC"
    return (
        f"SELECT {select} FROM (SELECT {', '.join(_COLUMNS)}, r.sort_value "
        f"FROM (SELECT *, {SORTS[wanted.sort]} AS sort_value FROM pages.rows WHERE {where}) r "
        "JOIN store.documents d ON d.id = r.document) t "
        f"ORDER BY t.sort_value {way}, t.id",
        parameters,
    )


def _lines(library: Library, wanted: Filter, line: str) -> Iterator[str]:
    """Yield the events that fit as lines of text, in pieces.

    ``line`` is SQL for the line of a row ``t``: DuckDB writes them many times quicker than
    Python would.
    """
    with asking(library, wanted) as (cursor, matched):
        sql, parameters = _sql(wanted, matched, line)
        for batch in cursor.sql(sql, params=parameters).to_arrow_reader(_BATCH):
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
    sql, parameters = _sql(Filter(), matched=False)
    rows = library.rows(f"DESCRIBE {sql}", parameters)
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
        with asking(library, wanted) as (cursor, matched):
            sql, parameters = _sql(wanted, matched)
            found = cursor.sql(sql, params=parameters)
            reader: pa.RecordBatchReader = found.to_arrow_reader(50_000)
            with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
