"""What of the ordinary cells may stand at the top of a module: imports, functions, classes, plain constants."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Collection, Sequence

from nbflow.core.hidden import GENERATORS
from nbflow.core.names import read_names
from nbflow.notebook.exporting.paper import Piece
from nbflow.notebook.exporting.texts import Chunk, chunks

_BUILTINS = frozenset(dir(builtins))


class Hoisting:
    """Takes ordinary cells apart: what means the same at the top of the module, and what has to stay in its order.

    Attributes:
        definitions: the functions, classes and modules of ordinary cells so far, at the top or not.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._bound = Counter(name for piece in pieces for name in {*piece.names.writes, *piece.names.deletes})
        self.definitions: set[str] = set()
        self._top: set[str] = set()
        self._settled = True
        """Nothing has changed a setting that imports may depend on."""

    def split(self, piece: Piece) -> tuple[str, str]:
        """The code of *piece* for the top, and the rest."""
        top, rest = list[str](), list[str]()
        for chunk in chunks(piece.code):
            self._note(chunk)
            (top if self._may_rise(chunk) else rest).append(chunk.text)
        for name in piece.names.writes - {n for chunk in chunks(piece.code) for n in _defined(chunk)}:
            self.definitions.discard(name)
        self._settled &= not piece.names.touches.writes - GENERATORS
        return "\n".join(top), "\n".join(rest)

    def imported(self, piece: Piece, later: Collection[str]) -> list[str]:
        """The imports that a job's body leaves to those after it: whoever reads them finds them at the top, too."""
        found = []
        for statement in ast.parse(piece.code).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                names = [each for each in statement.names if _bound(each) in piece.names.imports & set(later)]
                self.definitions |= {_bound(each) for each in names}
                self._top |= {_bound(each) for each in names}
                statement.names = names
                found += [ast.unparse(statement)] if names else []
        return found

    def _note(self, chunk: Chunk) -> None:
        self.definitions |= _defined(chunk)

    def _may_rise(self, chunk: Chunk) -> bool:
        found = bool(chunk.statements) and all(self._is_plain(each) for each in chunk.statements)
        if found:
            self._top |= {name for each in chunk.statements for name in _names(each)}
        return found

    def _is_plain(self, statement: ast.stmt) -> bool:
        names = _names(statement)
        if not names or any(self._bound[name] != 1 for name in names):
            return False
        match statement:
            case ast.Import() | ast.ImportFrom():
                return self._settled and "*" not in names
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                now = read_names(ast.Module([_shell(statement)], [])).needed
                return now <= self._top | _BUILTINS
            case ast.Assign(targets=[ast.Name()], value=value):
                return _is_constant(value)
        return False


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _defined(chunk: Chunk) -> set[str]:
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {name for each in chunk.statements if isinstance(each, kinds) for name in _names(each)}


def _names(statement: ast.stmt) -> set[str]:
    """The names that a simple statement binds."""
    match statement:
        case ast.Import(names=names):
            return {each.asname or each.name.partition(".")[0] for each in names}
        case ast.ImportFrom(names=names):
            return {each.asname or each.name for each in names}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
    return set()


def _shell(statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.stmt:
    """What of a definition is evaluated at once: of a function not its body."""
    if isinstance(statement, ast.ClassDef):
        return statement
    made = ast.FunctionDef(
        name=statement.name,
        args=statement.args,
        body=[ast.Pass()],
        decorator_list=statement.decorator_list,
        returns=statement.returns,
    )
    return ast.fix_missing_locations(ast.copy_location(made, statement))


def _is_constant(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.Tuple(elts=parts):
            return all(map(_is_constant, parts))
    return False
