"""The notebooks run from the first cell to the last, which asserts what came of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("1*.ipynb"))
ANY_CELL = Path(__file__).parents[2] / "notebooks" / "02-any-cell.ipynb"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_last_assertion(notebook, folder):
    """`nbflow run` ends with 0: no cell raised, and every failure in it is excused."""
    assert "degraded" in executed(notebook, folder)


def test_any_cell_can_be_a_job(folder):
    """Nothing fails, and the variables are those of the plain cells."""
    assert "succeeded" in executed(ANY_CELL, folder)


def executed(notebook: Path, folder: Path) -> str:
    """The first line that `nbflow run` prints."""
    shutil.copy(notebook, folder)
    program = Path(sys.executable).with_name("nbflow")
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [program, "run", notebook.name, "-o", "out.ipynb"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.partition("\n")[0]


def test_there_is_a_notebook_for_each_system():
    """Five systems, five notebooks."""
    assert [path.name[:2] for path in NOTEBOOKS] == ["10", "11", "12", "13", "14"]


def test_results_are_reused_and_planned(folder):
    """What is reused, what runs and why, and what fails for sure is told before, and comes about."""
    assert "degraded" in executed(ANY_CELL.with_name("03-cache-and-plan.ipynb"), folder)
