"""What the same code made of the same inputs is reused, in real kernels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel

LOAD = "%%job load --cache\nimport time\ntime.sleep(1.1)\nprint('read')\nrows = list(range(4))"


def job(nb: Kernel, name: str) -> dict[str, Any]:
    found: dict[str, Any] = nb.value(f"__import__('nbflow').flow().snapshot()['jobs'][{name!r}]")
    return found


def ran(nb: Kernel, code: str, name: str) -> dict[str, Any]:
    """The job after its cell was run, and has ended."""
    assert (cell := nb.run(code)).ok, cell.error
    assert (cell := nb.run(f"%nbflow wait {name} --timeout 30s")).ok, cell.error
    return job(nb, name)


def again(nb: Kernel) -> None:
    """A new run of the notebook, after a restart of the kernel."""
    nb.restart()
    assert nb.run("%load_ext nbflow").ok


@pytest.fixture
def own(kernel: Kernel) -> Kernel:
    """A kernel that can be restarted in its folder."""
    assert kernel.run("%load_ext nbflow").ok
    return kernel


def cached(nb: Kernel, count: int) -> None:
    """Wait until so many entries are there."""
    nb.until(lambda: len(list((nb.folder / ".nbflow" / "cache").glob("*"))) == count, what=f"{count} cache entries")


def test_a_later_run_reuses_it_with_its_log(own: Kernel) -> None:
    """The value is there at once; card, why, log and events say where it is from."""
    assert ran(own, LOAD, "load")["status"] == "succeeded"
    cached(own, 1)
    again(own)
    cell = own.run("# the same, in other words\n".join(LOAD.split("\n", 1)).replace("--cache#", "--cache\n#"))
    assert cell.ok, cell.error
    assert own.value("rows") == [0, 1, 2, 3]
    told = job(own, "load")
    assert (told["status"], told["reused"]["run"], told["attempts"]) == ("reused", 1, [])
    own.until(lambda: "⧉" in cell.text, what="the card to end")
    assert cell.text.startswith("⧉ load  reused · from run 1, 0:0")
    assert "saved" in cell.text and "read" in cell.text
    assert own.run("%nbflow why load").text.startswith("load was reused from run 1, 0:0")
    assert own.run("%nbflow log load").text == "read\n"
    assert "job-reused" in own.run("%nbflow events load").text
    assert own.value("__import__('nbflow').flow().snapshot()['verdict']") == "succeeded"


def test_what_has_changed_is_said(nb: Kernel) -> None:
    """A changed line, a changed input: it runs, and why tells why."""
    ran(nb, "%%job load --cache\nrows = 1\nmore = 2", "load")
    cached(nb, 1)
    assert ran(nb, "%%job load --cache\nrows = 1\nmore = 3", "load")["missed"] == "line 3 changed"
    assert nb.run("%nbflow why load").text == "load succeeded; it was not reused: line 3 changed.\n"
    nb.run("limit = 5")
    ran(nb, "%%job use --cache\nfound = limit", "use")
    cached(nb, 3)
    nb.run("limit = 6")
    assert ran(nb, "%%job use --cache\nfound = limit", "use")["missed"] == "input limit changed"
    nb.run("limit = 5")
    assert ran(nb, "%%job use --cache\nfound = limit", "use")["status"] == "reused"
    assert nb.value("found") == 5


def test_functions_count_by_what_they_do(own: Kernel) -> None:
    """In another kernel, and with other comments, a function is the same; with another body, or global, it is not."""
    cell = "%%job use --cache\nfound = twice(3)"
    own.run("FACTOR = 2\ndef twice(x):\n    return x * FACTOR\nwords = {'a', 'b', 'c'}")
    ran(own, cell, "use")
    cached(own, 1)
    again(own)
    own.run("\n\nFACTOR = 2\n# doubles\ndef twice(x):\n    # so\n    return x * FACTOR")
    assert ran(own, cell, "use")["status"] == "reused"
    own.run("FACTOR = 3")
    assert ran(own, cell, "use")["missed"] != ""
    assert own.value("found") == 9


def test_a_chain_is_reused_and_a_retry_runs(own: Kernel) -> None:
    """What a reused job made is the same input; a person's retry runs the job truly again."""
    cells = ["%%job a --cache\nx = {'k': [1, 2]}", "%%job b --cache\ny = x['k'] + [3]"]
    for cell in cells:
        own.run(cell)
    assert own.value("y") == [1, 2, 3]
    cached(own, 2)
    again(own)
    for cell in cells:
        own.run(cell)
    assert own.value("y") == [1, 2, 3]
    assert (job(own, "a")["status"], job(own, "b")["status"]) == ("reused", "reused")
    own.run("%nbflow retry b")
    own.run("%nbflow wait --timeout 30s")
    told = job(own, "b")
    assert (told["status"], len(told["attempts"]), told["missed"]) == ("succeeded", 1, "a person asked for it")


def test_files_count_by_content(nb: Kernel) -> None:
    """What it reads has to say the same; what it left has to be there, unchanged."""
    (nb.folder / "in.txt").write_text("1")
    cell = "%%job copy --cache --reads in.txt --writes out.txt\nopen('out.txt', 'w').write(open('in.txt').read())"
    ran(nb, cell, "copy")
    cached(nb, 1)
    (nb.folder / "in.txt").write_text("1")
    assert ran(nb, cell, "copy")["status"] == "reused"
    (nb.folder / "in.txt").write_text("2")
    assert ran(nb, cell, "copy")["missed"] == "file in.txt changed"
    cached(nb, 2)
    (nb.folder / "out.txt").unlink()
    assert ran(nb, cell, "copy")["missed"] == "file out.txt is gone"
    assert (nb.folder / "out.txt").read_text() == "2"


