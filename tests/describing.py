"""What a variable is, as plain data that two processes can compare: values exactly, models by what they predict.

>>> describe({"a": [1, 2.5]})
('dict', (('a', ('list', (1, ('float', '2.5')))),))
"""

from __future__ import annotations

import dis
import enum
import functools
import hashlib
import pickle
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

LONG = 64
"""Sequences with more items are told by their number, their ends and a digest."""
_MACHINERY = frozenset(
    [
        "__weakref__",
        "__dict__",
        "__doc__",
        "_abc_impl",
        "__abstractmethods__",
        "__module__",
        "__slots__",
        "__slotnames__",
        "__firstlineno__",
        "__static_attributes__",
        "__annotations__",
        "__dataclass_params__",
        "__dataclass_fields__",
    ]
)
"""Of a class, and different from process to process."""


def describe(value: Any) -> Any:
    """Equal for values that nobody can tell apart, but by ``is``."""
    return _Describing().of(value)


def save(variables: Mapping[str, Any], path: str) -> None:
    """Leave the descriptions of *variables* in a file, each by itself."""
    Path(path).write_bytes(pickle.dumps({name: describe(value) for name, value in variables.items()}))


def differences(found: Any, expected: Any, where: str = "") -> Iterator[str]:
    """Where two descriptions differ, in words, the innermost places only."""
    if found == expected:
        return
    if isinstance(found, tuple) and isinstance(expected, tuple) and len(found) == len(expected):
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from differences(one, other, f"{where}.{place}")
    else:
        yield f"{where}: {_short(found)} instead of {_short(expected)}"


def _short(described: Any) -> str:
    text = repr(described)
    return text if len(text) < 160 else f"{text[:120]} … ({len(text)} characters)"


class _Describing:
    """Describes one variable; what holds itself is told by how deep it was met."""

    def __init__(self) -> None:
        self.within: list[int] = []

    def of(self, value: Any) -> Any:
        if value is None or type(value) in (bool, int, str, bytes):
            return value
        if id(value) in self.within:
            return ("again", self.within.index(id(value)))
        self.within.append(id(value))
        try:
            return self._of(value)
        finally:
            self.within.pop()

    def _of(self, value: Any) -> Any:
        kind = type(value)
        for test, told in KINDS:
            if test(value):
                return (_name(kind), *told(self, value))
        return (_name(kind), *self.state(value))

    def all(self, values: Any) -> tuple[Any, ...]:
        return _shortened(tuple(self.of(each) for each in values))

    def items(self, mapping: Mapping[Any, Any]) -> tuple[Any, ...]:
        return _shortened(tuple((self.of(key), self.of(value)) for key, value in mapping.items()))

    def state(self, value: Any) -> tuple[Any, ...]:
        """An object by its attributes; one without any by its repr, without addresses."""
        slots = [name for kind in type(value).__mro__ for name in _slots(kind)]
        held = {name: getattr(value, name) for name in slots if hasattr(value, name)}
        if held := held | dict(getattr(value, "__dict__", {})):
            return (self.items(dict(sorted(held.items()))),)
        return (_repr(value),)

    def function(self, value: FunctionType) -> tuple[Any, ...]:
        cells = tuple(_content(cell) for cell in value.__closure__ or ())
        own = {name: each for name, each in vars(value).items() if name != "__wrapped__"}
        return value.__qualname__, _code(value.__code__), self.of(value.__defaults__), self.all(cells), self.items(own)

    def kind(self, value: type) -> tuple[Any, ...]:
        if value.__module__ != "__main__":
            return value.__module__, value.__qualname__
        held = {name: each for name, each in vars(value).items() if name not in _MACHINERY}
        bases = tuple(base.__qualname__ for base in value.__mro__)
        return value.__qualname__, bases, self.items(dict(sorted(held.items())))

    def array(self, value: Any) -> tuple[Any, ...]:
        if value.dtype.hasobject:
            return value.shape, self.all(value.ravel().tolist())
        return str(value.dtype), value.shape, _digest(value.tobytes()), repr(value.ravel()[:3].tolist())

    def masked(self, value: Any) -> tuple[Any, ...]:
        return self.array(value.filled()), self.array(value.mask)

    def frame(self, value: Any) -> tuple[Any, ...]:
        columns = tuple(self.series(value.iloc[:, place]) for place in range(value.shape[1]))
        return self.index(value.columns), self.index(value.index), columns

    def series(self, value: Any) -> tuple[Any, ...]:
        return str(value.dtype), self.of(value.name), self.index(value.index), self.all(value.tolist())

    def index(self, value: Any) -> tuple[Any, ...]:
        return type(value).__name__, self.all(value.names), self.all(value.tolist()), str(getattr(value, "freq", None))

    def model(self, value: Any) -> tuple[Any, ...]:
        """What it does with two hundred rows of numbers."""
        import numpy as np

        wide = getattr(value, "n_features_in_", None)
        told = [_repr(value)]
        rows = np.random.RandomState(0).rand(200, wide or 1) * 16
        for ask in ("predict", "predict_proba", "transform"):
            if wide and hasattr(value, ask):
                told.append(self.of(np.asarray(getattr(value, ask)(rows)).round(9)))
        return tuple(told)

    def graph(self, value: Any) -> tuple[Any, ...]:
        return self.of(dict(value.nodes(data=True))), self.of(list(value.edges(data=True))), self.of(value.graph)

    def figure(self, value: Any) -> tuple[Any, ...]:
        return (tuple(value.get_size_inches().tolist()), tuple(self.axes(axes) for axes in value.axes))

    def axes(self, value: Any) -> tuple[Any, ...]:
        lines = [self.array(line.get_xydata().round(9)) for line in value.lines]
        images = [self.array(image.get_array()) for image in value.images]
        texts = [value.get_title(), value.get_xlabel(), value.get_ylabel(), *(text.get_text() for text in value.texts)]
        return value.name, tuple(texts), tuple(lines), tuple(images), len(value.patches), len(value.collections)


