"""What notebooks are full of survives the way: frames, tables, matrices, models, figures, functions, classes."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import re
import types
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from nbflow.engine.values import Values

ROWS = 20_000


@pytest.fixture
def values(tmp_path):
    return Values(tmp_path)


def back(values, value):
    return values.load(values.dump(value, "value"))


# --- pandas
def texts():
    return [f"row {i}" if i % 7 else None for i in range(ROWS)]


def frame() -> pd.DataFrame:
    """One of everything."""
    made = pd.DataFrame({"n": np.arange(ROWS), "f": np.linspace(0, 1, ROWS), "b": np.arange(ROWS) % 2 == 0})
    made["text"] = texts()
    made["object"] = pd.Series([[i] for i in range(ROWS)], dtype=object)
    made["kind"] = pd.Categorical(
        np.array(["a", "b", "c"])[np.arange(ROWS) % 3], categories=["c", "b", "a"], ordered=True
    )
    made["at"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(ROWS), unit="min")
    made["there"] = made["at"].dt.tz_localize("Europe/Paris", ambiguous="NaT", nonexistent="NaT")
    made["whole"] = pd.array([1, None] * (ROWS // 2), dtype="Int64")
    made["month"] = made["at"].dt.to_period("M")
    made["span"] = pd.arrays.IntervalArray.from_breaks(np.arange(ROWS + 1.0))
    made["sparse"] = pd.arrays.SparseArray(np.where(np.arange(ROWS) % 100, 0.0, 1.0))
    return made


def test_a_mixed_frame_comes_back(values):
    """Values, types of columns, index and attributes; and it can be changed."""
    made = frame().set_index(["kind", "n"])
    made.attrs["from"] = "test"
    found = back(values, made)
    pd.testing.assert_frame_equal(found, made)
    assert found.attrs == {"from": "test"}
    found.loc[("c", 2), "f"] = 7.0
    found["new"] = found["f"] * 2
    assert found["new"].iloc[2] == 14


def test_numbers_of_a_frame_are_mapped(values):
    """A frame of numbers and dates is there without being read."""
    made = frame()[["n", "f", "at"]]
    found = back(values, made)
    assert all(not found[name].to_numpy().flags.owndata for name in found)
    pd.testing.assert_frame_equal(found, made)


@pytest.mark.parametrize("dtype", ["string[pyarrow]", "large_string[pyarrow]", "category"])
def test_text_in_arrow_is_mapped(values, dtype):
    """Arrow's text is beside the pickle, which stays small."""
    pytest.importorskip("pyarrow")
    import pyarrow as pa

    kind = pd.ArrowDtype(pa.large_string()) if dtype.startswith("large") else dtype
    column = pd.Series(texts(), dtype=kind)
    ref = values.dump(column)
    pd.testing.assert_series_equal(values.load(ref), column)
    if dtype != "category":
        assert values.stored(ref).pickle.nbytes < 4000


def test_a_group_of_frames_shares_what_it_shared(values):
    """A column that stands twice is stored once."""
    made = pd.DataFrame({"x": np.arange(100_000.0)})
    ref = values.dump({"frame": made, "column": made["x"], "again": made["x"].to_numpy()})
    assert ref.size < 100_000 * 8 * 1.2


def test_small_frames_and_series_come_back(values):
    """Empty ones, too, and indexes of every kind."""
    for made in (pd.DataFrame(), frame().head(3), pd.Series(dtype=float), frame().head(0)):
        (pd.testing.assert_frame_equal if isinstance(made, pd.DataFrame) else pd.testing.assert_series_equal)(
            back(values, made), made
        )
    for index in (
        pd.RangeIndex(5),
        pd.date_range("2026", periods=3, tz="UTC"),
        pd.MultiIndex.from_product([[1], ["a", "b"]]),
    ):
        pd.testing.assert_index_equal(back(values, index), index)


# --- Arrow
def test_arrow_tables_come_back(values):
    """All columns, chunks and nulls; beside the pickle."""
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"t": texts(), "n": range(ROWS), "l": [[i, None] for i in range(ROWS)]})
    table = pa.concat_tables([table, table])
    ref = values.dump({"t": table})
    assert values.load(ref)["t"].equals(table)
    assert values.stored(ref).pickle.nbytes < 50_000


