"""The line of a magic as text: its options, the names in it, and Python that does with names what it does."""

from __future__ import annotations

import ast
import re
import shlex
import string
from collections.abc import Iterable

WORD = re.compile(r"(?<![\w.\"'-])([A-Za-z_]\w*)")
"""A name in a text that is no attribute, no option and no literal."""


def words_of(line: str) -> list[str]:
    """The words of *line*, quotes and all that as in a shell where they are in order."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def without_flags(line: str, valued: str | None) -> str:
    """The code of ``-n 3 -q f(x)``; the options in *valued* take a value, which may follow at once; None: it has none.

    >>> without_flags("-n3 -r 2 -q f(x)", "nr"), without_flags("-x * 2", None)
    ('f(x)', '-x * 2')
    """
    short = rf"-[{valued or '-'}]\s*[\w./:]+|-[a-zA-Z]+|" if valued is not None else ""
    option = re.compile(rf"\s*(?:{short}--[\w-]+(?:=\S+)?)\s+")
    while found := option.match(line):
        line = line[found.end() :]
    return line


def apart(body: list[ast.stmt]) -> list[ast.stmt]:
    """*body* run as ``%timeit`` does: in a function of its own, so what it binds is not kept."""
    if not body:
        return []
    function = ast.parse("def _(): pass\n_()").body
    function[0].body = body  # type: ignore[attr-defined]
    return function


def bind(names: Iterable[str]) -> list[ast.stmt]:
    """Statements that bind *names*."""
    return [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)) for name in names if name.isidentifier()]


def perhaps(names: Iterable[str]) -> list[ast.stmt]:
    """Statements that read *names* if they exist."""
    tests = [f"{name!r} in globals()" for name in dict.fromkeys(names)]
    return ast.parse("\n".join(tests)).body


def reading(expressions: Iterable[str]) -> list[ast.stmt]:
    """A statement that reads what *expressions* read; those that are no Python are texts."""
    found = [node for node in map(_expression, expressions) if node is not None]
    return [ast.Expr(ast.Tuple(found, ast.Load()))]


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def interpolated(text: str) -> list[str]:
    """The expressions that IPython replaces in ``ls {folder} $name``; ``$$name`` is the other shell's.

    >>> interpolated("ls {a + 'x'} $b.c $$d {e:>3}")
    ["a + 'x'", 'e', 'b.c']
    """
    try:
        braces = [field for _, field, _, _ in string.Formatter().parse(text) if field]
    except ValueError:
        braces = []
    return braces + re.findall(r"(?<![$\\])\$([A-Za-z_][\w.]*)", text)
