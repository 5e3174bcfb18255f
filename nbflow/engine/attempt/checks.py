"""What is settled before a body runs: values for inputs that have none, the condition, the types of the inputs."""

from __future__ import annotations

import asyncio
import inspect
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nbflow.core.inputs import Absent
from nbflow.core.missing import Missing
from nbflow.engine.attempt.cell import remember
from nbflow.engine.attempt.refused import ConditionFalse, InvalidInput

Namespace = dict[str, Any]


def evaluate(expression: str, namespace: Namespace, filename: str) -> Any:
    """The value of *expression*, which may await.

    >>> evaluate("x + 1", {"x": 1}, "<here>")
    2
    """
    remember(expression, filename, "")
    code = compile(expression.strip(), filename, "eval", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return settled(eval(code, namespace))


def settled(result: Any) -> Any:
    """*result*, awaited where it has to be."""
    return asyncio.run(_result(result)) if inspect.isawaitable(result) else result


async def _result(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def stand_in(absent: Absent, on_missing: str, namespace: Namespace) -> Any:
    """What an input is that has no value: None, a `Missing`, or what an expression says.

    >>> from nbflow.core.status import Reason
    >>> gone = Absent("load", Reason("exit code", "10"))
    >>> stand_in(gone, "none", {}), stand_in(gone, "pass", {}), stand_in(gone, "=2 * k", {"k": 21})
    (None, Missing(job='load', reason='exit 10'), 42)
    """
    if on_missing.startswith("="):
        return evaluate(on_missing[1:], namespace, "<on missing>")
    return Missing(absent.job, absent.reason.words()) if on_missing == "pass" else None


def hold(condition: str, namespace: Namespace, filename: str) -> None:
    """Go on only if *condition* is true; raises `ConditionFalse`, or whatever it raises itself."""
    if not evaluate(condition, namespace, filename):
        raise ConditionFalse(condition)


def fit(types: Mapping[str, str], namespace: Namespace) -> None:
    """Check that each input fits its annotation, as pydantic's strict mode has it: nothing is converted.

    An annotation that means no type, or none before the body has run (say, as the body imports what it names), is left
    to the body; the log says so. Raises `InvalidInput`.
    """
    for name, annotation in types.items():
        if name in namespace and (check := _checker(name, annotation, namespace)) is not None:
            check(namespace[name])


def _checker(name: str, annotation: str, namespace: Namespace) -> Callable[[Any], None] | None:
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

    try:
        expected = eval(compile(annotation, f"<type of {name}>", "eval", dont_inherit=True), namespace)
        try:
            adapter = TypeAdapter(expected, config=ConfigDict(arbitrary_types_allowed=True))
        except PydanticUserError:  # a model, which has a configuration of its own
            adapter = TypeAdapter(expected)
    except Exception as error:
        said = next(iter(str(error).splitlines()), "")
        print(f"nbflow: the type of {name!r} was not checked: {type(error).__name__}: {said}", file=sys.stderr)
        return None

    def check(value: Any) -> None:
        try:
            adapter.validate_python(value, strict=True)
        except ValidationError as error:
            raise InvalidInput(name, _described(error.errors(include_url=False, include_input=False), value)) from None

    return check


def _described(found: Sequence[Mapping[str, Any]], value: Any) -> str:
    """The first of the errors *found* about *value*: what was expected, what is there, and where in it."""
    place, said = found[0]["loc"], found[0]["msg"]
    for step in place:
        try:
            value = value[step]
        except Exception:  # the place is one of a model's, or of a union's
            break
    where = f" at {''.join(f'[{step!r}]' for step in place)}" if place else ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{said}, not {type(value).__name__}{where}{more}"
