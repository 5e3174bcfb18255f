"""Reading a cell's names in this notebook: with what its modules, functions and classes are."""

from __future__ import annotations

import ast
import builtins
import inspect
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from nbflow.core.names import Names, Uses, code_uses, read_names, text_uses
from nbflow.notebook.hidden import Hidden
from nbflow.notebook.hidden_objects import Objects
from nbflow.notebook.owners import ByImport, Owners
from nbflow.notebook.transform import reveal


@dataclass(slots=True)
class Reader:
    """Reads cells against *namespace* and what jobs own; remembers what the functions that jobs define will use."""

    namespace: Mapping[str, Any]
    owners: Owners
    functions: dict[str, Uses] = field(default_factory=dict)
    hidden: Hidden = field(init=False)
    """What is known of state that hides in modules."""

    def __post_init__(self) -> None:
        self.hidden = Hidden(Objects(self.namespace, self.owners), self.owners)

    def read(self, code: str | ast.Module) -> Names:
        """The names of one cell, those that its functions use elsewhere and those inside of magics included."""
        shown = reveal(code)
        names = read_names(shown, modules=self._modules(), shadowed=self._shadowed(), behind=self._behind)
        return names if names.syntax_error else self.hidden.extend(names, shown)

    def learn(self, names: Names) -> None:
        """A job will bind functions: remember what they use. To be called before the job owns their names.

        One that is bound on some paths only may stay what it was.
        """
        for name, uses in names.functions.items():
            self.functions[name] = uses if name in names.certain else uses | self._behind(name)

    def elsewhere(self, names: Iterable[str]) -> frozenset[str]:
        """What is read by the functions behind *names*, and by those behind what they read, when they are called."""
        ahead, found = list(names), set[str]()
        while ahead:
            new = self._behind(ahead.pop()).reads - found
            found |= new
            ahead += new
        return frozenset(found)

    def _modules(self) -> frozenset[str]:
        loaded = {n for n, v in self.namespace.items() if isinstance(v, ModuleType) or _imported(v)}
        return frozenset(loaded | {n for n, m in self.owners.makers.items() if isinstance(m, ByImport)})

    def _shadowed(self) -> frozenset[str]:
        bound = {*self.namespace, *self.owners.makers} & set(dir(builtins))
        return frozenset(n for n in bound if n in self.owners.makers or self.namespace[n] is not getattr(builtins, n))

    def _behind(self, name: str) -> Uses:
        if name in self.owners.makers:
            return self.functions.get(name, Uses())
        value, found = self.namespace.get(name), Uses()
        for code in codes(value):
            found |= function_uses(code)
        # The arguments of methods are not those of their class.
        return found if isinstance(value, FunctionType) else replace(found, changes=frozenset())


@lru_cache(maxsize=1024)
def function_uses(code: CodeType) -> Uses:
    """What running *code* uses and, where the cell that it is from is known, what it visibly changes in place."""
    uses = code_uses(code)
    try:
        seen = text_uses(inspect.getsource(code))
    except (OSError, SyntaxError, tokenize.TokenError):
        return uses
    return uses | Uses(mutates=seen.mutates & uses.reads, changes=seen.changes)


def codes(value: object) -> list[CodeType]:
    """The code of a function of the notebook, or of the methods of a class of it; nothing for all else."""
    if getattr(value, "__module__", None) != "__main__":
        return []
    members = [*vars(value).values()] if isinstance(value, type) else [value]
    members += [vars(type(value)).get("__call__")] if not isinstance(value, type | FunctionType) else []
    functions = [getattr(member, "__func__", getattr(member, "fget", member)) for member in members]
    return [function.__code__ for function in functions if isinstance(function, FunctionType)]


def _imported(value: object) -> bool:
    """A function or class that comes from a module: calling its attributes changes nothing of the notebook's."""
    return isinstance(value, type | FunctionType) and getattr(value, "__module__", "__main__") != "__main__"
