"""Take a source apart into units, and parse a unit: the two things the worker does."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import IO

from dragoman.errors import InputError
from dragoman.ingest.context import Context
from dragoman.ingest.files import document_from_text
from dragoman.ingest.readers import (
    archives,
    feed,
    html,
    mail,
    newsml,
    pdf,
    rows,
    sitemap,
    text,
    urls,
    warc,
)
from dragoman.ingest.sniff import HEAD, sniff
from dragoman.ingest.streams import gunzip
from dragoman.ingest.units import Flaw, Found, Limits, Link, Part, Unit, too_large
from dragoman.schema import Document

_CONTAINERS: dict[str, Callable[[IO[bytes], str, Context], Iterator[Unit | Flaw]]] = {
    "zip": archives.units_of_zip,
    "tar": archives.units_of_tar,
    "warc": warc.units,
    "jsonl": rows.units_of_lines,
    "json": rows.units_of_json,
    "csv": rows.units_of_csv,
    "parquet": rows.units_of_parquet,
    "mbox": mail.units,
    "urls": urls.units,
}
_PARSERS: dict[str, Callable[[Unit, Limits], Iterator[Found | Link]]] = {
    "text": text.parse,
    "html": html.parse,
    "feed": feed.parse,
    "jsonfeed": feed.parse_json,
    "sitemap": sitemap.parse,
    "urls": urls.parse,
    "newsml": newsml.parse,
    "pdf": pdf.parse,
    "mail": mail.parse,
    "row": rows.parse,
}
_SEEKING = {"zip", "parquet"}


def units_of(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield the units of a source of any format, in order.

    Raises ``InputError`` where the rest of the source cannot be read; what was yielded
    before holds.
    """
    rest, head = _head(stream)
    if not head.strip():
        raise InputError(name, "empty", "holds no text")
    kind = sniff(head, name.rpartition("!")[2])
    if kind == "gzip":
        yield from context.nested(gunzip(rest, name, context.limits), name)
    elif kind == "packed":
        raise InputError(name, "binary", "this compression is not read; unpack it or use gzip")
    elif kind in _SEEKING:
        yield from _CONTAINERS[kind](context.seekable(rest, name), name, context)
    elif kind in _CONTAINERS:
        yield from _CONTAINERS[kind](rest, name, context)
    else:
        limit = context.limits.unit_bytes
        data = rest.read(limit + 1)
        if len(data) > limit:
            raise too_large(name, limit)
        yield Unit(name, kind, data, context.hints)


def units_of_part(
    stream: IO[bytes], name: str, context: Context, part: Part
) -> Iterator[Unit | Flaw]:
    """Yield the units of one stretch of a source, as ``units_of`` yields them of the whole.

    Raises ``InputError`` where the rest of the stretch cannot be read.
    """
    if part.kind == "rows":
        groups = range(part.start, part.stop)
        yield from rows.units_of_parquet(stream, name, context, groups, part.before)
        return
    stream.seek(part.start)
    stretch = io.BufferedReader(_Raw(stream, part.stop - part.start))
    yield from rows.units_of_lines(stretch, name, context, part.before)


def parse(unit: Unit, limits: Limits) -> Iterator[Document | Link]:
    """Yield the documents and links of one unit. Raises ``InputError``."""
    number = 0
    for found in _PARSERS[unit.format](unit, limits):
        if isinstance(found, Link):
            yield found
            continue
        number += 1
        source = unit.name if number == 1 else f"{unit.name}#{number}"
        if len(found.text) > limits.text_characters:
            raise InputError(
                source, "too-large", f"more than {limits.text_characters:,} characters of text"
            )
        hints = found.hints
        yield document_from_text(
            found.text,
            source=source,
            title=hints.get("title"),
            author=hints.get("author"),
            url=hints.get("url"),
            publisher=hints.get("publisher"),
            language=hints.get("language"),
            published=_date(hints.get("published_by_option")),
            published_by_metadata=_date(hints.get("published")),
        )


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _head(stream: IO[bytes]) -> tuple[IO[bytes], bytes]:
    """Return the stream and its first bytes, without moving on and without reading far.

    A cut-off stream raises its error only where its good part ends.
    """
    if isinstance(stream, io.BufferedReader):
        return stream, stream.peek(HEAD)[:HEAD]
    if stream.seekable():
        head = stream.read(HEAD)
        stream.seek(0)
        return stream, head
    buffered = io.BufferedReader(_Raw(stream))
    return buffered, buffered.peek(HEAD)[:HEAD]


class _Raw(io.RawIOBase):
    """Any stream of bytes as a raw one, as far as ``left`` bytes."""

    def __init__(self, stream: IO[bytes], left: int | None = None) -> None:
        self._stream = stream
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        size = len(view) if self._left is None else min(len(view), self._left)
        data = self._stream.read(size)
        if self._left is not None:
            self._left -= len(data)
        view[: len(data)] = data
        return len(data)
