"""Hidden state of a process: taken off, put in place, kept for modules that are not loaded yet."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest

from nbflow.core.hidden import SETTINGS, own
from nbflow.core.touches import Change, Reference
from nbflow.engine import hidden
from nbflow.engine.after_import import after_import, forget
from nbflow.engine.hidden import Stored


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Every state is put back."""
    names = [*SETTINGS - {"<environ>", "<sys.path>"}, "<random>", "<numpy.random>"]
    hidden.begin()
    before = {name: hidden.get(name) for name in names}
    environ, path, filters = dict(os.environ), list(sys.path), list(warnings.filters)
    yield
    for name, stored in before.items():
        hidden.put(name, stored or Stored())
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:], warnings.filters[:] = path, filters  # type: ignore[index]


CHANGES = {
    "<matplotlib>": "import matplotlib.pyplot as plt; plt.style.use('ggplot'); plt.rcParams['font.size'] = 17",
    "<pandas>": "import pandas; pandas.set_option('display.max_rows', 7); pandas.set_option('display.precision', 2)",
    "<numpy>": "import numpy; numpy.set_printoptions(precision=3); numpy.seterr(over='raise')",
    "<sklearn>": "import sklearn; sklearn.set_config(display='text')",
    "<decimal>": "import decimal; c = decimal.getcontext(); c.prec = 9; c.traps[decimal.Inexact] = True",
    "<limits>": "import sys; sys.setrecursionlimit(1234)",
    "<warnings>": "import warnings as w; w.simplefilter('error', UserWarning); w.simplefilter('once', FutureWarning)",
    "<random>": "import random; random.seed(3); random.gauss(0, 1)",
    "<numpy.random>": "import numpy; numpy.random.seed(3); numpy.random.normal()",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_state_can_be_taken_off_and_put_in_place(name: str) -> None:
    """What one process takes off is the same after it went to another, which had it otherwise."""
    before = hidden.get(name)
    exec(CHANGES[name], {})
    taken = hidden.get(name)
    assert taken is not None
    assert taken != before
    hidden.put(name, before or Stored())
    assert hidden.get(name) == before
    hidden.put(name, pickle.loads(pickle.dumps(taken)))
    assert hidden.get(name) == taken


@pytest.mark.parametrize("name", ["<matplotlib>", "<pandas>"])
def test_what_was_otherwise_is_as_at_the_start(name: str) -> None:
    """A state that is put in place takes the place of the whole, not of the parts that it tells of."""
    exec(CHANGES[name], {})
    taken = hidden.get(name)
    more = "import pandas, matplotlib; pandas.set_option('display.width', 7); matplotlib.rcParams['axes.linewidth'] = 9"
    exec(more, {})
    assert taken is not None
    hidden.put(name, taken)
    assert hidden.get(name) == taken


def test_environment_path_and_folder_travel_as_changes(tmp_path) -> None:
    """What has changed since the start is carried out on another start; what is otherwise there stays."""
    here = os.getcwd()  # noqa: PTH109
    os.environ["NB_GONE"] = "1"
    hidden.begin()
    os.environ["NB_NEW"] = "2"
    del os.environ["NB_GONE"]
    sys.path.insert(0, "/nb/first")
    sys.path.append("/nb/last")
    os.chdir(tmp_path)
    taken = {name: hidden.get(name) for name in ("<environ>", "<sys.path>", "<cwd>")}
    os.environ |= {"NB_GONE": "1", "NB_OTHER": "3"}
    del os.environ["NB_NEW"]
    sys.path[:] = ["/nb/own", *(each for each in sys.path if not each.startswith("/nb"))]
    os.chdir(here)
    for name, stored in taken.items():
        assert stored is not None
        hidden.put(name, stored)
    assert "NB_GONE" not in os.environ
    assert (os.environ["NB_NEW"], os.environ["NB_OTHER"]) == ("2", "3")
    assert (sys.path[:2], sys.path[-1]) == (["/nb/first", "/nb/own"], "/nb/last")
    assert tmp_path.samefile(os.getcwd())  # noqa: PTH109
    os.chdir(here)


def test_a_stream_of_its_own_follows_from_state_and_label() -> None:
    """The same seeded state and label give the same numbers, another label gives others."""
    random.seed(1)
    state, found = hidden.get("<random>"), []
    assert state is not None
    for label in ("a", "b", "a"):
        hidden.put(own("<random>"), state, label)
        found.append(random.random())
    assert found[0] == found[2] != found[1]


def test_seeding_is_told_from_drawing() -> None:
    """A generator that somebody has drawn from is not taken for seeded; one that was seeded is."""
    hidden.refresh()
    before = hidden.get("<random>")
    for _ in range(5000):
        random.random()
    assert not hidden.was_seeded("<random>", before, hidden.get("<random>"))
    random.seed(0)
    assert hidden.was_seeded("<random>", before, hidden.get("<random>"))


def test_a_change_is_carried_out_by_its_full_name() -> None:
    """Calls, items, attributes and deletions; classes among the arguments are found."""
    hidden.change("<warnings>", Change("call", "warnings.simplefilter", ("error", Reference("builtins.UserWarning"))))
    hidden.change("<environ>", Change("item", "os.environ", ("NB_X", "1")))
    assert (warnings.filters[0][:3], os.environ["NB_X"]) == (("error", None, UserWarning), "1")
    hidden.change("<environ>", Change("delete", "os.environ", ("NB_X",)))
    hidden.change("<decimal>", Change("attribute", "decimal.getcontext().prec", (7,)))
    assert "NB_X" not in os.environ
    assert hidden.get("<decimal>") == Stored({"prec": 7, "traps": {}})


def test_what_waits_for_an_import() -> None:
    """The state of a package that is not loaded is put in place at its import; till then it can be handed on."""
    code = """
import sys
from nbflow.engine import hidden
from nbflow.core.touches import Change
hidden.change("<matplotlib>", Change("call", "matplotlib.style.use", ("ggplot",)))
hidden.put("<numpy.random>", hidden.Stored((b"\\1\\2\\3\\4" * 624, 624, 0, 0.0)))
assert "matplotlib" not in sys.modules and "numpy" not in sys.modules
kept = hidden.get("<matplotlib>")
assert kept.changes[0].args == ("ggplot",)
import numpy as np
first = np.random.rand()
np.random.set_state(("MT19937", np.frombuffer(b"\\1\\2\\3\\4" * 624, "uint32"), 624, 0, 0.0))
assert np.random.rand() == first
import matplotlib.pyplot as plt
assert plt.rcParams["axes.facecolor"] == "#E5E5E5"
assert hidden.get("<matplotlib>").value["rc"]["axes.facecolor"] == "#E5E5E5"
assert type(sys.meta_path[0]).__name__ != "_Finder"
assert plt.matplotlib.__spec__.loader is plt.matplotlib.__loader__
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_asked_again_after_an_import_replaces_what_was_asked() -> None:
    """Only the last wish counts, and none that was taken back."""
    done: list[int] = []
    after_import("wsgiref.validate", lambda: done.append(1))
    after_import("wsgiref.validate", lambda: done.append(2))
    after_import("wsgiref.types", lambda: done.append(3))
    forget("wsgiref.types")
    import wsgiref.types
    import wsgiref.validate

    assert done == [2]
    assert wsgiref.validate.__loader__ is wsgiref.validate.__spec__.loader
    assert wsgiref.types
