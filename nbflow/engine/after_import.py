"""Something to be done as soon as a module is imported, whoever imports it; at once if it is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Action = Callable[[], None]


class _Finder(MetaPathFinder):
    """Stands before all other finders while there is something to be done, and finds what they find."""

    def __init__(self) -> None:
        self.actions: dict[str, Action] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.actions:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(fullname, path, target) if finder is not self else None
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, lambda: self.act(fullname))
                return spec
        return None

    def act(self, name: str) -> None:
        action = self.actions.pop(name, None)
        if not self.actions:
            sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        if action is not None:
            action()


class _Loader(Loader):
    """Loads as *loader* does, leaves no trace of itself, then acts."""

    def __init__(self, loader: Loader, act: Action) -> None:
        self.loader, self.act = loader, act

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.act()


_finder = _Finder()


def after_import(module: str, action: Action) -> None:
    """Call *action* after *module* was imported, now if it is there already; what was asked before is forgotten.

    >>> done = []
    >>> after_import("json", lambda: done.append("json"))
    >>> done
    ['json']
    """
    if module in sys.modules:
        _finder.actions.pop(module, None)
        action()
        return
    _finder.actions[module] = action
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget(module: str | None = None) -> None:
    """Nothing is to be done after the import of *module*, or of any."""
    for name in [module] if module is not None else list(_finder.actions):
        _finder.actions.pop(name, None)
    if not _finder.actions:
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _finder]


__all__ = ["after_import", "forget"]
