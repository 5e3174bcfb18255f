"""How arrays are pickled: what they are made of in the pickle, their numbers beside it, where a reader maps them.

Arrays keep their memory layout, and share memory with each other as before; numpy's own way copies what is not in one
piece, dates, masked arrays and subclasses, and forgets the sharing.
"""

from __future__ import annotations

import mmap
import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nbflow.engine.beside import STAND_IN, Beside, Reduced, Reducer
from nbflow.engine.blocks import Block, axes

RAW = "biufcmMSUV"
"""Kinds of elements that are nothing but bytes."""


def reducer(kind: type) -> Reducer | None:
    """How values of type *kind* are reduced; None: in their own way."""
    if kind is np.ndarray:
        return _array
    if kind is np.ma.MaskedArray:
        return _masked
    if kind is np.memmap:
        return _memmap
    return _subclass if kind in (np.recarray, np.matrix, np.char.chararray) else None


# --- plain arrays
def _array(array: Any, beside: Beside) -> Reduced:
    dtype = array.dtype
    if dtype.hasobject:
        return _objects(array, beside)
    if dtype.kind not in RAW or not array.nbytes:
        return array.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    beside.block = block_of(array)
    strides = None if array.flags.c_contiguous else array.strides
    return made, (STAND_IN, dtype, array.shape, strides, array.flags.writeable)


def block_of(array: Any) -> Block:
    """The memory that *array*, which is not empty, looks at."""
    address, shared = array.__array_interface__["data"][0], array.base is not None
    if array.flags.c_contiguous:
        return Block(address, array.nbytes, array, shared)
    low, size = reach(array.shape, array.strides, array.itemsize)
    return Block(address + low, size, array, shared, array if size > array.nbytes else None)


def reach(shape: Sequence[int], strides: Sequence[int], itemsize: int) -> tuple[int, int]:
    """Where the first byte of such an array is, counted from its first element, and how far it is to the last one.

    >>> reach((3,), (-8,), 8), reach((2, 3), (100, 0), 8)
    ((-16, 24), (0, 108))
    """
    ends = [(extent - 1) * stride for extent, stride in zip(shape, strides, strict=True)]
    low = sum(end for end in ends if end < 0)
    return low, sum(end for end in ends if end > 0) - low + itemsize


def packed(shape: Sequence[int], strides: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """The strides of such an array once the gaps are taken out: its axes stay in order of their strides.

    >>> packed((2, 3), (8, 64), 8), packed((2, 3), (1000, -16), 8)
    ((8, 16), (24, 8))
    """
    found, step = [0] * len(shape), itemsize
    for axis in reversed(axes(strides)):
        found[axis] = step
        step *= shape[axis]
    return tuple(found)


def made(buffer: Any, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...] | None, writeable: bool) -> Any:
    """The array of these over *buffer*; over a copy of its own where that is ``bytes``."""
    if strides is None:
        array: Any = np.ndarray(shape, dtype, buffer)
        array = array.copy() if isinstance(buffer, bytes) else array
    else:
        low, size = reach(shape, strides, dtype.itemsize)
        if len(buffer) != size:
            low, strides = 0, packed(shape, strides, dtype.itemsize)
        whole = bytearray(buffer) if isinstance(buffer, bytes) else buffer
        array = np.ndarray(shape, dtype, whole, -low, strides)
    if not writeable:
        array.flags.writeable = False
    return array


# --- arrays of objects
def _objects(array: Any, beside: Beside) -> Reduced:
    """As a view of the array that it is a view of, if that is in the value too, or not much bigger."""
    owner = array
    while type(owner.base) is np.ndarray:
        owner = owner.base
    known = id(owner) in beside.objects or owner.size <= 2 * array.size
    plain = owner.dtype == array.dtype == object and owner.base is None and owner.flags.forc
    if owner is array or not plain or not known or not array.size:
        beside.objects[id(array)] = array
        return array.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return seen, (owner, offset, array.shape, array.strides, array.flags.writeable)


def seen(owner: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], writeable: bool) -> Any:
    """The view of *owner*, an array of objects, that begins *offset* bytes behind its first element."""
    flat = owner.reshape(-1, order="A")
    first = flat[offset // owner.itemsize :]
    return np.lib.stride_tricks.as_strided(first, shape, strides, writeable=writeable)


# --- subclasses
def _subclass(array: Any, _: Beside) -> Reduced:
    if array.dtype.hasobject:
        return array.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    return viewed, (array.view(np.ndarray), type(array), array.dtype)


def viewed(array: Any, kind: type, dtype: Any) -> Any:
    """*array* as one of class *kind*."""
    found = array.view(kind)
    if found.dtype != dtype:
        found.dtype = dtype
    return found


def _memmap(array: Any, _: Beside) -> Reduced:
    """A window on a file that can be written stays one; of others the elements count, as they are now."""
    if getattr(array, "mode", None) not in ("r+", "w+") or array._mmap is None or not array.filename:
        return viewed, (array.view(np.ndarray), np.memmap, array.dtype)
    array._mmap.flush()
    base = np.frombuffer(array._mmap, "u1").__array_interface__["data"][0]
    start = array.offset - array.offset % mmap.ALLOCATIONGRANULARITY  # where in the file the map begins
    offset = start + array.__array_interface__["data"][0] - base
    return window, (os.fspath(array.filename), offset, array.dtype, array.shape, array.strides)


def window(file: str, offset: int, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """The array that looks at *file* from byte *offset* of its first element on, and writes into it."""
    low, size = reach(shape, strides, dtype.itemsize)
    if not Path(file).exists():
        raise FileNotFoundError(f"the file of this memory map is gone: {file}")
    whole = np.memmap(file, "u1", "r+", offset + low, (size,))
    found = np.ndarray.__new__(np.memmap, shape, dtype, whole, -low, strides)
    found.__array_finalize__(whole)
    return found


def _masked(array: Any, _: Beside) -> Reduced:
    if array._baseclass is not np.ndarray:
        return array.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    state = {name: value for name, value in array.__dict__.items() if name != "_mask"}
    mask = None if array._mask is np.ma.nomask else array._mask
    return masked, (array.view(np.ndarray), mask, state)


def masked(data: Any, mask: Any, state: dict[str, Any]) -> Any:
    """The masked array of *data* and *mask*."""
    array = np.ma.MaskedArray(data, mask=np.ma.nomask if mask is None else mask, copy=False)
    array.__dict__.update(state)
    return array
