"""A faster `ast.NodeVisitor`: what to do with a kind of node is looked up once for a class of walkers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar

_LEAVES = frozenset({"ctx", "op", "ops", "kind", "type_comment", "type_ignores"})
"""Fields that hold no expressions and no statements."""


class Walker:
    """Calls ``visit_KIND`` of each node, or walks on through its children in their order.

    >>> class Names(Walker):
    ...     def visit_Name(self, node):
    ...         print(node.id)
    >>> Names().visit(ast.parse("x = f(y)"))
    x
    f
    y
    """

    _methods: ClassVar[dict[type[ast.AST], Callable[..., None]]]

    def __init_subclass__(cls) -> None:
        cls._methods = {}

    def visit(self, node: ast.AST) -> None:
        """Visit *node*."""
        kind = type(node)
        method = self._methods.get(kind)
        if method is None:
            method = self._methods[kind] = getattr(type(self), f"visit_{kind.__name__}", type(self).generic_visit)
        method(self, node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit the children of *node*."""
        for field in _fields(type(node)):  # type: ignore[arg-type]  # classes are hashable
            value: Any = getattr(node, field, None)
            if isinstance(value, list):
                for each in value:
                    if isinstance(each, ast.AST):
                        self.visit(each)
            elif isinstance(value, ast.AST):
                self.visit(value)


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """*tree* and all nodes below it that are no mere operators, in no particular order; faster than `ast.walk`.

    >>> sorted(type(node).__name__ for node in nodes(ast.parse("x + 1")))
    ['BinOp', 'Constant', 'Expr', 'Module', 'Name']
    """
    ahead = [tree]
    while ahead:
        node = ahead.pop()
        yield node
        for field in _fields(type(node)):  # type: ignore[arg-type]  # classes are hashable
            value: Any = getattr(node, field, None)
            if isinstance(value, list):
                ahead += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                ahead.append(value)


@cache
def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(field for field in kind._fields if field not in _LEAVES)
