"""Values survive the way into the store and back, quickly, and say what is wrong where they cannot."""

from __future__ import annotations

import gc
import pickle
import threading
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from nbflow.engine.values import BUFFER_LIMIT, INLINE_LIMIT, MAPS, Values
from nbflow.errors import StoreError, ValueNotStorable

lock = threading.Lock()
BAD = (lambda lock: lambda: lock)(lock)


@pytest.fixture
def values(tmp_path):
    return Values(tmp_path)


def files(values):
    return sorted(path.name for path in values.folder.iterdir()) if values.folder.exists() else []


@pytest.mark.parametrize(
    "value",
    [None, 0, "text", b"\0" * 10, [1, [2]], {"a": (1, 2)}, "x" * 200_000, b"x" * 3_000_000, bytearray(100_000)],
    ids=lambda value: type(value).__name__,
)
def test_plain_values_come_back(values, value):
    """What was stored is what is loaded, at any size."""
    assert values.load(values.dump(value)) == value


def test_small_value_makes_no_file(values):
    """A value up to the limit travels in its reference."""
    ref = values.dump(b"x" * (INLINE_LIMIT - 100))
    assert ref.file is None
    assert files(values) == []


def test_big_value_is_one_file(values):
    """A bigger one is a single file, complete under its final name."""
    ref = values.dump(np.arange(100_000))
    assert ref.inline is None
    assert files(values) == [ref.file]
    assert (values.folder / ref.file).stat().st_size == ref.size


@pytest.mark.parametrize("count", [BUFFER_LIMIT // 8 - 1, BUFFER_LIMIT // 8, BUFFER_LIMIT // 8 + 1])
def test_array_around_the_buffer_limit(values, count):
    """Arrays come back whether their numbers are inside the pickle or beside it."""
    array = np.arange(count, dtype=float)
    np.testing.assert_array_equal(values.load(values.dump(array)), array)


def test_loaded_array_is_mapped_aligned_and_private(values):
    """Changing a loaded array changes nothing for the next reader, and its data starts at a multiple of 64."""
    ref = values.dump([np.zeros(50_001), np.zeros(20_003, dtype="f4")])
    first = values.load(ref)
    first[0] += 1
    second = values.load(ref)
    assert second[0].sum() == 0
    assert all(array.ctypes.data % 64 == 0 for array in second)
    assert all(array.flags.writeable for array in second)


def test_read_only_array_stays_read_only(values):
    """An array that could not be written before cannot be written after."""
    array = np.zeros(50_000)
    array.flags.writeable = False
    assert not values.load(values.dump(array)).flags.writeable


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_layout_is_kept(values, order):
    """Fortran order stays Fortran order; strided views come back equal."""
    array = np.asarray(np.random.default_rng(1).random((300, 301)), order=order)
    loaded = values.load(values.dump(array))
    assert loaded.flags[f"{order}_CONTIGUOUS"]
    np.testing.assert_array_equal(values.load(values.dump(array[::2, ::3])), array[::2, ::3])


def test_table_comes_back(values):
    """A DataFrame of numbers, text and dates is equal to the one stored, and can be changed."""
    frame = pd.DataFrame({"n": np.arange(30_000.0), "t": [f"row {i}" for i in range(30_000)]})
    frame["d"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame.n, unit="h")
    loaded = values.load(values.dump(frame))
    pd.testing.assert_frame_equal(loaded, frame)
    loaded.loc[0, "n"] = 7.0
    assert loaded.n[0] == 7


def test_file_may_go_while_mapped(values):
    """A loaded array lives on when its file is removed."""
    ref = values.dump(np.ones(100_000))
    loaded = values.load(ref)
    (values.folder / ref.file).unlink()
    assert loaded.sum() == 100_000


@pytest.mark.parametrize(
    ("value", "type_", "shape"),
    [
        (np.zeros((3, 4)), "ndarray", "3 × 4"),
        (pd.DataFrame({"a": [1, 2]}), "DataFrame", "2 × 1"),
        ([1], "list", "1 item"),
        ({1, 2}, "set", "2 items"),
        (3.5, "float", ""),
        (np.float64(1), "float64", ""),
    ],
)
def test_reference_tells_people_type_and_extent(values, value, type_, shape):
    """A reference says what it stands for in two short texts."""
    ref = values.dump(value)
    assert (ref.type, ref.shape) == (type_, shape)


class Fussy:
    @property
    def shape(self):
        raise RuntimeError("no")


def test_extent_is_not_worth_an_error(values):
    """An object whose shape cannot be asked for is stored all the same."""
    assert values.dump(Fussy()).shape == ""


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (threading.Lock(), "cannot pickle '_thread.lock' object"),
        ({"a": [0, threading.Lock()]}, "['a'][1] (lock): cannot pickle '_thread.lock' object"),
        ((i for i in range(3)), "cannot pickle 'generator' object"),
        ({"f": BAD}, "['f'] uses lock (lock): cannot pickle '_thread.lock' object"),
    ],
    ids=["lock", "nested", "generator", "function"],
)
def test_error_names_variable_type_and_cause(values, value, cause):
    """What cannot be stored is named: the variable, its type, and the part of it that is to blame."""
    with pytest.raises(ValueNotStorable) as caught:
        values.dump(value, name="client")
    assert (caught.value.name, caught.value.kind, caught.value.cause) == ("client", type(value).__name__, cause)


