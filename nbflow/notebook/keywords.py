"""Options of ``%%job`` as keyword arguments: ``@job(retries=2, timeout="5m", on_exit=["10:2"], fallback=last_good)``.

A keyword is the option's name with underscores, and one more where Python has that word (``if_``). Its value is the
option's own text, or a Python value that stands for it. All go through the options' one table, so errors are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from os import PathLike, fspath
from typing import Any

from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Either, Strict
from nbflow.core.policy_text import text as policy_text
from nbflow.errors import DeclarationError
from nbflow.notebook.grammar import Option, find
from nbflow.notebook.options import OPTIONS
from nbflow.notebook.references import Made, Reference, parts
from nbflow.notebook.tokens import Token

_NOT_HERE = {
    "for": "call the function once for each value",
    "zip": "call the function once for each value",
    "inputs": "they are the arguments of the call",
    "shell": "start the program in the function",
}
_BY_OBJECT = {"rollback", "fallback", "policy"}
"""Options whose value may be an object that text can only name."""


def words(
    name: str, options: Mapping[str, Any], table: Sequence[Option] = OPTIONS
) -> tuple[list[Token], dict[str, Any]]:
    """The header of *name* with *options*, those of *table*, as words; and the objects that some of them name.

    Raises:
        DeclarationError: an option is unknown, makes no sense for a function, or has a value that no text stands for.

    >>> tokens, objects = words("fit", {"retries": 2, "timeout": None, "retry_on": [OSError, "http.Timeout"]})
    >>> " ".join(token.text for token in tokens)
    'fit --retries 2 --retry-on OSError,http.Timeout'
    >>> tokens, objects = words("fit", {"on_exit": ["10:2", 11], "hold": True, "env": {"A": 1}, "fallback": len})
    >>> " ".join(token.text for token in tokens), objects
    ('fit --on-exit 10:2 --on-exit 11 --hold --env A=1 --fallback len', {'len': <built-in function len>})
    """
    tokens, objects = [Token(name)], dict[str, Any]()
    for keyword, value in options.items():
        option = find("--" + keyword.removesuffix("_").replace("_", "-"), table)
        if option.name in _NOT_HERE:
            raise DeclarationError(f"{keyword} is for cells, not for functions: {_NOT_HERE[option.name]}")
        if value is None or (not option.metavar and value is False):
            continue
        if option.name in _BY_OBJECT and _is_object(value):
            label, value = _named(option, value)
            objects[label] = value
            value = f"={label}" if option.name == "policy" else label
        tokens += _said(option, value)
    return tokens, objects


def _said(option: Option, value: Any) -> Iterator[Token]:
    flag = Token(f"--{option.name}", option=True, raw=f"--{option.name}")
    if not option.metavar:
        if value is not True:
            raise DeclarationError(f"--{option.name} takes no value: True or False")
        yield flag
        return
    for text in _texts(option, value):
        yield flag
        yield Token(text, raw=text)


def _texts(option: Option, value: Any) -> Iterator[str]:
    """The values of *option* that *value* stands for: one, or several where it is repeatable."""
    if isinstance(value, Mapping) and option.repeatable:
        yield from (f"{key}={_text(option, each)}" for key, each in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        items = [_text(option, each) for each in value]
        if option.name != "after" and option.repeatable:
            yield from items
        elif items or not option.repeatable:
            yield ",".join(items)
    else:
        yield _text(option, value)


def _text(option: Option, value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            pass
        case Enum():
            return value.name
        case int():
            return str(value)
        case float():
            return format(Decimal(repr(value)), "f") if value == value and abs(value) != float("inf") else str(value)
        case timedelta():
            return _text(option, value.total_seconds())
        case PathLike():
            return str(fspath(value))
        case type() if issubclass(value, BaseException):
            return value.__name__ if value.__module__ == "builtins" else f"{value.__module__}.{value.__qualname__}"
        case Strict() | BestEffort() | AtLeast() | Critical() | Both() | Either():
            return policy_text(value)
        case Reference():
            return parts(value)[0].name
        case Made():
            return value.name
    raise DeclarationError(f"--{option.name} takes {option.takes}, not {value!r}")


def _is_object(value: Any) -> bool:
    return not isinstance(value, str | Strict | BestEffort | AtLeast | Critical | Both | Either)


def _named(option: Option, value: Any) -> tuple[str, Any]:
    """A name by which the text can mean *value*.

    Raises:
        DeclarationError: it is nothing that the option can use.
    """
    usable = hasattr(value, "verdict") if option.name == "policy" else callable(value)
    if not usable:
        raise DeclarationError(f"--{option.name} takes {option.takes}, not {value!r}")
    name = str(getattr(value, "__name__", type(value).__name__))
    return (name if name.isidentifier() else option.name), value
