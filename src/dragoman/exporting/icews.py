"""ICEWS: the tab-separated event files of the Harvard Dataverse (doi:10.7910/DVN/28075).

The 20 columns and their order are those of the published files, with their header.
"""

from __future__ import annotations

from typing import IO

from dragoman.codebook.crosswalk import Crosswalk
from dragoman.exporting.formats import DYADS, Format, columns, tsv
from dragoman.exporting.selecting import Party, Source, stable_number

COLUMNS = columns(
    """
    Event ID | integer | 53-bit number made of the event's id and its pair of parties
    Event Date | date | YYYY-MM-DD
    Source Name | string | person, organisation or country that acts
    Source Sectors | string | ICEWS's names of sectors, joined by commas
    Source Country | string | English name as ICEWS writes it; empty for organisations
    Event Text | string | CAMEO's name of the code
    CAMEO Code | string | with its leading zero
    Intensity | number | Goldstein score, -10 to 10
    Target Name | string | as Source Name
    Target Sectors | string | as Source Sectors
    Target Country | string | as Source Country
    Story ID | integer | 53-bit number made of the report's id
    Sentence Number | integer | sentence that tells it, from 1
    Publisher | string | who published the report
    City | string | city or site
    District | string | always empty
    Province | string | first-level division
    Country | string | English name
    Latitude | number | empty for what is no point
    Longitude | number | empty for what is no point
    """
)


def _party(party: Party, crosswalk: Crosswalk) -> tuple[object, ...]:
    country = party.country if crosswalk.is_country(party.country) else None
    name = party.person or party.organisation or party.name
    if party.person is None and not crosswalk.is_country(party.country):
        name = crosswalk.name_of(party.country) or name
    elif party.person is None and party.sector == "GOV" and party.office is None:
        name = _country(party.country, crosswalk) or name
    sectors = crosswalk.tables["icews_sectors"].get(party.sector or "")
    return name, sectors, _country(country, crosswalk)


def _country(code: str | None, crosswalk: Crosswalk) -> str | None:
    return crosswalk.tables["icews_countries"].get(code or "") or crosswalk.name_of(code)


def icews(source: Source, file: IO[bytes]) -> int:
    """Write one line per directed pair of parties of a happening, under the header."""
    crosswalk, count = source.crosswalk, 0
    file.write(tsv(column.name for column in COLUMNS))
    for dyad in source.dyads(whole=True):
        row, code = dyad.coded.row, dyad.code
        assert dyad.actor is not None
        assert dyad.recipient is not None
        city = row.place if row.place_precision in {"city", "site"} else None
        division = crosswalk.divisions.get((row.place_country or "", row.place_admin1 or ""))
        file.write(
            tsv(
                (
                    dyad.id,
                    row.day,
                    *_party(dyad.actor, crosswalk),
                    code.name,
                    code.code,
                    code.goldstein,
                    *_party(dyad.recipient, crosswalk),
                    stable_number(row.document),
                    row.tellings[0].sentence + 1 if row.tellings else None,
                    row.publisher,
                    city,
                    None,
                    row.place if row.place_precision == "admin1" else division,
                    _country(row.place_country, crosswalk),
                    row.latitude if city else None,
                    row.longitude if city else None,
                )
            )
        )
        count += 1
    return count


FORMATS = (
    Format(
        "icews",
        ".tab",
        "text/tab-separated-values",
        "ICEWS events, 20 columns",
        icews,
        COLUMNS,
        {"delimiter": "\t"},
        holds=DYADS,
    ),
)
