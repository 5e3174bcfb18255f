"""The stored bytes of a store's values, without a look at what they mean: all that the engine needs of them."""

from __future__ import annotations

import fcntl
import io
import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from nbflow.core.spec import ValueRef
from nbflow.engine.writing import HEADER, MAGIC, PLACE, digest_of
from nbflow.errors import StoreError

FOLDER, HELD = "values", "values.lock"


class Stored(NamedTuple):
    """What a value is stored as: its *pickle*, and the *buffers* beside it in the order the pickle asks for them."""

    pickle: memoryview
    buffers: Sequence[memoryview]


class Shelf:
    """Where the values of the store in folder *store* stand."""

    def __init__(self, store: Path | str) -> None:
        self.folder = Path(store) / FOLDER

    def stored(self, ref: ValueRef) -> Stored:
        """What *ref* is stored as, mapped, whatever it is; raises `StoreError` as `load` does."""
        if ref.inline is not None and not ref.inline.startswith(MAGIC):
            return Stored(memoryview(ref.inline), ())
        if ref.inline is not None:
            return opened(memoryview(ref.inline), ref)
        with self.open(ref) as file:
            return opened(mapped_file(file, ref, True), ref)

    def open(self, ref: ValueRef) -> io.BufferedReader:
        """The file of *ref*; raises `StoreError` if it is gone."""
        try:
            return self.path(ref).open("rb")
        except FileNotFoundError:
            raise StoreError(f"a stored value of type {ref.type or 'unknown'} is gone: run its job again") from None

    def keep(self, ref: ValueRef) -> bool:
        """Whether *ref* can still be read; if so it stays for a while, though nothing else refers to it."""
        if ref.file is None:
            return True
        try:
            os.utime(self.path(ref))
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is collected during the block: for values that are stored before anything refers to them."""
        descriptor = os.open(self.folder.with_name(HELD), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def path(self, ref: ValueRef) -> Path:
        """Where *ref*'s file is; raises `StoreError` if the reference is not one of ours."""
        if ref.file is None:
            raise StoreError(f"a value of type {ref.type} cannot leave the kernel that made it: read it --in kernel")
        if not ref.file.isalnum():
            raise StoreError(f"{ref.file!r} is no stored value")
        return self.folder / ref.file


def mapped_file(file: io.BufferedReader, ref: ValueRef, mapped: bool) -> memoryview:
    """The whole of *file*: mapped, or, if that is not to be or cannot be, read."""
    size = os.fstat(file.fileno()).st_size
    if size != ref.size or size < HEADER.size:
        raise damaged(ref)
    if ref.digest:
        check(ref, file.read())
    if mapped:
        with suppress(OSError):  # too many files may be open, or too many maps in use
            return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY, **_UNTRACKED))
    memory = mmap.mmap(-1, size)
    file.seek(0)
    file.readinto(memory)
    return memoryview(memory)


_UNTRACKED: Any = {"trackfd": False} if sys.version_info >= (3, 13) else {}
"""A map need not keep its file open."""


def opened(whole: memoryview, ref: ValueRef) -> Stored:
    """The parts of the *whole* that *ref* is stored as."""
    magic, total, size, count, table, _ = HEADER.unpack(whole[: HEADER.size])
    if magic != MAGIC or total != whole.nbytes or table + count * PLACE.size != total:
        raise damaged(ref)
    buffers = [whole[offset : offset + length] for offset, length in PLACE.iter_unpack(whole[table:total])]
    return Stored(whole[HEADER.size : HEADER.size + size], buffers)


def check(ref: ValueRef, data: bytes) -> None:
    """Raise `StoreError` unless *data* is what *ref* was stored as."""
    if ref.digest and digest_of(data) != ref.digest:
        raise damaged(ref)


def damaged(ref: ValueRef) -> StoreError:
    """What to say of *ref*."""
    return StoreError(f"a stored value of type {ref.type or 'unknown'} is damaged: run its job again")
