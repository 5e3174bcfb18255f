"""For all tests: Jupyter's own folders apart from the user's, and nothing left running."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import leftovers
from tests.interpreters import write_specs


@pytest.fixture(scope="session", autouse=True)
def jupyter_folders() -> Iterator[Path]:
    """Config, data, runtime and IPython folders of this test session, with a kernel spec for each interpreter."""
    home = Path(tempfile.mkdtemp(prefix="nbflow-"))  # short: paths of unix sockets end at 107 bytes
    own = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "run", "PATH": "path"}
    changed = {f"JUPYTER_{name}": str(home / folder) for name, folder in own.items()}
    changed |= {"IPYTHONDIR": str(home / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    write_specs(home / "path")
    yield home
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A notebook's folder. After the test its engine is stopped, and nothing of its store may still run."""
    yield tmp_path
    left = leftovers.clear(tmp_path)
    assert not left, "left running: " + "; ".join(left)
