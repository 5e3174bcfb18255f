"""``sys.stdout`` and ``sys.stderr`` of an attempt: they tell when one follows the other, for the order in cards."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import suppress


def _nobody() -> None:
    """Before there is an attempt, nobody has to be told."""


class Turns:
    """Which of the two was written to last. *turned* is called before the other one is."""

    def __init__(self) -> None:
        self.last: Stream | None = None
        self.turned: Callable[[], None] = _nobody

    def to(self, stream: Stream) -> None:
        """*stream* is about to be written to."""
        before, self.last = self.last, stream
        if before is not None:
            with suppress(OSError, ValueError):  # the cell may have closed it
                before.flush()
            self.turned()

    def flush(self) -> None:
        """Have in the logs what was printed."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # the cell may have closed or replaced it
                stream.flush()


turns = Turns()


class Stream(io.TextIOWrapper):
    """A stream into a log."""

    def write(self, text: str) -> int:
        """Write *text*."""
        if turns.last is not self:
            turns.to(self)
        return super().write(text)


_replaced: list[object] = []
"""The streams that were there before: their buffers are ours now, and would be closed with them."""


def install() -> None:
    """Have such streams in place, by UTF-8 and line by line."""
    for name in ("stdout", "stderr"):
        before = getattr(sys, name)
        stream = Stream(before.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        _replaced.append(before)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
