"""What the pages ask of the index. Values go in as bound parameters only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import duckdb

from dragoman.schema import Report
from dragoman.serialise import from_json
from dragoman.serving.counting import total
from dragoman.serving.filters import SORTS, Cursor, Filter
from dragoman.serving.finding import asking
from dragoman.serving.library import Library
from dragoman.serving.search import OPEN, highlighted, match_of, snippets

#: Place, date and agency before a dash, at the head of a report without a title.
_DATELINE = re.compile(r"[A-Z].{0,90}?\s[-–—]+\s(?=\S)")
_COLUMNS = (
    "id, document_no, type, mode, quad, score, status, background, attribution, speakers, "
    "actors, recipients, is_symmetric, sectors, day, end_date, date_precision, published, place, "
    "place_country, place_precision, latitude, longitude, publisher, confidence, evidence, "
    "is_lead, corrected, members"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of events; ``after`` is the cursor of the next page, ``None`` on the last."""

    rows: list[dict[str, Any]]
    after: str | None
    total: int
    match: str | None


def _dicts(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


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
        _add_reports(db, rows)
        match = match_of(wanted.q)
        if match is not None:
            _mark(match, rows, _texts(db, {row["document"] for row in rows}))
    for row in rows:
        del row["sort_value"]
        _add_cast(row)
        row["title"] = title_of(row["title"] if row.pop("has_title") else None, row["title"])
    return Page(rows, after, total(library, wanted), match)


def _add_reports(db: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """Add to each row what is told of its report."""
    db.execute(
        "SELECT no, document, title, has_title, url, source FROM pages.reports "
        "WHERE no IN (SELECT unnest(?))",
        [[row["document_no"] for row in rows]],
    )
    reports = {report.pop("no"): report for report in _dicts(db)}
    for row in rows:
        row |= reports[row.pop("document_no")]


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
