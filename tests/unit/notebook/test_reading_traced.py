"""Reading against the truth: cells as people write them run in a namespace that keeps a record of what they do."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import sys
import warnings
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import cloudpickle
import pytest

from nbflow.notebook.owners import Owners
from nbflow.notebook.reading import Reader
from nbflow.notebook.transform import plain

FOLDER = Path(__file__).parent / "snippets"
PRELUDE = (FOLDER / "prelude.txt").read_text()
CELLS = [cell.strip("\n") for cell in (FOLDER / "cells.txt").read_text().split("\n# ---\n")]


class Traced(dict[str, Any]):
    """A namespace that notes which of the names that were there before are read."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(names)
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name not in self.bound:
            self.read.add(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self.bound.add(name)


@pytest.fixture(scope="module")
def prelude() -> CodeType:
    linecache.cache["<prelude>"] = (len(PRELUDE), None, PRELUDE.splitlines(keepends=True), "<prelude>")
    return compile(PRELUDE, "<prelude>", "exec")


def state(value: Any) -> bytes | None:
    """What *value* is, to be compared; None for what holds the whole namespace."""
    if isinstance(value, type | FunctionType | ModuleType):
        return None
    try:
        return bytes(cloudpickle.dumps(value))
    except Exception:  # an open file, a generator: they are not compared
        return None


def run(code: str, namespace: Traced) -> None:
    result = eval(compile(code, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)
    if inspect.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("cell", CELLS)
def test_what_a_cell_does_is_in_its_reading(cell: str, prelude: CodeType, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that it really read is needed; all that it really bound or changed is written; all it deleted is deleted."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    code, plain_names = plain(cell).code, {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(prelude, plain_names)
        names = Reader(plain_names, Owners()).read(code)
        namespace = Traced({"__name__": "__main__"})
        exec(prelude, namespace)
        held = {name: value for name, value in namespace.items() if not name.startswith("__")}
        before = {name: state(value) for name, value in held.items()}
        namespace.read.clear()
        namespace.bound.clear()
        run(code, namespace)
        read = namespace.read & held.keys()
    after = {name: value for name, value in namespace.items() if not name.startswith("__")}
    bound = {name for name, value in after.items() if name not in held or held[name] is not value}
    same = [name for name, value in after.items() if name not in bound and before[name] is not None]
    changed = {name for name in same if state(after[name]) != before[name]}
    assert read - names.needed - names.deletes == set()
    assert (bound | changed) - names.writes == set()
    assert held.keys() - after.keys() <= names.deletes
