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
from pathlib import Path

_LIMIT = getattr(resource, "RLIMIT_RTTIME", None)
_BASE = 1 << 61
_LINE = b"Max realtime timeout"
_PROC = Path("/proc")


def tag(key: str) -> int:
    """The number that marks the processes of attempt *key*."""
    return _BASE | int.from_bytes(hashlib.blake2b(key.encode(), digest_size=7).digest())


def wear(key: str) -> None:
    """Mark this process, and all it will ever start, as attempt *key*'s."""
    if _LIMIT is not None:
        resource.setrlimit(_LIMIT, (tag(key), resource.getrlimit(_LIMIT)[1]))


def worn(pid: int) -> int:
    """The tag of process *pid*; 0 if it has none or has ended."""
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:  # noqa: PTH123 - measured: Path costs as much as the read
            text = file.read()
    except OSError:
        return 0
    start = text.find(_LINE)
    soft = text[start + len(_LINE) :].split(None, 1)[0] if start >= 0 else b""
    return int(soft) if soft.isdigit() and int(soft) & _BASE else 0


def alive(pid: int) -> bool:
    """Whether *pid* exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - as above
            return file.read().rpartition(b")")[2].split(None, 1)[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False


def tagged(tags: Collection[int]) -> Iterator[int]:
    """Every living process that wears one of *tags*, this one excepted."""
    own = os.getpid()
    for name in os.listdir(_PROC):
        if name.isdigit() and int(name) != own and worn(int(name)) in tags and alive(int(name)):
            yield int(name)


def send(pids: Collection[int], number: signal.Signals) -> None:
    """Signal each process, those that are gone excepted."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def children(pid: int) -> set[int] | None:
    """The direct children of single-threaded process *pid*; None where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:  # noqa: PTH123 - as above
            return {int(word) for word in file.read().split()}
    except OSError:
        return None
