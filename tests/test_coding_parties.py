"""Who is meant: possessors of 'whose', neighbours, followers, the accused, by-phrases."""

from __future__ import annotations

from datetime import date

import pytest

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Report

PUBLISHED = date(2024, 6, 12)

# (text, type, actors, recipients, status): one event of the text
CASES = [
    # 'whose': the possessor acts
    ("Ankara, whose jets struck Kurdish positions in northern Iraq, rejected the criticism.",
     "ASSAULT", "TUR", "IRQ", "actual"),
    ("Mali, whose junta expelled the French ambassador, signed a military deal with Russia.",
     "SANCTION", "MLI", "FRA", "actual"),
    # 'its neighbour': the other country told of
    ("Algeria recalled its envoy from Morocco on Monday. Its neighbour closed its airspace.",
     "SANCTION", "MAR", "DZA", "actual"),
    ("Armenia recalled its ambassador from Baku and called on its neighbour to withdraw troops.",
     "REQUEST", "ARM", "AZE", "actual"),
    ("Poland closed a crossing on Monday. Latvia and Estonia praised their neighbour.",
     "SUPPORT", "LVA EST", "POL", "actual"),
    # which is a state, not the organisation told of last
    ("The Islamic State group said it was behind the bombs, but the Bangladeshi home minister said"
     " that local militants had planted them. India offered its neighbour any assistance it might"
     " need.", "AGREE", "IND", "BGD", "actual"),
    # at home: neither party has a country, and the report names one
    ("Ugandan soldiers searched a settlement. Local councillors accused the troops of burning"
     " huts.", "ACCUSE", "UGA", "UGA", "actual"),
    ("Chilean miners went on strike. Pensioners' groups thanked the bishops.",
     "SUPPORT", "CHL", "CHL", "actual"),
    # who condemns or asks for what is done to somebody means who does it, not whom it hits
    ("Ireland condemned the arrest of a union leader in Eswatini.",
     "ACCUSE", "IRL", "SWZ", "actual"),
    ("Botswana called for the release of two ranchers held by Namibia.",
     "REQUEST", "BWA", "NAM", "actual"),
    ("Iceland welcomed the release of a reporter by Turkmenistan.",
     "SUPPORT", "ISL", "TKM", "actual"),
    ("Malta demanded the extradition of a banker from Cyprus.", "REQUEST", "MLT", "CYP", "actual"),
    ("Algeria condemned the assassination of a Tunisian deputy.", "ACCUSE", "DZA", "", "actual"),
    # a visit to a city is one to its state
    ("Chad's president travelled to Oslo and Helsinki on Monday.",
     "CONSULT", "TCD", "NOR FIN", "actual"),
    ("Guyana's foreign minister called for Suriname to be consulted.",
     "REQUEST", "GUY", "SUR", "actual"),
    ("Ecuador's president kept criticising Peruvian judges.", "ACCUSE", "ECU", "PER", "actual"),
    # who bombs a town hits the state that it lies in
    ("Rebels from Rwanda shelled Goma on Friday.", "ASSAULT", "RWA", "COD", "actual"),
    ("Ukrainian forces struck Belgorod with drones.", "ASSAULT", "UKR", "RUS", "actual"),
    ("Danish ships delivered aid to Batumi.", "AID", "DNK", "GEO", "actual"),
    ("Syrian aircraft bombed Maarat al-Numan.", "ASSAULT", "SYR", "", "actual"),
    ("Nepal complained about the treatment of Nepalese maids by Kuwaiti employers.",
     "ACCUSE", "NPL", "KWT", "actual"),
    # ethnic groups are of where they live
    ("Ethnic Hungarian parties in Slovakia welcomed the accord.", "SUPPORT", "SVK", "", "actual"),
    ("Ethnic Uzbeks burned a police station in Kyrgyzstan.", "ASSAULT", "KGZ", "KGZ", "actual"),
    # a counterpart is not of one's own country
    ("Oman's foreign minister phoned his counterpart on Sunday.", "CONSULT", "OMN", "", "actual"),
    # who speaks to both sides is none of them
    ("Serbia and Kosovo signed a deal. The European Union and the United States urged both sides"
     " to show restraint.", "REQUEST", "EUU USA", "SRB XKX", "actual"),
    # followers
    ("Followers of Moqtada al-Sadr stormed the parliament in Baghdad on Saturday.",
     "PROTEST", "IRQ", "IRQ", "actual"),
    ("Allies of the Venezuelan president condemned the United States.",
     "ACCUSE", "VEN", "USA", "actual"),
    # what one is charged with is alleged, and the accused is who did it
    ("A Ukrainian man was charged with attacking a Russian warship.",
     "ASSAULT", "UKR", "RUS", "alleged"),
    ("Danish police charged three Syrians with attacking an Israeli diplomat.",
     "ASSAULT", "SYR", "ISR", "alleged"),
    ("Turkey detained five Syrians on suspicion of attacking Russian troops.",
     "ASSAULT", "SYR", "RUS", "alleged"),
    ("A Moscow court convicted a Norwegian citizen of attacking a Chinese diplomat.",
     "ASSAULT", "NOR", "CHN", "alleged"),
    # 'of' hung on the name of the accused
    ("Sudan accused its neighbour Chad of attacking Egypt.", "ASSAULT", "TCD", "EGY", "alleged"),
    # the accuser told behind the clause, or behind the charge
    ("Three Iranians were charged with attacking an Israeli envoy, German prosecutors said.",
     "ACCUSE", "DEU", "IRN", "actual"),
    ("A Canadian engineer was convicted of spying for the United States by a Russian court.",
     "SANCTION", "RUS", "CAN", "actual"),
    # nouns of acts with 'of' and 'by'
    ("The expulsion of three French envoys by Chad drew protests in Paris.",
     "SANCTION", "TCD", "FRA", "actual"),
    ("The arrest of a Canadian businessman by Chinese police raised tensions.",
     "COERCE", "CHN", "CAN", "actual"),
    # an apposition before the verb
    ("Qatar, the chief mediator, hosted talks between Israel and Hamas on Tuesday.",
     "CONSULT", "QAT", "ISR PSE", "actual"),
]  # fmt: skip


