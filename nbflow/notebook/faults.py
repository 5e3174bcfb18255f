"""What cannot go well, known before a job starts: names that nobody defines, packages and files that are not there."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbflow.core.files import is_pattern, meet, remote, shown
from nbflow.core.hidden import is_hidden
from nbflow.core.match import nearest
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec
from nbflow.notebook.reading import Reader


def faults(run: Run, spec: JobSpec, reader: Reader | None, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Why *spec* will fail, in words. Without a *reader* of cells nothing is known of names."""
    if reader is not None:
        outputs = [name for job in run.jobs.values() for name in job.spec.outputs if not is_hidden(name)]
        yield from _undefined(spec, reader, [*spec.inputs, *namespace, *outputs])
    yield from _not_installed(spec)
    for path in spec.reads:
        made = any(meet(path, other) for job in run.jobs.values() for other in job.spec.writes)
        if not made and not remote(path) and not is_pattern(path) and not Path(path).exists():
            yield f"file {shown(path, spec.cwd)} is not there"


def _undefined(spec: JobSpec, reader: Reader, known: Sequence[str]) -> Iterator[str]:
    """Names that the body reads in any case, and that nobody has defined; the nearest of those that are *known*."""
    code = spec.code or spec.source
    if spec.bash or spec.executor == "kernel":
        return
    missing = reader.read(code).sure - spec.inputs.keys() - spec.offered.keys()
    for name in sorted(each for each in missing if not is_hidden(each)):
        near = nearest(name, known)
        hint = f", did you mean {near}?" if near and not near.startswith("_") else ""
        yield f"nobody defines {name} ({_line_of(name, code)}{hint})"


def _line_of(name: str, code: str) -> str:
    """Where *name* is read first, as the cell's lines are numbered: that of ``%%job`` is the first."""
    found = [n.lineno for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name) and n.id == name]
    return f"line {min(found) + 1}" if found else "in what it calls"


def _not_installed(spec: JobSpec) -> Iterator[str]:
    """Packages that the body imports in any case, and that are nowhere to be found."""
    code = spec.code or spec.source
    if spec.bash or spec.function:
        return
    for node in ast.parse(code).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
        yield from (f"there is no package {top}" for top in (n.partition(".")[0] for n in names) if _absent(top, spec))


def _absent(top: str, spec: JobSpec) -> bool:
    folders = [Path(folder) for folder in (spec.cwd, *spec.path) if folder]
    if any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for folder in folders):
        return False
    try:
        return importlib.util.find_spec(top) is None
    except (ImportError, ValueError):
        return False
