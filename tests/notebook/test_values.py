"""Values between jobs and the notebook: mapped, copied on writing, collected, limited, and refused by name."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.kernel
SOON = 2.2
"""Seconds after which a value is no longer fresh."""
MAPS = "__import__('pathlib').Path('/proc/self/maps').read_text().count('/.nbflow/values/')"


def files(nb):
    return sorted(path.name for path in (nb.folder / ".nbflow" / "values").iterdir())


def ok(cell):
    assert cell.ok, cell.error
    return cell


def test_an_array_is_mapped_from_job_to_job_and_into_the_notebook(nb):
    """No one reads it; each can change it, and nobody else sees that."""
    ok(nb.run("%%job make\nimport numpy as np\nx = np.zeros(1_000_000)"))
    ok(nb.run("%%job change --outputs total,mapped\nx[:3] = 1\ntotal = float(x.sum())\nmapped = " + MAPS))
    ok(nb.run("%%job look --inputs x --outputs rest\nrest = float(x.sum())"))
    ok(nb.run("x[5] = 10\nhere = float(x.sum())"))
    assert nb.value("(here, total, rest, mapped > 0, x.flags.writeable)") == (10.0, 3.0, 0.0, True, True)
    assert nb.value(MAPS) > 0
    assert len(files(nb)) == 1


def test_gc_frees_what_a_newer_value_has_replaced(nb):
    """And says how much; what can be read stays, also in the kernel that has it mapped."""
    for value in (1, 2):
        ok(nb.run(f"%%job a\nimport numpy as np\nx = np.full(1_000_000, {value}.0)"))
        ok(nb.run("kept = x"))
    time.sleep(SOON)
    assert "freed 1 value (8.0 MB); 1 value (8.0 MB) can still be read" in ok(nb.run("%nbflow gc")).text
    assert len(files(nb)) == 1
    assert nb.value("(float(x[0]), float(kept[-1]))") == (2.0, 2.0)
    assert "nothing to free: 1 value (8.0 MB) can still be read" in ok(nb.run("%nbflow gc")).text


def test_gc_leaves_what_skip_last_can_put_in_place(nb):
    """The newer attempt has failed: the older value is what --last means."""
    ok(nb.run("import numpy as np"))
    ok(nb.run("%%job a\nx = np.full(1_000_000, 1.0)"))
    ok(nb.run("%nbflow wait"))
    ok(nb.run("%%job a\nx = np.full(1_000_000, 1 / 0)"))
    nb.run("try:\n    %nbflow wait\nexcept Exception:\n    pass")
    time.sleep(SOON)
    assert "nothing to free" in ok(nb.run("%nbflow gc")).text
    ok(nb.run("%nbflow skip a --last"))
    assert nb.value("float(x[0])") == 1.0


def test_captured_values_are_collected_when_their_readers_have_changed(nb):
    """And captured anew if a later job reads them again."""
    ok(nb.run("import numpy as np\nbig = np.ones(1_000_000)"))
    ok(nb.run("%%job a\ny = float(big[0])"))
    ok(nb.run("%nbflow wait"))
    ok(nb.run("%%job a\ny = 2"))
    ok(nb.run("%nbflow wait"))
    time.sleep(SOON)
    assert "freed 1 value" in ok(nb.run("%nbflow gc")).text
    ok(nb.run("%%job b\nz = float(big[0])"))
    assert nb.value("z") == 1.0


def test_a_value_beyond_the_limit_fails_its_job_and_says_what_to_do(nb):
    """Its name, its size, the limit, and the three ways out; then one of them helps."""
    ok(nb.run("import numpy as np\n%config NBFlow.store_limit = '10MB'"))
    ok(nb.run("%%job a\nx = np.zeros(1_000_000)"))
    ok(nb.run("%nbflow wait"))
    ok(nb.run("%%job b\ny = np.zeros(1_000_000)"))
    error = nb.run("%nbflow wait").error
    assert "y (ndarray): it takes 8.0 MB, and other values take 8.0 MB of the 10.0 MB that the store may hold" in error
    assert "%nbflow gc" in error
    assert "NBFlow.store_limit" in error
    error = nb.run("z = np.zeros(1_000_000)\nget_ipython().run_cell_magic('job', 'c', 'print(z)')").text
    assert "variable 'z' (ndarray) does not fit into the store (it takes 8.0 MB" in error
    ok(nb.run("%config NBFlow.store_limit = 20_000_000"))
    ok(nb.run("%nbflow retry b"))
    assert nb.value("float(y[0])") == 0.0


def test_a_job_that_needs_room_has_useless_values_collected(nb):
    """The limit is about what can be read: a value that is made again replaces the older one."""
    ok(nb.run("import numpy as np\n%config NBFlow.store_limit = '20MB'"))
    for value in range(4):
        ok(nb.run(f"%%job a\nx = np.full(1_000_000, {value}.0)"))
        assert nb.value("float(x[0])") == value


def test_a_limit_that_is_no_size_is_refused(nb):
    """With the right forms."""
    assert "a size such as 20GB" in nb.run("%config NBFlow.store_limit = 'much'").text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("y = open('/dev/null')", "y (TextIOWrapper): an open file, '/dev/null'"),
        ("y = {'a': [__import__('threading').Lock()]}", "y (dict): ['a'][0] (lock): cannot pickle"),
        ("y = (i for i in range(3))", "y (generator): cannot pickle 'generator'"),
        ("import sqlite3; y = sqlite3.connect(':memory:')", "y (Connection): cannot pickle 'sqlite3.Connection'"),
        ("import sys; y = sys._getframe()", "y (frame): cannot pickle 'frame'"),
        ("import types\ntry: 1 / 0\nexcept Exception as e: y = e.__traceback__", "y (traceback): cannot pickle"),
        (
            "import types; y = types.SimpleNamespace(s=__import__('socket').socket())",
            "y (SimpleNamespace): .s (socket)",
        ),
    ],
)
def test_a_value_that_cannot_be_stored_fails_its_job(nb, body, told):
    """With the variable, its type, the part that is to blame, and the two ways out."""
    ok(nb.run(f"%%job a\n{body}"))
    nb.run("try:\n    %nbflow wait\nexcept Exception:\n    pass")
    why = ok(nb.run("%nbflow why a")).text
    assert f"output not storable: {told}" in why
    assert "leave it out with --outputs or --inputs, or run the job with --in kernel" in why


def test_both_ways_out_work(nb):
    """Dropped from the outputs, or kept in the kernel."""
    ok(nb.run("%%job a --outputs n\nfile = open('/dev/null')\nn = 5"))
    ok(nb.run("%%job b --in kernel\nfile = open('/dev/null')"))
    assert nb.value("(n, file.name)") == (5, "/dev/null")


def test_arrays_of_one_value_share_memory_in_the_notebook(nb):
    """A view that a job made of its array still is one."""
    ok(nb.run("%%job a\nimport numpy as np\nwhole = np.zeros(100_000)\nboth = {'whole': whole, 'head': whole[:10]}"))
    ok(nb.run("both['head'][0] = 7"))
    assert nb.value("float(both['whole'][0])") == 7.0
