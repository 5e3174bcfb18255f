"""Notebooks without a person: ``nbflow run``, nbconvert and papermill wait, save what is true, and tell of failures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.kernel
BIN = Path(sys.executable).parent
LOAD = "%load_ext nbflow"
SLOW = "%%job slow\nimport time; time.sleep(1.2); print('slept'); x = 6 * 7"
BAD = "%%job bad\nraise ValueError('no luck')"
STUCK = "%%job stuck\nimport time; time.sleep(300)"


@pytest.fixture
def run(folder):
    """run(command, *cells) -> (exit status, what it printed, the executed notebook)."""

    def run(command: str, *cells: str) -> tuple[int, str, nbformat.NotebookNode]:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, folder / "report.ipynb")
        program, *arguments = command.split()
        env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            [BIN / program, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=100, check=False
        )
        out = folder / "out.ipynb"
        document = nbformat.read(out, as_version=4) if out.exists() else None
        return done.returncode, done.stdout + done.stderr, document

    return run


def texts(cell: nbformat.NotebookNode) -> str:
    """A saved cell's outputs as text."""
    return "".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") or output.get("evalue", "")
        for output in cell.outputs
    )


RUN = "nbflow run report.ipynb -o out.ipynb"
NBCONVERT = "jupyter nbconvert --to notebook --execute report.ipynb --output out.ipynb"
PAPERMILL = "papermill report.ipynb out.ipynb"


def test_run_waits_and_saves_finished_cards(run, folder):
    """The job's card is its end with its output, the picture lies beside, the table is printed, and nothing waits."""
    status, said, document = run(RUN, LOAD, SLOW)
    assert status == 0, said
    assert "succeeded" in said and "slow" in said
    assert "succeeded" in texts(document.cells[1]) and "slept" in texts(document.cells[1])
    assert "<svg" in (folder / "out.svg").read_text()
    assert len(document.cells) == 2


def test_run_names_what_failed(run):
    """Exit status 1, the job and its reason; the notebook is saved all the same."""
    status, said, document = run(RUN, LOAD, BAD, SLOW)
    assert status == 1
    assert "failed: bad (ValueError: no luck)" in said
    assert "succeeded" in texts(document.cells[2])


def test_run_tells_people(run, folder):
    """``--notify``, after the kernel has gone too; what cannot be told is a mistake on the command line."""
    status, said, _ = run(f"{RUN} --notify cat>told", LOAD, BAD)
    until = time.monotonic() + 20
    while not (folder / "told").exists() or not (folder / "told").read_text():
        assert time.monotonic() < until, said
        time.sleep(0.05)
    assert json.loads((folder / "told").read_text())["failed"] == {"bad": "ValueError: no luck"}
    status, said, _ = run(f"{RUN} --notify htps://secret", LOAD)
    assert status == 2 and "htps://… is no address" in said and "secret" not in said


def test_run_stops_at_a_failing_cell_as_run_all_does(run):
    """Exit status 1 and the cell's error; jobs declared before it still end."""
    status, said, document = run(RUN, LOAD, SLOW, "1 / 0", "print('not reached')")
    assert status == 1
    assert "cell 3: ZeroDivisionError: division by zero" in said
    assert document.cells[3].outputs == []
    assert "succeeded" in texts(document.cells[1])


def test_run_does_without_jobs(run, folder):
    """Any notebook can be run; one without jobs has no picture."""
    status, said, document = run(RUN, "print(6 * 7)")
    assert status == 0, said
    assert texts(document.cells[0]) == "42\n"
    assert not (folder / "out.svg").exists()


def test_run_cancels_what_is_left_when_the_time_is_up(run):
    """Nothing goes on behind one's back after ``--timeout``."""
    status, said, document = run(RUN + " --timeout 5", LOAD, STUCK)
    assert status == 1
    assert "the time was up" in said
    assert "cancelled" in texts(document.cells[1])


def test_run_interrupts_a_cell_when_the_time_is_up(run):
    """A cell that does not end is no way around ``--timeout``."""
    status, said, _ = run(RUN + " --timeout 3", "import time; time.sleep(300)")
    assert status == 1
    assert "cell 1: TimeoutError: the time was up" in said


def test_run_needs_a_notebook(folder, run):
    """A path that is none is one line."""
    status, said, _ = run("nbflow run nowhere.ipynb")
    assert status == 1
    assert said == "nbflow: no notebook 'nowhere.ipynb': give the path of an .ipynb file\n"


@pytest.mark.parametrize("command", [NBCONVERT, PAPERMILL], ids=["nbconvert", "papermill"])
def test_a_last_cell_that_waits_finishes_the_cards(run, command):
    """Other runners that execute ``%nbflow wait`` save true cards too."""
    status, said, document = run(command, LOAD, SLOW, "%nbflow wait")
    assert status == 0, said
    assert "succeeded" in texts(document.cells[-2]) and "slept" in texts(document.cells[-2])


def test_a_last_cell_that_waits_fails_with_the_run(run):
    """They exit non-zero, and name the job and its reason."""
    status, said, _ = run(NBCONVERT, LOAD, BAD, "%nbflow wait")
    assert status != 0
    assert "bad (ValueError: no luck)" in said


def test_a_notebook_that_does_not_wait_says_what_goes_on(run):
    """Nothing is lost or claimed: the cards of ended jobs are their ends, the others say so, and stderr names them."""
    status, said, document = run(PAPERMILL, LOAD, "%%job quick\nx = 1", STUCK, "x")
    assert status == 0, said
    assert "nbflow: jobs go on in the background: stuck" in said
    assert "✓ quick  succeeded" in texts(document.cells[-3])
    assert "still going when this was saved" in texts(document.cells[-2])


OUTPUTS = (
    "%%job draw --outputs ''\nimport sys, matplotlib.pyplot as plt\nfrom tqdm.auto import tqdm\n"
    "print('\\x1b[31mbefore\\x1b[0m')\nplt.plot([1, 2])\nplt.show()\nprint('after', file=sys.stderr)\n"
    "for k in tqdm(range(50)): pass"
)


def test_saved_notebooks_and_html_have_what_a_job_has_shown(run, folder):
    """The figure between the texts, colours, and the bar in its last state; in the notebook and in nbconvert's HTML."""
    status, said, document = run(RUN, LOAD, OUTPUTS)
    assert status == 0, said
    (output,) = document.cells[1].outputs
    card = output["data"]["text/html"]
    places = [card.index(each) for each in (">before</span>", "data:image/png;base64,", "after", "50/50")]
    assert places == sorted(places)
    assert output["data"]["text/plain"].count("50/50") == 1
    status, said, _ = run("jupyter nbconvert --to html out.ipynb")
    assert status == 0, said
    page = (folder / "out.html").read_text()
    assert ">before</span>" in page
    assert "data:image/png;base64," in page
    assert page.count("50/50") == 1
