"""Every format, written from one store and opened by the tools that its users have."""

from __future__ import annotations

import csv
import gc
import importlib.util
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import frictionless
import geopandas
import icalendar
import networkx as nx
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import rdflib
import stix2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.errors import ConfigError, StoreError
from dragoman.exporting import Selection, export, formats
from dragoman.exporting import formats as known
from dragoman.exporting.formats import Column, optional, plain
from dragoman.exporting.gdelt import fraction, quad_class
from dragoman.exporting.package import CITATION, codebook_version
from dragoman.exporting.petrarch import penta_class
from dragoman.exporting.selecting import Row, Source
from dragoman.exporting.tables import COLUMNS, guarded, read_csv, record, write_csv
from dragoman.store import Store
from exchange import TEXT, fill

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with fill(tmp_path_factory.mktemp("store") / "news.duckdb") as found:
        yield found


@pytest.fixture(scope="module")
def files(store, tmp_path_factory):
    """Return the folder with one file of every format, named as the format."""
    folder = tmp_path_factory.mktemp("files")
    for name, found in known().items():
        countries = ("BRA", "KEN", "SRB", "ESP", "MLI") if name.startswith("panel") else ()
        export(store, name, folder / f"{name}{found.suffix}", countries=countries)
    return folder


def path(files, name):
    return files / f"{name}{known()[name].suffix}"


def cells(files, name):
    """Return the rows of a headless file as mappings of its columns."""
    header = [column.name for column in known()[name].columns]
    lines = path(files, name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    assert {len(row) for row in rows} == {len(header)}
    return [dict(zip(header, row, strict=True)) for row in rows]


def headed(files, name):
    with path(files, name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


# -- tables ----------------------------------------------------------------------------------


def test_the_three_tables_hold_the_same_in_pandas_and_polars(store, files):
    frame = pd.read_parquet(path(files, "parquet"))
    assert list(frame.columns) == [column.name for column in COLUMNS]
    assert frame.shape[0] == 14
    assert frame["is_lead"].sum() == 10
    aid = frame[frame["type"] == "AID"].iloc[0]
    assert aid["cameo"] == "07"
    assert list(aid["recipient_sectors"]) == [None, "MIL"]
    lines = pl.read_ndjson(path(files, "jsonl"), infer_schema_length=None)
    assert lines["event_id"].to_list() == frame["event_id"].to_list()
    seized = lines.filter(pl.col("type") == "COERCE").row(0, named=True)
    assert (seized["killed_low"], seized["killed_high"]) == (12.0, None)
    table = pl.read_csv(path(files, "csv"), schema_overrides={"cameo": pl.String})
    assert table["cameo"].to_list() == frame["cameo"].to_list()
    assert TEXT[seized["evidence_start"] : seized["evidence_end"]] == seized["evidence"]
    assert pl.read_parquet(path(files, "parquet"))["day"].to_list() == frame["day"].to_list()


def test_csv_comes_back_as_it_went(store, files):
    with path(files, "csv").open(encoding="utf-8", newline="") as file:
        assert list(read_csv(file)) == [record(row) for row in Source(store).rows()]


def test_parquet_and_jsonl_come_back_as_they_went(store, files):
    rows = [record(row) for row in Source(store).rows()]
    assert pq.read_table(path(files, "parquet")).to_pylist() == rows
    lines = [json.loads(line) for line in path(files, "jsonl").read_text().splitlines()]
    assert lines == json.loads(json.dumps(rows, default=str))


def test_no_text_of_a_csv_is_a_formula(files):
    with path(files, "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    kinds = [column.type for column in COLUMNS]
    texts = [c for row in rows for c, k in zip(row, kinds, strict=True) if k in {"string", "array"}]
    assert "'=cmd|' /C calc'!A0" in texts
    assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    numbers = [row[kinds.index("number")] for row in rows]
    assert "-7.0" in numbers
    raw = path(files, "csv-raw").read_text(encoding="utf-8")
    assert ",=cmd|' /C calc'!A0," in raw


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=12).filter(lambda t: "\0" not in t),
            st.lists(
                st.one_of(
                    st.none(), st.text(min_size=1, max_size=12).filter(lambda t: "\0" not in t)
                )
            ),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        ),
        max_size=4,
    )
)
def test_any_text_survives_csv(rows):
    columns = (
        Column("text", "string", ""),
        Column("x_names", "array", ""),
        Column("x_sectors", "array", ""),
        Column("n", "number", ""),
    )
    wanted = [
        {"text": text, "x_names": ["a"] * len(items), "x_sectors": items, "n": number}
        for text, items, number in rows
    ]
    file = io.BytesIO()
    write_csv(wanted, columns, file)
    written = io.StringIO(file.getvalue().decode(), newline="")
    assert list(read_csv(written, columns)) == wanted
    for row in csv.reader(io.StringIO(file.getvalue().decode(), newline="")):
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_guard_marks_an_apostrophe_too():
    assert [guarded(t) for t in ("=1", "'a", "a", "", "－1")] == ["'=1", "''a", "a", "", "'－1"]


