"""What a body did to hidden state: what it leaves by its text, and what it changed unseen."""

from __future__ import annotations

from nbflow.core.hidden import CHANGING, GENERATORS, NUMPY_RANDOM, hidden_in
from nbflow.engine import hidden
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.engine.hidden import Stored


class HiddenWatch:
    """Looks at hidden state before the body of *order* and after it."""

    def __init__(self, order: AttemptOrder) -> None:
        self._outputs = hidden_in(order.outputs)
        self._given = hidden_in({**order.inputs, **order.offered})
        self._seeded = {name for name in GENERATORS if hidden.seeded(name)}
        watched = (name for name in CHANGING if name not in self._outputs)
        self._before = {name: hidden.get(name) if self._compared(name) else None for name in watched}

    def left(self) -> dict[str, Stored]:
        """The states that the body leaves by its text."""
        return {name: hidden.get(name) or Stored() for name in self._outputs}

    def changed(self) -> dict[str, Stored]:
        """Those that it changed otherwise: generators only where they were seeded, by others or by the body."""
        found: dict[str, Stored] = {}
        for name, before in self._before.items():
            if not self._compared(name) and not self._newly_seeded(name):
                continue
            after = hidden.get(name)
            if after != before and (
                name in self._given or name not in GENERATORS or self._reseeded(name, before, after)
            ):
                found[name] = after or Stored()
        return found

    def _compared(self, name: str) -> bool:
        """Whether the state itself tells; where nobody has seeded numpy's, it is enough to ask whether anyone has."""
        return name != NUMPY_RANDOM or name in self._given

    def _newly_seeded(self, name: str) -> bool:
        return name not in self._seeded and hidden.seeded(name)

    def _reseeded(self, name: str, before: Stored | None, after: Stored | None) -> bool:
        return name not in self._seeded and hidden.was_seeded(name, before, after)
