"""Reading a cell's names in this notebook: with what its modules, functions, objects and texts are."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from nbflow.core.names import NOTHING, Names, Uses, read_names
from nbflow.notebook.hidden import Hidden
from nbflow.notebook.hidden_objects import Objects
from nbflow.notebook.objects import uses_of_value
from nbflow.notebook.owners import ByFan, ByImport, Owners
from nbflow.notebook.transform import reveal
from nbflow.notebook.value_kinds import kind_of_type, kind_of_value

_TEXT_LIMIT = 10_000
"""Characters of a text that is looked into for names."""


def _untold(_: str) -> str:
    return ""


@dataclass(slots=True)
class Reader:
    """Reads cells against *namespace* and what jobs own; remembers what the functions that jobs define will use.

    *type_of* gives the name of the type of what a job has made under a name, or "" as long as nobody knows.
    """

    namespace: Mapping[str, Any]
    owners: Owners
    type_of: Callable[[str], str] = _untold
    functions: dict[str, Uses] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    hidden: Hidden = field(init=False)
    """What is known of state that hides in modules."""
    _classes: WeakKeyDictionary[type, frozenset[str]] = field(default_factory=WeakKeyDictionary)
    """The methods of the kernel's classes that change their object."""

    def __post_init__(self) -> None:
        self.hidden = Hidden(Objects(self.namespace, self.owners), self.owners)

    def read(self, code: str | ast.Module) -> Names:
        """The names of one cell, those that its functions use elsewhere and those inside of magics included."""
        shown = _tree(reveal(code))
        names = read_names(
            shown,
            modules=self._modules(),
            shadowed=self._shadowed(),
            behind=self._behind,
            kind=self._kind,
            texts=self._text,
            methods=self._methods,
            classes=self._classes_here,
        )
        return names if names.syntax_error else self.hidden.extend(names, shown)

    def learn(self, names: Names) -> None:
        """A job will bind names: remember what is known of them. To be called before the job owns them.

        One that is bound on some paths only may stay what it was.
        """
        for name, uses in names.functions.items():
            self.functions[name] = uses if name in names.certain else uses | self._behind(name)
        for name in names.writes - names.mutates:
            if name not in names.functions and name in names.certain:
                self.functions.pop(name, None)
            for known, told in ((self.kinds, names.kinds), (self.texts, names.texts)):
                if name in told and name in names.certain:
                    known[name] = told[name]
                else:
                    known.pop(name, None)

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
        given, owned = vars(builtins), self.owners.makers
        bound = (given.keys() & self.namespace.keys()) | (given.keys() & owned.keys())
        return frozenset(name for name in bound if name in owned or self.namespace[name] is not given[name])

    def _behind(self, name: str) -> Uses:
        if name in self.owners.makers:
            return self.functions.get(name, NOTHING)
        return uses_of_value(self.namespace.get(name), self.namespace)

    def _methods(self) -> frozenset[str]:
        """Of the notebook's classes, the methods that change the object they are called on."""
        made = (uses.methods for name, uses in self.functions.items() if name in self.owners.makers)
        here = [each for each in list(self.namespace.values()) if isinstance(each, type)]
        for each in here:
            if each not in self._classes:
                ours = each.__module__ == "__main__"
                self._classes[each] = uses_of_value(each, self.namespace).methods if ours else frozenset()
        return frozenset[str]().union(*made, *(self._classes[each] for each in here))

    def _classes_here(self) -> frozenset[str]:
        """The names of the notebook's own classes."""
        here = {name for name, value in list(self.namespace.items()) if isinstance(value, type)}
        own = {name for name in here if self.namespace[name].__module__ == "__main__"}
        made = {name for name, uses in self.functions.items() if uses.makes and name in self.owners.makers}
        return frozenset(own | made)

    def _kind(self, name: str) -> str:
        if isinstance(self.owners.maker(name), ByFan):
            return "container"
        if name in self.owners.makers:
            made = self.type_of(name)
            return kind_of_type(made) if made else self.kinds.get(name, "")
        return kind_of_value(self.namespace[name]) if name in self.namespace else ""

    def _text(self, name: str) -> str | None:
        if name in self.owners.makers:
            return "" if isinstance(self.owners.maker(name), ByFan) else self.texts.get(name)
        if name not in self.namespace:
            return None
        value = self.namespace[name]
        return value if isinstance(value, str) and len(value) <= _TEXT_LIMIT else ""


def _tree(code: str | ast.Module) -> str | ast.Module:
    """The tree of *code*, made once for all who read it; the text itself, if that is no Python."""
    try:
        return ast.parse(code) if isinstance(code, str) else code
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # told by `read_names`
        return code


def _imported(value: object) -> bool:
    """A function or class that comes from a module: calling its attributes changes nothing of the notebook's."""
    return isinstance(value, type | FunctionType) and getattr(value, "__module__", "__main__") != "__main__"
