"""From a cell as typed to plain Python: to run it, and to read its names with magics seen for what they do."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from nbflow.notebook.revealing import Magic, magic_of, statements_of


@dataclass(frozen=True)
class Transformed:
    """A cell in plain Python."""

    code: str
    """What runs; magics have become calls of IPython's shell."""
    shell: bool = False
    """*code* needs an IPython shell to run: it has magics, ``!``, ``?`` or awaits at its top level."""
    magics: tuple[str, ...] = ()
    """The magics used: ``%time``, ``%%bash``, ``!`` …"""

    @property
    def reading(self) -> ast.Module | str:
        """What to read names from: the tree of `code` with the code and the names inside of magics in the open, or,
        where that is no Python, its text."""
        return reveal(self.code) if "get_ipython" in self.code else _parsed(self.code) or self.code


def plain(text: str, transform: Callable[[str], str] | None = None) -> Transformed:
    """Transform a cell as IPython would, or as *transform* (a shell's ``transform_cell``) does.

    A text that is Python already is left as it is: nothing that IPython understands more in is valid Python.

    >>> cell = plain("files = !ls {folder}\\n%time x = f(y)")
    >>> cell.shell, cell.magics, ast.unparse(cell.reading)
    (True, ('!', '%time'), 'files = (folder,)\\nx = f(y)')
    """
    code, tree = text, _parsed(text)
    if tree is None:
        code = (transform or _transform)(text)
        tree = _parsed(code)
    if tree is None:
        return Transformed(text if code.strip() == text.strip() else code, shell=code != text)
    ours = "get_ipython" in code
    magics = tuple(dict.fromkeys(call.shown for call in _magic_calls(tree))) if ours else ()
    return Transformed(code, shell=ours or (("await" in code or "async" in code) and awaits(tree)), magics=magics)


def reveal(code: ast.Module | str) -> ast.Module | str:
    """Transformed code, or its tree, with the code and names inside of magics in the open; itself if it has none.

    Magics whose effect on names cannot be known, such as ``%run``, stay calls.

    >>> ast.unparse(reveal(ast.parse("get_ipython().run_cell_magic('capture', 'out', 'x = 1')")))
    'out = None\\nx = 1'
    """
    if isinstance(code, str) and "get_ipython" not in code:
        return code
    tree = _parsed(code) if isinstance(code, str) else code
    if tree is None or not any(_has_magic(statement) for statement in tree.body):
        return code
    body: list[ast.stmt] = []
    for statement in tree.body:
        shown = statement
        if _has_magic(statement):
            shown = _Revealer().visit(statement if tree is not code else copy.deepcopy(statement))
        body += shown if isinstance(shown, list) else [shown]
    return ast.fix_missing_locations(ast.Module(body, []))


@cache
def _manager() -> Callable[[str], str]:
    from IPython.core.inputtransformer2 import TransformerManager

    transform: Callable[[str], str] = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    return transform


def _transform(text: str) -> str:
    return _manager()(text)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def awaits(tree: ast.AST) -> bool:
    """Whether *tree* awaits outside of functions."""
    ahead = [tree]
    while ahead:
        node = ahead.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                continue
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith() | ast.comprehension(is_async=1):
                return True
        ahead += ast.iter_child_nodes(node)
    return False


def _has_magic(statement: ast.stmt) -> bool:
    return next(_magic_calls(statement), None) is not None


def _magic_calls(tree: ast.AST) -> Iterator[Magic]:
    return filter(None, map(magic_of, ast.walk(tree)))


def _code(text: str) -> list[ast.stmt] | None:
    """The statements of code inside of a magic, magics inside of it revealed; None if it is no Python."""
    reading = plain(text).reading
    return None if isinstance(reading, str) else reading.body or [ast.Pass()]


class _Revealer(ast.NodeTransformer):
    """Replaces calls of magics by Python that does the same to names."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        magic = magic_of(node.value)
        return self.generic_visit(node) if magic is None else (statements_of(magic, node.value, _code) or node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        magic = magic_of(node.value)
        match statements_of(magic, node.value, _code) if magic is not None else []:
            case [] | [ast.Expr()]:
                return self.generic_visit(node)
            case statements:
                return [*statements, ast.Assign(node.targets, ast.Constant(None))]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        magic = magic_of(node)
        if magic is None:
            return self.generic_visit(node)
        match statements_of(magic, node, _code):
            case [ast.Expr(value=value)]:
                return value
            case [ast.Assign() | ast.Pass(), *_]:
                return ast.Constant(None)
        return node
