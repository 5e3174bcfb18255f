"""What can happen to a name while a cell runs: read, bound, deleted, changed in place, used through a function."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nbflow.core.holding import EMPTY, Holding, held
from nbflow.core.paths import State
from nbflow.core.texts import NOBODY
from nbflow.core.uses import NOTHING, Passed, Uses, changed_arguments

_SHELL = frozenset({"display", "get_ipython"})
GIVEN = (
    frozenset(dir(builtins))
    | _SHELL
    | {"__name__", "__file__", "__builtins__", "__doc__", "__class__", "__annotations__", "__main__"}
    | {NOBODY, "In", "Out", "exit", "quit", "_", "__", "___", "_ih", "_oh"}
)
"""Names that are there without a cell having bound them."""


@dataclass
class Reading:
    """What the walk has found so far, and what it may ask."""

    modules: frozenset[str]
    given: frozenset[str]
    behind: Callable[[str], Uses]
    kind: Callable[[str], str]
    texts: Callable[[str], str | None]
    methods: Callable[[], frozenset[str]]
    classes: Callable[[], frozenset[str]]
    reads: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    """Read by code that is handed to somebody, who may run it now, later or never."""
    hints: set[str] = field(default_factory=set)
    """Read if they exist."""
    mutates: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    passing: set[str] = field(default_factory=set)
    """Targets of loops and ``with`` statements, and of nothing else."""
    asks: dict[str, None] = field(default_factory=dict)
    """Why names may be read that the text does not show; a set that keeps its order."""
    binds: dict[str, None] = field(default_factory=dict)
    """Why names may be bound that the text does not show."""
    needs_shell: bool = False

    def outside(self, uses: Uses) -> Uses:
        """*uses* without what is always there."""
        return uses.without(self.given)


_CHANGES_ITS_OBJECT = Uses(changes=frozenset({0}))


class Bindings:
    """Keeps the `state` of the names at the point reached, and tells `reading` what happens to them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.state = State()
        self.hidden: frozenset[str] = frozenset()
        """Targets of the comprehensions around."""
        self.parts: dict[str, Holding] = {}
        """What those of them are parts of."""
        self.local: dict[str, Uses] | None = None
        """Names bound so far by the class body around, if any."""
        self.called: set[tuple[str, bool]] = set()
        """Names whose bodies were counted since the state last shrank, and whether as `lazy` code."""
        self.dropped: set[str] = set()
        """Names deleted so far in the ``try`` around, even if they were bound again."""
        self.lazy = False
        """The code read now runs later, or never."""
        self.lambdas: dict[ast.Lambda, Uses] = {}
        """What those met so far use."""
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

    def hint(self, names: Iterable[str]) -> None:
        """*names* are read if they exist."""
        for name in names:
            own = name in self.state.defined or name in self.hidden or name in (self.local or ())
            if not own and (name in self.state.bound or name not in self.reading.given):
                self.reading.hints.add(name)
                self.use_later(self.uses_of(name))

    def uses_of(self, name: str) -> Uses:
        """What calling *name* uses: a function of the cell, of the notebook before it, or either.

        A method of an object of which nothing is known, ``.add``, may be one of a class of the notebook.
        """
        if name.startswith("."):
            return _CHANGES_ITS_OBJECT if name[1:] in self.methods() else NOTHING
        here = self.state.functions.get(name, NOTHING)
        if name in self.state.defined or name in self.hidden or name in self.reading.given:
            return here
        return here | self.reading.behind(name)

    def methods(self) -> frozenset[str]:
        """The methods of classes of the notebook that change their object."""
        own = (uses.methods for uses in self.state.functions.values())
        return self.reading.methods().union(*own)

    def kind(self, name: str) -> str:
        """The kind of value that *name* is bound to; "" if that is not known."""
        if name in self.hidden or (self.local is not None and name in self.local):
            return ""
        if name in self.state.bound:
            return self.state.kinds.get(name, "")
        return "module" if name in self.reading.modules else self.reading.kind(name)

    def text(self, name: str) -> str | None:
        """The text that *name* is bound to; "" if its value is none, None if that is not known."""
        if name in self.hidden or (self.local is not None and name in self.local):
            return None
        if name in self.state.texts:
            return self.state.texts[name]
        if name in self.state.functions or name in self.reading.imports or name in self.reading.modules:
            return ""
        return None if name in self.state.bound else self.reading.texts(name)

    def use(self, uses: Uses) -> None:
        """The body of a function or class runs, or may."""
        if uses is NOTHING:
            return
        hidden, local = self.hidden, self.local
        self.hidden, self.local = frozenset(), None
        for name in uses.reads:
            self.load(name)
        for name in uses.mutates:
            self.change(name, 1)
        for each in uses.handed:
            self.hand(each)
        for name in uses.writes:
            self.state.touch(name)
        if uses.unpickles:
            self.hint(self.reading.classes())
        self.hidden, self.local = hidden, local
        self.reading.asks |= dict.fromkeys(sorted(uses.asks))
        self.reading.binds |= dict.fromkeys(sorted(uses.binds))

    def hand(self, passed: Passed) -> None:
        """A name is given to a function, which may change it."""
        callee = self.uses_of(passed.callee)
        if (callee.changes or callee.passed) and passed.place in changed_arguments(callee, self.uses_of):
            self.change(passed.name, 1)

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

    def change(self, name: str, depth: int = 0) -> None:
        """The object of *name*, or one *depth* steps inside of it, changes in place, and what that is a part of."""
        if self.local is not None and name in self.local:
            return
        if name in self.hidden:
            held = self.parts.get(name, EMPTY)
        else:
            held = self.state.aliases.get(name, EMPTY)
            self.changed(name, met=True)
        for each in held:
            if depth >= each.least:
                self.changed(each.name)

    def changed(self, name: str, met: bool = False) -> None:
        """The object that *name* stood for before the cell changes; *met*: by this name."""
        given = name in self.reading.given and name not in self.state.bound
        if given or name in self.reading.modules or name in self.state.defined or name in self.state.lost:
            return
        if met:
            self.load(name)
        self.reading.mutates.add(name)
        if name not in self.state.bound and (kind := self.kind(name)):
            self.state.kinds[name] = kind
        self.state.touch(name)

    def held(self, value: ast.expr) -> Holding:
        """Names of which an assignment from *value* gets hold, and what those are parts of."""
        near = held(value, self.kind)
        if not near:
            return EMPTY
        further = (
            each.of(other)
            for each in near
            for other in (self.parts if each.name in self.hidden else self.state.aliases).get(each.name, EMPTY)
        )
        return near | frozenset(further)

    def alias(self, target: ast.expr, holding: Holding) -> None:
        """What *target* binds may be parts of the values of *holding*."""
        for node in ast.walk(target) if holding and self.local is None else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.state.aliases[node.id] = frozenset(each for each in holding if each.name != node.id)

    def move(self, state: State) -> None:
        """Go on at another point."""
        self.state = state
        self.called.clear()
