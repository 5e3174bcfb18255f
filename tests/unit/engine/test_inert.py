"""What a stored value is, read from its bytes: nothing is imported, nothing called."""

from __future__ import annotations

import copy
import enum
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbflow.engine.inert import content
from nbflow.engine.shelf import Stored
from nbflow.engine.values import Values

LATER = """
import sys, pathlib
exec(compile(pathlib.Path(sys.argv[3]).read_text(), sys.argv[2], "exec"))
from nbflow.engine.inert import content
from nbflow.engine.values import Values
values = Values(sys.argv[1])
print(content(values.stored(values.dump(thing, "thing"))).digest)
"""


def seen(tmp_path: Path, text: str, file: str = "/cell-1.py") -> str:
    """The digest of what *text* calls ``thing``, made by a process of its own, as a cell of *file*."""
    cell = tmp_path / "cell"
    cell.write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", LATER, str(tmp_path), file, str(cell)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def digest(value: object, tmp_path: Path) -> str:
    values = Values(tmp_path)
    return content(values.stored(values.dump(value, "value"))).digest


FUNCTION = "K = 3\ndef helper(x): return x + K\ndef thing(x, y=[1]):\n    return helper(x) + sum(z for z in y)\n"
CLASS = "class Base:\n    a = 1\nclass thing(Base):\n    b: int = 2\n    def m(self): return self.a + self.b\n"
ENUM = "import enum\nclass thing(enum.Enum):\n    A = 1\n    B = 2\n"
CLOSURE = "def outer(n):\n    def inner(x): return x * n\n    return inner\nthing = outer(2)\n"


@pytest.mark.parametrize("text", [FUNCTION, CLASS, ENUM, CLOSURE], ids=["function", "class", "enum", "closure"])
def test_another_kernel_another_place(tmp_path, text):
    """The same text elsewhere, with comments, is the same value; its bytes are not."""
    moved = "# a comment\n\n" + text.replace("\n", "  # and more\n")
    assert seen(tmp_path, text) == seen(tmp_path, moved, "/tmp/ipykernel_7/99.py")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [(FUNCTION, "x + K", "x - K"), (FUNCTION, "K = 3", "K = 4"), (FUNCTION, "[1]", "[2]"), (CLASS, "a = 1", "a = 2"),
     (CLASS, "self.a + ", "self.a - "), (ENUM, "B = 2", "B = 3"), (CLOSURE, "outer(2)", "outer(3)")],
)  # fmt: skip
def test_another_meaning(tmp_path, text, old, new):
    """A body, a global that it uses, a default, an attribute, what it closes over."""
    assert seen(tmp_path, text) != seen(tmp_path, text.replace(old, new))


def test_sets_have_no_order(tmp_path):
    """Each process puts its texts in another one."""
    texts = ["thing = {'a', 'b', 'c', 'd', ('e', 1)}", "thing = {('e', 1), 'd', 'c', 'b', 'a'}"]
    assert seen(tmp_path, texts[0]) == seen(tmp_path, texts[1])
    assert digest({1, 2}, tmp_path) != digest({1, 3}, tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), ("1", 1), (b"a", "a"), ([1], (1,)), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({}, set()),
     ([[1], [1]], [[1]] * 2), (frozenset({1}), {1}), (None, False), (True, False), (bytearray(b"a"), b"a"),
     ([1, [2]], [[1], 2])],
)  # fmt: skip
def test_what_differs_differs(tmp_path, one, other):
    """Types, order where there is one, and whether two parts are one and the same that can change."""
    assert digest(one, tmp_path) != digest(other, tmp_path)


@pytest.mark.parametrize(
    "value",
    [np.arange(5), np.arange(50_000), pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), {"a": [1, (2, None)]}, range(3),
     enum, len, "x" * 3_000_000, list(range(400_000))],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_the_same_is_the_same(tmp_path, value):
    """Small and big ones, those with buffers beside them, modules, builtins; also what counts by its bytes."""
    assert digest(value, tmp_path) == digest(value, tmp_path)


def test_a_buffer_counts(tmp_path):
    """An array's numbers are beside the pickle."""
    one = np.zeros(50_000)
    other = one.copy()
    other[49_999] = 1
    assert digest(one, tmp_path) != digest(other, tmp_path)


def test_its_modules_are_named(tmp_path):
    """Of modules by name, and of what their classes have made."""
    values = Values(tmp_path)
    modules = content(values.stored(values.dump([np, pd.Timestamp(0)], "x"))).modules
    assert "numpy" in modules
    assert any(name.startswith("pandas") for name in modules)


def test_nothing_is_run(tmp_path):
    """A pickle that would write a file when it is loaded."""

    class Bomb:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'boom')!r}, 'w')",)

    found = content(Stored(memoryview(pickle.dumps(Bomb(), 5)), ()))
    assert "builtins" in found.modules
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("data", [b"", b"junk", b"\x80\x05.", b"\x80\x05}}}s.", pickle.dumps([1])[:-4]])
def test_what_is_odd_counts_by_its_bytes(data):
    """Damaged or hostile: a digest all the same."""
    assert content(Stored(memoryview(data), ())).digest == content(Stored(memoryview(data), ())).digest


def test_nested_deeply():
    """Deeper than can be followed."""
    deep = b"\x80\x05" + b"](" * 5000 + b"e" * 5000 + b"."
    assert content(Stored(memoryview(deep), ())).digest


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner) | st.sets(st.text()),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, VALUES)
def test_values_of_all_kinds(tmp_path, one, other):
    """A copy is the same, and what is not equal is not."""
    assert digest(one, tmp_path) == digest(copy.deepcopy(one), tmp_path)
    assert one == other or digest(one, tmp_path) != digest(other, tmp_path)
