"""Dossiers, their subjects, contradictions and exports."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import html
from markdown_it import MarkdownIt

from dragoman.analysis import Period
from dragoman.analysis.agenda import Outcome
from dragoman.analysis.contradictions import amount, contradictions
from dragoman.analysis.dossier import dossier
from dragoman.analysis.dossier_text import sections, to_html, to_markdown
from dragoman.analysis.subjects import Kind, Subject, code_names, find_subject, offices_of
from dragoman.errors import ConfigError
from dragoman.resolving.actor_tables import ActorTables
from rows import Rows, day

TODAY = day("2024-06-01")


@pytest.fixture(scope="module")
def tables():
    return ActorTables.load()


@pytest.fixture(scope="module")
def all_rows():
    made = Rows()
    yield made
    made.close()


@pytest.fixture
def rows(all_rows):
    all_rows.clear()
    return all_rows


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("IRN", Subject(Kind.COUNTRY, "Iran", "IRN")),
        ("Iran", Subject(Kind.COUNTRY, "Iran", "IRN")),
        ("Iranian", Subject(Kind.COUNTRY, "Iran", "IRN")),
        ("Tehran", Subject(Kind.COUNTRY, "Iran", "IRN")),
        ("NATO", Subject(Kind.ORGANISATION, "NATO", "NAT")),
        ("UNO", Subject(Kind.ORGANISATION, "United Nations", "UNO")),
        ("Angela Merkel", Subject(Kind.PERSON, "Angela Merkel", None, ("Angela Merkel",))),
        ("grain exports", Subject(Kind.ISSUE, "grain exports")),
    ],
)
def test_subjects(rows, tables, name, subject):
    assert find_subject(rows.db, name, tables) == subject


def test_subjects_that_only_the_store_knows(rows, tables):
    rows.event("AID", "FRA", "LBN", "2024-05-04", people=("Jeanne Inconnue",))
    found = find_subject(rows.db, "jeanne inconnue", tables)
    assert found == Subject(Kind.PERSON, "Jeanne Inconnue", None, ("Jeanne Inconnue",))
    assert find_subject(rows.db, "Iran", tables, Kind.ISSUE).kind is Kind.ISSUE
    with pytest.raises(ConfigError, match="'Nobody Atall' is no person"):
        find_subject(rows.db, "Nobody Atall", tables, Kind.PERSON)
    with pytest.raises(ConfigError, match="needs a name"):
        find_subject(rows.db, " ", tables)


def test_a_person_of_the_store_alone_has_a_dossier_on_the_same_connection(rows, tables):
    rows.event("CONSULT", "FRA", "LBN", "2024-05-04", people=("Jeanne Inconnue",))
    planned = {"status": "planned", "published": "2024-05-10"}
    mine = rows.event("CONSULT", "FRA", "EGY", "2024-07-04", people=("Jeanne Inconnue",), **planned)
    rows.event("CONSULT", "FRA", "EGY", "2024-08-04", people=("Jean Connu",), **planned)
    subject = find_subject(rows.db, "Jeanne Inconnue", tables)
    found = dossier(rows.db, subject, tables, TODAY)
    assert [one.event.id for one in found.announced] == [mine]
    assert len(found.meetings) == 1


def test_a_surname_means_whom_the_store_tells_of(rows, tables):
    rows.event("AID", "USA", "LBN", "2003-05-04", people=("George W. Bush",))
    assert find_subject(rows.db, "Bush", tables).name == "George W. Bush"


def test_a_group_is_found_by_its_names(rows, tables):
    rows.event("ASSAULT", "LBN", "ISR", "2024-05-04", names=("Hezbollah fighters",))
    rows.event("AID", "LBN", "ISR", "2024-05-04", names=("Lebanon",))
    subject = find_subject(rows.db, "Hezbollah", tables)
    assert (subject.code, subject.names) == (None, ("Hezbollah fighters",))
    found = dossier(rows.db, subject, tables, TODAY)
    assert [e.type for e in found.events] == ["ASSAULT"]


def test_offices_have_dates(tables):
    person = Subject(Kind.PERSON, "Angela Merkel", None, ("Angela Merkel",))
    (office,) = [o for o in offices_of(tables, person) if o.office == "chancellor"]
    assert (office.country, office.since, office.until) == (
        "DEU", date(2005, 11, 22), date(2021, 12, 8),
    )  # fmt: skip
    on = day("2010-05-01")
    country = offices_of(tables, Subject(Kind.COUNTRY, "Germany", "DEU"), Period(on, on))
    assert [o.holder for o in country if o.office == "chancellor"] == ["Angela Merkel"]
    assert offices_of(tables, Subject(Kind.ISSUE, "grain")) == ()


def test_an_office_is_not_dated_more_exactly_than_it_is_known(rows, tables):
    subject = Subject(Kind.PERSON, "William Perry", None, ("William Perry",))
    offices = sections(dossier(rows.db, subject, tables, TODAY), code_names(tables))[0]
    assert offices.rows == (
        ("defense secretary", "United States", "William Perry", "1994-02", "1997-01"),
    )


def of_iran(rows, tables, **more):
    met = rows.event("CONSULT", "IRN", "AZE", "2024-05-10", is_symmetric=True, place="Baku",
                     people=("Hossein Amir-Abdollahian",))  # fmt: skip
    rows.event("CONSULT", "IRN", "AZE", "2024-06-10", published="2024-05-04", status="planned",
               is_symmetric=True)  # fmt: skip
    rows.event("ACCUSE", "ARM", "IRN", "2024-05-11", names=("Armenia’s premier", "Iran"))
    rows.event("ASSAULT", "IRN", "ARM", "2024-05-12", status="alleged", speakers=("Armenia",))
    rows.event("ACCUSE", "IRN", "ISR", "2024-05-13")
    rows.event("AID", "FRA", "LBN", "2024-05-13", speakers=("Iran",))
    rows.db.execute("UPDATE store.actors SET country = 'IRN' WHERE name = 'Iran'")
    rows.document("d", "2024-05-13")
    rows.statement("d", "concerned", "IRN", "AZE")
    rows.relation("d", "tension", "IRN AZE")
    subject = Subject(Kind.COUNTRY, "Iran", "IRN")
    return met, dossier(rows.db, subject, tables, TODAY, **more)


def test_dossier_of_a_country(rows, tables):
    met, found = of_iran(rows, tables)
    assert (found.reports, found.first, found.last) == (6, day("2024-05-04"), day("2024-05-13"))
    assert found.by_type == (("ACCUSE", 1, 1), ("CONSULT", 1, 0))
    assert [(c.code, c.cooperation, c.conflict) for c in found.counterparts] == [
        ("ARM", 0, 1), ("AZE", 1, 0), ("ISR", 0, 1),
    ]  # fmt: skip
    assert [e.id for e in found.meetings] == [met]
    assert [(a.start, a.outcome) for a in found.announced] == [(day("2024-06-10"), Outcome.AHEAD)]
    assert [(a.event.type, a.accusers, a.accused) for a in found.accused] == [
        ("ASSAULT", ("Armenia",), ("IRN",)),
        ("ACCUSE", ("Armenia’s premier",), ("Iran",)),
    ]
    assert [(a.accusers, a.accused) for a in found.accuses] == [(("IRN",), ("ISR",))]
    assert [e.type for e in found.claims] == ["AID"]
    assert [s.stance for s in found.statements] == ["concerned"]
    assert [r.label for r in found.relations] == ["tension"]
    holders = {o.holder for o in found.offices if o.office == "foreign minister"}
    assert "Hossein Amir-Abdollahian" in holders
    assert "Mohammad Javad Zarif" not in holders


def test_dossier_of_a_period_and_with_a_limit(rows, tables):
    _, found = of_iran(rows, tables, period=Period(day("2024-05-12"), day("2024-05-31")), limit=1)
    assert found.meetings == ()
    assert len(found.accused) == 1
    assert len(found.events) == 1
    assert found.announced == ()


def test_dossier_of_a_person(rows, tables):
    met, _ = of_iran(rows, tables)
    name = "Hossein Amir-Abdollahian"
    found = dossier(rows.db, Subject(Kind.PERSON, name, None, (name,)), tables, TODAY)
    assert [e.id for e in found.events] == [met]
    assert [(c.code, c.events) for c in found.counterparts] == [("AZE", 1)]
    assert [(o.office, o.since) for o in found.offices] == [("foreign minister", date(2021, 8, 25))]


def test_dossier_of_an_issue(rows, tables):
    rows.event("AID", "FRA", "LBN", "2024-05-13", evidence="France sent Grain Exports home")
    rows.event("AID", "FRA", "LBN", "2024-05-13", contexts=["grain_exports"])
    rows.event("AID", "FRA", "LBN", "2024-05-13")
    found = dossier(rows.db, Subject(Kind.ISSUE, "grain exports"), tables, TODAY)
    assert (found.reports, len(found.events)) == (2, 2)
    assert [(c.code, c.events) for c in found.counterparts] == [("FRA", 2), ("LBN", 2)]


# -- contradictions ----------------------------------------------------------------------------


def test_contradictions_side_by_side(rows, tables):
    one = rows.event("ASSAULT", "AZE", "ARM", "2024-05-03", speakers=("Armenia",), place="Goris")
    two = rows.event("ASSAULT", "AZE", "ARM", "2024-05-03", place="Goris")
    copy = rows.event("ASSAULT", "AZE", "ARM", "2024-05-04", place="Goris")
    alone = rows.event("ASSAULT", "AZE", "ARM", "2024-05-03")
    rows.magnitude(one, "killed", 3)
    rows.magnitude(two, "killed", 1, 1)
    rows.magnitude(copy, "killed", 1, 1)
    rows.magnitude(alone, "killed", 7)
    rows.happening("h", one, two, copy, origins=("a", "b", "b"))
    rows.happening("alone", alone)
    day_, killed = contradictions(rows.db)
    assert (killed.happening, killed.field, killed.lead.id) == ("h", "killed", one)
    assert [(v.value, v.said_by, v.origins) for v in killed.versions] == [
        ("1", ("Wire d0002", "Wire d0003"), 1),
        ("3 or more", ("Armenia",), 1),
    ]
    assert [(v.value, v.origins) for v in day_.versions] == [("2024-05-03", 2), ("2024-05-04", 1)]
    view = rows.db.execute("SELECT field, count(*) FROM contradictions GROUP BY field").fetchall()
    assert sorted(view) == [("day", 2), ("killed", 2)]
    found = dossier(rows.db, Subject(Kind.COUNTRY, "Armenia", "ARM"), tables, TODAY)
    assert found.contradictions == (day_, killed)
    other = dossier(rows.db, Subject(Kind.COUNTRY, "Iran", "IRN"), tables, TODAY)
    assert other.contradictions == ()


@pytest.mark.parametrize(
    ("low", "high", "unit", "words"),
    [
        (12.0, 12.0, "people", "12"),
        (24.0, None, "people", "24 or more"),
        (10.0, 12.0, None, "10 to 12"),
        (17e6, 17e6, "USD", "17,000,000 USD"),
    ],
)
def test_amounts(low, high, unit, words):
    assert amount(low, high, unit) == words


# -- exports -----------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> | [x](javascript:alert(1)) `*_#\x1b[31m\n# head"


def hostile(rows, tables):
    rows.document("d", "2024-05-13", title=HOSTILE, url="javascript:alert(1)")
    rows.document("e", "2024-05-12", title="Plain", url="https://news.example/a?b=1&c=2")
    for document in "de":
        rows.event("AID", "FRA", "LBN", "2024-05-13", document=document, evidence=HOSTILE,
                   place=HOSTILE, speakers=(HOSTILE,))  # fmt: skip
    rows.statement("d", "concerned", "FRA", "", topic=HOSTILE)
    return dossier(rows.db, Subject(Kind.COUNTRY, HOSTILE, "FRA"), tables, TODAY)


def test_markdown(rows, tables):
    text = to_markdown(hostile(rows, tables), code_names(tables))
    lines = text.splitlines()
    assert lines[0].startswith("# \\<script\\>alert(1)")
    assert sum(line.startswith("# ") for line in lines) == 1
    assert "\x1b" not in text
    page = html.document_fromstring(MarkdownIt("commonmark").enable("table").render(text))
    assert page.findtext(".//h1") == HOSTILE.replace("\n", " ").replace("\x1b", " ")
    assert page.xpath("//script | //img") == []
    assert {a.get("href") for a in page.xpath("//a")} == {"https://news.example/a?b=1&c=2"}
    assert len(page.xpath("//h2")) == 12
    assert {len(row) for row in page.xpath("//h2[.='Latest events']/following::tr")} == {8}
    assert "[Plain, 2024-05-12](<https://news.example/a?b=1&c=2>)" in text
    heads = [line for line in lines if line.startswith("| day | who | act |")]
    row = next(line for line in lines if "Plain, 2024-05-12" in line)
    assert heads
    assert row.replace("\\|", "").count("|") == heads[0].count("|")
    assert "| France → Lebanon |" in row


def test_html_is_self_contained_and_escaped(rows, tables):
    text = to_html(hostile(rows, tables), code_names(tables))
    page = html.document_fromstring(text)
    assert page.findtext(".//h1").startswith("<script>alert(1)</script>")
    assert page.xpath("//script | //link | //img | //iframe") == []
    assert {a.get("href") for a in page.xpath("//a")} == {"https://news.example/a?b=1&c=2"}
    assert not [n for n in page.iter() for name in n.attrib if name.startswith("on")]
    assert len(page.xpath("//h2")) == 12
    assert "@media print" in page.findtext(".//style")
    assert "default-src 'none'" in text


def test_sections_say_what_is_missing(rows, tables):
    found = dossier(rows.db, Subject(Kind.COUNTRY, "Tonga", "TON"), tables, TODAY)
    empty = {s.title: s.empty for s in sections(found, {}) if not s.rows}
    assert empty["Met"] == "No meeting is told of."
    assert empty["Latest events"] == "No report tells of Tonga."
    titles = [s.title for s in sections(
        dossier(rows.db, Subject(Kind.ISSUE, "grain"), tables, TODAY), {}
    )]  # fmt: skip
    assert "Offices" not in titles
