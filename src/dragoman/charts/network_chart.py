"""A network: who deals with whom, communities by colour, each part of it by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import networkx as nx
import numpy as np

from dragoman.analysis.network import SEED, Edge, Network
from dragoman.charts.svg import DataTable, chart, hint, label, linked, number, tag

_WIDTH, _GAP, _COLOURS = 720, 26.0, 8
_SMALL, _LARGE = 17.0, 30.0

#: A code to the address of its page.
CodeLink = Callable[[str], str | None]
Places = dict[str, tuple[float, float]]


def network_chart(
    network: Network, names: Mapping[str, str] | None = None, *, link: CodeLink | None = None
) -> str:
    """Return a network as SVG, 720 units wide.

    Nodes are discs with their code, larger the more events they have, with a class
    ``k0`` to ``k7`` for the community (from the eighth on ``k7``). Parts that do not hang
    together are laid out apart (Fruchterman and Reingold 1991, fixed seed) and put in
    rows. ``link`` makes nodes links.
    """
    names = names or {}
    sizes = _sizes(network)
    places, height = layout(network, sizes)
    most = max((edge.events for edge in network.edges), default=1)
    ties = [_tie(edge, places, most, names) for edge in network.edges]
    nodes = []
    for node in network.nodes:
        x, y = places[node.code]
        name = names.get(node.code, node.code)
        told = (
            f"{name}: {node.strength} events with {node.degree} others, "
            f"community {node.community + 1}"
        )
        disc = {
            "cx": x,
            "cy": y,
            "r": sizes[node.code],
            "class": f"node k{min(node.community, _COLOURS - 1)}",
        }
        inner = (hint(told), tag("circle", disc), label(x, y + 5, node.code, "code", "middle"))
        url = link(node.code) if link is not None else None
        nodes.append(linked(url, tag("g", None, *inner), name=told if url else None))
    if not nodes:
        nodes.append(label(_WIDTH / 2, height / 2, "no ties", "empty", "middle"))
    legend = []
    for place, kind in enumerate(("cooperation", "conflict")):
        x = 14 + place * 330
        line = {"d": f"M{x} {number(height + 20)}h40", "class": f"tie {kind} w3"}
        legend += [tag("path", line), label(x + 50, height + 26, f"mostly {kind}")]
    return chart(
        "network",
        _WIDTH,
        height + 44,
        f"Who deals with whom: {_kind(network)}",
        _told(network, names),
        tag("g", {"class": "ties"}, *ties),
        tag("g", {"class": "nodes"}, *nodes),
        tag("g", {"class": "legend"}, *legend),
    )


def network_table(network: Network, names: Mapping[str, str] | None = None) -> DataTable:
    """Return the ties as a table."""
    names = names or {}
    rows = tuple(
        (names.get(e.a, e.a), names.get(e.b, e.b), str(e.events), f"{e.score:.1f}")
        for e in network.edges
    )
    return DataTable(f"Ties: {_kind(network)}", ("who", "with", "events", "score"), rows)


def layout(network: Network, sizes: Mapping[str, float]) -> tuple[Places, float]:
    """Return the middle of every node and the height of the whole, in units of the chart."""
    graph = nx.Graph()
    graph.add_nodes_from(node.code for node in network.nodes)
    for edge in network.edges:
        graph.add_edge(edge.a, edge.b, weight=math.sqrt(edge.events))
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    places: Places = {}
    x = y = row = 0.0
    for part in parts:
        codes = [node.code for node in network.nodes if node.code in part]
        own, width, height = _part(graph.subgraph(part), codes, sizes)
        if x and x + width > _WIDTH:
            x, y, row = 0.0, y + row, 0.0
        # A part that is alone in its row stands in the middle of it.
        shift = (_WIDTH - width) / 2 if width > _WIDTH * 0.6 else x
        for code, (px, py) in own.items():
            places[code] = px + shift, py + y
        x, row = x + width, max(row, height)
    return places, max(y + row, 120.0)


def _part(
    graph: nx.Graph, codes: list[str], sizes: Mapping[str, float]
) -> tuple[Places, float, float]:
    """Return the places of a connected part in a box of its own, and the box's size."""
    if len(codes) == 1:
        side = 2 * (sizes[codes[0]] + _GAP / 2)
        return {codes[0]: (side / 2, side / 2)}, side, side
    ordered = nx.Graph()
    ordered.add_nodes_from(codes)
    ordered.add_edges_from(
        (a, b, d) for a, b, d in sorted(graph.edges(data=True), key=lambda e: e[:2])
    )
    raw = nx.spring_layout(ordered, weight="weight", seed=SEED, iterations=120)
    points = np.array([raw[code] for code in codes])
    radii = np.array([sizes[code] for code in codes])
    # The longer side lies flat.
    if np.ptp(points[:, 1]) > np.ptp(points[:, 0]):
        points = points[:, ::-1]
    span = np.maximum(np.ptp(points, axis=0), 1e-9)
    side = 105.0 * math.sqrt(len(codes))
    wide = min(_WIDTH - 2 * _LARGE - _GAP, side * 1.35)
    points = (points - points.min(axis=0)) / span * np.array([wide, max(side * 0.8, 40.0)])
    if len(codes) == 2:
        points = np.array([[0.0, 0.0], [100.0, 0.0]])
    points = _apart(points, radii)
    edge = radii.max() + _GAP / 2
    points += edge - points.min(axis=0)
    width, height = points.max(axis=0) + edge
    if width > _WIDTH:
        points[:, 0] *= _WIDTH / width
        width = float(_WIDTH)
    found = {code: (float(x), float(y)) for code, (x, y) in zip(codes, points, strict=True)}
    return found, float(width), float(height)


