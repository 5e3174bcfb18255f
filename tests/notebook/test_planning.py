"""What would happen, said before it does, in a real kernel."""

from __future__ import annotations

import json

import pytest

from tests.notebook.kernel import Kernel
from tests.notebook.test_cache import cached, ran

pytestmark = pytest.mark.kernel


def held(nb: Kernel, *cells: str) -> None:
    """Run the cells with autostart off: their jobs are declared, and wait for %nbflow run."""
    nb.run("%config NBFlow.autostart = False")
    for code in cells:
        assert (cell := nb.run(code)).ok, cell.error


def lines(nb: Kernel) -> dict[str, str]:
    """Job -> what the plan says of it."""
    told: dict[str, str] = nb.value("{l.job: l.words for l in __import__('nbflow').flow().plan().outlook.lines}")
    return told


def test_before_anything_has_run(nb: Kernel) -> None:
    """Held jobs: what is reused and what runs, why and for how long; nothing is started by looking."""
    load, fit = "%%job load --cache\nrows = [1, 2]\nmore = 3", "%%job fit --cache\nmodel = sum(rows)"
    ran(nb, load, "load")
    ran(nb, fit, "fit")
    cached(nb, 2)
    held(nb, load, fit.replace("sum", "max"), "%%job report\nsaid = model")
    told = lines(nb)
    assert told["load"].startswith("is reused from before in this run, ")
    assert told["fit"].startswith("runs: line 2 changed · took ")
    assert told["report"] == "runs"
    held(nb, load.replace("3", "4"))
    assert lines(nb)["load"].startswith("runs: line 3 changed")
    assert lines(nb)["fit"].startswith("runs, or is reused: that depends on what load makes")
    shown = nb.run("%nbflow plan")
    assert shown.text.splitlines()[0].startswith("2 run")
    assert "data:image/svg+xml" in shown.html and "line 3 changed" in shown.html
    assert nb.value("set(__import__('nbflow').flow().status().values())") <= {"held", "waiting"}
    nb.run("%config NBFlow.autostart = True\n%nbflow run")
    assert nb.run("%nbflow wait --timeout 30s").ok
    assert lines(nb)["fit"] == "stays succeeded" and lines(nb)["report"] == "stays succeeded"


def test_what_fails_for_sure(nb: Kernel) -> None:
    """A name that nobody defines, a package that is not there, a file that nobody writes; and who is skipped for it."""
    held(
        nb,
        "total = 3",
        "%%job count\nprint(1)\nx = totl + 1",
        "%%job use\ny = x",
        "%%job lib\nimport no_such_package\nz = 1",
        "%%job read --reads nothing.csv\nw = 1",
    )
    told = lines(nb)
    assert told["count"] == "fails for sure: nobody defines totl (line 3, did you mean total?)"
    assert told["use"] == "is skipped: count fails for sure"
    assert told["lib"] == "fails for sure: there is no package no_such_package"
    assert told["read"] == "fails for sure: file nothing.csv is not there"


def test_what_is_stale(nb: Kernel) -> None:
    """A value of the notebook that is another one now, and a job that has run again: all that was made of them."""
    nb.run("limit = [5]")
    ran(nb, "%%job a\nx = limit[0]", "a")
    ran(nb, "%%job b\ny = x", "b")
    ran(nb, "%%job c\nz = y", "c")
    assert lines(nb)["a"] == "stays succeeded"
    nb.run("limit.append(6)")
    assert lines(nb)["a"].startswith("is stale: input limit changed")
    assert lines(nb)["c"].startswith("is stale: b is stale")
    nb.run("%nbflow retry a\n%nbflow wait a")
    assert lines(nb)["b"].startswith("is stale: a was run again")


def test_what_was_edited_and_not_run(nb: Kernel) -> None:
    """The notebook's file, as it was saved last, knows cells that the kernel does not."""
    ran(nb, "%%job a\nx = 1\n# a comment", "a")
    cells = ["%%job a\n# another\nx = 2", "%%job later\ny = x", "print(1)", "%%job !"]
    saved = {"cells": [{"cell_type": "code", "source": source} for source in cells]}
    (nb.folder / "analysis.ipynb").write_text(json.dumps(saved))
    told = lines(nb)
    assert told["a"].startswith("is stale: line 3 changed in the saved notebook")
    assert told["later"] == "is not declared yet: its cell has not been run"


def test_what_is_copied(nb: Kernel) -> None:
    """Big values of the notebook go along with a held job."""
    held(nb, "import numpy as np\ndf = np.zeros(300_000)", "%%job fit\nmodel = df.sum()")
    assert lines(nb)["fit"] == "runs · df is copied (2.4 MB)"
