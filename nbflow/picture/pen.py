"""Draws in pixels on matplotlib axes whose data coordinates are pixels, y downwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from nbflow.core.icons import ICONS
from nbflow.core.layout import Point
from nbflow.core.status import Status
from nbflow.picture.fonts import families, settable
from nbflow.picture.head import FIRST, NAME_SIZE, SAID_SIZE, SIDE, STEP, TALLY_SIZE, Head
from nbflow.picture.outlines import moved, outline
from nbflow.picture.palette import DIM, INK, INKS

POINTS = 0.75
"""Points to a pixel at natural size."""
SET = 0.95
"""How much smaller text is set than in a browser: at few dots to an inch, hinting makes it wider."""
SMALLEST = 1.5
"""Points below which text is left out: nobody could read it, and fonts have no such size."""


def words(text: str, size: float, colour: str = INK) -> dict[str, Any]:
    """What matplotlib is told about a text of *size* points: its signs as they are, never as a formula."""
    family = families([text])
    return {"fontsize": size, "color": colour, "fontfamily": family, "parse_math": False, "usetex": False}


@dataclass(frozen=True, slots=True)
class Pen:
    """*points* is how many points a pixel of the picture becomes, for what matplotlib measures in points."""

    ax: Axes
    points: float = POINTS

    @staticmethod
    def on(ax: Axes, width: float, height: float) -> Pen:
        """Have *ax* show *width* by *height* pixels, as large as it can without distortion."""
        box = ax.get_window_extent()
        dpi = ax.figure.figure.dpi
        ax.set_axis_off()
        ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
        return Pen(ax, min(box.width / width, box.height / height) * 72 / dpi)

    def text(self, x: float, y: float, text: str, size: float, colour: str = INK, **more: Any) -> None:
        """*text* from the base line point (*x*, *y*) on; *size* in pixels. Too small to read, it is left out."""
        text = settable(text)
        if size * self.points < SMALLEST:
            return
        self.ax.text(x, y, text, **{**words(text, size * self.points * SET, colour), "va": "baseline", **more})

    def paths(self, paths: Iterable[Path], **style: Any) -> None:
        """Many paths of one style as one patch; ``linewidth`` in pixels, ``dash`` in pixels."""
        together = list(paths)
        if not together:
            return
        thick = style.pop("linewidth", 1.0)
        dash = style.pop("dash", None)
        line = (0, tuple(part / thick for part in dash)) if dash else "-"
        patch = PathPatch(
            Path.make_compound_path(*together), linewidth=thick * self.points, linestyle=line, snap=False, **style
        )
        self.ax.add_artist(patch)

    def icons(self, status: Status, corners: Iterable[Point]) -> None:
        """The icon of *status* at each of *corners*."""
        icon, colour = ICONS[status], INKS[status]
        places = list(corners)
        pen = {"linewidth": 1.7, "capstyle": "round", "joinstyle": "round"}
        self.paths(
            [moved(outline(icon.stroke), x, y) for x, y in places], facecolor="none", edgecolor=colour, zorder=4, **pen
        )
        if icon.fill:
            self.paths(
                [moved(outline(icon.fill), x, y) for x, y in places], facecolor=colour, edgecolor="none", zorder=4
            )

    def head(self, top: Head) -> None:
        """The line or lines at the top."""
        self.text(SIDE, FIRST, top.name, NAME_SIZE, weight="bold")
        self.text(top.said_x, FIRST, top.said, SAID_SIZE, DIM)
        self.text(SIDE, FIRST + STEP, top.hint, SAID_SIZE, DIM)
        for count in top.counts:
            self.icons(count.status, [(count.x, count.y - 11)])
            self.text(count.x + 19, count.y, count.words, TALLY_SIZE)
