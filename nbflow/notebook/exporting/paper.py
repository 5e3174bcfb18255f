"""Reading a notebook from its text alone: what each cell is, and what names it reads and leaves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from nbflow.core.hidden import GENERATORS
from nbflow.core.hidden_reading import read_touches
from nbflow.core.hidden_values import NO_CONSTANT
from nbflow.core.names import Names, Uses, read_names
from nbflow.core.rules import Rule
from nbflow.core.touches import UNTOUCHED, Touches
from nbflow.errors import NbflowError
from nbflow.notebook.exporting.cells import Cell
from nbflow.notebook.exporting.plainly import Line, plainly
from nbflow.notebook.grammar import Read, read
from nbflow.notebook.handlers import Handlers
from nbflow.notebook.line import JobHeader, parse_job, split_header
from nbflow.notebook.options import OPTIONS
from nbflow.notebook.tokens import tokenize
from nbflow.notebook.transform import plain, reveal

_AS_TEXT = tuple(replace(option, parse=str) for option in OPTIONS)
_VERBATIM = frozenset(f"--{option.name}" for option in OPTIONS if option.verbatim or option.template)


@dataclass
class Piece:
    """One cell, read. *code* is plain Python; a job has a *header*, and *options* as they were typed."""

    cell: Cell
    kind: Literal["code", "job"]
    code: str
    names: Names = field(default_factory=Names)
    direct: frozenset[str] = frozenset()
    """What its own text mentions of `names.needed`; the rest is needed by functions that it calls."""
    header: JobHeader | None = None
    options: dict[str, Any] = field(default_factory=dict)
    typed: str = ""
    """The first line of a job."""
    modules: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The job's name, or the cell's number."""
        return self.header.name if self.header is not None else f"cell {self.cell.number}"

    @property
    def outputs(self) -> frozenset[str]:
        """What it leaves: of a job, what its header says."""
        own = {loop.variable for loop in self.header.loops} if self.header is not None else set()
        if self.header is not None and self.header.outputs is not None:
            return frozenset(self.header.outputs)
        return frozenset(name for name in self.names.writes if name not in own)