def test_a_slice_of_an_arrow_table_is_as_small_as_it_looks(values):
    """Not as big as the table that it was taken from."""
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"t": [f"row {i}" for i in range(200_000)], "n": range(200_000)})
    part = table.slice(1000, 10)
    ref = values.dump(part)
    assert values.load(ref).equals(part)
    assert ref.size < 10_000


# --- numbers
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"])
def test_sparse_matrices_come_back(values, form):
    """In every form of scipy's."""
    made = sp.random_array((300, 400), density=0.1, random_state=1).asformat(form)
    found = back(values, made)
    assert (type(found), found.format, found.shape) == (type(made), form, made.shape)
    assert abs(found - made).sum() == 0


def test_random_generators_go_on_where_they_were(values):
    """numpy's, old and new, and Python's own."""
    import random

    for made in (np.random.default_rng(3), np.random.RandomState(3), random.Random(3)):
        made.random()
        found = back(values, made)
        assert found.random() == made.random()


def test_tensors_share_and_come_back(values):
    """Tensors on the CPU are mapped; a view of one still is one; a model keeps its parameters."""
    torch = pytest.importorskip("torch")
    made = torch.arange(100_000.0)
    ref = values.dump((made, made[10:20], made.reshape(100, -1).t()))
    whole, part, turned = values.load(ref)
    part[0] = -1
    assert (whole[10].item(), turned[10, 0].item()) == (-1, -1)
    assert ref.size < 100_000 * 4 + 4000
    net = torch.nn.Sequential(torch.nn.Linear(3, 200), torch.nn.ReLU(), torch.nn.Linear(200, 1))
    found, optimizer = back(values, (net, torch.optim.Adam(net.parameters())))
    assert torch.equal(found(torch.ones(3)), net(torch.ones(3)))
    assert optimizer.param_groups[0]["params"][0] is next(found.parameters())


