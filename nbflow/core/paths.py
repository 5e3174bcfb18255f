"""What is sure and what is possible about names at one point of a cell, and how the ways to that point join."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbflow.core.holding import EMPTY, Holding
from nbflow.core.uses import NOTHING, Uses


class State:
    """The names at one point, as far as the cell itself has bound or deleted them."""

    def __init__(self) -> None:
        self.defined: set[str] = set()
        """Bound on every way here."""
        self.covered: set[str] = set()
        """The same, taking it that every loop ran: its target hardly ever keeps an older value."""
        self.bound: set[str] = set()
        """Bound, or changed in place, on some way here."""
        self.gone: set[str] = set()
        """Deleted on some way here."""
        self.lost: set[str] = set()
        """Deleted on every way here."""
        self.seen: set[str] = set()
        """Read on every way here: so they exist, whoever bound them."""
        self.functions: dict[str, Uses] = {}
        """Functions and classes of the cell: their bodies count where their names are read."""
        self.aliases: dict[str, Holding] = {}
        """Names bound to (parts of) the values of other names."""
        self.kinds: dict[str, str] = {}
        """What kind of value a name is bound to, where that is known."""
        self.texts: dict[str, str] = {}
        """The texts that names are bound to, where they are known."""
        self.dead = False
        """No way leads here: after ``raise``, ``break``, ``continue``."""

    def copy(self) -> State:
        other = State()
        other.defined, other.bound, other.gone = set(self.defined), set(self.bound), set(self.gone)
        other.lost, other.seen = set(self.lost), set(self.seen)
        other.covered = set(self.covered)
        other.functions, other.aliases = dict(self.functions), dict(self.aliases)
        other.kinds, other.texts = dict(self.kinds), dict(self.texts)
        other.dead = self.dead
        return other

    def bind(self, name: str) -> None:
        self.defined.add(name)
        self.covered.add(name)
        self.gone.discard(name)
        self.forget(name)
        self.touch(name)

    def touch(self, name: str) -> None:
        """*name* may be bound here."""
        self.bound.add(name)
        self.lost.discard(name)

    def drop(self, name: str) -> None:
        self.defined.discard(name)
        self.covered.discard(name)
        self.bound.discard(name)
        self.seen.discard(name)
        self.gone.add(name)
        self.lost.add(name)
        self.forget(name)

    def forget(self, name: str) -> None:
        """What *name* stood for is of no interest any more."""
        for known in (self.functions, self.aliases, self.kinds, self.texts):
            known.pop(name, None)

    def add(self, other: State) -> None:
        """What is possible in *other* is possible here."""
        self.bound |= other.bound
        self.gone |= other.gone
        for name, uses in other.functions.items():
            self.functions[name] = self.functions.get(name, NOTHING) | uses
        for name, held in other.aliases.items():
            self.aliases[name] = self.aliases.get(name, EMPTY) | held
        for name in other.bound:
            if other.kinds.get(name) != self.kinds.get(name):
                self.kinds.pop(name, None)
            if other.texts.get(name) != self.texts.get(name):
                self.texts.pop(name, None)

    def interrupted(self, later: State, dropped: set[str]) -> State:
        """The state in a handler of code that went from here to *later*, deleting *dropped*, or stopped in between."""
        other = self.copy()
        other.defined -= dropped
        other.covered -= dropped
        other.seen -= dropped
        other.lost -= later.bound
        other.add(later)
        other.gone |= dropped
        return other


def join(states: Sequence[State]) -> State:
    """Where several ways meet; the dead ones do not count, unless all are."""
    live = [state for state in states if not state.dead] or list(states)
    result = live[0].copy()
    for state in live[1:]:
        result.defined &= state.defined
        result.covered &= state.covered
        result.seen &= state.seen
        result.lost &= state.lost
        result.add(state)
    return result


class Jumps:
    """The states in which a loop's ``break`` and ``continue`` leave its body."""

    def __init__(self) -> None:
        self.breaks: list[State] = []
        self.continues: list[State] = []


def truth(test: ast.expr) -> bool | None:
    """What a test is always, or None.

    >>> truth(ast.parse("__name__ == '__main__'", mode="eval").body), truth(ast.parse("x", mode="eval").body)
    (True, None)
    """
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
    return None


def never_empty(iterable: ast.expr) -> bool:
    """Whether a loop over *iterable* visibly runs at least once.

    >>> [never_empty(ast.parse(text, mode="eval").body) for text in ("range(3)", "[1, 2]", "xs", "range(n)")]
    [True, True, False, False]
    """
    match iterable:
        case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]) | ast.Set(elts=[first, *_]):
            return not isinstance(first, ast.Starred)
        case ast.Call(func=ast.Name(id="range"), args=[*args]) if all(isinstance(each, ast.Constant) for each in args):
            try:
                return bool(range(*(each.value for each in args if isinstance(each, ast.Constant))))  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                return False
        case ast.Call(func=ast.Name(id="enumerate" | "list" | "sorted" | "reversed"), args=[inner, *_]):
            return never_empty(inner)
        case ast.Constant(value=str() as text):
            return bool(text)
    return False
