"""Events as tables: Parquet, CSV that is safe in spreadsheets, and JSON lines.

The three hold the same columns and every chosen event: of any status, of the background,
and each telling of a happening; ``is_lead`` marks the one that stands for it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from dragoman.exporting.formats import Column, Format, columns
from dragoman.exporting.selecting import Party, Row, Source

#: Rows per row group of Parquet, and per batch in memory.
_BATCH = 5_000
#: What makes a spreadsheet take a cell for a formula, and our own mark.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_KINDS = ("killed", "injured", "arrested", "missing", "crowd", "money")

COLUMNS = columns(
    """
    event_id | string | id of the event; the same coding of the same report has the same id
    happening | string | id of the happening that this event tells of; empty for background
    is_lead | boolean | the event stands for its happening: filter on it to count once
    document | string | id of the report
    type | string | PLOVER type
    mode | string | PLOVER mode
    cameo | string | CAMEO code as text, with its leading zero
    quad | integer | 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material
      conflict
    score | number | PLOVER conflict-cooperation score, -10 to 10
    contexts | array | PLOVER contexts
    status | string | actual, planned, alleged, denied or hypothetical
    background | boolean | told as history
    is_symmetric | boolean | the parties are peers
    day | date | first day of the interval, or else the day of publication
    start_date | date | first day
    end_date | date | last day
    date_precision | string | day, week, month, quarter, year, decade, open or fuzzy
    date_text | string | the words of the time
    actor_names | array | person, or else the words of the report
    actor_countries | array | ISO 3166-1 alpha-3, or the codebook's code of an organisation
    actor_sectors | array | PLOVER sectors
    actor_offices | array | offices
    recipient_names | array | as actor_names
    recipient_countries | array | as actor_countries
    recipient_sectors | array | as actor_sectors
    recipient_offices | array | as actor_offices
    place | string | name of the place
    place_country | string | ISO 3166-1 alpha-3
    place_admin1 | string | GeoNames code of the first-level division
    place_precision | string | site, city, admin1, country or region
    latitude | number | WGS 84 degrees; empty for what is no point
    longitude | number | WGS 84 degrees
    geonames_id | string | GeoNames id
    attribution | string | how the claim is attributed
    speaker_names | array | who says so, the outermost first
    speaker_countries | array | their countries
    publisher | string | who published it
    killed_low | number | killed, at least
    killed_high | number | killed, at most; empty if there is no upper bound
    injured_low | number | injured, at least
    injured_high | number | injured, at most
    arrested_low | number | arrested, at least
    arrested_high | number | arrested, at most
    missing_low | number | missing, at least
    missing_high | number | missing, at most
    crowd_low | number | size of a crowd, at least
    crowd_high | number | size of a crowd, at most
    money_low | number | amount, at least
    money_high | number | amount, at most
    money_unit | string | ISO 4217 code of the currency
    confidence | number | 0 to 1
    evidence | string | the sentence or clause that tells it
    evidence_start | integer | code-point offset of the evidence in the report
    evidence_end | integer | its end, exclusive
    predicate_start | integer | code-point offset of the word that tells the act
    predicate_end | integer | its end, exclusive
    reports | integer | reports that tell of the happening
    origins | integer | independent origins among them
    title | string | title of the report
    url | string | address of the report
    published | date | day of publication
    language | string | ISO 639-1 code
    coder | string | version of the coder
    run | string | id of the run that coded it
    """
)
_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "array": pa.list_(pa.string()),
}


def schema(of: Iterable[Column] = COLUMNS) -> pa.Schema:
    """Return the Arrow schema of ``of``, with the meaning of each column in its metadata."""
    return pa.schema(
        [pa.field(c.name, _ARROW[c.type], metadata={"description": c.meaning}) for c in of]
    )


def record(row: Row) -> dict[str, Any]:
    """Return the values of ``COLUMNS`` for one event."""
    first = row.tellings[0] if row.tellings else None
    found: dict[str, Any] = {
        name: getattr(row, name)
        for name in (column.name for column in COLUMNS)
        if name in Row.__slots__
    }
    found["event_id"] = row.id
    found |= _parties("actor", row.actors) | _parties("recipient", row.recipients)
    found["speaker_names"] = [p.label for p in row.speakers]
    found["speaker_countries"] = [p.country for p in row.speakers]
    for kind in _KINDS:
        number = next((n for n in row.numbers if n.kind == kind), None)
        found[f"{kind}_low"] = number.low if number else None
        found[f"{kind}_high"] = number.high if number else None
        if kind == "money":
            found["money_unit"] = number.unit if number else None
    found["evidence_start"] = first.evidence_start if first else None
    found["evidence_end"] = first.evidence_end if first else None
    found["predicate_start"] = first.predicate_start if first else None
    found["predicate_end"] = first.predicate_end if first else None
    return {column.name: found[column.name] for column in COLUMNS}


def _parties(role: str, parties: list[Party]) -> dict[str, Any]:
    return {
        f"{role}_names": [p.label for p in parties],
        f"{role}_countries": [p.country for p in parties],
        f"{role}_sectors": [p.sector for p in parties],
        f"{role}_offices": [p.office for p in parties],
    }


def batched(rows: Iterable[dict[str, Any]], size: int = _BATCH) -> Iterator[list[dict[str, Any]]]:
    """Yield ``rows`` in lists of ``size``."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def write_parquet(rows: Iterable[dict[str, Any]], layout: pa.Schema, file: IO[bytes]) -> int:
    """Write ``rows`` as Parquet with the columns of ``layout``; return how many."""
    count = 0
    with pq.ParquetWriter(file, layout, compression="zstd") as writer:
        for batch in batched(rows):
            writer.write_table(pa.Table.from_pylist(batch, schema=layout))
            count += len(batch)
    return count


