from __future__ import annotations

import io
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

import dragoman
from dragoman import cli, render
from dragoman.serialise import from_json, schema_text
from reports import rich_report

NEWS = (
    "NAIROBI, May 4 (Wire) - Brazil’s foreign minister met the foreign minister of Kenya in "
    "Nairobi on Friday.\n"
)


@pytest.fixture
def run(monkeypatch, capsys, coder):
    """Return a function that runs the command line and gives exit code, output and errors."""
    monkeypatch.setattr(cli, "_coder", lambda *_: coder)

    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=end.value.code or 0, out=out, err=err)

    return call


@pytest.fixture
def news(tmp_path):
    path = tmp_path / "news.txt"
    path.write_text(NEWS, encoding="utf-8")
    return path


def test_version(run):
    assert run("version").out == f"dragoman {dragoman.__version__}\n"


def test_schema(run):
    assert run("schema").out == schema_text()


def test_code_as_table(run, news):
    result = run("code", news, "--published", "2024-05-04", "--publisher", "Example Times")
    assert (result.code, result.err) == (0, "")
    assert "CONSULT" in result.out
    assert "actual" in result.out
    assert "BRA" in result.out
    assert "KEN" in result.out
    assert "2024-05-03" in result.out
    assert "\x1b" not in result.out


def test_code_as_json(run, news):
    result = run("code", news, "--json", "--published", "2024-05-04")
    (line,) = result.out.splitlines()
    report = from_json(line)
    assert report.document.text.strip() == NEWS.strip()
    assert report.events[0].type == "CONSULT"
    assert {a.country for a in (*report.events[0].actors, *report.events[0].recipients)} == {
        "BRA",
        "KEN",
    }


def test_code_standard_input(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(NEWS.encode())))
    result = run("code", "-", "--json")
    assert json.loads(result.out)["document"]["source"] == "-"
    assert result.code == 0


def test_bad_files_are_told_and_the_rest_is_coded(run, news, tmp_path):
    gone = tmp_path / "gone.txt"
    db = tmp_path / "news.duckdb"
    result = run("code", gone, news, "--json", "--db", db)
    assert result.code == 3
    assert len(result.out.splitlines()) == 1
    assert result.err.startswith(f"dragoman: {gone}: ")
    assert result.err.endswith("(missing)\n")
    assert len(result.err.splitlines()) == 1
    rows = run("query", "SELECT source, reason FROM rejected", "--db", db, "--json")
    assert json.loads(rows.out) == {"source": str(gone), "reason": "missing"}


def test_nothing_could_be_read(run, tmp_path):
    result = run("code", tmp_path / "gone.txt", tmp_path)
    assert result.code == 4
    assert result.out == ""
    assert [line.rpartition(" ")[2] for line in result.err.splitlines()] == [
        "(missing)",
        "(directory)",
    ]


@pytest.mark.parametrize(
    "arguments",
    [("code",), ("nonsense",), ("code", "x", "--published", "yesterday"), ("query",)],
)
def test_wrong_usage(run, arguments):
    assert run(*arguments).code == 2


def test_code_into_a_store_twice(run, news, tmp_path):
    db = tmp_path / "news.duckdb"
    assert run("code", news, "--db", db, "--quiet").out == ""
    assert run("code", news, "--db", db, "--quiet").code == 0
    result = run("query", "SELECT count(*) AS n FROM documents", "--db", db, "--json")
    assert json.loads(result.out) == {"n": 1}
    assert "segments, 1 records" in run("doctor", "--db", db).out


def test_query_errors_are_short(run, news, tmp_path):
    db = tmp_path / "news.duckdb"
    result = run("query", "SELECT 1", "--db", db)
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "there is no store at" in result.err
    run("code", news, "--db", db, "--quiet")
    result = run("query", "SELECT nothing FROM events", "--db", db)
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "nothing" in result.err


def test_explain(run, news):
    result = run("explain", news)
    assert result.code == 0
    assert "met the foreign minister of Kenya" in result.out
    assert "←" in result.out


