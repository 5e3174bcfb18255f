"""What may be reused: for each recipe that has been run well, one file that says where its outputs are.

A file of ``cache/`` is written whole or not at all, after the end that it tells of is in the log; so what is there is
true, and a crash at any instant costs an entry at most. Values are those of the store: an entry of which one is gone is
no entry. Entries that were not used for long go, and the least used ones where all their values take too much room.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nbflow.core.recipe import Recipe
from nbflow.core.spec import ValueRef
from nbflow.engine.shelf import Shelf
from nbflow.errors import StoreError

FOLDER = "cache"
_DAY = 86_400.0
AGE = 30 * _DAY
"""Seconds after its last use from when on an entry is dropped."""
LIMIT = 10_000_000_000
"""Bytes that the values of all entries may take together."""
MOST = 20_000
"""Entries."""
FORMAT = 1
_log = logging.getLogger(__name__)


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt that succeeded, and what it was made from."""

    key: str
    flow: str
    job: str
    run: int
    """The number of the run."""
    attempt: str
    """The attempt's key: its log and what it displayed are in its folder."""
    made_at: float
    seconds: float
    """What it took."""
    recipe: Recipe
    outputs: dict[str, ValueRef] = {}
    missing: tuple[str, ...] = ()
    written: dict[str, str] = {}
    """File that it left -> digest of what was in it."""

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return sum(ref.size for ref in self.outputs.values())


class _Known(Struct, frozen=True):
    """What is kept of an entry in memory."""

    job: tuple[str, str]
    made_at: float
    used_at: float
    size: int
    files: frozenset[str]


_decode = msgspec.msgpack.Decoder(Entry).decode
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def key_of(recipe: Recipe) -> str:
    """What *recipe* is found under; the text of the code as typed is of no account.

    >>> key_of(Recipe(code="1", source="x = 1")) == key_of(Recipe(code="1")) != key_of(Recipe(code="2"))
    True
    """
    return hashlib.sha256(_encode([FORMAT, replace(recipe, source="")])).hexdigest()


class Cache:
    """The entries of the store at *store*; safe to use from any thread. They are read at the first use, or by `load`.

    Args:
        age: seconds after its last use from when on an entry is dropped.
        limit: bytes that the values of all entries may take together.
    """

    def __init__(self, store: Path, age: float = AGE, limit: int = LIMIT) -> None:
        self.age, self.limit = age, limit
        self._folder, self._values = store / FOLDER, Shelf(store)
        self._known: dict[str, _Known] = {}
        self._loaded = False
        self._lock = threading.RLock()

    def bound(self, days: float, limit: int) -> None:
        """From the next entry on keep no more than that."""
        self.age, self.limit = days * _DAY, limit

    def files(self) -> set[str]:
        """The files of all values that may be handed out."""
        self.load()
        return {file for known in list(self._known.values()) for file in known.files}

    def load(self) -> None:
        """Know what is there. What cannot be read is no entry, and goes."""
        with self._lock:
            if self._loaded:
                return
            for path in self._paths():
                if (entry := self._read(path)) is not None:
                    self._known[path.name] = _known(entry, path.stat().st_mtime)
                else:
                    path.unlink(missing_ok=True)
            self._loaded = True

    def _paths(self) -> Iterator[Path]:
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if path.suffix == ".part":
                    path.unlink(missing_ok=True)
                elif path.is_file() and not path.is_symlink():
                    yield path

    def _read(self, path: Path) -> Entry | None:
        try:
            entry = _decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("%s is no entry of the cache: %s", path, error)
            return None
        return entry if entry.key == path.name else None

    def get(self, key: str) -> Entry | None:
        """The entry for *key*, if there is one and all its values are: they stay for a while then."""
        self.load()
        if key not in self._known or (entry := self._read(self._folder / key)) is None:
            return None
        if not all(self._there(ref) for ref in entry.outputs.values()):
            self.drop(key)
            return None
        with suppress(FileNotFoundError):
            os.utime(self._folder / key)
        self._known[key] = _known(entry, time.time())
        return entry

    def _there(self, ref: ValueRef) -> bool:
        """Whether the value is there, as long as it was."""
        if ref.file is None:
            return ref.inline is not None
        try:
            return self._values.keep(ref) and self._values.path(ref).stat().st_size == ref.size
        except (OSError, StoreError):
            return False

    def last(self, flow: str, job: str) -> Entry | None:
        """The newest entry of *job*."""
        self.load()
        made = [(known.made_at, key) for key, known in list(self._known.items()) if known.job == (flow, job)]
        return self._read(self._folder / max(made)[1]) if made else None

    def put(self, entry: Entry) -> None:
        """Keep *entry*; raises `OSError` where it cannot be written."""
        with self._lock:
            self.load()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path, part = self._folder / entry.key, self._folder / f"{entry.key}.part"
            part.write_bytes(_encode(entry))
            part.rename(path)
            self._known[entry.key] = _known(entry, time.time())
            self.trim()

    def drop(self, key: str) -> None:
        """Forget the entry for *key*."""
        self._known.pop(key, None)
        (self._folder / key).unlink(missing_ok=True)

    def trim(self) -> int:
        """Drop what is too old or too much, the least used first; the number dropped."""
        now, room = time.time(), self.limit
        newest = sorted(self._known.items(), key=lambda item: item[1].used_at, reverse=True)
        gone = []
        for place, (key, known) in enumerate(newest):
            room -= known.size
            if now - known.used_at > self.age or room < 0 or place >= MOST:
                gone.append(key)
                room += known.size
        for key in gone:
            self.drop(key)
        return len(gone)


def _known(entry: Entry, used_at: float) -> _Known:
    files = frozenset(ref.file for ref in entry.outputs.values() if ref.file)
    return _Known((entry.flow, entry.job), entry.made_at, used_at, entry.size, files)
