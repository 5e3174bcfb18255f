"""What a stored value is, read from its bytes without running any of them: a digest, and the modules it is made with.

Equal bytes are equal values, but the other way round it is not so: a function of a notebook is stored with the place it
stands at, a set in any order, a class under a number drawn at random. So a pickle's opcodes are followed here as they
would be to load it, but nothing is imported and nothing called: what comes out is a tree of plain nodes, of which the
digest leaves out what differs from kernel to kernel. What is too big or too odd for that counts by its bytes.
"""

from __future__ import annotations

import hashlib
import pickletools
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbflow.engine.opcodes import MARK, Node, Odd, Reader
from nbflow.engine.shelf import Stored

LARGE = 1 << 20
"""Bytes of a pickle above which it counts by its bytes: its opcodes would take too long to follow."""
LOOKED_THROUGH = 20_000
"""Opcodes of a large pickle that are looked through for modules."""
VISITS = 300_000
_PLACED = frozenset({"__firstlineno__"})
"""Attributes of classes that tell where their text stands."""


_SHARED = frozenset({"list", "dict", "made", "bytearray"})
"""Kinds of which it matters whether two are one and the same."""


class Content(NamedTuple):
    """A value's *digest* (hexadecimal), and the dotted names of the *modules* that it is made with."""

    digest: str
    modules: frozenset[str] = frozenset()


def content(stored: Stored) -> Content:
    """What *stored* is.

    >>> import pickle
    >>> a, b = (Stored(memoryview(pickle.dumps(each, 5)), ()) for each in ({"x", "y", "z"}, {"z", "y", "x"}))
    >>> content(a) == content(b)
    True
    """
    data = bytes(stored.pickle) if len(stored.pickle) <= LARGE else b""
    whole = hashlib.sha256()
    modules = frozenset[str]()
    try:
        if not data:
            raise Odd
        reader = Reader(data)
        whole.update(_Digest().of(reader.read()))
        modules = frozenset(reader.modules)
    except (Odd, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        whole.update(b"bytes")
        whole.update(stored.pickle)
        modules = frozenset(_glanced(stored.pickle))
    for buffer in stored.buffers:
        whole.update(len(buffer).to_bytes(8, "little"))
        whole.update(buffer)
    return Content(whole.hexdigest(), modules)


class _Digest:
    """Digests of trees, in which it shows where two parts are one and the same that can change."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._visits = 0

    def of(self, part: Any) -> bytes:
        self._visits += 1
        if self._visits > VISITS:
            raise Odd
        if not isinstance(part, Node):
            return _plain(part)
        if part.kind in _SHARED:
            if (number := self._numbers.get(id(part))) is not None:
                return hashlib.sha256(b"again %d" % number).digest()
            self._numbers[id(part)] = len(self._numbers)
        parts = part.parts
        if part.kind == "set" and all(map(_firm, parts)):
            parts = sorted(map(self.of, parts))
            return hashlib.sha256(b"set" + b"".join(parts)).digest()
        if part.kind == "dict":
            parts = [each for pair in _pairs(parts) for each in pair]
        whole = hashlib.sha256(part.kind.encode())
        for each in parts:
            whole.update(self.of(each))
        return whole.digest()


def _pairs(parts: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Keys and values; not those that tell where a class stands."""
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return (pair for pair in pairs if not (isinstance(pair[0], str) and pair[0] in _PLACED))


def _firm(part: Any) -> bool:
    """Whether *part* is plain all through, and cannot be the same one as something else."""
    return not isinstance(part, Node) or (part.kind in ("tuple", "name") and all(map(_firm, part.parts)))


def _plain(part: Any) -> bytes:
    """The digest of a number, text, bytes, None, True or False."""
    if part is MARK:
        raise Odd
    text = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
    return hashlib.sha256(type(part).__name__.encode() + b":" + text).digest()


def _glanced(data: memoryview) -> Iterator[str]:
    """The modules that the beginning of a large pickle names."""
    texts: list[str] = []
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(bytes(data[: 4 * LARGE]))):
            if opcode.name == "GLOBAL" and argument is not None:
                yield argument.split(" ", 1)[0]
            elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
                yield texts[-2]
            elif isinstance(argument, str):
                texts = [*texts[-1:], argument]
            if count > LOOKED_THROUGH:
                return
    except ValueError:  # it goes on beyond what is looked at
        return