# -- the field's formats ---------------------------------------------------------------------


def test_gdelt_events(files):
    rows = cells(files, "gdelt")
    assert len(known()["gdelt"].columns) == 61
    by_code = {(r["Actor1Code"], r["Actor2Code"], r["EventCode"]): r for r in rows}
    assert set(by_code) == {
        ("BRAGOV", "KENGOV", "040"),
        ("KENGOV", "BRAGOV", "040"),
        ("PERGOV", "CHL", "040"),
        ("GHA", "TGO", "036"),
        ("TGO", "GHA", "036"),
        ("IGOUNO", "KSVGOV", "111"),
        ("IMGMOSALQREB", "", "171"),
        ("ESPGOV", "MLI", "070"),
        ("ESPGOV", "MLIMIL", "070"),
        ("PERGOV", "TCDGOV", "033"),
    }
    met = by_code["BRAGOV", "KENGOV", "040"]
    assert {
        "SQLDATE": "20240503",
        "MonthYear": "202405",
        "FractionDate": "2024.3370",
        "Actor1Name": "BRAZIL’S FOREIGN MINISTER",
        "Actor1CountryCode": "BRA",
        "Actor1Type1Code": "GOV",
        "IsRootEvent": "1",
        "EventRootCode": "04",
        "QuadClass": "1",
        "GoldsteinScale": "1",
        "NumMentions": "2",
        "NumArticles": "2",
        "AvgTone": "",
        "Actor1Geo_Type": "0",
        "ActionGeo_Type": "4",
        "ActionGeo_CountryCode": "PO",
        "ActionGeo_Lat": "38.7",
        "DATEADDED": "20240504120000",
    }.items() <= met.items()
    seized = by_code["IMGMOSALQREB", "", "171"]
    assert seized["Actor1KnownGroupCode"] == "ALQ"
    assert seized["Actor1Name"] == "FRONT"
    assert seized["ActionGeo_Type"] == "2"
    assert seized["ActionGeo_ADM1Code"] == seized["ActionGeo_FeatureID"] == "USTX"
    assert seized["ActionGeo_Lat"] == ""
    assert seized["SOURCEURL"] == "https://news.example.org/a?b=1"
    united = by_code["IGOUNO", "KSVGOV", "111"]
    assert (united["Actor1CountryCode"], united["Actor1KnownGroupCode"]) == ("", "UNO")
    assert (united["Actor1Type1Code"], united["Actor2CountryCode"]) == ("IGO", "KSV")
    assert not any("/home" in cell for row in rows for cell in row.values())


def test_gdelt_mentions_belong_to_events(files):
    events = {r["GLOBALEVENTID"]: r for r in cells(files, "gdelt")}
    rows = cells(files, "gdelt-mentions")
    assert len(known()["gdelt-mentions"].columns) == 16
    assert {r["GLOBALEVENTID"] for r in rows} == set(events)
    for key, event in events.items():
        assert sum(r["GLOBALEVENTID"] == key for r in rows) == int(event["NumMentions"])
    web = next(r for r in rows if r["MentionType"] == "1")
    assert web["MentionSourceName"] == "news.example.org"
    assert {r["Actor2CharOffset"] for r in rows} >= {"-1"}
    at = int(web["ActionCharOffset"])
    assert TEXT[at:].startswith("condemned")
    assert all(int(r["Confidence"]) in range(10, 101, 10) for r in rows)


