"""The one door for values of the kernel on their way to jobs: captured once while unchanged, however many read them.

A value that was captured before is handed out again only if nothing can have changed it since (`resting`), if it is of
a kind that cannot change, or if it still is, byte for byte, what was stored. What is small is captured anew each time:
that costs what the comparison would.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nbflow.core import words
from nbflow.core.spec import ValueRef
from nbflow.engine.client import INLINE_LIMIT, Values
from nbflow.notebook.resting import Rest
from nbflow.notebook.weights import weight

BIG = 200_000_000
"""Bytes from which a person is told that a value is captured, before and after."""

_IMMUTABLE = (str, bytes)
"""Types, the very ones, whose big values cannot change."""

Hole = Callable[[object], int | None]
Notice = Callable[[str], Callable[[str], None]]
"""Shows a line under the running cell; the result replaces it."""


@dataclass(slots=True)
class _Known:
    """What was captured last under a name: of the object numbered *number*, at the time *epoch* if at rest then.

    *value* is held only if it cannot change: an object that can be changed is recognised by looking at it.
    """

    number: int
    ref: ValueRef
    epoch: int | None
    value: object = None


class Captures:
    """Puts values of *namespace* into the store that *values* gives, and remembers them.

    >>> from tempfile import mkdtemp
    >>> store, text = Values(mkdtemp()), "x" * 100_000
    >>> captures = Captures({"text": text}, lambda: store)
    >>> captures.dump(text, "text") is captures.dump(text, "text")
    True
    """

    def __init__(self, namespace: Mapping[str, Any], values: Callable[[], Values], rest: Rest | None = None) -> None:
        self._namespace, self._values = namespace, values
        self.rest = rest or Rest()
        self.notice: Notice = lambda _text: lambda _more: None
        self._known: dict[str, _Known] = {}
        self._files: dict[int, ValueRef] = {}
        """Number of an object -> the file that it, or another of its number, is stored in."""

    def dump(self, value: Any, name: str = "", hole: Hole | None = None, inline: int = INLINE_LIMIT) -> ValueRef:
        """What *value*, which people know as the variable *name*, is stored as; the arguments are those of `Values`.

        Raises:
            ValueNotStorable: it cannot leave the kernel.
        """
        if hole is not None:
            return self._values().dump(value, name, hole, inline)
        ref = self._resting(name, value, inline) or self._unchanged(name, value, inline)
        return ref if ref is not None else self._stored(name, value, inline)

    def sharing(self, inline: int) -> Callable[[str, Any], ValueRef]:
        """A capture of which each value may take *inline* bytes in the specs of jobs."""
        return lambda name, value: self.dump(value, name, inline=inline)

    def know(self, value: Any, ref: ValueRef) -> None:
        """*value* was just loaded from *ref*: while it stays as it is, it need not be stored again."""
        if ref.file is not None:
            self._files[id(value)] = ref

    def same(self, value: Any, ref: ValueRef, since: int | None = None) -> bool:
        """Whether *value* still is what *ref* stands for; at once if it was so at the epoch *since*."""
        if (since is not None and since == self.rest.now) or type(value) in _SIMPLE or isinstance(value, ModuleType):
            return True
        return self._values().same(ref, value)

    def forget(self, names: Iterable[str]) -> None:
        """The namespace has these names no more."""
        for name in names:
            self._known.pop(name, None)

    def prune(self) -> None:
        """Let go of what the namespace does not hold any more."""
        gone = [name for name, known in self._known.items() if id(self._namespace.get(name)) != known.number]
        self.forget(gone)
        here = {id(value) for value in list(self._namespace.values())} if self._files else set()
        self._files = {number: ref for number, ref in self._files.items() if number in here}

    # --- captured before
    def _resting(self, name: str, value: Any, inline: int) -> ValueRef | None:
        """What was captured, if nothing can have changed it since: it is still bound, and nothing ran or it is text."""
        known = self._known.get(name)
        if known is None or known.number != id(value) or self._namespace.get(name) is not value:
            return None
        if not _fits(known.ref, inline):
            return None
        if known.value is value or (known.epoch is not None and known.epoch == self.rest.now):
            return known.ref if self._kept(known.ref) else None
        return None

    def _unchanged(self, name: str, value: Any, inline: int) -> ValueRef | None:
        """The file that the value was captured in, or was loaded from, if it is still the same."""
        known = self._known.get(name)
        refs = [known.ref] if known is not None and known.ref.file is not None else []
        more = self._files.get(id(value))
        for ref in [*refs, *([more] if more is not None and more not in refs else [])]:
            if ref.type == type(value).__name__ and _fits(ref, inline) and self._kept(ref):
                epoch = self.rest.now
                if self._values().same(ref, value):
                    self._remember(name, value, ref, epoch)
                    return ref
        return None

    def _kept(self, ref: ValueRef) -> bool:
        return ref.file is None or self._values().keep(ref)

    def _remember(self, name: str, value: Any, ref: ValueRef, epoch: int | None) -> None:
        if self._namespace.get(name) is not value:
            return
        held = value if type(value) in _IMMUTABLE and ref.file is not None else None
        self._known[name] = _Known(id(value), ref, epoch, held)
        if ref.file is not None:
            self._files[id(value)] = ref

    # --- captured now
    def _stored(self, name: str, value: Any, inline: int) -> ValueRef:
        epoch, guess, began = self.rest.now, weight(value), time.monotonic()
        said = self.notice(f"capturing {name}, {words.size(guess)} …") if guess >= BIG else None
        ref = None
        try:
            ref = self._values().dump(value, name, inline=inline)
        finally:
            if said is not None or (ref is not None and ref.size >= BIG):
                took = words.duration(time.monotonic() - began)
                text = f"{name}: {words.size(ref.size)} captured in {took}" if ref else f"{name} was not captured"
                (said or self.notice(""))(text)
        self._remember(name, value, ref, epoch)
        return ref


_SIMPLE = frozenset({bool, int, float, complex, str, bytes, type(None), range})
"""Types, the very ones, whose values are what they are."""


def _fits(ref: ValueRef, inline: int) -> bool:
    return ref.inline is None or len(ref.inline) <= inline
