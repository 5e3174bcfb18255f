"""Modules of the notebook's own that were edited since their import."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbflow.core.names import Names
from nbflow.notebook.local_modules import LocalModules

READS = Names(reads=frozenset({"x"}))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a module that imports another one."""
    (tmp_path / "kitchen.py").write_text("from pantry import salt\ndef soup(): return salt\nclass Pot: pass\n")
    (tmp_path / "pantry.py").write_text("salt = 1\ndef sugar(): pass\n")
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.path.remove(str(tmp_path))
    for name in ("kitchen", "pantry"):
        sys.modules.pop(name, None)


def edit(file: Path, text: str) -> None:
    """Write *text*, later than anything before."""
    later = file.stat().st_mtime_ns + 1_000_000_000
    file.write_text(text)
    os.utime(file, ns=(later, later))


def test_an_edited_module_is_told_once(folder: Path) -> None:
    """Until it is edited again; who reads something else is told nothing."""
    modules = LocalModules()
    modules.look()
    kitchen = importlib.import_module("kitchen")
    modules.look()
    assert modules.warnings(READS, {"x": kitchen.soup}) == []
    edit(folder / "kitchen.py", "def soup(): return 5\n")
    assert modules.warnings(READS, {"x": 5}) == []
    assert modules.warnings(READS, {"x": kitchen.soup}) == [
        "kitchen.py was edited after this kernel imported it: the job runs the new text, the kernel has the old one "
        "(importlib.reload, or restart it)"
    ]
    assert modules.warnings(READS, {"x": kitchen.soup}) == []
    edit(folder / "kitchen.py", "def soup(): return 6\n")
    assert len(modules.warnings(READS, {"x": kitchen})) == 1


def test_instances_and_imports_of_the_body_count(folder: Path) -> None:
    """And so does what a module itself takes from others."""
    kitchen = importlib.import_module("kitchen")
    modules = LocalModules()
    modules.look()
    edit(folder / "kitchen.py", "x = 1\n")
    assert list(modules.edited([kitchen.Pot()], ())) == ["kitchen.py"]
    edit(folder / "kitchen.py", "x = 2\n")
    assert list(modules.edited([], ("kitchen",))) == ["kitchen.py"]
    kitchen.sugar = importlib.import_module("pantry").sugar
    edit(folder / "pantry.py", "salt = 2\n")
    assert list(modules.edited([kitchen], ())) == ["pantry.py"]


def test_a_module_that_was_imported_again_is_as_good_as_new(folder: Path) -> None:
    """As is one that was touched and has the text that it had."""
    kitchen = importlib.import_module("kitchen")
    modules = LocalModules()
    modules.look()
    edit(folder / "kitchen.py", "def soup(): return 5\n")
    importlib.reload(kitchen)
    modules.look()
    assert list(modules.edited([kitchen], ())) == []
    edit(folder / "kitchen.py", "def soup(): return 5\n")
    assert list(modules.edited([kitchen], ())) == []


def test_who_reloads_by_themselves_and_installed_packages_are_left_alone(folder: Path) -> None:
    """There is nothing to tell."""
    import numpy as np

    kitchen = importlib.import_module("kitchen")
    modules = LocalModules(reloading=lambda: True)
    modules.look()
    edit(folder / "kitchen.py", "x = 1\n")
    assert modules.warnings(READS, {"x": kitchen}) == []
    assert not {"numpy", "json", "nbflow"} & modules._texts.keys()
    assert list(LocalModules().edited([np], ("json",))) == []
