"""How a timeline tells attempts apart: colour, hatch and mark, no one of them alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import Patch
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from nbflow.core.event import Step
from nbflow.core.icons import ICONS, Icon
from nbflow.core.layout import Point
from nbflow.core.status import Status
from nbflow.picture.bars import Bar, End
from nbflow.picture.outlines import outline
from nbflow.picture.palette import GROUND, INKS, blend
from nbflow.picture.pen import POINTS


class Look(NamedTuple):
    """How the bar of an attempt is drawn; *mark* stands at its end."""

    colour: str
    hatch: str | None = None
    mark: Icon | None = None

    def style(self) -> dict[str, Any]:
        """What matplotlib is told about the bar."""
        return {"facecolor": blend(self.colour, GROUND, 0.18), "edgecolor": self.colour, "hatch": self.hatch}


_CLOCK = Icon("M12.2,7A5.2,5.2 0 1 1 1.8,7A5.2,5.2 0 1 1 12.2,7ZM7,3.8V7L9.2,8.6")
_QUESTION = Icon("M4.7,5A2.3,2.3 0 1 1 7.9,7.1L7,7.9V9M7,11.2V11.4")

LOOKS: dict[End, Look] = {
    End.SUCCEEDED: Look(INKS[Status.SUCCEEDED]),
    End.RUNNING: Look(INKS[Status.RUNNING]),
    End.FAILED: Look(INKS[Status.FAILED], "////", ICONS[Status.FAILED]),
    End.TIMEOUT: Look(INKS[Status.FAILED], "....", _CLOCK),
    End.CANCELLED: Look(INKS[Status.CANCELLED], "\\\\\\\\", ICONS[Status.CANCELLED]),
    End.LOST: Look(INKS[Status.SKIPPED], "||||", _QUESTION),
}


_STEPS: dict[Step, tuple[Status, str]] = {
    "recovery": (Status.RECOVERING, "xxx"),
    "rollback": (Status.ROLLING_BACK, "---"),
    "fallback": (Status.FALLING_BACK, "+++"),
}


def step_look(step: Step, came_to: End) -> Look:
    """How the bar of a step is drawn: in the hatch of its kind, and in the colour of a failure where it failed.

    >>> step_look("recovery", End.SUCCEEDED).hatch
    'xxx'
    """
    status, hatch = _STEPS[step]
    good = came_to in (End.SUCCEEDED, End.RUNNING)
    return Look(INKS[status] if good else LOOKS[came_to].colour, hatch)


def stamp(ax: Axes, icon: Icon, colour: str, points: Sequence[Point], at: Transform, ground: bool = True) -> None:
    """Draw *icon* with its middle at each of *points*, which *at* brings to the screen; on a disc if *ground*."""
    if not points:
        return
    inches = POINTS / 72
    small = Affine2D().translate(-7, -7).scale(inches, -inches) + ax.figure.dpi_scale_trans
    style: dict[str, Any] = {
        "offsets": points,
        "offset_transform": at,
        "transform": small,
        "clip_on": False,
        "zorder": 6,
    }
    ring = outline("M13.6,7A6.6,6.6 0 1 1 0.4,7A6.6,6.6 0 1 1 13.6,7Z")
    strokes: dict[str, Any] = {
        "linewidths": 1.6 * POINTS,
        "edgecolors": colour,
        "facecolors": "none",
        "capstyle": "round",
    }
    if ground:
        ax.add_collection(PathCollection([ring], facecolors=GROUND, edgecolors="none", **style), autolim=False)
    ax.add_collection(PathCollection([outline(icon.stroke)], **strokes, **style), autolim=False)
    if icon.fill:
        filled = PathCollection([outline(icon.fill)], facecolors=colour, edgecolors="none", **style)
        ax.add_collection(filled, autolim=False)


def right_of(ax: Axes, transform: Transform, pixels: float) -> Transform:
    """*transform*, and then so many pixels of a page to the right."""
    return transform + ScaledTranslation(pixels * POINTS / 72, 0, ax.figure.dpi_scale_trans)


def legend_of(bars: Iterable[Bar]) -> list[Patch]:
    """A labelled patch for each kind of *bars*, in the usual order."""
    found = list(bars)
    ends, steps = {bar.came_to for bar in found if not bar.step}, {bar.step for bar in found if bar.step}
    looks = [(end.value, LOOKS[end]) for end in End if end in ends]
    looks += [(step, step_look(step, End.SUCCEEDED)) for step in _STEPS if step in steps]
    return [Patch(label=label, linewidth=1.0, **look.style()) for label, look in looks]
