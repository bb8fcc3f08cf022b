"""Who acts upon whom as a directed network: GraphML and GEXF, by networkx.

Nodes are countries, organisations and groups; an edge sums the acts of one towards the
other, as ``Source.dyads`` has them: what happened, and planned acts as AGREE.
"""

from __future__ import annotations

import re
from typing import IO, Any

import networkx as nx

from dragoman.exporting.formats import DYADS, Format, columns
from dragoman.exporting.gdelt import quad_class
from dragoman.exporting.selecting import Source

COLUMNS = columns(
    """
    source | string | code of the actor (node: label, kind)
    target | string | code of the recipient
    events | integer | acts of the actor towards the recipient
    weight | number | the same number, for layouts
    verbal_cooperation | integer | by CAMEO root 01 to 05
    material_cooperation | integer | by CAMEO root 06 to 08
    verbal_conflict | integer | by CAMEO root 09 to 13
    material_conflict | integer | by CAMEO root 14 to 20
    score | number | sum of PLOVER scores
    first | string | first day
    last | string | last day
    """
)
_QUAD = ("verbal_cooperation", "material_cooperation", "verbal_conflict", "material_conflict")


def network(source: Source) -> nx.DiGraph[str]:
    """Return the network of the chosen events; its size is that of the pairs, not the events."""
    edges: dict[tuple[str, str], dict[str, Any]] = {}
    for dyad in source.dyads(whole=True):
        actor = dyad.actor.country if dyad.actor else None
        recipient = dyad.recipient.country if dyad.recipient else None
        if actor is None or recipient is None or actor == recipient:
            source.left_out["no pair of different countries or organisations"] += 1
            continue
        day = str(dyad.coded.row.day)
        edge = edges.setdefault(
            (actor, recipient),
            {"events": 0, "weight": 0.0, **dict.fromkeys(_QUAD, 0), "score": 0.0, "first": day},
        )
        edge["events"] += 1
        edge["weight"] += 1.0
        edge[_QUAD[quad_class(dyad.code.code) - 1]] += 1
        edge["score"] = round(edge["score"] + dyad.coded.score, 6)
        edge["last"] = day
    graph: nx.DiGraph[str] = nx.DiGraph()
    for code in sorted({code for pair in edges for code in pair}):
        kind = "country" if source.crosswalk.is_country(code) else "organisation or group"
        graph.add_node(code, label=source.crosswalk.name_of(code) or code, kind=kind)
    for (actor, recipient), edge in sorted(edges.items()):
        graph.add_edge(actor, recipient, **edge)
    return graph


def graphml(source: Source, file: IO[bytes]) -> int:
    """Write the network as GraphML; return the number of edges."""
    graph = network(source)
    for line in nx.generate_graphml(graph, named_key_ids=True):
        file.write(line.encode() + b"\n")
    return int(graph.number_of_edges())


def gexf(source: Source, file: IO[bytes]) -> int:
    """Write the network as GEXF 1.2; return the number of edges."""
    graph = network(source)
    for line in nx.generate_gexf(graph):
        # networkx writes the day of today, which would make every export another.
        file.write(re.sub(r' lastmodifieddate="[^"]*"', "", line).encode() + b"\n")
    return int(graph.number_of_edges())


FORMATS = (
    Format(
        "graphml", ".graphml", "application/graphml+xml", "network", graphml, COLUMNS, holds=DYADS
    ),
    Format(
        "gexf", ".gexf", "application/gexf+xml", "network for Gephi", gexf, COLUMNS, holds=DYADS
    ),
)
