"""PETRARCH's event lines and the Phoenix data set: tab-separated, without a header.

The columns are those that PETRARCH2's writer and Phoenix's ``create_strings`` put out; the
files name none, so the names here are ours.
"""

from __future__ import annotations

from typing import IO

from dragoman.exporting.formats import DYADS, Format, columns, tsv
from dragoman.exporting.gdelt import actor_code
from dragoman.exporting.selecting import Dyad, Party, Source

PETRARCH = columns(
    """
    date | integer | YYYYMMDD
    source | string | CAMEO actor code; --- if nothing is known of the actor
    target | string | CAMEO actor code
    code | string | CAMEO code
    issues | string | PLOVER contexts in capitals, each as NAME,1, joined by ';'
    ids | string | document and sentence, as document_sentence
    url | string | address of the report, or else its id
    story_source | string | publisher
    actor_text | string | words of the report
    target_text | string | words of the report
    event_text | string | the sentence or clause that tells it
    """
)
PHOENIX = columns(
    """
    EventID | string | 53-bit number made of the event's id and its pair, and version of the coder
    Date | integer | YYYYMMDD
    Year | integer | YYYY
    Month | integer | month
    Day | integer | day
    SourceActorFull | string | whole CAMEO actor code
    SourceActorEntity | string | country, or IGO, NGO, IMG, MNC
    SourceActorRole | string | CAMEO role
    SourceActorAttribute | string | further codes, joined by ';'
    TargetActorFull | string | as SourceActorFull
    TargetActorEntity | string | as SourceActorEntity
    TargetActorRole | string | as SourceActorRole
    TargetActorAttribute | string | as SourceActorAttribute
    EventCode | string | CAMEO code
    EventRootCode | string | its first two digits
    PentaClass | integer | 0 statement, 1 verbal cooperation, 2 material cooperation, 3 verbal
      conflict, 4 material conflict
    GoldsteinScore | number | -10 to 10
    Issues | string | as issues of PETRARCH
    Latitude | number | empty for what is no point
    Longitude | number | empty for what is no point
    LocationName | string | place
    StateName | string | first-level division
    CountryCode | string | ISO 3166-1 alpha-3
    SentenceID | string | document and sentence
    URLs | string | address of the report, or else its id
    NewsSources | string | publisher
    """
)
#: Phoenix's classes: its codes 01 and 02 are 0, 16 is verbal conflict.
_PENTA = {1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2} | {
    **dict.fromkeys((9, 10, 11, 12, 13, 16), 3),
    **dict.fromkeys((14, 15, 17, 18, 19, 20), 4),
}
_ROOTS = ("IGO", "NGO", "IMG", "MNC")
_AGENTS = [
    "GOV",
    "MIL",
    "REB",
    "OPP",
    "PTY",
    "COP",
    "JUD",
    "SPY",
    "MED",
    "EDU",
    "BUS",
    "CRM",
    "CVL",
]


def penta_class(cameo: str) -> int:
    """Return Phoenix's class of a CAMEO code."""
    return _PENTA[int(cameo[:2])]


def _code(party: Party | None, source: Source) -> str:
    return actor_code(party, source.crosswalk) if party is not None else ""


def _issues(dyad: Dyad) -> str:
    return ";".join(f"{context.upper()},1" for context in dyad.coded.row.contexts)


def _sentence(dyad: Dyad) -> str:
    row = dyad.coded.row
    return f"{row.document}_{row.tellings[0].sentence + 1 if row.tellings else 0}"


def petrarch(source: Source, file: IO[bytes]) -> int:
    """Write PETRARCH's lines: one per directed pair of parties of a happening."""
    count = 0
    for dyad in source.dyads(whole=True):
        row = dyad.coded.row
        assert row.day is not None
        assert dyad.actor is not None
        assert dyad.recipient is not None
        file.write(
            tsv(
                (
                    f"{row.day:%Y%m%d}",
                    _code(dyad.actor, source) or "---",
                    _code(dyad.recipient, source) or "---",
                    dyad.code.code,
                    _issues(dyad),
                    _sentence(dyad),
                    row.address,
                    row.publisher,
                    dyad.actor.name,
                    dyad.recipient.name,
                    row.evidence,
                )
            )
        )
        count += 1
    return count


def _parts(code: str, source: Source) -> tuple[str, str, str, str]:
    """Return full code, entity, role and other codes, as Phoenix splits them."""
    known = set(source.crosswalk.country_names) | set(
        source.crosswalk.tables["cameo_countries"].values()
    )
    root = code[:3] if code[:3] in known or code[:3] in _ROOTS else ""
    agent = code[3:6] if code[3:6] in _AGENTS else ""
    rest = code[6:] if agent else code[3:]
    return code, root, agent, ";".join(rest[i : i + 3] for i in range(0, len(rest), 3))


def phoenix(source: Source, file: IO[bytes]) -> int:
    """Write the Phoenix data set: one line per directed pair of parties of a happening."""
    count = 0
    crosswalk = source.crosswalk
    for dyad in source.dyads(whole=True):
        row, code = dyad.coded.row, dyad.code
        assert row.day is not None
        count += 1
        point = row.place_precision in {"city", "site"}
        file.write(
            tsv(
                (
                    f"{dyad.id}_{row.coder or ''}".replace(" ", ""),
                    f"{row.day:%Y%m%d}",
                    row.day.year,
                    row.day.month,
                    row.day.day,
                    *_parts(_code(dyad.actor, source), source),
                    *_parts(_code(dyad.recipient, source), source),
                    code.code,
                    code.code[:2],
                    penta_class(code.code),
                    code.goldstein,
                    _issues(dyad),
                    row.latitude if point else None,
                    row.longitude if point else None,
                    row.place,
                    crosswalk.divisions.get((row.place_country or "", row.place_admin1 or "")),
                    row.place_country,
                    _sentence(dyad),
                    row.address,
                    row.publisher,
                )
            )
        )
    return count


_HEADLESS = {"delimiter": "\t", "header": False}
FORMATS = (
    Format(
        "petrarch",
        ".txt",
        "text/tab-separated-values",
        "PETRARCH2's event lines, no header",
        petrarch,
        PETRARCH,
        _HEADLESS,
        holds=DYADS,
    ),
    Format(
        "phoenix",
        ".txt",
        "text/tab-separated-values",
        "the Phoenix data set, 26 columns, no header",
        phoenix,
        PHOENIX,
        _HEADLESS,
        holds=DYADS,
    ),
)