def test_gdelt_numbers():
    assert fraction(date(2015, 2, 18)) == "2015.1315"
    classes = [quad_class(f"{root:02}") for root in range(1, 21)]
    assert classes == [1] * 5 + [2] * 3 + [3] * 5 + [4] * 7
    assert [penta_class(f"{root:02}") for root in (1, 2, 3, 5, 6, 9, 14, 15, 16, 17, 20)] == [
        0, 0, 1, 1, 2, 3, 4, 4, 3, 4, 4,
    ]  # fmt: skip


def test_icews(files):
    frame = pd.read_csv(path(files, "icews"), sep="\t", dtype={"CAMEO Code": str}, quoting=3)
    assert list(frame.columns)[:7] == [
        "Event ID",
        "Event Date",
        "Source Name",
        "Source Sectors",
        "Source Country",
        "Event Text",
        "CAMEO Code",
    ]
    assert frame.shape == (9, 20)
    aid = frame[frame["CAMEO Code"] == "070"].iloc[0]
    assert aid["Source Name"] == "Ana =1; Ruiz\\"
    assert (aid["Event Text"], aid["Intensity"]) == ("Provide aid", 7)
    assert aid["Source Country"] == "Spain"
    united = frame[frame["CAMEO Code"] == "111"].iloc[0]
    assert (united["Source Name"], united["Target Name"]) == ("United Nations", "Kosovo")
    assert pd.isna(united["Source Country"])
    assert frame["Event ID"].is_unique
    assert frame["Event ID"].max() < 2**53


def test_polecat(files):
    rows = headed(files, "polecat")
    assert len(rows[0]) == 40
    by_type = {row["Event Type"]: row for row in rows}
    assert sorted(row["Event Type"] for row in rows) == [
        "ACCUSE", "ACCUSE", "AGREE", "AGREE", "AID", "COERCE", "CONSULT",
    ]  # fmt: skip
    aid = by_type["AID"]
    assert {
        "Actor Country": "ESP",
        "Actor COW": "230",
        "Recipient Country": "MLI",
        "Recipient COW": "432",
        "Recipient Sectors": "MIL",
        "Actor Name": "Ana =1, Ruiz\\",
        "Quad Code": "MATERIAL COOPERATION",
        "Event Mode": "None",
        "Wikipedia Actor ID": "None",
    }.items() <= aid.items()
    assert by_type["COERCE"]["Contexts"] == "territory;terrorism"
    assert by_type["COERCE"]["Province"] == "Texas"
    assert {by_type["AGREE"][n] for n in ("Quad Code", "Event Intensity")} == {
        "VERBAL COOPERATION",
        "2.5",
    }


def test_petrarch_and_phoenix(files):
    line = next(r for r in cells(files, "petrarch") if r["code"] == "111")
    assert (line["date"], line["source"], line["target"]) == ("20240506", "IGOUNO", "KSVGOV")
    assert line["actor_text"] == "The United Nations"
    assert len(known()["phoenix"].columns) == 26
    row = next(r for r in cells(files, "phoenix") if r["EventCode"] == "070")
    assert [row[f"SourceActor{n}"] for n in ("Full", "Entity", "Role", "Attribute")] == [
        "ESPGOV",
        "ESP",
        "GOV",
        "",
    ]
    united = next(r for r in cells(files, "phoenix") if r["EventCode"] == "111")
    assert [united[f"SourceActor{n}"] for n in ("Entity", "Role", "Attribute")] == [
        "IGO", "", "UNO",
    ]  # fmt: skip


def test_what_has_no_status_or_day_is_left_out_and_told(store, tmp_path):
    told = export(store, "gdelt", tmp_path / "x.tsv").left_out
    assert told == {
        "told by an earlier report": 4,
        "no day": 1,
        "status alleged": 1,
        "status denied": 1,
    }


def test_plain_cells():
    assert plain(" =a\tb\n‮c ") == "a b c"
    assert [plain(v) for v in (None, True, -2.0, 0.25, "---", 5)] == [
        "", "1", "-2", "0.25", "---", "5",
    ]  # fmt: skip


# -- panel -----------------------------------------------------------------------------------


