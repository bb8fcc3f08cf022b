"""The events that fit in the files of other tools: a zip of file, data package and README.

Exporters write, a browser reads: a thread writes the zip into a short queue, which the
answer empties. Neither the file nor the zip is ever whole in memory or on disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import queue
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any, cast

import duckdb
import pyarrow as pa
from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dragoman.errors import StoreError
from dragoman.exporting import Format, Selection, Source, formats
from dragoman.exporting.package import descriptor
from dragoman.serving.answers import problems
from dragoman.serving.asking import EventQuery, filter_of
from dragoman.serving.filters import Filter
from dragoman.serving.finding import asking
from dragoman.serving.library import Library
from dragoman.serving.pages import library_of
from dragoman.serving.problems import Problem

router = APIRouter()
#: Bytes of a piece, pieces that may wait, seconds without a reader, exports at once.
_PIECE, _WAITING, _PATIENCE, _AT_ONCE = 1 << 18, 8, 60.0, 2
_running = threading.BoundedSemaphore(_AT_ONCE)


@router.get(
    "/exports/{name}.zip",
    summary="The events that fit, in a format of another tool, with its data package",
    tags=["events"],
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **problems(400, 404, 503)},
)
def export(
    request: Request,
    name: Annotated[str, InPath(max_length=40)],
    query: Annotated[EventQuery, Depends()],
) -> Response:
    """Every event that the filter lets through and the format can hold, by day."""
    library, wanted = library_of(request), filter_of(request)
    form = formats().get(name)
    if form is None:
        raise Problem(404, f"there is no format {name[:40]!r}; there are: {', '.join(formats())}")
    if not _running.acquire(blocking=False):
        raise Problem(
            503, f"{_AT_ONCE} exports are being made; ask again when one ends", retry_after="10"
        )
    pieces = _Pieces(lambda file: _write(file, library, wanted, form), _running.release)
    first = pieces.get()  # what cannot be written at all is an error, and no file
    headers = {"content-disposition": f'attachment; filename="events-{name}.zip"'}
    return StreamingResponse(pieces.rest(first), media_type="application/zip", headers=headers)


class Picked:
    """The reports of a library as an exporter reads them: the chosen events are ``picked``."""

    def __init__(self, library: Library, wanted: Filter) -> None:
        """Choose the events; later changes of the store do not change which they are."""
        self._library = library
        self.path: Path = library.path
        with asking(library, wanted) as (cursor, matched):
            where, parameters = wanted.where(matched=matched)
            found = cursor.sql(f"SELECT id FROM pages.rows WHERE {where}", params=parameters)
            self._ids: pa.Table = found.to_arrow_table()

    def stream(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of ``sql``. Raises ``StoreError`` if it fails."""
        with self._library.reading() as cursor:
            cursor.register("picked", self._ids)
            try:
                cursor.execute(sql, dict(parameters or {}))
                while rows := cursor.fetchmany(2000):
                    yield from rows
            except duckdb.Error as error:
                raise StoreError(str(error).strip()) from error


def _write(file: IO[bytes], library: Library, wanted: Filter, form: Format) -> None:
    selection = Selection(
        where="id IN (SELECT id FROM picked)", told=wanted.query(without=["sort"])
    )
    source = Source(Picked(library, wanted), selection)
    name = f"events{form.suffix}"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as whole:
        packed = form.suffix == ".parquet"
        with whole.open(_entry(name, packed=packed), "w", force_zip64=True) as part:
            told = _Told(part)
            records = form.write(source, cast("IO[bytes]", told))
        about = descriptor(Path(name), told.size, told.digest.hexdigest(), form, source, records)
        text = json.dumps(about, ensure_ascii=False, indent=1) + "\n"
        whole.writestr(_entry(f"{name}.datapackage.json"), text)
        whole.writestr(_entry("README.txt"), _readme(name, form, source, records))


def _entry(name: str, *, packed: bool = False) -> zipfile.ZipInfo:
    """Return a member without the time of day: the same events give the same bytes."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _readme(name: str, form: Format, source: Source, records: int) -> str:
    chosen = source.selection.told or "every event"
    lines = [
        f"{name}: {form.name}, {form.summary}.",
        f"Filter: {chosen}",
        f"Records: {records}",
        f"The format holds {form.holds or 'every event that the filter lets through'}.",
        "Left out, by reason:" if source.left_out else "Nothing was left out.",
        *(f"  {reason}: {count}" for reason, count in sorted(source.left_out.items())),
        "",
        "The columns and where the values come from are in the data package beside it",
        "(Frictionless). Every value is what a report says, not what is known.",
    ]
    return "\n".join(lines) + "\n"


class _Told(io.RawIOBase):
    """A member of the zip that counts and hashes what is written; it only goes forward."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self.size = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._part.write(piece)
        self.size += len(piece)
        self.digest.update(piece)
        return len(piece)


class _Pieces(io.RawIOBase):
    """A file that one thread writes and another reads, a few pieces behind."""

    def __init__(self, work: Callable[[IO[bytes]], None], done: Callable[[], None]) -> None:
        """Let ``work`` write in a thread of its own; ``done`` is called when that ends."""
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._buffer = bytearray()
        self._left = threading.Event()
        self._error: BaseException | None = None
        threading.Thread(target=self._run, args=(work, done), daemon=True).start()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation("only written forwards")

    def write(self, data: Any) -> int:
        self._buffer += data
        if len(self._buffer) >= _PIECE:
            self._send()
        return len(data)

    def get(self) -> bytes | None:
        """Return the next piece, ``None`` after the last. Raises what stopped the writer."""
        piece = self._queue.get()
        if piece is None and self._error is not None:
            raise self._error
        return piece

    def rest(self, piece: bytes | None) -> Iterator[bytes]:
        """Yield ``piece`` and what follows it; the writer stops when this is closed."""
        try:
            while piece is not None:
                yield piece
                piece = self.get()
        finally:
            self._left.set()
            with contextlib.suppress(queue.Empty):
                self._queue.get_nowait()

    def _run(self, work: Callable[[IO[bytes]], None], done: Callable[[], None]) -> None:
        try:
            work(cast("IO[bytes]", self))
            self._send()
        except BaseException as error:
            self._error = error
        finally:
            done()
            with contextlib.suppress(StoreError):
                self._put(None)

    def _send(self) -> None:
        piece = bytes(self._buffer)
        self._buffer.clear()
        if piece:
            self._put(piece)

    def _put(self, piece: bytes | None) -> None:
        if self._left.is_set():
            raise StoreError("the reader of the export has left")
        try:
            self._queue.put(piece, timeout=_PATIENCE)
        except queue.Full:
            raise StoreError(f"nobody read the export for {_PATIENCE:.0f} seconds") from None
