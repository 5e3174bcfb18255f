"""Colours and line styles of statuses for pictures on a light ground; never the only sign of a status."""

from __future__ import annotations

from typing import Literal

from nbflow.core.status import FAILURES, Status, Verdict

GROUND, INK, DIM, LINE, SOFT = "#ffffff", "#1f2328", "#59636e", "#d0d7de", "#f6f8fa"

Hue = Literal["grey", "blue", "ochre", "green", "red", "purple"]

HUES: dict[Status, Hue] = {
    Status.HELD: "grey",
    Status.WAITING: "grey",
    Status.READY: "grey",
    Status.RUNNING: "blue",
    Status.RETRYING: "ochre",
    Status.RECOVERING: "ochre",
    Status.ROLLING_BACK: "ochre",
    Status.FALLING_BACK: "ochre",
    Status.SUCCEEDED: "green",
    Status.RECOVERED: "green",
    Status.SUBSTITUTED: "purple",
    Status.REUSED: "green",
    Status.FAILED: "red",
    Status.SKIPPED: "purple",
    Status.CANCELLED: "grey",
    Status.UNKNOWN: "red",
}
"""Few hues that are told apart with every common colour blindness: what goes on, what helps, what is well, what is not,
what a person did. Statuses of one hue differ by icon, line and word."""

_DARK: dict[Hue, str] = {
    "grey": "#59636e",
    "blue": "#0069a3",
    "ochre": "#856500",
    "green": "#00785a",
    "red": "#b84700",
    "purple": "#8f4a7b",
}
INKS = {status: _DARK[hue] for status, hue in HUES.items()}
"""Dark enough for text on white (at least 4.5 : 1), and told apart with every common colour blindness."""

_MIDDLE: dict[Hue, str] = {
    "grey": "#7e858f",
    "blue": "#308acd",
    "ochre": "#a67f13",
    "green": "#249673",
    "red": "#d86215",
    "purple": "#ba69a4",
}
ANYWHERE = {status: _MIDDLE[hue] for status, hue in HUES.items()}
"""The same hues for signs on a ground nobody knows: at least 3.5 : 1 on white and on the dark pages of
notebooks, 3 : 1 on the paler ones of Colab."""

DASHES: dict[Status, tuple[float, float] | None] = {
    Status.HELD: (1.5, 3.5),
    Status.WAITING: (2.0, 3.0),
    Status.READY: None,
    Status.RUNNING: None,
    Status.RETRYING: (6.0, 3.0),
    Status.RECOVERING: None,
    Status.ROLLING_BACK: None,
    Status.FALLING_BACK: None,
    Status.SUCCEEDED: None,
    Status.RECOVERED: None,
    Status.SUBSTITUTED: None,
    Status.REUSED: (9.0, 2.5),
    Status.FAILED: None,
    Status.SKIPPED: (6.0, 3.0),
    Status.CANCELLED: (2.0, 3.0),
    Status.UNKNOWN: (5.0, 2.5),
}


def weight(status: Status) -> float:
    """How thick a border is, in pixels."""
    return 2.4 if status in FAILURES else 1.4


def blend(colour: str, ground: str, share: float) -> str:
    """*share* of *colour* on *ground*, both ``#rrggbb``.

    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def fill(status: Status) -> str:
    """What a box is filled with."""
    return blend(INKS[status], GROUND, 0.1)


_AREAS: dict[Hue, str] = {
    "grey": "#5f6973",
    "blue": "#0768a1",
    "ochre": "#a37f22",
    "green": "#339576",
    "red": "#ad3200",
    "purple": "#a35d8e",
}


def tile(status: Status) -> str:
    """The colour of a strip's cells: pale where all is well, for there are many of them, and deep where it is not.

    What is filled in the same way differs in lightness too: small cells have no marks, and some people see no hues.
    """
    return _AREAS[HUES[status]]


def tile_ground(status: Status) -> str:
    """What is under the marks of a cell that is not filled: a tint where its job has ended without outputs."""
    return blend(tile(status), GROUND, 0.26) if status in (Status.SKIPPED, Status.CANCELLED) else GROUND


def hatching(status: Status) -> str:
    """The colour of the lines of a hatched box: text on them can be read."""
    return blend(INKS[status], GROUND, 0.28)


WIRE = "#868e97"
DOTS = (1.5, 4.0)
"""The dashes of a wire to a job that another one made while it ran."""
VERDICTS = {Verdict.MET: INKS[Status.SUCCEEDED], Verdict.BROKEN: INKS[Status.FAILED]}
"""The colour of a group's verdict, once there is one."""