def test_panel_is_balanced_and_holds_what_dyad_days_holds(store, files):
    frame = pd.read_parquet(path(files, "panel"))
    days, states = 5, 5  # 3 to 7 May
    assert len(frame) == days * states * (states - 1)
    assert (frame.groupby(["actor", "recipient"]).size() == days).all()
    happened = frame[frame["events"] > 0].set_index(["day", "actor", "recipient"])
    known_days = store.query("SELECT day, actor, recipient, events, score FROM dyad_days")[1]
    for day, actor, recipient, events, score in known_days:
        if {actor, recipient} <= {"BRA", "KEN", "SRB", "ESP", "MLI"}:
            row = happened.loc[day, actor, recipient]
            assert (row["events"], row["score"]) == (events, score)
    assert happened["events"].sum() == 3
    assert set(frame["actor_cow"]) == {"140", "501", "345", "230", "432"}
    table = pd.read_csv(path(files, "panel-csv"), dtype={"actor_cow": str, "recipient_cow": str})
    assert table.drop(columns="day").equals(frame.drop(columns="day").astype(table.dtypes[1:]))


def test_panel_has_a_state_in_the_years_of_its_membership(store, tmp_path):
    chosen = Selection(date(2011, 12, 31), date(2012, 1, 1))
    out = tmp_path / "panel.parquet"
    export(store, "panel", out, chosen, countries=("SSD", "SDN", "SRB"))
    assert len(pd.read_parquet(out)) == 12
    chosen = Selection(date(2010, 12, 31), date(2011, 1, 1))
    export(store, "panel", out, chosen, countries=("SSD", "SDN", "SRB"))
    frame = pd.read_parquet(out)
    assert frame.groupby("day").size().to_list() == [2, 6]
    whole = export(store, "panel", out, Selection(date(2024, 5, 3), date(2024, 5, 3)))
    assert whole.records == 195 * 194


def test_panel_refuses_what_is_no_state(store, tmp_path):
    with pytest.raises(StoreError, match="UNO: not in the state system"):
        export(store, "panel", tmp_path / "x", countries=("UNO",))
    with pytest.raises(ConfigError, match="countries narrow a panel"):
        export(store, "csv", tmp_path / "x", countries=("FRA",))


# -- maps, networks, calendars, graphs -------------------------------------------------------


def test_maps_open_in_geopandas(files):
    for frame in (
        geopandas.read_file(path(files, "geojson")),
        geopandas.read_parquet(path(files, "geoparquet")),
    ):
        assert len(frame) == 1
        assert (frame.geometry.x[0], frame.geometry.y[0]) == (-9.1, 38.7)
        assert frame.crs.to_epsg() == 4326 or frame.crs.to_string() == "OGC:CRS84"
        assert frame["cameo"][0] == "040"
        assert frame["place"][0] == "Lisbon"


def test_networks_open_in_networkx(files):
    for graph in (nx.read_graphml(path(files, "graphml")), nx.read_gexf(path(files, "gexf"))):
        assert graph.is_directed()
        assert graph.edges["BRA", "KEN"]["events"] == 1
        assert graph.edges["ESP", "MLI"]["material_cooperation"] == 2
        assert graph.edges["ESP", "MLI"]["score"] == 20.0
        assert graph.nodes["UNO"]["kind"] == "organisation or group"
        assert graph.nodes["XKX"]["label"] == "Kosovo"
    assert "lastmodifieddate" not in path(files, "gexf").read_text()


def test_calendar_opens_in_icalendar(files):
    calendar = icalendar.Calendar.from_ical(path(files, "ical").read_bytes())
    entries = {str(e["SUMMARY"]): e for e in calendar.walk("VEVENT")}
    assert set(entries) == {
        "CONSULT: Ghana, Togo",
        "CONSULT/visit: Russia → Germany",
        "AID: Peru → Chad",
    }
    visit = entries["CONSULT/visit: Russia → Germany"]
    assert (visit["DTSTART"].dt, visit["DTEND"].dt) == (date(2024, 6, 1), date(2024, 7, 1))
    assert visit["STATUS"] == "TENTATIVE"
    assert str(visit["UID"]).endswith("@dragoman")
    assert str(visit["DTSTAMP"].dt) == "2024-05-04 12:00:00+00:00"
    lines = path(files, "ical").read_bytes().split(b"\r\n")
    assert max(map(len, lines)) <= 75


