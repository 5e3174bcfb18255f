"""Changes of settings whose arguments are constants, so that they can be carried out anywhere."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any, Final

from nbflow.core.settings import by_arguments_alone
from nbflow.core.touches import Change, Reference


class _NoConstant:
    """What stands for a value that is not known."""


NO_CONSTANT: Final = _NoConstant()
"""No value that is known before the cell runs."""


class Constants:
    """The values of a cell's expressions, as far as they are known before it runs.

    *before* gives those of names that are bound before it.

    >>> Constants(lambda name: NO_CONSTANT).value(ast.parse("{'a': (1, -2)}", mode="eval").body)
    {'a': (1, -2)}
    """

    def __init__(self, before: Callable[[str], Any]) -> None:
        self.known: dict[str, Any] = {}
        self._gone: set[str] = set()
        self._before = before

    def forget(self, name: str) -> None:
        """*name* is bound, or its object changed."""
        self.known.pop(name, None)
        self._gone.add(name)

    def value(self, node: ast.expr) -> Any:
        """The value of *node*, or `NO_CONSTANT`."""
        try:
            return self._value(node)
        except (LookupError, TypeError):  # not known, or no key
            return NO_CONSTANT

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._name(name)
            case ast.Tuple(elts=parts):
                return tuple(map(self._value, parts))
            case ast.List(elts=parts):
                return list(map(self._value, parts))
            case ast.Set(elts=parts):
                return set(map(self._value, parts))
            case ast.Dict(keys=keys, values=values):
                plain = [key for key in keys if key is not None]  # ``**other`` has none
                if len(plain) == len(keys):
                    return {self._value(key): self._value(value) for key, value in zip(plain, values, strict=True)}
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
        raise LookupError

    def _name(self, name: str) -> Any:
        if name in self.known:
            return self.known[name]
        if name in self._gone:
            raise LookupError(name)
        found = self._before(name)
        if found is not NO_CONSTANT:
            return found
        if isinstance(getattr(builtins, name, None), type):
            return Reference(f"builtins.{name}")
        raise LookupError(name)


def change_by_call(node: ast.Call, path: str, constants: Constants) -> Change | None:
    """The change that calling *path* as *node* does makes; None if more than constants decide.

    >>> call = ast.parse("warnings.simplefilter('ignore', UserWarning)", mode="eval").body
    >>> change_by_call(call, "warnings.simplefilter", Constants(lambda name: NO_CONSTANT)).args
    ('ignore', Reference(path='builtins.UserWarning'))
    """
    if not by_arguments_alone(path) or any(each.arg is None for each in node.keywords):
        return None
    args = tuple(map(constants.value, node.args))
    kwargs = tuple((str(each.arg), constants.value(each.value)) for each in node.keywords)
    if NO_CONSTANT in args or any(value is NO_CONSTANT for _, value in kwargs):
        return None
    if path == "os.putenv" and len(args) == 2:
        return Change("item", "os.environ", args)  # which can be read back, and does the same
    return Change("call", path, args, kwargs)


def change_by_store(
    target: ast.Attribute | ast.Subscript, path: str, value: Any, constants: Constants
) -> Change | None:
    """The change that binding *target* to *value* makes, of which *path* is the full name, or that of its whole."""
    deleted = isinstance(target.ctx, ast.Del)
    if value is NO_CONSTANT and not deleted:
        return None
    if isinstance(target, ast.Attribute):
        return None if deleted else Change("attribute", path, (value,))
    key = constants.value(target.slice)
    if key is NO_CONSTANT:
        return None
    return Change("delete", path, (key,)) if deleted else Change("item", path, (key, value))
