"""A dyad's series: cooperation up, conflict down, a panel for each direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from dragoman.analysis.series import ChangePoint, DyadSeries, Point
from dragoman.charts.svg import (
    DataTable,
    chart,
    evenly,
    hint,
    in_words,
    label,
    linked,
    nice_top,
    number,
    tag,
)

_WIDTH, _LEFT, _RIGHT = 720, 56, 10
_TOP, _PANEL, _HEAD, _BOTTOM = 34, 140, 36, 44
#: More steps than this are drawn as an area: bars would be thinner than a pixel.
_BARS = 240

#: First and last day of a step to the address of its events.
StepLink = Callable[[date, date], str | None]


def series_chart(
    series: DyadSeries, names: Mapping[str, str] | None = None, *, link: StepLink | None = None
) -> str:
    """Return the series of a dyad as SVG, 720 units wide.

    Both panels have one scale. Bars above the line are events of cooperation, below it of
    conflict. Change points are dashed lines through both panels, as they are found in all
    acts between the two. ``link`` makes the bars of a step a link (up to 240 steps).
    """
    names = names or {}
    a, b = names.get(series.a, series.a), names.get(series.b, series.b)
    points = series.both
    every = (*series.forward, *series.backward)
    top = nice_top(max((max(p.cooperation, p.conflict) for p in every), default=1) or 1)
    panels = ((f"{a} → {b}", series.forward), (f"{b} → {a}", series.backward))
    body = [_legend(bool(series.changes))]
    y = float(_TOP)
    for title, shown in panels:
        body.append(label(_LEFT, y + 20, title, "panel-title"))
        y += _HEAD
        body.append(_panel(shown, y, top, series.step, title, link))
        y += _PANEL
    body.append(_days(points, y))
    body += [_change(one, points, series.step, y) for one in series.changes]
    height = y + _BOTTOM
    return chart("series", _WIDTH, height, f"{a} and {b} by {series.step}", _told(series), *body)


def series_table(series: DyadSeries, names: Mapping[str, str] | None = None) -> DataTable:
    """Return the steps with events, as a table."""
    names = names or {}
    a, b = names.get(series.a, series.a), names.get(series.b, series.b)
    changed = {change.first: change for change in series.changes}
    rows = []
    for there, back in zip(series.forward, series.backward, strict=True):
        change = changed.get(there.first)
        if there.events or back.events or change:
            counts = (there.cooperation, there.conflict, back.cooperation, back.conflict)
            told = f"{change.measure} {change.before:.2f} → {change.after:.2f}" if change else ""
            rows.append((in_words(there.first, there.last), *map(str, counts), told))
    heads = (
        series.step,
        f"{a} → {b}: cooperation",
        "conflict",
        f"{b} → {a}: cooperation",
        "conflict",
        "change of level",
    )
    return DataTable(
        f"{a} and {b} by {series.step}, steps without events left out", heads, tuple(rows)
    )


def _told(series: DyadSeries) -> str:
    points = series.both
    if not points:
        return "There are no dated events."
    cooperation, conflict = (
        sum(getattr(p, measure) for p in points) for measure in ("cooperation", "conflict")
    )
    busiest = max(points, key=lambda p: p.events)
    return (
        f"{cooperation} events of cooperation and {conflict} of conflict from {points[0].first} "
        f"to {points[-1].last}; most in the {series.step} of {busiest.first} "
        f"({busiest.events}); {len(series.changes)} change points."
    )


def _legend(changes: bool) -> str:
    parts = [
        tag("rect", {"x": _LEFT, "y": 8, "width": 14, "height": 14, "class": "cooperation"}),
        label(_LEFT + 20, 20, "cooperation"),
        tag("rect", {"x": _LEFT + 200, "y": 8, "width": 14, "height": 14, "class": "conflict"}),
        label(_LEFT + 220, 20, "conflict"),
    ]
    if changes:
        x = _LEFT + 380
        parts.append(tag("path", {"d": f"M{x} 6V24", "class": "change"}))
        parts.append(label(x + 10, 20, "change of level"))
    return tag("g", {"class": "legend"}, *parts)


def _x(number_of_points: int) -> float:
    """Return the width of a step."""
    return (_WIDTH - _LEFT - _RIGHT) / max(1, number_of_points)


def _panel(
    points: Sequence[Point], y: float, top: int, step: str, title: str, link: StepLink | None
) -> str:
    middle, half = y + _PANEL / 2, _PANEL / 2 - 4
    parts = []
    for value in (top, -top):
        at = middle - value / top * half
        parts.append(
            tag("path", {"d": f"M{_LEFT} {number(at)}H{_WIDTH - _RIGHT}", "class": "grid"})
        )
        parts.append(label(_LEFT - 6, at + 5, str(abs(value)), "tick", "end"))
    parts.append(label(_LEFT - 6, middle + 5, "0", "tick", "end"))
    wide = _x(len(points))
    if len(points) > _BARS:
        parts += [_area(points, wide, middle, half / top, m) for m in ("cooperation", "conflict")]
    else:
        for place, point in enumerate(points):
            if point.events:
                parts.append(_bars(point, place, wide, middle, half / top, title, link))
    parts.append(
        tag("path", {"d": f"M{_LEFT} {number(middle)}H{_WIDTH - _RIGHT}", "class": "axis"})
    )
    return tag("g", None, *parts)


def _bars(
    point: Point,
    place: int,
    wide: float,
    middle: float,
    unit: float,
    title: str,
    link: StepLink | None,
) -> str:
    x, width = _LEFT + (place + 0.1) * wide, min(wide * 0.8, 48.0)
    x += (wide * 0.8 - width) / 2
    told = (
        f"{title}, {in_words(point.first, point.last)}: "
        f"{point.cooperation} cooperation, {point.conflict} conflict"
    )
    bars = [hint(told)]
    for measure, count, y in (
        ("cooperation", point.cooperation, middle - point.cooperation * unit),
        ("conflict", point.conflict, middle),
    ):
        if count:
            at = {"x": x, "y": y, "width": width, "height": count * unit, "class": measure}
            bars.append(tag("rect", at))
    url = link(point.first, point.last) if link is not None else None
    return linked(url, tag("g", {"class": "bar"}, *bars), name=told if url else None)


def _area(points: Sequence[Point], wide: float, middle: float, unit: float, measure: str) -> str:
    sign = -1 if measure == "cooperation" else 1
    path, before = [f"M{_LEFT} {number(middle)}"], 0
    for place, point in enumerate(points):
        count = getattr(point, measure)
        if count != before:
            x, y = _LEFT + place * wide, middle + sign * count * unit
            path.append(f"H{number(x)}V{number(y)}")
            before = count
    path.append(f"H{_WIDTH - _RIGHT}V{number(middle)}Z")
    return tag("path", {"d": "".join(path), "class": measure})


def _days(points: Sequence[Point], y: float) -> str:
    """Return the labels of the axis: ends and middle always, others where there is room."""
    if not points:
        return label(_WIDTH / 2, y - _PANEL, "no dated events", "empty", "middle")
    wide = _x(len(points))
    shown = evenly(len(points), 5)
    always = {shown[0], shown[-1], shown[len(shown) // 2]} if len(shown) > 2 else set(shown)
    parts = []
    for place in shown:
        x = _LEFT + (place + 0.5) * wide
        ends = len(shown) > 1
        anchor = "start" if ends and place == shown[0] else "middle"
        anchor = "end" if ends and place == shown[-1] else anchor
        x = {"start": _LEFT, "end": _WIDTH - _RIGHT}.get(anchor, x)
        parts.append(
            label(
                x,
                y + 24,
                str(points[place].first),
                "tick" if place in always else "tick minor",
                anchor,
            )
        )
    return tag("g", None, *parts)


def _change(change: ChangePoint, points: Sequence[Point], step: str, bottom: float) -> str:
    place = next(n for n, point in enumerate(points) if point.first == change.first)
    x = _LEFT + place * _x(len(points))
    told = (
        f"{change.measure} changes on {change.first}: from {change.before:.2f} to "
        f"{change.after:.2f} events a {step}"
    )
    up = change.after > change.before
    tip = f"M{number(x - 5)} {_TOP + (6 if up else -2)}h10l-5 {-8 if up else 8}z"
    return tag(
        "g",
        {"class": f"change-of-{change.measure}"},
        hint(told),
        tag("path", {"d": f"M{number(x)} {_TOP}V{number(bottom)}", "class": "change"}),
        tag("path", {"d": tip, "class": f"change-tip {change.measure}"}),
    )
