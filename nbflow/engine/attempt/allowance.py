"""How much memory an attempt may take, and how much it takes."""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Iterable
from contextlib import suppress

from nbflow.core.status import Reason
from nbflow.core.words import size
from nbflow.engine.attempt import tree
from nbflow.engine.attempt.supervisor import Supervised

EVERY = 0.1
"""Seconds between two looks at what the attempts with a limit take."""
_KB = 1024


class Allowances:
    """The attempts that may take only so much, and when they are looked at next."""

    def __init__(self) -> None:
        self.look_at = math.inf
        self._watched: dict[int, Supervised] = {}

    def watch(self, attempt: Supervised, now: float) -> None:
        """Look at *attempt*, which has a limit, until it is forgotten."""
        self._watched[attempt.pid] = attempt
        self.look_at = min(self.look_at, now + EVERY)

    def forget(self, attempt: Supervised) -> None:
        """Its tree is gone."""
        if self._watched.pop(attempt.pid, None) is not None and not self._watched:
            self.look_at = math.inf

    def look(self, now: float, orphans: Iterable[int]) -> None:
        """Have those end that take too much; *orphans* are processes that outlived their parents."""
        self.look_at = now + EVERY
        for pid, attempt in self._watched.items():
            limit = attempt.order.memory
            assert limit is not None
            if (reason := exceeded(pid, orphans, attempt.tag, limit)) is not None:
                attempt.overdrawn(reason, now)


def bound(limit: int) -> None:
    """Let this process, and each it starts, take *limit* bytes more than it has: Python then raises `MemoryError`.

    It counts what may be written, be it touched or not; what counts for the attempt as a whole is `taken`.
    """
    with suppress(OSError, ValueError):  # the cell's own processes are watched all the same
        has = _fields(f"/proc/{os.getpid()}/status", (b"VmData",))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = has + limit
        resource.setrlimit(resource.RLIMIT_DATA, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def lift() -> None:
    """Undo `bound`: what is left to do is to tell how it went."""
    with suppress(OSError, ValueError):
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def exceeded(pid: int, orphans: Iterable[int], tag: int, limit: int) -> Reason | None:
    """Why the attempt of process *pid* has to end: its tree takes more than *limit* bytes. None if it does not.

    *orphans* are processes adopted by its supervisor; those that wear *tag* are part of the tree.
    """
    pids = [*tree.below(pid), *(each for orphan in orphans if tree.worn(orphan) == tag for each in tree.below(orphan))]
    if sum(map(_at_most, pids)) <= limit:
        return None
    took = sum(map(taken, pids))
    return Reason("out of memory", f"{size(took)} taken, {size(limit)} allowed") if took > limit else None


def taken(pid: int) -> int:
    """Bytes of memory that are there because of *pid*; what it shares is shared out. 0 if it has ended.

    Pages of files do not count: the system can drop them. It looks at every page: some milliseconds a gigabyte.

    >>> 0 < taken(os.getpid()) <= _at_most(os.getpid())
    True
    """
    place = f"/proc/{pid}/smaps_rollup"
    return _fields(place, (b"Pss_Anon", b"Pss_Shmem", b"SwapPss")) or _fields(place, (b"Pss",))  # older systems


def _at_most(pid: int) -> int:
    """The same with all that is shared: never less than `taken`, and known at once."""
    return _fields(f"/proc/{pid}/status", (b"RssAnon", b"RssShmem", b"VmSwap"))


def _fields(path: str, names: tuple[bytes, ...]) -> int:
    """The sum of the fields *names* of a file in ``/proc``, in bytes; 0 if it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - read many times a second
            lines = file.read().splitlines()
    except OSError:
        return 0
    found = (line.partition(b":")[::2] for line in lines)
    return sum(int(rest.split()[0]) * _KB for name, rest in found if name in names)
