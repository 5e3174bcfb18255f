"""Pickling for values that cross processes: cloudpickle's reach, two behaviours of our own, and errors one can act on.

*Globals*: a function of a notebook lives in the notebook's namespace. Loaded with *namespace*, it gets that very dict
as its globals, so it sees what a cell assigns later; what it needs and the namespace lacks is filled in, and nothing
that is there is overwritten. *Open files*: cloudpickle would quietly make a copy of the text; here they are refused.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import sys
import time
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any, ClassVar, Protocol

import cloudpickle
from cloudpickle import cloudpickle as internals

from nbflow.engine import generators, wrappers
from nbflow.engine.beside import Beside
from nbflow.engine.blocks import Block, block_of
from nbflow.engine.imports import imported
from nbflow.engine.reducers import reducer

PROTOCOL = 5
BUFFER_LIMIT = 64 * 1024
"""Bytes from which a buffer is stored outside the pickle; arrays always are."""
SEARCH_SECONDS = 1.0
SEARCH_DEPTH = 8


class Sink(Protocol):
    """Where a pickle is written."""

    def write(self, data: Any, /) -> Any: ...


class Source(Protocol):
    """Where a pickle is read from: a binary file."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self) -> bytes: ...


Hole = Callable[[object], int | None]
"""Says of every object that is pickled whether it is left out, and then its number among the holes."""


Take = Callable[[Block], bool]
"""Is offered memory that a value has, and says whether it stores it elsewhere."""


def dump(value: object, sink: Sink, take: Take | None = None, hole: Hole | None = None) -> None:
    """Pickle *value* into *sink*; *take* is offered arrays and big buffers. Without it all is in the pickle."""
    if hole is None:
        _Pickler(sink, take).dump(value)
    else:
        _TemplatePickler(sink, take, hole).dump(value)


def load(source: Source, buffers: Iterable[Any], namespace: dict[str, Any] | None, parts: Sequence[object] = ()) -> Any:
    """The value that `dump` wrote, with *parts* in its holes."""
    return _Unpickler(source, buffers, namespace, parts).load()


def _file(file: io.TextIOWrapper) -> Any:
    if file in (sys.stdout, sys.stderr, sys.stdin):
        return internals._file_reduce(file)
    raise pickle.PicklingError(f"an open file, {getattr(file, 'name', 'nameless')!r}")


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    dispatch_table: ClassVar[Mapping[type, Any]] = ChainMap(
        {io.TextIOWrapper: _file} | wrappers.TABLE, internals.Pickler._dispatch_table, copyreg.dispatch_table
    )

    def __init__(self, sink: Sink, take: Take | None) -> None:
        beside = Beside()
        super().__init__(sink, PROTOCOL, buffer_callback=None if take is None else lambda found: not offer(found))
        self._beside, self._apart = beside, take is not None
        self._ways: dict[type, Callable[[Any], Any] | None] = {}

        def offer(buffer: pickle.PickleBuffer) -> bool:
            assert take is not None
            block, beside.block = beside.block, None
            block = block or _block(buffer)
            return block is not None and take(block)

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        try:
            way = self._ways[kind]
        except KeyError:
            way = self._ways[kind] = self._way(kind, value)
        return NotImplemented if way is None else way(value)

    def _way(self, kind: type, value: Any) -> Callable[[Any], Any] | None:
        """How values of *kind*, of which *value* is one, are reduced; None: as they have it themselves."""
        reduce, beside = reducer(kind) if self._apart else None, self._beside
        if reduce is not None:
            return lambda value: reduce(value, beside)
        if issubclass(kind, BaseException):
            return wrappers.exception
        if kind.__name__ in generators.KINDS:
            return _generator
        special: Callable[[Any], Any] = super().reducer_override
        if issubclass(kind, type | FunctionType) or special(value) is not NotImplemented:
            return special
        return None

    def _function_getnewargs(self, function: FunctionType) -> tuple[Any, ...]:
        """With the variables of its closure themselves: other functions may have them in common."""
        code, scope, name, defaults, _ = super()._function_getnewargs(function)
        return code, scope, name, defaults, function.__closure__


def _generator(value: Any) -> Any:
    """One that modules share is that of whoever loads it; another one is a value like others."""
    place = generators.place(value)
    return NotImplemented if place is None else (imported, place)


