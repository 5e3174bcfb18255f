"""The values of a store: written once, then mapped by whoever reads them.

A small value is its pickle and rides in its `ValueRef`. A bigger one is a file in ``values/``: a header of 64 bytes,
the pickle, then the big buffers (arrays, columns), aligned, and their places. A reader maps the file copy-on-write, so
a gigabyte of numbers is there at once, is read from disk only where it is touched, and can be changed without anybody
else seeing it.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import io
import mmap
import os
import pickle
import struct
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbflow.core.spec import ValueRef
from nbflow.engine import pickling
from nbflow.errors import NbflowError, StoreError, ValueNotStorable

INLINE_LIMIT = 64 * 1024
"""Bytes up to which a value travels in its reference."""
BUFFER_LIMIT = 64 * 1024
"""Bytes from which a buffer is stored outside the pickle."""
DIGEST_LIMIT = 1024 * 1024
"""Bytes up to which a value's digest is computed and checked: above, it would cost more than the writing."""
MAPS = 200
"""Files up to which each of many values is mapped: a process may often have no more than 1,024 files open."""
ALIGNMENT = 64
PIECE = 1024 * 1024

MAGIC = b"nbflow\x00\x01"
_HEADER = struct.Struct("<8sQQQQ24x")  # magic, total size, pickle's size, number of buffers, where their table is
_PLACE = struct.Struct("<QQ")  # offset, size


class Values:
    """The values of the store in folder *store*.

    >>> import tempfile
    >>> values = Values(tempfile.mkdtemp())
    >>> ref = values.dump({"a": 1}, name="settings")
    >>> ref.type, ref.shape, values.load(ref)
    ('dict', '1 item', {'a': 1})
    """

    def __init__(self, store: Path | str) -> None:
        self.folder = Path(store) / "values"

    def dump(
        self, value: object, name: str = "", hole: pickling.Hole | None = None, inline: int = INLINE_LIMIT
    ) -> ValueRef:
        """Store *value*, which people know as the variable *name*; parts of it may be left out (see `pickling`).

        Up to *inline* bytes travel in the reference. Raises `ValueNotStorable`, which says what part of it cannot be
        stored and why; nothing is left behind then.
        """
        writer = _Writer(self.folder, inline)
        try:
            pickling.dump(value, writer, writer.take, hole)
            return writer.finish(type(value).__name__, pickling.shape(value))
        except OSError as error:
            raise ValueNotStorable(name, type(value).__name__, error.strerror or str(error)) from error
        except NbflowError:
            raise
        except Exception as error:
            raise ValueNotStorable(name, type(value).__name__, pickling.explain(value, error)) from error
        finally:
            writer.close()

    def load(
        self,
        ref: ValueRef,
        namespace: dict[str, Any] | None = None,
        parts: Sequence[object] = (),
        mapped: bool = True,
    ) -> Any:
        """The value that *ref* stands for, with *parts* where some were left out; each call gives a copy of its own.

        A big file is *mapped*, unless that is False: a map costs a file descriptor for as long as it lives. Functions
        and methods of a notebook get *namespace* as their globals. Raises `StoreError` if the stored bytes are gone or
        damaged, and whatever unpickling raises, `ImportError` for one.
        """
        if ref.inline is not None:
            _check(ref, ref.inline)
            with _no_collection():
                return pickling.load(io.BytesIO(ref.inline), [], namespace, parts)
        try:
            file = self.path(ref).open("rb")
        except FileNotFoundError:
            raise StoreError(f"a stored value of type {ref.type or 'unknown'} is gone: run its job again") from None
        with file, _no_collection():
            buffers = _open(file, ref, mapped)
            return pickling.load(file, buffers, namespace, parts)

    def load_all(self, refs: Sequence[ValueRef], namespace: dict[str, Any] | None = None) -> list[Any]:
        """The values of many *refs*, be they big. Raises what `load` does."""
        mapped = sum(ref.file is not None for ref in refs) <= MAPS
        return [self.load(ref, namespace, mapped=mapped) for ref in refs]

    def path(self, ref: ValueRef) -> Path:
        """Where *ref*'s file is; raises `StoreError` if the reference is not one of ours."""
        if ref.file is None:
            raise StoreError(f"a value of type {ref.type} cannot leave the kernel that made it: read it --in kernel")
        if not ref.file.isalnum():
            raise StoreError(f"{ref.file!r} is no stored value")
        return self.folder / ref.file


