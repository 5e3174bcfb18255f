"""How much the values of a store may take together, and what is said to one that does not fit."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nbflow.core.words import size as said
from nbflow.errors import NbflowError


class NoRoom(NbflowError):
    """A value for which the store has no room.

    Attributes:
        size: what it takes, as far as that is known; others: what the other values take; limit: all in bytes.
    """

    def __init__(self, size: int, others: int, limit: int) -> None:
        self.size, self.others, self.limit = size, others, limit
        super().__init__(f"{said(size)} do not fit: the values of the store take {said(others)} of {said(limit)}")


class Room:
    """The room for one value more in *folder*, where all may take *limit* bytes together; None: without limit."""

    def __init__(self, folder: Path, limit: int | None) -> None:
        self._folder, self._limit = folder, limit
        self._others: int | None = None

    def check(self, size: int) -> None:
        """Raise `NoRoom` if a value of *size* bytes, or of which so many are known by now, does not fit.

        What the others take is looked up once, before the value has a file of its own.
        """
        if self._limit is None:
            return
        if self._others is None:
            self._others = taken(self._folder)
        if self._others + size > self._limit:
            raise NoRoom(size, self._others, self._limit)


def taken(folder: Path) -> int:
    """Bytes that the values in *folder* take."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):  # it was collected meanwhile
                total += entry.stat(follow_symlinks=False).st_size
    return total