# --- models
def test_models_predict_as_before(values):
    """scikit-learn's, of several kinds, and a pipeline."""
    pytest.importorskip("sklearn")
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    chance = np.random.default_rng(0)
    data = chance.normal(size=(120, 4))
    target = (data.sum(axis=1) > 0).astype(int)
    models = [
        RandomForestClassifier(n_estimators=5, random_state=0),
        GradientBoostingClassifier(n_estimators=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
        KNeighborsClassifier(),
        SVC(probability=False),
    ]
    for model in models:
        model.fit(data, target)
        np.testing.assert_array_equal(back(values, model).predict(data), model.predict(data))


# --- figures
def test_figures_come_back_and_can_be_drawn(values):
    """With axes, lines, labels and colours; those that pyplot no longer knows do not return to it."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2)
    axes[0].plot([1, 2, 3], label="line")
    axes[0].legend()
    image = axes[1].imshow(np.random.default_rng(0).random((20, 20)))
    figure.colorbar(image)
    figure.suptitle("both")
    plt.close(figure)
    found = back(values, figure)
    assert [line.get_label() for line in found.axes[0].lines] == ["line"]
    assert found.get_suptitle() == "both"
    found.canvas.draw()
    assert not plt.fignums() if hasattr(plt, "fignums") else not plt.get_fignums()


# --- Python
NOTEBOOK = """
import dataclasses, enum, abc, typing, collections, functools, contextlib
k = 10
def adder(n):
    total = 0
    def add(x):
        nonlocal total
        total += x * n + k
        return total
    def peek(): return total
    return add, peek
@dataclasses.dataclass(order=True, slots=True)
class Point:
    x: int
    y: list = dataclasses.field(default_factory=list)
    def __add__(self, other): return Point(self.x + other.x, [*self.y, *other.y])
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
class Shape(abc.ABC):
    count: typing.ClassVar[int] = 0
    @abc.abstractmethod
    def area(self): ...
    @classmethod
    def make(cls, *given): return cls(*given)
    @property
    def double(self): return 2 * self.area()
class Square(Shape):
    def __init__(self, side): super().__init__(); self.side = side; Shape.count += 1
    def area(self): return self.side ** 2
Pair = collections.namedtuple("Pair", "a b")
class Typed(typing.TypedDict): a: int
class Meta(type):
    def __call__(cls, *given): made = super().__call__(*given); made.tagged = True; return made
class Tagged(metaclass=Meta): pass
loop = []; loop.append(loop)
class Node:
    def __init__(self): self.me = self; self.children = [self]
"""


@pytest.fixture
def notebook():
    module = types.ModuleType("__main__")
    exec(NOTEBOOK, module.__dict__)
    return module.__dict__


def test_closures_share_their_variables(values, notebook):
    """Two functions over one variable go on sharing it."""
    add, peek = notebook["adder"](2)
    add(1)
    space = types.ModuleType("__main__").__dict__
    found_add, found_peek = values.load(values.dump((add, peek)), space)
    assert (found_add(5), found_peek()) == (32, 32)
    assert peek() == 12


def test_classes_of_a_notebook_and_their_objects(values, notebook):
    """Data classes, enumerations, abstract and meta classes, named tuples, and objects in a ring."""
    made = eval("(Point(1, [2]) + Point(3), Colour.RED, Square.make(3), Pair(1, 2), Tagged(), Node(), loop)", notebook)
    point, colour, square, pair, tagged, node, loop = back(values, made)
    assert (point.x, point.y, point < type(point)(9)) == (4, [2], True)
    assert (colour.name, colour is type(colour)(1)) == ("RED", True)
    assert (square.double, type(square).count) == (18, 1)
    assert (pair.a, pair._replace(a=5)) == (1, (5, 2))
    assert tagged.tagged
    assert node.me is node is node.children[0]
    assert loop[0] is loop


def test_a_class_is_the_same_class_in_every_value(values, notebook):
    """isinstance holds between values that were stored apart, as it must between jobs."""
    space = types.ModuleType("__main__").__dict__
    one = values.load(values.dump(notebook["Point"](1)), space)
    kind = values.load(values.dump(notebook["Point"]), space)
    assert isinstance(one, kind)


def test_common_python_values(values):
    """Numbers, dates, paths, patterns and collections, bit by bit."""
    Local = namedtuple("Local", "a")
    made = [
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")),
        pathlib.Path("a/b"),
        re.compile("a+", re.I),
        Counter("abca"),
        OrderedDict(a=1),
        defaultdict(list, a=[1]),
        deque([1, 2], maxlen=3),
        slice(1, 2),
        range(5),
        complex(1, 2),
        frozenset([1]),
        {1: {2: {3}}},
        types.SimpleNamespace(a=1),
        bytearray(b"x"),
        Ellipsis,
        NotImplemented,
        types.MappingProxyType({"a": 1}),
        int,
        len,
        "text".upper,
    ]
    assert back(values, made[:-1]) == made[:-1]
    assert back(values, made[-1])() == "TEXT"
    assert back(values, Local(1)) == (1,)
    assert back(values, defaultdict(lambda: 5))["x"] == 5


def test_views_of_bytes_stay_views(values):
    """Of the same elements and shape, and as writable as before."""
    made = [memoryview(b"abc"), memoryview(bytearray(b"abcd")).cast("H", (2, 1)), memoryview(b"abcdef")[::2]]
    found = back(values, made)
    assert found == made
    assert [(view.readonly, view.format, view.shape) for view in found[:2]] == [(True, "B", (3,)), (False, "H", (2, 1))]


def test_modules_in_objects_are_known_by_name(values):
    """An object that holds on to numpy holds on to the reader's numpy."""
    holder = types.SimpleNamespace(np=np, made=types.ModuleType("made"))
    holder.made.x = 5
    found = back(values, holder)
    assert found.np is np
    assert found.made.x == 5


@dataclasses.dataclass
class Plain:
    a: int


class Kind(enum.Enum):
    A = 1


def test_classes_of_modules_are_known_by_name(values):
    """Their objects are of the very class."""
    assert back(values, [Plain(1), Kind.A, Plain]) == [Plain(1), Kind.A, Plain]
