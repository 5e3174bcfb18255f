"""Writing a value: its pickle, then what is stored beside it; a small one into the reference, a big one into a file."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import struct
import uuid
from pathlib import Path
from typing import Any

from nbflow.core.spec import ValueRef
from nbflow.engine.blocks import PIECE, Block, Layout, lay_out, write_all
from nbflow.engine.room import Room

DIGEST_LIMIT = 1024 * 1024
"""Bytes up to which a value's digest is computed and checked: above, it would cost more than the writing."""
MAGIC = b"nbflow\x00\x01"
HEADER = struct.Struct("<8sQQQQB23x")  # magic, total size, pickle's size, number of buffers, their table, shared
PLACE = struct.Struct("<QQ")  # offset, size
PART = ".part"


class Writer:
    """Takes a pickle and its blocks; opens a file only when they are too big to travel inline.

    Args:
        folder: where files go; made if need be.
        inline: bytes up to which there is none.
        prefix: what the file's name begins with: letters and digits that tell who wrote it.
        room: how much may be written.
    """

    def __init__(self, folder: Path, inline: int, prefix: str, room: Room) -> None:
        self._folder, self._inline, self._prefix, self._room = folder, inline, prefix, room
        self._small = bytearray()
        self._file: io.FileIO | None = None
        self._part: Path | None = None
        self._pickle_size = 0
        self._blocks: list[Block] = []

    def write(self, data: Any) -> int:
        """Take the next piece of the pickle."""
        view = memoryview(data).cast("B")
        self._pickle_size += view.nbytes
        if self._file is None and self._pickle_size <= self._inline:
            self._small += view
        else:
            self._room.check(self._pickle_size, self._part)
            _write(self._opened(), view)
        return view.nbytes

    def take(self, block: Block) -> bool:
        """Keep *block* for the end."""
        self._blocks.append(block)
        return True

    def finish(self, type_: str, shape: str) -> ValueRef:
        """Everything was taken: put it in place. Raises `OSError` where the disk is full."""
        if not self._blocks and self._file is None:
            return _inline(bytes(self._small), type_, shape)
        layout = lay_out(self._blocks, HEADER.size + self._pickle_size)
        total = layout.end + len(layout.places) * PLACE.size
        if total <= self._inline:
            return _inline(self._whole(layout, total), type_, shape)
        self._room.check(total, self._part)
        file = self._opened()
        _reserve(file.fileno(), total)
        file.seek(HEADER.size + self._pickle_size)
        write_all(layout.stretches, file.tell(), lambda view: _write(file, view))
        _write(file, memoryview(_table(layout)))
        file.seek(0)
        _write(file, memoryview(self._header(layout, total)))
        return self._in_place(total, type_, shape)

    def _whole(self, layout: Layout, total: int) -> bytes:
        data = bytearray(self._header(layout, total)) + self._small
        write_all(layout.stretches, len(data), data.extend)
        return bytes(data + _table(layout))

    def _header(self, layout: Layout, total: int) -> bytes:
        return HEADER.pack(MAGIC, total, self._pickle_size, len(layout.places), layout.end, layout.shared)

    def _opened(self) -> io.FileIO:
        if self._file is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._part = self._folder / f"{self._prefix}{uuid.uuid4().hex}{PART}"
            self._file = io.FileIO(os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "r+")
            fcntl.flock(self._file, fcntl.LOCK_EX)  # says that somebody is writing it, for as long as that is so
            self._file.seek(HEADER.size)
            _write(self._file, memoryview(self._small))
        return self._file

    def _in_place(self, total: int, type_: str, shape: str) -> ValueRef:
        assert self._file is not None
        assert self._part is not None
        digest = ""
        if total <= DIGEST_LIMIT:
            self._file.seek(0)
            digest = digest_of(self._file.readall())
        name = self._part.stem
        self._part.rename(self._part.with_name(name))
        self._part = None
        return ValueRef(file=name, size=total, digest=digest, type=type_, shape=shape)

    def close(self) -> None:
        """Let go; a file that was not finished is removed."""
        if self._part is not None:
            self._part.unlink(missing_ok=True)
        if self._file is not None:
            self._file.close()
        self._blocks.clear()


def digest_of(data: bytes) -> str:
    """SHA-256 of *data* in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _inline(data: bytes, type_: str, shape: str) -> ValueRef:
    return ValueRef(inline=data, size=len(data), digest=digest_of(data), type=type_, shape=shape)


def _table(layout: Layout) -> bytes:
    return b"".join(PLACE.pack(*place) for place in layout.places)


def _write(file: io.FileIO, view: memoryview) -> None:
    while view.nbytes:
        view = view[file.write(view[:PIECE]) :]


def _reserve(fd: int, size: int) -> None:
    """Ask for the whole file's blocks at once: nearly halves the time to write it, and a full disk says so now."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
