"""How columns of pandas that Arrow holds are pickled: chunk by chunk, where pandas would first copy them into one."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from nbflow.engine.beside import Beside, Reduced, Reducer


def reducer(kind: type) -> Reducer | None:
    """How values of type *kind* are reduced; None: in their own way."""
    pandas = sys.modules["pandas"]
    own = getattr(pandas.arrays, "ArrowExtensionArray", None)
    return _column if own is not None and issubclass(kind, own) else None


def _column(column: Any, _: Beside) -> Reduced:
    state = dict(column.__dict__)
    data = state.pop("_pa_array", None)
    if data is None:  # another pandas than those that are known
        return column.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    if "_cache" in state:
        state["_cache"] = {}  # it can be computed again
    return restored, (type(column), data.chunks, data.type, state)


def restored(kind: Any, chunks: list[Any], type_: Any, state: dict[str, Any]) -> Any:
    """The column of class *kind* with these *chunks*."""
    import pyarrow

    column = kind.__new__(kind)
    column.__dict__.update(state, _pa_array=pyarrow.chunked_array(chunks, type_))
    return column