@pytest.fixture(scope="module")
def coded(coder: Coder) -> dict[str, Report]:
    documents = [document_from_text(text, published=PUBLISHED) for text, *_ in CASES]
    out: dict[str, Report] = {}
    for (text, *_), result in zip(CASES, coder.stream(documents), strict=True):
        assert isinstance(result, Report)
        out[text] = result
    return out


@pytest.mark.parametrize("case", CASES, ids=[text[:40] for text, *_ in CASES])
def test_parties(coded: dict[str, Report], case: tuple[str, str, str, str, str]) -> None:
    text, kind, actors, recipients, status = case
    found = [
        (
            " ".join(dict.fromkeys(a.country or "" for a in event.actors)).strip(),
            " ".join(dict.fromkeys(a.country or "" for a in event.recipients)).strip(),
            event.status.value,
        )
        for event in coded[text].events
        if event.type.value == kind
    ]
    assert (actors, recipients, status) in found


def test_a_sentence_turns_from_the_main_pair_to_another(coder: Coder) -> None:
    text = (
        "Egypt's foreign minister met his Ethiopian counterpart in Cairo on Monday. Egypt and "
        "Ethiopia signed a water accord. Ethiopia thanked Egypt for the talks, and Egypt praised "
        "Ethiopia.\n\nEgypt is suspicious of Sudan's links with Chad. Relations between the two "
        "countries worsened after a clash at the border."
    )
    (worse,) = [r for r in coder.code(text).relations if r.label == "deterioration"]
    assert {actor.country for actor in worse.sides} == {"EGY", "SDN"}
