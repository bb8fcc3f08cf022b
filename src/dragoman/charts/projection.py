"""The Equal Earth projection: areas are true, shapes are pleasant.

Šavrič, Patterson and Jenny 2018, 'The Equal Earth map projection', International Journal
of Geographical Information Science 33(3), equations 7 to 9.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = math.sqrt(3) / 2


def equal_earth(longitude: float, latitude: float) -> tuple[float, float]:
    """Return x to the east and y to the north, in radii of the globe.

    Degrees in; x is within ±2.7066, y within ±1.3173.
    """
    parameter = math.asin(_M * math.sin(math.radians(latitude)))
    square = parameter * parameter
    sixth = square**3
    slope = _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)
    x = math.radians(longitude) * math.cos(parameter) / (_M * slope)
    y = parameter * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
    return x, y


def great_circle(
    start: tuple[float, float], end: tuple[float, float], steps: int = 32
) -> Iterator[tuple[float, float]]:
    """Yield longitude and latitude along the shortest way between two such points.

    Degrees; ``steps`` + 1 points. Between antipodes the way is not defined, and any is taken.
    """
    a, b = _unit(*start), _unit(*end)
    angle = math.acos(max(-1.0, min(1.0, sum(p * q for p, q in zip(a, b, strict=True)))))
    for number in range(steps + 1):
        part = number / steps
        if math.sin(angle) < 1e-9:
            yield start if part < 0.5 else end
            continue
        near, far = (math.sin(share * angle) / math.sin(angle) for share in (1 - part, part))
        x, y, z = (near * p + far * q for p, q in zip(a, b, strict=True))
        yield math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _unit(longitude: float, latitude: float) -> tuple[float, float, float]:
    east, north = math.radians(longitude), math.radians(latitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
