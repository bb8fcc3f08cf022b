"""Every reader on damaged and random input, the same at every run.

Long runs, guided by coverage, are those of benchmarks/fuzz.py.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dragoman
import fuzzing
from dragoman.duplicates.copies import shingles
from dragoman.duplicates.happenings import words_of
from dragoman.ingest.around import around
from dragoman.ingest.readers.letter import own_words
from dragoman.ingest.readers.pdf import joined, unwrap, without_running_heads
from dragoman.ingest.sniff import sniff

_SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
_EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=6
)


def edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, gone, new in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + gone :]
    return data


@pytest.mark.parametrize("name", sorted(fuzzing.SEEDS))
def test_damaged_sources(name):
    source, seed = fuzzing.SEEDS[name]
    assert fuzzing.read_source(source, seed) >= 1

    @_SETTINGS
    @given(_EDITS)
    def check(edits):
        fuzzing.read_source(source, edited(seed, edits))

    check()


@settings(parent=_SETTINGS, max_examples=500)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_own_parsers_on_anything(data):
    fuzzing.read_own(data)


ADVERSARIAL = [
    "a" * 300_000,
    "<" * 300_000,
    "From: \n " * 40_000,
    "From:" + " " * 300_000,
    "<meta " * 50_000,
    "<!--" * 75_000,
    "<a:" + "b" * 300_000,
    " \n" * 150_000,
    "https://" * 40_000,
    "X-" + "-" * 300_000 + ":",
    "\x80" * 300_000,
    "\n" * 300_000,
    "> \n" * 100_000,
    "On x\nwrote:\n" * 20_000,
    "( https://" * 30_000,
    "a-\n" * 100_000,
]


@pytest.mark.parametrize("number", range(len(ADVERSARIAL)))
def test_no_pattern_runs_away(number):
    """Every own pattern, on text made against it: 300 kB in far less than the time limit."""
    text = ADVERSARIAL[number]
    data = text.encode("latin-1", "replace")
    for call in (
        lambda: sniff(data, "a"),
        lambda: shingles(text),
        lambda: words_of(text),
        lambda: own_words(text),
        lambda: around("page").without(text),
        lambda: joined([unwrap(page) for page in without_running_heads([text, text])]),
        lambda: fuzzing.read_source("a", data[:299_000]),
    ):
        start = time.process_time()
        call()
        assert time.process_time() - start < 5


#: What patterns repeat: a text of any of these makes a bad one run away.
UNITS = [
    "a", "A", " ", "\n", "1", "1,", "-", "a-", "'", '"', "(", "<", "a ", "A ", "Aa ", "a.", "A. ",
    "1 ", "1.", "on ", "of the ", "May ", "1 May ", "$1 ", "\u201c", "said ", "\t \n", "From: ",
    "x/", "http://", "&", "\x80", "a b-c ", "Mr. ", "(A) ",
]  # fmt: skip


def own_patterns() -> dict[str, re.Pattern]:
    """Return every compiled pattern of the program by module and name."""
    found = {}
    for module in pkgutil.walk_packages(dragoman.__path__, "dragoman."):
        if module.name.startswith("dragoman.typemodel"):
            continue  # partly of the training extra
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                found[f"{module.name}.{name}"] = value
    return found


def test_no_pattern_of_the_program_repeats_within_repetitions():
    """A pattern that does would need hours for these 600 characters."""
    patterns = own_patterns()
    assert len(patterns) > 50
    for name, pattern in patterns.items():
        for unit in UNITS:
            text = (unit * 600)[:600] + "\0!"
            data = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
            start = time.process_time()
            for _ in pattern.finditer(data):
                continue
            assert time.process_time() - start < 0.3, (name, unit)
