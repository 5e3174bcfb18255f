"""Whether a value still is what was stored."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbflow.engine.pages import untouched
from nbflow.engine.values import Values
from nbflow.errors import StoreError


@pytest.fixture
def values(tmp_path: Path) -> Values:
    return Values(tmp_path)


class Point:
    """Something with attributes."""

    def __init__(self) -> None:
        self.x = [1]


def shared() -> list[Any]:
    """Two arrays of one memory."""
    whole = np.arange(50_000)
    return [whole, whole[100:]]


MADE: dict[str, Callable[[], Any]] = {
    "a list": lambda: [1, [2]],
    "a big list": lambda: list(range(300_000)),
    "a dict": lambda: {"a": 1, "b": [2]},
    "an instance": Point,
    "an array": lambda: np.arange(1_000_000.0),
    "a small array": lambda: np.arange(10),
    "an array with gaps": lambda: np.arange(1_000_000.0)[::7],
    "an array in Fortran's order": lambda: np.asfortranarray(np.ones((1000, 300))),
    "a table": lambda: pd.DataFrame({"n": range(100_000), "s": ["x", "yy"] * 50_000}),
    "arrays that share memory": shared,
    "a set": lambda: {f"word {i}" for i in range(500)},
    "an array of objects": lambda: np.array([[1], {"a": 2}], dtype=object),
    "bytes": lambda: b"x" * 3_000_000,
}

CHANGES: dict[str, Callable[[Any], Any]] = {
    "a list": lambda v: v[1].append(3),
    "a big list": lambda v: v.__setitem__(299_999, 0),
    "a dict": lambda v: v.update(c=3),
    "an instance": lambda v: v.x.append(2),
    "an array": lambda v: v.__setitem__(999_999, -1),
    "a small array": lambda v: v.__setitem__(3, -1),
    "an array with gaps": lambda v: v.__setitem__(100_000, -1),
    "an array in Fortran's order": lambda v: v.__setitem__((999, 299), -1),
    "a table": lambda v: v.insert(2, "new", 0),
    "arrays that share memory": lambda v: v.__setitem__(1, v[1].copy()),
    "a set": lambda v: v.remove("word 7"),
    "an array of objects": lambda v: v[0].append(2),
}


@pytest.mark.parametrize("what", MADE)
def test_what_has_not_changed_is_the_same(values: Values, what: str) -> None:
    """The value itself, and what was loaded of it."""
    value = MADE[what]()
    ref = values.dump(value)
    assert values.same(ref, value)
    assert values.same(ref, values.load(ref))


@pytest.mark.parametrize("loaded", [False, True], ids=["itself", "loaded"])
@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_not(values: Values, what: str, loaded: bool) -> None:
    """By as little as it may be, in the value itself or in what was loaded of it."""
    value = MADE[what]()
    ref = values.dump(value)
    value = values.load(ref) if loaded else value
    CHANGES[what](value)
    assert not values.same(ref, value)


def test_another_type_or_shape_is_not_the_same(values: Values) -> None:
    """Though the bytes are."""
    ref = values.dump(np.zeros(100_000))
    assert not values.same(ref, np.zeros((10, 10_000)))
    assert not values.same(ref, np.zeros(100_000, "i8"))
    assert not values.same(values.dump([1]), (1,))
    assert not values.same(values.dump(1), True)


def test_a_set_of_another_process_is_the_same(values: Values) -> None:
    """Its order is another there."""
    text = f"""
from nbflow.engine.values import Values
import msgspec, sys
ref = Values({str(values.folder.parent)!r}).dump({{f"word {{i}}" for i in range(100)}})
sys.stdout.buffer.write(msgspec.msgpack.encode(ref))
"""
    import msgspec

    from nbflow.core.spec import ValueRef

    told = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True).stdout
    ref = msgspec.msgpack.decode(told, type=ValueRef)
    value = values.load(ref)
    assert values.same(ref, value)
    value.add("more")
    assert not values.same(ref, value)


def test_what_cannot_be_pickled_any_more_has_changed(values: Values) -> None:
    """And so has what is not there to be compared with."""
    value: list[Any] = [1]
    ref = values.dump(value)
    value.append(threading.Lock())
    assert not values.same(ref, value)
    big = values.dump(np.zeros(100_000))
    values.path(big).unlink()
    assert not values.same(big, np.zeros(100_000))
    with pytest.raises(StoreError):
        values.load(big)


@pytest.mark.skipif(sys.platform != "linux", reason="the system's tables of pages are Linux's")
def test_a_map_that_nobody_wrote_to_is_known_without_reading_it(values: Values) -> None:
    """Reading it does not count, writing what was there already does."""
    ref = values.dump(np.arange(1_000_000.0))
    array = values.load(ref)
    address, size = array.__array_interface__["data"][0], array.nbytes
    stored = values.path(ref)
    offset = stored.stat().st_size - size - 16  # the table of places stands behind
    assert untouched(address, size, stored, offset)
    assert array.sum() > 0
    assert untouched(address, size, stored, offset)
    assert not untouched(address, size, stored, offset - 4096)
    assert not untouched(address, size, stored.with_name("other"), offset)
    array[500_000] = 500_000
    assert not untouched(address, size, stored, offset)
    assert values.same(ref, array)
    own = np.arange(1_000_000.0)
    assert not untouched(own.__array_interface__["data"][0], size, stored, offset)
