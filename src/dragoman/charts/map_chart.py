"""A map: countries coloured by a measure, points that show how exact they are, arcs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dragoman.analysis.places import Arc, CountryValue, PlacePoint
from dragoman.charts.projection import equal_earth
from dragoman.charts.scales import Scale, scale_of
from dragoman.charts.svg import DataTable, chart, hint, label, linked, number, tag
from dragoman.charts.world import Shape, world
from dragoman.schema import PlacePrecision

_WIDTH, _MOST_HEIGHT, _ROW = 960, 540, 44
_SOUTH, _NORTH = -57.0, 84.0
#: Countries that are smaller than this on the map get a square beside their outline.
_TINY = 7.0
#: The least margin around countries in focus, in radii of the globe.
_NEAREST = 0.06
_AREAS = frozenset({PlacePrecision.ADMIN1.value, PlacePrecision.REGION.value})
_MARKS = {"site": "exact site", "city": "town", "area": "region"}

#: A code to the address of its page.
CodeLink = Callable[[str], str | None]
#: A code to latitude and longitude of its label (``Labels().country``).
LabelOf = Callable[[str], tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class _View:
    """Which part of the projected world is shown, and how large."""

    left: float
    top: float
    scale: float
    height: float

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        x, y = equal_earth(longitude, latitude)
        return (x - self.left) * self.scale, (self.top - y) * self.scale

    def holds(self, x: float, y: float) -> bool:
        return 0 <= x <= _WIDTH and 0 <= y <= self.height


def map_chart(
    values: Sequence[CountryValue] = (),
    points: Sequence[PlacePoint] = (),
    arcs: Sequence[Arc] = (),
    *,
    title: str,
    measure: str = "events",
    names: Mapping[str, str] | None = None,
    label_of: LabelOf | None = None,
    focus: Sequence[str] = (),
    link: CodeLink | None = None,
) -> str:
    """Return a map as SVG, 960 units wide, in the Equal Earth projection.

    ``values`` colour countries. One that is too small to be seen gets a square of that
    colour, one without an outline too if ``label_of`` knows where. A point's mark is a ring
    with a dot for an exact site, a disc for a town, a large dashed ring for a division or
    region, which only says 'somewhere here'; a point of a country's precision is never
    drawn, nor one without coordinates. ``arcs`` need ``label_of``; they go from label to
    label. ``focus`` (codes) shows only the part of the world around these. ``link`` makes
    countries links.
    """
    names = names or {}
    drawn = [p for p in points if p.latitude is not None and _mark(p.precision) is not None]
    view = _view(tuple(focus))
    scale = scale_of(v.value for v in values)
    # A picture within the picture, which cuts off what lies outside the view.
    body = tag(
        "svg",
        {"width": _WIDTH, "height": view.height},
        tag("rect", {"x": 0, "y": 0, "width": _WIDTH, "height": view.height, "class": "sea"}),
        _countries(view, values, scale, names, measure, link, label_of),
        _arcs(view, arcs, names, label_of),
        tag("g", {"class": "marks"}, *(_point(view, point) for point in drawn)),
    )
    legend, height = _legend(view, scale, measure, drawn, arcs if label_of else ())
    told = _told(values, drawn, len(points) - len(drawn), arcs, measure, names, label_of)
    return chart("map", _WIDTH, height, title, told, body, legend)


def map_table(
    values: Sequence[CountryValue], measure: str = "events", names: Mapping[str, str] | None = None
) -> DataTable:
    """Return the values of the countries as a table."""
    names = names or {}
    rows = tuple((names.get(v.code, v.code), f"{v.value:,.4g}", str(v.events)) for v in values)
    return DataTable(f"Countries by {measure}", ("country", measure, "from events"), rows)


def points_table(points: Sequence[PlacePoint], names: Mapping[str, str] | None = None) -> DataTable:
    """Return all points as a table, also those that have no place on the map."""
    names = names or {}
    rows = []
    for point in points:
        where = ""
        if point.latitude is not None and point.longitude is not None:
            where = f"{point.latitude:.2f}, {point.longitude:.2f}"
            where += " (label)" if point.is_label else ""
        country = names.get(point.country or "", point.country or "")
        rows.append((point.name, country, point.precision, where, str(point.events)))
    heads = ("place", "country", "precision", "latitude, longitude", "events")
    return DataTable("Places of events", heads, tuple(rows))


def _mark(precision: str) -> str | None:
    if precision in _AREAS:
        return "area"
    return precision if precision in {"site", "city"} else None


def _view(focus: tuple[str, ...]) -> _View:
    box = _box(focus)
    if box is None:
        west, east = equal_earth(-180, 0)[0], equal_earth(180, 0)[0]
        box = west, equal_earth(0, _SOUTH)[1], east, equal_earth(0, _NORTH)[1]
    else:
        margin = max(0.1 * max(box[2] - box[0], box[3] - box[1]), _NEAREST)
        box = box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = min(_WIDTH / wide, _MOST_HEIGHT / high)
    height = max(high * scale, 0.4 * _WIDTH)
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return _View(
        middle[0] - _WIDTH / scale / 2, middle[1] + height / scale / 2, scale, round(height, 2)
    )


def _box(focus: tuple[str, ...]) -> tuple[float, float, float, float] | None:
    """Return the bounds of countries in the plane, ``None`` if none of them is known."""
    plane = [
        equal_earth(*point)
        for shape in world()
        if shape.code in focus
        for ring in shape.rings
        for point in ring
    ]
    if not plane:
        return None
    xs, ys = zip(*plane, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@lru_cache(maxsize=32)
def _outlines(view: _View) -> tuple[tuple[Shape, str, tuple[float, float, float, float]], ...]:
    """Return the countries in view, each with its path and its bounds on the map."""
    found = []
    for shape in world():
        parts, xs, ys = [], list[float](), list[float]()
        for ring in shape.rings:
            places = [view.at(*point) for point in ring]
            x, y = zip(*places, strict=True)
            if max(x) < 0 or min(x) > _WIDTH or max(y) < 0 or min(y) > view.height:
                continue
            parts.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places) + "Z")
            xs += x
            ys += y
        if parts:
            found.append((shape, "".join(parts), (min(xs), min(ys), max(xs), max(ys))))
    return tuple(found)


def _countries(
    view: _View,
    values: Sequence[CountryValue],
    scale: Scale,
    names: Mapping[str, str],
    measure: str,
    link: CodeLink | None,
    label_of: LabelOf | None,
) -> str:
    by_code = {value.code: value for value in values}
    land, squares = [], []
    for shape, path, (left, top, right, bottom) in _outlines(view):
        value = by_code.get(shape.code or "")
        name = names.get(shape.code or "", shape.name)
        if value is None:
            told, classes = name, "land"
        else:
            told = f"{name}: {_amount(value.value, measure)}"
            classes = f"land {scale.name_of(value.value)}"
        url = link(shape.code) if link is not None and shape.code and value else None
        outline = tag("path", {"d": path, "class": classes}, hint(told))
        land.append(linked(url, outline, name=told if url else None))
        if value is not None and max(right - left, bottom - top) < _TINY:
            x, y = (left + right) / 2, (top + bottom) / 2
            squares.append(linked(url, _square(x, y, classes, told), name=told if url else None))
    known = {shape.code for shape in world()}
    for value in values:
        point = label_of(value.code) if label_of is not None and value.code not in known else None
        if point is None:
            continue
        x, y = view.at(*point[::-1])
        if view.holds(x, y):
            told = f"{names.get(value.code, value.code)}: {_amount(value.value, measure)}"
            url = link(value.code) if link is not None else None
            square = _square(x, y, f"land {scale.name_of(value.value)}", told)
            squares.append(linked(url, square, name=told if url else None))
    return tag("g", {"class": "countries"}, *land, *squares)


def _square(x: float, y: float, classes: str, told: str) -> str:
    at = {"x": x - 4, "y": y - 4, "width": 8, "height": 8, "class": f"{classes} tiny"}
    return tag("rect", at, hint(f"{told} (the whole country, too small to draw)"))


def _point(view: _View, point: PlacePoint) -> str:
    assert point.latitude is not None
    assert point.longitude is not None
    x, y = view.at(point.longitude, point.latitude)
    if not view.holds(x, y):
        return ""
    mark = _mark(point.precision) or ""
    size = min(4, 1 + int(math.log2(max(1, point.events)) / 2))
    where = f"somewhere in this {point.precision}" if mark == "area" else _MARKS[mark]
    told = f"{point.name}: {_amount(point.events, 'events')} ({where})"
    return _symbol(x, y, mark, size, hint(told))


def _symbol(x: float, y: float, mark: str, size: int, inner: str = "") -> str:
    radius = {"site": 3.5, "city": 3.5, "area": 10.0}[mark] + 1.5 * size
    at = {"cx": x, "cy": y, "r": radius, "class": f"mark {mark} s{size}"}
    parts = [inner, tag("circle", at)]
    if mark == "site":
        parts.append(tag("circle", {"cx": x, "cy": y, "r": 1.6, "class": "mark dot"}))
    return tag("g", None, *parts)


def _arcs(
    view: _View, arcs: Sequence[Arc], names: Mapping[str, str], label_of: LabelOf | None
) -> str:
    if label_of is None or not arcs:
        return ""
    most = max(arc.events for arc in arcs)
    drawn = []
    for arc in arcs:
        start, end = label_of(arc.a), label_of(arc.b)
        if start is None or end is None:
            continue
        # Labels are latitude and longitude.
        (x1, y1), (x2, y2) = view.at(*start[::-1]), view.at(*end[::-1])
        # An arc is no route: it bends to the north by a fifth of its length, within the map.
        bend = min(math.hypot(x2 - x1, y2 - y1) / 2.5, max(0.0, (y1 + y2) - 24))
        path = [number(v) for v in (x1, y1, (x1 + x2) / 2, (y1 + y2) / 2 - bend, x2, y2)]
        kind = "cooperation" if arc.cooperation >= arc.conflict else "conflict"
        width = 1 + min(3, int(4 * arc.events / (most + 1)))
        told = (
            f"{names.get(arc.a, arc.a)} and {names.get(arc.b, arc.b)}: "
            f"{arc.cooperation} cooperation, {arc.conflict} conflict"
        )
        classes = f"arc {kind} w{width}"
        drawn.append(
            tag("path", {"d": "M{} {}Q{} {} {} {}".format(*path), "class": classes}, hint(told))
        )
    return tag("g", {"class": "arcs"}, *drawn)


def _amount(value: float, measure: str) -> str:
    """Return a value in words: 3 events, 1 event."""
    return f"{value:,.4g} {'event' if measure == 'events' and value == 1 else measure}"


def _legend(
    view: _View, scale: Scale, measure: str, points: Sequence[PlacePoint], arcs: Sequence[Arc]
) -> tuple[str, float]:
    """Return the legend under the map, three entries a row, and the height of it all."""
    entries: list[tuple[str, str]] = []

    def swatch(x: float, y: float, classes: str) -> str:
        at = {"x": x, "y": y - 9, "width": 26, "height": 18, "class": classes}
        return tag("rect", at)

    places = []
    for number_, one in enumerate(scale.classes):
        words = f"{measure}: {one.words}" if number_ == 0 else one.words
        entries.append((f"land {one.name}", words))
    kinds = {_mark(point.precision) for point in points}
    entries += [(mark, words) for mark, words in _MARKS.items() if mark in kinds]
    shown = {"cooperation" if arc.cooperation >= arc.conflict else "conflict" for arc in arcs}
    entries += [(f"arc {kind} w2", f"mostly {kind}") for kind in sorted(shown)]
    top = view.height + 30
    for place, (classes, words) in enumerate(entries):
        x, y = 12 + place % 3 * 320, top + place // 3 * _ROW
        if classes in _MARKS:
            places.append(_symbol(x + 13, y, classes, 1))
        elif classes.startswith("arc"):
            places.append(tag("path", {"d": f"M{x} {number(y)}h26", "class": classes}))
        else:
            places.append(swatch(x, y, classes))
        places.append(label(x + 36, y + 6, words))
    rows = math.ceil(len(entries) / 3)
    return tag("g", {"class": "legend"}, *places), view.height + 10 + rows * _ROW


def _told(
    values: Sequence[CountryValue],
    drawn: Sequence[PlacePoint],
    not_drawn: int,
    arcs: Sequence[Arc],
    measure: str,
    names: Mapping[str, str],
    label_of: LabelOf | None,
) -> str:
    parts = []
    if values:
        most = ", ".join(f"{names.get(v.code, v.code)} {v.value:,.4g}" for v in values[:3])
        parts.append(f"{len(values)} countries by {measure}; first {most}.")
        known = {shape.code for shape in world()}
        missing = [
            v.code
            for v in values
            if v.code not in known and (label_of is None or label_of(v.code) is None)
        ]
        if missing:
            parts.append(f"Not on the map: {', '.join(missing[:10])}.")
    if drawn or not_drawn:
        parts.append(f"{len(drawn)} places; {not_drawn} more have no place on the map.")
    if arcs:
        parts.append(f"{len(arcs)} dyads.")
    return " ".join(parts) or "There is nothing to show."
