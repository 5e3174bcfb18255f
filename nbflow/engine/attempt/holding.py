"""What can change in a value: whether anything can, and what there is of it now, to be compared with later.

Functions and classes of the notebook are looked at for what they hold: defaults, closures, attributes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle

from nbflow.engine import pickling

_FIXED = (bool, int, float, complex, str, bytes, type(None), range, ModuleType)
"""Types whose values cannot change in place; of modules only the name travels."""


_RESTLESS = ("matplotlib.",)
"""Modules whose objects change by being looked at: a figure that is drawn is no longer what it was."""


def fixed(value: object) -> bool:
    """Whether *value* cannot be changed in place, or changes whatever one does with it.

    >>> fixed((1, "a", None)), fixed(([],)), fixed(len)
    (True, False, True)
    """
    kind = type(value)
    if kind in _FIXED or kind is type(len):
        return True
    if kind in (tuple, frozenset) and len(value) <= 100:  # type: ignore[arg-type]
        return all(map(fixed, value))  # type: ignore[call-overload]
    if isinstance(value, FunctionType | type):
        return not _of_the_notebook(value)
    return kind.__module__.startswith(_RESTLESS) or (callable(value) and _by_name(value))


def _by_name(value: object) -> bool:
    """Whether *value* is what a module has under its name: it travels by that."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return False
    return getattr(sys.modules.get(module), name, None) is value


def state(value: object) -> bytes | None:
    """What *value* is now, to be compared with what it is later in this process; None if nobody can tell.

    >>> def f(x, seen=[]): seen.append(x)
    >>> before = state(f)
    >>> f(1)
    >>> state(f) == before
    False
    """
    sink = io.BytesIO()
    try:
        _StatePickler(sink).dump([*_held(value)] if isinstance(value, FunctionType | type) else value)
    except Exception:  # it was loaded, so it can be pickled; if not so any more, it has changed
        return None
    return sink.getvalue()


def _stand(*_: object) -> None:
    """Stands in a pickle that nobody loads."""


class _StatePickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    """Pickles what can change; of functions and classes what they hold, not their code nor their globals."""

    def __init__(self, sink: io.BytesIO) -> None:
        super().__init__(sink, pickling.PROTOCOL)
        self._seen: set[int] = set()

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FunctionType | type) and _of_the_notebook(value):
            return _stand, (id(value), *(self._once(value) if isinstance(value, FunctionType) else ()))
        return super().reducer_override(value)

    def _once(self, function: FunctionType) -> Iterator[object]:
        """What *function* holds, the first time: it may hold itself."""
        if id(function) not in self._seen:
            self._seen.add(id(function))
            yield from _held(function)


def _held(value: FunctionType | type) -> Iterator[object]:
    """What can change in a function or class."""
    if isinstance(value, FunctionType):
        yield value.__defaults__
        yield value.__kwdefaults__
        yield from (_contents(cell) for cell in value.__closure__ or ())
        yield value.__dict__
        return
    for name, member in list(vars(value).items()):
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if isinstance(function, FunctionType):
            yield name, function.__defaults__, function.__kwdefaults__
        elif not name.startswith("__"):
            yield name, id(member) if _descriptor(member) else member


def _contents(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # empty so far
        return _stand


def _descriptor(member: object) -> bool:
    return hasattr(type(member), "__get__") and not isinstance(member, FunctionType | type)


def _of_the_notebook(value: FunctionType | type) -> bool:
    return getattr(value, "__module__", None) in ("__main__", None)
