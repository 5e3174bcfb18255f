"""The head of a picture: the flow's name, what the run came to, and the tally of statuses, placed without overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbflow.core.lettering import clip, width
from nbflow.core.status import Status
from nbflow.picture.plain import plain
from nbflow.picture.summary import BEGIN, headline, jobs, tally

NAME_SIZE, SAID_SIZE, TALLY_SIZE = 14.0, 12.5, 12.0
BOLD = 1.12
"""How much wider bold text is than `nbflow.core.lettering.width` says."""
NARROWEST = 420.0
SIDE, FIRST, STEP, BELOW = 20.0, 28.0, 24.0, 16.0


@dataclass(frozen=True, slots=True)
class Count:
    """One status in the tally: its icon stands at (*x*, *y* - 11), its *words* 19 pixels to the right of it."""

    status: Status
    words: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the top, in pixels: *y* are base lines of text. *said* stands on the first line at *said_x*."""

    name: str
    said: str
    said_x: float
    counts: tuple[Count, ...]
    hint: str
    width: float
    height: float


def head(snapshot: Mapping[str, Any], wide: float = 0.0) -> Head:
    """The head of the picture of *snapshot*, at least *wide* pixels wide.

    >>> top = head({"flow": "analysis", "run": 3, "verdict": "running", "jobs": {"a": {"status": "failed"}}})
    >>> top.name, top.said, [count.words for count in top.counts]
    ('analysis', 'run 3 · running', ['1 failed'])
    """
    wide = max(wide, NARROWEST)
    said = headline({**snapshot, "flow": ""})[3:]
    room = wide - 2 * SIDE
    name = clip(plain(snapshot.get("flow", "")), (room - 16 - width(said, SAID_SIZE)) / BOLD, NAME_SIZE)
    said_x = SIDE + width(name, NAME_SIZE) * BOLD + 12
    end = said_x + width(said, SAID_SIZE)
    counts = _counts(snapshot, end + 20, wide - SIDE)
    hint = "" if jobs(snapshot) else f"{BEGIN[0].upper()}{BEGIN[1:]}."
    last = max((count.y for count in counts), default=FIRST + (STEP if hint else 0.0))
    return Head(name, said, said_x, counts, hint, wide, last + BELOW)


def _counts(snapshot: Mapping[str, Any], x: float, end: float) -> tuple[Count, ...]:
    """The tally after *x* on the first line if all of it ends before *end*, else on lines of its own."""
    called = snapshot.get("called") or {}
    texts = [(status, f"{count} {called.get(status, status.value)}") for status, count in tally(snapshot).items()]
    rooms = [19 + width(words, TALLY_SIZE) for _, words in texts]
    y = FIRST
    if x + sum(rooms) + 16 * (len(rooms) - 1) > end:
        x, y = SIDE, FIRST + STEP
    found = []
    for (status, words), room in zip(texts, rooms, strict=True):
        if x > SIDE and x + room > end:
            x, y = SIDE, y + STEP
        found.append(Count(status, words, x, y))
        x += room + 16
    return tuple(found)
