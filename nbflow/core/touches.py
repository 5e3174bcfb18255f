"""What a text does to state that hides in modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Reference:
    """An argument that is a thing by its full name, such as a warning's class."""

    path: str


@dataclass(frozen=True)
class Change:
    """One statement that changes a setting and can be carried out anywhere: its arguments are constants.

    ``call``: *path* is called with *args* and *kwargs*; ``item``: ``path[args[0]] = args[1]``; ``attribute``:
    ``path = args[0]``; ``delete``: ``del path[args[0]]``.
    """

    kind: Literal["call", "item", "attribute", "delete"]
    path: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()

    @property
    def references(self) -> list[str]:
        """The full names among its arguments."""
        given = (*self.args, *(value for _, value in self.kwargs))
        return [each.path for each in given if isinstance(each, Reference)]


@dataclass(frozen=True)
class Touches:
    """What running a text does to hidden state."""

    reads: frozenset[str] = frozenset()
    """Met in the version that was there before: drawn from before it is seeded, asked for, or changed in part."""
    writes: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()
    """Generators that it seeds, on some way at least."""
    fixed: frozenset[str] = frozenset()
    """Generators that it has seeded at its end on every way."""
    depends: frozenset[str] = frozenset()
    """Settings that what it does may depend on."""
    changes: tuple[tuple[str, Change], ...] = ()
    """Settings with all that it does to them, in order: those that it changes by constants alone, whatever happens."""
    functions: dict[str, Touches] = field(default_factory=dict)
    """What calling the functions and classes does that it defines at its top level."""
    fits: dict[str, bool | None] = field(default_factory=dict)
    """Variables that it binds, with whether fitting them draws from numpy's generator, as far as that can be told."""

    def __or__(self, other: Touches) -> Touches:
        if other is UNTOUCHED:
            return self
        return Touches(
            self.reads | other.reads,
            self.writes | other.writes,
            self.seeds | other.seeds,
            self.fixed | other.fixed,
            self.depends | other.depends,
        )

    @property
    def constant(self) -> frozenset[str]:
        """Settings of which it is known beforehand what it makes of them."""
        return frozenset(name for name, _ in self.changes)


UNTOUCHED = Touches()
