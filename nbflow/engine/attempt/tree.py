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


def worn(pid: int) -> int:
    """The tag of process *pid*; 0 if it has none or has ended."""
    text = _read(f"/proc/{pid}/limits")
    start = text.find(_LINE)
    soft = text[start + len(_LINE) :].split(None, 1)[0] if start >= 0 else b""
    return int(soft) if soft.isdigit() and int(soft) & _BASE else 0


def alive(pid: int) -> bool:
    """Whether *pid* exists and is not a zombie.

    >>> alive(os.getpid())
    True
    """
    state = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split(None, 1)
    return bool(state) and state[0] not in (b"Z", b"X")


def tagged(tags: Collection[int]) -> Iterator[int]:
    """Every living process that wears one of *tags*, this one excepted. Costs about 20 µs a process of the machine."""
    own = os.getpid()
    for name in os.listdir("/proc"):  # noqa: PTH208 - a Path for each of hundreds of names costs more than the reading
        if name.isdigit() and int(name) != own and worn(int(name)) in tags and alive(int(name)):
            yield int(name)


def children(pid: int) -> set[int] | None:
    """The direct children of single-threaded process *pid*, zombies included; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:  # noqa: PTH123 - as in _read
            return {int(word) for word in file.read().split()}
    except OSError:
        return None


def send(pid: int, number: signal.Signals) -> None:
    """Signal *pid*, if it is still there and ours."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def ask(tags: Collection[int]) -> int:
    """Ask every process that wears one of *tags* to end, stopped ones too; how many there were."""
    count = 0
    for pid in tagged(tags):
        send(pid, signal.SIGTERM)
        send(pid, signal.SIGCONT)
        count += 1
    return count


def end(tags: Collection[int]) -> int:
    """One round of killing; how many there were. Each is killed when met: a moment later it may have forked on."""
    count = 0
    for pid in tagged(tags):
        send(pid, signal.SIGKILL)
        count += 1
    return count


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - measured: a Path costs as much as the reading
            return file.read()
    except OSError:
        return b""
