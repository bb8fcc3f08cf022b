"""A dossier as sections of plain tables, as Markdown, and as a page to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TypeAlias
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, Template

from dragoman.analysis.dossier import Accusation, Dossier
from dragoman.analysis.rows import EventRow
from dragoman.analysis.subjects import Kind
from dragoman.render import plain

_MARKDOWN = str.maketrans({char: "\\" + char for char in "\\`*_{}[]<>#|!~&"})


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere; ``url`` is of http or https."""

    text: str
    url: str


Cell: TypeAlias = str | Link


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and a table; ``empty`` is what to say if it has no rows."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str


def sections(dossier: Dossier, names: Mapping[str, str]) -> tuple[Section, ...]:
    """Return the dossier as tables of text without control characters.

    ``names`` maps codes to names (``code_names``); a code without one stands for itself.
    """
    name = dossier.subject.name
    offices = tuple(
        (o.office, names.get(o.country, o.country), o.holder, _since(o.since), _until(o.until))
        for o in dossier.offices
    )
    announced = tuple(
        (
            _days(one.start, one.end),
            one.outcome.value,
            _who(one.event, names),
            one.event.act,
            one.place or "",
            _quote(one.event.evidence),
            f"{_day(one.held.start)}: {_quote(one.held.evidence)}" if one.held else "",
        )
        for one in dossier.announced
    )
    said = tuple(
        (
            _day(s.published),
            ", ".join(s.speakers),
            s.stance,
            ", ".join(names.get(code, code) for code in s.about) or s.topic or "",
            _quote(s.evidence),
            s.publisher or s.source,
        )
        for s in dossier.statements
    )
    relations = tuple(
        (
            _day(r.published),
            f"{r.sector} {r.label}" if r.sector else r.label,
            _relation_sides((r.sides, r.from_, r.to), names),
            _quote(r.evidence),
            r.publisher or r.source,
        )
        for r in dossier.relations
    )
    made = [
        Section(
            "Offices",
            ("office", "of", "holder", "from", "until"),
            offices,
            "No office is in the codebook.",
        ),
        Section(
            "Acts by type",
            ("type", "as actor", "as recipient"),
            tuple((kind, str(acts), str(received)) for kind, acts, received in dossier.by_type),
            "No act that happened.",
        ),
        Section(
            "Counterparts",
            ("who", "events", "cooperation", "conflict"),
            tuple(
                (names.get(c.code, c.code), str(c.events), str(c.cooperation), str(c.conflict))
                for c in dossier.counterparts
            ),
            "Nobody is named.",
        ),
        _events("Met", dossier.meetings, names, "No meeting is told of."),
        Section(
            "Announced",
            ("when", "outcome", "who", "act", "place", "words", "took place"),
            announced,
            "Nothing is announced.",
        ),
        Section(
            "Said",
            ("reported", "who", "stance", "about", "words", "according to"),
            said,
            "No statement with a stance.",
        ),
        _events("Told of, as a source", dossier.claims, names, "It is nobody's source."),
        _accusations("Accused", dossier.accused, "Nobody accuses it."),
        _accusations("Accuses", dossier.accuses, "It accuses nobody."),
        _contradictions(dossier, names),
        Section(
            "Standing relations",
            ("reported", "relation", "of", "words", "according to"),
            relations,
            "No report claims one.",
        ),
        _events("Latest events", dossier.events, names, f"No report tells of {plain(name)}."),
    ]
    if dossier.subject.kind is Kind.ISSUE:
        made = [s for s in made if s.title not in {"Offices", "Told of, as a source"}]
    return tuple(made)


def summary(dossier: Dossier) -> str:
    """Return in a sentence what the dossier rests on."""
    period = dossier.period
    told = f"{dossier.reports} report{'' if dossier.reports == 1 else 's'}"
    if dossier.first is not None:
        told += f", published {_days(dossier.first, dossier.last)}"
    span = ""
    if period.since or period.until:
        span = f"; events {_days(period.since, period.until)}"
    return f"A {dossier.subject.kind.value}, from {told}{span}; seen on {dossier.as_of}."


def to_markdown(dossier: Dossier, names: Mapping[str, str]) -> str:
    """Return the dossier as Markdown (CommonMark with tables); all text is escaped."""
    lines = [f"# {_markdown(dossier.subject.name)}", "", _markdown(summary(dossier)), ""]
    for section in sections(dossier, names):
        lines += [f"## {_markdown(section.title)}", ""]
        if not section.rows:
            lines += [_markdown(section.empty), ""]
            continue
        lines.append("| " + " | ".join(section.heads) + " |")
        lines.append("|" + " --- |" * len(section.heads))
        lines += ["| " + " | ".join(map(_markdown, row)) + " |" for row in section.rows]
        lines.append("")
    return "\n".join(lines)


