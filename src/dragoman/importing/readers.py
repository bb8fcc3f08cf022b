"""Rows of GDELT, ICEWS, POLECAT and ACLED as events in dragoman's terms."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from dragoman.codebook.crosswalk import CameoCode, Crosswalk, load_crosswalk
from dragoman.codebook.ontology import Ontology, load_ontology
from dragoman.errors import ConfigError
from dragoman.exporting.gdelt import EVENTS as GDELT_2
from dragoman.exporting.gdelt import quad_class
from dragoman.exporting.icews import COLUMNS as ICEWS
from dragoman.exporting.polecat import COLUMNS as POLECAT
from dragoman.importing.rows import Bad, Line, comma_separated, tabbed
from dragoman.schema import EventType, OutsideActor, OutsideEvent, PlacePrecision

_GDELT_2 = [column.name for column in GDELT_2]
#: GDELT 1.0: the same without the ADM2 codes; the back file of 1979 to 2013 has no address.
_GDELT_1 = [name for name in _GDELT_2 if not name.endswith("ADM2Code")]
_ACLED = ("event_id_cnty", "event_date", "event_type", "sub_event_type", "actor1", "country")
_GDELT_PLACES = {
    "1": PlacePrecision.COUNTRY,
    "2": PlacePrecision.ADMIN1,
    "3": PlacePrecision.CITY,
    "4": PlacePrecision.CITY,
    "5": PlacePrecision.ADMIN1,
}
_QUADS = {"verbal cooperation": 1, "material cooperation": 2} | {
    "verbal conflict": 3,
    "material conflict": 4,
}
#: ACLED's actors: 'Military Forces of Sudan (2019-)', 'Protesters (Kenya)'.
_ACLED_STATE = re.compile(
    r"\bof (?:the )?(?P<state>[^()]+?) \(\d{4}-?\d*\)|\((?P<people>[^()\d]+)\)"
)


class _Wrong(ValueError):
    """A cell that cannot be used."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How one data set is read: its rows, and what a row says.

    ``of`` takes a row and the name of the file and raises ``ValueError`` for a bad one.
    """

    rows: Callable[[Path], Iterator[Line | Bad]]
    of: Callable[[dict[str, str], _Tables], dict[str, Any]]
    key: Callable[[dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class _Tables:
    crosswalk: Crosswalk
    ontology: Ontology
    countries: dict[str, str]
    groups: dict[str, str]
    roles: dict[str, str]
    sectors: dict[str, str]
    organisations: dict[str, str]
    fips: dict[str, str]

    def cameo(self, code: str) -> CameoCode:
        """Return the entry of a CAMEO code. Raises ``_Wrong``."""
        if not code.isdigit():
            raise _Wrong(f"{code!r} is no CAMEO code")
        try:
            return self.crosswalk.cameo_code(code)
        except (ConfigError, KeyError):
            raise _Wrong(f"{code!r} is no CAMEO code") from None

    def score(self, kind: EventType | None, mode: str | None) -> float | None:
        """Return PLOVER's score."""
        return self.ontology.score(kind, mode) if kind is not None else None


def read(path: Path, data_set: str) -> Iterator[OutsideEvent | Bad]:
    """Yield the events of a file, and its bad rows with their lines.

    Raises ``InputError`` for a file that cannot be read, ``KeyError`` for another data set.
    """
    reader, tables = READERS[data_set], _tables()
    for row in reader.rows(path):
        if isinstance(row, Bad):
            yield row
            continue
        try:
            values = reader.of(row.cells, tables)
            source_id = reader.key(row.cells)
        except _Wrong as error:
            yield Bad(row.line, "value", str(error))
        except KeyError as error:
            yield Bad(row.line, "value", f"the column {error.args[0]!r} is empty")
        else:
            digest = hashlib.sha256(f"{data_set}|{source_id}".encode()).hexdigest()
            yield OutsideEvent(
                data_set=data_set,
                key="o" + digest[:16],
                source_id=source_id,
                source=path.name,
                line=row.line,
                row=row.cells,
                **values,
            )


