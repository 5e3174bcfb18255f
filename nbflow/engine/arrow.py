"""How Arrow arrays are pickled: what a slice shows, not all of the buffers that it is a slice of."""

from __future__ import annotations

import pickle
from typing import Any

from nbflow.engine.beside import Beside, Reduced, Reducer

_SLACK = 64 * 1024


def reducer(kind: type) -> Reducer | None:
    """How values of type *kind* are reduced; None: in their own way."""
    import pyarrow

    return _array if issubclass(kind, pyarrow.Array) else None


def _array(array: Any, _: Beside) -> Reduced:
    if array.get_total_buffer_size() > 2 * array.nbytes + _SLACK:
        array = _trimmed(array)
    return array.__reduce_ex__(pickle.HIGHEST_PROTOCOL)


def _trimmed(array: Any) -> Any:
    """A copy of *array* with buffers of its own size: Arrow trims them where it writes them out."""
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    batch = pyarrow.record_batch([array], ["_"])
    with pyarrow.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return pyarrow.ipc.open_stream(sink.getvalue()).read_next_batch().column(0)
