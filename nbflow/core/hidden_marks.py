"""What a cell is found to do to hidden state, and what its names stand for, while its text is followed."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, Protocol

from nbflow.core import estimating, full_names, settings
from nbflow.core.hidden import SETTINGS
from nbflow.core.hidden_values import Constants
from nbflow.core.touches import UNTOUCHED, Change, Touches


class Known(Protocol):
    """What is known of the names that the cell finds."""

    def origin(self, name: str) -> str:
        """The full name of the module, or of the thing of a module, that *name* is bound to; empty: none."""

    def behind(self, path: str) -> Touches:
        """What calling the thing of this name, or full name, does, where its text is known."""

    def fits(self, name: str) -> bool | None:
        """Whether fitting the value of *name* draws from numpy's generator; None: nobody knows."""

    def seedable(self, path: str) -> bool | None:
        """Whether what has this full name takes a seed; None: it is not loaded."""

    def constant(self, name: str) -> Any:
        """The value of *name* if that is an immutable one that is known; else `NO_CONSTANT`."""


class Marks:
    """What was found so far at the point reached."""

    def __init__(self, known: Known, outside: Marks | None = None, own: Iterable[str] = ()) -> None:
        self.known = known
        self.constants = Constants(known.constant)
        self.paths: dict[str, str] = dict(outside.paths) if outside else {}
        """Names that are bound here -> the full names of what they stand for; empty: of nothing that has one."""
        self.paths |= dict.fromkeys(own, "")
        self.functions: dict[str, Touches] = dict(outside.functions) if outside else {}
        self.fits: dict[str, bool | None] = dict(outside.fits) if outside else {}
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.seeds: set[str] = set()
        self.fixed: set[str] = set()
        self.depends: set[str] = set()
        self.changes: list[tuple[str, Change]] = []
        self.opaque: set[str] = set()
        """Settings that are changed in a way that cannot be carried out elsewhere."""
        self.scoped: list[str] = []
        """Settings that are put back at the end of a ``with`` statement around."""
        self.depth = 1 if outside else 0
        """Above 0 where it is not sure that the code runs, or when."""

    def touches(self) -> Touches:
        """What was found."""
        return Touches(
            frozenset(self.reads),
            frozenset(self.writes),
            frozenset(self.seeds),
            frozenset(self.fixed),
            frozenset(self.depends),
            tuple((name, change) for name, change in self.changes if name not in self.opaque),
            self.functions,
            self.fits,
        )

    # --- what happens to state
    def draw(self, generator: str) -> None:
        if generator not in self.fixed:
            self.reads.add(generator)
        self.writes.add(generator)

    def seed(self, generators: Iterable[str]) -> None:
        self.writes.update(generators)
        self.seeds.update(generators)
        self.fixed.update(generators)

    def change(self, setting: str | None, change: Change | None) -> None:
        if setting is None or setting in self.scoped:
            return
        self.reads.add(setting)
        self.writes.add(setting)
        if change is None or self.depth:
            self.opaque.add(setting)
        else:
            self.changes.append((setting, change))

    def apply(self, touches: Touches, sure: bool) -> None:
        """Code that does *touches* runs, for *sure* or perhaps."""
        if touches is UNTOUCHED:
            return
        self.reads |= touches.reads - self.fixed - set(self.scoped)
        self.writes |= touches.writes - set(self.scoped)
        self.opaque |= touches.writes & SETTINGS
        self.seeds |= touches.seeds
        self.depends |= touches.depends
        if sure:
            self.fixed |= touches.fixed

    # --- names
    def path(self, node: ast.expr) -> str | None:
        """The full name of what *node* stands for; None where it has none."""
        match node:
            case ast.Name(id=name):
                found = self.paths[name] if name in self.paths else self.known.origin(name)
                return found or None
            case ast.Attribute(value=inner, attr=name):
                around = self.path(inner)
                return full_names.canonical(f"{around}.{name}") if around else None
            case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(module))]):
                return module
            case ast.Call(func=function, args=[]) if self.path(function) == "decimal.getcontext":
                return settings.CONTEXT
        return None

    def bind(self, target: ast.expr, path: str = "", fits: bool | None = None) -> None:
        """The names of *target* stand for something else now."""
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.name(node.id, path, fits)

    def name(self, name: str, path: str = "", fits: bool | None = None) -> None:
        self.paths[name] = path
        self.fits[name] = fits
        self.functions.pop(name, None)
        self.constants.forget(name)

    def forget(self, node: ast.expr) -> None:
        """The object that *node* is a part of changes."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name):
            self.constants.forget(node.id)

    def fitted(self, node: ast.expr) -> bool | None:
        """Whether fitting, or drawing a sample of, what *node* gives draws from numpy's generator; None: who knows."""
        match node:
            case ast.Name(id=name):
                return self.fits[name] if name in self.fits else self.known.fits(name)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return _any(map(self.fitted, parts))
            case ast.Dict(values=parts):
                return _any(map(self.fitted, parts))
            case ast.Constant() | ast.JoinedStr() | ast.UnaryOp() | ast.Compare():
                return False
            case ast.Call(func=function) if path := self.path(function):
                return self.made(path, node)
            case ast.Call(func=ast.Attribute(value=inner)):
                return self.fitted(inner)
        return None

    def made(self, path: str, node: ast.Call) -> bool | None:
        """The same for what a call of *path* makes."""
        package, options = path.partition(".")[0], frozenset(each.arg for each in node.keywords)
        if package in ("random", "numpy"):
            return False
        given = [*node.args, *(each.value for each in node.keywords)]
        if package not in estimating.RANDOMISED:
            return None
        nested = any(self.fitted(each) is True for each in given)
        if nested or seeded_by_itself(node) or estimating.steady(path, options):
            return nested
        return self.known.seedable(path) is not False


def _any(found: Iterable[bool | None]) -> bool | None:
    """True if one is, None if one may be."""
    kinds = set(found)
    return True if True in kinds else None if None in kinds else False


def seeded_by_itself(node: ast.Call) -> bool:
    """Whether a call names a seed for itself, other than None."""
    return any(
        each.arg in estimating.SEEDS and not (isinstance(each.value, ast.Constant) and each.value.value is None)
        for each in node.keywords
    )
