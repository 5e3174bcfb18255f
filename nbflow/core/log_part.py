"""Some of what an attempt printed, as it goes to a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Place = tuple[int, int]
"""Bytes of ``out`` and of ``err`` that come before a place in a log."""
START: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class LogPart:
    """What an attempt printed from *start* to *end*, in its order.

    Attributes:
        pieces: stream (``out`` or ``err``) and bytes, one after another.
        size: how much of each stream there is in all.
        traceback: the attempt's, in plain text; empty if there is none, or it was not asked for.

    >>> LogPart.of("hello").told()["pieces"]
    [['out', 'hello']]
    """

    pieces: tuple[tuple[str, bytes], ...] = ()
    start: Place = START
    end: Place = START
    size: Place = START
    traceback: str = ""

    @classmethod
    def of(cls, text: str) -> LogPart:
        """A whole log of one *text*."""
        data = text.encode("utf-8", "replace")
        end = (len(data), 0)
        return cls((("out", data),) if data else (), START, end, end)

    def told(self) -> dict[str, Any]:
        """As values for JSON, the bytes as text."""
        pieces = [[stream, data.decode("utf-8", "replace")] for stream, data in self.pieces]
        return self.places() | {"pieces": pieces, "traceback": self.traceback}

    def places(self) -> dict[str, Any]:
        """Where it begins and ends, and how much there is, as values for JSON."""
        return {"from": list(self.start), "to": list(self.end), "size": list(self.size)}
