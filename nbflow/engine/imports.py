"""A value that is an import: it travels as a module's name, and is imported where it is loaded."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Import:
    """Stands for *module*, or *attribute* of it; loads as the thing itself.

    >>> import pickle
    >>> pickle.loads(pickle.dumps(Import("math", "tau")))
    6.283185307179586
    """

    module: str
    attribute: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return imported, (self.module, self.attribute)


def imported(module: str, attribute: str | None) -> Any:
    """What ``import module`` or ``from module import attribute`` binds.

    Raises:
        ImportError: there is no such module or attribute.

    >>> imported("os", "path").__name__.endswith("path")
    True
    """
    found = importlib.import_module(module)
    if attribute is None:
        return found
    if hasattr(found, attribute):
        return getattr(found, attribute)
    try:
        return importlib.import_module(f"{module}.{attribute}")
    except ModuleNotFoundError:
        raise ImportError(f"cannot import name {attribute!r} from {module!r}") from None