def _apart(points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Push discs apart until none touches another, at most 200 rounds."""
    points = points.copy()
    least = radii[:, None] + radii[None, :] + 8
    for _ in range(200):
        gap = points[:, None, :] - points[None, :, :]
        far = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(far, np.inf)
        short = np.maximum(least - far, 0)
        np.fill_diagonal(short, 0)
        if not short.any():
            break
        # Two discs in one place part to the side.
        way = np.where(far[..., None] > 1e-6, gap / np.maximum(far, 1e-6)[..., None], [1.0, 0.0])
        points += (way * (short / 2)[..., None]).sum(axis=1)
    return points


def _sizes(network: Network) -> dict[str, float]:
    most = max((node.strength for node in network.nodes), default=1)
    return {
        node.code: _SMALL + (_LARGE - _SMALL) * math.sqrt(node.strength / most)
        for node in network.nodes
    }


def _tie(edge: Edge, places: Places, most: int, names: Mapping[str, str]) -> str:
    (x1, y1), (x2, y2) = places[edge.a], places[edge.b]
    width = 1 + min(4, int(5 * edge.events / (most + 1)))
    sign = "conflict" if edge.score < 0 else "cooperation"
    told = (
        f"{names.get(edge.a, edge.a)} and {names.get(edge.b, edge.b)}: {edge.events} events, "
        f"score {edge.score:.1f}"
    )
    path = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
    return tag("path", {"d": path, "class": f"tie {sign} w{width}"}, hint(told))


def _kind(network: Network) -> str:
    return "cooperation and conflict" if network.tie == "all" else network.tie


def _told(network: Network, names: Mapping[str, str]) -> str:
    if not network.nodes:
        return "There are no ties."
    first = network.nodes[0]
    groups = len({node.community for node in network.nodes})
    left = f" {network.left_out} weaker ones are left out." if network.left_out else ""
    return (
        f"{len(network.nodes)} countries and organisations, {len(network.edges)} ties, "
        f"{groups} communities; most events: {names.get(first.code, first.code)} "
        f"({first.strength}).{left}"
    )
