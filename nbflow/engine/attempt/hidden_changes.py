"""What a body did to hidden state: what it leaves by its text, and what it changed unseen."""

from __future__ import annotations

from collections.abc import Mapping

from nbflow.core.hidden import CHANGING, GENERATORS, hidden_in
from nbflow.engine import hidden
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.engine.hidden import Stored


class HiddenWatch:
    """Looks at hidden state before the body of *order* and after it."""

    def __init__(self, order: AttemptOrder) -> None:
        self._order = order
        self._outputs = hidden_in(order.outputs)
        self._seeded = {name for name in GENERATORS if hidden.seeded(name)}
        self._before = {name: hidden.get(name) for name in CHANGING if name not in self._outputs}

    def left(self) -> dict[str, Stored]:
        """The states that the body leaves by its text."""
        return {name: hidden.get(name) or Stored() for name in self._outputs}

    def changed(self) -> dict[str, Stored]:
        """Those that it changed otherwise: generators only where they were seeded, by others or by the body."""
        found: dict[str, Stored] = {}
        for name, before in self._before.items():
            after = hidden.get(name)
            if after != before and (name not in GENERATORS or self._counts(name, before, after)):
                found[name] = after or Stored()
        return found

    def _counts(self, name: str, before: Stored | None, after: Stored | None) -> bool:
        given: Mapping[str, object] = {**self._order.inputs, **self._order.offered}
        return name in given or (name not in self._seeded and hidden.was_seeded(name, before, after))
