"""What the kernel's objects tell of hidden state: the full names of things, the text behind functions, estimators."""

from __future__ import annotations

import ast
import dis
import inspect
import os
import sys
import sysconfig
import tokenize
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from textwrap import dedent
from types import BuiltinFunctionType, BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from nbflow.core.hidden import UNTOUCHED, Touches
from nbflow.core.hidden_reading import read_touches
from nbflow.core.hidden_rules import SEEDS, canonical, changed_by_call, drawn_by, seeded_by, steady
from nbflow.core.hidden_values import NO_CONSTANT
from nbflow.notebook.owners import ByImport, Owners

_CONSTANT = (str, bytes, int, float, bool, complex, type(None), PurePath)
_FUNCTIONS = (FunctionType, BuiltinFunctionType, BuiltinMethodType, MethodType)
_MOST = 2048
"""Functions whose touches are remembered."""


@dataclass
class Objects:
    """Looks at the objects in *namespace*, and at what jobs will make, as far as their texts tell."""

    namespace: Mapping[str, Any]
    owners: Owners
    _functions: dict[str, Touches] = field(default_factory=dict)
    _fits: dict[str, bool | None] = field(default_factory=dict)
    _texts: dict[CodeType, Touches] = field(default_factory=dict)
    _open: set[CodeType] = field(default_factory=set)

    def learn(self, outputs: Collection[str], touches: Touches) -> None:
        """A job will make *outputs*, by a text that does *touches*."""
        for name in outputs:
            self._functions[name] = touches.functions.get(name, UNTOUCHED)
            self._fits[name] = touches.fits.get(name)

    def notable(self, name: str) -> bool:
        """Whether what *name* is bound to matters by itself, whatever the text does with it."""
        if name in self.owners.makers:
            return self._functions.get(name, UNTOUCHED) is not UNTOUCHED
        value = self.namespace.get(name)
        if isinstance(value, (*_FUNCTIONS, type)) or type(value).__module__ == "__main__":
            path = self.origin(name)
            if path and (drawn_by(path, True) or seeded_by(path) or changed_by_call(path)):
                return True
            return not _quiet(self.behind(name))
        return id(value) in _objects()

    def origin(self, name: str) -> str:
        """The full name of the module, or of the thing of a module, that *name* is bound to; empty: none."""
        maker = self.owners.makers.get(name)
        if isinstance(maker, ByImport):
            return canonical(f"{maker.module}.{maker.attribute}" if maker.attribute else maker.module)
        return "" if maker is not None else full_name(self.namespace.get(name))

    def behind(self, path: str) -> Touches:
        """What calling the thing of this name, or full name, does, where its text is known and of the notebook."""
        if path in self.owners.makers:
            return self._functions.get(path, UNTOUCHED)
        value = self.namespace.get(path) if "." not in path else resolved(path)
        found = UNTOUCHED
        for function in functions_of(value):
            found |= self._behind(function)
        return found

    def _behind(self, function: FunctionType) -> Touches:
        code = function.__code__
        if code in self._open:
            return UNTOUCHED
        if code not in self._texts:
            if len(self._texts) >= _MOST:
                self._texts.clear()
            self._open.add(code)
            here = function.__globals__ is self.namespace
            around = self if here else Objects(function.__globals__, Owners(), _texts=self._texts, _open=self._open)
            try:
                self._texts[code] = touches_of(function, around)
            finally:
                self._open.discard(code)
        return self._texts[code]

    def fits(self, name: str) -> bool | None:
        """Whether fitting the value of *name* draws from numpy's generator; None: nobody knows."""
        if name in self.owners.makers:
            return self._fits.get(name)
        return fits(self.namespace.get(name)) if name in self.namespace else None

    def seedable(self, path: str) -> bool | None:
        """Whether what has this full name takes a seed; None: it is not loaded."""
        value = resolved(path)
        return None if value is None else takes_seed(value)

    def constant(self, name: str) -> Any:
        """The value of *name* if that is an immutable one that the kernel has."""
        value = self.namespace.get(name, NO_CONSTANT)
        return value if name not in self.owners.makers and isinstance(value, _CONSTANT) else NO_CONSTANT


def _quiet(touches: Touches) -> bool:
    return touches is UNTOUCHED or not (touches.writes or touches.reads)


def touches_of(function: FunctionType, around: Objects) -> Touches:
    """What calling *function* does, from its text, or else from the names in its code."""
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
        match tree.body:
            case [ast.FunctionDef() | ast.AsyncFunctionDef() as node]:
                node.decorator_list.clear()
                return read_touches(tree, around).functions[node.name]
    except (OSError, SyntaxError, ValueError, tokenize.TokenError, RecursionError):
        pass  # no text, or one that does not begin with it, as that of a lambda: its code tells less, but enough
    text = "\n".join(dict.fromkeys(chains(function.__code__)))
    return read_touches(ast.parse(f"def _():\n  pass\n{dedent(text)}"), around)


