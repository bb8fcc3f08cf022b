"""The tables of actors: no word twice, no gap or overlap in an office that is not explained."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

from dragoman.resolving.actor_tables import ActorTables, _day

#: Offices that several persons hold at once, so that periods may overlap.
SHARED = frozenset(
    {
        "ambassador",
        "special envoy",
        "deputy",
        "opposition",
        "senator",
        "spokes",
        "parliament speaker",
        "rebel",
        "leader",
        "envoy",
        "mediator",
        "commissioner",
        "special rapporteur",
        "negotiator",
        "activist",
        "dissident",
        "vice premier",
        "top diplomat",
        "warlord",
        "founder",
        "cleric",
        "faction",
        "commander",
        "prince",
        "chief minister",
        "judge",
        "Kremlin aide",
        "mission head",
        "finance minister",
        "drug lord",
        "oligarch",
        "chairman",
        "head of the World Food Programme",
        "scientist",
        "politician",
        "vice president",
        "president of the European Parliament",
    }
)
#: Heads of state or government in whose country two of the same title ruled at a time.
PARALLEL = {("BIH", "president"), ("SRB", "president"), ("LBY", "prime minister")}
HEADS = ("president", "prime minister", "chancellor", "king", "secretary-general", "premier")


def offices() -> list[dict[str, Any]]:
    """Return the rows of the codebook's office holders."""
    path = files("dragoman.codebook") / "actors" / "officeholders.toml"
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["office"]
    return rows


def periods(office: dict[str, Any]) -> list[tuple[date, date, str]]:
    """Return first day, last day and name of the holders of an office, in order."""
    out = []
    for name, since, until, *_ in office["holders"]:
        first, last = _day(since, name), _day(until, name, end=True)
        assert first is not None, name
        out.append((first, last or date.max, name))
    return sorted(out)


@pytest.mark.parametrize("office", offices(), ids=lambda o: f"{o['country']} {o['office']}")
def test_one_holder_at_a_time(office: dict[str, Any]) -> None:
    title = office["office"]
    if any(word in title for word in SHARED) or (office["country"], title) in PARALLEL:
        pytest.skip("held by several persons at once")
    rows = periods(office)
    for (_, last, name), (first, _, following) in pairwise(rows):
        # Where only months are known, one may end in the month in which the next begins.
        assert last < first + timedelta(days=62), f"{name} and {following} overlap"


def test_the_states_most_in_the_news_have_no_gap_of_years_at_the_top() -> None:
    rows = {(o["country"], o["office"]): periods(o) for o in offices()}
    states = Counter(country for country, office in rows if office in HEADS)
    assert len(states) >= 150
    for country, office in (
        ("USA", "president"), ("USA", "secretary of state"), ("RUS", "president"),
        ("CHN", "president"), ("GBR", "prime minister"), ("GBR", "foreign secretary"),
        ("FRA", "president"), ("DEU", "chancellor"), ("DEU", "foreign minister"),
        ("IND", "prime minister"), ("JPN", "prime minister"), ("KOR", "president"),
        ("ISR", "prime minister"), ("IRN", "president"), ("IRN", "foreign minister"),
        ("TUR", "president"), ("EGY", "president"), ("BRA", "president"), ("MEX", "president"),
        ("ZAF", "president"), ("NGA", "president"), ("AUS", "prime minister"),
        ("CAN", "prime minister"), ("UNO", "secretary-general"), ("NAT", "secretary general"),
    ):  # fmt: skip
        held = rows[(country, office)]
        assert held[0][0] <= date(1993, 12, 31), (country, office)
        assert held[-1][1] >= date(2025, 6, 1), (country, office)
        for (_, last, name), (first, _, following) in pairwise(held):
            gap = (first - last).days
            # Egypt was ruled by a military council between two presidents.
            assert gap < (520 if country == "EGY" else 400), (
                f"{country} {office}: nobody between {name} and {following}"
            )


def test_foreign_and_defence_ministers() -> None:
    rows = offices()
    foreign = {o["country"] for o in rows if "foreign" in o["office"]} | {"USA"}
    defence = {o["country"] for o in rows if o["office"].startswith(("defence", "defense"))}
    assert len(foreign) >= 60
    assert len(defence) >= 20
    assert sum(len(o["holders"]) for o in rows) >= 3000


def test_no_role_word_stands_twice() -> None:
    path = files("dragoman.codebook") / "actors" / "roles.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["role"]
    words = Counter(word for row in rows for word in row["words"])
    assert [word for word, count in words.items() if count > 1] == []


def test_sizes_of_the_tables() -> None:
    names = ActorTables.load().names
    kinds: dict[str, set[str]] = {}
    for meanings in names.values():
        for meaning in meanings:
            kinds.setdefault(meaning.kind, set()).add(meaning.name)
    bodies = {
        m.name
        for meanings in names.values()
        for m in meanings
        if m.kind == "organisation" and m.sector in {"IGO", "JUD"}
    }
    assert len(bodies) >= 300
    assert len(kinds["group"]) >= 400