def test_rdf_opens_in_rdflib(files):
    graph = rdflib.Graph().parse(path(files, "rdf"), format="nt")
    sem = rdflib.Namespace("http://semanticweb.cs.vu.nl/2009/11/sem/")
    assert len(set(graph.subjects(rdflib.RDF.type, sem.Event))) == 14
    found = graph.query(
        """
        PREFIX sem: <http://semanticweb.cs.vu.nl/2009/11/sem/>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        PREFIX d: <urn:dragoman:vocab#>
        SELECT ?name ?day ?title ?said WHERE {
          ?e sem:eventType <urn:dragoman:type:AID>; d:status "actual"; d:actor ?a;
             sem:hasEarliestBeginTimeStamp ?day; prov:wasDerivedFrom ?r;
             prov:wasGeneratedBy ?run; sem:accordingTo [ rdfs:label ?said ].
          ?a rdfs:label ?name . ?r <http://purl.org/dc/terms/title> ?title .
          ?run prov:startedAtTime ?started .
        }"""
    )
    assert [tuple(map(str, row)) for row in found] == [
        ("Ana =1; Ruiz\\", "2024-05-07", "=cmd|' /C calc'!A0", "Wire")
    ]


def test_stix_parses(files):
    bundle = stix2.parse(path(files, "stix").read_text(encoding="utf-8"), allow_custom=True)
    assert bundle["type"] == "bundle"
    kinds = [thing["type"] for thing in bundle["objects"]]
    assert kinds.count("observed-data") == 10
    ids = {thing["id"] for thing in bundle["objects"]}
    assert len(ids) == len(kinds)
    for thing in bundle["objects"]:
        if thing["type"] != "observed-data":
            continue
        assert set(thing["object_refs"]) <= ids
        (more,) = thing["extensions"].values()
        assert {*more["actor_refs"], *more.get("recipient_refs", [])} <= ids
        assert more["event_type"].isupper()
    assert "https://news.example.org/a?b=1" in {t.get("value") for t in bundle["objects"]}


# -- spans -----------------------------------------------------------------------------------


def test_annotations_quote_the_words(store, files):
    page = json.loads(path(files, "webannotation").read_text(encoding="utf-8"))
    texts = dict(store.query("SELECT coalesce(url, 'urn:dragoman:document:' || id), text "
                             "FROM documents")[1])  # fmt: skip
    assert len({item["id"] for item in page["items"]}) == len(page["items"]) == 72
    for item in page["items"]:
        quote, position = item["target"]["selector"]
        text = texts[item["target"]["source"]]
        assert text[position["start"] : position["end"]] == quote["exact"]
        assert text[: position["start"]].endswith(quote["prefix"])
        assert text[position["end"] :].startswith(quote["suffix"])


def test_label_studio_regions(files):
    tasks = json.loads(path(files, "labelstudio").read_text(encoding="utf-8"))
    assert len(tasks) == 3
    for task in tasks:
        (prediction,) = task["predictions"]
        regions = {r["id"]: r for r in prediction["result"] if r["type"] == "labels"}
        links = [r for r in prediction["result"] if r["type"] == "relation"]
        for region in regions.values():
            value = region["value"]
            assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
        assert links
        assert all({link["from_id"], link["to_id"]} <= set(regions) for link in links)


# -- all formats -----------------------------------------------------------------------------


def test_the_same_reports_give_the_same_bytes(files, tmp_path):
    (tmp_path / "again").mkdir()
    with fill(tmp_path / "again" / "news.duckdb") as again:
        for name in known():
            countries = ("BRA", "KEN", "SRB", "ESP", "MLI") if name.startswith("panel") else ()
            out = tmp_path / path(files, name).name
            export(again, name, out, countries=countries)
            assert out.read_bytes() == path(files, name).read_bytes(), name
            beside = out.name + ".datapackage.json"
            assert (tmp_path / beside).read_bytes() == (files / beside).read_bytes(), name
    assert not list(tmp_path.glob("*.part"))


