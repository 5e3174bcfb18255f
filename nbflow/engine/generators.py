"""The global generators of random numbers: taking their state off, putting it in place, and making streams of it."""

from __future__ import annotations

import hashlib
import random
import sys
from array import array
from typing import Any

BLOCK, SHIFT = 624, 397
"""Words of a Mersenne twister's state, and how far apart the ones are that make a new one."""
SEARCHED = 300
"""Blocks of drawn numbers through which a state is followed to tell drawing from seeding."""


class PythonRandom:
    """The generator behind the functions of `random`.

    >>> generator = PythonRandom()
    >>> state = generator.get()
    >>> drawn = random.random()
    >>> generator.put(state)
    >>> random.random() == drawn
    True
    """

    module = "random"

    def get(self) -> Any:
        """Its state: the words as bytes, the place among them, and the number that ``gauss`` has in store."""
        _, words, spare = random.getstate()
        return array("I", words[:-1]).tobytes(), words[-1], spare

    def put(self, state: Any) -> None:
        """Have it go on from *state*."""
        words, place, spare = state
        random.setstate((3, (*array("I", words), place), spare))

    def seed(self, number: int) -> None:
        """Begin a stream of its own."""
        random.seed(number)


class NumpyRandom:
    """The generator behind the functions of `numpy.random`."""

    module = "numpy.random"

    def get(self) -> Any:
        """Its state, in plain Python where it is a Mersenne twister, as it nearly always is."""
        state = sys.modules["numpy.random"].get_state(legacy=False)
        if state["bit_generator"] != "MT19937":
            return state
        inner = state["state"]
        return inner["key"].tobytes(), int(inner["pos"]), int(state["has_gauss"]), float(state["gauss"])

    def put(self, state: Any) -> None:
        """Have it go on from *state*."""
        module = sys.modules[self.module]
        if isinstance(state, tuple):
            key, place, has_gauss, gauss = state
            state = "MT19937", sys.modules["numpy"].frombuffer(key, "uint32"), place, has_gauss, gauss
        module.set_state(state)

    def seed(self, number: int) -> None:
        """Begin a stream of its own, without being taken for seeded."""
        module = sys.modules[self.module]
        module.set_state(module.MT19937(number).state)

    @staticmethod
    def seeded() -> bool:
        """Whether somebody in this process has seeded it."""
        generator = getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
        bits = getattr(generator, "_bit_generator", None)
        return bits is not None and getattr(bits, "seed_seq", bits) is None


class TorchRandom:
    """The generator of torch on the processor."""

    module = "torch"

    def get(self) -> Any:
        """Its state."""
        return bytes(sys.modules["torch"].get_rng_state().numpy())

    def put(self, state: Any) -> None:
        """Have it go on from *state*."""
        torch = sys.modules["torch"]
        torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))

    def seed(self, number: int) -> None:
        """Begin a stream of its own."""
        sys.modules["torch"].manual_seed(number % 2**63)


KINDS = ("Random", "RandomState")
"""Names of the types of the generators that modules share."""


def place(value: object) -> tuple[str, str] | None:
    """Module and attribute of the shared generator that *value* is: in each process it is that process's own.

    >>> place(random.random.__self__), place(random.Random(1))
    (('random', '_inst'), None)
    """
    for module, name in (("random", "_inst"), ("numpy.random.mtrand", "_rand")):
        if value is getattr(sys.modules.get(module), name, None):
            return module, name
    return None


def stream(state: object, label: str) -> int:
    """The number from which a stream of its own begins: it follows from the seeded *state* and from *label* alone.

    >>> stream((1, 2), "fit[a=1]") == stream((1, 2), "fit[a=1]") != stream((1, 2), "fit[a=2]")
    True
    """
    return int.from_bytes(hashlib.sha256(repr((state, label)).encode()).digest()[:16])


def only_drawn(before: Any, after: Any) -> bool:
    """Whether drawing alone leads from one state of Python's generator to the other: it was not seeded in between.

    After very many numbers nobody can tell, and it is taken for seeded.

    >>> generator = PythonRandom()
    >>> before = generator.get()
    >>> for _ in range(2000): drawn = random.random()
    >>> only_drawn(before, generator.get()), only_drawn((b"\\0" * 4 * BLOCK, 1, None), generator.get())
    (True, False)
    """
    words, wanted = array("I", before[0]), after[0]
    for _ in range(SEARCHED):
        if words.tobytes() == wanted:
            return True
        _twist(words)
    return False


def _twist(words: array[int]) -> None:
    """The next block of a Mersenne twister, in place."""
    for place in range(BLOCK):
        mixed = (words[place] & 0x80000000) | (words[(place + 1) % BLOCK] & 0x7FFFFFFF)
        words[place] = words[(place + SHIFT) % BLOCK] ^ (mixed >> 1) ^ (0x9908B0DF if mixed & 1 else 0)
