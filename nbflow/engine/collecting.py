"""Collecting the values that nothing can read any more: mark what runs can still read, sweep the rest.

A value stays while a run in memory, the last run of a flow, an attempt under way or the cache may read it. It also
stays while it may be in the hands of somebody of whom the log does not know yet: as long as the attempt that wrote it
is under way, while a notebook holds the store's values (`Values.held`), some seconds after it was written or kept, and,
unless a person asks for it, until it was found useless for a while. Nothing is swept before what makes it useless is on
the disk, so that there is no instant at which a crash could leave a reference to a value that is gone.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from nbflow.core.references import files, readable
from nbflow.core.spec import JobSpec
from nbflow.core.state import replay
from nbflow.engine.loop import Loop
from nbflow.engine.room import WANTED
from nbflow.engine.shelf import FOLDER, HELD
from nbflow.engine.store import RunRow
from nbflow.engine.writing import PART
from nbflow.errors import StoreError

GRACE = 30.0
"""Seconds for which a value has to be useless before it is swept unasked: a reader may be about to open it."""
FRESH = 2.0
"""Seconds for which a value that was just written or kept stays in any case."""
PAUSE = 10.0
KEY_LENGTH = 24
GONE = ".gone"
_OURS = re.compile(rf"[0-9a-f]{{32,64}}({re.escape(PART)}|{re.escape(GONE)})?")
_log = logging.getLogger(__name__)


class Collected(NamedTuple):
    """What a collection came to: values swept and left, and the bytes of each."""

    swept: int = 0
    freed: int = 0
    left: int = 0
    kept: int = 0


class Collector:
    """Collects the values of *loop*'s store, on the engine's thread; only what takes long is done in another one."""

    def __init__(self, loop: Loop) -> None:
        self._loop, self._store = loop, loop.store
        self._folder = loop.store.path / FOLDER
        self._specs: dict[int, tuple[JobSpec, frozenset[str]]] = {}
        self._past: dict[int, tuple[int, frozenset[str]]] = {}
        """Runs that are not in memory -> their number of events, and what they can read."""
        self._useless: dict[str, float] = {}
        """Files -> since when they are known to be useless (monotonic)."""
        self._at, self._seen = 0.0, -1
        self._lock = asyncio.Lock()

    def due(self) -> bool:
        """Whether it is time to look: something has happened since last time, or what was useless then may go now."""
        if not self._any():
            return False
        changed = bool(self._useless) or self._seen != self._count()
        return self.wanted or (changed and time.monotonic() >= self._at)

    @property
    def wanted(self) -> bool:
        """Somebody waits for room."""
        return (self._store.path / WANTED).exists()

    def _any(self) -> bool:
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            return next(entries, None) is not None
        return False

    def _count(self) -> int:
        return sum(live.run.seq for live in self._loop.runs.values())

    async def collect(self, grace: float = GRACE) -> Collected:
        """Sweep what has been useless for *grace* seconds or more.

        Raises:
            StoreError: the log cannot be read, or not be carried to the disk: nothing was swept.
        """
        async with self._lock:
            began, gone = time.monotonic(), list[int]()
            (self._store.path / WANTED).unlink(missing_ok=True)
            await self._look_back()
            if await self._settled() and self._mark():
                self._seen = self._count()
                await asyncio.to_thread(self._store.sync)
                if await self._settled() and self._mark():
                    gone = self._sweep(grace)
            await asyncio.to_thread(self._remove)
            self._at = time.monotonic() + max(PAUSE, 20 * (time.monotonic() - began))
        sizes = [size for _, size, _ in self._entries()]
        return Collected(len(gone), sum(gone), len(sizes), sum(sizes))

    async def _settled(self) -> bool:
        """Whether the log says all that is known; waits a moment for that."""
        for _ in range(50):
            if not self._loop.unsettled:
                return True
            await asyncio.sleep(0.01)
        return False

    # --- marking
    async def _look_back(self) -> None:
        """Know what the last run of each flow can read, where that is not in memory."""
        past, self._past = self._past, {}
        for row in self._last():
            known = past.get(row.id)
            current = known is not None and known[0] == self._store.length(row.id)
            self._past[row.id] = known if known and current else await asyncio.to_thread(self._read, row)

    def _last(self) -> list[RunRow]:
        """The last run of each flow that is not in memory."""
        last = {row.flow: row for row in self._store.runs()}
        return [row for row in last.values() if row.id not in self._loop.runs]

    def _read(self, row: RunRow) -> tuple[int, frozenset[str]]:
        run = replay(self._store.events_apart(row.id))
        return run.seq, frozenset(readable(run))

    def _mark(self) -> bool:
        """Note what is useless now, and since when; False if that cannot be said."""
        marked, now = self._marked(), time.monotonic()
        if marked is None:
            return False
        self._useless = {
            name: self._useless.get(name, now)
            for name, _, written_at in self._entries()
            if name not in marked and name[:KEY_LENGTH] not in self._loop.underway and time.time() - written_at >= FRESH
        }
        return True

    def _marked(self) -> set[str] | None:
        """The files that may still be read; None: that is not known of a run or of an attempt."""
        found = set[str](self._loop.spared())
        for under in self._loop.underway.values():
            if under.files is None:  # an engine that has died gave it what it reads
                return None
            found |= under.files
        for row in self._last():
            length, past = self._past.get(row.id, (0, frozenset[str]()))
            if length != self._store.length(row.id):
                return None
            found |= past
        before, self._specs = self._specs, {}
        for live in self._loop.runs.values():
            found |= readable(live.run, lambda spec: self._of_spec(spec, before))
        return found

    def _of_spec(self, spec: JobSpec, before: dict[int, tuple[JobSpec, frozenset[str]]]) -> frozenset[str]:
        known = before.get(id(spec))
        if known is None or known[0] is not spec:
            known = spec, files(spec)
        self._specs[id(spec)] = known
        return known[1]

    # --- sweeping
    def _sweep(self, grace: float) -> list[int]:
        """Put aside what has been useless for *grace* seconds; the sizes of that. Nothing happens in between."""
        gone, due = list[int](), time.monotonic() - grace
        with self._alone() as alone:
            for name, since in list(self._useless.items()) if alone else ():
                if since <= due:
                    path = self._folder / name
                    with suppress(FileNotFoundError):  # somebody has removed it by hand
                        size = path.stat().st_size
                        path.rename(path.with_name(name + GONE))
                        gone.append(size)
                    del self._useless[name]
        return gone

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no notebook holds the values, and none gets to for the length of the block."""
        descriptor = os.open(self._store.path / HELD, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)

    def _entries(self, suffix: str = "") -> list[tuple[str, int, float]]:
        """Our own files whose names end so: name, bytes, when they were last written or kept."""
        found = []
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                ours = _OURS.fullmatch(entry.name)
                if ours and (ours[1] or "") == suffix and entry.is_file(follow_symlinks=False):
                    about = entry.stat(follow_symlinks=False)
                    found.append((entry.name, about.st_size, about.st_mtime))
        return found

    def _remove(self) -> None:
        """Remove what was put aside, and what writers that have died have left half done."""
        for name, _, _ in self._entries(GONE):
            (self._folder / name).unlink(missing_ok=True)
        for name, _, written_at in self._entries(PART):
            if time.time() - written_at > FRESH and _abandoned(self._folder / name):
                (self._folder / name).unlink(missing_ok=True)


def _abandoned(path: Path) -> bool:
    """Whether nobody is writing *path* any more: who does has it locked."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def check_there(store: Path, told: object) -> None:
    """See that the values that *told* refers to are there: they stay from now on.

    Raises:
        StoreError: one was swept in the meantime, or was never there.
    """
    for name in files(told):
        if not name.isalnum() or not (store / FOLDER / name).exists():
            raise StoreError("a value that was stored a while ago is gone: run the cell again")
