"""What a body changed in place unseen by its text: inputs that are no longer what they were when it began.

Small inputs are pickled before the body and after it; big ones are compared afterwards with what is stored. Functions
and classes are looked at for what can change in them: defaults, closures, attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import FunctionType
from typing import Any

from nbflow.core.inputs import Dict, Given, Whole
from nbflow.engine.attempt.holding import fixed, state
from nbflow.engine.values import Values

SMALL = 1024 * 1024
"""Stored bytes up to which an input is pickled before the body."""


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


def watched(given: Mapping[str, Given], spared: Collection[str]) -> list[str]:
    """The inputs that a body may change unseen: whole variables that are not among *spared*, nor hidden states."""
    kinds = Whole | Dict
    return [
        name for name, each in given.items() if isinstance(each, kinds) and name not in spared and name.isidentifier()
    ]
