"""The card under each job cell, live and finished."""

from __future__ import annotations

import re

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel


@pytest.mark.each_ipykernel
def test_a_card_lives_and_ends_as_the_jobs_outcome(nb: Kernel) -> None:
    """The card shows status, last lines and elapsed time as they change, without another cell being run."""
    wait = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)"
    cell = nb.run(f"%%job load\nprint('step 1')\n{wait}\nprint('step 2')\nraw = 1")
    nb.until(lambda: "running" in cell.text and "step 1" in cell.text, 20, "live lines")
    nb.until(lambda: re.search(r"running · 0:0[1-9]", cell.text) is not None, 20, "a second to pass")
    (nb.folder / "go").touch()
    nb.until(lambda: "✓ load  succeeded" in cell.text, 20, "the end")
    assert "step 2" in cell.text
    assert "pending" not in cell.html
    assert len(cell.outputs) == 1


def test_a_card_counts_attempts_and_shows_the_error(nb: Kernel) -> None:
    """A job that fails for good shows its reason, its attempts and the traceback's last lines."""
    cell = nb.run("%%job bad --retries 1 --delay 0.1\nprint('trying')\nvalue = int('seven')")
    nb.until(lambda: "✕ bad  failed" in cell.text, 20, "the end")
    assert "attempt 2 of 2" in cell.text
    assert "ValueError: invalid literal" in cell.text
    assert "value = int('seven')" in cell.html.replace("&#x27;", "'")


@pytest.mark.each_ipykernel
def test_a_card_holds_figures_and_tables(nb: Kernel) -> None:
    """Figures and tables shown in the job appear in its card as they would under a plain cell."""
    cell = nb.run(
        "%%job draw\nimport matplotlib.pyplot as plt\nfrom IPython.display import HTML\nplt.plot([1, 3, 2])\n"
        "plt.show()\nHTML('<table><tr><td>1</td></tr></table>')"
    )
    nb.until(lambda: "✓ draw" in cell.text, 60, "the end")
    assert "data:image/png;base64," in cell.html
    assert "<table" in cell.html


def test_text_is_escaped(nb: Kernel) -> None:
    """What a job prints or raises is text: no tag of it becomes HTML."""
    cell = nb.run("%%job evil\nprint('<img src=x onerror=alert(1)>')\nraise ValueError('<script>alert(2)</script>')")
    nb.until(lambda: "✕ evil" in cell.text, 20, "the end")
    assert "<img" not in cell.html
    assert "<script" not in cell.html


@pytest.mark.each_ipykernel
def test_show_leaves_a_static_picture(nb: Kernel) -> None:
    """%nbflow show puts a view and beside it a picture and table that end in the final state."""
    nb.run("%%job a\nx = 1")
    nb.run("%%job b\ny = x + 1")
    cell = nb.run("%nbflow show")
    assert cell.ok, cell.error
    nb.run("%nbflow wait")
    nb.until(lambda: cell.html.count("succeeded") >= 2, 10, "the final picture")
    assert "data:image/svg+xml" in cell.html


@pytest.mark.each_ipykernel
def test_wait_raises_when_the_run_failed(nb: Kernel) -> None:
    """%nbflow wait ends with an error that names the failed jobs and their reasons."""
    nb.run("%%job good\nx = 1")
    nb.run("%%job bad\n1 / 0")
    cell = nb.run("%nbflow wait")
    assert cell.reply["ename"] == "RunFailedError"
    assert "bad (ZeroDivisionError: division by zero)" in cell.reply["evalue"]


def test_verbs_act(nb: Kernel) -> None:
    """retry, skip, cancel, why, log and status do what their Python twins do."""
    nb.run("%%job slow\nimport time\nprint('hello from slow')\ntime.sleep(60)")
    nb.until(lambda: "hello" in nb.run("%nbflow log slow").text, 20, "the log")
    assert "is running" in nb.run("%nbflow why slow").text
    assert "1 job cancelled" in nb.run("%nbflow cancel slow").text
    nb.run("%nbflow wait")
    assert "slow was cancelled" in nb.run("%nbflow why slow").text
    assert "cancelled" in nb.run("%nbflow status").text
    assert "1 job skipped" in nb.run("%nbflow skip slow").text
    assert '"status": "skipped"' in nb.run("%nbflow status --json").text