def _is(*names: str) -> Callable[[Any], bool]:
    """Whether a value is of one of these classes (``module.name``), by name: nothing is imported for it."""
    return lambda value: any(f"{_package(kind)}.{kind.__name__}" in names for kind in type(value).__mro__)


def _of(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


Told = Callable[[_Describing, Any], tuple[Any, ...]]
KINDS: list[tuple[Callable[[Any], bool], Told]] = [
    (_of(enum.Enum), lambda me, v: (v.name,)),
    (_is("numpy.generic"), lambda me, v: me.array(v)),
    (_of(float, complex), lambda me, v: (repr(v),)),
    (_of(int, str, bytes, bytearray), lambda me, v: (repr(v),)),
    (_of(ModuleType), lambda me, v: (v.__name__,)),
    (_of(FunctionType), _Describing.function),
    (_of(type), _Describing.kind),
    (_of(BuiltinFunctionType), lambda me, v: (v.__qualname__,)),
    (_of(MethodType), lambda me, v: (me.of(v.__self__), me.of(v.__func__))),
    (_of(functools.partial), lambda me, v: (me.of(v.func), me.of(v.args), me.items(v.keywords))),
    (_of(functools._lru_cache_wrapper), lambda me, v: (me.of(v.__wrapped__),)),
    (_of(property), lambda me, v: (me.all((v.fget, v.fset, v.fdel)),)),
    (_of(staticmethod, classmethod), lambda me, v: (me.of(v.__func__),)),
    (_of(re.Pattern), lambda me, v: (v.pattern, v.flags)),
    (_of(random.Random), lambda me, v: (_digest(repr(v.getstate()).encode()),)),
    (_is("pandas.DataFrame"), _Describing.frame),
    (_is("pandas.Series"), _Describing.series),
    (_is("pandas.Index"), _Describing.index),
    (_is("numpy.MaskedArray"), _Describing.masked),
    (_is("numpy.ndarray"), _Describing.array),
    (_is("numpy.RandomState"), lambda me, v: ()),
    (_is("numpy.Generator"), lambda me, v: (me.of(v.bit_generator.state),)),
    (_is("numpy.ABCPolyBase"), lambda me, v: (me.array(v.coef), me.array(v.domain), me.array(v.window))),
    (_is("scipy.sparray", "scipy.spmatrix", "scipy._spbase"), lambda me, v: (me.array(v.toarray()),)),
    (_is("sklearn.BaseEstimator"), _Describing.model),
    (_is("networkx.Graph"), _Describing.graph),
    (_is("matplotlib.Figure"), _Describing.figure),
    (_is("matplotlib.Axes"), _Describing.axes),
    (_is("matplotlib.Artist"), lambda me, v: (v.get_visible(),)),
    (lambda v: hasattr(type(v), "_fields") and isinstance(v, tuple), lambda me, v: (me.all(v),)),
    (_of(set, frozenset), lambda me, v: (tuple(sorted(map(repr, map(me.of, v)))),)),
    (_is("sklearn.Bunch"), lambda me, v: (me.items(v),)),  # its pickle is that of a dict
    (_of(dict), lambda me, v: (me.items(v), *(me.state(v) if getattr(v, "__dict__", None) else ()))),
    (_of(list, tuple), lambda me, v: (me.all(v),)),
    (lambda v: _name(type(v)) == "deque", lambda me, v: (me.all(v), v.maxlen)),
    (lambda v: type(v).__module__ in ("datetime", "decimal", "fractions", "zoneinfo"), lambda me, v: (repr(v),)),
    (lambda v: type(v).__module__.startswith("pandas."), lambda me, v: (repr(v),)),
    (_of(Iterator, WeakKeyDictionary), lambda me, v: ()),
]
"""The first that holds for a value tells what it is."""


def _name(kind: type) -> str:
    return kind.__qualname__


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def _code(code: CodeType) -> tuple[Any, ...]:
    """What the function does, wherever it was written."""
    constants = tuple(_code(each) if isinstance(each, CodeType) else _constant(each) for each in code.co_consts)
    steps = [(step.opname, "" if step.opname == "LOAD_CONST" else step.argrepr) for step in dis.get_instructions(code)]
    return code.co_name, code.co_varnames, constants, _digest(repr(steps).encode())


def _constant(value: Any) -> str:
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)


def _repr(value: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _shortened(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(items) <= LONG:
        return items
    return ("long", len(items), items[:3], items[-1], _digest(repr(items).encode()))


if __name__ == "__main__":
    one, other = (pickle.loads(Path(path).read_bytes()) for path in sys.argv[1:3])
    for name in sorted(one.keys() | other.keys()):
        for line in differences(one.get(name, "missing"), other.get(name, "missing"), name):
            print(line)
