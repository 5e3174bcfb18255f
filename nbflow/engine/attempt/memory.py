"""What the system says about memory."""

from __future__ import annotations

_KEY = b"\noom_kill "


def kills() -> int:
    """How many processes of this machine the system has killed for want of memory since it started; 0 if unknown.

    >>> kills() >= 0
    True
    """
    try:
        with open("/proc/vmstat", "rb") as file:  # noqa: PTH123 - read at each attempt: a Path would cost as much
            text = file.read()
    except OSError:
        return 0
    start = text.find(_KEY)
    return int(text[start + len(_KEY) :].split(None, 1)[0]) if start >= 0 else 0
