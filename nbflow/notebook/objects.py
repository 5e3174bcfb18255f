"""What the objects of the kernel use of its namespace when they are called: functions, however they are wrapped."""

from __future__ import annotations

import collections
import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import FunctionType, MethodType, ModuleType
from typing import Any

from nbflow.core.names import NOTHING, Uses, class_uses
from nbflow.notebook.sources import has_text, uses_of_code
from nbflow.notebook.value_kinds import CONTAINERS

_LIMIT = 200
"""Objects inside of one value that are looked at."""
_WIDTH = 50
"""Items of one container that are looked at."""
_OPAQUE = frozenset({"pandas", "numpy", "matplotlib", "IPython", "polars", "pyarrow", "scipy"})
"""Packages whose objects hold no functions of a notebook."""


def uses_of_value(value: object, namespace: Mapping[str, Any]) -> Uses:
    """What *value* uses of the notebook's *namespace* when it, or something that it holds, is called.

    Functions however they are wrapped, objects of the notebook's classes, and what a few steps lead to from there.
    """
    if value is None or isinstance(value, str | int | float | ModuleType):
        return NOTHING
    if isinstance(value, CONTAINERS) and not value:
        return NOTHING
    found = _Search(namespace).all_of([value])
    if isinstance(value, FunctionType | functools._lru_cache_wrapper):
        return found.of_class() | _own(_unwrapped(value), namespace)
    return found if isinstance(value, type) else replace(found.of_class(), makes=False)


class _Search:
    """Follows objects to the functions that they hold, each once."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.seen: set[int] = set()

    def all_of(self, ahead: list[object]) -> Uses:
        """What the objects *ahead*, and those that they hold, use."""
        found = NOTHING
        while ahead and len(self.seen) < _LIMIT:
            thing = ahead.pop()
            if id(thing) in self.seen or isinstance(thing, str | int | float | ModuleType | None):
                continue
            self.seen.add(id(thing))
            if isinstance(thing, type):
                found |= self.of_class(thing)
            else:
                found |= _own(thing, self.namespace)
                ahead += _held_by(thing)
        return found

    def of_class(self, class_: type) -> Uses:
        """What objects of a class of the notebook use; nothing for those of modules."""
        found = NOTHING
        for base in reversed([each for each in class_.__mro__ if each.__module__ == "__main__"]):
            members = vars(base)
            found = class_uses(((name, self._member(member)) for name, member in members.items()), found)
            # What a method does of which nobody knows the text, as of a class that a job has made, may change anything.
            found = replace(found, looks=found.looks - {name for name in members if not _readable(members[name])})
        return found

    def _member(self, member: object) -> Uses:
        match member:
            case FunctionType():
                return self.all_of([member]).of_class() | _own(_unwrapped(member), self.namespace)
            case staticmethod() | classmethod():
                return self._member(member.__func__).of_class()
            case property():
                return self.all_of([member.fget, member.fset, member.fdel]).of_class()
            case functools.cached_property():
                return self.all_of([member.func]).of_class()
        return self.all_of([member]).of_class()


def _held_by(thing: object) -> Iterable[object]:
    """What is reached from *thing* in one step, if a function of the notebook may be among it."""
    match thing:
        case FunctionType():
            cells = [each.cell_contents for each in thing.__closure__ or () if _filled(each)]
            return [*cells, *(thing.__defaults__ or ()), *vars(thing).values()]
        case MethodType():
            return [thing.__func__, thing.__self__]
        case functools.partial():
            return [thing.func, *thing.args, *thing.keywords.values()]
        case dict():
            return list(itertools.islice(thing.values(), _WIDTH))
        case list() | tuple() | set() | frozenset() | collections.deque():
            return list(itertools.islice(thing, _WIDTH))
    class_ = type(thing)
    if class_.__module__.partition(".")[0] in _OPAQUE:
        return []
    own = getattr(thing, "__dict__", None)
    inside = list(itertools.islice(own.values(), _WIDTH)) if isinstance(own, dict) else []
    return [*inside, class_] if class_.__module__ == "__main__" else inside


def _readable(member: Any) -> bool:
    """Whether the text of a method is known, if it is one."""
    function = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
    inner = _unwrapped(function)
    return not isinstance(inner, FunctionType) or has_text(inner.__code__)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a closure's variable that has no value yet
        return False


def _unwrapped(value: Any) -> Any:
    for _ in range(10):
        inner = getattr(value, "__wrapped__", None)
        if inner is None:
            break
        value = inner
    return value


def _own(value: object, namespace: Mapping[str, Any]) -> Uses:
    """What the body of a function that was made in the notebook uses."""
    if isinstance(value, FunctionType) and value.__globals__ is namespace:
        return uses_of_code(value.__code__)
    return NOTHING
