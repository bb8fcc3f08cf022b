"""How often change points are found where the level changes, and where it does not.

    python benchmarks/change_points.py

Series of weeks are drawn from Poisson and, for news that comes in bursts, from negative
binomial distributions (mean 3; the smaller the size, the more bursts). 'found' is the
share of series in which a change point lies within three weeks of the true one.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from dragoman.analysis.series import ChangePoint, Point, change_points

_START, _SERIES = date(2024, 1, 1), 200


def main() -> None:
    """Print both tables."""
    draw = np.random.default_rng(1)
    print("no change: share of series with a change point, of 52 and of 365 steps")
    for rate in (0.2, 1, 5, 50):
        shares = [_alarms([draw.poisson(rate, n) for _ in range(_SERIES)]) for n in (52, 365)]
        print(f"  Poisson {rate:<18} {shares[0]:.3f}  {shares[1]:.3f}")
    for size in (2.0, 0.5):
        shares = [
            _alarms([draw.negative_binomial(size, size / (size + 3), n) for _ in range(_SERIES)])
            for n in (52, 365)
        ]
        print(f"  bursts, size {size:<13} {shares[0]:.3f}  {shares[1]:.3f}")
    print("one change after 52 of 104 steps: share found")
    for before, after in ((0.2, 2), (1, 3), (3, 6), (3, 1)):
        drawn = [np.r_[draw.poisson(before, 52), draw.poisson(after, 52)] for _ in range(_SERIES)]
        found = [any(abs(_step(c) - 52) <= 3 for c in _changes(one)) for one in drawn]
        print(f"  {before} to {after:<20} {np.mean(found):.3f}")


def _alarms(drawn: list[np.ndarray]) -> float:
    return float(np.mean([bool(_changes(one)) for one in drawn]))


def _changes(counts: np.ndarray) -> tuple[ChangePoint, ...]:
    days = [_START + timedelta(days=7 * n) for n in range(len(counts))]
    points = [
        Point(day, day + timedelta(days=6), int(count))
        for day, count in zip(days, counts, strict=True)
    ]
    return change_points(points, "cooperation")


def _step(change: ChangePoint) -> int:
    return (change.first - _START).days // 7


if __name__ == "__main__":
    main()
