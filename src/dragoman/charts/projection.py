"""The Equal Earth projection: areas are true, shapes are pleasant.

Šavrič, Patterson and Jenny 2018, 'The Equal Earth map projection', International Journal
of Geographical Information Science 33(3), equations 7 to 9.
"""

from __future__ import annotations

import math

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
