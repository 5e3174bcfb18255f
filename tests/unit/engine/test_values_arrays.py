"""Arrays keep elements, layout, class and what they share, are stored once, and are mapped when they are big."""

from __future__ import annotations

import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nbflow.engine.values import BUFFER_LIMIT, Values

BIG = 30_000
BASE = np.arange(2 * BIG, dtype=float)
DATES = np.datetime64("2026-01-01", "s") + np.arange(BIG)
ROWS = np.zeros(BIG, dtype=[("n", "i4"), ("s", "S5"), ("xy", "f8", (2,)), ("t", "M8[D]")])
ROWS["n"], ROWS["s"], ROWS["xy"] = np.arange(BIG), b"abc", 1.5


@pytest.fixture
def values(tmp_path):
    return Values(tmp_path)


def back(values, value):
    return values.load(values.dump(value))


def mapped(array):
    """Whether the array's memory is a map, directly or by way of another array."""
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(getattr(array, "obj", array), mmap.mmap)


@pytest.mark.parametrize("size", [1, BIG], ids=["small", "big"])
@pytest.mark.parametrize(
    "make",
    [
        lambda n: np.arange(n),
        lambda n: np.arange(2 * n)[::2],
        lambda n: np.arange(n)[::-1],
        lambda n: np.asfortranarray(np.arange(3 * n).reshape(3, n)),
        lambda n: np.arange(6 * n).reshape(2, 3, n).transpose(1, 2, 0),
        lambda n: np.arange(6 * n).reshape(n, 6)[:, 1:4],
        lambda n: np.arange(24 * n).reshape(2, 3, 4, n)[1, ::-2, ::3, :],
        lambda n: np.broadcast_to(np.arange(n), (4, n)),
        lambda n: (np.datetime64("2026-01-01", "s") + np.arange(n))[::-1],
        lambda n: np.arange(n).astype("m8[h]"),
        lambda n: np.arange(n).astype("U12"),
        lambda n: ROWS[:n],
        lambda n: ROWS["xy"][:n],
        lambda n: np.arange(n) > 3,
        lambda n: np.arange(n).astype("c16") * 1j,
        lambda n: np.arange(n).astype(">i2"),
        lambda n: np.array([{"a": i} for i in range(n)]),
        lambda n: np.array([None, "x", 2] * n)[::3],
        lambda n: np.array(["a", "longer"] * n, dtype=np.dtypes.StringDType()),
    ],
)
def test_arrays_of_every_kind_come_back(values, make, size):
    """Elements, shape, type of elements, and whether they may be written, are those of the array stored."""
    array = make(size)
    found = back(values, array)
    assert (type(found), found.dtype, found.shape) == (type(array), array.dtype, array.shape)
    assert found.flags.writeable == array.flags.writeable
    np.testing.assert_array_equal(found, array)


@given(st.data())
def test_any_view_of_any_array_comes_back(tmp_path_factory, data):
    """Whatever slice of whatever array, in whatever order of axes."""
    array = data.draw(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(max_dims=4, max_side=6)))
    view = array[data.draw(hnp.basic_indices(array.shape, allow_ellipsis=False))]
    if isinstance(view, np.ndarray):
        view = view.transpose(data.draw(st.permutations(range(view.ndim))))
    values = Values(tmp_path_factory.getbasetemp() / "any")
    one, two = back(values, [view, array])
    np.testing.assert_array_equal(one, view)
    np.testing.assert_array_equal(two, array)
    np.testing.assert_array_equal(back(values, view), view)


@pytest.mark.parametrize(
    "array",
    [BASE, BASE[::2], BASE[::-1], DATES, ROWS, np.asfortranarray(BASE.reshape(3, -1))],
    ids=["plain", "gaps", "backwards", "dates", "structured", "Fortran"],
)
def test_big_arrays_are_mapped_and_can_be_changed(values, array):
    """No array of plain elements is copied to be read; it can be written, and nobody else sees that."""
    ref = values.dump(array)
    found = values.load(ref)
    assert mapped(found)
    found[...] = found[0]
    np.testing.assert_array_equal(values.load(ref), array)


def test_gaps_are_not_stored(values):
    """A column of a wide table takes the place of a column."""
    assert values.dump(np.zeros((BIG, 50))[:, 7]).size < BIG * 8 + 2000


def test_repeated_elements_are_stored_once(values):
    """An array that repeats one row a thousand times is as big as the row."""
    assert values.dump(np.broadcast_to(np.zeros(BIG), (1000, BIG))).size < BIG * 8 + 2000


