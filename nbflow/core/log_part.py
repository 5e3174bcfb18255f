"""Some of what an attempt printed, as it goes to a browser."""

from __future__ import annotations

import base64
import zlib
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
        return self._places() | {"pieces": pieces, "traceback": self.traceback}

    def packed(self) -> dict[str, Any]:
        """As values for JSON, small: the bytes of all pieces together as zlib packs them, in base64.

        >>> part = LogPart((("out", b"a" * 5000),), (0, 0), (5000, 0), (5000, 0))
        >>> part.packed()["spans"], len(part.packed()["packed"]) < 100
        ([['out', 5000]], True)
        """
        data = b"".join(data for _, data in self.pieces)
        spans = [[stream, len(data)] for stream, data in self.pieces]
        return self._places() | {"spans": spans, "packed": base64.b64encode(zlib.compress(data)).decode()}

    def _places(self) -> dict[str, Any]:
        return {"from": list(self.start), "to": list(self.end), "size": list(self.size)}