def test_own_modules_count_by_text(nb: Kernel) -> None:
    """A module of the notebook's folder, and what that imports; a comment in it does not matter."""
    (nb.folder / "helper.py").write_text("from deeper import K\ndef f(): return K")
    (nb.folder / "deeper.py").write_text("K = 1")
    cell = "%%job use --cache\nimport helper\nfound = helper.f()"
    ran(nb, cell, "use")
    cached(nb, 1)
    (nb.folder / "deeper.py").write_text("# one\nK = 1")
    assert ran(nb, cell, "use")["status"] == "reused"
    (nb.folder / "deeper.py").write_text("K = 20")
    assert ran(nb, cell, "use")["missed"] == "module deeper changed"
    assert nb.value("found") == 20


def test_displays_come_along(own: Kernel) -> None:
    """The card of a reused job shows what was displayed."""
    cell = "%%job show_it --cache\nfrom IPython.display import HTML, display\ndisplay(HTML('<b>made once</b>'))\nx = 1"
    ran(own, cell, "show_it")
    cached(own, 1)
    again(own)
    shown = own.run(cell)
    own.until(lambda: "⧉" in shown.text, what="the card to end")
    assert "<b>made once</b>" in shown.html


def test_the_default_and_its_limits(nb: Kernel) -> None:
    """NBFlow.cache is for all jobs but those of the kernel, which cannot have it."""
    nb.run("%config NBFlow.cache = True")
    ran(nb, "%%job a\nx = 1", "a")
    cached(nb, 1)
    assert ran(nb, "%%job a\nx = 1", "a")["status"] == "reused"
    assert ran(nb, "%%job k --in kernel\nz = 1", "k")["status"] == "succeeded"
    assert "--cache needs a process" in nb.run("%%job k --in kernel --cache\nz = 1").text


def test_a_function_job_is_cached(nb: Kernel) -> None:
    """@job(cache=True), whose function counts by what it does."""
    nb.run("import nbflow\n@nbflow.job(cache=True)\ndef double(x):\n    return 2 * x")
    assert nb.value("double(4).result()") == 8
    cached(nb, 1)
    nb.run("import nbflow\n@nbflow.job(cache=True)\ndef double(x):\n    # by two\n    return 2 * x")
    assert nb.value("double(4).result()") == 8
    statuses = nb.value("[j['status'] for j in nbflow.flow().snapshot()['jobs'].values()]")
    assert statuses[-1] == "reused", statuses


COMMON = """import os, random
import numpy as np, pandas as pd, matplotlib.pyplot as plt
from dataclasses import dataclass
pd.set_option('display.max_rows', 7)
np.random.seed(3)
words = {'a', 'b', 'c', 'd'}
@dataclass
class P:
    a: int = 1
    b: str = 'x'
p = P(3)
def clean(d):
    return d.dropna()
"""
CELLS = (
    "%%job load --cache\nraw = pd.DataFrame({'a': np.random.rand(50), 'b': ['x', None] * 25})",
    "%%job prep --cache\ndf = clean(raw)",
    "%%job fit[k] --for k=[1, 2, 3] --cache\nscore = float((df.a * k).sum())",
    "%%job draw --cache\nfig, ax = plt.subplots()\nax.plot(df.a)\nprint(len(words), p)\nplt.show()",
    "%%job unseeded --cache\nr = random.random()",
    "%%job env --cache\ne = os.environ.get('HOME')",
    "%%job sh --cache\nout = !echo hi\n%time z = 1",
    "%%job best --cache\nb = max(score.values())",
)


def test_a_notebook_of_the_usual_kind_is_reused_whole(own: Kernel) -> None:
    """Frames, seeded numbers, classes, sets, figures, fan-outs, magics, in another kernel; new elements alone run."""

    def run_all() -> dict[str, str]:
        for code in (COMMON, *CELLS):
            assert (cell := own.run(code)).ok, cell.error
        assert own.run("%nbflow wait --timeout 60s").ok
        return own.value("__import__('nbflow').flow().status()")

    assert set(run_all().values()) == {"succeeded"}
    first = own.value("(b, r, float(df.a.sum()))")
    cached(own, 10)
    again(own)
    assert set(run_all().values()) == {"reused"}
    assert own.value("(b, r, float(df.a.sum()))") == first
    own.run(CELLS[2].replace("3]", "9]"))
    own.run("%nbflow wait --timeout 60s")
    status = own.value("__import__('nbflow').flow().status()")
    assert [status[f"fit[k={k}]"] for k in (1, 2, 9)] == ["reused", "reused", "succeeded"]


def test_collecting_leaves_what_may_be_reused(own: Kernel) -> None:
    """A value that is a file, which only the cache knows of after a new run has begun."""
    cell = "%%job load --cache\nrows = list(range(100_000))"
    ran(own, cell, "load")
    cached(own, 1)
    again(own)
    ran(own, "%%job other\ny = 1", "other")
    own.run("%nbflow gc")
    assert ran(own, cell, "load")["status"] == "reused"
    assert own.value("len(rows)") == 100_000
