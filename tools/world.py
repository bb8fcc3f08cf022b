"""Compile src/dragoman/charts/world.json: the polygons of the world's countries.

The shapes are those of Natural Earth (naturalearthdata.com, public domain), in the
TopoJSON of the npm package world-atlas 2.0.2 (ISC): countries at 1:110,000,000, and at
1:50,000,000 those that are too small for that scale. Antarctica is left out. Rings that
cross the antimeridian are cut there.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/world.py package/ src/dragoman/charts/world.json
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pycountry

#: What has no number of ISO 3166-1 in Natural Earth; ``None`` is land without a code.
_CODES = {"Kosovo": "XKX"}
_LEFT_OUT = frozenset({"Antarctica"})
_NEUTRAL = frozenset({"N. Cyprus", "Somaliland", "Siachen Glacier"})
_DECIMALS = 2
#: In square degrees; 1:50m rings of small states below this are specks beside their islands.
_SPECK = 0.001

Ring = list[tuple[float, float]]


def main(atlas: Path, out: Path) -> None:
    """Write the countries of ``atlas`` to ``out``."""
    coarse = _countries(json.loads((atlas / "countries-110m.json").read_text(encoding="utf-8")))
    fine = _countries(json.loads((atlas / "countries-50m.json").read_text(encoding="utf-8")))
    small = [one for one in fine if one[1] not in {name for _, name, _ in coarse}]
    known = {code for code, _, _ in coarse if code}
    lines = []
    for shapes, scale in ((coarse, 110), (small, 50)):
        for code, name, rings in shapes:
            if scale == 50 and (code is None or code in known):
                continue
            kept = [r for r in rings if scale == 110 or abs(_area(r)) > _SPECK] or [
                max(rings, key=lambda ring: abs(_area(ring)))
            ]
            row = {"code": code, "name": name, "scale": scale, "rings": [_flat(r) for r in kept]}
            lines.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    out.write_text("[\n" + ",\n".join(sorted(lines)) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} countries, {out.stat().st_size} bytes")


def _countries(topology: dict[str, Any]) -> list[tuple[str | None, str, list[Ring]]]:
    arcs = [_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    found = []
    for shape in topology["objects"]["countries"]["geometries"]:
        name = shape["properties"]["name"]
        if name in _LEFT_OUT:
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        rings = [
            piece for polygon in polygons for ring in polygon for piece in _cut(_ring(ring, arcs))
        ]
        found.append((_code(shape.get("id"), name), name, rings))
    return found


def _code(number: str | None, name: str) -> str | None:
    if number is None:
        return _CODES.get(name)
    country = pycountry.countries.get(numeric=str(number).zfill(3))
    if country is None or name in _NEUTRAL:
        return None
    return str(country.alpha_3)


def _arc(arc: list[list[int]], transform: dict[str, list[float]]) -> Ring:
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append(
            (
                x * transform["scale"][0] + transform["translate"][0],
                y * transform["scale"][1] + transform["translate"][1],
            )
        )
    return points


def _ring(numbers: list[int], arcs: list[Ring]) -> Ring:
    ring: Ring = []
    for number in numbers:
        part = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += part if not ring else part[1:]
    return ring


def _cut(ring: Ring) -> list[Ring]:
    """Cut a ring at the antimeridian: follow it past 180 degrees, and clip what is there."""
    unwrapped, shift = [ring[0]], 0.0
    for (before, _), (x, y) in pairwise(ring):
        if x - before > 180:
            shift -= 360
        elif x - before < -180:
            shift += 360
        unwrapped.append((x + shift, y))
    pieces = []
    for turn in (-360, 0, 360):
        moved = [(x + turn, y) for x, y in unwrapped]
        inside = _clip(_clip(moved, -180, 1), 180, -1)
        if len(inside) > 3 and abs(_area(inside)) > 1e-6:
            pieces.append(inside)
    return pieces


def _clip(ring: Ring, edge: float, side: int) -> Ring:
    """Keep what is on one side of a meridian (Sutherland and Hodgman 1974)."""
    kept: Ring = []
    for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
        in0, in1 = (x0 - edge) * side >= 0, (x1 - edge) * side >= 0
        if in0 != in1:
            kept.append((edge, y0 + (y1 - y0) * (edge - x0) / (x1 - x0)))
        if in1:
            kept.append((x1, y1))
    return kept


def _area(ring: Ring) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def _flat(ring: Ring) -> list[float]:
    """Return longitude and latitude in turn, rounded, without repeated points."""
    points: Ring = []
    for x, y in ring:
        point = round(x, _DECIMALS), round(y, _DECIMALS)
        if not points or points[-1] != point:
            points.append(point)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return [value for point in points for value in point]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
