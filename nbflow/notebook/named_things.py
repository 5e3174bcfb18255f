"""The full names under which objects are found in modules."""

from __future__ import annotations

import os
import sys
import warnings
from types import BuiltinFunctionType, BuiltinMethodType, FunctionType, MethodType, ModuleType
from typing import Any

from nbflow.core.full_names import canonical

FUNCTIONS = (FunctionType, BuiltinFunctionType, BuiltinMethodType, MethodType)


def full_name(value: object) -> str:
    """The full name under which *value* is found in a module; empty: it is nothing of a module.

    >>> import random
    >>> full_name(random.choice), full_name(os.environ), full_name(os), full_name(3)
    ('random.choice', 'os.environ', 'os', '')
    """
    if isinstance(value, ModuleType):
        return canonical(value.__name__)
    if isinstance(value, (*FUNCTIONS, type)) or type(value).__name__ == "cython_function_or_method":
        owner, name = getattr(value, "__self__", None), getattr(value, "__name__", "")
        for module in ("random", "numpy.random"):
            if owner is not None and owner is _instance(module):
                return f"{module}.{name}"
        module, name = getattr(value, "__module__", None) or "", getattr(value, "__qualname__", "")
        return canonical(f"{module}.{name}") if module not in ("", "__main__", "builtins") else ""
    return settings_here().get(id(value), "")


def _instance(module: str) -> object:
    """The generator behind the functions of *module*."""
    name = "_inst" if module == "random" else "_rand"
    return getattr(sys.modules.get("random" if module == "random" else "numpy.random.mtrand"), name, None)


def settings_here() -> dict[int, str]:
    """The numbers of objects that are settings."""
    found = {id(os.environ): "os.environ", id(sys.path): "sys.path", id(warnings.filters): "warnings.filters"}
    for module, name in (("matplotlib", "rcParams"), ("pandas", "options")):
        value = getattr(sys.modules.get(module), name, None)
        if value is not None:
            found[id(value)] = f"{module}.{name}"
    return found


def resolved(path: str) -> Any:
    """What has the full name *path*, of modules that are loaded; None if nothing has."""
    parts = path.split(".")
    found: Any = sys.modules.get(parts[0])
    for place, part in enumerate(parts[1:], 2):
        if found is None:
            return None
        inner = getattr(found, part, None)
        found = sys.modules.get(".".join(parts[:place])) if inner is None else inner
    return found