def test_open_file_is_refused(values, tmp_path):
    """An open file is an error, not quietly a copy of its text."""
    with (tmp_path / "notes.txt").open("w") as file, pytest.raises(ValueNotStorable, match=r"an open file.*notes\.txt"):
        values.dump({"log": file}, name="log")


def test_deep_nesting_is_an_error(values):
    """A list nested beyond Python's stack says so."""
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueNotStorable, match="nested too deeply"):
        values.dump(deep, name="deep")


def test_failure_leaves_no_file(values):
    """A value that fails half-way leaves nothing in the store."""
    with pytest.raises(ValueNotStorable):
        values.dump(["x" * 1_000_000, threading.Lock()], name="x")
    assert files(values) == []


@pytest.mark.parametrize("value", ["small", "x" * 100_000, np.zeros(100_000)], ids=["inline", "file", "buffers"])
def test_damage_is_found(values, value):
    """Bytes that changed or went missing are an error, never a wrong value."""
    ref = values.dump(value)
    if ref.inline is not None:
        broken = msgspec.structs.replace(ref, inline=ref.inline[:-3] + b"zz.")
    else:
        path = values.folder / ref.file
        path.write_bytes(path.read_bytes()[:-1])
        broken = ref
    with pytest.raises(StoreError, match="damaged"):
        values.load(broken)


def test_missing_file_is_an_error(values):
    """A value whose file is gone says which kind of value, and what to do."""
    ref = values.dump(np.zeros(100_000))
    (values.folder / ref.file).unlink()
    with pytest.raises(StoreError, match="ndarray is gone: run its job again"):
        values.load(ref)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/b", ""])
def test_hostile_file_name_is_refused(values, name):
    """A reference cannot lead out of the store."""
    with pytest.raises(StoreError, match="no stored value"):
        values.load(msgspec.structs.replace(values.dump(1), inline=None, file=name))


def test_collector_is_back_after_a_failing_load(values):
    """Loading pauses the garbage collector and always starts it again."""
    ref = values.dump(1)
    with pytest.raises(pickle.UnpicklingError):
        values.load(msgspec.structs.replace(ref, inline=b"\x80\x05junk", digest=""))
    assert gc.isenabled()


def test_many_big_values_leave_no_file_open(values):
    """A map of each would use up the files that a process may have open."""
    refs = [values.dump(np.full(10_000, n)) for n in range(MAPS + 1)]
    before = len(list(Path("/proc/self/fd").iterdir()))
    found = values.load_all(refs)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [array[0] for array in found] == list(range(MAPS + 1))
    found[3][0] += 1
    assert (found[3][0], found[3][-1], found[3].ctypes.data % 64) == (4, 3, 0)


def test_a_value_can_be_kept_out_of_its_reference(values):
    """What many references share is better stored once."""
    ref = values.dump("x" * 1000, inline=100)
    assert (ref.inline, values.load(ref)) == (None, "x" * 1000)
