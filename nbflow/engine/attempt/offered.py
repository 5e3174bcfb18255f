"""Variables that a body gets only if it asks for them while it runs, because its text does not tell that it may.

A mapping stands in the place of the builtins: Python looks there for a global that is missing. What goes through the
namespace itself (``globals()[k]``), through pandas (``df.query(text)``) or through ``__main__`` asks here too. All of
it costs speed, so it is there only for the bodies whose reading is incomplete.
"""

from __future__ import annotations

import builtins
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from nbflow.core.hidden import is_hidden

Take = Callable[[str], Any]
"""Has the value of an offered variable in the namespace, and gives it."""

_PAST_PYTHON = re.compile(r"\b(?:user_ns|user_global_ns|f_globals|f_locals|sqldf|duckdb|numexpr|ne\.evaluate)\b")
"""In a text: names are looked up in ways that nobody can stand in."""
_PANDAS = re.compile(r"\.(?:query|eval)\(")
_SCOPE = "pandas.core.computation.scope"


class Offered:
    """What is offered to one body, by *names*; *take* is called once for each that it asks for."""

    def __init__(self, names: Iterable[str], namespace: dict[str, Any], take: Take) -> None:
        self._names = frozenset(name for name in names if not is_hidden(name))
        self._open = set(self._names)
        self._namespace, self._take = namespace, take

    def install(self) -> None:
        """Answer for missing names from now on. To be called before functions are loaded: each keeps its builtins."""
        if self._open:
            self._namespace["__builtins__"] = Builtins(self)
            sys.modules["__main__"].__class__ = _answering(self)

    def reach(self, text: str) -> None:
        """Answer too where libraries look for names by themselves; *text* is the body that is about to run."""
        if not self._open:
            return
        if _PANDAS.search(text):
            with suppress(ImportError):
                importlib.import_module(_SCOPE)
        scope: Any = sys.modules.get(_SCOPE)
        if scope is not None and isinstance(getattr(scope, "DEFAULT_GLOBALS", None), dict):
            scope.DEFAULT_GLOBALS = Fallback(scope.DEFAULT_GLOBALS, self)
        if _PAST_PYTHON.search(text):
            self.take_all()

    def get(self, name: str) -> Any:
        """The value of *name*.

        Raises:
            KeyError: it is not offered, or was taken before.
        """
        if name not in self._open:
            raise KeyError(name)
        self._open.discard(name)
        return self._take(name)

    def again(self, name: str) -> Any:
        """The same for one who looked at the namespace before, and may ask more than once.

        Raises:
            KeyError: it is not offered.
        """
        return self.get(name) if name in self._open else self._taken(name)

    def _taken(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._namespace[name]

    def take_all(self) -> None:
        """Have everything in the namespace that is not there yet."""
        for name in sorted(self._open):
            self._open.discard(name)
            if name not in self._namespace:
                self._take(name)


class Builtins(dict[str, Any]):
    """The builtins, and after them what is offered.

    >>> values = {"x": 1}
    >>> names = Builtins(Offered(["x"], {}, values.get))
    >>> eval("len([x])", {"__builtins__": names})
    1
    """

    def __init__(self, offered: Offered) -> None:
        super().__init__(vars(builtins))
        self._offered = offered
        self.update(globals=self._globals, locals=self._locals, vars=self._vars, dir=self._dir)

    def __missing__(self, name: str) -> Any:
        return self._offered.get(name)

    def _globals(self) -> dict[str, Any]:
        self._offered.take_all()
        return sys._getframe(1).f_globals

    def _locals(self) -> Mapping[str, Any]:
        frame = sys._getframe(1)
        if frame.f_locals is frame.f_globals:
            self._offered.take_all()
        return frame.f_locals

    def _vars(self, *of: Any) -> Mapping[str, Any]:
        frame = sys._getframe(1)
        if not of and frame.f_locals is frame.f_globals:
            self._offered.take_all()
        return vars(*of) if of else frame.f_locals

    def _dir(self, *of: Any) -> list[str]:
        frame = sys._getframe(1)
        if not of and frame.f_locals is frame.f_globals:
            self._offered.take_all()
        return dir(*of) if of else sorted(frame.f_locals)


class Fallback(dict[str, Any]):
    """The names that pandas itself gives to expressions, and after them what is offered."""

    def __init__(self, names: Mapping[str, Any], offered: Offered) -> None:
        super().__init__(names)
        self._offered = offered

    def copy(self) -> Fallback:
        """Another of the same kind: pandas takes a copy for each expression."""
        return Fallback(self, self._offered)

    def __missing__(self, name: str) -> Any:
        return self._offered.again(name)


def _answering(offered: Offered) -> type[ModuleType]:
    """The class of a main module that is asked for more than it has: by name, or by what unpickles objects."""

    class Main(ModuleType):
        def __getattr__(self, name: str) -> Any:
            try:
                return offered.get(name)
            except KeyError:
                raise AttributeError(f"module '__main__' has no attribute {name!r}") from None

    return Main


# --- names that nobody gave
_NAMED = re.compile(r"(?:name|variable) '([A-Za-z_]\w*)'")


def unseen(error: BaseException, beyond: Iterable[str], inputs: Iterable[str]) -> str:
    """What to say of a NameError about a variable of the notebook that the body was not given; "" of another error.

    *beyond* are the notebook's other variables, *inputs* those that the body got.

    >>> unseen(NameError("name 'limit' is not defined"), ["limit"], ["df"])
    'nbflow did not see that the cell reads limit: add --inputs limit,df'
    """
    if not isinstance(error, NameError):
        return ""
    found = _NAMED.search(str(error))
    name = getattr(error, "name", None) or (found[1] if found else "")
    if name not in beyond:
        return ""
    given = [each for each in inputs if each != name and not is_hidden(each)]
    return f"nbflow did not see that the cell reads {name}: add --inputs {','.join([name, *given])}"
