"""Reports and events as HTML for notebooks. Every word of a report is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from html import escape
from typing import TYPE_CHECKING

from dragoman.exporting.spans import marked
from dragoman.schema import Actor, Attribution, Event, Report, Span

if TYPE_CHECKING:
    from dragoman.exporting.selecting import Row

#: Colours that can be told apart on light and dark pages, and without colour by the letter.
_COLOURS = {
    "predicate": "#e6a817",
    "actor": "#3a9b52",
    "recipient": "#b0479c",
    "when": "#2a8fa8",
    "where": "#4068c8",
    "speaker": "#8a6d3b",
}
_OTHER = "#b5452f"
_CELL = 'style="text-align:left;vertical-align:top;padding:2px 8px"'


def report_html(report: Report) -> str:
    """Return the text with the words of every value marked, and a table of the events."""
    document, reading = report.document, report.reading
    head = [document.title or document.source, reading.publisher, str(reading.published or "")]
    title = " · ".join(escape(part) for part in head if part)
    counts = (
        f"{len(report.events)} events, {len(report.statements)} statements, "
        f"{len(report.relations)} relations"
    )
    return (
        f"<div><p><b>{title}</b><br><small>{counts} · {escape(report.coder)}</small></p>"
        f'<div style="white-space:pre-wrap;line-height:1.7">{_text(report)}</div>'
        f"{events_html(report.events, report.document.text)}</div>"
    )


def events_html(events: Iterable[Event], text: str | None = None) -> str:
    """Return a table of events, with their words if ``text`` is given."""
    header = ["status", "act", "who", "to whom", "when", "where", "how many", "according to"]
    if text is not None:
        header.append("words")
    rows = [_event(event, text) for event in events]
    return _table(header, rows) if rows else "<p>no events</p>"


def rows_html(rows: Iterable[Row], total: int) -> str:
    """Return a table of events of a store, and how many there are in all."""

    def cells(row: Row) -> list[str]:
        return [
            str(row.day or ""),
            row.status + (" (background)" if row.background else ""),
            row.type + (f"/{row.mode}" if row.mode else ""),
            "; ".join(_label(p.country, p.sector, p.label) for p in row.actors),
            "; ".join(_label(p.country, p.sector, p.label) for p in row.recipients),
            row.place or "",
            row.publisher or "",
            row.evidence or "",
        ]

    header = ["day", "status", "act", "who", "to whom", "where", "publisher", "words"]
    shown = [cells(row) for row in rows]
    more = f"<p><small>{len(shown)} of {total:,} events</small></p>"
    return (_table(header, shown) if shown else "") + more


def _table(header: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th {_CELL}>{escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td {_CELL}>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _event(event: Event, text: str | None) -> list[str]:
    kind = event.type.value + (f"/{event.mode}" if event.mode else "")
    numbers = [
        f"{m.kind} {m.low:g}"
        + ("+" if m.high is None else f"-{m.high:g}" if m.high != m.low else "")
        for m in event.magnitudes
    ]
    cells = [
        event.status.value + (" (background)" if event.background else ""),
        kind,
        "; ".join(_actor(a) for a in event.actors),
        "; ".join(_actor(a) for a in event.recipients),
        _days(event.when.start, event.when.end) if event.when else "",
        event.where.name if event.where else "",
        ", ".join(numbers),
        " ← ".join(_attribution(event.attribution)),
    ]
    if text is not None:
        cells.append(event.mentions[0].evidence.of(text) if event.mentions else "")
    return cells


def _actor(actor: Actor) -> str:
    return _label(actor.country, actor.sector, actor.person or actor.name)


def _label(country: str | None, sector: str | None, name: str) -> str:
    codes = " ".join(filter(None, (country, sector)))
    return f"{codes} ({name})" if codes else name


def _days(start: date | None, end: date | None) -> str:
    return str(start) if start == end else f"{start or '…'} to {end or '…'}"


def _attribution(attribution: Attribution | None) -> Iterator[str]:
    while attribution is not None:
        names = ", ".join(a.person or a.name for a in attribution.speakers)
        if names or attribution.publisher:
            yield names or attribution.publisher or ""
        attribution = attribution.inner


def _text(report: Report) -> str:
    """Return the escaped text with marks; of overlapping values the first one is shown."""
    values: dict[Span, list[str]] = {}
    for event in report.events:
        for mark in marked(event):
            if mark.label != "evidence" and mark.span.start < mark.span.end:
                told = f"{event.type.value} {mark.label}: {mark.value}"
                values.setdefault(mark.span, []).append(told)
    text, at, pieces = report.document.text, 0, list[str]()
    for span in sorted(values, key=lambda s: (s.start, -s.end)):
        if span.start < at:
            continue
        pieces.append(escape(text[at : span.start]))
        label = values[span][0].split()[1].rstrip(":")
        colour = _COLOURS.get(label, _OTHER)
        title = escape("\n".join(dict.fromkeys(values[span])), quote=True)
        pieces.append(
            f'<span title="{title}" style="border-bottom:3px solid {colour}">'
            f"{escape(span.of(text))}</span>"
        )
        at = span.end
    pieces.append(escape(text[at:]))
    return "".join(pieces)
