"""GDELT 2.0: the events table (61 columns) and the mentions table (16), as GDELT writes them.

Columns and codes are those of the GDELT Event Codebook 2.0 (19 February 2015); the files
have no header.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import IO, Any
from urllib.parse import urlsplit

from dragoman.codebook.crosswalk import Crosswalk
from dragoman.exporting.formats import DYADS, Format, columns, tsv
from dragoman.exporting.selecting import CHOSEN, Dyad, Party, Row, Source

_SIDE = """
{0}Code | string | whole CAMEO actor code: country, or kind and organisation, then the role
{0}Name | string | person or words of the report, in capitals
{0}CountryCode | string | CAMEO country code
{0}KnownGroupCode | string | CAMEO code of a known international organisation or group
{0}EthnicCode | string | always empty: dragoman does not code it
{0}Religion1Code | string | always empty
{0}Religion2Code | string | always empty
{0}Type1Code | string | CAMEO role code
{0}Type2Code | string | always empty
{0}Type3Code | string | always empty
"""
_GEO = """
{0}_Type | integer | 0 none, 1 country, 2 US state, 3 US city, 4 city elsewhere, 5 first-level
  division
{0}_FullName | string | place, division, country
{0}_CountryCode | string | FIPS 10-4
{0}_ADM1Code | string | FIPS country and the GeoNames code of the division (for most countries
  FIPS's own)
{0}_ADM2Code | string | always empty
{0}_Lat | number | latitude; empty for countries and divisions, which are no points
{0}_Long | number | longitude
{0}_FeatureID | string | country code or ADM1 code; empty for cities, whose GNS id is not known
"""

EVENTS = columns(
    """
    GLOBALEVENTID | integer | 53-bit number made of the event's id and its pair of parties
    SQLDATE | integer | YYYYMMDD
    MonthYear | integer | YYYYMM
    Year | integer | YYYY
    FractionDate | number | year and (30 * (month - 1) + day) / 365
    """
    + _SIDE.format("Actor1")
    + _SIDE.format("Actor2")
    + """
    IsRootEvent | integer | 1 if the first sentence of the report tells it
    EventCode | string | CAMEO code
    EventBaseCode | string | its first three digits
    EventRootCode | string | its first two digits
    QuadClass | integer | by CAMEO root: 1 verbal cooperation, 2 material cooperation, 3 verbal
      conflict, 4 material conflict
    GoldsteinScale | number | -10 to 10
    NumMentions | integer | tellings in all reports of the happening
    NumSources | integer | independent origins
    NumArticles | integer | reports
    AvgTone | number | always empty: dragoman measures no tone
    """
    + _GEO.format("Actor1Geo")
    + _GEO.format("Actor2Geo")
    + _GEO.format("ActionGeo")
    + """
    DATEADDED | integer | YYYYMMDDHHMMSS in UTC of the run that coded the report
    SOURCEURL | string | address of the report, or else its id
    """
)
MENTIONS = columns(
    """
    GLOBALEVENTID | integer | as in the events table
    EventTimeDate | integer | YYYYMMDDHHMMSS of the run that first coded the happening
    MentionTimeDate | integer | YYYYMMDDHHMMSS of the run that coded this report
    MentionType | integer | 1 web address, 2 citation only
    MentionSourceName | string | host of the address, or else the publisher
    MentionIdentifier | string | address, or else publisher, title and id
    SentenceID | integer | sentence of the report, from 1
    Actor1CharOffset | integer | code points into the report; -1 if not there
    Actor2CharOffset | integer | code points into the report; -1 if not there
    ActionCharOffset | integer | code points into the report
    InRawText | integer | always 1: the words are those of the report
    Confidence | integer | 10 to 100, in tens
    MentionDocLen | integer | code points of the report
    MentionDocTone | number | always empty
    MentionDocTranslationInfo | string | always empty: reports are read in English
    Extras | string | id of dragoman's event
    """
)
#: Every telling of the happening that a chosen event tells of, in the order of ``Source.rows``.
_TELLINGS = (
    CHOSEN
    + """,
members AS (
  SELECT chosen.id AS lead, coalesce(other.event_id, chosen.id) AS event
  FROM chosen
  LEFT JOIN store.happening_events own ON own.event_id = chosen.id
  LEFT JOIN store.happening_events other ON other.happening = own.happening
)
SELECT l.id, e.id, r.started, d.url, coalesce(d.publisher, e.publisher), d.title,
  length(d.text), e.confidence, d.id, m.sentence, m.predicate_start
FROM members
JOIN store.events l ON l.id = members.lead
JOIN store.documents ld ON ld.id = l.document
JOIN store.events e ON e.id = members.event
JOIN store.documents d ON d.id = e.document
JOIN store.runs r ON r.id = d.run
JOIN store.mentions m ON m.event_id = e.id
ORDER BY coalesce(l.start_date, ld.published) NULLS LAST, l.document, l.position, l.id,
  r.started, d.id, e.id, m.position
"""
)
_EMPTY_GEO: tuple[object, ...] = (0, None, None, None, None, None, None, None)
_QUAD = {**dict.fromkeys(range(1, 6), 1), **dict.fromkeys(range(6, 9), 2)} | {
    **dict.fromkeys(range(9, 14), 3),
    **dict.fromkeys(range(14, 21), 4),
}


def quad_class(cameo: str) -> int:
    """Return GDELT's quad class of a CAMEO code (codebook, QuadClass)."""
    return _QUAD[int(cameo[:2])]


def actor_code(party: Party, crosswalk: Crosswalk) -> str:
    """Return the whole CAMEO code of an actor: 'USAGOV', 'IGOUNO'; empty if nothing is known."""
    country, role = party.country, crosswalk.tables["cameo_roles"].get(party.sector or "", "")
    if crosswalk.is_country(country):
        return crosswalk.tables["cameo_countries"].get(country or "", country or "") + role
    if country is None:
        return role
    known = crosswalk.organisations.get(country, {}).get("cameo")
    if known is None:
        known = ("IGO" if role not in crosswalk.international else role) + country
    kind = known[:3]
    return known if role in {"", kind} else known + role


def _side(party: Party | None, crosswalk: Crosswalk) -> tuple[object, ...]:
    if party is None:
        return (None,) * 10
    code = actor_code(party, crosswalk)
    country = group = None
    role: str | None = crosswalk.tables["cameo_roles"].get(party.sector or "")
    if crosswalk.is_country(party.country):
        country = crosswalk.tables["cameo_countries"].get(party.country or "", party.country)
    elif party.country is not None:
        group = crosswalk.organisations.get(party.country, {}).get("group")
        role = code[:3]
    return (code, party.label.upper(), country, group, None, None, None, role, None, None)


def _place(row: Row, crosswalk: Crosswalk) -> tuple[object, ...]:
    if row.place is None or row.place_country is None or row.place_country not in crosswalk.fips:
        return _EMPTY_GEO
    fips = crosswalk.fips[row.place_country]
    state = crosswalk.name_of(row.place_country)
    point: tuple[object, ...] = (row.latitude, row.longitude)
    division = crosswalk.divisions.get((row.place_country, row.place_admin1 or ""))
    adm1 = fips + (row.place_admin1 or "")
    in_us = row.place_country == "USA"
    match row.place_precision:
        case "country":
            return (1, state, fips, fips, None, None, None, fips)
        case "admin1":
            kind = 2 if in_us else 5
            return (kind, _full(row.place, None, state), fips, adm1, None, None, None, adm1)
        case "city" | "site":
            kind = 3 if in_us else 4
            return (kind, _full(row.place, division, state), fips, adm1, None, *point, None)
    return _EMPTY_GEO


def _full(*parts: str | None) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))