@pytest.mark.parametrize("count", [10, BIG], ids=["small", "big"])
@pytest.mark.parametrize("first", ["view", "owner"])
def test_arrays_that_share_memory_keep_sharing(values, count, first):
    """Writing into one is seen in the other, as before, whichever comes first, and the memory is stored once."""
    owner = np.zeros(count)
    pair = {"owner": owner, "view": owner[2:8:2]}
    ref = values.dump(pair if first == "owner" else dict(reversed(pair.items())))
    found = values.load(ref)
    found["view"][1] = 5
    assert (found["owner"][4], found["owner"].sum()) == (5, 5)
    assert ref.size < count * 8 + 1000


def test_two_views_share_without_the_whole(values):
    """Two overlapping windows on a big array share what they have in common; the rest of it is not stored."""
    big = np.zeros(1_000_000)
    ref = values.dump([big[100:300], big[200:400]])
    one, two = values.load(ref)
    one[150] = 7
    assert (two[50], ref.size < 4000) == (7, True)


def test_views_of_objects_keep_sharing(values):
    """Arrays of Python objects, too."""
    owner = np.array([[1], "b", None, 4], dtype=object)
    found, view = back(values, (owner, owner[1:].reshape(3, 1)))
    view[0, 0] = "new"
    assert found[1] == "new"


def test_an_array_that_stands_twice_is_one(values):
    """Identity within a value is kept."""
    array = np.zeros(BIG)
    one, two = back(values, [array, array])
    assert one is two


def test_a_small_array_owns_its_memory(values):
    """So it can be resized in place, as before."""
    found = back(values, np.arange(3))
    found.resize(5)
    assert found.tolist() == [0, 1, 2, 0, 0]


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("count", [6, BIG])
def test_masked_arrays_come_back(values, count, mask):
    """Data, mask, fill value and hardness; big ones are mapped."""
    array = np.ma.masked_array(np.arange(count, dtype=float), np.arange(count) % 3 == 0 if mask else np.ma.nomask)
    array.fill_value = -1
    array.harden_mask()
    found = back(values, array)
    assert type(found) is np.ma.MaskedArray
    assert (found.fill_value, found.hardmask, found.mask is np.ma.nomask) == (-1, True, not mask)
    np.testing.assert_array_equal(found.filled(), array.filled())
    assert found.sum() == array.sum()
    assert count < BIG or mapped(found)


@pytest.mark.parametrize("kind", [np.recarray, np.matrix])
def test_subclasses_keep_their_class(values, kind):
    """Record arrays and matrices are mapped as others are."""
    array = ROWS.view(np.recarray) if kind is np.recarray else BASE.reshape(2, -1).view(np.matrix)
    found = back(values, array)
    assert (type(found), found.dtype, mapped(found)) == (kind, array.dtype, True)
    np.testing.assert_array_equal(found, array)


def test_a_memory_map_that_is_read_travels_by_its_elements(values, tmp_path):
    """What the file held then is what a reader gets, whatever becomes of the file."""
    np.arange(BIG, dtype=float).tofile(tmp_path / "data")
    array = np.memmap(tmp_path / "data", dtype=float, mode="r")[10:]
    ref = values.dump(array)
    (tmp_path / "data").unlink()
    found = values.load(ref)
    assert type(found) is np.memmap
    np.testing.assert_array_equal(found, np.arange(10, BIG))


def test_a_memory_map_that_is_written_stays_a_window_on_its_file(values, tmp_path):
    """Who writes into it writes into the file, as without jobs."""
    array = np.memmap(tmp_path / "data", dtype="i4", mode="w+", shape=(100, 7), offset=12)
    array[:] = np.arange(700).reshape(100, 7)
    found = back(values, array[3:50, ::-2])
    np.testing.assert_array_equal(found, array[3:50, ::-2])
    found[0, 0] = -5
    found.flush()
    assert np.memmap(tmp_path / "data", dtype="i4", mode="r", offset=12, shape=(100, 7))[3, 6] == -5


@pytest.mark.parametrize("count", [0, 1, BUFFER_LIMIT // 8 - 1, BUFFER_LIMIT // 8])
def test_the_same_array_is_stored_as_the_same_bytes(values, count):
    """Reuse asks whether two values are the same: their digests are."""
    one, two = values.dump([np.arange(count)[::-1]]), values.dump([np.arange(count)[::-1]])
    assert one.digest == two.digest != ""


def test_many_small_arrays_take_one_file_and_no_map(values):
    """A hundred thousand of them load without a file each, and do not keep the store's file mapped."""
    arrays = back(values, [np.full(3, i) for i in range(20_000)])
    assert arrays[7].tolist() == [7, 7, 7]
    assert not mapped(arrays[7])
