"""Values of the kernel on their way to jobs, and changes that no cell's text shows: nobody reads a stale value."""

from __future__ import annotations

import time

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel
FLOW = "__import__('nbflow').flow()"
WAIT = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
BIG = "import random\nbig = [random.random() for _ in range(20_000)]"
"""A value that is stored in a file and can change in place."""


def run(nb: Kernel, *cells: str) -> Cell:
    """Run *cells*, all of which have to go well; the last."""
    for code in cells:
        cell = nb.run(code)
        assert cell.ok, f"{code}\n{cell.error}"
    return cell


def stored(nb: Kernel) -> int:
    """The number of values that are stored in files."""
    return len([file for file in (nb.folder / ".nbflow" / "values").iterdir() if file.is_file()])


def captured(nb: Kernel, job: str, name: str) -> str | None:
    """The file that *job* reads *name* from, where the kernel had it."""
    spec = f"{FLOW}._session.job({job!r}).spec.inputs[{name!r}]"
    found: str | None = nb.value(f"getattr(getattr({spec}, 'value', None), 'file', None)")
    return found


# --- captured once


def test_what_has_not_changed_is_captured_once(nb: Kernel) -> None:
    """However many jobs read it, and whatever other cells do in between."""
    run(nb, BIG, "%%job a\nx = len(big)", "%%job b\ny = len(big)", "other = 1", "%%job c\nz = len(big)")
    assert nb.value("(x, y, z)") == (20_000, 20_000, 20_000)
    assert stored(nb) == 1
    assert captured(nb, "a", "big") == captured(nb, "c", "big") is not None


CHANGES = {
    "a cell": "big[0] = 2",
    "a statement that looks harmless": "first = big; first[0] = 2",
    "an alias of another cell": "alias[0] = 2",
    "a function": "change()",
    "a function behind another name": "other()",
    "a part of it": "inner[0] = [2]",
    "a loop of jobs": "for _ in range(1): (lambda b: b.__setitem__(0, 2))(big)",
}


@pytest.mark.parametrize("how", CHANGES)
def test_what_a_cell_changed_in_place_is_captured_anew(nb: Kernel, how: str) -> None:
    """Be it seen in the cell's text or not."""
    before = "inner = [0]\nbig[0] = inner\nalias = big\ndef change():\n    big[0] = 2\nother = change"
    run(nb, BIG, before, "%%job a\nx = big[0]", CHANGES[how], "%%job b\ny = big[0]")
    assert nb.value("x") == [0]
    assert nb.value("y") == ([[2]] if how == "a part of it" else 2)


def test_what_a_kernel_job_changed_in_place_is_captured_anew(nb: Kernel) -> None:
    """Also where no cell runs between the jobs that read it."""
    run(nb, BIG, "box = {'big': big}", "%%job a\nx = big[0]", "%%job k --in kernel\nbox['big'][0] = 2; done = 1")
    run(nb, "%nbflow wait", "%%job b\ny = big[0]")
    assert nb.value("x") != 2
    assert nb.value("y") == 2


def test_what_a_kernel_job_changes_while_jobs_are_declared_is_never_stale(nb: Kernel) -> None:
    """A job that is declared after the change reads it, with nothing but declarations around it."""
    run(nb, BIG, "box = {'big': big}", f"%%job k --in kernel\n{WAIT}box['big'][0] = 2\nopen('done', 'w').close()")
    run(nb, "%%job a\nx = big[0]")
    (nb.folder / "go").touch()
    until(lambda: (nb.folder / "done").exists())
    run(nb, "%%job b\ny = big[0]")
    assert nb.value("x") != 2
    assert nb.value("y") == 2


