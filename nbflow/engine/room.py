"""How much the values of a store may take together, and what is said to one that does not fit."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from nbflow.core.words import size as said
from nbflow.errors import NbflowError

PATIENCE = 5.0
"""Seconds that an attempt waits for room."""
PAUSE = 0.1
STEP = 1024 * 1024
"""Bytes by which a value that is being written has to grow before it is measured again."""
WANTED = "room.wanted"
"""File in the store: somebody waits for room."""


class NoRoom(NbflowError):
    """A value for which the store has no room.

    Attributes:
        size: what it takes, as far as that is known; others: what the other values take; limit: all in bytes.
    """

    def __init__(self, size: int, others: int, limit: int) -> None:
        self.size, self.others, self.limit = size, others, limit
        super().__init__(f"{said(size)} do not fit: the values of the store take {said(others)} of {said(limit)}")


class Room:
    """The room for one value more in *folder*, where all may take *limit* bytes together; None: without limit.

    Where there is not enough, the engine is asked to collect what is useless, and given *patience* seconds for it.
    """

    def __init__(self, folder: Path, limit: int | None, patience: float = 0.0) -> None:
        self._folder, self._limit, self._patience = folder, limit, patience
        self._next = 0

    def check(self, size: int, own: Path | None) -> None:
        """Raise `NoRoom` if a value of *size* bytes, or of which so many are known by now, does not fit.

        *own* is the file that it is being written to, if there is one yet.
        """
        if self._limit is None or size < self._next:
            return
        give_up_at = time.monotonic() + self._patience
        while (others := taken(self._folder, own)) + size > self._limit:
            if size > self._limit or time.monotonic() >= give_up_at:
                raise NoRoom(size, others, self._limit)
            (self._folder.with_name(WANTED)).touch(0o600)
            time.sleep(PAUSE)
        self._next = size + STEP


def taken(folder: Path, but: Path | None = None) -> int:
    """Bytes that the values in *folder* take, without the file *but*."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):  # it was collected meanwhile
                if but is None or entry.name != but.name:
                    total += entry.stat(follow_symlinks=False).st_size
    return total