# -- the data sets ---------------------------------------------------------------------------


def _gdelt(row: dict[str, str], tables: _Tables) -> dict[str, Any]:
    code = tables.cameo(row["EventCode"])
    day = _day(row["SQLDATE"], "%Y%m%d")
    precision = _GDELT_PLACES.get(row.get("ActionGeo_Type", "0"))
    fips = row.get("ActionGeo_CountryCode")
    point = precision is PlacePrecision.CITY
    return {
        "quad": _number(row, "QuadClass", whole=True),
        "start": day,
        "end": day,
        "type": code.type,
        "mode": code.mode,
        "cameo": code.code,
        "score": tables.score(code.type, code.mode),
        "goldstein": _number(row, "GoldsteinScale"),
        "label": code.name,
        "actors": _gdelt_side(row, "Actor1", tables),
        "recipients": _gdelt_side(row, "Actor2", tables),
        "published": _day(row["DATEADDED"][:8], "%Y%m%d") if "DATEADDED" in row else None,
        "place": row.get("ActionGeo_FullName"),
        "place_country": tables.fips.get(fips or ""),
        "place_precision": precision,
        "latitude": _number(row, "ActionGeo_Lat") if point else None,
        "longitude": _number(row, "ActionGeo_Long") if point else None,
        "url": row.get("SOURCEURL"),
    }


def _gdelt_side(row: dict[str, str], side: str, tables: _Tables) -> tuple[OutsideActor, ...]:
    code, name = row.get(f"{side}Code"), row.get(f"{side}Name")
    if code is None and name is None:
        return ()
    country = tables.countries.get(row.get(f"{side}CountryCode", ""))
    country = country or tables.groups.get(row.get(f"{side}KnownGroupCode", ""))
    sector = tables.roles.get(row.get(f"{side}Type1Code", ""))
    return (OutsideActor(name or code or "", country, sector),)


def _icews(row: dict[str, str], tables: _Tables) -> dict[str, Any]:
    raw = row["CAMEO Code"]
    # A reader that took codes for numbers has lost the leading zero: '40' is '040'.
    code = tables.cameo(raw if len(raw) > 2 or raw.startswith("0") else "0" + raw)
    day = _day(row["Event Date"], "%Y-%m-%d")
    city, province = _known(row, "City"), _known(row, "Province")
    country = tables.crosswalk.country_named(_known(row, "Country") or "")
    return {
        "quad": quad_class(code.code),
        "start": day,
        "end": day,
        "type": code.type,
        "mode": code.mode,
        "cameo": code.code,
        "score": tables.score(code.type, code.mode),
        "goldstein": _number(row, "Intensity"),
        "label": _known(row, "Event Text"),
        "actors": _icews_side(row, "Source", tables),
        "recipients": _icews_side(row, "Target", tables),
        "published": None,
        "place": city or province or _known(row, "Country"),
        "place_country": country,
        "place_precision": PlacePrecision.CITY
        if city
        else PlacePrecision.ADMIN1
        if province
        else PlacePrecision.COUNTRY
        if country
        else None,
        "latitude": _number(row, "Latitude") if city else None,
        "longitude": _number(row, "Longitude") if city else None,
        "publisher": _known(row, "Publisher"),
    }


def _icews_side(row: dict[str, str], side: str, tables: _Tables) -> tuple[OutsideActor, ...]:
    name = _known(row, f"{side} Name")
    if name is None:
        return ()
    country = tables.crosswalk.country_named(_known(row, f"{side} Country") or "")
    country = country or tables.organisations.get(name.casefold())
    sectors = (_known(row, f"{side} Sectors") or "").split(",")
    sector = next((tables.sectors[s] for s in sectors if s in tables.sectors), None)
    return (OutsideActor(name, country, sector),)


