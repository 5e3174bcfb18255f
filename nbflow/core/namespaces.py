"""The notebook's namespace where a cell takes it in hand: ``globals()["x"]``, ``"x" in dir()``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from nbflow.core.texts import Texts, no_texts, template


@dataclass(frozen=True, slots=True)
class Told:
    """What one call does with names of the namespace, as far as its texts tell."""

    reads: tuple[ast.expr, ...] = ()
    """Expressions that it evaluates."""
    runs: tuple[ast.stmt, ...] = ()
    """Statements that it executes."""
    words: frozenset[str] = frozenset()
    """Names that it reads if they exist."""
    drops: str = ""
    """A name that it takes out of the namespace."""
    unpickles: bool = False
    """It makes objects, of classes that it looks for in the namespace."""
    asks: bool = False
    """It may read names that cannot be told."""
    binds: bool = False
    """It may bind names that cannot be told."""


def is_namespace(node: ast.expr, inside: bool = False) -> bool:
    """Whether *node* gives the notebook's namespace itself; *inside* of a function, ``locals()`` is another.

    >>> is_namespace(ast.parse("globals()", mode="eval").body)
    True
    """
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) and not node.args and not node.keywords else ""
        return name == "globals" or (name in ("locals", "vars") and not inside)
    if isinstance(node, ast.Attribute):
        main = isinstance(node.value, ast.Name) and node.value.id == "__main__"
        return node.attr in ("user_ns", "user_global_ns", "f_globals") or (main and node.attr == "__dict__")
    return False


def item_of(node: ast.Subscript) -> str | None:
    """The name of a literal key: ``x`` of ``globals()["x"]``."""
    key = node.slice
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def looked_up(node: ast.Compare, inside: bool = False) -> str | None:
    """The name whose existence *node* tests: ``x`` of ``"x" in globals()`` and of ``"x" not in dir()``."""
    if not isinstance(node.left, ast.Constant) or not isinstance(node.ops[0], ast.In | ast.NotIn):
        return None
    match node.left.value, node.comparators[0]:
        case str(name), ast.Call(func=ast.Name(id="dir"), args=[]):
            return None if inside else name
        case str(name), ast.Call(func=ast.Attribute(value=where, attr="keys")) if is_namespace(where, inside):
            return name
        case str(name), where if is_namespace(where, inside):
            return name
    return None


def formatted(node: ast.BinOp, texts: Texts = no_texts, inside: bool = False) -> frozenset[str] | None:
    """The names of ``"%(x)s" % globals()``; None if *node* is no such thing, or its text is not known."""
    if not isinstance(node.op, ast.Mod) or not is_namespace(node.right, inside):
        return None
    text = template(node.left, texts)
    return None if text is None else frozenset(re.findall(r"%\((\w+)\)", text))


def method_of_namespace(call: ast.Call, method: str) -> Told:
    """A method of the namespace: ``globals().get("x")``."""
    if method == "update":
        return pushed(call)
    match call.args[:1]:
        case [ast.Constant(value=str(name))] if method in ("get", "__getitem__", "__contains__"):
            return Told(words=frozenset([name]))
        case [ast.Constant(value=str(name))] if method in ("pop", "__delitem__"):
            return Told(words=frozenset([name]), drops=name)
        case [ast.Constant(value=str(name))] if method in ("setdefault", "__setitem__"):
            words = frozenset([name]) if method == "setdefault" else frozenset[str]()
            return Told(runs=_bound([name]), words=words)
    writing = method in ("pop", "popitem", "clear", "setdefault", "__setitem__", "__delitem__")
    return Told(asks=True, binds=writing)


def pushed(call: ast.Call) -> Told:
    """``globals().update(x=1)`` and ``update({"x": 1})``: the names bound, if they can be seen."""
    keys: list[ast.expr | None] = [ast.Constant(each.arg) for each in call.keywords]
    for given in call.args:
        keys += given.keys if isinstance(given, ast.Dict) else [None]
    names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return Told(runs=_bound(names), binds=len(names) < len(keys))


def _bound(names: Iterable[str]) -> tuple[ast.stmt, ...]:
    places = (ast.Name(name, ast.Store()) for name in names if name.isidentifier())
    return tuple(ast.Assign([place], ast.Constant(None)) for place in places)
