"""Copies, origins, happenings, and their measure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.archive.ingesting import code_all
from dragoman.archive.linking import link
from dragoman.duplicates.copies import Text, find_copies, shingles
from dragoman.duplicates.evaluating import b_cubed, evaluate_duplicates, read_clusters
from dragoman.duplicates.origins import credited_agency, origin_of, registrable_domain
from dragoman.duplicates.rules import load_rules
from dragoman.errors import GoldError
from dragoman.ingest import document_from_text
from dragoman.store import Run, Store

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
RULES = load_rules()
HALVES = Path(str(files("dragoman"))) / "samples" / "duplicates"
WIRE = (
    "NAIROBI, May 3, 2024 (Sample Wire) - Gunmen killed three police officers in Nairobi on "
    "Friday, the Kenyan interior ministry said. The attackers fled in two cars towards the "
    "airport, where soldiers had closed the roads. A spokesman said that nobody had claimed "
    "the attack, and that the president would speak to the nation in the evening."
)
DAY = date(2024, 5, 3)


def texts(*contents: str, day: date | None = DAY) -> list[Text]:
    return [Text(f"d{n}", content, day) for n, content in enumerate(contents)]


def test_copies_reprinted_edited_and_shortened():
    edited = WIRE.replace("Gunmen", "Unknown gunmen").replace("in two cars ", "")
    shortened = WIRE.split(" A spokesman")[0]
    other = (
        "The foreign ministers of Peru and Chile met in Lima on Friday and discussed fishing "
        "rights and the border. They will meet again in Santiago in June, both said."
    )
    found = find_copies(texts(WIRE, edited, shortened, other, WIRE), RULES.copies)
    assert [(copy.document, copy.group) for copy in found] == [
        ("d0", "d0"), ("d1", "d0"), ("d2", "d0"), ("d4", "d0"),
    ]  # fmt: skip
    assert found[3].similarity == 1.0
    assert 0.4 < found[1].similarity < 1.0


def test_the_same_words_weeks_later_are_no_copy():
    later = replace(texts(WIRE, WIRE)[1], published=date(2024, 6, 3))
    assert find_copies([texts(WIRE)[0], later], RULES.copies) == []


def test_copies_need_words():
    assert find_copies(texts("...", "", "Talks."), RULES.copies) == []
    assert shingles("One, two; three four.") == ["four", "one", "three", "two"]


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk"),
        ("https://edition.cnn.com/a", "cnn.com"),
        ("https://news.example", "news.example"),
        ("http://10.1.2.3/a", "10.1.2.3"),
        (None, None),
        ("http://[bad", None),
    ],
)
def test_registrable_domain(url, domain):
    assert registrable_domain(url) == domain


def test_origins():
    def origin(agency=None, publisher=None, url=None):
        return origin_of(agency, publisher, url, RULES)

    assert origin("Reuters", "Sample Times", "https://times.example/1") == "reuters"
    assert origin(url="https://www.bbc.co.uk/1") == origin(url="https://bbc.com/2") == "bbc"
    assert origin(publisher="The Sample Times") == origin(publisher="Sample Times")
    assert origin(publisher="A Daily", url="https://x.example/1") == "x.example"
    assert origin("AFP") == origin("Agence France-Presse") == origin(url="https://www.afp.com/1")
    assert origin("AP") == origin(publisher="The Associated Press") == "associated press"
    assert origin() == ""


@pytest.mark.parametrize(
    ("author", "end", "agency"),
    [
        ("Reuters", "", "Reuters"),
        ("AFP staff", "", "Agence France-Presse"),
        ("By Jane Doe, Associated Press", "", "Associated Press"),
        ("The Associated Press", "", "Associated Press"),
        ("Jane Doe and AFP", "", "Agence France-Presse"),
        ("Ana App", "", None),
        ("Jane Doe", "He left for Oslo.\nSource: Xinhua", "Xinhua"),
        (None, "He left for Oslo. (AFP)\n", "Agence France-Presse"),
        (None, "He left for Oslo. - dpa", "Deutsche Presse-Agentur"),
        (None, "He left for Oslo.\n— Reuters", "Reuters"),
        (None, "He spoke to Reuters.", None),
        (None, "He left for the European Union (EU)", None),
        (None, "He read it on a map", None),
        (None, "The article came from a map", None),
        (None, "", None),
    ],
)
def test_credits_of_agencies(author, end, agency):
    assert credited_agency(author, end, RULES) == agency


@pytest.fixture
def linked(tmp_path, coder):
    """Return a function that codes reports, keeps and links them, and gives the store."""
    opened: list[Store] = []

    def call(*reports: tuple[str, str, str | None]) -> Store:
        store = Store.open(tmp_path / "news.duckdb")
        opened.append(store)
        documents = [
            document_from_text(text, publisher=publisher, url=url, published_by_metadata=DAY)
            for text, publisher, url in reports
        ]
        store.add(code_all(coder, documents), RUN)
        link(store)
        return store

    yield call
    for store in opened:
        store.close()


def test_one_happening_of_three_origins_with_contradictions(linked):
    store = linked(
        (WIRE, "Morning Sample", "https://morning.example/1"),
        (WIRE.replace("the airport", "the city's airport"), "Evening", "https://evening.example/1"),
        ("Five police officers were killed by gunmen in Nairobi on Friday, a spokesman for the "
         "Kenyan police said. The attack was the worst of the year.", "Lake", "https://lake.example/"),
        ("Gunmen killed three police officers in Kenya's capital Nairobi on Friday, hospital "
         "staff told the paper.", "Hill", "https://a.hill.example/1"),
        ("Three police officers were killed by gunmen in Nairobi on Friday, Kenyan officials "
         "told a sister paper.", "Hill Two", "https://b.hill.example/2"),
        ("Gunmen killed three police officers in Mombasa on 12 April 2024, Kenyan police said.",
         "Coast", "https://coast.example/1"),
    )  # fmt: skip
    sql = "SELECT reports, origins, len(sources) FROM happenings WHERE type = 'ASSAULT' ORDER BY 1"
    rows = store.query(sql)[1]
    # The wire's two copies are one origin, the two sites of one publisher are one.
    assert rows[-1][:2] == (5, 3)
    assert rows[0][0] == 1
    killed = store.query(
        "SELECT value, origins FROM contradictions WHERE field = 'killed' ORDER BY value"
    )[1]
    assert killed == [("3.0", 2), ("5.0", 1)]
    # One happening counts once.
    counted = store.query("SELECT count(*) FROM copies")[1]
    assert counted == [(2,)]
    events = store.query("SELECT sum(events) FROM dyad_days")[1][0][0]
    assert events in {None, 1, 2}


def test_an_agencys_report_under_other_names_is_one_origin(linked):
    """Not copies: each paper wrote it anew, and credits the agency at its end."""
    place = "in Nairobi on 3 May 2024"
    store = linked(
        (f"NAIROBI, May 3, 2024 (Reuters) - Gunmen killed three police officers {place}, the "
         "interior ministry said, and fled towards the airport.", "Reuters", None),
        (f"Three police officers were killed by gunmen {place}, officials told a press briefing; "
         "two of them were new to the force. (Reuters)", "The Daily", "https://d.example/1"),
        (f"It was a quiet street until gunmen killed three police officers {place}.\n"
         "Source: Reuters", "The Post", "https://p.example/1"),
        (f"Our reporter saw smoke. Gunmen killed three police officers {place}, neighbours said "
         "when we spoke to them at noon.", "The Herald", "https://h.example/1"),
    )  # fmt: skip
    assert store.query("SELECT count(*) FROM copies")[1] == [(0,)]
    sql = "SELECT origins, reports FROM happenings ORDER BY reports DESC LIMIT 1"
    assert store.query(sql)[1] == [(2, 4)]


def test_linking_again_gives_the_same(linked):
    reports = [
        (r.document.text, r.document.publisher, None) for r in read_clusters(HALVES / "dev.toml")
    ]
    store = linked(*reports[:12])
    tables = ("copies", "happening_events")
    before = [sorted(store.query(f"SELECT * FROM store.{t}")[1], key=repr) for t in tables]
    link(store)
    after = [sorted(store.query(f"SELECT * FROM store.{t}")[1], key=repr) for t in tables]
    assert before == after
    assert store.verify().problems == ()


def test_b_cubed_by_hand():
    # Bagga and Baldwin's example: two gold clusters of 5, 2 and 5 items, two merged.
    gold = list("aaaaabbccccc")
    assert b_cubed(gold, list("111112222222"))[:2] == pytest.approx((0.7619, 1.0), abs=1e-4)
    assert b_cubed(gold, gold) == (1.0, 1.0, 1.0)
    assert b_cubed(list("aabb"), list("1234"))[:2] == (1.0, 0.5)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_b_cubed_is_symmetric(pairs):
    gold, found = [str(a) for a, _ in pairs], [str(b) for _, b in pairs]
    precision, recall, f1 = b_cubed(gold, found)
    assert b_cubed(found, gold) == pytest.approx((recall, precision, f1))
    assert 0 < precision <= 1


def test_the_development_half(coder):
    scores = evaluate_duplicates([HALVES / "dev.toml"], coder)
    assert scores.clusters == 30
    assert scores.f1 > 0.9


def test_gold_of_clusters_is_checked(tmp_path):
    path = tmp_path / "gold.toml"
    path.write_text("[[cluster]]\nname = 'a'\n[[cluster.report]]\ntext = 'Talks.'\n")
    with pytest.raises(GoldError, match="a: report 1 has no 'published'"):
        read_clusters(path)
    path.write_text("cluster = 3")
    with pytest.raises(GoldError):
        evaluate_duplicates([path], None)  # type: ignore[arg-type]
