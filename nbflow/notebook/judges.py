"""Objects of the notebook that judge groups: taken by value where a policy names them, ``--policy =EXPRESSION``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nbflow.core.policies import Judge
from nbflow.core.policy_text import filled
from nbflow.core.spec import ValueRef
from nbflow.errors import DeclarationError, ValueNotStorable


def judging(judge: Judge, evaluate: Callable[[str], Any], dump: Callable[[Any, str], ValueRef]) -> Judge:
    """*judge* with the objects that its expressions stand for: *evaluate* gives each, *dump* stores it under a name.

    Raises:
        DeclarationError: an expression fails, what it gives has no method ``verdict``, or cannot leave the kernel.
    """

    def captured(expression: str) -> ValueRef:
        policy = f"policy ={expression}"
        try:
            value = evaluate(expression)
        except Exception as error:
            raise DeclarationError(f"{policy}: {type(error).__name__}: {error}") from error
        if isinstance(value, type):
            raise DeclarationError(f"{policy} is a class: give an object, such as ={expression}()")
        if not callable(getattr(value, "verdict", None)):
            raise DeclarationError(f"{policy} is of type {type(value).__name__}, which has no method verdict(members)")
        try:
            return dump(value, expression)
        except ValueNotStorable as error:
            raise DeclarationError(f"{policy} cannot leave the kernel: {error.cause.strip()}") from None

    return filled(judge, captured)


def given(objects: Mapping[str, Any]) -> Callable[[str], Any]:
    """Finds *objects* by their label, where a policy was given as an object rather than typed."""

    def find(label: str) -> Any:
        if label not in objects:
            raise NameError(f"give the object itself, not the text '={label}'")
        return objects[label]

    return find


def evaluator(namespace: Mapping[str, Any]) -> Callable[[str], Any]:
    """Evaluates expressions in *namespace*.

    >>> evaluator({"x": 2})("x + 1")
    3
    """
    return lambda expression: eval(compile(expression, "<policy>", "eval"), dict(namespace))
