"""What a body changed in place unseen by its text: inputs that are no longer what they were when it began.

Small inputs are pickled before the body and after it; big ones are compared afterwards with what is stored. Functions
and classes are looked at for what can change in them: defaults, closures, attributes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle

from nbflow.core.inputs import Dict, Given, Whole
from nbflow.engine import pickling
from nbflow.engine.values import Values

SMALL = 1024 * 1024
"""Stored bytes up to which an input is pickled before the body."""

_FIXED = (bool, int, float, complex, str, bytes, type(None), range, ModuleType)
"""Types whose values cannot change in place; of modules only the name travels."""


_RESTLESS = ("matplotlib.",)
"""Modules whose objects change by being looked at: a figure that is drawn is no longer what it was."""


class Watch:
    """The inputs of one body: look at them before it runs, ask afterwards what it changed.

    >>> rows, watch = [1], Watch(Values(""))
    >>> watch.look("rows", Whole(Values("").dump(rows)), rows)
    >>> rows.append(2)
    >>> watch.changed({"rows": rows})
    ('rows',)
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._before: dict[str, tuple[object, Callable[[object], bool]]] = {}

    def look(self, name: str, given: Given, value: object) -> None:
        """*value* is what *given* stands for, and what the body finds as *name*."""
        if (same := self._same(given, value)) is not None:
            self._before[name] = value, same

    def changed(self, namespace: Mapping[str, Any]) -> tuple[str, ...]:
        """The names whose objects were changed; one that is bound to another object or to none is not looked at."""
        return tuple(
            name for name, (value, same) in self._before.items() if namespace.get(name) is value and not same(value)
        )

    def _same(self, given: Given, value: object) -> Callable[[object], bool] | None:
        """Whether the value, asked afterwards, is as it was; None if it cannot change."""
        if fixed(value):
            return None
        match given:
            case Whole(value=ref) if ref.file is not None and not isinstance(value, FunctionType | type):
                if ref.size > SMALL:
                    return lambda after: self._values.same(ref, after)
            case Dict(entries=entries) if sum(ref.size for _, ref in entries) > SMALL:
                refs = dict(zip(value, (ref for _, ref in entries), strict=True)) if isinstance(value, dict) else {}
                return lambda after: self._all_same(refs, after)
        before = state(value)
        return None if before is None else lambda after: state(after) == before

    def _all_same(self, refs: Mapping[Any, Any], after: object) -> bool:
        if not isinstance(after, dict) or list(after) != list(refs):
            return False
        return all(fixed(value) or self._values.same(refs[key], value) for key, value in after.items())


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


def watched(given: Mapping[str, Given], spared: Collection[str]) -> list[str]:
    """The inputs that a body may change unseen: whole variables that are not among *spared*, nor hidden states."""
    kinds = Whole | Dict
    return [
        name for name, each in given.items() if isinstance(each, kinds) and name not in spared and name.isidentifier()
    ]
