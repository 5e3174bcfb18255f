"""Which values are pickled in a way of our own, by type: those of libraries that are loaded, and only then."""

from __future__ import annotations

from nbflow.engine.beside import Reducer

_HOMES = {"builtins", "numpy", "pandas", "pyarrow", "torch"}
_known: dict[type, Reducer | None] = {}


def reducer(kind: type) -> Reducer | None:
    """How values of type *kind* are reduced; None: as pickle and cloudpickle do.

    >>> reducer(dict) is None
    True
    """
    try:
        return _known[kind]
    except KeyError:
        found = _of(kind)
        if kind.__module__.partition(".")[0] in _HOMES:
            _known[kind] = found  # a notebook's own classes come and go
        return found


def _of(kind: type) -> Reducer | None:
    match kind.__module__.partition(".")[0]:
        case "numpy":
            from nbflow.engine import arrays

            return arrays.reducer(kind)
        case "torch":
            from nbflow.engine import tensors

            return tensors.reducer(kind)
        case "pyarrow":
            from nbflow.engine import arrow

            return arrow.reducer(kind)
        case "pandas":
            from nbflow.engine import columns

            return columns.reducer(kind)
        case _:
            return None
