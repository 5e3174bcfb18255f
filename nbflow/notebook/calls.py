"""What a job calls when its attempts have failed: functions taken by value at declaration, and what they read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbflow.core.match import nearest
from nbflow.core.names import Names
from nbflow.core.spec import Call, ValueRef
from nbflow.engine.client import Import, imported
from nbflow.errors import DeclarationError, ValueNotStorable
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import ByImport, ByJob, Owners


@dataclass(frozen=True, slots=True)
class Calls:
    """Takes the functions and expressions of one header. *read* gives the names of a text of the notebook."""

    namespace: Mapping[str, Any]
    owners: Owners
    read: Callable[[str], Names]
    capture: Callable[[str, Any], ValueRef]

    def reads(self, header: JobHeader) -> frozenset[str]:
        """The variables that conditions, expressions and functions of *header* read: inputs of the job, all of them.

        Raises:
            DeclarationError: a function is none.
        """
        texts = [header.condition, *(text[1:] for text in (header.on_missing,) if text.startswith("="))]
        found = {name for text in texts if text for name in self.read(text).needed}
        for option, text in _given(header):
            if text.startswith("="):
                found |= self.read(text[1:]).needed
            else:
                found |= self._behind(option, text)
        return frozenset(found)

    def call(self, option: str, header: JobHeader, inputs: Collection[str]) -> Call | None:
        """What *option* of *header* says to call; None where it is not given.

        Raises:
            DeclarationError: a parameter of the function is none of *inputs*, or it cannot leave the kernel.
        """
        text = dict(_given(header)).get(option, "")
        if not text:
            return None
        if text.startswith("="):
            return Call(label=text, expression=text[1:])
        function = self._function(option, text)
        here = self.namespace if header.executor == "kernel" else ()
        unknown = [name for name in _required(function) if name not in inputs and name not in here]
        if unknown:
            raise DeclarationError(
                f"--{option} {text}: its parameter {unknown[0]!r} is no input of the job "
                f"(inputs: {', '.join(inputs) or 'none'})"
            )
        try:
            return Call(label=text, function=self.capture(text, function))
        except ValueNotStorable as error:
            raise DeclarationError(f"--{option} {text}: it cannot leave the kernel: {error.cause.strip()}") from None

    def _behind(self, option: str, text: str) -> set[str]:
        """The parameters that must be given and have a value here, and what jobs make of the globals it uses."""
        function = self._function(option, text)
        known = {*self.namespace, *self.owners.makers}
        used = self.read(f"{text}()").needed if "." not in text else frozenset()
        return {name for name in _required(function) if name in known} | {
            name for name in used if name in self.owners.makers and name != text
        }

    def _function(self, option: str, text: str) -> Any:
        """What *text* names.

        Raises:
            DeclarationError: nothing, or nothing that can be called; says the nearest name of what can.
        """
        name, *path = text.split(".")
        match self.owners.maker(name):
            case ByJob(job=job, live=False):
                raise DeclarationError(
                    f"--{option} {text}: job {job!r} makes {name!r}: define it in a cell of its own, "
                    f"or call it, as in '={text}(…)'"
                )
            case ByImport(attribute=None) as maker if len(path) == 1:
                return Import(maker.module, path[0])
            case ByImport() as maker:
                found: Any = imported(maker.module, maker.attribute)
            case _:
                found = self.namespace.get(name)
        for part in path:
            found = getattr(found, part, None)
        if not callable(found):
            near = nearest(text, callables(self.namespace))
            what = "is no function" if found is not None else "is not defined here"
            raise DeclarationError(f"--{option}: {text!r} {what}" + (f" (did you mean {near!r}?)" if near else ""))
        return found


def callables(namespace: Mapping[str, Any]) -> list[str]:
    """The names in *namespace* of what can be called and is no class, those of IPython's own left out.

    >>> callables({"undo": print, "x": 1, "_hidden": print, "Error": ValueError})
    ['undo']
    """
    return sorted(
        name
        for name, value in namespace.items()
        if callable(value) and not isinstance(value, type) and not name.startswith("_") and name not in _IPYTHON
    )


_IPYTHON = frozenset({"get_ipython", "exit", "quit", "open"})


def _given(header: JobHeader) -> Iterator[tuple[str, str]]:
    yield from (
        (option, text) for option, text in (("rollback", header.rollback), ("fallback", header.fallback)) if text
    )


def _required(function: Any) -> list[str]:
    """The parameters of *function* without a default; none if it does not tell."""
    if isinstance(function, Import):
        return []
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in variadic]
