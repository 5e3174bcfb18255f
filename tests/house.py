"""The rules of the house, read from the source text alone: who imports whom, what is kept apart, how big things are.

Every rule takes a `Tree` and returns its breaches as lines for people; no breach is an empty list.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PURE = {
    "__future__", "abc", "ast", "bisect", "builtins", "collections", "dataclasses", "difflib", "dis", "enum", "fnmatch",
    "functools", "heapq", "itertools", "keyword", "math", "operator", "re", "shlex", "statistics", "string", "symtable",
    "textwrap", "types", "typing", "unicodedata", "msgspec",
}  # fmt: skip
"""What the core may import besides itself: nothing here has a clock, I/O, threads or chance."""

LAYERS = {
    "errors": set(),
    "core": {"errors"},
    "engine": {"core", "errors"},
    "widget": {"core", "errors"},
    "picture": {"core", "errors"},
    "notebook": {"engine.client", "widget", "picture", "core", "errors"},
    "cli": {"engine.client", "picture", "core", "errors"},
    "testing": {"engine", "core", "errors"},
}
"""Part of the package -> the other parts it may import. The face, ``__init__``, may import any."""

PLACES = {
    "IPython": ("notebook", "engine.attempt"),
    "ipykernel": ("notebook", "engine.attempt"),
    "anywidget": ("widget",),
    "ipywidgets": ("widget",),
    "sqlite3": ("engine.store",),
    "matplotlib": ("picture", "notebook.looking", "engine.attempt"),
    "nest_asyncio2": ("engine.attempt",),
    "nbclient": ("cli",),
}
"""Outside package -> the only parts that may import it."""

VAGUE = ("utils", "util", "helpers", "helper", "manager", "managers", "backend", "backends")
MODULE_MAX, MODULE_MEDIAN = 350, 120
FUNCTION_MAX, FUNCTION_P90, FUNCTION_MEDIAN = 50, 25, 8
FACE_MAX = 25


@dataclass(frozen=True)
class Module:
    """One source file. *path* is dotted, below the package: ``core.plan``; the face's is empty."""

    path: str
    text: str
    syntax: ast.Module = field(repr=False)
    is_package: bool

    @property
    def part(self) -> str:
        return self.path.partition(".")[0]

    def within(self, place: str) -> bool:
        """The module is *place*, or lies in it."""
        return self.path == place or self.path.startswith(place + ".")


class Tree:
    """A package's modules, and whom each imports, wherever in its text the import stands."""

    def __init__(self, root: Path) -> None:
        self.name = root.name
        self.modules = {m.path: m for m in (_module(root, file) for file in sorted(root.rglob("*.py")))}
        self.imports = {m.path: set(self._targets(m)) for m in self.modules.values()}

    def outside(self, module: Module) -> set[str]:
        """Top names of the other packages that *module* imports."""
        return {name.partition(".")[0] for name in _imported(module, self.name)} - {self.name}

    def inside(self, module: Module) -> set[str]:
        """Paths of this package's modules that *module* imports."""
        return self.imports[module.path]

    def functions(self) -> Iterator[tuple[str, int]]:
        """Every function's dotted name and its number of lines."""
        for module in self.modules.values():
            for node in ast.walk(module.syntax):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    assert node.end_lineno is not None
                    yield f"{module.path}.{node.name}", node.end_lineno - node.lineno + 1

    def _targets(self, module: Module) -> Iterator[str]:
        for name in _imported(module, self.name):
            top, _, path = name.partition(".")
            if top != self.name:
                continue
            while path not in self.modules:  # the tail is a name inside a module
                path = path.rpartition(".")[0]
            if path != module.path:
                yield path


