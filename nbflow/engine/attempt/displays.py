"""The ``display`` file of an attempt: one rich output a line."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from nbflow.engine.attempt.record import DISPLAY, ERR, OUT, Display

LIMIT = 32 * 1024 * 1024
"""Bytes of rich outputs kept of one attempt."""
MARKS = 5000
"""Changes from one log to the other that are noted."""
DROPPED = "… rich outputs from here on were dropped: more than 32 MB …"


class DisplayFile:
    """Appends rich outputs to an attempt's ``display`` file, up to *limit* bytes in all.

    *flush* brings into the logs what was printed before.
    """

    def __init__(self, folder: Path, limit: int = LIMIT, flush: Callable[[], None] = lambda: None) -> None:
        self._path, self._left = folder / DISPLAY, limit
        self._logs = folder / OUT, folder / ERR
        self._fd, self._marks, self._flush = -1, MARKS, flush

    def __call__(self, display: Display) -> None:
        if self._left <= 0:
            return
        self._flush()
        clean = msgspec.structs.replace(
            display,
            data={mime: text(item) for mime, item in display.data.items()},
            out=_size(self._logs[0]),
            err=_size(self._logs[1]),
        )
        line = msgspec.json.encode(clean, enc_hook=str) + b"\n"
        self._left -= len(line)
        if self._left <= 0:
            line = msgspec.json.encode(Display(data={"text/plain": DROPPED})) + b"\n"
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.write(self._fd, line)

    def turned(self) -> None:
        """Somebody is about to write to the other of the two logs."""
        if self._marks > 0:
            self._marks -= 1
            self(Display(mark=True))

    def close(self) -> None:
        """Free the descriptor; a process that ends, as an attempt's own does, need not ask."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._left = -1, 0


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def text(item: Any) -> Any:
    """*item* as a notebook file holds it: bytes as base64 text."""
    return base64.b64encode(item).decode() if isinstance(item, bytes) else item