class Paper:
    """Reads cells one after the other, and remembers what their functions and modules are."""

    def __init__(self, line: Line = lambda *_: None) -> None:
        self._line = line
        self._functions: dict[str, Uses] = {}
        self._touching: dict[str, Touches] = {}
        self._origins: dict[str, str] = {}
        self.callables: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self._defaults: dict[str, Any] = {}
        self._seeded: set[str] = set()

    def read(self, cells: Iterable[Cell]) -> list[Piece]:
        """All cells.

        Raises:
            NbflowError: one of them cannot be read.
        """
        return [self._read(cell) for cell in cells if cell.text.strip()]

    def _read(self, cell: Cell) -> Piece:
        lines = cell.text.lstrip("\n").split("\n")
        try:
            if re.match(r"%%job\b", lines[0]):
                piece = self._job(cell, lines[0], "\n".join(lines[1:]))
            else:
                piece = self._ordinary(cell)
        except (NbflowError, SyntaxError) as error:
            raise NbflowError(f"cell {cell.number} cannot be exported: {error}") from error
        self._learn(piece)
        return piece

    def _ordinary(self, cell: Cell) -> Piece:
        self._default(cell.text)
        found = plainly(cell.text, self._line)
        piece = Piece(cell, "code", found.code, modules=found.modules, notes=found.notes)
        piece.names = self._names(cell.text)
        piece.direct = _direct(cell.text) & piece.names.needed
        return piece

    def _job(self, cell: Cell, line: str, below: str) -> Piece:
        rest = line.removeprefix("%%job")
        header = parse_job(rest, below, expand=_any, handlers=_AnyHandlers())
        more, _ = split_header(below)
        options = {**self._defaults, **_texts((rest, *more)).values}
        found = plainly(header.body, self._line) if not header.bash else plainly("")
        body = header.body if not header.bash else ""
        piece = Piece(cell, "job", found.code, header=header, options=options, typed=line, modules=found.modules)
        piece.notes = found.notes
        extra = f"({header.condition})" if header.condition else ""
        names = self._names(f"{extra}\n{body}" if extra else body)
        wanted = self._called(header)
        piece.names = replace(names, reads=names.reads | wanted)
        piece.direct = (_direct(f"{extra}\n{body}") & piece.names.needed) | wanted
        if header.inputs is not None:
            piece.names = replace(piece.names, reads=frozenset(header.inputs) | wanted, maybe=frozenset())
            piece.direct = piece.names.reads
        return piece

    def _called(self, header: JobHeader) -> frozenset[str]:
        """What its rollback and fallback have to be given."""
        found = set[str]()
        for call in filter(None, (header.rollback, header.fallback)):
            if call.startswith("="):
                found |= _direct(call[1:])
            elif call in self.callables:
                found |= {each.arg for each in parameters(self.callables[call])}
        return frozenset(found)

    def _names(self, text: str) -> Names:
        shown = reveal(plain(text).code)
        modules = frozenset(self._origins)
        names = read_names(shown, modules=modules, behind=lambda name: self._functions.get(name, Uses()))
        if names.syntax_error is not None:
            raise NbflowError(f"line {names.syntax_error.line}: {names.syntax_error.message}")
        tree = shown if isinstance(shown, ast.Module) else ast.parse(shown)
        touches = read_touches(tree, _Known(self._origins, self._touching))
        self._seeded |= touches.seeds & GENERATORS
        reads = touches.reads & self._seeded
        writes = touches.writes & (self._seeded | touches.seeds)
        return replace(names, reads=names.reads | reads, writes=names.writes | writes, touches=touches)

    def _learn(self, piece: Piece) -> None:
        for name in piece.names.writes:
            for known in (self._functions, self._touching, self._origins):
                known.pop(name, None)
        self._functions |= piece.names.functions
        self._touching |= piece.names.touches.functions
        for statement in ast.walk(ast.parse(piece.code)):
            match statement:
                case ast.Import(names=names):
                    self._origins |= {(a.asname or a.name.partition(".")[0]): _whole(a) for a in names}
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    self._origins |= {(a.asname or a.name): f"{module}.{a.name}" for a in names}
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.callables[statement.name] = statement

    def _default(self, text: str) -> None:
        for name, value in re.findall(r"^\s*%config\s+NBFlow\.(retries|timeout)\s*=\s*(\S+)", text, re.MULTILINE):
            self._defaults[name] = value


def _whole(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """The named parameters of *function*."""
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def _direct(text: str) -> frozenset[str]:
    """The names that a text itself meets before it binds them, as far as the text alone tells."""
    shown = reveal(plain(text).code)
    tree = shown if isinstance(shown, ast.Module) else ast.parse(shown)
    return read_names(tree).needed | {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}


def _texts(lines: Iterable[str]) -> Read:
    """What a header says, each value as its text."""
    words = [token for line in lines for token in tokenize(line, verbatim=_VERBATIM)]
    return read(words, _AS_TEXT)


def _any(_: str) -> str:
    """Stands for the value of an expression between braces, which is known when the file runs."""
    return "1"


class _AnyHandlers(Handlers):
    """Stands for the notebook's handlers: their rules are their own business."""

    def rules(self, name: str) -> tuple[Rule, ...]:  # noqa: ARG002
        """None."""
        return ()


@dataclass(frozen=True)
class _Known:
    """What the cells before have said of names, for reading what a cell does to hidden state."""

    origins: dict[str, str]
    touching: dict[str, Touches]

    def origin(self, name: str) -> str:
        return self.origins.get(name, "")

    def behind(self, path: str) -> Touches:
        return self.touching.get(path, UNTOUCHED)

    def fits(self, name: str) -> bool | None:  # noqa: ARG002 - nobody knows
        return None

    def seedable(self, path: str) -> bool | None:  # noqa: ARG002
        return None

    def constant(self, name: str) -> Any:  # noqa: ARG002
        return NO_CONSTANT
