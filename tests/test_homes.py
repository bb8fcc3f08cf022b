"""Whose an office or a group is that names no country: report | phrase | country or '-'."""

# ruff: noqa: E501 (one case a line)
from __future__ import annotations

import pytest

from dragoman import Coder
from dragoman.codebook.homes import COUNTRY_SIGNS, NONE_SIGNS, load_homes
from dragoman.schema import Report

CASES = """
Miners in Zambia walked out on Monday over unpaid bonuses. The labour minister asked them to return. Chinese owners of two pits refused to talk. | labour minister | ZMB
Police in Tbilisi detained nine students on Friday. Brussels and Washington condemned the arrests. Prosecutors accused the students of violence. | Prosecutors | GEO
The Peruvian Congress dismissed two judges on Thursday. Spain and Chile protested. The president thanked lawmakers for the vote. | president | PER
Benin's electoral court barred an opposition list on Tuesday. France urged dialogue. Opposition supporters attacked a polling office in Parakou. | Opposition supporters | BEN
Sri Lanka asked India for a loan on Monday. In Mumbai, dockers protested against the new port fees. | dockers | IND
Kosovo banned trucks from Serbia on Friday. Belgrade's government protested. Merchants in Pristina accused the prime minister of harming trade. | prime minister | XKX
Fiji's army ousted the prime minister at dawn. Australia and New Zealand condemned the soldiers. | soldiers | FJI
Mozambique and Malawi quarrelled over a railway. The two sides rejected mediators. | mediators | -
NAIROBI, March 3, 2021 (Sample) - Police fired tear gas at students who marched to the ministry on Tuesday. The president accused lawmakers of inciting the students. | lawmakers | KEN
Lebanese farmers blocked the road to the port on Wednesday. The French embassy closed. Soldiers dispersed the farmers. | Soldiers | LBN
""".strip().splitlines()


@pytest.fixture(scope="module")
def coder() -> Coder:
    """The coder without the type model: whose an actor is does not depend on it."""
    return Coder(rules_only=True)


def countries_of(report: Report, phrase: str) -> set[str]:
    """Return the countries of the actors that a phrase denotes, '-' for one without."""
    text = report.document.text
    start = text.rindex(phrase)
    end = start + len(phrase)
    return {
        actor.country or "-"
        for event in report.events
        for actor in (*event.actors, *event.recipients)
        if actor.span.start < end and start < actor.span.end
    }


@pytest.mark.parametrize("case", CASES)
def test_the_report_tells_whose_an_office_is(case: str, coder: Coder) -> None:
    text, phrase, country = (part.strip() for part in case.split("|"))
    assert countries_of(coder.code(text), phrase) == {country}


def test_the_rule_says_where_the_country_is_from(coder: Coder) -> None:
    report = coder.code(CASES[2].partition("|")[0])
    (support,) = [e for e in report.events if e.actors and e.actors[0].role == "president"]
    assert support.actors[0].rule == "document-country"
    assert [actor.country for actor in support.recipients] == ["PER"]


def test_every_sign_has_a_weight() -> None:
    weights = load_homes()
    assert set(weights.country) == set(COUNTRY_SIGNS)
    assert set(weights.none) == set(NONE_SIGNS)
    assert 0.5 <= weights.least < 1
