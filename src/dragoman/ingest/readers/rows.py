"""Reports as rows: JSON lines, a JSON array, CSV and Parquet, with a column mapping."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any

from dragoman.errors import InputError
from dragoman.ingest.context import Context
from dragoman.ingest.html import looks_like_html
from dragoman.ingest.readers import feed, html
from dragoman.ingest.units import Flaw, Found, Limits, Unit, clean, day, too_large

_FIELDS = ("title", "author", "url", "publisher", "language")


def units_of_lines(
    stream: IO[bytes], name: str, context: Context, before: int = 0
) -> Iterator[Unit | Flaw]:
    """Yield a unit for every line that is not blank; ``before`` lines came before them."""
    limit = context.limits.unit_bytes
    hints = context.row_hints()
    number = before
    while line := stream.readline(limit + 1):
        number += 1
        place = f"{name}#{number}"
        if len(line) > limit and not line.endswith(b"\n"):
            start = line[:1000]
            while line and not line.endswith(b"\n"):
                line = stream.readline(limit)
            yield Flaw(place, "too-large", f"a line longer than {limit:,} bytes", start)
        elif line.strip():
            yield Unit(place, "row", line.strip(), hints)


def units_of_json(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield a unit for every object of a JSON array, a single object or feed, or every line."""
    data = stream.read(context.limits.unit_bytes + 1)
    if len(data) > context.limits.unit_bytes:
        raise too_large(name, context.limits.unit_bytes)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        yield from units_of_lines(io.BytesIO(data), name, context)
        return
    if isinstance(content, dict) and feed.is_json_feed(content):
        yield Unit(name, "jsonfeed", data, context.hints)
        return
    for number, row in enumerate(content if isinstance(content, list) else [content], start=1):
        yield Unit(f"{name}#{number}", "row", _json(row), context.row_hints())


def units_of_csv(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield a unit for every row under the header."""
    csv.field_size_limit(min(context.limits.unit_bytes, sys.maxsize))
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_raw(stream))
    head = buffered.peek(65_536)[:65_536]
    text = io.TextIOWrapper(buffered, _encoding(head), errors="replace", newline="")
    first = head.split(b"\n", 1)[0]
    delimiter = max((b",", b";", b"\t"), key=first.count).decode()
    reader = csv.reader(text, delimiter=delimiter)
    header = next(reader, [])
    number = 1
    while True:
        number += 1
        place = f"{name}#{number}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Flaw(place, "csv-broken", f"the row is broken: {error}", b"%d" % number)
            continue
        if len(row) > len(header):
            yield Flaw(
                place,
                "csv-broken",
                f"the row has {len(row)} columns, the header {len(header)}",
                _json(row),
            )
        elif any(row):
            yield Unit(
                place, "row", _json(dict(zip(header, row, strict=False))), context.row_hints()
            )


def units_of_parquet(
    stream: IO[bytes],
    name: str,
    context: Context,
    groups: Sequence[int] | None = None,
    before: int = 0,
) -> Iterator[Unit | Flaw]:
    """Yield a unit for every row, or those of the row ``groups``; ``before`` came before them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        names = [n for n in file.schema_arrow.names if n in context.column_names()]
        number = before
        chosen = None if groups is None else list(groups)
        for batch in file.iter_batches(64, chosen, names or None):
            for row in batch.to_pylist():
                number += 1
                yield Unit(f"{name}#{number}", "row", _json(row), context.row_hints())
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(name, "parquet-broken", f"the Parquet file is broken: {error}") from error


def parse(unit: Unit, limits: Limits) -> Iterator[Found]:
    """Yield the report of a row. Raises ``InputError``: ``json-broken``, ``no-text-column``."""
    hints = dict(unit.hints)
    mapping: dict[str, list[str]] = json.loads(hints.pop("columns"))
    try:
        row = json.loads(unit.data)
    except (ValueError, RecursionError) as error:
        raise InputError(unit.name, "json-broken", f"the line is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise InputError(unit.name, "json-broken", "the line is JSON, but no object")
    text = _value(row, mapping["text"])
    if not isinstance(text, str) or not text.strip():
        raise InputError(
            unit.name,
            "no-text-column",
            f"none of the columns {', '.join(mapping['text'])} holds text; give --columns",
        )
    told: dict[str, Any] = {name: _value(row, mapping[name]) for name in _FIELDS}
    if isinstance(told["author"], list):
        told["author"] = ", ".join(str(name) for name in told["author"])
    if isinstance(told["language"], str):
        told["language"] = told["language"][:2].lower()
    told["published"] = day(_value(row, mapping["published"]))
    hints = {**clean(told), **hints}
    if looks_like_html(text):
        yield html.page(text, Unit(unit.name, "html", b"", hints))
    else:
        yield Found(text, hints)


def _value(row: dict[str, Any], names: list[str]) -> Any:
    for name in names:
        value: Any = row
        for part in [name] if name in row else name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value not in (None, ""):
            return value
    return None


def _json(row: object) -> bytes:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return text.encode("utf-8", "surrogatepass")


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head[: len(head) - 4].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) - 8:
            return "cp1252"
    return "utf-8-sig"


def _raw(stream: IO[bytes]) -> io.RawIOBase:
    if isinstance(stream, io.RawIOBase):
        return stream
    return io.BytesIO(stream.read())  # type: ignore[return-value]
