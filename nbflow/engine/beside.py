"""What passes between the pickler and those who pickle arrays in a way of their own."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from nbflow.engine.blocks import Block

STAND_IN = pickle.PickleBuffer(bytearray(1))
"""Stands in the pickle for a block: its contents are never looked at."""
Reduced = Any
"""What ``__reduce__`` returns."""


class Beside:
    """What the arrays of one value ask for while it is pickled."""

    def __init__(self) -> None:
        self.block: Block | None = None
        """The memory that the buffer stands for that is pickled next."""
        self.objects: dict[int, Any] = {}
        """Arrays of objects that are in the pickle, which others may be views of."""


Reducer = Callable[[Any, Beside], Reduced]
"""Reduces a value; the block of the memory that its `STAND_IN` stands for is left in the `Beside`."""
