"""Earlier runs in a real kernel, after it was restarted: listed, opened, drawn, shown."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel
LOOK = """
import nbflow
from nbflow.notebook.viewed import Viewed
from nbflow.widget.drawing import Drawing
from nbflow.widget.looking_back import LookingBack
from nbflow.widget.requests import Asked
back = LookingBack(Viewed(nbflow.flow()._session), Drawing())
told = [back.answer(Asked(op, 1, jobs, run=1)) for op, jobs in
    (("past", ()), ("timeline", ()), ("history", ()), ("select", ("fit",)), ("code", ("fit",)))]
"""
"""What the page asks when somebody chooses an earlier run, asked of this notebook's session."""


@pytest.fixture
def nb(kernel: Kernel) -> Kernel:
    """A kernel that was restarted after a run in which one job failed; its present run has another job."""
    kernel.run("%load_ext nbflow")
    kernel.run("%%job load\nx = 1; print('loaded once')")
    kernel.run("%%job fit\ny = x / 0")
    kernel.run("%nbflow wait")
    kernel.restart()
    kernel.run("%load_ext nbflow")
    kernel.run("%%job other\nz = 3")
    assert kernel.run("%nbflow wait").ok
    return kernel


def test_an_earlier_run_is_opened_after_a_restart(nb: Kernel) -> None:
    """The list, its state, its log, its figures, a view of its own; it cannot be changed, and the present goes on."""
    listed = nb.run("%nbflow history")
    lines = listed.text.splitlines()
    assert [line.split(" · ")[2].strip() for line in lines[-2:]] == ["failed", "succeeded"], listed.text
    assert "1 ✓  1 ✕" in lines[-2]
    assert "<table" in listed.html
    told = nb.run("import nbflow\npast = nbflow.flow().earlier(1)\nprint(past.status(), past.log('load'))")
    assert "{'load': 'succeeded', 'fit': 'failed'} loaded once" in told.text, told.text
    drawn = nb.run("%nbflow timeline t.svg --run 1\n%nbflow plot p.pdf --run 1")
    assert "saved t.svg" in drawn.text and "saved p.pdf" in drawn.text, drawn.text
    assert (nb.folder / "p.pdf").read_bytes().startswith(b"%PDF")
    assert "has no run 7: it has 2" in nb.run("%nbflow history 7").text
    shown = nb.run("%nbflow show --run 1")
    assert "division by zero" in shown.html
    (past,) = [state for state in nb.comms.values() if "graph" in state]
    assert (past["names"], past["head"]["past"], past["head"]["run"]) == ("load\nfit", True, 1)
    assert "{'other': 'succeeded'}" in nb.run("print(nbflow.flow().status())").text


def test_the_view_is_told_all_of_an_earlier_run(nb: Kernel) -> None:
    """Its picture, bars, changes of status, a job's details with the log, its code; from the log and files alone."""
    assert (cell := nb.run(LOOK)).ok, cell.error
    assert nb.value("[told[0]['state']['names'], told[0]['state']['status']]") == ["load\nfit", "SF"]
    assert nb.value("[told[1]['run'], told[1]['letters'], told[1]['critical']]") == [1, "SF", [0, 1]]
    assert nb.value("told[2]['letters'][-1]") == "F"
    assert nb.value("'division by zero' in repr(told[3]['details'])") is True
    assert nb.value("told[4]['source'].strip()") == "y = x / 0"
