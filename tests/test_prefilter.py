"""The prefilter keeps political news and drops most of what is none."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dragoman import Coder, cli
from dragoman.ingest import document_from_text
from dragoman.reading.prefilter import load_prefilter, sentences_of, words_of
from dragoman.schema import Report

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from prefilter_words import read_other

OTHER = read_other(Path(__file__).parent / "data/other_news.txt", "none")
SAMPLES = sorted(
    item.read_text(encoding="utf-8")
    for half in ("dev", "heldout")
    for item in (files("dragoman") / "samples" / half).iterdir()
    if item.name.endswith(".txt")
)
RECIPE = (
    "Soak the beans overnight, then simmer them with a bay leaf until they are soft.\n\n"
    "Fry the onion in butter, add the garlic and the tomatoes, and stir for ten minutes.\n"
    "Serve it warm with a slice of bread, or cold the next day.\n"
)
MATCH = RECIPE + "\nThe president of Chile expelled the ambassador of Peru on Monday.\n"


def test_every_sample_report_is_kept() -> None:
    keeps = load_prefilter().keeps
    assert [text[:60] for text in SAMPLES if not keeps(text)] == []


def test_half_of_the_other_news_is_dropped() -> None:
    keeps = load_prefilter().keeps
    assert len(OTHER) > 40
    assert sum(not keeps(text) for text in OTHER) >= len(OTHER) / 2


def test_one_political_sentence_keeps_a_text() -> None:
    keeps = load_prefilter().keeps
    assert not keeps(RECIPE)
    assert keeps(MATCH)
    assert keeps("Fry the onion. Add the tomatoes.")  # too short to tell


def test_words_and_sentences() -> None:
    assert words_of("Mali’s army, Mali's police: re-armed!") == {
        "mali's",
        "army",
        "police",
        "re-armed",
    }
    assert list(sentences_of("One is. Two is? “Three is.” Four is\n\nFive is\nSix")) == [
        "One is.", "Two is?", "“Three is.", "Four is", "Five is",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def coders() -> tuple[Coder, Coder]:
    return Coder(rules_only=True), Coder(rules_only=True, prefilter=True)


def test_a_dropped_report_is_not_parsed_and_its_neighbours_are_the_same(
    coders: tuple[Coder, Coder],
) -> None:
    whole, filtered = coders
    texts = [SAMPLES[0], RECIPE, SAMPLES[1], RECIPE + "\nIt serves four.", MATCH]
    documents = [document_from_text(text) for text in texts]
    got = [r for r in filtered.stream(documents) if isinstance(r, Report)]
    wanted = [r for r in whole.stream(documents) if isinstance(r, Report)]
    assert [r.document.id for r in got] == [d.id for d in documents]
    assert [bool(r.sentences) for r in got] == [True, False, True, False, True]
    for place in (0, 2, 4):
        assert got[place].events == wanted[place].events
    assert got[4].events
    assert filtered.version == f"{whole.version}, prefiltered"


def test_words_of_force_in_other_news_are_no_acts(coders: tuple[Coder, Coder]) -> None:
    whole, _ = coders
    told = whole.stream(document_from_text(text) for text in OTHER)
    events = [len(report.events) for report in told if isinstance(report, Report)]
    assert len(events) == len(OTHER)
    assert sum(events) <= 0.3 * len(OTHER)  # 40 in 50 texts by the frames alone


def test_an_act_among_other_news_and_a_cook_among_politics(coders: tuple[Coder, Coder]) -> None:
    whole, _ = coders
    kitchen = RECIPE + "\nTom Hallewell stirred the sauce and surrendered his apron.\n"
    assert not whole.code(kitchen).events
    assert whole.code(kitchen + "\nSyria recalled its ambassador from Jordan.\n").events
    plain = whole.code(SAMPLES[0]).events
    mixed = whole.code(f"{SAMPLES[0]}\n\nTom Hallewell stirred and surrendered his apron.\n").events
    assert [e.type for e in mixed] == [e.type for e in plain]
    fought = f"{SAMPLES[0]}\n\nTom Hallewell surrendered to the army on Monday.\n"
    assert len(whole.code(fought).events) == len(plain) + 1


def test_the_option_of_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recipe.txt"
    path.write_text(RECIPE, encoding="utf-8")
    made: list[bool] = []

    def coder(*given: object, prefilter: bool = False) -> Coder:
        made.append(prefilter or bool(given[4:] and given[4]))
        return Coder(rules_only=True, prefilter=made[-1])

    monkeypatch.setattr(cli, "_coder", coder)
    result = CliRunner().invoke(cli.app, ["code", str(path), "--json", "--prefilter"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["events"] == []
    assert made == [True]
