"""What can happen to a name while a cell runs: read, bound, deleted, changed in place, used through a function."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass, field

from nbflow.core.changes import sources
from nbflow.core.paths import State
from nbflow.core.scopes import NOTHING, Uses

_SHELL = frozenset({"display", "get_ipython"})
GIVEN = (
    frozenset(dir(builtins))
    | _SHELL
    | {"__name__", "__file__", "__builtins__", "__doc__", "__class__", "__annotations__"}
    | {"In", "Out", "exit", "quit", "_", "__", "___", "_ih", "_oh"}
)
"""Names that are there without a cell having bound them."""


@dataclass
class Reading:
    """What the walk has found so far, and what it may ask."""

    modules: frozenset[str]
    given: frozenset[str]
    behind: Callable[[str], Uses]
    reads: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    """Read by code that is handed to somebody, who may run it now, later or never."""
    mutates: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    passing: set[str] = field(default_factory=set)
    """Targets of loops and ``with`` statements, and of nothing else."""
    unknown: list[str] = field(default_factory=list)
    needs_shell: bool = False

    def outside(self, uses: Uses) -> Uses:
        """*uses* without what is always there."""
        return uses.without(self.given)


class Bindings:
    """Keeps the `state` of the names at the point reached, and tells `reading` what happens to them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.state = State()
        self.hidden: frozenset[str] = frozenset()
        """Targets of the comprehensions around."""
        self.local: dict[str, Uses] | None = None
        """Names bound so far by the class body around, if any."""
        self.called: set[tuple[str, bool]] = set()
        """Names whose bodies were counted since the state last shrank, and whether as `lazy` code."""
        self.dropped: set[str] = set()
        """Names deleted so far in the ``try`` around, even if they were bound again."""
        self.lazy = False
        """The code read now runs later, or never."""
        self.in_target = False
        """The names read now are targets of a loop or a ``with`` statement."""

    def load(self, name: str) -> None:
        if name in self.hidden:
            return
        if self.local is not None and name in self.local:
            self.use(self.local[name])
            return
        reading, own = self.reading, name in self.state.defined
        if not own:
            if name in reading.given and name not in self.state.bound:
                reading.needs_shell |= name in _SHELL
                return
            (reading.later if self.lazy else reading.reads).add(name)
            if not self.lazy:
                self.state.seen.add(name)
        if (name, self.lazy) not in self.called:
            self.called.add((name, self.lazy))
            self.use(self.uses_of(name))

    def uses_of(self, name: str) -> Uses:
        """What calling *name* uses: a function of the cell, of the notebook before it, or either."""
        here = self.state.functions.get(name, NOTHING)
        if name in self.state.defined or name in self.hidden or name in self.reading.given:
            return here
        return here | self.reading.behind(name)

    def use(self, uses: Uses) -> None:
        """The body of a function or class runs, or may."""
        hidden, local = self.hidden, self.local
        self.hidden, self.local = frozenset(), None
        for name in uses.reads:
            self.load(name)
        for name in uses.mutates:
            self.change(name)
        for name in uses.writes:
            self.state.touch(name)
        self.hidden, self.local = hidden, local

    def use_later(self, uses: Uses) -> None:
        """The body is handed to somebody who may run it."""
        lazy, self.lazy = self.lazy, True
        self.use(uses.without(self.hidden))
        self.lazy = lazy

    def store(self, name: str, uses: Uses | None = None) -> None:
        if self.local is not None:
            self.local[name] = uses or Uses()
            return
        if not self.in_target:
            self.reading.passing.discard(name)
        elif name not in self.state.bound:
            self.reading.passing.add(name)
        self.state.bind(name)
        self.called -= {(name, True), (name, False)}
        self.reading.imports.discard(name)
        if uses:
            self.state.functions[name] = uses

    def drop(self, name: str) -> None:
        if self.local is not None and name in self.local:
            del self.local[name]
            return
        if name not in self.state.defined:
            self.load(name)
        self.state.drop(name)
        self.dropped.add(name)
        self.called.clear()

    def change(self, name: str) -> None:
        """The object of *name* changes in place, and with it those it is a part of."""
        if name in self.hidden or (self.local is not None and name in self.local):
            return
        for each in {name, *self.state.aliases.get(name, ())}:
            given = each in self.reading.given and each not in self.state.bound
            if given or each in self.reading.modules or each in self.state.defined | self.state.lost:
                continue
            if each == name:
                self.load(each)
            self.reading.mutates.add(each)
            self.state.touch(each)

    def held(self, value: ast.expr) -> frozenset[str]:
        """Names whose parts an assignment from *value* gets hold of."""
        near = sources(value)
        return frozenset(near).union(*(self.state.aliases.get(name, ()) for name in near))

    def alias(self, target: ast.expr, held: frozenset[str]) -> None:
        """What *target* binds may be parts of the values of *held*."""
        for node in ast.walk(target) if held and self.local is None else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.state.aliases[node.id] = held - {node.id}

    def move(self, state: State) -> None:
        """Go on at another point."""
        self.state = state
        self.called.clear()
