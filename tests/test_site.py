"""The documentation builds without a warning, and its generated pages hold the data."""

from __future__ import annotations

import html
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman.codebook.frames import load_frames
from dragoman.codebook.ontology import load_ontology

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return out


def page(site, name):
    return (site / name / "index.html").read_text(encoding="utf-8")


def test_the_codebook_page_has_every_type_and_mode(site):
    text = page(site, "ontology")
    for kind, entry in load_ontology().types.items():
        assert f'id="{kind.value.lower()}"' in text
        for mode in entry.modes:
            assert f"<td>{mode}</td>" in text
    shown = html.unescape(text)
    examples = {frame.example for frame in load_frames().frames if frame.type is not None}
    assert sum(example in shown for example in examples) > 90


def test_the_reference_comes_from_the_docstrings(site):
    text = page(site, "reference")
    for name in ("dragoman.pipeline.Coder", "dragoman.exporting.export", "dragoman.schema.Event"):
        assert f'id="{name}"' in text
    assert "half-open" in text


def test_known_errors_have_the_scores_of_the_readme(site):
    text = page(site, "known-errors")
    assert "dragoman evaluate places" in text
    assert "<!-- scores -->" not in text
    assert 'href="../resolution/"' in text
