"""From what an order says of an input to the Python value."""

from __future__ import annotations

from typing import Any, assert_never

from nbflow.core.inputs import Dict, Given, Taken, Whole
from nbflow.core.spec import Attribute
from nbflow.engine.values import Values


def take(values: Values, given: Given, namespace: dict[str, Any]) -> Any:
    """The value that *given* stands for."""
    match given:
        case Whole(value=value):
            return values.load(value, namespace)
        case Taken(value=value, path=path):
            found = values.load(value, namespace)
            for step in path:
                found = (
                    getattr(found, step.name)
                    if isinstance(step, Attribute)
                    else found[values.load(step.key, namespace)]
                )
            return found
        case Dict(entries=entries):
            return {values.load(key, namespace): values.load(value, namespace) for key, value in entries}
        case _:
            assert_never(given)
