"""Rules broken on purpose."""

from __future__ import annotations

from types import ModuleType

from . import attempts, runs, steps


def _variants(module: ModuleType) -> list:
    own = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    return [each for each in own if not each.__name__.startswith("_")]


BROKEN = [variant for module in (attempts, steps, runs) for variant in _variants(module)]
