"""Which names' values an expression gives, or parts of them: what is changed through it changes them too."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

from nbflow.core.methods import COPYING, FRESH, MODULES, PARTS, PICKING, RETURNING_SELF, VIEWING, VIEWS, WRAPPING

Kind = Callable[[str], str]
"""What is known of the value of a name: ``value`` (it cannot change), ``frame``, ``array``, ``container``,
``generator`` (of random numbers), ``module``, or nothing: ""."""

DEEPEST = 4


class Held(NamedTuple):
    """An expression gives (a part of) the value of *name*.

    What changes *depth* steps inside of the one changes *depth + inside* steps inside of the other, if *depth* is
    *least* at least: a copied list has its parts in common with the other, and is not the other.
    """

    name: str
    inside: int = 0
    least: int = 0

    def part(self) -> Held:
        return Held(self.name, min(self.inside + 1, DEEPEST), max(self.least - 1, -DEEPEST))

    def copied(self) -> Held:
        return Held(self.name, self.inside, max(self.least, 1))

    def wrapped(self) -> Held:
        return Held(self.name, max(self.inside - 1, -DEEPEST), min(max(self.least + 1, 1), DEEPEST))

    def of(self, other: Held) -> Held:
        """What is held of *other*'s name by one who holds this of a name that itself gives *other*."""
        inside = max(-DEEPEST, min(self.inside + other.inside, DEEPEST))
        return Held(other.name, inside, max(-DEEPEST, min(max(self.least, other.least - self.inside), DEEPEST)))


Holding = frozenset[Held]
EMPTY: Holding = frozenset()


def unknown(_: str) -> str:
    """A `Kind` that knows nothing."""
    return ""


def root(node: ast.expr) -> str | None:
    """The name an expression starts from: ``x`` of ``x.a[0].b`` and of ``x.get(k).c``, None for ``f(x).a``.

    >>> root(ast.parse("x.a[0].setdefault(1, [])", mode="eval").body)
    'x'
    """
    while True:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Await(value=inner):
                node = inner
            case _:
                return None


def held(node: ast.expr, kind: Kind = unknown, chained: bool = False) -> Holding:
    """The names of which an assignment from *node*, or a loop over it, gets hold; *chained*: it is used at once.

    >>> sorted(each.name for each in held(ast.parse("zip(a, b.items())", mode="eval").body))
    ['a', 'b']
    """
    look = _FORMS.get(type(node))
    return look(node, kind, chained) if look is not None else EMPTY


def _name(node: ast.Name, kind: Kind, _: bool) -> Holding:
    return EMPTY if kind(node.id) == "value" else frozenset([Held(node.id)])


def _attribute(node: ast.Attribute, kind: Kind, chained: bool) -> Holding:
    found = held(node.value, kind, chained)
    return found if node.attr in VIEWING else _parts(found)


def _item(node: ast.Subscript, kind: Kind, chained: bool) -> Holding:
    inner, found = node.value, held(node.value, kind, chained)
    if not found:
        return EMPTY
    known = kind(inner.id) if isinstance(inner, ast.Name) else ""
    if isinstance(node.slice, ast.Slice):
        if known == "array":
            return found
        return frozenset(each.copied() for each in found) if chained or known == "container" else EMPTY
    if _mask(node.slice) or known == "frame":  # a selection is a copy, but ``df[mask].a = 1`` may be meant
        return found if chained else EMPTY
    return _parts(found)


def _mask(index: ast.expr) -> bool:
    match index:
        case ast.Compare() | ast.List() | ast.ListComp() | ast.UnaryOp(op=ast.Invert() | ast.Not()):
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return True
        case ast.Tuple(elts=elements):
            return any(map(_mask, elements))
    return False


def _display(node: ast.Tuple | ast.List | ast.Set, kind: Kind, _: bool) -> Holding:
    return _wrapped(node.elts, kind)


def _dict(node: ast.Dict, kind: Kind, _: bool) -> Holding:
    pairs = list(zip(node.keys, node.values, strict=True))
    spread = [value for key, value in pairs if key is None]
    return _wrapped([value for key, value in pairs if key is not None], kind) | _copied(spread, kind)


def _inside(node: ast.Starred | ast.Await | ast.NamedExpr, kind: Kind, chained: bool) -> Holding:
    return held(node.value, kind, chained)


def _either(node: ast.IfExp | ast.BoolOp, kind: Kind, chained: bool) -> Holding:
    ways = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
    return EMPTY.union(*(held(each, kind, chained) for each in ways))


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, kind: Kind, _: bool) -> Holding:
    """``[m for m in models]``: the very parts."""
    first, *more = node.generators
    if more or not isinstance(node.elt, ast.Name):
        return EMPTY
    same = any(isinstance(each, ast.Name) and each.id == node.elt.id for each in ast.walk(first.target))
    return _copied([first.iter], kind) if same else EMPTY


def _call(call: ast.Call, kind: Kind, chained: bool) -> Holding:
    """What a call gives of its receiver and its arguments."""
    if isinstance(call.func, ast.Name):
        return _from_arguments(call.func.id, call, kind)
    if not isinstance(call.func, ast.Attribute):
        return EMPTY
    inner, method = call.func.value, call.func.attr
    name = inner.id if isinstance(inner, ast.Name) else ""
    known = kind(name) if name else ""
    if name in MODULES or known == "module":
        return _from_arguments(method, call, kind)
    if method == "copy":
        return _copied([inner], kind) if known == "container" else EMPTY
    found = EMPTY if method in FRESH else held(inner, kind, True)
    if method in VIEWS or method in RETURNING_SELF:
        return found
    if method in PARTS or chained:
        return _parts(found)
    return _of_parameters(call, kind)


def _from_arguments(function: str, call: ast.Call, kind: Kind) -> Holding:
    args = call.args
    if function == "vars" or function in VIEWS:
        return held(args[0], kind) if args else EMPTY
    given = [*args, *(each.value for each in call.keywords)]
    if function in WRAPPING:
        return frozenset(Held(each.name) for item in given for each in held(item, kind))
    if function == "dict" and not args:
        return _wrapped(given, kind)
    if function in COPYING:
        return _copied(args, kind)
    if function in PICKING:
        return _parts(held(args[0], kind)) if args else EMPTY
    return _of_parameters(call, kind)


def _of_parameters(call: ast.Call, kind: Kind) -> Holding:
    """An optimizer, made of ``model.parameters()``, changes the model."""
    if not call.args or not isinstance(call.args[0], ast.Call):
        return EMPTY
    given = call.args[0].func
    return held(given.value, kind) if isinstance(given, ast.Attribute) and given.attr == "parameters" else EMPTY


def _parts(found: Iterable[Held]) -> Holding:
    return frozenset(each.part() for each in found)


def _copied(items: Iterable[ast.expr], kind: Kind) -> Holding:
    return frozenset(each.copied() for item in items for each in held(item, kind))


def _wrapped(items: Iterable[ast.expr], kind: Kind) -> Holding:
    found: set[Held] = set()
    for item in items:
        star = isinstance(item, ast.Starred)
        found.update(each.copied() if star else each.wrapped() for each in held(item, kind))
    return frozenset(found)


_FORMS: dict[type, Callable[..., Holding]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _item,
    ast.Call: _call,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.Starred: _inside,
    ast.Await: _inside,
    ast.NamedExpr: _inside,
    ast.IfExp: _either,
    ast.BoolOp: _either,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}
