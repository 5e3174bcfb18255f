"""Whether a value still is what was stored: compared as it would be pickled, nothing written, nothing hashed.

The pickle is compared while it is made, up to the first difference; arrays and other big buffers by their memory. One
that is a map of the stored file itself costs next to nothing, as long as nobody has written to it: the system knows
which of its pages are no longer the file's.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nbflow.engine import pickling
from nbflow.engine.blocks import PIECE, Block, Stretch, lay_out, memory, pieces
from nbflow.engine.pages import untouched
from nbflow.engine.writing import HEADER, PLACE

MAPPED = 1024 * 1024
"""Bytes from which it is worth while to ask the system about a buffer before it is read."""
AGAIN = 2 * 1024 * 1024
"""Bytes of a pickle up to which another look is taken at what is pickled otherwise."""

_libc = ctypes.CDLL(None)


class _Different(Exception):
    """The pickle is another one."""


def same(
    value: object,
    pickle: memoryview,
    buffers: Sequence[memoryview],
    size: int,
    load: Callable[[], object],
    file: Path | None = None,
) -> bool:
    """Whether *value* is what was stored as *pickle* and *buffers*, *size* bytes together with what is around them.

    Args:
        load: gives a fresh copy of what was stored. A set is pickled in another order in another process: where only
            the pickle differs, the value's is compared with that of the copy.
        file: where it is stored, if in a file.
    """
    found = _pickled(value, pickle)
    if found is None and pickle.nbytes <= AGAIN and b"cloudpickle" not in pickle.tobytes():
        # What defines functions and classes is not loaded: that would undo what was changed in them.
        sink = io.BytesIO()
        pickling.dump(load(), sink, lambda _: True)
        found = _pickled(value, sink.getbuffer())
    if found is None or len(found) != len(buffers):
        return False
    if found and lay_out(found, HEADER.size + pickle.nbytes).end + len(found) * PLACE.size != size:
        return False  # what shares memory does so no more, or in another way
    return all(_equal(block, buffer, pickle, file) for block, buffer in zip(found, buffers, strict=True))


def _pickled(value: object, expected: memoryview) -> list[Block] | None:
    """The blocks of *value* if its pickle is the *expected* one, else None."""
    blocks: list[Block] = []
    sink = _Sink(expected)

    def take(block: Block) -> bool:
        blocks.append(block)
        return True

    try:
        pickling.dump(value, sink, take)
    except Exception:  # that of a difference, or it cannot be pickled any more: something has changed
        return None
    return blocks if sink.place == expected.nbytes else None


class _Sink:
    """Compares what is written with what is *expected*."""

    def __init__(self, expected: memoryview) -> None:
        self._expected, self.place = expected, 0

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        for at in range(0, view.nbytes, PIECE):
            piece = view[at : at + PIECE].tobytes()
            if self._expected[self.place : self.place + len(piece)].tobytes() != piece:
                raise _Different
            self.place += len(piece)
        return view.nbytes


def _equal(block: Block, stored: memoryview, pickle: memoryview, file: Path | None) -> bool:
    if block.array is not None and block.array.nbytes == stored.nbytes != block.size:
        return _all_equal(pieces(Stretch(0, block.address, stored.nbytes, block.array)), stored)
    if block.size != stored.nbytes:
        return False
    if stored.readonly:
        return _all_equal([memory(block.address, block.size)], stored)
    there = _address(stored)
    if file is not None and block.size >= MAPPED:
        place = there - _address(pickle) + HEADER.size
        if untouched(block.address, block.size, file, place):
            return True
    return bool(_libc.memcmp(ctypes.c_void_p(block.address), ctypes.c_void_p(there), ctypes.c_size_t(block.size)) == 0)


def _all_equal(found: Iterable[memoryview], stored: memoryview) -> bool:
    place = 0
    for each in found:
        if each.tobytes() != stored[place : place + each.nbytes].tobytes():
            return False
        place += each.nbytes
    return place == stored.nbytes


def _address(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view))
