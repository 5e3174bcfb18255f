"""What code imports: the versions of installed packages, and the text of modules of the notebook's own folders.

Nothing is imported to find that out: packages say their version in their metadata, and own modules are read as text,
with those that they import in turn.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from nbflow.core.recipe import normal
from nbflow.engine.packages import version

_OURS = frozenset({"__main__", "builtins", "cloudpickle", "nbflow"})
"""What is behind every stored value: of no account."""
_MOST = 2000
"""Own modules that are followed."""


class Libraries(NamedTuple):
    """What code imports: package -> version, and own module -> digest of its text, normalised."""

    packages: dict[str, str]
    modules: dict[str, str]


class Found(NamedTuple):
    """A module's text: its digest, and the dotted names that it imports."""

    digest: str
    imports: frozenset[str]


def libraries(names: Iterable[str], folders: Sequence[str]) -> Libraries:
    """What the dotted *names* of modules mean where *folders* are looked through before what is installed.

    >>> libraries({"json", "msgspec.json", "nowhere_to_be_found"}, ()).packages.keys()
    dict_keys(['msgspec', 'nowhere_to_be_found'])
    """
    packages, modules = dict[str, str](), dict[str, str]()
    ahead, seen = sorted(set(names)), set[str]()
    while ahead and len(modules) < _MOST:
        name = ahead.pop()
        top = name.partition(".")[0]
        if name in seen or top in sys.stdlib_module_names or top in _OURS:
            continue
        seen.add(name)
        files = list(_files(name, folders)) or list(_elsewhere(name))
        for module, file in files:
            if module not in modules and (found := _text(file, module)) is not None:
                modules[module] = found.digest
                ahead += found.imports - seen
        if not files:
            packages[top] = version(top)
    return Libraries(dict(sorted(packages.items())), dict(sorted(modules.items())))


def imported(code: str) -> frozenset[str]:
    """The dotted names of the modules that *code* imports, wherever in it; none where it cannot be read.

    >>> sorted(imported("import os.path as p\\nfrom a import b"))
    ['a', 'a.b', 'os.path']
    """
    try:
        return frozenset(_imports(ast.parse(code), ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level and package else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((base,) if base else ())
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names if alias.name != "*")


# --- own modules
def _files(name: str, folders: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The modules that importing *name* runs, with their files, where its first part is in one of *folders*."""
    for folder in folders:
        place, found, module = Path(folder), list[tuple[str, Path]](), ""
        for part in name.split("."):
            place, module = place / part, f"{module}.{part}" if module else part
            if (place / "__init__.py").is_file():
                found.append((module, place / "__init__.py"))
            elif place.with_name(f"{part}.py").is_file():
                found.append((module, place.with_name(f"{part}.py")))
                break
            elif not place.is_dir():
                break
        if found:
            yield from found
            return


def _elsewhere(name: str) -> Iterator[tuple[str, Path]]:
    """The same for what is installed as a link to a folder that somebody works in."""
    top = name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    origins = places or ([spec.origin] if spec is not None and spec.origin else [])
    if not any(_installed(place) for place in origins):
        yield from _files(name, [str(Path(place).parent) for place in origins])


@lru_cache(maxsize=1024)
def _installed(place: str) -> bool:
    """Whether *place* is in the folders of this interpreter."""
    if os.sep not in place or {"site-packages", "dist-packages"} & set(Path(place).parts):  # built in, or anybody's
        return True
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(Path(place).is_relative_to(folder) for folder in own)


def _text(file: Path, module: str) -> Found | None:
    """What is in *file*; None if it cannot be read."""
    try:
        about = file.stat()
        return _read(str(file), module, about.st_mtime_ns, about.st_size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _read(file: str, module: str, _changed_at: int, _size: int) -> Found:
    code = Path(file).read_text(encoding="utf-8", errors="replace")
    package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
    try:
        names = frozenset(_imports(ast.parse(code), package))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = frozenset()
    return Found(hashlib.sha256(normal(code).encode("utf-8", "surrogatepass")).hexdigest(), names)
