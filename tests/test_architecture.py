"""The house stands as its plan says; and each rule would notice if it did not."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbflow
from tests import house

CLEAN = {
    "__init__.py": "__all__ = ['a', 'b']\ndef load(ip):\n    from nbflow.notebook import magics\n",
    "errors.py": "",
    "core/__init__.py": "",
    "core/plan.py": "from nbflow.errors import NbflowError\nfrom . import state\n",
    "core/state.py": "import math\n",
    "engine/__init__.py": "",
    "engine/client.py": "from ..core.plan import plan\n",
    "engine/store.py": "import sqlite3\n",
    "notebook/__init__.py": "",
    "notebook/magics.py": "import IPython\nfrom nbflow.engine.client import Client\n",
    "widget/__init__.py": "import anywidget\n",
}
BREACHES = [
    (house.circles, {"core/state.py": "def late():\n    from nbflow.core.plan import x\n"}, "core.plan → core.state"),
    (
        house.circles,
        {"core/state.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import plan\n"},
        "circle",
    ),
    (house.circles, {"core/a.py": "from .b import x", "core/b.py": "from .c import x", "core/c.py": "from .a import x"},
     "core.a → core.b → core.c → core.a"),
    (house.circles, {"core/__init__.py": "from .plan import P", "core/plan.py": "from . import P"}, "circle"),
    (house.arrows_up, {"core/up.py": "from nbflow.engine import client\n"}, "core.up imports engine.client"),
    (house.arrows_up, {"core/up.py": "import nbflow\n"}, "core.up imports the face"),
    (house.arrows_up, {"notebook/up.py": "from nbflow.engine.store import Store\n"}, "imports engine.store"),
    (house.arrows_up, {"widget/up.py": "import importlib\nimportlib.import_module('nbflow.notebook.magics')\n"},
     "widget.up imports notebook.magics"),
    (house.arrows_up, {"misc.py": ""}, "misc: no part of that name"),
    (house.impurities, {"core/clock.py": "def now():\n    import time\n    return time.time()\n"}, "imports time"),
    (house.impurities, {"core/file.py": "def read():\n    return open('x').read()\n"}, "calls open"),
    (house.misplaced, {"engine/shell.py": "from IPython.core import magic\n"}, "engine.shell imports IPython"),
    (house.misplaced, {"notebook/view.py": "import ipywidgets\n"}, "notebook.view imports ipywidgets"),
    (house.misplaced, {"engine/log.py": "import sqlite3\n"}, "engine.log imports sqlite3"),
    (house.vague, {"engine/utils.py": ""}, "engine.utils"),
    (house.vague, {"engine/a.py": "class RunManager: ...\n"}, "RunManager"),
    (house.oversized, {"core/big.py": "x = 1\n" * 351}, "core.big: 351 lines"),
    (house.oversized, {"core/long.py": "def f():\n" + "    x = 1\n" * 50}, "core.long.f: 51 lines"),
    (house.oversized, {f"core/m{i}.py": "x = 1\n" * 130 for i in range(20)}, "modules: 50%"),
    (house.oversized, {f"core/f{i}.py": "def f():\n" + "    x = 1\n" * 9 for i in range(9)}, "functions: 50%"),
    (house.face, {"__init__.py": "__all__ = ['b', 'a']\n"}, "not sorted"),
    (house.face, {"__init__.py": f"__all__ = {[f'n{i:02}' for i in range(26)]}\n"}, "26 names"),
    (house.face, {"__init__.py": ""}, "no __all__"),
]  # fmt: skip


def build(root: Path, files: dict[str, str]) -> house.Tree:
    for name, text in files.items():
        file = root / "nbflow" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return house.Tree(root / "nbflow")


@pytest.mark.parametrize("rule", house.RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule):
    """nbflow has no breach of any rule of the house."""
    assert rule(house.Tree(Path(nbflow.__file__).parent)) == []


@pytest.mark.parametrize("rule", house.RULES, ids=lambda rule: rule.__name__)
def test_a_clean_tree_has_no_breach(rule, tmp_path):
    """Rules let pass what is allowed: the engine's client in notebook, relative imports, a late import in the face."""
    assert rule(build(tmp_path, CLEAN)) == []


@pytest.mark.parametrize(("rule", "files", "told"), BREACHES, ids=lambda v: getattr(v, "__name__", None))
def test_a_breach_is_noticed(rule, files, told, tmp_path):
    """Each rule names the module that breaks it."""
    breaches = rule(build(tmp_path, CLEAN | files))
    assert any(told in breach for breach in breaches), breaches