def to_html(dossier: Dossier, names: Mapping[str, str], figures: Iterable[str] = ()) -> str:
    """Return the dossier as one page of HTML with its style in it, made to be printed.

    It loads nothing. ``figures`` are SVG of ``dragoman.charts``, put in as they are; all
    else is escaped.
    """
    style = files("dragoman.analysis") / "templates" / "dossier.css"
    charts = files("dragoman.charts") / "charts.css"
    return _template().render(
        title=plain(dossier.subject.name),
        summary=summary(dossier),
        sections=sections(dossier, names),
        figures=tuple(figures),
        style=style.read_text(encoding="utf-8") + charts.read_text(encoding="utf-8"),
    )


@cache
def _template() -> Template:
    loader = PackageLoader("dragoman.analysis", "templates")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.tests["link"] = lambda cell: isinstance(cell, Link)
    return environment.get_template("dossier.html.j2")


def _events(title: str, told: Sequence[EventRow], names: Mapping[str, str], empty: str) -> Section:
    heads = ("day", "who", "act", "status", "place", "words", "according to", "report")
    rows = tuple(
        (
            _days(e.start, e.end),
            _who(e, names),
            e.act,
            e.status,
            plain(e.place or ""),
            _quote(e.evidence),
            plain(e.said_by),
            _report(e),
        )
        for e in told
    )
    return Section(title, heads, rows, empty)


def _accusations(title: str, found: Sequence[Accusation], empty: str) -> Section:
    heads = ("day", "accuser", "accused", "act", "words", "report")
    rows = tuple(
        (
            _days(a.event.start, a.event.end),
            plain(", ".join(a.accusers)),
            plain(", ".join(a.accused)),
            f"{a.event.act} ({a.event.status})",
            _quote(a.event.evidence),
            _report(a.event),
        )
        for a in found
    )
    return Section(title, heads, rows, empty)


def _contradictions(dossier: Dossier, names: Mapping[str, str]) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for _, group in groupby(dossier.contradictions, key=lambda c: c.happening):
        shown = ""
        for one in group:
            lead = one.lead
            title = f"{_days(lead.start, lead.end)} {lead.act}: {_who(lead, names)}".strip()
            for version in one.versions:
                rows.append(
                    (
                        "" if title == shown else title,
                        one.field,
                        version.value,
                        plain("; ".join(version.said_by)),
                        str(version.origins),
                        _quote(version.events[0].evidence),
                    )
                )
                shown = title
    heads = ("happening", "what", "value", "according to", "origins", "words")
    return Section("Contradictions", heads, tuple(rows), "The sources agree, or tell it once.")


def _relation_sides(sides: tuple[tuple[str, ...], ...], names: Mapping[str, str]) -> str:
    together, source, target = (", ".join(names.get(c, c) for c in codes) for codes in sides)
    return together or f"{source} → {target}"


def _who(event: EventRow, names: Mapping[str, str]) -> str:
    actors, recipients = (
        ", ".join(names.get(code, code) for code in codes)
        for codes in (event.actors, event.recipients)
    )
    if not recipients:
        who = actors
    else:
        who = f"{actors or '?'} {'↔' if event.symmetric else '→'} {recipients}"
    people = ", ".join(event.people)
    return plain(f"{who} ({people})" if people else who)


def _report(event: EventRow) -> Cell:
    text = plain(event.title or event.publisher or event.source.rsplit("/", 1)[-1])
    if event.published is not None:
        text += f", {event.published}"
    url = event.url or ""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return text
    safe = scheme in {"http", "https"} and url.isprintable() and not set(url) & set(' <>"')
    return Link(text, url) if safe else text


def _quote(words: str | None) -> str:
    return f"“{plain(words)}”" if words else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _since(day: date | None) -> str:
    """Return the first day of an office as exactly as it is known (see ``Office``)."""
    if day is None or day.day != 1:
        return _day(day)
    return f"{day:%Y}" if day.month == 1 else f"{day:%Y-%m}"


def _until(day: date | None) -> str:
    """Return the last day of an office as exactly as it is known."""
    if day is None:
        return "open"
    if (day + timedelta(days=1)).day != 1:
        return _day(day)
    return f"{day:%Y}" if day.month == 12 else f"{day:%Y-%m}"


def _days(start: date | None, end: date | None) -> str:
    if start is None and end is None:
        return ""
    if start == end:
        return _day(start)
    return f"{_day(start) or '…'} to {_day(end) or '…'}"


def _markdown(cell: Cell) -> str:
    if isinstance(cell, Link):
        return f"[{_markdown(cell.text)}](<{cell.url}>)"
    return plain(cell).translate(_MARKDOWN)