def fraction(day: date) -> str:
    """Return FractionDate as GDELT computes it, with months of 30 days."""
    return f"{day.year + (30 * (day.month - 1) + day.day) / 365:.4f}"


def _dyads(source: Source) -> Iterator[tuple[Dyad, Row, date]]:
    for dyad in source.dyads(whole=False):
        row = dyad.coded.row
        if row.day is not None:
            yield dyad, row, row.day


def events(source: Source, file: IO[bytes]) -> int:
    """Write the events table: one line per directed pair of parties of a happening."""
    crosswalk, count = source.crosswalk, 0
    for dyad, row, day in _dyads(source):
        code = dyad.code
        file.write(
            tsv(
                (
                    dyad.id,
                    f"{day:%Y%m%d}",
                    f"{day:%Y%m}",
                    day.year,
                    fraction(day),
                    *_side(dyad.actor, crosswalk),
                    *_side(dyad.recipient, crosswalk),
                    bool(row.tellings) and row.tellings[0].sentence == 0,
                    code.code,
                    code.code[:3],
                    code.code[:2],
                    quad_class(code.code),
                    code.goldstein,
                    row.told,
                    row.origins,
                    row.reports,
                    None,
                    *_EMPTY_GEO,
                    *_EMPTY_GEO,
                    *_place(row, crosswalk),
                    f"{row.added:%Y%m%d%H%M%S}",
                    row.address,
                )
            )
        )
        count += 1
    return count


def mentions(source: Source, file: IO[bytes]) -> int:
    """Write the mentions table: one line per telling of each line of the events table."""
    count = 0
    tellings = groupby(
        source.store.stream(source.sql(_TELLINGS), source.parameters), key=itemgetter(0)
    )
    leads = groupby(_dyads(source), key=lambda found: found[1].id)
    lead, told = "", list[tuple[Any, ...]]()
    for wanted, dyads in leads:
        pairs = list(dyads)
        # Both streams are in one order, and every lead has tellings or none.
        while lead != wanted:
            lead, group = next(tellings)
            told = list(group)
        for dyad, row, _ in pairs:
            for line in told:
                file.write(tsv(_mention(dyad, row, *line[1:])))
                count += 1
    return count


def _mention(
    dyad: Dyad,
    lead: Row,
    event: str,
    added: datetime,
    url: str | None,
    publisher: str | None,
    title: str | None,
    length: int,
    confidence: float,
    document: str,
    sentence: int,
    action: int,
) -> tuple[object, ...]:
    own = event == lead.id
    return (
        dyad.id,
        f"{lead.added:%Y%m%d%H%M%S}",
        f"{added:%Y%m%d%H%M%S}",
        1 if url else 2,
        (urlsplit(url).hostname if url else None) or publisher,
        url or _full(publisher, title, document),
        sentence + 1,
        dyad.actor.start if own and dyad.actor else -1,
        dyad.recipient.start if own and dyad.recipient else -1,
        action,
        1,
        max(10, min(100, round(confidence * 10) * 10)),
        length,
        None,
        None,
        event,
    )


FORMATS = (
    Format(
        "gdelt",
        ".export.CSV",
        "text/tab-separated-values",
        "GDELT 2.0 events, 61 columns, no header",
        events,
        EVENTS,
        {"delimiter": "\t", "header": False},
        holds=DYADS,
    ),
    Format(
        "gdelt-mentions",
        ".mentions.CSV",
        "text/tab-separated-values",
        "GDELT 2.0 mentions, 16 columns, no header",
        mentions,
        MENTIONS,
        {"delimiter": "\t", "header": False},
        holds=DYADS,
    ),
)
