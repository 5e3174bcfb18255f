"""Which processes belong to an attempt, and ending them.

A process may leave its parent, group, session and environment, but not its resource limits: each attempt sets a soft
``RLIMIT_RTTIME`` of its own. The limit binds real-time scheduled processes only and is far beyond reach, so it changes
nothing; fork and exec pass it on, and ``/proc/PID/limits`` shows it to everyone.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress

LIMIT = getattr(resource, "RLIMIT_RTTIME", None)
"""The resource limit that carries the tag; None where there is none, which is anywhere but on Linux."""
_BASE = 1 << 61
_LINE = b"Max realtime timeout"


def tag(key: str) -> int:
    """The number that marks the processes of attempt *key*."""
    return _BASE | int.from_bytes(hashlib.blake2b(key.encode(), digest_size=7).digest())


def wear(key: str) -> None:
    """Mark this process, and all it will ever start, as attempt *key*'s."""
    if LIMIT is not None:
        resource.setrlimit(LIMIT, (tag(key), resource.getrlimit(LIMIT)[1]))


def worn(pid: int) -> int | None:
    """The tag of process *pid*, 0 if it has none; None if it has ended."""
    text = _read(f"/proc/{pid}/limits")
    start = text.find(_LINE)
    if start < 0:
        return None
    soft = text[start + len(_LINE) :].split(None, 1)[0]
    return int(soft) if soft.isdigit() and int(soft) & _BASE else 0


def group(pid: int) -> int | None:
    """The process group of *pid*; None if it has ended, reaped or not.

    >>> group(os.getpid()) == os.getpgrp()
    True
    """
    fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split(None, 3)
    return int(fields[2]) if len(fields) == 4 and fields[0] not in (b"Z", b"X") else None


def tagged(tags: Collection[int]) -> Iterator[tuple[int, int]]:
    """Every living process that wears one of *tags*, and its group; this process excepted, the youngest first.

    Costs about 20 µs a process of the machine.
    """
    if not tags:
        return
    own = os.getpid()
    names = os.listdir("/proc")  # noqa: PTH208 - a Path for each of hundreds of names costs more than the reading
    for pid in sorted((int(name) for name in names if name.isdigit()), reverse=True):
        if pid != own and worn(pid) in tags and (its := group(pid)) is not None:
            yield pid, its


def children(pid: int) -> set[int] | None:
    """The direct children of single-threaded process *pid*, zombies included; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:  # noqa: PTH123 - as in _read
            return {int(word) for word in file.read().split()}
    except OSError:
        return None


def below(pid: int) -> Iterator[int]:
    """Process *pid* and all that descend from it, as far as their parents live.

    >>> os.getpid() in below(os.getpid())
    True
    """
    left = [pid]
    while left:
        yield (pid := left.pop())
        for thread in _listed(f"/proc/{pid}/task"):
            left += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())


def send(pid: int, number: signal.Signals) -> None:
    """Signal process *pid*, or group *-pid*, if it is still there and ours."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def ask(tags: Collection[int], asked: set[int]) -> int:
    """Ask every process that wears one of *tags* to end, stopped ones too; how many there are.

    Nobody is asked twice, and *asked* keeps who was: many programs take a second request for haste and drop their
    cleaning up, and a Python handler would be run again in the middle of its first run.
    """
    found = list(tagged(tags))
    begun = {its for pid, its in found if pid in asked} | {os.getpgrp()}
    for target in {pid if its in begun else -its for pid, its in found if pid not in asked}:
        send(target, signal.SIGTERM)
        send(target, signal.SIGCONT)
    asked.update(pid for pid, _ in found)
    return len(found)


def end(tags: Collection[int]) -> int:
    """One round of killing; how many there were.

    By group: that reaches a process which forks and exits all the time, a single process id hardly does. All of a
    tagged process's group belongs to its attempt, as every attempt begins with a session of its own.
    """
    count, own, done = 0, os.getpgrp(), set()
    for pid, its in tagged(tags):
        count += 1
        target = pid if its == own else -its
        if target not in done:
            done.add(target)
            send(target, signal.SIGKILL)
    return count


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)  # noqa: PTH208 - as in `tagged`
    except OSError:
        return []


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - measured: a Path costs as much as the reading
            return file.read()
    except OSError:
        return b""