def _polecat(row: dict[str, str], tables: _Tables) -> dict[str, Any]:
    try:
        kind = EventType(row["Event Type"].upper())
    except ValueError:
        raise _Wrong(f"{row['Event Type']!r} is no PLOVER type") from None
    day = _day(row["Event Date"], "%Y-%m-%d")
    mode = _known(row, "Event Mode")
    city, province = _known(row, "City"), _known(row, "Province")
    code = _known(row, "Country")
    country = code if code in tables.crosswalk.country_names else None
    country = country or tables.crosswalk.country_named(code or "")
    published = _known(row, "Publication Date")
    quad = _QUADS.get((_known(row, "Quad Code") or "").lower().replace("_", " "))
    return {
        "quad": quad or tables.ontology.types[kind].quad,
        "start": day,
        "end": day,
        "type": kind,
        "mode": mode,
        "score": tables.score(kind, mode),
        "goldstein": None,
        "contexts": _list(row, "Contexts"),
        "label": kind.value,
        "actors": _polecat_side(row, "Actor"),
        "recipients": _polecat_side(row, "Recipient"),
        "published": _day(published, "%Y-%m-%d") if published else None,
        "place": _known(row, "Placename") or city or province,
        "place_country": country,
        "place_precision": PlacePrecision.CITY
        if city
        else PlacePrecision.ADMIN1
        if province
        else PlacePrecision.COUNTRY
        if country
        else None,
        "latitude": _number(row, "Latitude") if city else None,
        "longitude": _number(row, "Longitude") if city else None,
        "geonames_id": _known(row, "GeoNames ID"),
        "publisher": _known(row, "Source"),
    }


def _polecat_side(row: dict[str, str], side: str) -> tuple[OutsideActor, ...]:
    """Return the parties of one side: a list of names with one of codes beside it."""
    names, codes = _list(row, f"{side} Name"), _list(row, f"{side} Country")
    sector = _known(row, f"Primary {side} Sector")
    if len(codes) == len(names):
        pairs: list[tuple[str, str | None]] = list(zip(names, codes, strict=True))
    else:
        pairs = [(name, None) for name in names] + [(code, code) for code in codes]
    return tuple(
        OutsideActor(name, code, sector if place == 0 else None)
        for place, (name, code) in enumerate(pairs)
    )


def _acled(row: dict[str, str], tables: _Tables) -> dict[str, Any]:
    acled = tables.crosswalk.acled
    found = acled["subtypes"].get(row.get("sub_event_type", "")) or acled["types"].get(
        row["event_type"], {}
    )
    kind = EventType(found["type"]) if "type" in found else None
    mode = found.get("mode")
    day = _acled_day(row["event_date"])
    country = tables.crosswalk.numeric.get(row.get("iso", "").zfill(3))
    country = country or tables.crosswalk.country_named(row["country"])
    exact = row.get("geo_precision") in {"1", "2"}
    actors = _acled_side(row, "1", tables)
    if row.get("time_precision", "1") == "3":
        raise _Wrong("the day is known to the month only (time_precision 3)")
    return {
        "quad": tables.ontology.types[kind].quad if kind else None,
        "start": day,
        "end": day,
        "type": kind,
        "mode": mode,
        "cameo": found.get("cameo"),
        "score": tables.score(kind, mode),
        "goldstein": None,
        "label": row.get("sub_event_type") or row["event_type"],
        "actors": actors,
        "recipients": _acled_side(row, "2", tables),
        "published": None,
        "place": row.get("location") or row.get("admin1"),
        "place_country": country,
        "place_precision": PlacePrecision.CITY if exact else PlacePrecision.ADMIN1,
        "latitude": _number(row, "latitude") if exact else None,
        "longitude": _number(row, "longitude") if exact else None,
        "publisher": row.get("source"),
        "evidence": row.get("notes"),
        "killed": _number(row, "fatalities"),
    }