TABLES = ["csv", "gdelt", "gdelt-mentions", "icews", "petrarch", "phoenix", "panel-csv", "parquet"]


@pytest.mark.parametrize("name", TABLES)
def test_packages_are_valid(files, name):
    package = Path(str(path(files, name)) + ".datapackage.json")
    told = json.loads(package.read_text(encoding="utf-8"))
    assert told["citation"] == CITATION
    assert told["codebook"]["sha256"] == codebook_version()
    assert told["runs"] == [{"id": "run1", "started": "2024-05-04T12:00:00Z", "coder": "test 1"}]
    if name == "parquet":
        return  # its reader needs a library of its own
    result = frictionless.Package(str(package)).validate()
    assert result.valid, result.flatten(["rowNumber", "fieldName", "message"])


def test_citation_is_that_of_the_repository():
    cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    title = next(line for line in cff.splitlines() if line.startswith("title:"))
    assert title.split('"')[1] in CITATION


STREAMS = [
    "csv", "jsonl", "gdelt", "icews", "polecat", "petrarch", "phoenix", "geojson", "geoparquet",
    "parquet", "graphml", "ical", "rdf", "stix",
]  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_events_stream_one_by_one(store, monkeypatch, name):
    """While a thousand events pass, only a few of them are alive at a time."""
    some = list(Source(store).rows())
    alive = []

    def rows(self):
        for number in range(1000):
            yield replace(some[number % len(some)], id=f"e{number}")
            if number % 400 == 399:
                alive.append(sum(isinstance(thing, Row) for thing in gc.get_objects()))

    monkeypatch.setattr(Source, "rows", rows)
    assert export(store, name, io.BytesIO()).records > 3
    assert len(alive) == 2
    assert max(alive) <= len(some) + 5


def test_selection(store, tmp_path):
    out = tmp_path / "x.jsonl"
    chosen = Selection(date(2024, 5, 6), date(2024, 5, 7), "type <> 'AID' -- not aid")
    done = export(store, "jsonl", out, chosen)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert done.records == len(rows) == 4
    assert {row["type"] for row in rows} == {"ACCUSE", "COERCE", "CONSULT"}
    assert json.loads(done.package.read_text())["selection"] == {
        "since": "2024-05-06",
        "until": "2024-05-07",
        "where": "type <> 'AID' -- not aid",
    }
    with pytest.raises(StoreError, match="--where 'nonsense = 1' cannot be used"):
        export(store, "csv", out, Selection(where="nonsense = 1"))


def test_errors(store, tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'gdelt'"):
        export(store, "gdlt", tmp_path / "x")
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        export(store, "csv", tmp_path / "no" / "x.csv")
    with pytest.raises(ConfigError, match=r"pip install 'dragoman\[formats\]'"):
        optional("no_such_library", "formats")


def test_an_empty_store(tmp_path):
    with Store.open(tmp_path / "e.duckdb") as empty:
        for name, found in formats().items():
            done = export(empty, name, tmp_path / f"{name}{found.suffix}")
            assert done.records == 0
    assert pd.read_parquet(tmp_path / "panel.parquet").empty
    assert json.loads((tmp_path / "geojson.geojson").read_text())["features"] == []
    assert nx.read_graphml(tmp_path / "graphml.graphml").number_of_nodes() == 0


def test_the_document_has_the_columns_of_every_format():
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "formats_document.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = tool.DOCUMENT.read_text(encoding="utf-8")
    assert tool.filled(text) == text
    shown = {name for name in known() if f"<!-- columns {name} -->" in text}
    same = {"csv", "csv-raw", "jsonl", "geojson", "geoparquet", "panel-csv", "gexf"}
    assert shown == set(known()) - same


def test_rows_asked_for_in_parts_are_the_same(store, monkeypatch):
    from dragoman.exporting import selecting

    whole = list(Source(store).rows())
    assert len({row.day for row in whole}) > 2
    for size in (1, 2, 3):
        monkeypatch.setattr(selecting, "_PART", size)
        assert list(Source(store).rows()) == whole
    chosen = Selection(where="type = 'CONSULT' -- those only")
    assert list(Source(store, chosen).rows()) == [row for row in whole if row.type == "CONSULT"]