class _Writer:
    """Takes a pickle and its buffers; opens a file only when they are too big to travel inline."""

    def __init__(self, folder: Path, inline: int) -> None:
        self._folder, self._inline = folder, inline
        self._small = bytearray()
        self._file: io.FileIO | None = None
        self._part: Path | None = None
        self._pickle_size = 0
        self._buffers: list[memoryview] = []

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._pickle_size += view.nbytes
        if self._file is None and self._pickle_size <= self._inline:
            self._small += view
        else:
            _write(self._opened(), view)
        return view.nbytes

    def take(self, buffer: pickle.PickleBuffer) -> bool:
        """Whether *buffer* is kept outside the pickle: it is if it is big and in one piece."""
        try:
            view = buffer.raw()
        except BufferError:
            return False
        if view.nbytes < BUFFER_LIMIT:
            return False
        self._buffers.append(view)
        return True

    def finish(self, type_: str, shape: str) -> ValueRef:
        if self._file is None and not self._buffers:
            data = bytes(self._small)
            return ValueRef(inline=data, size=len(data), digest=_digest(data), type=type_, shape=shape)
        file = self._opened()
        start = _HEADER.size + self._pickle_size
        places = []
        for view in self._buffers:
            start = -(-start // ALIGNMENT) * ALIGNMENT
            places.append((start, view.nbytes))
            start += view.nbytes
        total = start + len(places) * _PLACE.size
        _reserve(file.fileno(), total)
        for (place, _), view in zip(places, self._buffers, strict=True):
            file.seek(place)
            _write(file, view)
        file.seek(start)
        _write(file, memoryview(b"".join(_PLACE.pack(*place) for place in places)))
        file.seek(0)
        _write(file, memoryview(_HEADER.pack(MAGIC, total, self._pickle_size, len(places), start)))
        return self._in_place(total, type_, shape)

    def _opened(self) -> io.FileIO:
        if self._file is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._part = self._folder / f"{uuid.uuid4().hex}.part"
            self._file = io.FileIO(os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "r+")
            self._file.seek(_HEADER.size)
            _write(self._file, memoryview(self._small))
        return self._file

    def _in_place(self, total: int, type_: str, shape: str) -> ValueRef:
        assert self._file is not None
        assert self._part is not None
        digest = ""
        if total <= DIGEST_LIMIT:
            self._file.seek(0)
            digest = _digest(self._file.readall())
        name = self._part.stem
        self._part.rename(self._part.with_name(name))
        self._part = None
        return ValueRef(file=name, size=total, digest=digest, type=type_, shape=shape)

    def close(self) -> None:
        """Let go; a file that was not finished is removed."""
        if self._file is not None:
            self._file.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)
        self._buffers.clear()


def _write(file: io.FileIO, view: memoryview) -> None:
    while view.nbytes:  # in pieces: one write of a gigabyte was seen to take three times as long
        view = view[file.write(view[:PIECE]) :]


def _reserve(fd: int, size: int) -> None:
    """Ask for the whole file's blocks at once: nearly halves the time to write it, and a full disk says so now."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise


def _open(file: io.BufferedReader, ref: ValueRef, mapped: bool) -> list[memoryview]:
    """Map *file*, or read it, and find its buffers; leaves *file* at the start of the pickle."""
    size = os.fstat(file.fileno()).st_size
    if size != ref.size or size < _HEADER.size:
        raise _damaged(ref)
    if ref.digest:
        _check(ref, file.read())
        file.seek(0)
    magic, total, _, count, table = _HEADER.unpack(file.read(_HEADER.size))
    if magic != MAGIC or total != size or table + count * _PLACE.size != total:
        raise _damaged(ref)
    if not count:
        return []
    whole = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY) if mapped else _read(file, size))
    return [whole[offset : offset + length] for offset, length in _PLACE.iter_unpack(whole[table:total])]


def _read(file: io.BufferedReader, size: int) -> mmap.mmap:
    """The whole of *file* in memory of its own, aligned as a map is; leaves *file* where it is."""
    memory, place = mmap.mmap(-1, size), file.tell()
    file.seek(0)
    file.readinto(memory)
    file.seek(place)
    return memory


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _check(ref: ValueRef, data: bytes) -> None:
    if ref.digest and _digest(data) != ref.digest:
        raise _damaged(ref)


def _damaged(ref: ValueRef) -> StoreError:
    return StoreError(f"a stored value of type {ref.type or 'unknown'} is damaged: run its job again")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Many small objects load several times faster while the garbage collector does not look at them."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
