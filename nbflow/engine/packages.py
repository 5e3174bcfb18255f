"""Versions of installed packages, from their metadata: nothing is imported to know them."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def version(name: str) -> str:
    """The version of the installed package that has the module *name*; empty if that is not known."""
    folders = tuple(path for path in sys.path if path.endswith("site-packages"))
    return _version(name, _changes(folders))


def _changes(folders: Sequence[str]) -> tuple[int, ...]:
    """Tells whether something was installed since."""
    return tuple(Path(folder).stat().st_mtime_ns for folder in folders if Path(folder).is_dir())


@lru_cache(maxsize=1024)
def _version(name: str, _changes: tuple[int, ...]) -> str:
    for distribution in (name, *_providers(_changes).get(name, ())):
        try:
            return importlib.metadata.version(distribution)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            continue
    return ""


@lru_cache(maxsize=2)
def _providers(_changes: tuple[int, ...]) -> dict[str, list[str]]:
    """Module -> the packages that have it; slow, so it is only asked where they are called differently."""
    return dict(importlib.metadata.packages_distributions())