def test_demo(run, tmp_path):
    result = run("demo", "--db", tmp_path / "demo.duckdb")
    assert result.code == 0, result.err
    assert "Events by type and status" in result.out
    assert "Announced meetings" in result.out
    count = run(
        "query", "SELECT count(*) AS n FROM events", "--db", tmp_path / "demo.duckdb", "--json"
    )
    assert json.loads(count.out)["n"] > 10


def test_evaluate(run, news, tmp_path):
    gold = {
        "items": [
            {
                "id": "G1",
                "kind": "event",
                "types": ["CONSULT"],
                "actors": ["BRA"],
                "recipients": ["KEN"],
                "symmetric": True,
                "status": "actual",
                "date": ["2024-05-03", "2024-05-03"],
                "evidence": "Brazil's foreign minister met the foreign minister of Kenya",
            }
        ],
        "document": {"published": "2024-05-04", "publisher": "Wire"},
    }
    path = tmp_path / "news.gold.json"
    path.write_text(json.dumps(gold))
    data = json.loads(run("evaluate", "--gold", tmp_path, "--json").out)
    assert data["items"] == {"found": 1, "added": 0, "violations": 0}
    assert data["overall"]["f1"] == 1.0
    table = run("evaluate", "--gold", path, "--text", news)
    assert table.code == 0
    assert "1 gold items: 1 found" in table.out


def test_evaluate_without_the_text(run, tmp_path):
    (tmp_path / "a.gold.json").write_text('{"items": []}')
    result = run("evaluate", "--gold", tmp_path)
    assert result.code == 1
    assert "give --text" in result.err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no *.gold.json" in run("evaluate", "--gold", empty).err


def test_who_where_when(run):
    assert "POL" in run("who", "Poland").out
    assert "PRT" in run("where", "Lisbon").out
    assert "2024-05-03" in run("when", "last Friday", "--published", "2024-05-05").out
    assert run("where", "Xqzzt").code == 4


def test_rendering_shows_every_value(capsys):
    cli._console().print(render.report(rich_report()))
    out = capsys.readouterr().out
    for words in (
        "A meeting in Lisbon · Lisbon · 2024-05-04 · Wire",
        "CONSULT/visit",
        "BRA GOV (Brazil’s foreign minister) ↔ KEN GOV (his Kenyan counterpart)",
        "2024-05-03 · Lisbon, PRT",
        "killed 3 · according to PER GOV (Peru), citing Wire",
        "2024-05-06 to 2024-05-12",
        "KEN (Kenya): concerned about PER (Peru), CHL (Chile)",
        "tension: PER (Peru), CHL (Chile)",
    ):
        assert words in out


def test_terminal_codes_in_a_report_are_not_passed_on(capsys):
    assert render.plain("a\x1b[31mred\u202e\nb") == "a [31mred b"


def test_explanation_gives_rule_and_words(capsys):
    cli._console().print(render.explanation(rich_report()))
    out = capsys.readouterr().out
    assert 'type ← meet.verb "met"' in out
    assert "where ← dateline" in out


def test_who_reads_a_description(run):
    result = run("who", "retired Iranian general", "--on", "2015-06-01")
    assert result.code == 0, result.err
    assert "IRN" in result.out


def test_where_takes_a_context(run):
    libya = run("where", "Tripoli", "--context", "LBY", "--json")
    lebanon = run("where", "Tripoli", "--context", "LBN", "--json")
    first = [json.loads(result.out)["readings"][0] for result in (libya, lebanon)]
    assert [reading["country"] for reading in first] == ["LBY", "LBN"]
    assert first[0]["score"] > 5
    assert "gazetteer.name" in run("where", "Tripoli").out


def test_where_gives_a_country_a_label_but_no_coordinates(run):
    reading = json.loads(run("where", "Iran", "--json").out)["readings"][0]
    assert (reading["precision"], reading["latitude"]) == ("country", None)
    assert reading["point"] is not None
    assert "not a location" in run("where", "Iran").out


def test_when_in_json(run):
    result = run("when", "earlier this month", "--published", "2023-03-30", "--json")
    (time,) = json.loads(result.out)["times"]
    assert (time["start"], time["end"]) == ("2023-03-01", "2023-03-30")
    assert time["rule"] == "earlier.month.this"


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "dragoman", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"dragoman {dragoman.__version__}\n"
