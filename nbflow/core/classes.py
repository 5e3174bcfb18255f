"""Exception classes by name, as options write them."""

from __future__ import annotations

from collections.abc import Iterable


def named(names: Iterable[str], classes: tuple[str, ...]) -> bool:
    """Whether one of *names* names one of *classes*, the full names of an exception's class and its bases.

    ``Timeout`` means any class of that name, ``http.Timeout`` only one whose full name ends so.

    >>> named(["http.Timeout"], ("lib.http.Timeout", "builtins.Exception")), named(["Time"], ("lib.Timeout",))
    (True, False)
    """
    return any(each == name or each.endswith(f".{name}") for name in names for each in classes)
