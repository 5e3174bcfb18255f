"""How tensors of PyTorch are pickled: their storage beside the pickle, where a reader maps it; on a GPU not at all.

PyTorch's own way writes a storage into the pickle, by way of a copy.
"""

from __future__ import annotations

import pickle
from typing import Any

from nbflow.engine.beside import STAND_IN, Beside, Reduced, Reducer
from nbflow.engine.blocks import Block


def reducer(kind: type) -> Reducer | None:
    """How values of type *kind* are reduced; None: in their own way."""
    import torch

    if kind is torch.UntypedStorage:
        return _storage
    if kind is torch.TypedStorage:
        return _typed
    return _tensor if kind in (torch.Tensor, torch.nn.Parameter) else None


def _tensor(tensor: Any, _: Beside) -> Reduced:
    if tensor.device.type not in ("cpu", "meta"):
        raise pickle.PicklingError(f"a tensor on {tensor.device}: .cpu() gives one that can be stored")
    return tensor.__reduce_ex__(2)  # from here on by way of its storage


def _typed(storage: Any, _: Beside) -> Reduced:
    return typed, (storage._untyped_storage, storage.dtype)


def _storage(storage: Any, beside: Beside) -> Reduced:
    if storage.device.type != "cpu":
        raise pickle.PicklingError(f"memory of {storage.device}: .cpu() gives a tensor that can be stored")
    if not storage.nbytes():
        return type(storage), (0,)
    beside.block = Block(storage.data_ptr(), storage.nbytes(), storage, shared=True)
    return untyped, (STAND_IN,)


def untyped(buffer: Any) -> Any:
    """The storage over *buffer*."""
    import torch

    data = bytearray(buffer) if isinstance(buffer, bytes) else buffer
    return torch.frombuffer(data, dtype=torch.uint8).untyped_storage()


def typed(storage: Any, dtype: Any) -> Any:
    """*storage* as one of *dtype*, as PyTorch's own functions want it."""
    import torch

    return torch.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)
