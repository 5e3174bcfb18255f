"""Calling what a job declares for when it has failed: a function of the notebook, or an expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from inspect import BoundArguments, Parameter, Signature, signature
from types import CodeType, FunctionType
from typing import Any

from nbflow.engine.attempt.checks import settled
from nbflow.engine.attempt.refused import Refused

_REST = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def wanted(function: Callable[..., Any], inputs: Collection[str], label: str) -> tuple[str, ...]:
    """Those of *inputs* that *function* is called with: its parameters' names; all, if it takes ``**kwargs``.

    Raises `Refused` for a parameter without a default that is none of them.

    >>> def undo(path, *, dry=False): ...
    >>> wanted(undo, ["x", "path"], "undo")
    ('path',)
    """
    parameters = _signature(function).parameters.values()
    for each in parameters:
        if each.name not in inputs and each.default is each.empty and each.kind not in _REST:
            known = f"it has {', '.join(inputs)}" if inputs else "it has none"
            raise Refused("invalid argument", f"{label} needs {each.name!r}, which is no input of the job: {known}")
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return tuple(inputs)
    return tuple(each.name for each in parameters if each.name in inputs and each.kind is not each.VAR_POSITIONAL)


def called(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """The result of *function* called with *given* by name, awaited where it is async.

    >>> called(lambda a, /, b=1, **rest: (a, b, rest), {"a": 5, "c": 6})
    (5, 1, {'c': 6})
    """
    its = _signature(function)
    arguments = {name: given[name] for name, each in its.parameters.items() if name in given and each.kind not in _REST}
    for name, each in its.parameters.items():
        if each.kind is each.VAR_KEYWORD:
            arguments[name] = {key: value for key, value in given.items() if key not in arguments}
    bound = BoundArguments(its, arguments)
    return settled(function(*bound.args, **bound.kwargs))


def mentioned(function: Callable[..., Any]) -> set[str]:
    """The global names that *function* uses, and those that the functions do which it finds under them.

    >>> def clean(): return len(rows)
    >>> def mend(): return clean() + here
    >>> sorted(mentioned(mend) & {"rows", "here", "clean"})
    ['clean', 'here', 'rows']
    """
    found, ahead, seen = set[str](), [function], set[int]()
    while ahead:
        one = ahead.pop()
        if isinstance(one, FunctionType) and id(one) not in seen:
            seen.add(id(one))
            names = set(_names(one.__code__))
            found |= names
            ahead += [one.__globals__[name] for name in names if name in one.__globals__]
    return found


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


def _signature(function: Callable[..., Any]) -> Signature:
    try:
        return signature(function)
    except ValueError:  # written in C, some keep it to themselves
        return Signature()
    except TypeError:
        raise Refused("invalid type", f"a {type(function).__name__} cannot be called") from None


def names_in(expression: str) -> set[str]:
    """The names that *expression* mentions.

    >>> sorted(names_in("[f(x) for x in rows]"))
    ['f', 'rows', 'x']
    """
    return {node.id for node in ast.walk(ast.parse(expression.strip(), mode="eval")) if isinstance(node, ast.Name)}


def as_outputs(result: Any, outputs: tuple[str, ...], what: str = "the fallback") -> dict[str, Any]:
    """*result* as the job's *outputs*: it is the only one, or a dict of them by name, or a tuple of them in order.

    Raises `Refused`, which says *what* gave something else, and what was expected.

    >>> as_outputs((1, 2), ("a", "b")), as_outputs({"b": 2, "a": 1}, ("a", "b")), as_outputs((1, 2), ("a",))
    ({'a': 1, 'b': 2}, {'a': 1, 'b': 2}, {'a': (1, 2)})
    """
    if len(outputs) < 2:
        return dict.fromkeys(outputs, result)
    if isinstance(result, tuple) and len(result) == len(outputs):
        return dict(zip(outputs, result, strict=True))
    if isinstance(result, dict) and not set(outputs) - result.keys():
        return {name: result[name] for name in outputs}
    names = ", ".join(outputs)
    expected = f"expected a dict with the keys {names}, or a tuple of {len(outputs)} in that order, or fewer --outputs"
    raise Refused("invalid type", f"{what} gave {_described(result, outputs)}: {expected}")


def _described(result: Any, outputs: tuple[str, ...]) -> str:
    if isinstance(result, dict):
        return f"a dict without {', '.join(name for name in outputs if name not in result)}"
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    return "None" if result is None else f"a value of type {type(result).__name__}"