def chains(code: CodeType) -> Iterator[str]:
    """The dotted names that *code* looks up, inner functions included.

    >>> list(chains((lambda: os.path.join(sys.argv)).__code__))
    ['os.path.join', 'sys.argv']
    """
    chain: list[str] = []
    for instruction in dis.get_instructions(code):
        match instruction.opname:
            case "LOAD_GLOBAL" | "LOAD_NAME":
                yield from [".".join(chain)] if chain else []
                chain = [instruction.argval]
            case "LOAD_ATTR" | "LOAD_METHOD" if chain:
                chain.append(instruction.argval)
            case "CACHE" | "PRECALL" | "PUSH_NULL":
                continue
            case _:
                yield from [".".join(chain)] if chain else []
                chain = []
    yield from [".".join(chain)] if chain else []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from chains(each)


def functions_of(value: object) -> Iterator[FunctionType]:
    """The functions of the notebook, or of modules that are no installed packages, that using *value* may run."""
    if isinstance(value, MethodType):
        value = value.__func__
    if isinstance(value, FunctionType):
        if not installed(value.__module__ or ""):
            yield value
        return
    kind = value if isinstance(value, type) else type(value)
    if not installed(kind.__module__):
        for member in list(vars(kind).values()):
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(function, FunctionType):
                yield function


_homes: tuple[str, ...] = tuple(
    {os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib", "platlib")}  # noqa: PTH118
)


def installed(module: str) -> bool:
    """Whether *module* is one of Python's own or of an installed package.

    >>> installed("json"), installed("__main__")
    (True, False)
    """
    if module == "__main__":
        return False
    if module.partition(".")[0] in sys.stdlib_module_names or module.partition(".")[0] in _OWN:
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is None or file.startswith(_homes)


_OWN = frozenset({"nbflow", "IPython", "ipykernel"})


def full_name(value: object) -> str:
    """The full name under which *value* is found in a module; empty: it is nothing of a module.

    >>> import random
    >>> full_name(random.choice), full_name(os.environ), full_name(os), full_name(3)
    ('random.choice', 'os.environ', 'os', '')
    """
    if isinstance(value, ModuleType):
        return canonical(value.__name__)
    if isinstance(value, (*_FUNCTIONS, type)) or type(value).__name__ == "cython_function_or_method":
        owner, name = getattr(value, "__self__", None), getattr(value, "__name__", "")
        for module in ("random", "numpy.random"):
            if owner is not None and owner is _instance(module):
                return f"{module}.{name}"
        module, name = getattr(value, "__module__", None) or "", getattr(value, "__qualname__", "")
        return canonical(f"{module}.{name}") if module not in ("", "__main__", "builtins") else ""
    return _objects().get(id(value), "")


def _instance(module: str) -> object:
    """The generator behind the functions of *module*."""
    name = "_inst" if module == "random" else "_rand"
    return getattr(sys.modules.get("random" if module == "random" else "numpy.random.mtrand"), name, None)


def _objects() -> dict[int, str]:
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
        found = getattr(found, part, None) or sys.modules.get(".".join(parts[:place]))
    return found


def takes_seed(value: Any) -> bool:
    """Whether *value*, called without a seed, may use the global generators."""
    try:
        parameters = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return False
    return any(name in parameters for name in SEEDS)


def fits(value: object) -> bool | None:
    """Whether fitting *value*, or drawing a sample of it, draws from numpy's generator; None: who knows.

    >>> fits(3), fits([1, 2]), fits(object())
    (False, False, None)
    """
    match value:
        case str() | int() | float() | None:
            return False
        case list() | tuple() | set():
            return any(fits(each) is True for each in list(value)[:100])
        case dict():
            return any(fits(each) is True for each in list(value.values())[:100])
    package = type(value).__module__.partition(".")[0]
    if package in ("random", "numpy", "statsmodels"):
        return package == "numpy" and type(value).__name__ == "RandomState" and value is _instance("numpy.random")
    if not hasattr(value, "get_params") or isinstance(value, type):
        return None
    return _unseeded(value)


def _unseeded(estimator: Any) -> bool | None:
    """Whether *estimator*, or a part of it, takes a seed, has none, and needs one."""
    try:
        params = estimator.get_params(deep=True)
    except Exception:  # somebody's own estimator
        return None
    for key, value in params.items():
        if key.rpartition("__")[2] in SEEDS and value is None:
            whole = params.get(key.rpartition("__")[0], estimator) if "__" in key else estimator
            solver = params.get(f"{key.rpartition('__')[0]}__solver" if "__" in key else "solver", "auto")
            if not steady(type(whole).__name__, frozenset()) or solver in ("sag", "saga", "liblinear"):
                return True
    return False
