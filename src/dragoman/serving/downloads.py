"""Events as files: what the table shows, all of it, as CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from datetime import date
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


def _sql(wanted: Filter, matched: bool) -> tuple[str, list[Any]]:
    where, parameters = wanted.where(matched=matched)
    way = "DESC" if wanted.descending else "ASC"
    return (
        f"SELECT {', '.join(_COLUMNS)} FROM (SELECT *, {SORTS[wanted.sort]} AS sort_value "
        f"FROM pages.rows WHERE {where}) r JOIN store.documents d ON d.id = r.document "
        f"ORDER BY r.sort_value {way}, r.id",
        parameters,
    )


def _rows(library: Library, wanted: Filter) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    with asking(library, wanted) as (cursor, matched):
        cursor.execute(*_sql(wanted, matched))
        names = [column[0] for column in cursor.description or []]
        yield names, []
        while rows := cursor.fetchmany(2000):
            yield names, rows


def _csv(library: Library, wanted: Filter) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, (names, rows) in enumerate(_rows(library, wanted)):
        if number == 0:
            writer.writerow(names)
        writer.writerows([safe_cell(value) for value in row] for row in rows)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def safe_cell(value: Any) -> Any:
    """Return a CSV cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if isinstance(value, list):
        value = ";".join(value)
    if isinstance(value, str):
        value = value.replace("\x00", "")
        return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    if isinstance(value, date):
        return value.isoformat()
    return value


def _jsonl(library: Library, wanted: Filter) -> Iterator[str]:
    for names, rows in _rows(library, wanted):
        yield "".join(
            json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str) + "\n"
            for row in rows
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
