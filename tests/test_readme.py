"""The README is true: its cells run, its commands work, its tables are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from nbflow.notebook.options import OPTIONS
from nbflow.notebook.verbs import VERBS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CELLS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
SECONDS = 120.0


def section(title: str) -> str:
    """The text under ``## title``."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_column(title: str) -> str:
    """The first column of the table under ``## title``."""
    rows = [line for line in section(title).splitlines() if line.startswith("|")]
    return "\n".join(row.split(" | ")[0] for row in rows[2:])


@pytest.mark.kernel
def test_the_cells_run_in_a_notebook(start_kernel):
    """Each block is a cell, and none fails; the value that the text promises is there."""
    nb = start_kernel()
    for source in CELLS:
        cell = nb.run(source, SECONDS)
        assert cell.ok, f"{source}\n{cell.error}"
    assert nb.value("r_ridge > 0.3 and r_forest > 0.3")


@pytest.mark.kernel
def test_the_commands_work(folder):
    """The cells as ``analysis.ipynb``, run and looked at by the commands as written."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "analysis.ipynb")
    said = {}
    for command in COMMANDS:
        program, *arguments = command.split()
        assert program == "nbflow"
        nbflow = Path(sys.executable).parent / "nbflow"
        done = subprocess.run([nbflow, *arguments], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        said[arguments[0]] = done.stdout
    assert "split" in said["status"] and "timeout" in said["status"]
    assert said["log"] == "300 to learn from, 142 to test on\n"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_is_told(option):
    """The table of options has each option of ``%%job``."""
    assert f"--{option.name}" in first_column("What a job can say")


def test_no_other_option_is_told():
    """The table of options has no option that ``%%job`` does not take."""
    told = set(re.findall(r"`--([a-z-]+)", first_column("What a job can say")))
    assert told == {option.name for option in OPTIONS}


def test_the_verbs_are_those_of_the_code():
    """The table of verbs has each verb of ``%nbflow``, and no other."""
    told = set(re.findall(r"`([a-z]+)", first_column("What you can ask")))
    assert told == {verb.name for verb in VERBS}


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_somewhere(target):
    """Files that the README links to are there."""
    assert (ROOT / target).exists()
