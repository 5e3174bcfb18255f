"""The values of a store: written once, then mapped by whoever reads them.

A small value is its pickle and rides in its `ValueRef`. A bigger one is a file in ``values/``: a header of 64 bytes,
the pickle, then the big buffers (arrays, columns), aligned, and their places. A reader maps the file copy-on-write, so
a gigabyte of numbers is there at once, is read from disk only where it is touched, and can be changed without anybody
else seeing it.
"""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbflow.core.spec import ValueRef
from nbflow.engine import comparing, pickling
from nbflow.engine.pickling import BUFFER_LIMIT
from nbflow.engine.room import NoRoom, Room
from nbflow.engine.shelf import Shelf, check, mapped_file, opened
from nbflow.engine.writing import HEADER, MAGIC, Writer
from nbflow.errors import NbflowError, StoreError, StoreFull, ValueNotStorable

INLINE_LIMIT = 64 * 1024
"""Bytes up to which a value travels in its reference."""
MAPS = 200
"""Files up to which each of many values is mapped: a process may often have no more than 1,024 files open."""


class Values(Shelf):
    """The values of the store in folder *store*.

    Args:
        store: the ``.nbflow`` folder.
        prefix: what the names of new files begin with: the key of the attempt that writes them.
        limit: bytes that the store's values may take together; None: no limit.
        patience: seconds to wait for useless values to be collected where a value does not fit.

    >>> import tempfile
    >>> values = Values(tempfile.mkdtemp())
    >>> ref = values.dump({"a": 1}, name="settings")
    >>> ref.type, ref.shape, values.load(ref)
    ('dict', '1 item', {'a': 1})
    """

    def __init__(self, store: Path | str, prefix: str = "", limit: int | None = None, patience: float = 0.0) -> None:
        super().__init__(store)
        self.prefix, self.limit, self.patience = prefix, limit, patience

    def written_by(self, key: str) -> Values:
        """The same values, for the attempt *key* to write more of them."""
        return Values(self.folder.parent, key, self.limit, self.patience)

    def dump(
        self, value: object, name: str = "", hole: pickling.Hole | None = None, inline: int = INLINE_LIMIT
    ) -> ValueRef:
        """Store *value*, which people know as the variable *name*; parts of it may be left out (see `pickling`).

        Up to *inline* bytes travel in the reference. Raises `ValueNotStorable`, which says what part of it cannot be
        stored and why, and `StoreFull` where it is too big; nothing is left behind then.
        """
        writer = Writer(self.folder, inline, self.prefix, Room(self.folder, self.limit, self.patience))
        kind = type(value).__name__
        try:
            pickling.dump(value, writer, writer.take, hole)
            return writer.finish(kind, pickling.shape(value))
        except NoRoom as error:
            raise StoreFull(name, kind, error.size, error.others, error.limit) from None
        except OSError as error:
            raise ValueNotStorable(name, kind, error.strerror or str(error)) from error
        except NbflowError:
            raise
        except Exception as error:
            raise ValueNotStorable(name, kind, pickling.explain(value, error)) from error
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
            check(ref, ref.inline)
            return self._load_inline(ref, ref.inline, namespace, parts)
        with self.open(ref) as file, _no_collection():
            buffers = _buffers(mapped_file(file, ref, mapped), ref)
            file.seek(HEADER.size)
            return pickling.load(file, buffers, namespace, parts)

    def _load_inline(
        self, ref: ValueRef, data: bytes, namespace: dict[str, Any] | None, parts: Sequence[object]
    ) -> Any:
        source = io.BytesIO(data)
        buffers: Iterator[Any] = iter(())
        if data.startswith(MAGIC):
            source.seek(HEADER.size)
            buffers = _buffers(memoryview(bytearray(data)), ref)
        with _no_collection():
            return pickling.load(source, buffers, namespace, parts)

    def same(self, ref: ValueRef, value: object) -> bool:
        """Whether *value* still is what *ref* stands for, to the byte; in doubt it is not. Nothing is written."""
        if ref.type != type(value).__name__:
            return False
        try:
            found = self.stored(ref)
            file = self.path(ref) if ref.file is not None else None
            return comparing.same(value, *found, ref.size, lambda: self.load(ref), file)
        except StoreError:
            return False

    def load_all(self, refs: Sequence[ValueRef], namespace: dict[str, Any] | None = None) -> list[Any]:
        """The values of many *refs*, be they big. Raises what `load` does."""
        mapped = sum(ref.file is not None for ref in refs) <= MAPS
        return [self.load(ref, namespace, mapped=mapped) for ref in refs]


def _buffers(whole: memoryview, ref: ValueRef) -> Iterator[Any]:
    """The buffers in *whole*; small ones that no other overlaps are ``bytes``, to be copied rather than kept mapped."""
    buffers = opened(whole, ref).buffers
    if HEADER.unpack(whole[: HEADER.size])[-1]:
        return iter(buffers)
    return (bytes(each) if each.nbytes < BUFFER_LIMIT else each for each in buffers)


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
