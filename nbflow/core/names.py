"""What a cell reads and writes, from its text: the ground of sequential equivalence.

Statements are followed in their order, so that a name counts as read only where the cell may meet the value it had
before. In doubt the reading errs towards waiting: a name too many costs time, a name too few a wrong value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from nbflow.core.bindings import GIVEN, Reading
from nbflow.core.flow import Flow
from nbflow.core.holding import unknown
from nbflow.core.scopes import class_uses, function_uses, text_uses
from nbflow.core.signatures import imported
from nbflow.core.texts import no_texts
from nbflow.core.touches import UNTOUCHED, Touches
from nbflow.core.uses import NOTHING, Uses, code_uses, globals_of, union
from nbflow.core.walker import nodes

__all__ = [
    "NOTHING",
    "Names",
    "SyntaxFault",
    "Uses",
    "class_uses",
    "code_uses",
    "function_uses",
    "globals_of",
    "read_names",
    "text_uses",
    "union",
]


@dataclass(frozen=True)
class SyntaxFault:
    """Where and why a text is no Python."""

    line: int
    message: str


@dataclass(frozen=True)
class Names:
    """What one cell does with the names of the notebook. Builtins and names that Jupyter itself gives never count."""

    reads: frozenset[str] = frozenset()
    """Met with the value they had before the cell."""
    sure: frozenset[str] = frozenset()
    """Those of `reads` that every way through the cell reads."""
    maybe: frozenset[str] = frozenset()
    """Needed if they exist: written on some paths only (on the others the old value stays), or read by code that may or
    may not run before the cell writes them."""
    writes: frozenset[str] = frozenset()
    """Bound or changed in place when the cell ends, on some path at least."""
    certain: frozenset[str] = frozenset()
    """Those of `writes` that exist at the end on every path."""
    deletes: frozenset[str] = frozenset()
    """Gone at the end, on some path at least; one that is in `writes` too may be either."""
    mutates: frozenset[str] = frozenset()
    """Those of `writes` whose object is older than the cell and is changed in place."""
    passing: frozenset[str] = frozenset()
    """Those of `writes` that only ``for`` and ``with`` statements bind: seldom wanted later, often not storable."""
    imports: frozenset[str] = frozenset()
    """Those of `writes` that an import binds."""
    packages: frozenset[str] = frozenset()
    """Top-level packages imported: hints for preloading."""
    functions: dict[str, Uses] = field(default_factory=dict)
    """What the functions, classes and objects of classes made here will use when somebody calls them later."""
    kinds: dict[str, str] = field(default_factory=dict)
    """What kind of value those of `writes` are bound to of which the text tells it (see `kinds.kind_of`)."""
    texts: dict[str, str] = field(default_factory=dict)
    """The texts that those of `writes` are bound to whose text is known; empty: no text."""
    asks: tuple[str, ...] = ()
    """Why names may be read that are not told here, in words: ``eval() in line 3``."""
    binds: tuple[str, ...] = ()
    """Why names may be bound that are not told here, in words: ``exec() in line 3``, ``%run``, a star import."""
    needs_shell: bool = False
    """The text awaits at its top level, uses `display` or a magic, or ends in a value to show."""
    syntax_error: SyntaxFault | None = None
    touches: Touches = UNTOUCHED
    """What the cell does to state that hides in modules, of which `reads` and `writes` tell what matters now."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """Why the reading is incomplete, each reason once."""
        return tuple(dict.fromkeys([*self.asks, *self.binds]))

    @property
    def needed(self) -> frozenset[str]:
        """`reads` and `maybe`: everything to wait for."""
        return self.reads | self.maybe


def read_names(
    code: str | ast.Module,
    *,
    modules: frozenset[str] = frozenset(),
    shadowed: frozenset[str] = frozenset(),
    behind: Callable[[str], Uses] | None = None,
    kind: Callable[[str], str] = unknown,
    texts: Callable[[str], str | None] = no_texts,
    methods: Callable[[], frozenset[str]] = frozenset,
    classes: Callable[[], frozenset[str]] = frozenset,
) -> Names:
    """Read a cell's names.

    Args:
        code: plain Python (IPython's transformation done), or its tree.
        modules: names known to be modules or imported functions: calling their methods changes nothing.
        shadowed: names of builtins that the notebook has bound anew.
        behind: what the object that a name is bound to before the cell uses when it is called, such as the globals of a
            notebook's function (see `code_uses`); asked for each name met, and for the names it gives.
        kind: what kind of value a name is bound to before the cell (see `holding.Kind`).
        texts: the text that a name is bound to before the cell; "" if its value is none, None if nobody knows.
        methods: the methods of the notebook's classes that change the object they are called on; asked if it matters.
        classes: the names of the notebook's classes, which unpickling may look for; asked if it matters.

    >>> names = read_names("y = [f(x) for x in xs]; z += 1; rows.append(y)")
    >>> sorted(names.reads), sorted(names.writes), sorted(names.mutates)
    (['f', 'rows', 'xs', 'z'], ['rows', 'y', 'z'], ['rows', 'z'])
    """
    try:
        tree = ast.parse(code) if isinstance(code, str) else code
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Names(syntax_error=SyntaxFault(getattr(error, "lineno", None) or 1, getattr(error, "msg", str(error))))
    known = cache(behind or (lambda _: NOTHING))
    reading = Reading(modules, GIVEN - shadowed, known, kind, texts, cache(methods), classes)
    flow = Flow(reading)
    try:
        for statement in tree.body:
            flow.visit(statement)
    except RecursionError:
        return _roughly(tree, reading.given)
    return _summary(flow, reading, tree)


def _roughly(tree: ast.Module, given: frozenset[str]) -> Names:
    """The names of a cell that is nested too deeply to be followed, such as a sum of a thousand terms: all it has."""
    loaded, stored = set[str](), set[str]()
    for node in nodes(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loaded.add(name)
            case (
                ast.Name(id=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                stored.add(name)
            case ast.Import() | ast.ImportFrom():
                stored.update(imported(node))
    reads, writes = frozenset(loaded - given), frozenset(stored)
    return Names(reads=reads - writes, maybe=writes, writes=writes, needs_shell=True)


def _summary(flow: Flow, reading: Reading, tree: ast.Module) -> Names:
    end = flow.state
    spared = end.gone - end.lost
    writes = frozenset(name for name in end.bound | spared if not _OURS.fullmatch(name))
    later = frozenset(reading.later)
    reads = frozenset(reading.reads) | (later - writes)
    lasting = end.defined | end.seen
    return Names(
        reads=reads,
        sure=reads & end.seen,
        maybe=((writes - end.covered - end.seen) | later | reading.hints) - reads,
        writes=writes,
        certain=writes & lasting,
        deletes=frozenset(end.gone),
        mutates=writes & reading.mutates,
        passing=writes & reading.passing,
        imports=writes & reading.imports,
        packages=frozenset(reading.packages),
        functions={name: reading.outside(uses) for name, uses in end.functions.items() if name in writes},
        kinds={name: kind for name, kind in end.kinds.items() if name in writes},
        texts={name: text for name, text in end.texts.items() if name in writes},
        asks=tuple(reading.asks),
        binds=tuple(reading.binds),
        needs_shell=reading.needs_shell or _shows(tree),
    )


_OURS = re.compile(r"_+|_i{1,3}|_i?\d+|_(?:ih|oh|dh)|In|Out")
"""Names that IPython keeps for itself: a cell may bind them, but they are nobody's output."""


def _shows(tree: ast.Module) -> bool:
    """Whether the cell ends in an expression whose value Jupyter would show."""
    match tree.body[-1:]:
        case [ast.Expr(value=ast.Call(func=ast.Name(id="print")) | ast.Constant(value=None))]:
            return False
        case [ast.Expr()]:
            return True
    return False
