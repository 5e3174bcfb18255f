"""The ``alive`` lock of an attempt: held from before its process exists until that process is gone.

It is a lock on an open file, not a process id, so it cannot be mistaken for another's. Who gives an attempt up writes a
word into the file: an order that was still on its way is then not carried out.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from nbflow.engine.attempt.record import ALIVE

GIVEN_UP = b"given up\n"


def take(folder: Path | str) -> int | None:
    """A descriptor that holds the lock; None if somebody else does, or if the attempt was given up."""
    fd = os.open(Path(folder) / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(fd).st_size == 0:
            return fd
    except BlockingIOError:
        pass
    os.close(fd)
    return None


def exists(folder: Path | str) -> bool:
    """Whether anybody has ever tried to take the lock: without it nothing of the attempt can have run."""
    return (Path(folder) / ALIVE).exists()


def give_up(folder: Path | str) -> bool:
    """Make sure that the attempt neither runs nor will; False if it still holds its lock."""
    place = Path(folder)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(place / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        os.pwrite(fd, GIVEN_UP, 0)
        return True
    finally:
        os.close(fd)
