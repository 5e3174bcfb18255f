"""Changes of settings whose arguments are constants, carried out in this process."""

from __future__ import annotations

import importlib
from typing import Any

from nbflow.core.touches import Change, Reference


def carry_out(change: Change) -> None:
    """Do what *change* says, importing what it takes.

    >>> import decimal
    >>> carry_out(Change("attribute", "decimal.getcontext().prec", (30,)))
    >>> decimal.getcontext().prec
    30
    >>> decimal.setcontext(decimal.Context())
    """
    args = tuple(map(_meant, change.args))
    match change.kind:
        case "call":
            _found(change.path)(*args, **{key: _meant(value) for key, value in change.kwargs})
        case "item":
            _found(change.path)[args[0]] = args[1]
        case "delete":
            del _found(change.path)[args[0]]
        case "attribute":
            whole, _, name = change.path.rpartition(".")
            setattr(_found(whole), name, args[0])


def _meant(value: Any) -> Any:
    return _found(value.path) if isinstance(value, Reference) else value


def _found(path: str) -> Any:
    """What has this full name; modules on the way are imported."""
    first, *rest = path.split(".")
    found: Any = importlib.import_module(first)
    for place, part in enumerate(rest, 1):
        name = part.removesuffix("()")
        try:
            found = getattr(found, name)
        except AttributeError:
            found = importlib.import_module(".".join([first, *rest[:place]]))
        found = found() if part.endswith("()") else found
    return found
