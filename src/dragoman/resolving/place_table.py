"""The codebook's places: countries, divisions, areas, sites, and words that are none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pycountry

from dragoman.resolving.gazetteer import normalise
from dragoman.schema import PlacePrecision

__all__ = ["Listed", "PlaceTable", "Point"]

#: Latitude and longitude, WGS 84 degrees.
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the codebook's table.

    ``point`` is where a label of it stands on a map; only for a site is it the place.
    """

    name: str
    precision: PlacePrecision
    country: str | None
    point: Point | None = None


class PlaceTable:
    """The codebook's places and words; read once.

    ``codebook`` is a TOML file in place of the built-in ``places.toml``. Raises
    ``KeyError`` for a missing table and ``ValueError`` for an entry that is malformed.
    """

    def __init__(self, codebook: Path | None = None) -> None:
        if codebook is None:
            raw = (files("dragoman") / "codebook" / "places.toml").read_text(encoding="utf-8")
        else:
            raw = codebook.read_text(encoding="utf-8")
        data = tomllib.loads(raw)
        folder = files("dragoman") / "codebook"
        areas = tomllib.loads((folder / "areas.toml").read_text(encoding="utf-8"))
        self.country_points: Mapping[str, Point] = {
            code: (point[0], point[1]) for code, point in areas["countries"].items()
        }
        self.demonyms: Mapping[str, str] = {
            normalise(name): code for name, code in areas["demonyms"].items()
        }
        points = {
            (normalise(name), row[1]): (row[2], row[3])
            for row in areas["areas"]
            for name in row[0].split("|")
        }
        self.entries: dict[str, Listed] = {}
        self.longest: dict[str, int] = {}
        for country in pycountry.countries:
            names = [country.name, getattr(country, "common_name", None)]
            names.append(getattr(country, "official_name", None))
            for name in names:
                if name and "," not in name:
                    self._add_country(name, country.alpha_3)
        for code, names in data["divisions"].items():
            for name in names:
                point = points.get((normalise(name), code))
                self._add(name, Listed(name, PlacePrecision.ADMIN1, code, point))
        for code, names in data["countries"].items():
            for name in names:
                self._add_country(name, code)
        for names, code, latitude, longitude in areas["areas"]:
            first, *others = names.split("|")
            entry = Listed(first, PlacePrecision.REGION, code or None, (latitude, longitude))
            for name in (first, *others):
                known = self.entries.get(normalise(name))
                if known is None or known.country != entry.country:
                    self._add(name, entry)
        for row in data["sites"]:
            if len(row) != 4:
                raise ValueError(f"places.toml: site {row!r} must be names, country, lat, lon")
            names, code, latitude, longitude = row
            first, *others = names.split("|")
            entry = Listed(first, PlacePrecision.SITE, code or None, (latitude, longitude))
            for name in (first, *others):
                self._add(name, entry)
        words = data["words"]
        self.common = frozenset(words["common"])
        self.division_words = frozenset(words["division_words"])
        self.facility_words = frozenset(words["facility_words"])
        self.locative = frozenset(words["locative_prepositions"])
        self.directions = frozenset(words["direction_prepositions"])
        self.opening = frozenset(words["opening_prepositions"])
        self.place_verbs = frozenset(words["place_verbs"])
        self.titles = frozenset(words["titles"])
        self.given_names = frozenset(words["given_names"])
        self.place_nouns = frozenset(words["place_nouns"])
        self.leading_words = frozenset(words["leading_words"])
        self.prominent: Mapping[str, str] = data["prominent"]
        self.aliases: Mapping[str, str] = data["aliases"]
        self.states: Mapping[str, str] = data["states"]
        american = [part for part in pycountry.subdivisions if part.country_code == "US"]
        # The GeoNames codes of US states are the postal ones, as in ISO 3166-2.
        self.us_states: dict[str, str] = {
            normalise(division.name): division.code[3:] for division in american
        }
        self.us_names: dict[str, str] = {division.code[3:]: division.name for division in american}

    def _add_country(self, name: str, code: str) -> None:
        point = self.country_points.get(code)
        self._add(name, Listed(name, PlacePrecision.COUNTRY, code, point))

    def _add(self, name: str, entry: Listed) -> None:
        key = normalise(name)
        self.entries[key] = entry
        words = key.split()
        self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))

    def listed_as(self, name: str) -> str:
        """The name under which the gazetteer has a place."""
        return self.aliases.get(normalise(name), name)

    def state(self, words: str) -> str | None:
        """The postal code of a US state given in full or abbreviated ('Tex.', 'TX')."""
        low = words.lower()
        if low in self.states:
            return self.us_states.get(normalise(self.states[low]))
        if words.isupper() and words in self.us_names:
            return words
        return self.us_states.get(normalise(words))
