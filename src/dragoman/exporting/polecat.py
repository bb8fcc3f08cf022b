"""POLECAT / NGEC: the tab-separated event files (ngecEvents.DV.YYYY.txt), 40 columns.

One line per event: lists are joined by ';', and what is not known is 'None', as in the
published files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from dragoman.exporting.formats import CODED, Format, columns, plain, tsv
from dragoman.exporting.selecting import Coded, Party, Source

COLUMNS = columns(
    """
    Event ID | string | id of dragoman's event
    Event Date | date | YYYY-MM-DD
    Event Type | string | PLOVER type; a planned CONSULT, SUPPORT, COOPERATE or AID is AGREE
    Event Mode | string | PLOVER mode
    Event Intensity | number | PLOVER score, -10 to 10
    Quad Code | string | VERBAL COOPERATION, MATERIAL COOPERATION, VERBAL CONFLICT or MATERIAL
      CONFLICT
    Contexts | string | PLOVER contexts
    Actor Name | string | persons, organisations or countries that act
    Actor Country | string | ISO 3166-1 alpha-3
    Actor COW | string | number of the Correlates of War list on that day
    Primary Actor Sector | string | PLOVER sector of the first actor
    Actor Sectors | string | PLOVER sectors
    Actor Title | string | offices
    Actor Name Raw | string | words of the report
    Wikipedia Actor ID | string | always None: dragoman uses no Wikipedia index
    Recipient Name | string | as Actor Name
    Recipient Country | string | as Actor Country
    Recipient COW | string | as Actor COW
    Primary Recipient Sector | string | as Primary Actor Sector
    Recipient Sectors | string | as Actor Sectors
    Recipient Title | string | as Actor Title
    Recipient Name Raw | string | as Actor Name Raw
    Wikipedia Recipient ID | string | always None
    Placename | string | name of the place
    City | string | city or site
    District | string | always None
    Province | string | first-level division
    Country | string | ISO 3166-1 alpha-3
    Latitude | number | None for what is no point
    Longitude | number | None for what is no point
    GeoNames ID | string | GeoNames id
    Raw Placename | string | the words of the place, as Placename
    Feature Type | string | site, city, admin1, country or region
    Source | string | publisher
    Publication Date | date | YYYY-MM-DD
    Story People | string | persons among the parties
    Story Organizations | string | organisations among the parties
    Story Locations | string | the place
    Language | string | language of the report
    Version | string | version of the coder
    """
)
_QUAD = {
    1: "VERBAL COOPERATION",
    2: "MATERIAL COOPERATION",
    3: "VERBAL CONFLICT",
    4: "MATERIAL CONFLICT",
}
#: AGREE, which a planned act becomes, is verbal cooperation.
_AGREE = 1


def _joined(values: Iterable[str | None]) -> str | None:
    return ";".join(plain(v).replace(";", ",") for v in values if v) or None


def _parties(parties: list[Party], coded: Coded, source: Source) -> tuple[object, ...]:
    crosswalk, day = source.crosswalk, coded.row.day
    codes = list(dict.fromkeys(p.country for p in parties if p.country))
    names = [p.person or crosswalk.name_of(p.organisation or p.country) or p.name for p in parties]
    sectors = list(dict.fromkeys(p.sector for p in parties if p.sector))
    return (
        _joined(dict.fromkeys(names)),
        _joined(codes),
        _joined(crosswalk.cow(code, day) for code in codes),
        parties[0].sector if parties else None,
        _joined(sectors),
        _joined(p.office for p in parties),
        _joined(p.name for p in parties),
        None,
    )


def polecat(source: Source, file: IO[bytes]) -> int:
    """Write one line per happening, under the header."""
    crosswalk, count = source.crosswalk, 0
    file.write(tsv(column.name for column in COLUMNS))
    for coded in source.coded():
        row = coded.row
        city = row.place if row.place_precision in {"city", "site"} else None
        division = crosswalk.divisions.get((row.place_country or "", row.place_admin1 or ""))
        everybody = [*row.actors, *row.recipients]
        cells = (
            row.id,
            row.day,
            coded.type,
            coded.mode,
            coded.score,
            _QUAD[row.quad if coded.type == row.type else _AGREE],
            _joined(row.contexts),
            *_parties(row.actors, coded, source),
            *_parties(row.recipients, coded, source),
            row.place,
            city,
            None,
            row.place if row.place_precision == "admin1" else division,
            row.place_country,
            row.latitude if city else None,
            row.longitude if city else None,
            row.geonames_id,
            row.place,
            row.place_precision,
            row.publisher,
            row.published,
            _joined(dict.fromkeys(p.person for p in everybody)),
            _joined(dict.fromkeys(crosswalk.name_of(p.organisation) for p in everybody)),
            _joined([row.place]),
            row.language,
            row.coder,
        )
        file.write(tsv("None" if cell is None else cell for cell in cells))
        count += 1
    return count


FORMATS = (
    Format(
        "polecat",
        ".txt",
        "text/tab-separated-values",
        "POLECAT / NGEC events, 40 columns",
        polecat,
        COLUMNS,
        {"delimiter": "\t"},
        holds=CODED,
    ),
)
