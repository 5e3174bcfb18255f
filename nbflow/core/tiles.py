"""How the cells of a strip tell the statuses of their jobs: filled or not, and by a mark, never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from nbflow.core.boxes import Cells
from nbflow.core.status import Status

Mark = Literal["", "cross", "slash", "bar", "half"]


class Tile(NamedTuple):
    """A cell's look: *filled* with its colour or only outlined, and a *mark*.

    ``cross``, ``slash`` and ``bar`` are lines on it, in the colour of the ground where it is filled; ``half`` is its
    lower half, filled.
    """

    filled: bool
    mark: Mark = ""


TILES: dict[Status, Tile] = {
    Status.HELD: Tile(False, "bar"),
    Status.WAITING: Tile(False),
    Status.READY: Tile(False),
    Status.RUNNING: Tile(False, "half"),
    Status.RETRYING: Tile(False, "half"),
    Status.RECOVERING: Tile(False, "half"),
    Status.ROLLING_BACK: Tile(False, "half"),
    Status.FALLING_BACK: Tile(False, "half"),
    Status.SUCCEEDED: Tile(True),
    Status.RECOVERED: Tile(True, "slash"),
    Status.SUBSTITUTED: Tile(True, "slash"),
    Status.REUSED: Tile(True, "bar"),
    Status.FAILED: Tile(True, "cross"),
    Status.SKIPPED: Tile(False, "slash"),
    Status.CANCELLED: Tile(False, "cross"),
    Status.UNKNOWN: Tile(True, "cross"),
}
MARKED = 6.0
"""A cell narrower than this, in pixels, has no room for lines."""


def boxes(cells: Cells, places: Iterable[int], x: float = 0.0, y: float = 0.0) -> str:
    """Path data of the cells at *places* of a strip whose corner is (*x*, *y*).

    >>> boxes(Cells(10, 30, 16, 12, 18, 4), [0, 1])
    'M10,30H22V48H10ZM26,30H38V48H26Z'
    """
    return _rectangles(cells, places, x, y, 0.0)


def marks(cells: Cells, places: Iterable[int], mark: Mark, x: float = 0.0, y: float = 0.0) -> str:
    """Path data of *mark* on the cells at *places*: to be filled for ``half``, else to be stroked.

    >>> marks(Cells(10, 30, 16, 12, 18, 4), [0], "half"), marks(Cells(10, 30, 16, 12, 18, 4), [0], "bar")
    ('M10,39H22V48H10Z', 'M13,39H19')
    """
    if mark == "half":
        return _rectangles(cells, places, x, y, cells.height / 2)
    if not mark or cells.width < MARKED:
        return ""
    wide, high, inset = cells.width, cells.height, cells.width / 4
    drawn = []
    for place in places:
        left, top = cells.corner(place)
        left, top = left + x, top + y
        middle, reach = top + high / 2, wide / 2 - inset
        near, far = left + inset, left + wide - inset
        if mark == "bar":
            drawn.append(f"M{near:g},{middle:g}H{far:g}")
            continue
        drawn.append(f"M{near:g},{middle + reach:g}L{far:g},{middle - reach:g}")
        if mark == "cross":
            drawn.append(f"M{near:g},{middle - reach:g}L{far:g},{middle + reach:g}")
    return "".join(drawn)


def _rectangles(cells: Cells, places: Iterable[int], x: float, y: float, from_top: float) -> str:
    drawn = []
    for place in places:
        left, top = cells.corner(place)
        left, top = round(left + x, 2), round(top + y, 2)
        right, bottom = round(left + cells.width, 2), round(top + cells.height, 2)
        drawn.append(f"M{left:g},{top + from_top:g}H{right:g}V{bottom:g}H{left:g}Z")
    return "".join(drawn)
