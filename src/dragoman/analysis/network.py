"""Networks: who deals with whom in a period, cooperation and conflict apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import networkx as nx

from dragoman.analysis.rows import (
    ALWAYS,
    COUNTED,
    PARTIES,
    Connection,
    Period,
    any_takes_part,
)
from dragoman.errors import ConfigError

Tie = Literal["cooperation", "conflict", "all"]
_QUADS = {
    "cooperation": "e.quad IN (1, 2)",
    "conflict": "e.quad IN (3, 4)",
    "all": "true",
}
#: Louvain visits nodes at random: a fixed seed gives the same communities every time.
SEED = 20_240_501


@dataclass(frozen=True, slots=True)
class Node:
    """A country or organisation.

    ``degree`` is the number of others it deals with, ``strength`` of its events with
    them (an event with three others counts three times), ``community`` a number from 0,
    the largest community first.
    """

    code: str
    degree: int
    strength: int
    community: int


@dataclass(frozen=True, slots=True)
class Edge:
    """What two deal with each other: number of events, and the sum of their scores."""

    a: str
    b: str
    events: int
    score: float


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes, strongest first, and edges, strongest first; ``left_out`` counts further nodes."""

    tie: Tie
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    modularity: float
    left_out: int


def network(
    db: Connection,
    *,
    tie: Tie = "all",
    period: Period = ALWAYS,
    codes: Sequence[str] = (),
    types: Sequence[str] = (),
    least: int = 1,
    most: int = 60,
) -> Network:
    """Return who deals with whom.

    An event ties each actor to each recipient, a symmetric one all its participants; it
    counts as in ``dyad_series``. ``codes`` keeps ties in which one of them takes part,
    ``types`` events of these PLOVER types, ``least`` ties with so many events. The ``most``
    strongest nodes are kept. Communities are those of Louvain (Blondel et al. 2008) on
    the number of events; in a network of conflict they are fronts, not friends. Raises
    ``ConfigError`` for an unknown tie.
    """
    if tie not in _QUADS:
        raise ConfigError(f"a tie is one of {', '.join(_QUADS)}, not {tie!r}")
    condition, days = period.sql("e.start_date")
    values: dict[str, Any] = {"least": least, **days}
    kept = [COUNTED, _QUADS[tie], condition]
    if types:
        kept.append("list_contains($types, e.type)")
        values["types"] = list(types)
    if codes:
        kept.append(any_takes_part("codes"))
        touched = "WHERE list_contains($codes, a) OR list_contains($codes, b)"
        values["codes"] = list(codes)
    else:
        touched = ""
    rows = db.execute(
        f"""WITH found AS (
          SELECT e.id, e.score,
            CASE WHEN e.is_symmetric THEN {PARTIES} ELSE e.actor_countries END AS sources,
            CASE WHEN e.is_symmetric THEN {PARTIES} ELSE e.recipient_countries END AS targets
          FROM events e WHERE {" AND ".join(kept)}
        ),
        one AS (SELECT id, score, targets, unnest(sources) AS x FROM found),
        two AS (SELECT id, score, x, unnest(targets) AS y FROM one),
        pairs AS (
          SELECT DISTINCT id, score, least(x, y) AS a, greatest(x, y) AS b FROM two WHERE x <> y
        )
        SELECT a, b, count(*), sum(score) FROM pairs {touched}
        GROUP BY a, b HAVING count(*) >= $least ORDER BY 3 DESC, a, b""",
        values,
    ).fetchall()
    return of_edges([Edge(a, b, n, round(score, 6)) for a, b, n, score in rows], tie, most)


def of_edges(edges: Sequence[Edge], tie: Tie = "all", most: int = 60) -> Network:
    """Return the network of given edges, cut to the ``most`` strongest nodes."""
    graph = nx.Graph()
    for edge in edges:
        graph.add_edge(edge.a, edge.b, weight=edge.events)
    strength = dict(graph.degree(weight="weight"))
    ranked = sorted(graph.nodes, key=lambda code: (-strength[code], code))
    inside = set(ranked[:most])
    # A graph built in a fixed order: Louvain's result depends on it.
    small = nx.Graph()
    small.add_nodes_from(ranked[:most])
    kept = [edge for edge in edges if edge.a in inside and edge.b in inside]
    for edge in kept:
        small.add_edge(edge.a, edge.b, weight=edge.events)
    parts: list[set[str]] = []
    modularity = 0.0
    if kept:
        found = nx.community.louvain_communities(small, weight="weight", seed=SEED)
        parts = sorted(found, key=lambda part: (-len(part), min(part)))
        modularity = nx.community.modularity(small, parts, weight="weight")
    else:
        parts = [{code} for code in ranked[:most]]
    place = {code: number for number, part in enumerate(parts) for code in part}
    nodes = tuple(
        Node(code, graph.degree(code), strength[code], place[code]) for code in ranked[:most]
    )
    return Network(tie, nodes, tuple(kept), round(modularity, 6), len(ranked) - len(nodes))
