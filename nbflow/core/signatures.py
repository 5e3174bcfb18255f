"""Small questions about syntax: what a signature evaluates, what a pattern or an import binds, what a call hands on."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from nbflow.core.holding import root
from nbflow.core.methods import CHANGING, LOOKING
from nbflow.core.uses import Passed

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


_BUILTINS = frozenset(dir(builtins))
_KNOWN = CHANGING | LOOKING


def arguments(args: ast.arguments) -> list[ast.arg]:
    """Every argument of a signature."""
    stars = [each for each in (args.vararg, args.kwarg) if each]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def signature_expressions(node: Function) -> list[ast.expr]:
    """What is evaluated when the function is made: decorators, defaults, annotations."""
    args = node.args
    found = [*args.defaults, *(each for each in args.kw_defaults if each)]
    if not isinstance(node, ast.Lambda):
        found = [*node.decorator_list, *found, *([node.returns] if node.returns else [])]
        found += [each.annotation for each in arguments(args) if each.annotation]
    return found


def type_parameters(node: ast.AST) -> list[str]:
    """Names of ``def f[T](…)``, of Python 3.12."""
    return [each.name for each in getattr(node, "type_params", [])]


def pattern_names(pattern: ast.pattern) -> list[str]:
    """Names a ``case`` pattern binds."""
    found = []
    for node in ast.walk(pattern):
        match node:
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.append(name)
    return found


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Names an import binds; a star import binds none that could be known."""
    if isinstance(node, ast.Import):
        return [each.asname or each.name.partition(".")[0] for each in node.names]
    return [each.asname or each.name for each in node.names if each.name != "*"]


def passed_on(call: ast.Call) -> Iterator[Passed]:
    """The names that *call* gives to a function that it calls by name, or to a method, whose name begins with a dot.

    >>> [tuple(each) for each in passed_on(ast.parse("f(a, k=b.c)", mode="eval").body)]
    [('f', 0, 'a'), ('f', 'k', 'b')]
    >>> [tuple(each) for each in passed_on(ast.parse("a.add(1)", mode="eval").body)]
    [('.add', 0, 'a')]
    """
    match call.func:
        case ast.Name(id="partial") | ast.Attribute(attr="partial") if call.args and isinstance(call.args[0], ast.Name):
            yield from passed_on(ast.Call(call.args[0], call.args[1:], call.keywords))
        case ast.Name(id=callee) if callee not in _BUILTINS:
            for place, given in (*enumerate(call.args), *((each.arg, each.value) for each in call.keywords)):
                if place is not None and (name := root(given)):
                    yield Passed(callee, place, name)
        case ast.Attribute(value=ast.Name(id="self") | ast.Call(func=ast.Name(id="super")), attr=method):
            yield Passed(f"self.{method}", 0, "self")
        case ast.Attribute(value=inner, attr=method) if method not in _KNOWN and (name := root(inner)):
            yield Passed(f".{method}", 0, name)
