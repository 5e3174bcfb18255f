"""Names keep their makers straight: however a name changes in the kernel, readers see what they see in plain order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel
FLOW = "__import__('nbflow').flow()"
WAIT = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"


def run(nb: Kernel, *cells: str) -> Cell:
    """Run *cells*, all of which have to go well; the last."""
    for code in cells:
        cell = nb.run(code)
        assert cell.ok, f"{code}\n{cell.error}"
    return cell


def go(folder: Path) -> None:
    """Let go of what waits for the file."""
    (folder / "go").touch()


def status(nb: Kernel, job: str) -> str:
    found: str = nb.value(f"{FLOW}.status()[{job!r}]")
    return found


# --- ways a name changes in the kernel while a job owns it

WAYS = {
    "an assignment": "x = 2",
    "an assignment of the same small number": "x = 1",
    "a function": "def f():\n    global x\n    x = 2\nf()",
    "a function of its own cell": "set_x()",
    "a loop": "for x in [1, 2]: pass",
    "a with statement": "from contextlib import nullcontext\nwith nullcontext(2) as x: pass",
    "an import": "from constants import x",
    "a star import": "from constants import *",
    "a class body around": "class C: y = 3\nx = C.y - 1",
    "setting it in globals()": "globals()['x'] = 2",
    "exec": "exec('x = 2')",
    "%run": "%run script.py",
    "%run -i": "%run -i script.py",
    "%store -r": "%store -r x",
    "a cell magic": "%%time\nx = 2",
    "a line magic": "%time x = 2",
    "a capture": "files = !echo 2\nx = int(files[0])",
    "top-level await": "import asyncio\nx = await asyncio.sleep(0, 2)",
}


@pytest.fixture
def files(nb: Kernel) -> None:
    """A script, a module, and a stored variable that all mean x = 2."""
    (nb.folder / "script.py").write_text("x = 2\n")
    (nb.folder / "constants.py").write_text("x = 2\n")
    run(
        nb,
        "import sys; sys.modules.pop('constants', None)\nx = 2\n%store x\ndel x",
        "def set_x():\n    global x\n    x = 2",
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_the_kernel_binds_is_the_kernels(nb: Kernel, files: None, way: str) -> None:
    """However it was bound, before or after the job's value came: a job tried again later does not take it back."""
    wanted = 1 if "same" in way else 2
    run(nb, "%%job a\nx = 1", "assert x == 1", WAYS[way])
    assert nb.value("x") == wanted
    run(nb, "%%job reader\ny = x")
    assert nb.value("y") == wanted
    run(nb, "%%job b\nx = 7", "%nbflow wait", WAYS[way], "%nbflow retry b", "%nbflow wait")
    assert nb.value("x") == wanted
    run(nb, "%%job reader\ny = x")
    assert nb.value("y") == wanted


@pytest.mark.parametrize("way", ["x = 2", "from constants import *", "import constants as x; x = x.x"])
def test_a_name_bound_while_its_job_runs_is_the_kernels(nb: Kernel, files: None, way: str) -> None:
    """The job ends later, and its value is nobody's."""
    run(nb, f"%%job a\n{WAIT}x = 1", way)
    assert nb.value("x") == 2
    run(nb, "%%job reader\ny = x")
    assert nb.value("y") == 2
    go(nb.folder)
    run(nb, "%nbflow wait")
    assert nb.value("x") == 2


DELETIONS = {
    "del": "del x",
    "del in globals()": "x\ndel globals()['x']",
    "a function": "def f():\n    global x\n    del x\nf()",
    "%reset": "%reset -f",
}


@pytest.mark.parametrize("way", DELETIONS)
def test_a_name_that_the_kernel_deletes_is_gone(nb: Kernel, way: str) -> None:
    """For cells and for jobs, also where the job's value had never come."""
    run(nb, "%%job a\nx = 1", DELETIONS[way])
    assert nb.run("x").error.startswith("NameError")
    run(nb, "%%job reader\ntry:\n    y = x\nexcept NameError:\n    y = 'gone'")
    assert nb.value("y") == "gone"


def test_a_name_that_a_job_deletes_is_gone(nb: Kernel) -> None:
    """From its declaration on; what another job or cell binds afterwards stands."""
    run(nb, "x = [1]", "%%job a\ny = x\ndel x")
    assert nb.run("x").error.startswith("NameError")
    assert nb.value("y") == [1]
    run(nb, "x = 5")
    assert nb.value("x") == 5
    run(nb, "%%job b\nx = 6", "%%job c\nz = x\ndel x", "%%job d\nx = 8")
    assert nb.value("(x, z)") == (8, 6)


def test_a_name_that_a_callback_binds_is_the_kernels(nb: Kernel) -> None:
    """A widget's callback is no cell: the next reader sees it all the same."""
    hit = "def hit(_):\n    global x, done\n    x = done = 2\nbutton.on_click(hit)"
    run(
        nb,
        f"import ipywidgets\nbutton = ipywidgets.Button()\n{hit}",
        "%%job a\nx = 1",
        "assert x == 1",
        "done = 0\nbutton",
    )
    comm = nb.value("button.model_id")
    nb.send(comm, {"event": "click"})
    assert nb.value("done") == 2
    run(nb, "%%job reader\ny = x")
    assert nb.value("(x, y)") == (2, 2)