def parquet(source: Source, file: IO[bytes]) -> int:
    """Write the chosen events as Parquet."""
    return write_parquet(map(record, source.rows()), schema(), file)


def jsonl(source: Source, file: IO[bytes]) -> int:
    """Write the chosen events as one JSON object a line."""
    count = 0
    for row in source.rows():
        values = {name: json_value(value) for name, value in record(row).items()}
        file.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def csv_table(source: Source, file: IO[bytes]) -> int:
    """Write the chosen events as CSV whose texts no spreadsheet takes for formulas."""
    return write_csv((record(row) for row in source.rows()), COLUMNS, file)


def raw_csv_table(source: Source, file: IO[bytes]) -> int:
    """Write the chosen events as CSV without guarding texts against spreadsheets."""
    return write_csv((record(row) for row in source.rows()), COLUMNS, file, guard=False)


def write_csv(
    rows: Iterable[dict[str, Any]],
    of: Iterable[Column],
    file: IO[bytes],
    *,
    guard: bool = True,
) -> int:
    """Write ``rows`` with a header; return how many.

    A text that begins with one of ``= + - @``, their full-width forms, a tab or a line end
    has an apostrophe before it, and so has one that begins with an apostrophe: taking one
    leading apostrophe off every text gives the value back. Numbers are never touched.
    Lists are joined by ``;``, with ``\\`` before a ``;`` or ``\\`` inside an item.
    """
    of = tuple(of)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in of])
    count = 0
    for row in rows:
        cells = [_cell(row[column.name]) for column in of]
        if guard:
            kinds = (column.type for column in of)
            cells = [
                guarded(c) if k in {"string", "array"} else c
                for c, k in zip(cells, kinds, strict=True)
            ]
        writer.writerow(cells)
        count += 1
    text.detach()
    return count


def guarded(text: str) -> str:
    """Return ``text`` with an apostrophe before it if a spreadsheet would run it."""
    return "'" + text if text.startswith(_FORMULA) else text


def read_csv(file: IO[str], of: Iterable[Column] = COLUMNS) -> Iterator[dict[str, Any]]:
    """Yield the rows that ``write_csv`` wrote, with the types of ``of``."""
    kinds = {column.name: column.type for column in of}
    for row in csv.DictReader(file):
        values = {name: _value(cell, kinds[name]) for name, cell in row.items()}
        for name, value in values.items():
            role, _, part = name.rpartition("_")
            if kinds[name] == "array" and part in {"countries", "sectors", "offices"}:
                names = values[f"{role}_names"]
                values[name] = [*value, *[None] * (len(names) - len(value))]
        yield values


def _value(cell: str, kind: str) -> Any:
    if kind in {"string", "array"}:
        cell = cell.removeprefix("'")
    if kind == "array":
        return _items(cell)
    if not cell:
        return None
    match kind:
        case "integer":
            return int(cell)
        case "number":
            return float(cell)
        case "boolean":
            return cell == "true"
        case "date":
            return date.fromisoformat(cell)
    return cell


def _items(cell: str) -> list[str | None]:
    if not cell:
        return []
    found, current, escaped = [], "", False
    for character in cell:
        if escaped or character not in "\\;":
            current, escaped = current + character, False
        elif character == "\\":
            escaped = True
        else:
            found.append(current)
            current = ""
    return [item or None for item in (*found, current)]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ";".join((v or "").replace("\\", "\\\\").replace(";", "\\;") for v in value)
        case float():
            return repr(value)
    return str(value)


def json_value(value: Any) -> Any:
    """Return ``value`` as JSON has it: days as ISO 8601 text."""
    return value.isoformat() if isinstance(value, date | datetime) else value


FORMATS = (
    Format(
        "parquet",
        ".parquet",
        "application/vnd.apache.parquet",
        "events, zstd, sorted by day",
        parquet,
        COLUMNS,
    ),
    Format("csv", ".csv", "text/csv", "events, safe in spreadsheets", csv_table, COLUMNS),
    Format(
        "csv-raw",
        ".csv",
        "text/csv",
        "events, texts as they are: a spreadsheet may run what a report says",
        raw_csv_table,
        COLUMNS,
    ),
    Format("jsonl", ".jsonl", "application/jsonl", "events, one object a line", jsonl, COLUMNS),
)
