"""A month of the agenda: what is announced for each day, and what became of it."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from dragoman.analysis.agenda import Announcement, Outcome
from dragoman.charts.svg import DataTable, chart, hint, in_words, label, linked, tag

_WIDTH, _HEAD, _HIGH, _LINE, _SHOWN = 723, 34, 106, 24, 3
_CELL = 103
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Signs that tell the outcome without colour.
SIGNS = {
    Outcome.AHEAD: "○",
    Outcome.TOOK_PLACE: "●",
    Outcome.AWAITED: "?",
    Outcome.LAPSED: "×",
    Outcome.UNDATED: "-",
}
#: Longer intervals stand under the month, not in each of its days.
_LONGEST = 7

#: An announcement to the address of its report.
AgendaLink = Callable[[Announcement], str | None]


def calendar_chart(
    announcements: Sequence[Announcement],
    year: int,
    month: int,
    *,
    today: date | None = None,
    link: AgendaLink | None = None,
) -> str:
    """Return a month as SVG, 723 units wide, weeks from Monday.

    A day shows at most three entries, as sign of the outcome and codes, and how many more
    there are. What is announced for more than a week is not in it: ``calendar_table`` has
    everything.
    """
    first = date(year, month, 1)
    last = first.replace(day=calendar.monthrange(year, month)[1])
    start = first - timedelta(days=first.weekday())
    weeks = ((last - start).days) // 7 + 1
    title = f"{calendar.month_name[month]} {year}"
    body = [
        label((n + 0.5) * _CELL, 22, name, "weekday", "middle") for n, name in enumerate(_NAMES)
    ]
    shown = 0
    for number in range(weeks * 7):
        day = start + timedelta(days=number)
        x, y = 1 + number % 7 * _CELL, _HEAD + number // 7 * _HIGH
        if day.month != month:
            continue
        entries = [one for one in announcements if _is_on(one, day)]
        shown += len(entries)
        body.append(_cell(day, x, y, entries, today, link))
    kept = [one for one in announcements if _touches(one, first, last)]
    told = f"{len(kept)} announcements touch {title}; {shown} entries in its days."
    legend_y = _HEAD + weeks * _HIGH + 28
    body.append(_legend(legend_y))
    return chart("calendar", _WIDTH, legend_y + 44, f"Agenda of {title}", told, *body)


def calendar_table(
    announcements: Sequence[Announcement],
    year: int,
    month: int,
    names: Mapping[str, str] | None = None,
) -> DataTable:
    """Return everything that is announced for a day of the month, as a table."""
    names = names or {}
    first = date(year, month, 1)
    last = first.replace(day=calendar.monthrange(year, month)[1])
    rows = tuple(
        (
            in_words(one.start, one.end),
            one.outcome.value,
            ", ".join(names.get(code, code) for code in one.event.parties),
            one.event.act,
            one.place or "",
        )
        for one in announcements
        if one.start and one.end and _touches(one, first, last)
    )
    heads = ("when", "outcome", "who", "act", "place")
    return DataTable(f"Agenda of {calendar.month_name[month]} {year}", heads, rows)


def _touches(one: Announcement, first: date, last: date) -> bool:
    return bool(one.start and one.end and one.start <= last and one.end >= first)


def _is_on(one: Announcement, day: date) -> bool:
    if one.start is None or one.end is None:
        return False
    return one.start <= day <= one.end and (one.end - one.start).days < _LONGEST


def _cell(
    day: date,
    x: float,
    y: float,
    entries: Sequence[Announcement],
    today: date | None,
    link: AgendaLink | None,
) -> str:
    classes = "day weekend" if day.weekday() > 4 else "day"
    parts = [
        tag("rect", {"x": x, "y": y, "width": _CELL, "height": _HIGH, "class": classes}),
        label(x + 8, y + 22, str(day.day), "date"),
    ]
    if day == today:
        # Within the cell, so that its neighbours do not cover it.
        ring = {"x": x + 2, "y": y + 2, "width": _CELL - 4, "height": _HIGH - 4}
        parts.insert(1, tag("rect", {**ring, "class": "today"}, hint("today")))
    room = _SHOWN if len(entries) <= _SHOWN else _SHOWN - 1
    for place, one in enumerate(entries[:room]):
        parts.append(_entry(one, day, x + 6, y + 32 + place * _LINE, link))
    if len(entries) > room:
        more = f"+{len(entries) - room} more"
        parts.append(label(x + 10, y + 32 + room * _LINE + 16, more, "more"))
    return tag("g", None, *parts)


def _entry(one: Announcement, day: date, x: float, y: float, link: AgendaLink | None) -> str:
    parties = one.event.parties or ("?",)
    sign = SIGNS[one.outcome]
    told = f"{day}: {', '.join(parties)}, {one.event.act}, {one.outcome.value}"
    short = parties[0] + ("+" if len(parties) > 1 else "")
    kind = one.outcome.value.replace(" ", "-")
    at = {"x": x, "y": y, "width": _CELL - 12, "height": _LINE - 4, "rx": 4}
    inner = tag(
        "g",
        {"class": f"entry {kind}"},
        hint(told),
        tag("rect", at),
        label(x + 6, y + 15, f"{sign} {' '.join(parties[:2])}", "wide-only"),
        label(x + 3, y + 17, f"{sign} {short}", "narrow-only"),
    )
    url = link(one) if link is not None else None
    return linked(url, inner, name=told if url else None)


def _legend(y: float) -> str:
    parts = []
    shown = (Outcome.TOOK_PLACE, Outcome.AHEAD, Outcome.AWAITED, Outcome.LAPSED)
    for place, outcome in enumerate(shown):
        parts.append(label(4 + place * 182, y, f"{SIGNS[outcome]} {outcome.value}"))
    return tag("g", {"class": "legend"}, *parts)
