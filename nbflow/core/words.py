"""How times and sizes are said to people: one way each."""

from __future__ import annotations

import math


def elapsed(seconds: float) -> str:
    """A running time as a clock shows it, in whole seconds.

    >>> elapsed(4.2), elapsed(83), elapsed(3723)
    ('0:04', '1:23', '1:02:03')
    """
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """A length of time in at most two units.

    >>> duration(0.0034), duration(4.2), duration(190), duration(7500)
    ('3 ms', '4.2 s', '3 m 10 s', '2 h 5 m')
    """
    seconds = max(0.0, seconds)
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return _two(whole, 60, "m", "s")
    minutes = round(seconds / 60)
    return _two(minutes, 60, "h", "m") if minutes < 24 * 60 else _two(round(seconds / 3600), 24, "d", "h")


def about(seconds: float) -> str:
    """A length of time that is only estimated: rounded up, so that it does not flicker.

    >>> about(3.2), about(22), about(170), about(4000)
    ('5 s', '25 s', '3 m', '1 h 10 m')
    """
    if seconds <= 55:
        return f"{max(5, 5 * math.ceil(seconds / 5))} s"
    minutes = max(1, math.ceil(seconds / 60))
    return f"{minutes} m" if minutes < 60 else _two(10 * math.ceil(minutes / 10), 60, "h", "m")


def _two(amount: int, base: int, large: str, small: str) -> str:
    high, low = divmod(amount, base)
    return f"{high} {large} {low} {small}" if low else f"{high} {large}"


def size(count: float) -> str:
    """A number of bytes, in powers of 1,000.

    >>> size(312), size(2_100_000_000), size(310_000_000), size(999_999)
    ('312 B', '2.1 GB', '310 MB', '1.0 MB')
    """
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 999.5:
            return f"{count:.0f} {unit}" if count >= 99.95 else f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} PB"


def freed(count: int, space: int, left: int, kept: int) -> str:
    """What collecting stored values came to: *count* of *space* bytes are gone, *left* of *kept* bytes are there.

    >>> print(freed(3, 2_100_000_000, 1, 5000))
    freed 3 values (2.1 GB); 1 value (5.0 kB) can still be read
    >>> print(freed(0, 0, 0, 0))
    nothing to free: no values are stored
    """
    there = f"{_values(left, kept)} can still be read" if left else "no others are stored"
    if not count:
        return f"nothing to free: {there if left else 'no values are stored'}"
    return f"freed {_values(count, space)}; {there}"


def _values(count: int, space: int) -> str:
    return f"{count} value{'s' if count != 1 else ''} ({size(space)})"
