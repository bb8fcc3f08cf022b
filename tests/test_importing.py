"""Files of other data sets, in the shapes in which they are published."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from datetime import date
from types import SimpleNamespace

import pytest

from dragoman import cli
from dragoman.archive.comparing import canonical_digest, newest_runs
from dragoman.archive.linking import is_linked
from dragoman.codebook.crosswalk import load_crosswalk
from dragoman.errors import ConfigError, InputError, StoreError
from dragoman.exporting import export, formats
from dragoman.exporting.gdelt import EVENTS
from dragoman.exporting.icews import COLUMNS as ICEWS
from dragoman.exporting.polecat import COLUMNS as POLECAT
from dragoman.importing import agreement, import_events
from dragoman.importing.readers import read
from dragoman.importing.rows import Bad
from dragoman.schema import EventType, PlacePrecision, Rejected
from dragoman.store import Run
from dragoman.store.forget import Selection
from exchange import fill

GDELT_1 = [c.name for c in EVENTS if not c.name.endswith("ADM2Code")]


@pytest.fixture
def store(tmp_path):
    with fill(tmp_path / "news.duckdb") as found:
        yield found


def line(columns, **cells) -> str:
    names = [getattr(c, "name", c) for c in columns]
    assert set(cells) <= {n.replace(" ", "_") for n in names}
    return "\t".join(str(cells.get(n.replace(" ", "_"), "")) for n in names)


def gdelt(columns=EVENTS, **cells) -> str:
    plain = {
        "GLOBALEVENTID": 410,
        "SQLDATE": 20240503,
        "Actor1Code": "BRAGOV",
        "Actor1Name": "BRAZIL",
        "Actor1CountryCode": "BRA",
        "Actor1Type1Code": "GOV",
        "Actor2Code": "KEN",
        "Actor2Name": "KENYA",
        "Actor2CountryCode": "KEN",
        "EventCode": "040",
        "QuadClass": 1,
        "GoldsteinScale": 1.0,
        "ActionGeo_Type": 4,
        "ActionGeo_FullName": "Lisbon, Lisboa, Portugal",
        "ActionGeo_CountryCode": "PO",
        "ActionGeo_Lat": 38.7,
        "ActionGeo_Long": -9.1,
        "DATEADDED": 20240504101500,
        "SOURCEURL": "https://example.org/1",
    }
    return line(columns, **{**plain, **cells})


def icews(**cells) -> str:
    plain = {
        "Event_ID": 900,
        "Event_Date": "2024-05-03",
        "Source_Name": "Foreign Affairs (Brazil)",
        "Source_Sectors": "Executive,Foreign Ministry,Government",
        "Source_Country": "Brazil",
        "Event_Text": "Consult",
        "CAMEO_Code": "040",
        "Intensity": "1",
        "Target_Name": "Kenya",
        "Target_Sectors": "NA",
        "Target_Country": "Kenya",
        "City": "Lisbon",
        "Country": "Portugal",
        "Latitude": "38.7",
        "Longitude": "-9.1",
    }
    return line(ICEWS, **{**plain, **cells})


def polecat(**cells) -> str:
    empty = {c.name.replace(" ", "_"): "None" for c in POLECAT}
    plain = {
        "Event_ID": "20240503-1",
        "Event_Date": "2024-05-03",
        "Event_Type": "CONSULT",
        "Event_Mode": "visit",
        "Quad_Code": "VERBAL COOPERATION",
        "Contexts": "diplomatic;economic",
        "Actor_Name": "Brazil;Chile",
        "Actor_Country": "BRA;CHL",
        "Primary_Actor_Sector": "GOV",
        "Recipient_Name": "Kenya",
        "Recipient_Country": "KEN",
        "Country": "PRT",
        "Publication_Date": "2024-05-04",
    }
    return line(POLECAT, **{**empty, **plain, **cells})


ACLED = (
    "event_id_cnty,event_date,time_precision,event_type,sub_event_type,actor1,inter1,actor2,"
    "inter2,iso,country,admin1,location,latitude,longitude,geo_precision,source,notes,fatalities\n"
)


def acled(**cells) -> str:
    plain = {
        "event_id_cnty": "SDN1",
        "event_date": "03 May 2024",
        "time_precision": "1",
        "event_type": "Battles",
        "sub_event_type": "Armed clash",
        "actor1": "Military Forces of Sudan (2019-)",
        "inter1": "State Forces",
        "actor2": "Rapid Support Forces",
        "inter2": "Rebel Groups",
        "iso": "729",
        "country": "Sudan",
        "admin1": "Khartoum",
        "location": "Omdurman",
        "latitude": "15.65",
        "longitude": "32.48",
        "geo_precision": "1",
        "source": "Radio",
        "notes": 'They fought, and "held",\nthe bridge.',
        "fatalities": "12",
    }
    values = {**plain, **cells}
    quoted = ['"' + v.replace('"', '""') + '"' for v in values.values()]
    return ",".join(quoted) + "\n"


def events(path, data_set):
    return list(read(path, data_set))


def one(tmp_path, data_set, text, name="x.tab"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (found,) = events(path, data_set)
    return found


# -- what a row says -------------------------------------------------------------------------


def test_gdelt_row(tmp_path):
    found = one(tmp_path, "gdelt", gdelt() + "\n")
    assert (found.type, found.mode, found.cameo) == (EventType.CONSULT, None, "040")
    assert (found.start, found.quad, found.goldstein, found.score) == (
        date(2024, 5, 3), 1, 1.0, 2.5,
    )  # fmt: skip
    assert [(a.country, a.sector) for a in found.actors] == [("BRA", "GOV")]
    assert [(a.name, a.country) for a in found.recipients] == [("KENYA", "KEN")]
    assert (found.place_country, found.place_precision) == ("PRT", PlacePrecision.CITY)
    assert (found.latitude, found.url) == (38.7, "https://example.org/1")
    assert found.row["EventCode"] == "040"


@pytest.mark.parametrize(
    ("cells", "country", "sector"),
    [
        ({"Actor1CountryCode": "ROM"}, "ROU", "GOV"),
        ({"Actor1CountryCode": "KSV"}, "XKX", "GOV"),
        ({"Actor1CountryCode": "AFR"}, None, "GOV"),  # a region
        ({"Actor1CountryCode": "", "Actor1KnownGroupCode": "UNO", "Actor1Type1Code": "IGO"},
         "UNO", "IGO"),
        ({"Actor1CountryCode": "", "Actor1KnownGroupCode": "EEC"}, "EUU", "GOV"),
        ({"Actor1Type1Code": "MED"}, "BRA", "JRN"),
        ({"Actor1Type1Code": "INS"}, "BRA", "REB"),
    ],
)  # fmt: skip
def test_gdelt_actors(tmp_path, cells, country, sector):
    found = one(tmp_path, "gdelt", gdelt(**cells))
    assert (found.actors[0].country, found.actors[0].sector) == (country, sector)


@pytest.mark.parametrize(
    ("code", "kind", "mode"),
    [
        ("043", EventType.CONSULT, "visit"),
        ("0841", EventType.RETREAT, "release"),
        ("163", EventType.COERCE, "restrict"),
        ("1712", EventType.ASSAULT, "destroy"),
        ("191", EventType.COERCE, "restrict"),
        ("0814", EventType.RETREAT, None),
        ("010", None, None),
        ("0256", None, None),
        ("2042", EventType.ASSAULT, "unconventional"),
    ],
)
def test_cameo_to_plover(tmp_path, code, kind, mode):
    found = one(tmp_path, "gdelt", gdelt(EventCode=code))
    assert (found.type, found.mode, found.cameo) == (kind, mode, code)


def test_gdelt_1_has_58_columns_or_57(tmp_path):
    text = gdelt(GDELT_1) + "\n" + gdelt(GDELT_1, GLOBALEVENTID=411).rsplit("\t", 1)[0] + "\n"
    (tmp_path / "x.csv").write_text(text)
    first, second = events(tmp_path / "x.csv", "gdelt")
    assert (first.url, second.url) == ("https://example.org/1", None)
    assert first.place == second.place == "Lisbon, Lisboa, Portugal"


def test_icews_row(tmp_path):
    header = "\t".join(c.name for c in ICEWS)
    found = one(tmp_path, "icews", f"{header}\n{icews()}\n")
    assert (found.type, found.cameo, found.quad) == (EventType.CONSULT, "040", 1)
    assert [(a.name, a.country, a.sector) for a in found.actors] == [
        ("Foreign Affairs (Brazil)", "BRA", "GOV")
    ]
    assert found.recipients[0].country == "KEN"
    assert (found.place, found.place_country, found.latitude) == ("Lisbon", "PRT", 38.7)


def test_icews_leading_zeros_organisations_and_country_points(tmp_path):
    header = "\t".join(c.name for c in ICEWS)
    row = icews(CAMEO_Code="40", Source_Name="United Nations", Source_Country="NA", City="NA",
                Province="NA", Target_Country="Russian Federation")  # fmt: skip
    found = one(tmp_path, "icews", f"{header}\n{row}\n")
    assert found.cameo == "040"
    assert (found.actors[0].country, found.recipients[0].country) == ("UNO", "RUS")
    assert (found.place_precision, found.latitude) == (PlacePrecision.COUNTRY, None)


def test_polecat_row_in_a_malformed_latin_1_file(tmp_path):
    header = "\t".join([*(c.name for c in POLECAT), "Headline", "Text"])
    row = polecat(Placename="São Paulo", City="São Paulo") + "\t\t"
    (tmp_path / "x.txt").write_bytes(f"{header}\n{row}\n".encode("latin-1"))
    (found,) = events(tmp_path / "x.txt", "polecat")
    assert (found.type, found.mode, found.score, found.quad) == (EventType.CONSULT, "visit", 4.0, 1)
    assert [(a.name, a.country, a.sector) for a in found.actors] == [
        ("Brazil", "BRA", "GOV"),
        ("Chile", "CHL", None),
    ]
    assert found.contexts == ("diplomatic", "economic")
    assert (found.place, found.place_country) == ("São Paulo", "PRT")
    assert found.published == date(2024, 5, 4)


def test_acled_rows(tmp_path):
    text = ACLED + acled() + acled(
        event_id_cnty="KEN2", event_type="Protests", sub_event_type="Peaceful protest",
        actor1="Protesters (Kenya)", inter1="6", actor2="", inter2="", iso="404",
        country="Kenya", geo_precision="3", event_date="2024-05-04",
    )  # fmt: skip
    (tmp_path / "x.csv").write_text(text)
    clash, protest = events(tmp_path / "x.csv", "acled")
    assert (clash.type, clash.mode, clash.cameo) == (EventType.ASSAULT, "firearms", "193")
    assert [(a.country, a.sector) for a in clash.actors] == [("SDN", "MIL")]
    assert [(a.country, a.sector) for a in clash.recipients] == [(None, "REB")]
    assert clash.killed == 12
    assert clash.evidence == 'They fought, and "held",\nthe bridge.'
    assert (clash.line, protest.line) == (2, 4)
    assert (protest.type, protest.mode, protest.quad) == (EventType.PROTEST, "demo", 4)
    assert [(a.country, a.sector) for a in protest.actors] == [("KEN", "CVL")]
    assert (protest.recipients, protest.latitude) == ((), None)
    assert protest.place_precision is PlacePrecision.ADMIN1


# -- bad rows and files ----------------------------------------------------------------------


def test_bad_rows_are_named_by_line(tmp_path):
    rows = [
        gdelt(),
        gdelt(SQLDATE="20241350"),
        "half a row\twith tabs",
        gdelt(GLOBALEVENTID=""),
        gdelt(EventCode="---"),
        gdelt(GoldsteinScale="much"),
        "x" * (1 << 21),
        gdelt(GLOBALEVENTID=5),
    ]
    (tmp_path / "x.csv").write_text("\n".join(rows))
    found = events(tmp_path / "x.csv", "gdelt")
    bad = {(b.line, b.reason): b.message for b in found if isinstance(b, Bad)}
    assert len(found) == 8
    assert bad == {
        (2, "value"): "'20241350' is not a day",
        (3, "columns"): "the row has 2 columns, not 57 or 58 or 61",
        (4, "value"): "the column 'GLOBALEVENTID' is empty",
        (5, "value"): "'---' is no CAMEO code",
        (6, "value"): "GoldsteinScale is 'much', not a number",
        (7, "too-long"): "a line longer than 1,048,576 bytes",
    }


def test_compressed_files(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(gdelt().encode()))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("x.export.CSV", gdelt())
    assert events(tmp_path / "x.gz", "gdelt")[0].source_id == "410"
    assert events(tmp_path / "x.zip", "gdelt")[0].source_id == "410"
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as archive:
        archive.writestr("y.export.CSV", gdelt())
    (tmp_path / "y.gz").write_bytes(gzip.compress(gdelt().encode() * 50)[:-20])
    for name, reason in (("x.zip", "archive"), ("y.gz", "broken"), ("no", "missing")):
        with pytest.raises(InputError) as error:
            events(tmp_path / name, "gdelt")
        assert error.value.reason == reason


def test_a_file_of_another_kind_is_refused(store, tmp_path):
    (tmp_path / "x.tab").write_text(gdelt() + "\n")
    with pytest.raises(InputError, match=r"not one of its rows is polecat's: .* 61 columns"):
        import_events(store, "polecat", tmp_path / "x.tab")
    with pytest.raises(InputError, match="the header lacks event_id_cnty"):
        import_events(store, "acled", tmp_path / "x.tab")
    with pytest.raises(ConfigError, match="there is no data set 'cameo'"):
        import_events(store, "cameo", tmp_path / "x.tab")
    assert store.query("SELECT count(*) FROM rejected")[1] == [(0,)]


# -- in the store ----------------------------------------------------------------------------


def test_import_again_changes_nothing(store, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("\n".join([gdelt(), "bad", gdelt(GLOBALEVENTID=411)]))
    told: list[Rejected] = []
    own = store.query("SELECT * FROM events ORDER BY id")[1]
    days = store.query("SELECT * FROM dyad_days ORDER BY ALL")[1]
    before = canonical_digest(store)
    done = import_events(store, "gdelt", path, tell=told.append)
    assert (done.events, done.bad, done.added.added, done.added.rejected) == (2, 1, 2, 1)
    assert told == [Rejected("x.csv#2", "columns", "the row has 1 columns, not 57 or 58 or 61")]
    assert canonical_digest(store) != before
    again = import_events(store, "gdelt", path)
    assert (again.added.added, again.added.replaced, again.added.rejected) == (0, 0, 0)
    assert [run.command for run in store.runs()] == ["test", "import gdelt x.csv"]
    assert store.query("SELECT * FROM events ORDER BY id")[1] == own
    assert store.query("SELECT * FROM dyad_days ORDER BY ALL")[1] == days
    assert store.query("SELECT DISTINCT data_set, run FROM outside_events")[1] == [
        ("gdelt", done.run.id)
    ]
    assert is_linked(store)
    with pytest.raises(StoreError, match="has 1 runs"):
        newest_runs(store)


def test_a_changed_row_replaces_the_older(store, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(ACLED + acled())
    import_events(store, "acled", path)
    path.write_text(ACLED + acled(event_id_cnty="SDN0") + acled(fatalities="15"))
    done = import_events(store, "acled", path)
    assert (done.added.added, done.added.replaced) == (1, 1)
    assert store.query("SELECT source_id, killed FROM outside_events ORDER BY 1")[1] == [
        ("SDN0", 12.0),
        ("SDN1", 15.0),
    ]
    roles = store.query("SELECT role, count(*) FROM outside_actors GROUP BY ALL ORDER BY 1")[1]
    assert roles == [("actor", 2), ("recipient", 2)]


def test_views_hold_both_apart(store, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(gdelt())
    import_events(store, "gdelt", path)
    counts = dict(store.query("SELECT data_set, count(*) FROM all_events GROUP BY ALL")[1])
    assert counts == {"dragoman": 14, "gdelt": 1}
    rows = store.query(
        "SELECT data_set, events, score FROM all_dyad_days "
        "WHERE actor = 'BRA' AND recipient = 'KEN' ORDER BY 1"
    )[1]
    assert rows == [("dragoman", 1, 1.0), ("gdelt", 1, 2.5)]
    own = "SELECT day, actor, recipient, events, score FROM {} ORDER BY ALL"
    assert (
        store.query(own.format("all_dyad_days WHERE data_set = 'dragoman'"))[1]
        == store.query(own.format("dyad_days"))[1]
    )


def test_the_index_is_rebuilt_with_them_and_forget_finds_them(store, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(ACLED + acled() + acled(event_id_cnty="SDN2", notes="nothing"))
    import_events(store, "acled", path)
    expected = store.query("SELECT * FROM outside_events ORDER BY id")[1]
    store.rebuild()
    assert store.query("SELECT * FROM outside_events ORDER BY id")[1] == expected
    assert store.verify().problems == ()
    gone = store.forget(Selection(words=("the bridge",)), Run.begin("", "forget"))
    assert gone.documents == 1
    assert store.query("SELECT source_id FROM outside_events")[1] == [("SDN2",)]
    assert import_events(store, "acled", path).added.forgotten == 1
    assert store.query("SELECT source_id FROM outside_events")[1] == [("SDN2",)]


@pytest.mark.parametrize("name", ["gdelt", "icews", "polecat"])
def test_own_files_come_back(store, tmp_path, name):
    path = tmp_path / f"x{formats()[name].suffix}"
    written = export(store, name, path)
    done = import_events(store, name, path)
    assert (done.events, done.bad, done.added.added) == (written.records, 0, written.records)
    found = store.query(
        "SELECT type, actor_countries, recipient_countries, start_date FROM outside_events "
        "WHERE list_has_any(actor_countries, ['BRA', 'UNO', 'ESP', 'QAI']) ORDER BY ALL"
    )[1]
    aid = ("AID", ["ESP"], ["MLI"], date(2024, 5, 7))
    wanted = [
        ("ACCUSE", ["UNO"], ["XKX"], date(2024, 5, 6)),
        *([aid] if name == "polecat" else [aid, aid]),
        ("COERCE", ["QAI"], [], date(2024, 5, 6)),
        ("CONSULT", ["BRA"], ["KEN"], date(2024, 5, 3)),
    ]
    if name == "icews":  # needs both sides
        wanted.remove(("COERCE", ["QAI"], [], date(2024, 5, 6)))
    assert found == wanted


# -- agreement -------------------------------------------------------------------------------


def test_agreement_by_dyad_and_month(store, tmp_path):
    """Two series over three months, whose measures can be computed by hand."""
    rows = [
        ("A", 1, "BRA"), ("A", 1, "BRA"), ("A", 3, "BRA"), ("A", 2, "PER"),
        ("B", 1, "BRA"), ("B", 3, "PER"), ("B", 9, "PER"),
    ]  # fmt: skip
    for series, data_set in (("A", "gdelt"), ("B", "icews")):
        chosen = [(n, month, who) for n, (s, month, who) in enumerate(rows) if s == series]
        if data_set == "gdelt":
            lines = [
                gdelt(GLOBALEVENTID=n, SQLDATE=f"2023{month:02}05", Actor1CountryCode=who)
                for n, month, who in chosen
            ]
        else:
            names = {"BRA": "Brazil", "PER": "Peru"}
            lines = ["\t".join(c.name for c in ICEWS)] + [
                icews(Event_ID=n, Event_Date=f"2023-{month:02}-05", Source_Country=names[who])
                for n, month, who in chosen
            ]
        path = tmp_path / f"{data_set}.tab"
        path.write_text("\n".join(lines))
        import_events(store, data_set, path)
    a = agreement.side(store, "gdelt", default="own")
    b = agreement.side(store, "icews", default="outside")
    found = agreement.agreement(store, a, b)
    # BRA-KEN: 2 0 1 and 1 0 0; PER-KEN: 0 1 0 and 0 0 1. September is not in both.
    assert (found.cells, found.dyads, found.months) == (6, 2, 3)
    assert (found.first, found.last) == (date(2023, 1, 1), date(2023, 3, 1))
    assert (found.a_events, found.b_events, found.both, found.either) == (4, 2, 1, 4)
    assert found.correlation == pytest.approx(0.316228, abs=1e-6)
    assert found.jaccard == 0.25
    dyads = list(agreement.by_dyad(store, a, b))
    assert [(d.actor, d.a_events, d.b_events) for d in dyads] == [("BRA", 3, 1), ("PER", 1, 1)]
    assert dyads[0].correlation == pytest.approx(0.866025, abs=1e-6)
    cells = list(agreement.cells(store, a, b))
    assert [(c["actor"], c["a"], c["b"]) for c in cells] == [
        ("BRA", 2, 1), ("PER", 0, 0), ("BRA", 0, 0), ("PER", 1, 0), ("BRA", 1, 0), ("PER", 0, 1),
    ]  # fmt: skip
    none = agreement.agreement(store, a, b, "material_conflict")
    assert (none.cells, none.correlation) == (0, None)
    run = store.query("SELECT DISTINCT run FROM outside_events WHERE data_set = 'icews'")[1][0][0]
    assert agreement.side(store, run, default="own").condition == f"run = '{run}'"
    with pytest.raises(StoreError, match="no dated events of a run or data set 'nothing'"):
        agreement.side(store, "nothing", default="own")


def test_commands(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "news.duckdb").close()
    (tmp_path / "x.csv").write_text(gdelt() + "\nbad\n")

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main(list(arguments))
        out, err = capsys.readouterr()
        return SimpleNamespace(code=end.value.code or 0, out=out, err=err)

    first = run("import", "gdelt", "x.csv", "--json")
    assert (first.code, json.loads(first.out)["added"]) == (3, 1)
    assert "x.csv#2: the row has 1 columns" in first.err
    again = run("import", "gdelt", "x.csv", "nowhere.csv", "--json")
    assert (again.code, json.loads(again.out)["added"]) == (3, 0)
    assert run("import", "icews", "x.csv").code == 4
    assert run("import", "cameo", "x.csv").code == 2
    compared = run("compare", "--json", "--out", "cells.csv")
    data = json.loads(compared.out)
    assert (data["a"], data["b"], data["both"], data["either"]) == ("own", "outside", 1, 4)
    assert data["by_dyad"][0]["actor"] == "BRA"
    with open("cells.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == data["cells"] == 4
    assert "months with events   1 in both of 4 in either (0.250)" in run("compare").out
    assert run("compare", "--count", "tone").code == 2
    assert "has no dated events" in run("compare", "--a", "x").err
    assert "gdelt-mentions" in run("export", "list").out
    done = run("export", "gdelt", "--out", "y.csv", "--json", "--until", "2024-05-03")
    assert json.loads(done.out)["records"] == 2
    assert (tmp_path / "y.csv.datapackage.json").exists()
    assert run("export", "gdelt", "--columns").out.count("\n") == 61
    assert run("export", "icews", "--out", "-").out.startswith("Event ID\tEvent Date")
    assert run("export", "nothing", "--out", "z").code == 2
    assert run("export", "gdelt").code == 2
    assert run("export", "csv", "--out", "z", "--where", "nope").code == 1


def test_crosswalk_is_whole():
    crosswalk = load_crosswalk()
    names = set(crosswalk.country_names)
    assert set(crosswalk.members) <= names
    assert crosswalk.cow("DEU", date(1980, 1, 1)) == "260"
    assert crosswalk.cow("DEU", date(1990, 10, 3)) == crosswalk.cow("DEU", None) == "255"
    assert not crosswalk.member("SSD", date(2011, 7, 8))
    assert crosswalk.member("SSD", date(2011, 7, 9))
    assert {code.type for code in crosswalk.cameo.values()} == {*EventType, None}
    assert crosswalk.cameo_code("04").code == "040"
    assert crosswalk.cameo_code("1834").goldstein == -10
    with pytest.raises(ConfigError, match=r"cameo\.tsv has no code '99'"):
        crosswalk.cameo_code("99")
    for code, entry in crosswalk.cameo.items():
        assert -10 <= entry.goldstein <= 10
        assert crosswalk.cameo_code(code).name
