"""State that hides in modules, in this process: taken off, and put in place.

A state travels as what it is otherwise than at the start, with changes that are still to be carried out: those of a
module that is not loaded wait for its import.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple, Protocol

from nbflow.core import hidden as names
from nbflow.core.hidden import owned
from nbflow.core.touches import Change
from nbflow.engine.after_import import after_import, forget
from nbflow.engine.carrying_out import carry_out
from nbflow.engine.generators import NumpyRandom, PythonRandom, TorchRandom, only_drawn, stream
from nbflow.engine.package_settings import Matplotlib, Numpy, Pandas, Sklearn
from nbflow.engine.process_settings import Cwd, Decimal, Environ, Limits, Locale, SysPath, Warnings


class State(Protocol):
    """One hidden state of this process."""

    module: str

    def get(self) -> Any:
        """What is otherwise than at the start; None: nothing."""

    def put(self, state: Any) -> None:
        """Have it so."""


class Stored(NamedTuple):
    """A state on its way: what it is, and what is to be done to it after that."""

    value: Any = None
    changes: tuple[Change, ...] = ()


class _Generator(State, Protocol):
    def seed(self, number: int) -> None: ...


_environ, _path, _locale, _numpy = Environ(), SysPath(), Locale(), NumpyRandom()
_GENERATORS: dict[str, _Generator] = {
    names.RANDOM: PythonRandom(),
    names.NUMPY_RANDOM: _numpy,
    names.TORCH_RANDOM: TorchRandom(),
}
_STATES: dict[str, State] = {
    **_GENERATORS,
    names.MATPLOTLIB: Matplotlib(),
    names.PANDAS: Pandas(),
    names.NUMPY: Numpy(),
    names.SKLEARN: Sklearn(),
    names.DECIMAL: Decimal(),
    names.ENVIRON: _environ,
    names.CWD: Cwd(),
    names.PATH: _path,
    names.WARNINGS: Warnings(),
    names.LOCALE: _locale,
    names.LIMITS: Limits(),
}
_waiting: dict[str, Stored] = {}
"""States of modules that are not loaded yet."""


def begin() -> None:
    """What environment, path and locale are otherwise is told from now on."""
    for state in (_environ, _path, _locale):
        state.begin()


def get(name: str) -> Stored | None:
    """The present state *name*; None where it is as at the start, or its module is not loaded.

    >>> sys.setrecursionlimit(1500)
    >>> stored = get("<limits>")
    >>> stored.value
    {'recursion': 1500}
    >>> put("<limits>", Stored())
    >>> get("<limits>") is None
    True
    """
    state = _STATES.get(name)
    if state is None:
        return None
    if not _loaded(state):
        return _waiting.get(name)
    found = state.get()
    return Stored(found) if found is not None else None


def put(name: str, stored: Stored, label: str = "") -> None:
    """Have the state *name* as *stored* says, as soon as its module is loaded.

    An input by which a job gets a stream of its own (`nbflow.core.hidden.own`) seeds one for the job *label*.
    """
    if (generator := owned(name)) is not None:
        its = _GENERATORS[generator]
        after_import(its.module, lambda: its.seed(stream(stored, label)))
        return
    state = _STATES[name]
    if not _loaded(state) and stored == Stored():
        _waiting.pop(name, None)
        forget(state.module)
        return
    if not _loaded(state):
        _waiting[name] = stored
    after_import(state.module, lambda: _put(name, state, stored))


def _put(name: str, state: State, stored: Stored) -> None:
    _waiting.pop(name, None)
    if stored.value is not None or (not stored.changes and name not in _GENERATORS):
        state.put(stored.value)
    for change in stored.changes:
        carry_out(change)


def change(name: str, new: Change) -> None:
    """Carry *new* out on the state *name*: now if its module is loaded, else after its import.

    Raises whatever the change raises.
    """
    state = _STATES[name]
    if _loaded(state):
        carry_out(new)
        return
    before = _waiting.get(name, Stored())
    put(name, before._replace(changes=(*before.changes, new)))


def _loaded(state: State) -> bool:
    return state.module in sys.modules


def ready(name: str, new: Change) -> bool:
    """Whether *new* can be carried out on *name* at once, or can wait: no package would have to be imported first."""
    if not _loaded(_STATES[name]):
        return not new.references
    paths = (new.path, *new.references)
    return all(path.partition(".")[0] in sys.modules for path in paths)


def let_go() -> None:
    """What waits for an import waits no longer."""
    for state in _STATES.values():
        forget(state.module)
    _waiting.clear()


def seeded(name: str) -> bool:
    """Whether somebody in this process has visibly seeded the generator *name*."""
    return name == names.NUMPY_RANDOM and _numpy.seeded()


def was_seeded(name: str, before: Stored | None, after: Stored | None) -> bool:
    """Whether what happened to the generator between the two states was more than drawing from it."""
    if after is None or before == after:
        return False
    if name == names.RANDOM and before is not None:
        return not only_drawn(before.value, after.value)
    return name == names.NUMPY_RANDOM and _numpy.seeded()


def refresh() -> None:
    """Give this process random numbers of its own, as one that was started afresh has."""
    for generator in _GENERATORS.values():
        if generator.module in sys.modules:
            generator.seed(int.from_bytes(_entropy(16)))


def _entropy(count: int) -> bytes:
    import os

    return os.urandom(count)