def test_a_name_that_a_thread_binds_is_the_kernels(nb: Kernel) -> None:
    """As soon as the next cell runs."""
    run(nb, "%%job a\nx = 1", "assert x == 1")
    late = "def late():\n    global x\n    while not os.path.exists('go'): time.sleep(0.01)\n    x = 2"
    run(nb, f"import threading, os, time\n{late}\nthread = threading.Thread(target=late); thread.start()")
    go(nb.folder)
    run(nb, "thread.join()", "%%job reader\ny = x")
    assert nb.value("(x, y)") == (2, 2)


# --- hazards


def test_write_after_read(nb: Kernel) -> None:
    """A job that waits still gets what stood when it was declared."""
    run(nb, "x, rows = 1, [1]", f"%%job first\n{WAIT}gate = 1", "%%job reader\ny = (gate, x, rows)")
    run(nb, "x = 2\nrows.append(2)", "%%job writer\nx = x + 10; rows = rows + [3]")
    assert nb.value("(x, rows)") == (12, [1, 2, 3])
    go(nb.folder)
    assert nb.value("y") == (1, 1, [1])


def test_write_after_write(nb: Kernel) -> None:
    """The last writer in the notebook's order wins, whoever ends last."""
    run(nb, f"%%job slow\n{WAIT}x = 'slow'", "%%job quick\nx = 'quick'")
    assert nb.value("x") == "quick"
    go(nb.folder)
    run(nb, "%nbflow wait")
    assert nb.value("x") == "quick"
    run(nb, "%%job again\nx = 'job'", "x = 'cell'", "%nbflow wait")
    assert nb.value("x") == "cell"


def test_a_chain_of_changes_in_place(nb: Kernel) -> None:
    """Each job and cell of a chain changes what the one before left, and no other."""
    run(nb, "rows = [0]", "%%job a\nrows.append(1)", "%%job b\nrows.append(2)\nseen = list(rows)", "rows.append(3)")
    run(nb, "%%job c\nrows += [4]", "%%job d\nlast = rows.pop()")
    assert nb.value("(rows, seen, last)") == ([0, 1, 2, 3], [0, 1, 2], 4)


def test_readers_that_wait_keep_what_they_were_declared_with(nb: Kernel) -> None:
    """A job declared again, after it had succeeded, is a later cell to those that wait to read what it made."""
    run(nb, "%%job a\nx = 1", "assert x == 1", f"%%job gate\n{WAIT}g = 0")
    run(nb, "%%job reader\ny = x + g", "%%job later\nz = y + 1", "%%job a\nx = 10", "%%job new\nw = x + g")
    assert nb.value("x") == 10
    go(nb.folder)
    assert nb.value("(y, z, w)") == (1, 2, 10)
    assert "a" not in nb.value(f"{FLOW}.snapshot()['jobs']['reader']['needs']")


def test_readers_of_a_chain_that_wait_come_before_what_is_declared_again(nb: Kernel) -> None:
    """``x = x + 1`` run again while ``x = x * 10`` waits: in plain order it adds to what that one will leave."""
    run(nb, "x = 1", "%%job add\nx = x + 1", "%nbflow wait", f"%%job gate\n{WAIT}g = 0")
    run(nb, "%%job times\nx = x * 10 + g", "%%job add\nx = x + 1")
    go(nb.folder)
    assert nb.value("x") == 21


def test_readers_of_a_job_that_has_made_nothing_yet_get_the_new_one(nb: Kernel) -> None:
    """What is declared again while it runs is stopped: there is no older value to be had."""
    run(nb, f"%%job a\n{WAIT}x = 1", "%%job reader\ny = x", "%%job a\nx = 10")
    assert nb.value("y") == 10


def test_what_a_job_no_longer_makes_stays(nb: Kernel) -> None:
    """A cell that is edited and run again leaves the variables that it made before, as any cell does."""
    run(nb, "%%job a\nx, y = 1, [2]", "%nbflow wait", "%%job a\nx = 10", "%%job reader\nz = y + [x]")
    assert nb.value("(x, y, z)") == (10, [2], [2, 10])


def test_a_job_that_writes_on_some_paths_only(nb: Kernel) -> None:
    """The value before goes through where it does not."""
    run(nb, "x, flag = 1, False", "%%job a\nif flag: x = 2", "%%job b\nif not flag: x = x + 10")
    assert nb.value("x") == 11


def test_an_import_of_a_job_is_at_hand(nb: Kernel) -> None:
    """And is the kernel's own once a cell binds the name."""
    run(nb, f"%%job a\nimport json as j\n{WAIT}x = 1", "assert j.dumps([]) == '[]'", "j = 5")
    go(nb.folder)
    run(nb, "%nbflow wait", "%%job b\ny = j")
    assert nb.value("(x, y)") == (1, 5)


def test_the_outputs_of_a_fan_out_are_rebound_like_others(nb: Kernel) -> None:
    """By cells and by other jobs."""
    run(nb, "%%job fit --for a=[1, 2]\nscore = a", "assert score == {1: 1, 2: 2}", "score[3] = 3")
    run(nb, "%%job reader\nbest = max(score)")
    assert nb.value("best") == 3
    run(nb, "%%job fit --for a=[5]\nscore = a", "%%job one\nscore = 'one'")
    assert nb.value("score") == "one"


def test_a_method_of_a_class_that_a_job_made_may_change_its_object(nb: Kernel) -> None:
    """The kernel has no text of it: a job that only calls it changes the object, and a cell waits for that."""
    nb.run("%%job a\nclass N:\n    def __init__(self): self.v = [0]\n    def train(self): self.v[0] += 1; return self")
    nb.run("%%job b\nnet = N()")
    nb.run("net.train()")
    nb.run("%%job c\nnet.train()")
    assert nb.run("seen = net.v").ok
    assert nb.value("seen") == [2]