def _module(root: Path, file: Path) -> Module:
    parts = list(file.relative_to(root).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    if is_package:
        parts.pop()
    text = file.read_text()
    return Module(".".join(parts), text, ast.parse(text, str(file)), is_package)


def _imported(module: Module, package: str) -> Iterator[str]:
    """Absolute dotted names of everything *module* imports; ``from a import b`` counts as ``a.b``."""
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, package)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _absolute(node: ast.ImportFrom, module: Module, package: str) -> str:
    if not node.level:
        return node.module or ""
    here = [package, *filter(None, module.path.split("."))]
    here = here[: len(here) - node.level + module.is_package]
    return ".".join([*here, node.module] if node.module else here)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def circles(tree: Tree) -> list[str]:
    """No module imports itself by way of others. Each module is coloured once; a grey one met again closes a loop."""
    found: list[str] = []
    done: set[str] = set()
    for start in tree.modules:
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(sorted(tree.imports[start])))]
        while trail and start not in done:
            path, ahead = trail[-1]
            step = next((p for p in ahead if p not in done), None)
            names = [p for p, _ in trail]
            if step is None:
                done.add(path)
                trail.pop()
            elif step in names:
                found.append("circle: " + " → ".join([*names[names.index(step) :], step]))
            else:
                trail.append((step, iter(sorted(tree.imports[step]))))
    return found


def arrows_up(tree: Tree) -> list[str]:
    """Each part imports only the parts below it."""
    found = []
    for module in tree.modules.values():
        if not module.path:
            continue
        if module.part not in LAYERS:
            found.append(f"{module.path}: no part of that name; give it a place in LAYERS")
            continue
        for path in sorted(tree.inside(module)):
            allowed = {module.part, *LAYERS[module.part]}
            if not any(tree.modules[path].within(place) for place in allowed):
                found.append(f"{module.path} imports {path or 'the face'}, which {module.part} may not")
    return found


def impurities(tree: Tree) -> list[str]:
    """The core decides, and does nothing else."""
    found = []
    for module in (m for m in tree.modules.values() if m.part == "core"):
        found += [f"{module.path} imports {name}" for name in sorted(tree.outside(module) - PURE)]
        calls = {_called(node) for node in ast.walk(module.syntax) if isinstance(node, ast.Call)}
        found += [f"{module.path} calls {name}" for name in sorted(calls & {"open", "print", "input", "exec", "eval"})]
    return found


def misplaced(tree: Tree) -> list[str]:
    """Some packages are known to one part only."""
    return [
        f"{module.path or 'the face'} imports {name}, which belongs to {' and '.join(places)}"
        for module in tree.modules.values()
        for name, places in PLACES.items()
        if name in tree.outside(module) and not any(module.within(place) for place in places)
    ]


def vague(tree: Tree) -> list[str]:
    """A name says what is inside."""
    modules = [path for path in tree.modules if path.rpartition(".")[2].strip("_") in VAGUE]
    classes = [
        f"{module.path}.{node.name}"
        for module in tree.modules.values()
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.ClassDef) and node.name.lower().endswith(VAGUE)
    ]
    return [f"{name}: a name that says nothing" for name in modules + classes]


def oversized(tree: Tree) -> list[str]:
    """Modules and functions can be taken in at a glance."""
    lines = {path: len(module.text.splitlines()) for path, module in tree.modules.items()}
    lengths = dict(tree.functions())
    found = [f"{path}: {n} lines, at most {MODULE_MAX}" for path, n in lines.items() if n > MODULE_MAX]
    found += [f"{name}: {n} lines, at most {FUNCTION_MAX}" for name, n in lengths.items() if n > FUNCTION_MAX]
    found += _quantiles("modules", sorted(filter(None, lines.values())), {0.5: MODULE_MEDIAN})
    return found + _quantiles("functions", sorted(lengths.values()), {0.5: FUNCTION_MEDIAN, 0.9: FUNCTION_P90})


def _quantiles(what: str, sizes: list[int], limits: dict[float, int]) -> list[str]:
    if len(sizes) < 2:
        return []
    cuts = statistics.quantiles(sizes, n=100, method="inclusive")
    measured = {q: cuts[round(q * 100) - 1] for q in limits}
    return [f"{what}: {q:.0%} are within {n:g} lines, wanted {limits[q]}" for q, n in measured.items() if n > limits[q]]


def face(tree: Tree) -> list[str]:
    """The package's front: few names, sorted, and ``__all__`` tells them."""
    listed = [
        ast.literal_eval(node.value)
        for node in tree.modules[""].syntax.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
    ]
    if not listed:
        return ["the face has no __all__"]
    names = list(listed[0])
    found = [] if names == sorted(names) else [f"__all__ is not sorted: {names}"]
    return found + ([f"{len(names)} names, at most {FACE_MAX}"] if len(names) > FACE_MAX else [])


RULES = (circles, arrows_up, impurities, misplaced, vague, oversized, face)