def test_what_a_callback_changed_in_place_is_captured_anew(nb: Kernel) -> None:
    """A widget's callback runs between cells."""
    hit = "def hit(_):\n    big[0] = 2\n    open('done', 'w').close()"
    run(nb, BIG, f"import ipywidgets\nbutton = ipywidgets.Button()\n{hit}\nbutton.on_click(hit)")
    comm = nb.value("button.model_id")
    run(nb, "%%job a\nx = big[0]")
    nb.send(comm, {"event": "click"})
    until(lambda: (nb.folder / "done").exists())
    run(nb, "%%job b\ny = big[0]")
    assert nb.value("x") != 2
    assert nb.value("y") == 2


BETWEEN = {
    "a thread": "import threading\nthreading.Thread(target=late).start()",
    "a task of the event loop": "import asyncio\nasync def task():\n"
    "    while not os.path.exists('go'): await asyncio.sleep(0.01)\n    late()\nkept = asyncio.ensure_future(task())",
    "a timer of the event loop": "import asyncio\nloop = asyncio.get_event_loop()\n"
    "def again():\n    late() if os.path.exists('go') else loop.call_later(0.01, again)\nagain()",
    "a periodic callback": "from tornado.ioloop import PeriodicCallback\n"
    "periodic = PeriodicCallback(lambda: late() if os.path.exists('go') else None, 10)\nperiodic.start()",
}


@pytest.mark.parametrize("what", BETWEEN)
def test_what_changes_between_cells_is_captured_anew(nb: Kernel, what: str) -> None:
    """Whatever may run code between two declarations is looked for."""
    late = "import os, time\ndef late():\n    while not os.path.exists('go'): time.sleep(0.01)\n    big[0] = 2\n"
    run(nb, BIG, late + "    open('done', 'w').close()", BETWEEN[what], "%%job a\nx = big[0]")
    (nb.folder / "go").touch()
    until(lambda: (nb.folder / "done").exists())
    run(nb, "%%job b\ny = big[0]")
    assert nb.value("x") != 2
    assert nb.value("y") == 2
    run(nb, "if 'periodic' in globals(): periodic.stop()")


def test_a_value_in_the_header_of_a_job_can_change_things(nb: Kernel) -> None:
    """The expressions of loops are evaluated here."""
    run(nb, BIG, "def ks():\n    big[0] = 2\n    return [1, 2]", "%%job a\nx = big[0]")
    run(nb, "%%job b --for k=ks()\ny = big[0]", "%%job c\nz = big[0]")
    assert nb.value("x") != 2
    assert nb.value("(y, z)") == ({1: 2, 2: 2}, 2)


def test_what_is_big_is_told_before_and_after(nb: Kernel) -> None:
    """A line under the cell says what is being captured, and then how much it was and how long it took."""
    run(nb, "import numpy as np\na = np.ones(30_000_000)")
    cell = run(nb, "%%job reader\nx = a.sum()")
    assert "a: 240 MB captured in " in cell.text
    assert nb.value("float(x)") == 30_000_000
    assert "captured" not in run(nb, "%%job again\ny = a[0]").text


# --- what comes from jobs


def test_what_a_job_made_and_the_kernel_changed_unseen_is_the_kernels(nb: Kernel) -> None:
    """Through another name of it; its jobs read it as it is now."""
    run(nb, "%%job a\nrows, big = [1], list(range(20_000))", "other = rows, big", "other[0].append(2); other[1][0] = 2")
    run(nb, "%%job b\ny = rows + big[:1]")
    assert nb.value("y") == [1, 2, 2]
    run(nb, "%nbflow retry a", "%nbflow wait")
    assert nb.value("rows") == [1, 2]


def test_an_array_of_a_job_is_not_stored_again(nb: Kernel) -> None:
    """Under another name either, as long as nobody writes to it."""
    run(nb, "%%job a\nimport numpy as np\nx = np.zeros(300_000)", "y = x; y.sum()", "%%job b\nz = y[0] + x[0]")
    assert nb.value("float(z)") == 0
    assert stored(nb) == 1
    run(nb, "y[0] = 5", "%%job c\nz = y[0] + x[0]")
    assert nb.value("float(z)") == 10


# --- unseen changes of jobs

