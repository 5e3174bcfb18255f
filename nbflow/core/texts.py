"""Texts as far as a cell tells them: literals, f-strings and concatenations, with holes for what is not known."""

from __future__ import annotations

import ast
import keyword
import re
import string
from collections.abc import Callable, Iterable

HOLE = "\0"
"""Stands in a text for a part that is not known."""

Texts = Callable[[str], str | None]
"""The text that a name is bound to; empty if its value is no text, None if that is not known."""


def no_texts(_: str) -> None:
    """A `Texts` that knows nothing."""


def template(node: ast.expr, texts: Texts = no_texts) -> str | None:
    """The text that *node* gives, with holes for what is not known; empty if it is no text, None if nothing is known.

    >>> template(ast.parse("f'a > {x} and b < @limit'", mode="eval").body)
    'a > \\x00 and b < @limit'
    """
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant() | ast.Lambda() | ast.Compare():
            return ""
        case ast.Name(id=name) | ast.Attribute(attr=name) if name[:1].isupper() and not name.isupper():
            return ""  # a class
        case ast.Name(id=name):
            return texts(name)
        case ast.JoinedStr(values=values):
            return "".join(_piece(each, texts) for each in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = template(left, texts), template(right, texts)
            return None if one is None and other is None else (one or HOLE) + (other or HOLE)
        case ast.BinOp(left=left, op=ast.Mod()):
            found = template(left, texts)
            return found and re.sub(r"%(\(\w+\))?[-+ #0]*[\d.]*[a-z]", HOLE, found)
        case ast.Call():
            return _made(node, texts)
    return None


def _piece(node: ast.expr, texts: Texts) -> str:
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.FormattedValue(value=ast.Constant(value=value), conversion=-1, format_spec=None):
            return str(value)
        case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None):
            return texts(name) or HOLE
    return HOLE


def _made(call: ast.Call, texts: Texts) -> str | None:
    match call:
        case ast.Call(func=ast.Attribute(value=inner, attr="format")):
            found = template(inner, texts)
            return found and re.sub(r"\{[^{}]*\}", HOLE, found)
        case ast.Call(func=ast.Attribute(value=inner, attr="strip" | "lstrip" | "rstrip"), args=[]):
            return template(inner, texts)
        case ast.Call(func=ast.Attribute(attr="dedent" | "cleandoc") | ast.Name(id="dedent" | "str"), args=[text]):
            return template(text, texts)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(glue)), attr="join"), args=[ast.List(elts=all_)]):
            return glue.join(template(each, texts) or HOLE for each in all_)
    return None


# --- names in texts
AFTER_AT = re.compile(r"@\s*([A-Za-z_]\w*)")
TABLE = re.compile(r"\b(?:from|join|into|update|describe|summarize)\s+\"?([A-Za-z_]\w*)\"?(?![\w(.'])", re.IGNORECASE)
SQL = re.compile(r"\s*(?:select|with|describe|summarize|insert|update|create|copy)\s", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w.\"'])([A-Za-z_]\w*)")
_KEYWORDS = frozenset(keyword.kwlist)
NOBODY = "__nbflow_hole__"
"""Stands for a hole where a text is read as Python."""


def expression(text: str) -> ast.expr | None:
    """*text* as an expression; None if it is none."""
    try:
        return ast.parse(text.strip().replace(HOLE, NOBODY), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None


def statements(text: str) -> list[ast.stmt] | None:
    """*text* as statements; None if it is no Python."""
    try:
        return ast.parse(text.replace(HOLE, NOBODY)).body
    except (SyntaxError, ValueError, RecursionError):
        return None


def words_of(text: str) -> frozenset[str]:
    """The names that stand in *text*, be it Python or something like it.

    >>> sorted(words_of("y ~ np.log(x) + C(g, 'a')"))
    ['C', 'g', 'np', 'x', 'y']
    """
    tree = statements(text)
    if tree is None:
        return frozenset(_WORD.findall(text)) - _KEYWORDS
    names = [node for each in tree for node in ast.walk(each) if isinstance(node, ast.Name)]
    return frozenset(node.id for node in names if isinstance(node.ctx, ast.Load) and NOBODY not in node.id)


def glued(nodes: Iterable[ast.AST]) -> bool:
    """Whether a hole is a part of a name: ``model_{i}``."""
    names = (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name))
    return any(NOBODY in each.id and each.id != NOBODY for each in names)


def fields(text: str) -> frozenset[str]:
    """The names that a format string asks for.

    >>> sorted(fields("{a.b[0]} of {n:>{w}}"))
    ['a', 'n', 'w']
    """
    try:
        found = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return frozenset()
    names = {match[0] for name, _ in found if (match := re.match(r"[A-Za-z_]\w*", name))}
    return frozenset(names).union(*(fields(spec) for _, spec in found if spec))
