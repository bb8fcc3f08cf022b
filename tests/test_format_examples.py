"""Every loader of docs/formats.md opens the file that it names: Python's, and R's where R is."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from dragoman.exporting import Selection, export
from dragoman.store import Store
from exchange import fill

DOCUMENT = Path(__file__).parents[1] / "docs" / "formats.md"
#: The sections with loaders, and what their examples open: format, file, name of the result.
SECTIONS = {
    "Parquet": ("parquet", "events.parquet", "events"),
    "CSV": ("csv", "events.csv", "events"),
    "JSON lines": ("jsonl", "events.jsonl", "events"),
    "GDELT 2.0": ("gdelt", "may.export.CSV", "events"),
    "ICEWS": ("icews", "may.tab", "events"),
    "POLECAT": ("polecat", "may.txt", "events"),
    "PETRARCH and Phoenix": ("phoenix", "may.txt", "events"),
    "Dyad-day panel": ("panel", "panel.parquet", "panel"),
    "GeoJSON and GeoParquet": ("geoparquet", "events.parquet", "events"),
    "GraphML and GEXF": ("graphml", "network.graphml", "network"),
    "iCalendar": ("ical", "agenda.ics", "calendar"),
    "RDF": ("rdf", "events.nt", "graph"),
    "Spans": ("labelstudio", "tasks.json", "tasks"),
    "STIX 2.1": ("stix", "events.json", "bundle"),
}


@cache
def examples() -> dict[str, dict[str, str]]:
    """Return the loaders of each section by language."""
    found: dict[str, dict[str, str]] = {}
    for section in DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]:
        title = section.partition("\n")[0]
        blocks = re.findall(r"```(python|r)\n(.*?)```", section, re.DOTALL)
        if title in SECTIONS:
            found[title] = dict(blocks)
    return found


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with fill(tmp_path_factory.mktemp("store") / "news.duckdb") as found:
        yield found


def written(store: Store, title: str, folder: Path) -> int:
    """Write what the loaders of a section open; return the number of records."""
    name, file, _ = SECTIONS[title]
    countries = ("BRA", "KEN", "SRB", "ESP", "MLI") if name == "panel" else ()
    done = export(store, name, folder / file, Selection(), countries=countries)
    if title == "GeoJSON and GeoParquet":
        export(store, "geojson", folder / "events.geojson")
    return done.records


@cache
def r_has(package: str) -> bool:
    script = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
    return subprocess.run(["Rscript", "-e", script], capture_output=True).returncode == 0


def test_every_section_has_both_loaders():
    assert set(examples()) == set(SECTIONS)
    assert all(set(found) == {"python", "r"} for found in examples().values())


@pytest.mark.parametrize("title", SECTIONS)
def test_python_opens_it(store, title, tmp_path, monkeypatch):
    records = written(store, title, tmp_path)
    monkeypatch.chdir(tmp_path)
    if title == "STIX 2.1":
        pytest.importorskip("stix2")
    names: dict[str, object] = {}
    exec(compile(examples()[title]["python"], title, "exec"), names)
    result = names[SECTIONS[title][2]]
    size = len(result)  # type: ignore[arg-type]
    whole = "events" in SECTIONS[title][1:] or title == "Spans"
    assert size == records if whole and title != "STIX 2.1" else size > 0


@pytest.mark.parametrize("title", SECTIONS)
def test_r_opens_it(store, title, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    code, name = examples()[title]["r"], SECTIONS[title][2]
    needed = set(re.findall(r"library\((\w+)\)|(\w+)::", code))
    missing = [p for pair in needed for p in pair if p and not r_has(p)]
    if missing:
        pytest.skip(f"R lacks {', '.join(missing)}")
    records = written(store, title, tmp_path)
    code += f"\nx <- {name}\ncat('size', if (is.data.frame(x)) nrow(x) else length(x))"
    done = subprocess.run(
        ["Rscript", "-e", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    size = int(re.search(r"size (\d+)$", done.stdout)[1])  # type: ignore[index]
    assert size == records if "events" in code and title != "STIX 2.1" else size > 0
