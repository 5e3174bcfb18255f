"""Which names a piece of syntax visibly changes in place, though it does not bind them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbflow.core.holding import Kind, held, unknown
from nbflow.core.methods import (
    ARRAY_CHANGING,
    CHANGING,
    CHANGING_FIRST,
    FRAME_CHANGING,
    GENERATOR_ARGUMENTS,
    HANDED_ON,
    LOOKING,
    LOOKING_PREFIXES,
)

Change = tuple[str, int]
"""A name, and how many steps inside of its value something changes."""


def changed(node: ast.expr, kind: Kind = unknown) -> Iterator[Change]:
    """What changes where the object that *node* gives is changed."""
    return ((each.name, each.inside) for each in held(node, kind, True) if each.least <= 0)


def changed_by_call(call: ast.Call, kind: Kind = unknown, *, statement: bool = False) -> Iterator[Change]:
    """What *call* changes in place; *statement*: the call is all there is, so it is made for what it changes.

    >>> call = ast.parse("rows[0].append(r)", mode="eval").body
    >>> list(changed_by_call(call))
    [('rows', 1)]
    """
    function = call.func
    if isinstance(function, ast.Attribute):
        called = function.attr
        if isinstance(function.value, ast.Name) and function.value.id in _TYPES and call.args:
            yield from changed(call.args[0], kind) if called in CHANGING | HANDED_ON else ()  # ``list.append(x, 1)``
        if _changes(called, function.value, call, kind, statement):
            yield from changed(function.value, kind)
    else:
        called = function.id if isinstance(function, ast.Name) else ""
    if call.args and (called in CHANGING_FIRST or _underlined(called) or (statement and _SETTING.match(called))):
        yield from changed(call.args[0], kind)
    for each in call.keywords:
        if each.arg == "out" or (each.arg in GENERATOR_ARGUMENTS and _generator(each.value, kind)):
            yield from changed(each.value, kind)


def handed_on(node: ast.Attribute, kind: Kind = unknown) -> Iterator[Change]:
    """What changes where a method is taken without being called, to be called by others: ``add = rows.append``."""
    return changed(node.value, kind) if node.attr in HANDED_ON else iter(())


def _changes(method: str, receiver: ast.expr, call: ast.Call, kind: Kind, statement: bool) -> bool:
    """Whether the call of a *method* changes its *receiver*."""
    match kind(receiver.id) if isinstance(receiver, ast.Name) else "":
        case "value" | "module":
            return False
        case "frame":
            return method in FRAME_CHANGING or _in_place(call)
        case "array":
            return method in ARRAY_CHANGING or _underlined(method)
        case "generator":
            return True
    if method in CHANGING or _underlined(method) or _in_place(call):
        return True
    return statement and not _looks(method) and not (isinstance(receiver, ast.Attribute) and receiver.attr == "plot")


def _underlined(called: str) -> bool:
    """Functions and methods of torch that end in an underscore change what they get."""
    return called.endswith("_") and not called.startswith("_")


def _looks(method: str) -> bool:
    return method in LOOKING or method.startswith(LOOKING_PREFIXES)


def _in_place(call: ast.Call) -> bool:
    return any(
        each.arg == "inplace" and not (isinstance(each.value, ast.Constant) and each.value.value is False)
        for each in call.keywords
    )


def _generator(given: ast.expr, kind: Kind) -> bool:
    """Whether a ``random_state`` is a generator, which changes, and no number."""
    if not isinstance(given, ast.Name):
        return False
    known = kind(given.id)
    return known == "generator" or (not known and _GENERATOR.search(given.id) is not None)


_TYPES = frozenset({"list", "dict", "set", "deque", "Counter", "defaultdict", "OrderedDict", "object"})
_SETTING = re.compile(r"(?:set|add|remove|update|fill|init|insert|delete|append|drop|sort|normalize)_\w+\Z")
"""Functions that, where nothing is done with what they give, are called for what they do to their first argument."""
_GENERATOR = re.compile(r"(?:^|_)(?:rng|prng|rs|gen|generator|randomstate)\d*$", re.IGNORECASE)
