"""``%nbflow notify`` and ``NBFlow.notify``: who is told of a run, checked before anybody relies on it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from traitlets import TraitError

from nbflow.core.announcing import hook_trouble, public
from nbflow.errors import NbflowError


def of_the_environment() -> list[str]:
    """The hooks in ``NBFLOW_NOTIFY``, one a line: how ``nbflow run --notify`` hands them over."""
    return [hook for hook in os.environ.get("NBFLOW_NOTIFY", "").splitlines() if hook.strip()]


def checked(hooks: Sequence[str]) -> list[str]:
    """*hooks*, each once.

    Raises:
        TraitError: one of them cannot be called.
    """
    for hook in hooks:
        if said := hook_trouble(hook):
            raise TraitError(f"NBFlow.notify: {said}")
    return list(dict.fromkeys(hooks))


def changed(hooks: Sequence[str], *more: str) -> list[str]:
    """*hooks*, and *more* of them.

    Raises:
        NbflowError: one of those cannot be called.
    """
    for hook in more:
        if said := hook_trouble(hook):
            raise NbflowError(said)
    return list(dict.fromkeys([*hooks, *more]))


def told(hooks: Sequence[str]) -> str:
    """Who is told, in a line without secrets.

    >>> print(told(["https://hooks.example.com/T0/secret", "notify-send done"]), told([]), sep=chr(10))
    told when the run ends or first fails: https://hooks.example.com/…, notify-send …
    nobody is told when the run ends: %nbflow notify "command …", or https://…
    """
    if not hooks:
        return 'nobody is told when the run ends: %nbflow notify "command …", or https://…'
    return f"told when the run ends or first fails: {', '.join(map(public, hooks))}"
