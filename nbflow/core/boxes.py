"""The boxes of a picture: one job's, or one for the many of a fan-out; and the regions behind them. Sizes in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from nbflow.core.group_lines import Asked
from nbflow.core.layout import Point

NAME_SIZE, SMALL_SIZE = 12.5, 10.5
NODE_HEIGHT, CELL_HEIGHT = 44.0, 26.0
NOTE_HEIGHT = 20.0
"""A row more, for the job's fallback."""
WIDTHS = (124.0, 148.0, 172.0, 196.0)
"""How wide the boxes of single jobs can be."""
CELL_GAP = 6.0
BADGE = 17
"""Pixels across that a badge takes."""
BESIDE = 48.0
"""Pixels that a group's title needs more than a name: its verdict and buttons stand beside it."""
ALIKE = 9
"""At least so many jobs that nothing but their names tells apart are drawn as one block of cells."""
NAMED = 60
"""A block of more jobs than this is a strip: a cell of it has no name, but says it when pointed at."""
MARGIN = 20.0
STRIP_TOP, STRIP_SIDE = 45.0, 11.0
"""Room in a strip: over its cells for its name and how it stands, and around them."""
STRIP_LEAST = 190.0


@dataclass(frozen=True, slots=True)
class Cells:
    """A strip's cells: the first one's corner within its box, how many stand in a row, a cell's size, the gap."""

    x: float
    y: float
    across: int
    width: float
    height: float
    gap: float

    def corner(self, place: int) -> Point:
        """The top left corner of the cell at *place*, within the box.

        >>> Cells(10, 30, 16, 12, 18, 4).corner(17)
        (26, 52)
        """
        down, along = divmod(place, self.across)
        return self.x + along * (self.width + self.gap), self.y + down * (self.height + self.gap)


@dataclass(frozen=True, slots=True)
class Node:
    """A box: one job's, or one of many jobs.

    *label* fits into it; *form* is ``node`` (two lines), ``cell`` (one line) or ``strip`` (a line over a grid of
    *cells*, one a job). *jobs* are the numbers of its jobs in the snapshot's order. *name* is the job's or fan-out's.
    *note* names a job's fallback, in a row of its own at the bottom of a ``node`` that has one.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    label: str
    form: str
    jobs: tuple[int, ...]
    note: str = ""
    cells: Cells | None = None
    badges: tuple[str, ...] = ()
    """Keys in `nbflow.core.badges.BADGES`, drawn at the top right."""

    def badge_corner(self, place: int) -> Point:
        """The top left corner of the badge at *place*, from the right, on the page.

        >>> Node("a", 100, 0, 148, 44, "a", "node", (0,)).badge_corner(0)
        (228, 7)
        """
        return self.x + self.width - 20 - place * BADGE, self.y + 7


@dataclass(frozen=True, slots=True)
class Frame:
    """A soft region behind some jobs of *group*, which is empty where it is no group's.

    *title* is the group's name, and *asked* what its policy asks for; the title is empty for its second region.
    """

    group: str
    x: float
    y: float
    width: float
    height: float
    title: str
    asked: Asked
