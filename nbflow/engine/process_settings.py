"""The settings of the process and of Python's own modules; as with those of packages, None: nothing is otherwise."""

from __future__ import annotations

import importlib
import locale
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from nbflow.engine.package_settings import Plain


class Decimal:
    """The context of decimal numbers."""

    module = "decimal"
    _parts = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")

    def get(self) -> Plain | None:
        """What is not at its default."""
        decimal = sys.modules[self.module]
        present, default = decimal.getcontext(), decimal.DefaultContext
        changed = {key: getattr(present, key) for key in self._parts if getattr(present, key) != getattr(default, key)}
        traps = {kind.__name__: on for kind, on in present.traps.items() if on != default.traps[kind]}
        return {**changed, "traps": traps} if changed or traps else None

    def put(self, state: Plain | None) -> None:
        """Have it so, and everything else at its default."""
        decimal = sys.modules[self.module]
        context, state = decimal.DefaultContext.copy(), dict(state or {})
        for name, on in state.pop("traps", {}).items():
            context.traps[getattr(decimal, name)] = on
        for key, value in state.items():
            setattr(context, key, value)
        decimal.setcontext(context)


class Limits:
    """The limits of the interpreter: recursion, digits of integers."""

    module = "sys"

    def get(self) -> Plain | None:
        """What is not at its default."""
        changed = {}
        if sys.getrecursionlimit() != 1000:
            changed["recursion"] = sys.getrecursionlimit()
        if sys.get_int_max_str_digits() != sys.int_info.default_max_str_digits:
            changed["digits"] = sys.get_int_max_str_digits()
        return changed or None

    def put(self, state: Plain | None) -> None:
        """Have it so, and everything else at its default."""
        state = state or {}
        sys.setrecursionlimit(state.get("recursion", 1000))
        sys.set_int_max_str_digits(state.get("digits", sys.int_info.default_max_str_digits))


class Warnings:
    """The filters that decide about warnings, those of packages left out where nobody else has set any."""

    module = "warnings"

    def get(self) -> list[tuple[Any, ...]] | None:
        """The filters before Python's own, the newest first; None if they are all those of packages."""
        found = _set(warnings.filters)
        if not any(map(_general, found)):
            return None
        return [(action, text, _named(category), module, line) for action, text, category, module, line in found]

    def put(self, state: list[tuple[Any, ...]] | None) -> None:
        """Have these filters stand before all others, and no other general one."""
        present: list[Any] = warnings.filters  # type: ignore[assignment]
        new = [(action, text, _class(name), module, line) for action, text, name, module, line in state or ()]
        wanted = [each for each in new if each[2] is not None]
        others = [each for each in _set(present) if each not in wanted and not _general(each)]
        pythons = [each for each in _PYTHONS if each not in wanted]
        present[:] = [*wanted, *others, *pythons]
        getattr(warnings, "_filters_mutated", getattr(warnings, "_filters_mutated_lock_held", lambda: None))()


_PYTHONS: list[tuple[Any, ...]] = [
    ("default", None, DeprecationWarning, "__main__", 0),
    *(
        ("ignore", None, kind, None, 0)
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
    ),
]
"""What Python begins with."""


def _set(filters: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The filters that were set since the start: all before Python's own, or else all that are none of these."""
    entries = list(filters)
    if _PYTHONS[0] in entries:
        return entries[: entries.index(_PYTHONS[0])]
    return [each for each in entries if each not in _PYTHONS]


def _general(entry: tuple[Any, ...]) -> bool:
    """Whether a filter is none that a package sets for its own warnings."""
    _, text, category, module, _ = entry
    return text is None and module is None and category.__module__ == "builtins"


def _named(category: Any) -> str:
    return f"{category.__module__}:{category.__qualname__}"


def _class(name: str) -> type | None:
    module, _, attribute = name.partition(":")
    with suppress(ImportError, AttributeError):
        found: type = getattr(importlib.import_module(module), attribute)
        return found
    return None


class Environ:
    """The environment variables that were changed since *begin*."""

    module = "os"

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """What is otherwise is told from now on."""
        self._start = dict(os.environ)

    def get(self) -> dict[str, str | None] | None:
        """Variable -> its value; None: it was deleted."""
        present, start = dict(os.environ), self._start
        if present == start:
            return None
        changed: dict[str, str | None] = {key: value for key, value in present.items() if start.get(key) != value}
        return changed | dict.fromkeys(key for key in start if key not in present)

    def put(self, state: Mapping[str, str | None] | None) -> None:
        """Carry these changes out here."""
        for key, value in (state or {}).items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


class SysPath:
    """The folders that ``sys.path`` has more, or no more, since *begin*."""

    module = "sys"

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """What is otherwise is told from now on."""
        self._start = list(sys.path)

    def get(self) -> tuple[list[str], list[str], list[str]] | None:
        """Those before what was there, those after, and those that are gone."""
        if sys.path == self._start:
            return None
        places = [place for place, each in enumerate(sys.path) if each in self._start]
        first = places[0] if places else len(sys.path)
        new = [(place, each) for place, each in enumerate(sys.path) if each not in self._start]
        gone = [each for each in self._start if each not in sys.path]
        return [each for place, each in new if place < first], [each for place, each in new if place > first], gone

    def put(self, state: tuple[list[str], list[str], list[str]] | None) -> None:
        """Carry these changes out here."""
        before, after, gone = state or ((), (), ())
        rest = [each for each in sys.path if each not in {*before, *after, *gone}]
        sys.path[:] = [*before, *rest, *after]


class Cwd:
    """The working folder."""

    module = "os"

    def get(self) -> str | None:
        """Its path; None if it was deleted."""
        try:
            return os.getcwd()  # noqa: PTH109 - on the way to every attempt
        except FileNotFoundError:
            return None

    def put(self, state: str | None) -> None:
        """Go there."""
        if state is not None:
            os.chdir(state)


class Locale:
    """How numbers and dates are written."""

    module = "locale"

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """What is otherwise is told from now on."""
        self._start = locale.setlocale(locale.LC_ALL)

    def get(self) -> str | None:
        """All of it, if it was changed."""
        present = locale.setlocale(locale.LC_ALL)
        return None if present == self._start else present

    def put(self, state: str | None) -> None:
        """Have it so."""
        locale.setlocale(locale.LC_ALL, state or self._start)
