"""Very many boxes in a picture: as few bytes as show them, for it is saved in the notebook."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nbflow.core.boxes import Node
from nbflow.core.layout import Point

FAR = 300
"""A picture of more boxes than this shows them without names: nobody could read them, and files are to stay small."""
FARTHEST = 2_000
"""One of more than this shows boxes as lines along their middle, and no wires."""


def boxes(found: Sequence[Node], of: int) -> str:
    """Path data of the boxes *found* among *of* in the picture."""
    if of > FARTHEST:
        return "".join(f"M{box.x:.0f},{box.y + box.height / 2:.0f}h{box.width:.0f}" for box in found)
    return "".join(f"M{box.x:.0f},{box.y:.0f}h{box.width:.0f}v{box.height:.0f}h{-box.width:.0f}z" for box in found)


def wires(of: int) -> Callable[[Sequence[Point]], str] | None:
    """How wires between *of* boxes are drawn; None: as always.

    >>> wires(1000)([(0, 0), (10.2, 8)]), wires(5000)([(0, 0), (10.2, 8)])
    ('M0,0L10,8', '')
    """
    if of <= FAR:
        return None
    return _straight if of <= FARTHEST else lambda _: ""


def _straight(wire: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.0f},{y:.0f}" for x, y in wire)


_RECTANGLE = re.compile(r"M([-.0-9]+),([-.0-9]+)H([-.0-9]+)V([-.0-9]+)H[-.0-9]+Z")


def nearer(rectangles: str) -> str:
    """Path data of rectangles, each told from the corner of the one before: of ten thousand cells half the bytes.

    >>> nearer("M10,30H22V48H10ZM26,30H38V48H26Z")
    'm10,30h12v18h-12zm16,0h12v18h-12z'
    """
    drawn, was_x, was_y = [], 0.0, 0.0
    for x, y, right, bottom in (map(float, found.groups()) for found in _RECTANGLE.finditer(rectangles)):
        drawn.append(f"m{x - was_x:.6g},{y - was_y:.6g}h{right - x:.6g}v{bottom - y:.6g}h{x - right:.6g}z")
        was_x, was_y = x, y
    return "".join(drawn)
