"""What is stored beside a pickle: stretches of memory, each once, however many arrays look at it.

Arrays whose memory overlaps are stored as one stretch, so that they share it again when they are loaded. An array with
gaps between its elements that shares with no other is stored without them.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

PIECE = 1024 * 1024
"""Bytes written at a time: one write of a gigabyte was seen to take three times as long."""
ALIGNMENT, BIG = 64, 4096
FINE = 16
"""Alignment of stretches below `BIG` bytes."""

Write = Callable[[memoryview], object]


@dataclass(slots=True, eq=False)
class Block:
    """Memory to be stored: *size* bytes from *address*, kept alive by *owner*; *array*: the one that has gaps in it.

    *shared*: other blocks may overlap it.
    """

    address: int
    size: int
    owner: object
    shared: bool = False
    array: Any = None

    def memory(self) -> memoryview:
        """The bytes."""
        return memory(self.address, self.size)


class Place(NamedTuple):
    """Where a block is stored, in bytes."""

    offset: int
    size: int


class Stretch(NamedTuple):
    """Memory that is stored in one piece, and where; of *array*, which has gaps, only the elements."""

    offset: int
    address: int
    size: int
    array: Any


class Layout(NamedTuple):
    """Where everything goes: the *stretches* in order, the place of each block, the end of it all."""

    stretches: list[Stretch]
    places: list[Place]
    end: int
    shared: bool
    """Some places overlap."""


def memory(address: int, size: int) -> memoryview:
    """The *size* bytes at *address*; the caller sees to it that they are there."""
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


def block_of(view: memoryview) -> Block:
    """The block that is *view*, which is in one piece, not empty and 64 KiB or more."""
    if (numpy := sys.modules.get("numpy")) is not None:
        address = numpy.frombuffer(view, "u1").__array_interface__["data"][0]
    elif view.readonly:
        return block_of(memoryview(bytearray(view)))
    else:
        address = ctypes.addressof(ctypes.c_char.from_buffer(view))
    return Block(address, view.nbytes, view, shared=True)


def lay_out(blocks: Sequence[Block], start: int) -> Layout:
    """Where *blocks* go, if the first may begin at byte *start*."""
    groups = _groups(blocks)
    stretches, at = [], start
    places: list[Place] = [Place(0, 0)] * len(blocks)
    for members in groups:
        first, alone = blocks[members[0]], len(members) == 1
        low = min(blocks[i].address for i in members)
        size = first.array.nbytes if alone and first.array is not None else _reach(blocks, members, low)
        alignment = ALIGNMENT if size >= BIG else FINE
        at = -(-at // alignment) * alignment + (0 if alone else low % FINE)
        stretches.append(Stretch(at, low, size, first.array if alone else None))
        for i in members:
            places[i] = Place(at + blocks[i].address - low, size if alone else blocks[i].size)
        at += size
    return Layout(stretches, places, at, len(groups) < len(blocks))


def _reach(blocks: Sequence[Block], members: Sequence[int], low: int) -> int:
    return max(blocks[i].address + blocks[i].size for i in members) - low


def _groups(blocks: Sequence[Block]) -> list[list[int]]:
    """The blocks that overlap, by place, each group where its first block stands."""
    if not any(block.shared for block in blocks):
        return [[i] for i in range(len(blocks))]
    groups: list[list[int]] = []
    end = -1
    for i in sorted(range(len(blocks)), key=lambda i: blocks[i].address):
        block = blocks[i]
        if block.address < end:
            groups[-1].append(i)
        else:
            groups.append([i])
        end = max(end, block.address + block.size)
    return sorted((sorted(group) for group in groups), key=lambda group: group[0])


def write_all(stretches: Sequence[Stretch], at: int, write: Write) -> int:
    """Write *stretches* one after the other with *write*, from byte *at* on; where that ends."""
    small = bytearray()
    for stretch in stretches:
        small += bytes(stretch.offset - at)
        if stretch.size < PIECE // 16 and stretch.array is None:
            small += ctypes.string_at(stretch.address, stretch.size)
        else:
            write(memoryview(small))
            small = bytearray()
            for piece in pieces(stretch):
                write(piece)
        at = stretch.offset + stretch.size
        if len(small) > PIECE:
            write(memoryview(small))
            small = bytearray()
    write(memoryview(small))
    return at


def pieces(stretch: Stretch) -> Iterator[memoryview]:
    """The bytes of *stretch* as they are stored; those of an array with gaps are gathered a piece at a time."""
    if stretch.array is None:
        yield memory(stretch.address, stretch.size)
        return
    yield from gathered(stretch.array, PIECE)


def gathered(array: Any, size: int) -> Iterator[memoryview]:
    """The elements of *array*, which has gaps, in the order they are stored in, in pieces of about *size* bytes."""
    ahead = [array.transpose(axes(array.strides))]
    while ahead:
        part = ahead.pop()
        rows = size // (part.nbytes // len(part))
        if not rows and part.ndim > 1:
            ahead.extend(part[i] for i in reversed(range(len(part))))
            continue
        for i in range(0, len(part), max(1, rows)):
            yield memoryview(part[i : i + max(1, rows)].copy(order="C").reshape(-1).view("u1"))


def axes(strides: Sequence[int]) -> list[int]:
    """The axes of an array, those with the longest strides first."""
    return sorted(range(len(strides)), key=lambda axis: -abs(strides[axis]))
