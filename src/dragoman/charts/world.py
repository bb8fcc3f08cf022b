"""The polygons of the world's countries, from world.json (tools/world.py says whence)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A country: closed rings of longitude and latitude; a hole is a ring within a ring.

    ``code`` is ISO alpha-3, XKX for Kosovo, ``None`` for land without one.
    """

    code: str | None
    name: str
    rings: tuple[Ring, ...]


@cache
def world() -> tuple[Shape, ...]:
    """Return all countries but Antarctica."""
    rows = json.loads((files("dragoman.charts") / "world.json").read_text(encoding="utf-8"))
    return tuple(Shape(row["code"], row["name"], tuple(map(_pairs, row["rings"]))) for row in rows)


def _pairs(flat: list[float]) -> Ring:
    values: Iterator[float] = iter(flat)
    return tuple(zip(values, values, strict=True))
