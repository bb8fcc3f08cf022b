"""A reference report with its gold, where one lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman import Coder
from dragoman.evaluation import evaluate, load_gold
from dragoman.ingest import read_source

SEED = Path(__file__).parents[2] / "shared" / "seed"


@pytest.mark.skipif(not SEED.is_dir(), reason="no reference report beside the checkout")
def test_reference_report(full_coder: Coder) -> None:
    gold = load_gold(SEED / "gold.json")
    report = full_coder.code(read_source(SEED / "article.txt"))
    result = evaluate([(gold, report)])
    assert result.items["found"] >= 17
    assert result.items["violations"] == 0
