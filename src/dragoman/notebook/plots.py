"""Plots of events with Altair: a dyad over time, a network, a map. Nothing is fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dragoman.codebook.crosswalk import load_crosswalk
from dragoman.exporting.formats import optional
from dragoman.exporting.selecting import Row

if TYPE_CHECKING:
    import altair

_COOPERATION, _CONFLICT = "#2a7f9e", "#b5452f"
_PERIODS = ("day", "week", "month", "year")


def counted(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield what the view ``dyad_days`` counts: acts that happened, on a known day, once."""
    for row in rows:
        if row.is_lead and row.status == "actual" and not row.background and row.start_date:
            end = row.end_date
            if end is not None and end - row.start_date < timedelta(days=7):
                yield row


def dyads(row: Row) -> set[tuple[str, str]]:
    """Return the directed pairs of codes of an act."""
    actors = {p.country for p in row.actors if p.country}
    recipients = {p.country for p in row.recipients if p.country}
    if row.is_symmetric:
        actors = recipients = actors | recipients
    return {(a, b) for a in actors for b in recipients if a != b}


def begin(day: date, by: str) -> date:
    """Return the first day of the period of ``day``. Raises ``ValueError``."""
    match by:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    raise ValueError(f"by is one of {', '.join(_PERIODS)}, not {by!r}")


def plot_dyad(rows: Iterable[Row], one: str, other: str, by: str) -> altair.Chart:
    """Return bars per period: cooperation above the line, conflict below, both directions."""
    alt = optional("altair", "notebook")
    begin(date(2000, 1, 1), by)
    found: Counter[tuple[date, str, str]] = Counter()
    for row in counted(rows):
        assert row.start_date is not None
        kind = "cooperation" if row.quad in {1, 2} else "conflict"
        for pair in dyads(row) & {(one, other), (other, one)}:
            found[begin(row.start_date, by), " → ".join(pair), kind] += 1
    values = [
        {"period": period.isoformat(), "direction": direction, "kind": kind,
         "events": count if kind == "cooperation" else -count}
        for (period, direction, kind), count in sorted(found.items())
    ]  # fmt: skip
    chart: altair.Chart = (
        alt.Chart(alt.Data(values=values), title=f"{one} and {other}, by {by}")
        .mark_bar()
        .encode(
            x=alt.X("period:T", title=None),
            y=alt.Y("events:Q", title="cooperation above, conflict below"),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(
                    domain=["cooperation", "conflict"], range=[_COOPERATION, _CONFLICT]
                ),
            ),
            row=alt.Row("direction:N", title=None),
            tooltip=["period:T", "direction:N", "kind:N", "events:Q"],
        )
        .properties(width=600, height=140)
    )
    return chart


def plot_network(rows: Iterable[Row], most: int) -> altair.LayerChart:
    """Return nodes and edges: an edge is as wide as its acts, red where conflict prevails."""
    import networkx as nx

    alt = optional("altair", "notebook")
    edges: Counter[tuple[str, str]] = Counter()
    balance: Counter[tuple[str, str]] = Counter()
    for row in counted(rows):
        for a, b in dyads(row):
            pair = (min(a, b), max(a, b))
            edges[pair] += 1
            balance[pair] += 1 if row.quad in {1, 2} else -1
    weight: Counter[str] = Counter()
    for (a, b), count in edges.items():
        weight[a] += count
        weight[b] += count
    # Ties go by name, so that the same events give the same picture.
    kept = {code for code, _ in sorted(weight.items(), key=lambda i: (-i[1], i[0]))[:most]}
    graph = nx.Graph()
    graph.add_nodes_from(sorted(kept))
    for (a, b), count in sorted(edges.items()):
        if {a, b} <= kept:
            graph.add_edge(a, b, weight=count)
    places = nx.spring_layout(graph, seed=7) if graph else {}
    name_of = load_crosswalk().name_of
    at = {code: (round(float(x), 4), round(float(y), 4)) for code, (x, y) in places.items()}
    nodes = [
        {"code": code, "name": name_of(code) or code, "acts": weight[code], "x": x, "y": y}
        for code, (x, y) in at.items()
    ]
    lines = [
        {"x": at[a][0], "y": at[a][1], "x2": at[b][0], "y2": at[b][1], "between": f"{a} and {b}",
         "acts": edges[a, b], "mostly": "conflict" if balance[a, b] < 0 else "cooperation"}
        for a, b in graph.edges
    ]  # fmt: skip
    layers: altair.LayerChart = _layers(alt, nodes, lines)
    return layers


def _layers(alt: Any, nodes: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Any:
    bare = alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=None)
    edge = (
        alt.Chart(alt.Data(values=lines))
        .mark_rule(opacity=0.6)
        .encode(
            x=alt.X("x:Q", axis=bare),
            y=alt.Y("y:Q", axis=bare),
            x2="x2:Q",
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth(
                "acts:Q", scale=alt.Scale(type="sqrt", range=[1, 8]), legend=None
            ),
            color=alt.Color(
                "mostly:N",
                title="mostly",
                scale=alt.Scale(
                    domain=["cooperation", "conflict"], range=[_COOPERATION, _CONFLICT]
                ),
            ),
            tooltip=["between:N", "acts:Q", "mostly:N"],
        )
    )
    base = alt.Chart(alt.Data(values=nodes)).encode(
        x=alt.X("x:Q", axis=bare), y=alt.Y("y:Q", axis=bare), tooltip=["name:N", "acts:Q"]
    )
    circle = base.mark_circle(color="#555").encode(
        size=alt.Size("acts:Q", scale=alt.Scale(range=[60, 600]), legend=None)
    )
    label = base.mark_text(dy=-14, fontSize=11).encode(text="code:N")
    return alt.layer(edge, circle, label).properties(width=640, height=480)


def plot_map(rows: Iterable[Row]) -> altair.LayerChart:
    """Return the leading events that have a point, over lines of latitude and longitude."""
    alt = optional("altair", "notebook")
    values = [
        {
            "longitude": row.longitude,
            "latitude": row.latitude,
            "act": row.type,
            "status": row.status,
            "kind": "cooperation" if row.quad in {1, 2} else "conflict",
            "day": str(row.day or ""),
            "place": row.place,
            "words": (row.evidence or "")[:200],
        }
        for row in rows
        if row.is_lead and row.latitude is not None
    ]
    sphere = alt.Chart(alt.sphere()).mark_geoshape(fill="#f4f6f8", stroke="#999")
    lines = alt.Chart(alt.graticule(step=[30, 30])).mark_geoshape(
        stroke="#ccc", strokeWidth=0.5, filled=False
    )
    points = (
        alt.Chart(alt.Data(values=values))
        .mark_circle(size=60, opacity=0.7)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(
                    domain=["cooperation", "conflict"], range=[_COOPERATION, _CONFLICT]
                ),
            ),
            tooltip=["day:N", "act:N", "status:N", "place:N", "words:N"],
        )
    )
    layers: altair.LayerChart = (
        alt.layer(sphere, lines, points).project("equalEarth").properties(width=720, height=360)
    )
    return layers
