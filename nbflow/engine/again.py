"""What it takes to look at an attempt again: the order it was given, and the stack it left where it failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbflow.core.event import AttemptStarted, Event
from nbflow.core.state import empty, evolve
from nbflow.engine.attempt.bash import variables
from nbflow.engine.attempt.current import environment
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.engine.attempt.refused import Refused
from nbflow.engine.attempt.stack import Failure, Frame, KeptStack, Parameters, Unkept, Variable, read_stack
from nbflow.engine.orders import Place, attempt_order

__all__ = [
    "Failure",
    "Frame",
    "KeptStack",
    "Parameters",
    "Refused",
    "Unkept",
    "Variable",
    "environment",
    "order_again",
    "read_stack",
    "variables",
]


def order_again(events: Iterable[Event], key: str, store: Path, cwd: Path) -> AttemptOrder | None:
    """The order that attempt *key* was given, from the *events* of its run; None if there was none.

    Its inputs are those of then, whatever has become of the jobs that make them.
    """
    run = empty()
    for event in events:
        evolve(run, event)
        if isinstance(event, AttemptStarted) and event.key == key:
            return attempt_order(run, event, Place(str(store), str(cwd)))
    return None
