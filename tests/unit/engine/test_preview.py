"""What a small stored value is, read without running any of it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from nbflow.core.spec import ValueRef
from nbflow.engine.preview import SIGNS, preview
from nbflow.engine.values import Values


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (5, "5"),
        ("text", "'text'"),
        (None, "None"),
        ((1,), "(1,)"),
        ([1, [2, {"a": (True, b"x")}]], "[1, [2, {'a': (True, b'x')}]]"),
        ([[[[[1]]]]], "[[[[…]]]]"),
        ({3}, "{3}"),
        (set(), "set()"),
        (np.float64(0.8231), "0.8231"),
        (np.int32(-7), "-7"),
        (np.float32(0.5), "0.5"),
    ],
)
def test_plain_values_are_told_as_python_writes_them(tmp_path, value, told):
    """Numbers of numpy, too."""
    assert preview(Values(tmp_path).dump(value)) == told


class Trap:
    def __reduce__(self):
        return print, ("loaded",)


@pytest.mark.parametrize("value", [Trap(), [1, Trap()], print, 1 + 2j, "x" * 10_000])
def test_what_is_not_plain_is_not_told(value):
    """Nothing of it is imported or called."""
    assert preview(ValueRef(inline=pickle.dumps(value, 5), type=type(value).__name__)) == ""


def test_what_is_no_pickle_is_not_told():
    """Bytes may be damaged."""
    assert [preview(ValueRef(inline=data, type="float64")) for data in (b"", b"\x80\x05]", b"nonsense")] == [""] * 3
    assert preview(ValueRef(file="big", type="int")) == ""


def test_a_long_text_is_cut():
    """A line in a table is short."""
    told = preview(ValueRef(inline=pickle.dumps("x" * 500, 5), type="str"))
    assert (len(told), told[-1]) == (SIGNS, "…")
