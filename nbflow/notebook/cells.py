"""The hooks on ordinary cells: a plain call before the first statement waits for what the cell reads."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable
from typing import Any

from nbflow.core.hidden import hidden_in, is_hidden
from nbflow.core.names import Names
from nbflow.notebook.interrupt import uninterrupted
from nbflow.notebook.owners import Owners
from nbflow.notebook.reading import Reader

CALL = "__nbflow_bring__"

Bring = Callable[[Iterable[str], Iterable[str]], None]
"""Has the values of names in the namespace; the second names must be there then."""


class Cells:
    """An AST transformer of IPython and the callback after each cell.

    *bring* is called, from the cell itself, with the names it reads that jobs own; it may wait, and its errors are the
    cell's errors. *bring_all* is called for a cell of which nobody can tell what it reads.
    """

    def __init__(
        self,
        owners: Owners,
        namespace: dict[str, Any],
        reader: Reader,
        bring: Bring,
        bring_all: Callable[[], None],
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self.owners, self.namespace, self.reader = owners, namespace, reader
        self._bring, self._bring_all, self._settle = bring, bring_all, settle
        self._touched: set[str] = set()
        self._bound: set[str] = set()
        self._reset = False

    def visit(self, tree: ast.AST) -> ast.AST:
        """Put the waiting call into a cell that reads names owned by jobs; any other cell stays untouched."""
        self.notice()
        if not isinstance(tree, ast.Module) or not tree.body:
            return tree
        hidden = self.reader.hidden
        if not self.owners.makers:
            hidden.notice(self._read(tree).touches)
            return tree
        names = self._read(tree)
        hidden.notice(names.touches)
        hidden.look(hidden_in(names.reads | names.writes))
        self._touched |= names.mutates
        self._bound |= names.certain - names.reads
        self._reset |= any(map(_resets, names.unknown))
        reads = sorted(names.needed | names.deletes)
        wanted = {name for name in reads if name in self.owners.makers}
        blind = bool(names.asks)
        if wanted or blind:
            self.namespace[CALL] = self.bring
            tree.body.insert(_first(tree.body), _call(reads, sorted(names.sure & wanted), blind, tree.body[0]))
        return tree

    def _read(self, tree: ast.Module) -> Names:
        """The cell's names; where reading fails, which is a fault of ours, it may read everything.

        IPython would take an exception here for a reason to leave us out from now on.
        """
        try:
            return self.reader.read(tree)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            print(f"nbflow: what this cell reads could not be told ({told}): it waits for all jobs", file=sys.stderr)
            return Names(asks=("a cell that could not be read",))

    def bring(self, names: Iterable[str], sure: Iterable[str], blind: bool) -> None:
        """What the inserted call calls: with the names the cell may read, and those of them that it reads for sure."""
        __tracebackhide__ = True
        self._bring(names, sure)
        self._settle()  # a job that was waited for may have changed what it read
        if late := [name for name in names if name in self.owners.makers and name not in self.owners.brought]:
            self._bring(late, ())
        if blind:
            self._bring_all()

    def notice(self) -> None:
        """Whatever has bound or deleted names since the last cell, a callback or a thread: they are the kernel's own.

        So are, to their jobs, the names that jobs were found to have changed.
        """
        with uninterrupted():
            for name in list(self.owners.rebound(self.namespace)):
                self.owners.release(name)
        self._settle()

    def after(self, result: object = None) -> None:
        """After a cell: what it assigned, deleted or changed in place is the kernel's own from now on."""
        with uninterrupted():
            self.namespace.pop(CALL, None)
            self.reader.hidden.look_again()
            touched, self._touched = self._touched, set()
            bound, self._bound = self._bound if getattr(result, "success", False) else set(), set()
            reset, self._reset = self._reset, False
            changed = [name for name in touched | bound if name in self.owners.brought]
            gone = [name for name in self.owners.makers if reset and name not in self.namespace and not is_hidden(name)]
            for name in [*self.owners.rebound(self.namespace), *changed, *gone]:
                self.owners.release(name)


def _resets(unknown: str) -> bool:
    """Whether a magic deletes all names, those that are still to come included."""
    return unknown == "%reset"


def _first(body: list[ast.stmt]) -> int:
    """Where a statement may be put: after the ``__future__`` imports."""
    imports = [(at, each) for at, each in enumerate(body) if isinstance(each, ast.ImportFrom)]
    return max((at + 1 for at, each in imports if each.module == "__future__"), default=0)


def _call(names: list[str], sure: list[str], blind: bool, place: ast.stmt) -> ast.stmt:
    lists: list[ast.expr] = [ast.Tuple([ast.Constant(name) for name in each], ast.Load()) for each in (names, sure)]
    call = ast.Expr(ast.Call(ast.Name(CALL, ast.Load()), [*lists, ast.Constant(blind)], []))
    for node in ast.walk(call):
        ast.copy_location(node, place)
    return ast.fix_missing_locations(call)