def _acled_side(row: dict[str, str], side: str, tables: _Tables) -> tuple[OutsideActor, ...]:
    name = row.get(f"actor{side}")
    if name is None:
        return ()
    match = _ACLED_STATE.search(name)
    state = (match["state"] or match["people"]) if match else ""
    sector = tables.crosswalk.tables["acled_actors"].get(row.get(f"inter{side}", ""))
    return (OutsideActor(name, tables.crosswalk.country_named(state), sector),)


# -- cells -----------------------------------------------------------------------------------


def _known(row: dict[str, str], name: str) -> str | None:
    value = row.get(name)
    return None if value in {None, "None", "NA", "NULL", "---"} else value


def _list(row: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(v.strip() for v in (_known(row, name) or "").split(";") if v.strip())


def _number(row: dict[str, str], name: str, *, whole: bool = False) -> Any:
    value = _known(row, name)
    if value is None:
        return None
    try:
        return int(value) if whole else float(value)
    except ValueError:
        raise _Wrong(f"{name} is {value!r}, not a number") from None


def _day(text: str, form: str) -> date:
    try:
        return datetime.strptime(text[: 8 if form == "%Y%m%d" else 10], form).date()
    except ValueError:
        raise _Wrong(f"{text!r} is not a day") from None


def _acled_day(text: str) -> date:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return _day(text, "%Y-%m-%d")
    try:
        return datetime.strptime(text, "%d %B %Y").date()
    except ValueError:
        raise _Wrong(f"{text!r} is not a day") from None


@cache
def _tables() -> _Tables:
    crosswalk = load_crosswalk()
    cameo = crosswalk.tables["cameo_countries"]
    countries = {code: code for code in crosswalk.country_names} | {
        # What GDELT and CAMEO write for states whose ISO code has changed.
        "ROM": "ROU",
        "ZAR": "COD",
        "TMP": "TLS",
        "SUN": "RUS",
        "SCG": "SRB",
        "YUG": "SRB",
        cameo["XKX"]: "XKX",
    }
    roles: dict[str, str] = {}
    for sector, role in crosswalk.tables["cameo_roles"].items():
        roles.setdefault(role, sector)
    sectors = {
        names.split(",")[0]: sector for sector, names in crosswalk.tables["icews_sectors"].items()
    }
    fips = {code: country for country, code in crosswalk.fips.items() if country[0] != "X"}
    return _Tables(
        crosswalk=crosswalk,
        ontology=load_ontology(),
        countries=countries,
        groups={row["group"]: c for c, row in crosswalk.organisations.items() if "group" in row},
        roles={**roles, "INS": "REB", "SEP": "REB", "HRI": "NGO", "ENV": "SOC"},
        sectors=sectors,
        organisations={n.casefold(): c for c, n in crosswalk.organisation_names.items()},
        fips={**fips, crosswalk.fips.get("XKX", "KV"): "XKX"},
    )


READERS: dict[str, Reader] = {
    "gdelt": Reader(
        lambda path: tabbed(path, _GDELT_2, (_GDELT_1, _GDELT_1[:-1])),
        _gdelt,
        lambda row: row["GLOBALEVENTID"],
    ),
    "icews": Reader(
        lambda path: tabbed(path, [c.name for c in ICEWS]),
        _icews,
        # ICEWS's ids occur twice, but never on one day.
        lambda row: f"{row['Event ID']} {row['Event Date']}",
    ),
    "polecat": Reader(
        lambda path: tabbed(path, [c.name for c in POLECAT]),
        _polecat,
        lambda row: " ".join(
            row.get(name, "")
            for name in ("Event ID", "Event Date", "Event Type", "Actor Name", "Recipient Name")
        ),
    ),
    "acled": Reader(
        lambda path: comma_separated(path, _ACLED), _acled, lambda row: row["event_id_cnty"]
    ),
}
