"""Colours and line styles of statuses for pictures on a light ground; never the only sign of a status."""

from __future__ import annotations

from nbflow.core.status import Status

GROUND, INK, DIM, LINE, SOFT = "#ffffff", "#1f2328", "#59636e", "#d0d7de", "#f6f8fa"

INKS: dict[Status, str] = {
    Status.HELD: "#59636e",
    Status.WAITING: "#59636e",
    Status.READY: "#59636e",
    Status.RUNNING: "#0069a3",
    Status.RETRYING: "#856500",
    Status.SUCCEEDED: "#00785a",
    Status.FAILED: "#b84d00",
    Status.SKIPPED: "#8f4a7b",
    Status.CANCELLED: "#59636e",
}
"""Dark enough for text on white (at least 4.5 : 1), and told apart with every common colour blindness."""

_GREY = "#767d86"

ANYWHERE: dict[Status, str] = {
    Status.HELD: _GREY,
    Status.WAITING: _GREY,
    Status.READY: _GREY,
    Status.RUNNING: "#1a7fc1",
    Status.RETRYING: "#9a7400",
    Status.SUCCEEDED: "#0f8a68",
    Status.FAILED: "#cf5a0a",
    Status.SKIPPED: "#b0609a",
    Status.CANCELLED: _GREY,
}
"""The same hues for text on a ground nobody knows: at least 3.5 : 1 on white and on the dark pages of notebooks."""

DASHES: dict[Status, tuple[float, float] | None] = {
    Status.HELD: (1.5, 3.5),
    Status.WAITING: (2.0, 3.0),
    Status.READY: None,
    Status.RUNNING: None,
    Status.RETRYING: (6.0, 3.0),
    Status.SUCCEEDED: None,
    Status.FAILED: None,
    Status.SKIPPED: (6.0, 3.0),
    Status.CANCELLED: (2.0, 3.0),
}


def weight(status: Status) -> float:
    """How thick a border is, in pixels."""
    return 2.4 if status is Status.FAILED else 1.4


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


WIRE = blend(DIM, GROUND, 0.45)
