"""How different two colours look: CIEDE2000.

After G. Sharma, W. Wu, E. N. Dalal: The CIEDE2000 color-difference formula. Color Research & Application 30 (2005).
"""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

Colour = tuple[float, float, float]


def lab(rgb: Colour) -> Colour:
    """An sRGB colour (0 to 255) in CIELAB under D65.

    >>> [round(part) for part in lab((255, 255, 255))]
    [100, 0, 0]
    """
    red, green, blue = (_linear(part / 255) for part in rgb)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    return 116 * _root(y) - 16, 500 * (_root(x) - _root(y)), 200 * (_root(y) - _root(z))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _root(part: float) -> float:
    return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116


def distance(one: Colour, other: Colour) -> float:
    """Of two CIELAB colours; 1 is about what one can see at all, 10 is seen at a glance.

    >>> round(distance((50, 2.6772, -79.7751), (50, 0, -82.7485)), 4)
    2.0425
    >>> round(distance((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514)), 4)
    0.9082
    """
    (l1, a1, b1), (l2, a2, b2) = one, other
    grey = 0.5 * (1 - _share((hypot(a1, b1) + hypot(a2, b2)) / 2))
    a1, a2 = a1 * (1 + grey), a2 * (1 + grey)
    c1, c2, h1, h2 = hypot(a1, b1), hypot(a2, b2), _hue(a1, b1), _hue(a2, b2)
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    middle = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    waves = ((0.17, 1, -30), (-0.24, 2, 0), (-0.32, 3, 6), (0.20, 4, -63))
    t = 1 - sum(share * cos(radians(times * middle + more)) for share, times, more in waves)
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    dc, dh = (c2 - c1) / (1 + 0.045 * chroma), hue / (1 + 0.015 * chroma * t)
    rotation = -sin(radians(60 * exp(-(((middle - 275) / 25) ** 2)))) * 2 * _share(chroma)
    return sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh)


def _share(chroma: float) -> float:
    return sqrt(chroma**7 / (chroma**7 + 25**7))


def _hue(a: float, b: float) -> float:
    return degrees(atan2(b, a)) % 360 if a or b else 0.0
