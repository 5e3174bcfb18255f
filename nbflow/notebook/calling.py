"""Calls of job functions: their arguments by name, what those refer to, and the line of code that makes the call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeGuard, cast

from nbflow.core.spec import Attribute, Built, Input, Item, Produced, ValueRef
from nbflow.errors import DeclarationError
from nbflow.notebook.references import Field, Outputs, Reference, parts

Arguments = dict[str, Any]


class Called(Protocol):
    """A call of a job function that is to become a job. *declared*: it is one already, by that *name*."""

    name: str
    declared: bool
    function: Callable[..., Any]
    options: Mapping[str, Any]
    arguments: Arguments

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it makes."""

    @property
    def output(self) -> Reference | Outputs:
        """What it makes, as a reference."""

    def check(self) -> None:
        """Raise unless it can be declared."""

    def declared_in(self, flow: Any, name: str) -> None:
        """It is job *name* of *flow* from now on; None: of the flow that the code runs in."""


def produced(reference: Reference, name_of: Callable[[Called], str], dump: Callable[[Any, str], ValueRef]) -> Produced:
    """The input that *reference* stands for."""
    call, output, path = parts(reference)
    steps = tuple(Attribute(step.name) if isinstance(step, Field) else Item(dump(step.key, "key")) for step in path)
    return Produced(name_of(cast("Called", call)), output, steps)


def referred(arguments: Arguments) -> Iterator[Called]:
    """The calls that *arguments* refer to, in plain containers however deep; inside of objects they are met later."""
    ahead, seen = [*arguments.values()], set[int]()
    while ahead:
        value = ahead.pop()
        if isinstance(value, Reference):
            yield cast("Called", parts(value)[0])
        elif isinstance(value, Outputs):
            yield cast("Called", value.job)
        elif is_call(value):
            yield value
        elif isinstance(value, list | tuple | set | frozenset | dict) and id(value) not in seen:
            seen.add(id(value))
            ahead.extend(value.values() if isinstance(value, dict) else value)


def declared_name(call: Called) -> str:
    """The name of *call*'s job.

    Raises:
        DeclarationError: it is none yet.
    """
    if not call.declared:
        raise DeclarationError(f"job {call.name!r} is not declared: add it to a flow with flow.add, or call it in one")
    return call.name


def is_call(value: object) -> TypeGuard[Called]:
    """Whether *value* is a call of a job function."""
    return getattr(type(value), "is_job_call", False) is True


def jobs_of(source: Input) -> Iterator[str]:
    """The jobs that an input of a call comes from."""
    match source:
        case Produced(job=job):
            yield job
        case Built(parts=found):
            yield from (part.job for part in found if isinstance(part, Produced))


def bound(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
    """The arguments of a call by the names of the parameters; those left to their defaults are not among them.

    Raises:
        TypeError: they do not fit, as calling the function itself would say.

    >>> bound(lambda a, *rest, b=1, **more: 0, (1, 2, 3), {"c": 4})
    {'a': 1, 'rest': (2, 3), 'more': {'c': 4}}
    """
    try:
        signature = inspect.signature(function)
    except ValueError:  # written in C, some keep it to themselves
        return {"args": args, "kwargs": dict(kwargs)}
    return dict(signature.bind(*args, **kwargs).arguments)


def code_of(function: Callable[..., Any], arguments: Arguments, variable: str, outputs: tuple[str, ...]) -> str:
    """The one line that the job runs.

    >>> code_of(lambda a, *rest, b=1, **more: 0, {"a": 1, "rest": (2,), "b": 3}, "f", ("x", "y"))
    'x, y = f(a, *rest, b=b)'
    """
    try:
        kinds = {name: each.kind for name, each in inspect.signature(function).parameters.items()}
    except ValueError:
        kinds = {"args": inspect.Parameter.VAR_POSITIONAL, "kwargs": inspect.Parameter.VAR_KEYWORD}
    forms: dict[Any, str] = {
        inspect.Parameter.VAR_POSITIONAL: "*{0}",
        inspect.Parameter.VAR_KEYWORD: "**{0}",
        inspect.Parameter.KEYWORD_ONLY: "{0}={0}",
    }
    # A parameter that was passed over makes all after it go by name.
    given, skipped = [], False
    for name, kind in kinds.items():
        plain = kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        if name in arguments:
            given.append((forms.get(kind, "{0}={0}" if plain and skipped else "{0}")).format(name))
        elif plain:
            skipped = True
    call = f"{variable}({', '.join(given)})"
    return f"{', '.join(outputs)} = {call}" if outputs else f"{call};"


def source(function: Callable[..., Any]) -> str:
    """The function as it was written, or what stands for it."""
    try:
        return inspect.cleandoc("\n" + inspect.getsource(function))
    except (OSError, TypeError):
        return repr(function)


def variable_of(call: Called) -> str:
    """The name by which the job's one line calls the function: its own, unless that is a parameter's."""
    name = str(getattr(call.function, "__name__", "function"))
    name = name if name.isidentifier() else "function"
    while name in call.arguments:
        name += "_"
    return name
