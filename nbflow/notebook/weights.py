"""How much there is to store of a value, as far as that can be told before it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_LOOKED_AT = 1_000
"""Parts of a container whose sizes are added up to guess its own."""


def weight(value: object) -> int:
    """About how many bytes it takes to store *value*, as far as that can be told at once; 0 if it cannot.

    >>> weight(b"x" * 1_000), weight([b"x" * 1_000] * 10), weight(weight)
    (1000, 10000, 0)
    """
    match value:
        case bytes() | bytearray() | memoryview():
            return memoryview(value).nbytes
        case str():
            return len(value)
        case dict():
            return _many(value.values(), len(value))
        case list() | tuple() | set() | frozenset():
            return _many(value, len(value))
        case type():
            return 0
    return _told(value)


def _many(parts: Iterable[object], count: int) -> int:
    looked = [weight(part) for part, _ in zip(parts, range(_LOOKED_AT), strict=False)]
    return sum(looked) * count // max(len(looked), 1)


def _told(value: object) -> int:
    """What the value itself says, as arrays and tables do."""
    try:
        size: Any = getattr(value, "nbytes", None)
        if size is None and hasattr(value, "memory_usage"):
            size = value.memory_usage(deep=False)
            size = size.sum() if hasattr(size, "sum") else size
        return int(size) if size is not None and not callable(size) else 0
    except Exception:  # somebody's own attribute: nothing is lost but a line of text
        return 0
