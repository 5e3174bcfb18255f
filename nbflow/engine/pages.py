"""Maps of files that nobody has written to: the system knows which pages of a process are no longer the file's."""

from __future__ import annotations

import mmap
from pathlib import Path

_PAGE = mmap.PAGESIZE
_PRESENT, _SWAPPED, _FILE = 0x80, 0x40, 0x20
"""In the last byte of a page's entry in ``/proc/self/pagemap``."""


def untouched(address: int, size: int, file: Path, offset: int) -> bool:
    """Whether the *size* bytes at *address* are a map of *file* from byte *offset* on, all pages still the file's."""
    try:
        if not _maps(address, size, str(file), offset):
            return False
        first, last = address // _PAGE, (address + size - 1) // _PAGE
        with Path("/proc/self/pagemap").open("rb", buffering=0) as entries:
            entries.seek(first * 8)
            found = entries.read((last - first + 1) * 8)
    except OSError:  # no Linux, or no right to look
        return False
    states = set(found[7::8])
    return len(found) == (last - first + 1) * 8 and not any(map(_written, states))


def _written(state: int) -> bool:
    return bool(state & _SWAPPED) or bool(state & _PRESENT and not state & _FILE)


def _maps(address: int, size: int, file: str, offset: int) -> bool:
    """Whether the process maps *file* there; one that was removed since counts, the map still has it."""
    with Path("/proc/self/maps").open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            if file not in line:
                continue
            span, _, begins, _, _, path = line.rstrip("\n").split(maxsplit=5)
            start, end = (int(number, 16) for number in span.split("-"))
            if start <= address and address + size <= end:
                return path.removesuffix(" (deleted)") == file and int(begins, 16) + address - start == offset
    return False
