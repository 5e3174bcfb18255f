"""Which modules the zygote may import ahead of its attempts: installed packages, never the notebook's own files."""

from __future__ import annotations

import importlib
import importlib.util
import site
import sys
import sysconfig
import threading
from pathlib import Path

ALONG = {
    "matplotlib": ("matplotlib.pyplot",),
    "numpy": ("nbflow.engine.arrays",),
    "pandas": ("nbflow.engine.columns",),
    "pyarrow": ("nbflow.engine.arrow",),
    "torch": ("nbflow.engine.tensors",),
}
"""Package -> what is wanted nearly always with it, and is not imported by the package itself: parts of it that are slow
to import, and how its values are stored."""


def installed(name: str) -> bool:
    """Whether top-level module *name* comes from the standard library or from site packages.

    >>> installed("json"), installed("no_such_module_anywhere")
    (True, False)
    """
    if name in sys.modules:
        return True
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return False
    if spec is None or spec.origin is None:
        return False
    return spec.origin in ("built-in", "frozen") or any(Path(spec.origin).is_relative_to(home) for home in _homes())


def _homes() -> set[str]:
    paths = sysconfig.get_paths()
    return {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {site.getusersitepackages()}


def load(names: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Import *names*. Returns module -> why not, for those that could not be, and those that started a thread.

    An attempt that needs a module which cannot be imported says so again by itself.
    """
    failed: dict[str, str] = {}
    unfit: list[str] = []
    for name in [part for package in names for part in (package, *ALONG.get(package, ()))]:
        if not installed(name.partition(".")[0]):
            failed[name] = "not an installed package"
            continue
        threads = threading.active_count()
        try:
            importlib.import_module(name)
        except BaseException as error:
            failed[name] = f"{type(error).__name__}: {error}"
        if threading.active_count() > threads:
            unfit.append(name)
    return failed, tuple(unfit)