UNSEEN = {
    "a callee": ("rows = [1]\ndef add(r):\n    getattr(r, 'app' + 'end')(2)", "n = len([add(rows)])"),
    "a method of a class": (
        "class Bag:\n    def __init__(self): self.items = [1]\n    def __len__(self):\n        self.items.append(2)\n"
        "        return 1\nrows = Bag()",
        "n = len(rows)",
    ),
    "a container that holds it": (
        "rows = {'a': [1]}",
        "n = [getattr(each, 'app' + 'end')(2) for each in list(rows.values())]",
    ),
    "an array": (
        "import numpy as np\nrows = np.zeros(200_000)",
        "n = [memoryview(each.reshape(-1)).__setitem__(0, 1.5) for each in [rows]]",
    ),
    "a big list": ("rows = list(range(300_000))", "n = [getattr(each, 'app' + 'end')(2) for each in [rows]]"),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_a_job_changed_unseen_is_handed_on(nb: Kernel, what: str) -> None:
    """Cells and jobs that come after its end read the changed value, and the card says so."""
    before, body = UNSEEN[what]
    run(nb, before, "import copy\nplain = copy.deepcopy(rows)")
    run(nb, body.replace("rows", "plain"))
    card = run(nb, f"%%job b\n{body}")
    run(nb, "%nbflow wait")
    nb.until(lambda: "changed rows in place, unseen by its text: add --outputs n,rows" in card.text, 10, card.text)
    run(nb, "def told(x):\n    return vars(x) if hasattr(x, '__dict__') else [*getattr(x, 'items', x.__iter__)()]")
    run(nb, "%%job c\nhere = rows")
    assert nb.value("told(rows) == told(here) == told(plain)")


def test_a_job_of_the_same_text_is_known_to_change_it(nb: Kernel) -> None:
    """Declared again, cells wait for what it changes."""
    body = "%%job b\nn = [getattr(each, 'app' + 'end')(2) for each in [rows]]"
    run(nb, "rows = [1]", body, "%nbflow wait", body, "assert rows == [1, 2, 2], rows")


def test_a_job_that_waits_gets_what_one_before_it_changed_unseen(nb: Kernel) -> None:
    """It came later, and has not begun: it reads what the earlier one has left."""
    run(
        nb,
        "rows = [1]",
        f"%%job b\n{WAIT}n = [getattr(each, 'app' + 'end')(2) for each in [rows]]",
        f"%%job gate\n{WAIT}g = n",
    )
    run(nb, "%%job c\nseen = list(rows) if g else 0")
    (nb.folder / "go").touch()
    assert nb.value("seen") == [1, 2]


def test_a_job_that_needs_one_before_it_gets_what_that_one_changed_unseen(nb: Kernel) -> None:
    """It begins as soon as the other has ended: the engine knows by then."""
    run(nb, "rows = [1]", "%%job b\nn = [getattr(each, 'app' + 'end')(2) for each in [rows]]")
    run(nb, "%%job c\nseen = rows[-1] if n else 0")
    assert nb.value("(seen, rows)") == (2, [1, 2])


def test_a_job_that_had_begun_is_named(nb: Kernel) -> None:
    """It read what should have been changed before: the next cell says so, and what to do."""
    run(nb, "rows = [1]", f"%%job b\n{WAIT}n = [getattr(each, 'app' + 'end')(2) for each in [rows]]")
    run(nb, "%%job c\nseen = list(rows)", "assert seen == [1]")
    (nb.folder / "go").touch()
    run(nb, "%nbflow wait")
    assert "job 'c' read 'rows' as it was before 'b' changed it in place: run its cell again" in run(nb, "rows").text
    run(nb, "%%job c\nseen = list(rows)", "assert seen == [1, 2]")


def test_what_the_kernel_has_bound_since_stays(nb: Kernel) -> None:
    """The cell came later than the job that changed the older object; so did one that changed the same object."""
    body = f"{WAIT}n = [getattr(each, 'app' + 'end')(2) for each in [rows]]"
    run(nb, "rows = [1]", f"%%job b\n{body}", "rows = [1]")
    (nb.folder / "go").touch()
    run(nb, "%nbflow wait")
    assert nb.value("rows") == [1]
    (nb.folder / "go").unlink()
    run(nb, f"%%job c\n{body}", "same = rows; same.append(3)")
    (nb.folder / "go").touch()
    run(nb, "%nbflow wait")
    assert nb.value("rows") == [1, 3]


def test_outputs_that_are_named_are_all_that_leaves_a_job(nb: Kernel) -> None:
    """Who says --outputs has decided about the rest."""
    run(
        nb,
        "rows = [1]",
        "%%job b --outputs n\nn = [getattr(each, 'app' + 'end')(2) for each in [rows]]",
        "%nbflow wait",
    )
    assert nb.value("rows") == [1]


def test_what_only_looks_is_not_found_to_change(nb: Kernel) -> None:
    """Tables, sets, models and figures that are read stay as they are."""
    made = """
import pandas as pd, numpy as np, matplotlib, re, pathlib
matplotlib.use("agg")
from matplotlib.figure import Figure
from sklearn.linear_model import LinearRegression
df = pd.DataFrame({"a": range(50_000), "b": ["x", "y"] * 25_000}); small = df.head(10).copy()
words = {f"word {i}" for i in range(100)}; many = {f"word {i}" for i in range(20_000)}
model = LinearRegression().fit(np.ones((5, 2)), np.ones(5))
fig = Figure(); fig.subplots().plot([1, 2]); path = pathlib.Path("a/b"); pattern = re.compile("a")
class Point:
    kinds = []
    def __init__(self): self.x = 1
    def norm(self): return abs(self.x)
point = Point(); squares = lambda n, p=2: [i ** p for i in range(n)]
"""
    body = """
n = [df.groupby("b").a.mean(), df.describe(), df.index.is_unique, df.loc[5], df[df.a > 3].shape, small.T, small.sum()]
m = [len(words), "word 1" in many, model.predict([[1, 2]]), path.name, bool(pattern.match("a")), point.norm()]
fig.savefig("a.png"); k = len(Point.kinds) + len(squares(3))
"""
    run(nb, made, f"%%job b\n{body}", "%nbflow wait")
    assert nb.value(f"{FLOW}.snapshot()['jobs']['b']['attempts'][-1]['changed']") == []


# --- local modules


def test_a_module_that_was_edited_is_noticed(nb: Kernel) -> None:
    """A line says which has which text, once; a module that was imported again is as good as new."""
    file = nb.folder / "recipes.py"
    file.write_text("def soup(): return 'old'\n")
    run(nb, "import sys; sys.path.insert(0, '.') if '.' not in sys.path else None; sys.modules.pop('recipes', None)")
    run(nb, "import recipes\nfrom recipes import soup", "%%job a\nx = soup()")
    assert nb.value("x") == "old"
    file.write_text("def soup(): return 'fresh'\n")
    cell = run(nb, "%%job b\nx = recipes.soup()")
    assert "recipes.py was edited after this kernel imported it: the job runs the new text" in cell.text
    assert "recipes.py" not in run(nb, "%%job c\ny = soup()").text
    assert nb.value("(x, y, recipes.soup())") == ("fresh", "fresh", "old")
    run(nb, "import importlib; importlib.reload(recipes)")
    assert "recipes.py" not in run(nb, "%%job d\nz = recipes.soup()").text
    file.write_text("def soup(): return 'freshest'\n")
    assert "recipes.py" in run(nb, "%%job e\nimport recipes as r\nz = r.soup()").text


def until(true: object, patience: float = 20) -> None:
    """Wait for something that is no message of the kernel's."""
    ends = time.monotonic() + patience
    while not true():  # type: ignore[operator]
        assert time.monotonic() < ends
        time.sleep(0.01)
