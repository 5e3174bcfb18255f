"""The Python interpreters whose kernels the tests start: those of NBFLOW_KERNEL_PYTHONS (colons between), or ours."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """A Python with ipykernel and nbflow installed; *name* is also its kernel spec's: ``ik7.4.0``."""

    python: Path
    name: str


def interpreters() -> list[Interpreter]:
    """All of them, ours first."""
    paths = [Path(sys.executable)]
    for named in filter(None, os.environ.get("NBFLOW_KERNEL_PYTHONS", "").split(":")):
        path = Path(named).absolute()
        if path.parent.resolve() not in [known.parent.resolve() for known in paths]:
            paths.append(path)
    return [Interpreter(path, f"ik{_ipykernel(path)}") for path in paths]


def _ipykernel(python: Path) -> str:
    """The installed ipykernel's version, from its metadata: a process would take a second."""
    found = sorted(python.parent.parent.glob("lib/python*/site-packages/ipykernel-*.dist-info"))
    if not found:
        raise FileNotFoundError(f"no ipykernel beside {python} (named in NBFLOW_KERNEL_PYTHONS)")
    return found[0].name.removeprefix("ipykernel-").removesuffix(".dist-info")


def write_specs(folder: Path) -> None:
    """Write a kernel spec for each interpreter to *folder*, which is one of JUPYTER_PATH."""
    for interpreter in interpreters():
        spec = folder / "kernels" / interpreter.name
        spec.mkdir(parents=True)
        argv = [str(interpreter.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        text = {"argv": argv, "display_name": interpreter.name, "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(text))
