"""The commands of the analysis, on a store built from the sample reports."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import icalendar
import pytest
from lxml import html

from dragoman import cli
from dragoman.archive.linking import link
from dragoman.ingest import read_source
from dragoman.schema import Report
from dragoman.store import Run, Store


@pytest.fixture(scope="module")
def samples(coder, tmp_path_factory):
    """A store of four of the sample reports, by rules only."""
    path = tmp_path_factory.mktemp("samples") / "news.duckdb"
    folder = Path(str(files("dragoman"))) / "samples"
    names = ("dev/01-vienna-accord", "dev/11-havana-visit", "heldout/04-galwan-valley")
    texts = [folder / f"{name}.txt" for name in (*names, "heldout/06-gulf-rift")]
    with Store.open(path) as store:
        reports = coder.stream(read_source(str(file)) for file in texts)
        store.add([r for r in reports if isinstance(r, Report)], Run.begin("test", "test"))
        link(store)
    return path


@pytest.fixture
def run(capfdbinary):
    """Return a function that runs the command line and gives exit code, output and errors."""

    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return SimpleNamespace(code=end.value.code or 0, out=out.decode(), err=err.decode())

    return call


def test_dyad(run, samples):
    shown = run("dyad", "India", "CHN", "--db", samples, "--by", "day")
    assert shown.code == 0
    assert "IND and CHN by day" in shown.out
    assert "Galwan" in shown.out
    told = run("dyad", "IND", "CHN", "--db", samples, "--by", "day", "--json")
    data = json.loads(told.out)
    assert set(data) == {"series", "events", "third_parties", "stances", "relations"}
    forward = {p["first"]: p for p in data["series"]["forward"]}
    assert forward["2020-06-15"]["material_conflict"] == 1
    assert len(data["series"]["backward"]) == len(forward)
    assert data["events"][-1]["place"] == "Galwan"


def test_dyad_without_events_or_with_a_wrong_step(run, samples):
    nothing = run("dyad", "FJI", "TON", "--db", samples)
    assert (nothing.code, nothing.out) == (4, "")
    assert "no event of FJI and TON" in nothing.err
    assert run("dyad", "IND", "CHN", "--db", samples, "--by", "year").code == 2
    assert run("dyad", "IND", "grain", "--db", samples).code == 2
    same = run("dyad", "IND", "India", "--db", samples)
    assert (same.code, same.err.count("two different codes")) == (1, 1)
    backwards = ("--since", "2024-05-02", "--until", "2024-05-01")
    assert run("dyad", "IND", "CHN", "--db", samples, *backwards).code == 2
    assert run("dyad", "IND", "CHN", "--db", "none.duckdb").code == 1


def test_agenda_and_calendar(run, samples, tmp_path):
    shown = run("agenda", "--db", samples, "--with", "India", "--as-of", "2020-06-20")
    assert "2020-06-22" in shown.out
    assert "ahead" in shown.out
    (one,) = json.loads(
        run("agenda", "--db", samples, "--with", "IND", "--as-of", "2021-01-01", "--json").out
    )
    assert (one["start"], one["outcome"], one["held"]) == ("2020-06-22", "lapsed", None)
    file = tmp_path / "agenda.ics"
    assert run("agenda", "--db", samples, "--ics", file, "--json").code == 0
    calendar = icalendar.Calendar.from_ical(file.read_bytes())
    summaries = [str(event["SUMMARY"]) for event in calendar.events]
    assert "India, China: consult (lapsed)" in summaries
    printed = run("agenda", "--db", samples, "--ics", "-")
    assert printed.out.encode() == file.read_bytes()
    assert run("agenda", "--db", samples, "--with", "FJI").code == 4
    every = json.loads(run("agenda", "--db", samples, "--all", "--json").out)
    meetings = json.loads(run("agenda", "--db", samples, "--json").out)
    assert len(every) > len(meetings) > 0
    assert {one["event"]["type"] for one in meetings} == {"CONSULT"}


def test_dossier(run, samples, tmp_path):
    shown = run("dossier", "Barack Obama", "--db", samples)
    assert shown.code == 0
    assert "| president | United States | Barack Obama | 2009-01-20 | 2017-01-20 |" in shown.out
    assert "Raul Castro" in shown.out
    data = json.loads(run("dossier", "IRN", "--db", samples, "--json").out)
    assert data["subject"]["name"] == "Iran"
    assert {tuple(a["accusers"]) for a in data["accused"]} == {("Saudi Arabia",)}
    page, text = tmp_path / "iran.html", tmp_path / "iran.md"
    assert run("dossier", "Iran", "--db", samples, "--html", page, "--markdown", text).out == ""
    root = html.parse(page).getroot()
    assert root.findtext(".//h1") == "Iran"
    assert root.xpath("count(//figure/*[name() = 'svg'])") == 1
    assert text.read_text(encoding="utf-8").startswith("# Iran\n")
    nothing = run("dossier", "Fiji", "--db", samples)
    assert nothing.code == 4
    assert "no report" in nothing.err
    wrong = run("dossier", "Nobody Atall", "--kind", "person", "--db", samples)
    assert (wrong.code, "is no person" in wrong.err) == (1, True)
    assert run("dossier", "Iran", "--db", samples, "--html", tmp_path / "no" / "x.html").code == 1


def test_network(run, samples):
    shown = run("network", "--db", samples, "--tie", "conflict")
    assert shown.code == 0
    assert "QAT" in shown.out
    data = json.loads(run("network", "--db", samples, "--with", "QAT", "--json").out)
    assert {node["code"] for node in data["nodes"]} >= {"QAT", "SAU", "ARE", "BHR", "EGY"}
    assert all("QAT" in (edge["a"], edge["b"]) for edge in data["edges"])
    some = run("network", "--db", samples, "--most", 3)
    assert "weaker ones are left out" in some.out
    assert run("network", "--db", samples, "--with", "FJI").code == 4
    assert run("network", "--db", samples, "--tie", "love").code == 2
