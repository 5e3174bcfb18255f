"""Keeping an attempt's ``out`` and ``err`` files within bounds while anybody writes to them.

The processes of an attempt write straight into the files (opened for appending), so nothing can stall them. Their
supervisor looks at the sizes now and then and takes out the middle of a file that has grown too long: the head and the
tail stay, and a line between them says how much is missing. Between two looks a file may be longer than the limit.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

from nbflow.engine.attempt.record import ERR, OUT

LIMIT = 10 * 1024 * 1024
"""Bytes kept of each stream: half from its head, half from its tail."""
EVERY = 0.25
"""Seconds between two looks."""
SOON = 0.05
"""Seconds until the next look when a log was too long."""
NOTE = 96
"""Bytes of the line that says what is missing."""
CATCHING_UP = 3
"""Times that what was written during a copy is copied after it."""
FALLOC_FL_COLLAPSE_RANGE = 0x08
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)

_fallocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
if _fallocate is not None:
    _fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_longlong]


class Logs:
    """The two streams of the attempt in *folder*."""

    def __init__(self, folder: Path | str, limit: int = LIMIT) -> None:
        self._logs = [Log(Path(folder) / name, limit) for name in (OUT, ERR)]

    def trim(self) -> bool:
        """Bring both within the limit; whether there was anything to do."""
        cut = [log.trim() for log in self._logs]
        return any(cut)


class Log:
    """One stream's file, of which *limit* bytes are kept."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path, self.limit, self.dropped = path, limit, 0

    def trim(self) -> bool:
        """Take out the middle if the file is too long (by an eighth: not for every byte); whether it was."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return False
        if size <= self.limit + self.limit // 8:
            return False
        fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._cut(fd, size)
        finally:
            os.close(fd)
        return True

    def _cut(self, fd: int, size: int) -> None:
        block = os.fstatvfs(fd).f_bsize
        head = max(1, self.limit // 2 // block) * block
        length = (size - self.limit) // block * block
        if length <= 0:
            return
        if not collapse(fd, head, length):
            length = self._rewrite(fd, head, size)
        self.dropped += length
        os.pwrite(fd, note(self.dropped + NOTE), head - NOTE)

    def _rewrite(self, fd: int, head: int, size: int) -> int:
        """Where the file system cannot take out a range: copy the tail to where the middle was, cut off the rest.

        What is written in the instant between the last copy and the cut is lost.
        """
        at, first = head, size - (self.limit - head)
        for _ in range(CATCHING_UP):
            tail = os.pread(fd, size - first, first)
            at += os.pwrite(fd, tail, at)
            first, size = size, os.fstat(fd).st_size
            if first == size:
                break
        os.ftruncate(fd, at)
        return size - at


def collapse(fd: int, offset: int, length: int) -> bool:
    """Take *length* bytes at *offset* (whole blocks) out of the file at once; False where that is not supported."""
    if _fallocate is None:
        return False
    if _fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, offset, length) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code))


def note(dropped: int) -> bytes:
    """The line that stands for *dropped* bytes, `NOTE` bytes long.

    >>> note(2_100_000_000).decode().strip()
    '… 2,100,000,000 bytes dropped here …'
    """
    text = f"\n… {dropped:,} bytes dropped here …".encode()
    return text.ljust(NOTE - 1) + b"\n"
