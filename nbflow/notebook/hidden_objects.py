"""What the kernel's objects tell of hidden state: the full names of things, the text behind functions, estimators."""

from __future__ import annotations

import ast
import inspect
import tokenize
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any

from nbflow.core.drawing import drawn_by, seeded_by
from nbflow.core.full_names import canonical
from nbflow.core.hidden_reading import read_touches
from nbflow.core.hidden_values import NO_CONSTANT
from nbflow.core.settings import changed_by_call
from nbflow.core.touches import UNTOUCHED, Touches
from nbflow.notebook.code_behind import chains, functions_of
from nbflow.notebook.estimators import fits, takes_seed
from nbflow.notebook.named_things import FUNCTIONS, full_name, resolved, settings_here
from nbflow.notebook.owners import ByImport, Owners

_CONSTANT = (str, bytes, int, float, bool, complex, type(None), PurePath)
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
        if isinstance(value, (*FUNCTIONS, type)) or type(value).__module__ == "__main__":
            path = self.origin(name)
            if path and (drawn_by(path, True) or seeded_by(path) or changed_by_call(path)):
                return True
            return not _quiet(self.behind(name))
        return id(value) in settings_here()

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
