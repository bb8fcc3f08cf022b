"""Days are cut into parts that take in every event once, whichever way they are ordered."""

from __future__ import annotations

from datetime import date

from dragoman.store.parts import day_parts

COUNTS = [(date(2024, 1, n), n) for n in range(1, 6)]


def test_parts_hold_most_or_little_more() -> None:
    assert list(day_parts(COUNTS, 4, "day")) == [
        "day BETWEEN DATE '2024-01-01' AND DATE '2024-01-03'",
        "day BETWEEN DATE '2024-01-04' AND DATE '2024-01-04'",
        "day BETWEEN DATE '2024-01-05' AND DATE '2024-01-05'",
    ]


def test_the_latest_first_and_what_has_no_day_last() -> None:
    assert list(day_parts([*COUNTS[::-1], (None, 9)], 8, "e.day")) == [
        "e.day BETWEEN DATE '2024-01-04' AND DATE '2024-01-05'",
        "e.day BETWEEN DATE '2024-01-01' AND DATE '2024-01-03'",
        "e.day IS NULL",
    ]
    assert list(day_parts([], 8, "day")) == []