def _block(buffer: pickle.PickleBuffer) -> Block | None:
    """The block for a *buffer* that a class of somebody else's hands out, if it is big and in one piece."""
    try:
        view = buffer.raw()
    except BufferError:
        return None
    return block_of(view) if view.nbytes >= BUFFER_LIMIT else None


class _TemplatePickler(_Pickler):
    """Leaves holes. A class of its own: to be asked about every object takes its time."""

    def __init__(self, sink: Sink, take: Take | None, hole: Hole) -> None:
        super().__init__(sink, take)
        self._hole = hole

    def persistent_id(self, value: object) -> int | None:
        return self._hole(value)


class _Unpickler(pickle.Unpickler):
    def __init__(
        self, source: Source, buffers: Iterable[Any], namespace: dict[str, Any] | None, parts: Sequence[object]
    ) -> None:
        super().__init__(source, buffers=buffers)
        self._namespace, self._parts = namespace, parts

    def persistent_load(self, place: Any) -> Any:
        return self._parts[place]

    def find_class(self, module: str, name: str, /) -> Any:
        if self._namespace is not None and module == internals.__name__:
            if name == "_make_function":
                return self._make_function
            if name == "_function_setstate":
                return self._function_setstate
        return super().find_class(module, name)

    def _make_function(
        self, code: CodeType, scope: dict[str, Any], name: str | None, defaults: Any, closure: Any
    ) -> FunctionType:
        assert self._namespace is not None
        if scope.get("__name__") == "__main__":
            scope = self._namespace
        made: FunctionType = internals._make_function(code, scope, name, defaults, closure)
        return made

    def _function_setstate(self, function: FunctionType, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        if function.__globals__ is self._namespace:
            needed = state[1]["__globals__"]
            state[1]["__globals__"] = {key: value for key, value in needed.items() if key not in self._namespace}
        internals._function_setstate(function, state)


# --- saying what is wrong
def explain(value: object, error: BaseException) -> str:
    """Why *value* cannot be pickled, and where inside it the trouble sits; looks for at most a second.

    >>> import threading
    >>> explain({"a": [1, threading.Lock()]}, TypeError("?"))
    "['a'][1] (lock): cannot pickle '_thread.lock' object"
    """
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return "nested too deeply"
    path, until = "", time.monotonic() + SEARCH_SECONDS
    for _ in range(SEARCH_DEPTH):
        for step, part in _parts(value):
            failure = _failure(part, until)
            if failure is not None:
                path, value, error = path + step, part, failure
                break
        else:
            break
    text = next(iter(str(error).splitlines()), "") or type(error).__name__
    return f"{path} ({type(value).__name__}): {text}" if path else text


def _failure(value: object, until: float) -> Exception | None:
    """What pickling *value* raises; None if it works, or if there is no time left to try."""
    if time.monotonic() > until or isinstance(value, str | bytes | int | float):
        return None
    try:
        dump(value, _Nowhere(), lambda _: True)
    except Exception as error:
        return error
    return None


class _Nowhere:
    def write(self, _: Any) -> None:
        """Keep nothing."""


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """The parts of *value* that pickling it would meet, each with the text that leads to it."""
    match value:
        case dict():
            yield from ((f"[{key!r}]", item) for key, item in list(value.items()))
        case list() | tuple():
            yield from ((f"[{index}]", item) for index, item in enumerate(value))
        case set() | frozenset():
            yield from (("{…}", item) for item in list(value))
        case FunctionType():
            yield from _used(value)
        case type():
            return
        case _:
            yield from ((f".{key}", item) for key, item in list(getattr(value, "__dict__", {}).items()))


def _used(function: FunctionType) -> Iterator[tuple[str, object]]:
    names = internals._extract_code_globals(function.__code__)
    yield from ((f" uses {name}", function.__globals__[name]) for name in names if name in function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield f" uses {name}", cell.cell_contents


# --- for people
def shape(value: object) -> str:
    """How big *value* is, in a few words; empty if it has no extent.

    >>> shape([1, 2, 3]), shape({}), shape(5)
    ('3 items', '0 items', '')
    """
    if isinstance(value, list | tuple | set | frozenset | dict):
        return f"{len(value)} item{'s' if len(value) != 1 else ''}"
    if isinstance(value, type):
        return ""
    try:
        extent = getattr(value, "shape", None)
    except Exception:  # a property of the user's that raises: there is nothing to tell then
        return ""
    if isinstance(extent, tuple) and all(isinstance(side, int) for side in extent):
        return " × ".join(str(side) for side in extent)
    return ""
