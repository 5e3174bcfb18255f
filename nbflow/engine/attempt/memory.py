"""What the system says about memory."""

from __future__ import annotations

_KEY = b"\noom_kill "


def kills() -> int:
    """How many processes of this machine the system has killed for want of memory since it started; 0 if unknown.

    >>> kills() >= 0
    True
    """
    try:
        with open("/proc/vmstat", "rb") as file:  # noqa: PTH123 - a Path would add a third to the cost
            text = file.read()
    except OSError:
        return 0
    start = text.find(_KEY)
    return int(text[start + len(_KEY) :].split(None, 1)[0]) if start >= 0 else 0


class Watch:
    """Tells whether the system has killed for memory lately: since the look before the last.

    Looks are some hundred milliseconds apart, as reading the counter is dear; and a big process that was killed takes
    as long to be gone.
    """

    def __init__(self) -> None:
        self._before = self._last = kills()

    def look(self) -> None:
        """Remember where the counter stands."""
        self._before, self._last = self._last, kills()

    def killed(self) -> bool:
        """Whether it has grown."""
        return kills() > self._before
