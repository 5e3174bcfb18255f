"""The notebook's own modules: they travel by name, so jobs get the text of today, the kernel that of its import."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from nbflow.core.names import Names

_SUFFIXES = ("site-packages", "dist-packages")


@dataclass(slots=True)
class _Text:
    """What the file of a module was when the kernel imported it, or did so last: *spec* is that import's."""

    spec: object
    file: Path
    stamp: tuple[int, int]
    digest: bytes


class LocalModules:
    """Remembers the files of the modules that are no installed packages, and notices those that were edited since.

    Args:
        modules: the loaded ones by name.
        reloading: whether a person has them imported again by themselves, as ``%autoreload`` does.
    """

    def __init__(self, modules: Mapping[str, Any] = sys.modules, reloading: Callable[[], bool] = lambda: False) -> None:
        self._modules, self._reloading = modules, reloading
        self._texts: dict[str, _Text] = {}
        self._known: set[str] = set()
        self._told: set[tuple[str, tuple[int, int]]] = set()

    def look(self) -> None:
        """After a cell: remember what it has imported, for the first time or again."""
        names = set(self._modules)
        for name in names - self._known:
            self._remember(name)
        self._known = names
        for name, text in list(self._texts.items()):
            if getattr(self._modules.get(name), "__spec__", None) is not text.spec:
                self._remember(name)

    def _remember(self, name: str) -> None:
        self._texts.pop(name, None)
        module = self._modules.get(name)
        file = getattr(module, "__file__", None)
        if isinstance(module, ModuleType) and isinstance(file, str) and _is_local(name, file):
            path = Path(file)
            found = _look(path)
            if found is not None:
                self._texts[name] = _Text(module.__spec__, path, *found)

    def warnings(self, names: Names, namespace: Mapping[str, Any]) -> list[str]:
        """What to say of a job that reads *names*: which of the modules behind them were edited, who has which text."""
        if self._reloading():
            return []
        values = [namespace[name] for name in names.needed if name in namespace]
        files = list(self.edited(values, names.packages))
        if not files:
            return []
        were, them = ("was", "it") if len(files) == 1 else ("were", "them")
        return [
            f"{', '.join(files)} {were} edited after this kernel imported {them}: the job runs the new text, "
            f"the kernel has the old one (importlib.reload, or restart it)"
        ]

    def edited(self, values: Iterable[object], packages: Iterable[str]) -> Iterator[str]:
        """The files of modules behind *values*, or imported from *packages*, that were edited; each is told once.

        Modules that those import count too.
        """
        if not self._texts:
            return
        names = {module_of(value) for value in values}
        names |= {name for name in self._texts if name.partition(".")[0] in packages}
        for name in sorted(self._behind(names & self._texts.keys())):
            text = self._texts[name]
            stamp = _stamp(text.file)
            if stamp == text.stamp or (name, stamp) in self._told:
                continue
            found = _look(text.file)
            if found is not None and found[1] == text.digest:
                text.stamp = stamp  # touched, with the text that it had
                continue
            self._told.add((name, stamp))
            yield text.file.name

    def _behind(self, names: set[str]) -> set[str]:
        ahead = list(names)
        while ahead:
            module = self._modules.get(ahead.pop())
            used = {module_of(value) for value in list(vars(module).values())} if module is not None else set()
            new = (used & self._texts.keys()) - names
            names |= new
            ahead += new
        return names


def module_of(value: object) -> str:
    """The name of the module that *value* is or comes from.

    >>> module_of(sys), module_of(Path), module_of(Path("."))[:7]
    ('sys', 'pathlib', 'pathlib')
    """
    if isinstance(value, ModuleType):
        return value.__name__
    own = getattr(value, "__module__", None) if isinstance(value, type) or callable(value) else None
    return own if isinstance(own, str) else type(value).__module__


_HOMES = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_NONE = ("nbflow", "__main__", "__mp_main__")
_FEW = 2_000_000
"""Bytes of a file that is read to tell whether it has changed."""


def _is_local(name: str, file: str) -> bool:
    installed = file.startswith(_HOMES) or any(part in _SUFFIXES for part in Path(file).parts)
    return file.endswith(".py") and not installed and name.partition(".")[0] not in _NONE


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, -1
    return found.st_mtime_ns, found.st_size


def _look(file: Path) -> tuple[tuple[int, int], bytes] | None:
    stamp = _stamp(file)
    try:
        return (stamp, sha256(file.read_bytes()).digest()) if 0 <= stamp[1] < _FEW else None
    except OSError:
        return None
