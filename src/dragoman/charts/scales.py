"""Classes of values for colours: few, with bounds that can be read."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColourClass:
    """One class: its CSS class, and the values from ``low`` to ``high``, both in it."""

    name: str
    low: float
    high: float

    @property
    def words(self) -> str:
        """The range in words: '3', '4 to 7', '-2.5 to -1'."""
        low, high = (f"{value:,.4g}" for value in (self.low, self.high))
        return low if low == high else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Scale:
    """Classes in rising order."""

    classes: tuple[ColourClass, ...]

    def name_of(self, value: float) -> str:
        """Return the CSS class of a value that is among those the scale was made of."""
        bounds = [one.high for one in self.classes]
        return self.classes[min(bisect_left(bounds, value), len(bounds) - 1)].name


def scale_of(values: Iterable[float], *, classes: int = 5) -> Scale:
    """Return a scale of at most ``classes`` classes that holds all ``values``.

    Values of one sign are counts or the like, mostly small: the classes grow by equal
    ratios, and are named ``c1`` (least) to ``c5``. Values of both signs or below zero get
    ``n3`` to ``n1``, ``z`` and ``p1`` to ``p3``, of equal width on both sides of zero.
    Bounds are the least and greatest values that fall into a class, so none is empty.
    """
    known = sorted(set(values))
    if not known:
        return Scale(())
    if known[0] < 0:
        return _of_names(known, [_diverging(v, max(abs(known[0]), abs(known[-1]))) for v in known])
    if len(known) <= classes:
        return Scale(tuple(ColourClass(f"c{n}", v, v) for n, v in enumerate(known, 1)))
    low = max(known[0], known[-1] / 1e6, 1e-9)
    ratio = math.log(known[-1] / low) / classes

    def place(value: float) -> int:
        if value <= low or ratio <= 0:
            return 1
        return min(classes, 1 + int(math.log(value / low) / ratio))

    return _of_names(known, [f"c{place(value)}" for value in known])


def _diverging(value: float, most: float) -> str:
    if value == 0:
        return "z"
    size = min(3, 1 + int(3 * abs(value) / most * 0.9999))
    return f"{'n' if value < 0 else 'p'}{size}"


def _of_names(known: Sequence[float], names: Sequence[str]) -> Scale:
    found: dict[str, list[float]] = {}
    for value, name in zip(known, names, strict=True):
        found.setdefault(name, []).append(value)
    return Scale(tuple(ColourClass(name, v[0], v[-1]) for name, v in found.items()))
