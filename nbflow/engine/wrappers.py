"""Ways of pickling for what Python itself has none for: closures, cached functions, weak collections, causes."""

from __future__ import annotations

import functools
import pickle
import weakref
from collections.abc import Callable
from types import CellType
from typing import Any

from cloudpickle import cloudpickle as internals

Reduced = Any
"""What ``__reduce__`` returns."""


def _cached(function: Any) -> Reduced:
    """A function under ``functools.cache``: of a notebook's, the function and the parameters, without what it knows."""
    wrapped = getattr(function, "__wrapped__", None)
    if wrapped is None or internals._lookup_module_and_qualname(function) is not None:
        return function.__reduce__()
    return cached, (wrapped, function.cache_parameters())


def cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """*function* under a cache, which is empty."""
    return functools.lru_cache(**parameters)(function)


def _weak(collection: Any) -> Reduced:
    """The present members: those that nothing else holds on to are gone once they are loaded, as ever."""
    return type(collection), (dict(collection) if hasattr(collection, "keys") else list(collection),)


def _cell(cell: CellType) -> Reduced:
    """A variable of a closure: made before what is in it, which may lead back to it."""
    try:
        return internals._make_empty_cell, (), (cell.cell_contents,), None, None, filled
    except ValueError:
        return internals._make_empty_cell, ()


def filled(cell: CellType, contents: tuple[Any]) -> None:
    """Put *contents* into *cell*."""
    (cell.cell_contents,) = contents


def _view(view: memoryview) -> Reduced:
    """A view of bytes of its own."""
    data = view.tobytes()
    return seen, (data if view.readonly else bytearray(data), view.format, view.shape)


def seen(data: bytes | bytearray, format_: str, shape: tuple[int, ...]) -> memoryview:
    """The view of *data* as elements of *format_*."""
    view = memoryview(data)
    return view if format_ == "B" and len(shape) == 1 else view.cast(format_, shape)  # type: ignore[call-overload]


TABLE: dict[type, Callable[[Any], Reduced]] = {
    CellType: _cell,
    functools._lru_cache_wrapper: _cached,
    memoryview: _view,
    weakref.WeakKeyDictionary: _weak,
    weakref.WeakValueDictionary: _weak,
    weakref.WeakSet: _weak,
}
"""Type, the very one -> how its values are reduced."""


def exception(error: BaseException) -> Reduced:
    """As its class has it, and with what led to it; the traceback cannot be kept."""
    reduced = error.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    chain = error.__cause__, error.__context__, error.__suppress_context__
    if not isinstance(reduced, tuple) or chain == (None, None, False) or len(reduced) > 3:
        return reduced
    state = reduced[2] if len(reduced) == 3 else None
    return *reduced[:2], (state, *chain), None, None, chained


def chained(error: BaseException, state: tuple[Any, ...]) -> None:
    """Give *error* the state of its class, and what led to it."""
    own, error.__cause__, error.__context__, error.__suppress_context__ = state
    if own is not None:
        error.__setstate__(own)
