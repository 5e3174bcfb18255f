"""From what an order says of an input to the Python value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_never

from nbflow.core.inputs import Absent, Dict, Filled, Given, Taken, Whole
from nbflow.core.spec import Attribute
from nbflow.engine.values import Values

StandIn = Callable[[Absent], Any]
"""Gives what stands for a value that will never be."""


def nothing(_: Absent) -> None:
    """The plainest of them: None."""


def take(values: Values, given: Given, namespace: dict[str, Any], stand_in: StandIn = nothing) -> Any:
    """The value that *given* stands for."""
    match given:
        case Whole(value=value):
            return values.load(value, namespace)
        case Taken():
            return _part(values, given, namespace)
        case Filled(template=template, parts=parts):
            made = [stand_in(p) if isinstance(p, Absent) else take(values, p, namespace, stand_in) for p in parts]
            return values.load(template, namespace, made)
        case Dict(entries=entries):
            keys = [values.load(key, namespace) for key, _ in entries]
            return dict(zip(keys, values.load_all([value for _, value in entries], namespace), strict=True))
        case _:
            assert_never(given)


def _part(values: Values, given: Taken, namespace: dict[str, Any]) -> Any:
    found = values.load(given.value, namespace)
    for step in given.path:
        found = getattr(found, step.name) if isinstance(step, Attribute) else found[values.load(step.key, namespace)]
    return found
