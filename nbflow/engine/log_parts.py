"""A log by parts, both streams in the order in which they were written, read while it may still grow.

A part begins and ends at a place: so many bytes of ``out``, so many of ``err``. Read from place to place every byte
comes exactly once, even where the order of the two streams turns out to be another one later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from nbflow.core.log_part import START, LogPart, Place
from nbflow.engine.attempt.logs import LIMIT
from nbflow.engine.attempt.record import DISPLAY, ERR, OUT

STREAMS = (OUT, ERR)
ROOM = 256 * 1024
"""Bytes of a part at most."""
SHORT, STEP = 8_000, 16_000
"""The tail of a log has at least, and at most so many bytes more: its beginning moves only now and then."""
LINE = 4_000
"""A part begins with a line, if one begins within so many bytes."""
Span = tuple[int, int, int]
"""Stream (its number), from byte, to byte."""


class _Mark(Struct):
    """What a line of the ``display`` file says of the two logs."""

    out: int = -1
    err: int = -1


_decode = msgspec.json.Decoder(_Mark).decode


def part(folder: Path, start: Place | None, end: Place | None, room: int = ROOM) -> LogPart:
    """The log of the attempt in *folder* from *start* on or, without one, what comes just before *end*.

    At most *room* bytes, and nothing after *end*; a part that has fewer than there are ends between characters.
    """
    size = _sizes(folder)
    found = _between(_spans(folder, size), start or START, _least(end or size, size))
    total = sum(last - first for _, first, last in found)
    if total > room:
        found = _cut(found, 0, room) if start is not None else _cut(found, total - room, total)
        found = _whole(folder, found, backwards=start is None)
    return _read(folder, found, start, end or size, size)


def tail(folder: Path) -> LogPart:
    """The end of the log of the attempt in *folder*: `SHORT` to `SHORT` + `STEP` bytes, all of it if it is short."""
    size = _sizes(folder)
    spans = _spans(folder, size)
    before = max(0, (sum(size) - SHORT) // STEP * STEP) if sum(size) > SHORT + STEP else 0
    found = _whole(folder, _cut(spans, before, sum(size)), backwards=True) if before else spans
    return _read(folder, found, None, size, size)


def _sizes(folder: Path) -> Place:
    sizes = []
    for stream in STREAMS:
        try:
            sizes.append((folder / stream).stat().st_size)
        except FileNotFoundError:
            sizes.append(0)
    return sizes[0], sizes[1]


def _spans(folder: Path, size: Place) -> list[Span]:
    """The two streams of *size* in the order in which they were written; of a log that was too long it is not known."""
    at, found = [0, 0], list[Span]()
    for mark in _marks(folder) if max(size) < LIMIT else ():
        for stream in (0, 1):
            last = min(mark[stream], size[stream])
            if last > at[stream]:
                found.append((stream, at[stream], last))
                at[stream] = last
    found += [(stream, at[stream], size[stream]) for stream in (0, 1) if at[stream] < size[stream]]
    return list(_joined(found))


def _marks(folder: Path) -> Iterator[Place]:
    try:
        lines = (folder / DISPLAY).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return
    for line in lines:
        try:
            mark = _decode(line)
        except msgspec.MsgspecError:  # user code can write to the file, too
            continue
        yield mark.out, mark.err


def _joined(spans: list[Span]) -> Iterator[Span]:
    """*spans* with neighbours of one stream as one."""
    held: Span | None = None
    for span in spans:
        if held is not None and held[0] == span[0] and held[2] == span[1]:
            held = (held[0], held[1], span[2])
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held


def _between(spans: list[Span], start: Place, end: Place) -> list[Span]:
    cut = [(stream, max(first, start[stream]), min(last, end[stream])) for stream, first, last in spans]
    return [span for span in cut if span[1] < span[2]]


def _cut(spans: list[Span], first: int, last: int) -> list[Span]:
    """Bytes *first* to *last* of all that *spans* have together."""
    found, at = list[Span](), 0
    for stream, begin, end in spans:
        low, high = max(begin, begin + first - at), min(end, begin + last - at)
        at += end - begin
        if low < high:
            found.append((stream, low, high))
    return found


def _whole(folder: Path, spans: list[Span], backwards: bool) -> list[Span]:
    """*spans* that begin with a line, where one begins near, or end between two characters."""
    if not spans:
        return spans
    stream, first, last = spans[0 if backwards else -1]
    if backwards:
        head = _bytes(folder, stream, first, min(last, first + LINE))
        first += head.find(b"\n") + 1 if b"\n" in head else _continued(head)
        return [(stream, first, last), *spans[1:]] if first < last else spans[1:]
    end = _bytes(folder, stream, last, last + 3)
    return [*spans[:-1], (stream, first, last + _continued(end))]


def _continued(data: bytes) -> int:
    """How many bytes at the beginning of *data* belong to the character before it.

    >>> _continued("é!".encode()[1:]), _continued(b"ab")
    (1, 0)
    """
    return next((at for at, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)


def _bytes(folder: Path, stream: int, first: int, last: int) -> bytes:
    try:
        with (folder / STREAMS[stream]).open("rb") as log:
            return os.pread(log.fileno(), last - first, first)
    except FileNotFoundError:
        return b""


def _read(folder: Path, spans: list[Span], start: Place | None, end: Place, size: Place) -> LogPart:
    """The part that *spans* are; it begins at *start* or, without one, where that leaves nothing out up to *end*."""
    pieces = [(stream, first, _bytes(folder, stream, first, last)) for stream, first, last in spans]
    told = tuple((STREAMS[stream], data) for stream, _, data in pieces if data)
    if start is None:
        ends = [min(at, there) for at, there in zip(end, size, strict=True)]
        firsts = [min((first for one, first, _ in pieces if one == stream), default=ends[stream]) for stream in (0, 1)]
        return LogPart(told, (firsts[0], firsts[1]), (ends[0], ends[1]), size)
    lasts = [
        max((first + len(data) for one, first, data in pieces if one == stream), default=start[stream])
        for stream in (0, 1)
    ]
    return LogPart(told, start, (lasts[0], lasts[1]), size)


def _least(one: Place, other: Place) -> Place:
    return min(one[0], other[0]), min(one[1], other[1])
