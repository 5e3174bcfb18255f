"""From a cell as typed to plain Python: to run it, and to read its names with magics seen for what they do."""

from __future__ import annotations

import ast
import copy
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Transformed:
    """A cell in plain Python."""

    code: str
    """What runs; magics have become calls of IPython's shell."""
    reading: ast.Module | str
    """What to read names from: the tree of *code* with the code and the names inside of magics in the open, or, where
    the cell is no Python, its text."""
    shell: bool = False
    """*code* needs an IPython shell to run: it has magics, ``!``, ``?`` or awaits at its top level."""
    magics: tuple[str, ...] = ()
    """The magics used: ``%time``, ``%%bash``, ``!`` …"""


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
        return Transformed(code, text if code.strip() == text.strip() else code, shell=code != text)
    magics = tuple(dict.fromkeys(call.shown for call in _magic_calls(tree)))
    return Transformed(code, reveal(tree), shell=bool(magics) or _awaits(tree) or "get_ipython" in code, magics=magics)


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
        shown = _Revealer().visit(copy.deepcopy(statement)) if _has_magic(statement) else statement
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


def _awaits(tree: ast.AST) -> bool:
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


# --- magics as calls


@dataclass(frozen=True)
class _Magic:
    """One call that a magic became: *kind* is the shell's method, the texts are what was typed."""

    kind: str
    name: str
    line: str
    body: str = ""

    @property
    def shown(self) -> str:
        return {"run_line_magic": f"%{self.name}", "run_cell_magic": f"%%{self.name}"}.get(self.kind, "!")


def _magic(node: ast.AST) -> _Magic | None:
    """The magic that the expression *node* is, if it is one."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=kind), args=args):
            texts = [each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if kind in ("run_line_magic", "run_cell_magic") and len(texts) == len(args) >= 2:
                return _Magic(kind, *texts[:3])
            if kind in ("system", "getoutput") and len(texts) == len(args) == 1:
                return _Magic(kind, "", texts[0])
    return None


def _has_magic(statement: ast.stmt) -> bool:
    return next(_magic_calls(statement), None) is not None


def _magic_calls(tree: ast.AST) -> Iterator[_Magic]:
    return filter(None, map(_magic, ast.walk(tree)))


_TIMED = frozenset({"time", "prun", "memit", "mprun", "lprun"})
"""Magics that run code in the notebook's namespace."""
_OPAQUE = frozenset(
    {"run", "store", "pylab", "load", "edit", "macro", "recall", "rerun", "paste", "cpaste", "reset", "xdel"}
)
"""Line magics that bind names nobody can foresee."""
_PROCESS = frozenset({"env", "set_env", "cd", "pushd", "popd", "dotenv", "reload_dotenv"})
"""Line magics that change environment variables or the working folder."""
_FOREIGN = frozenset(
    {"bash", "sh", "script", "cmd", "system", "sx", "!", "perl", "ruby", "python", "python2", "python3", "pypy"}
    | {"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG", "writefile", "file"}
)
"""Cell magics whose body is a text of another language, or of another process."""


class _Revealer(ast.NodeTransformer):
    """Replaces calls of magics by Python that does the same to names."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        magic = _magic(node.value)
        return self.generic_visit(node) if magic is None else (_statements(magic) or node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        magic = _magic(node)
        if magic is None:
            return self.generic_visit(node)
        match _statements(magic):
            case [ast.Expr(value=value)]:
                return value
            case [ast.Assign() | ast.Pass(), *_]:
                return ast.Constant(None)
        return node


def _statements(magic: _Magic) -> list[ast.stmt]:
    """Python that does to names what *magic* does; empty if that cannot be known."""
    match magic.kind, magic.name:
        case "run_line_magic", name if name in _TIMED:
            return _code(_without_flags(magic.line))
        case "run_line_magic", "timeit":
            return _apart(_code(_without_flags(magic.line)))
        case "run_line_magic", "pinfo" | "pinfo2":
            return _tuple([magic.line])
        case "run_line_magic", name if name in _PROCESS:
            return _on_process(name, magic.line)
        case "run_line_magic", name if name in _OPAQUE:
            return []
        case "run_cell_magic", "timeit":
            return _apart(_code(_without_flags(magic.line)) + _code(magic.body))
        case "run_cell_magic", "capture":
            return _bind(word for word in magic.line.split() if not word.startswith("-")) + _code(magic.body)
        case "run_cell_magic", name if name in _TIMED:
            return _code(magic.body)
        case "run_cell_magic", name if name in _FOREIGN:
            streams = re.findall(r"--(?:out|err|proc)[ =]+(\w+)", magic.line)
            return _tuple(_interpolated(magic.line)) + _bind(streams)
        case "run_cell_magic", _:
            return []
    return _tuple(_interpolated(magic.line))


def _on_process(name: str, line: str) -> list[ast.stmt]:
    """Python that does to the process what a magic of `_PROCESS` does, and reads what it reads."""
    read = _tuple(_interpolated(line))
    known = "{" not in line and "$" not in line
    if name in ("env", "set_env"):
        key, _, value = line.strip().partition("=" if "=" in line else " ")
        if not value.strip():
            return read  # only shows
        text = f"__import__('os').environ[{key.strip()!r}] = {value.strip()!r}"
        return [*read, *ast.parse(text if known else "__import__('os').environ.setdefault('')").body]
    if name in ("cd", "pushd"):
        folder = next((word for word in line.split() if word != "-q"), "")
        plainly = known and folder and not folder.startswith(("-", "~", "'", '"')) and line.split()[-1] == folder
        return [*read, *ast.parse(f"__import__('os').{'chdir' if plainly else 'fchdir'}({folder!r})").body]
    return [*read, *ast.parse("__import__('os').fchdir(0)" if name == "popd" else "__import__('os').environ.pop('')").body]


def _code(text: str) -> list[ast.stmt]:
    """The statements of code inside of a magic, magics inside of it revealed."""
    reading = plain(text).reading
    return [] if isinstance(reading, str) else reading.body or [ast.Pass()]


def _without_flags(line: str) -> str:
    """The code of ``-n 3 -q f(x)``."""
    return re.sub(r"^\s*(?:-[a-zA-Z]\w*(?:\s+\d+)?\s+|-[nrt]\s*\d+\s+)*", "", line)


def _apart(body: list[ast.stmt]) -> list[ast.stmt]:
    """*body* run as ``%timeit`` does: in a function of its own, so what it binds is not kept."""
    if not body:
        return []
    function = ast.parse("def _(): pass\n_()").body
    function[0].body = body  # type: ignore[attr-defined]
    return function


def _bind(names: Iterable[str]) -> list[ast.stmt]:
    return [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)) for name in names if name.isidentifier()]


def _tuple(expressions: Iterable[str]) -> list[ast.stmt]:
    """A statement that reads what *expressions* read; those that are no Python are texts."""
    found = [node for node in map(_expression, expressions) if node is not None]
    return [ast.Expr(ast.Tuple(found, ast.Load()))]


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _interpolated(text: str) -> list[str]:
    """The expressions that IPython replaces in ``ls {folder} $name``; ``$$name`` is the other shell's.

    >>> _interpolated("ls {a + 'x'} $b.c $$d {e:>3}")
    ["a + 'x'", 'e', 'b.c']
    """
    try:
        braces = [field for _, field, _, _ in string.Formatter().parse(text) if field]
    except ValueError:
        braces = []
    return braces + re.findall(r"(?<![$\\])\$([A-Za-z_][\w.]*)", text)
