"""What a stored value is, read from its bytes without running any of them: a digest, and the modules it is made with.

Equal bytes are equal values, but the other way round it is not so: a function of a notebook is stored with the place it
stands at, a set in any order, a class under a number drawn at random. So a pickle's opcodes are followed here as they
would be to load it, but nothing is imported and nothing called: what comes out is a tree of plain nodes, of which the
digest leaves out what differs from kernel to kernel. What is too big or too odd for that counts by its bytes.
"""

from __future__ import annotations

import hashlib
import pickletools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nbflow.engine.values import Stored

LARGE = 1 << 20
"""Bytes of a pickle above which it counts by its bytes: its opcodes would take too long to follow."""
LOOKED_THROUGH = 20_000
"""Opcodes of a large pickle that are looked through for modules."""
VISITS = 300_000
_CODE_PLACES = (10, 13, 14)
"""Of the arguments that make a code object: the file, the first line, the table of lines."""
_DRAWN = {"_make_skeleton_class": 4, "_make_skeleton_enum": 5}
"""Functions that make classes -> the place of an argument that is drawn at random."""
_FUNCTIONS = "nbflow.engine.attempt.functions"
_PLACED = frozenset({"__firstlineno__"})
"""Attributes of classes that tell where their text stands."""


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
            raise _Odd
        reader = _Reader(data)
        whole.update(_Digest().of(reader.read()))
        modules = frozenset(reader.modules)
    except (_Odd, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        whole.update(b"bytes")
        whole.update(stored.pickle)
        modules = frozenset(_glanced(stored.pickle))
    for buffer in stored.buffers:
        whole.update(len(buffer).to_bytes(8, "little"))
        whole.update(buffer)
    return Content(whole.hexdigest(), modules)


class _Odd(Exception):
    """Nothing that is understood here."""


class _Node:
    """Something that a pickle makes: *kind* says what of, *parts* are nodes and plain values."""

    __slots__ = ("kind", "parts")

    def __init__(self, kind: str, parts: list[Any]) -> None:
        self.kind, self.parts = kind, parts


_SHARED = frozenset({"list", "dict", "made", "bytearray"})
"""Kinds of which it matters whether two are one and the same."""
_MARK = object()


class _Reader:
    """Follows the opcodes of a pickle."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._buffers = 0
        self.modules: set[str] = set()

    def read(self) -> Any:
        """What the pickle makes."""
        for opcode, argument, _ in pickletools.genops(self._data):
            name = opcode.name
            if name in _PLAIN:
                self._stack.append(argument)
            elif (step := _STEPS.get(name)) is not None:
                step(self, argument)
            elif name == "STOP":
                return self._stack.pop()
            elif name not in ("PROTO", "FRAME", "READONLY_BUFFER"):
                raise _Odd
        raise _Odd

    def marked(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
        found = self._stack[at + 1 :]
        del self._stack[at:]
        return found

    def push(self, kind: str, parts: list[Any]) -> None:
        self._stack.append(_Node(kind, parts))

    def pop(self, count: int) -> list[Any]:
        found = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return found

    def add(self, parts: list[Any]) -> None:
        """Put *parts* into what is on top."""
        self._stack[-1].parts.extend(parts)

    def tuple(self, count: int) -> None:
        self.push("tuple", self.pop(count))

    def named(self, module: Any, name: Any) -> None:
        """Something of a module."""
        self.modules.add(str(module))
        self.push("name", [module, name])

    def made(self, how: str, count: int) -> None:
        parts = self.pop(count)
        self.modules |= _imported(parts)
        self.push("made", [how, *_without_place(parts)])

    def built(self) -> None:
        """A state is given to what is under it."""
        [state] = self.pop(1)
        target = self._stack[-1]
        if not isinstance(target, _Node) or target.kind != "made":
            raise _Odd
        target.parts.append(_Node("state", [self._job_function(target, state)]))

    def _job_function(self, target: _Node, state: Any) -> Any:
        """The *state* of a job's function, which is a pickle within the pickle, without where its text stands."""
        match target.parts:
            case [_, _Node(kind="name", parts=[module, "Function"]), *_] if module == _FUNCTIONS:
                told = dict(zip(state.parts[::2], state.parts[1::2], strict=True))
                inner = _Reader(told["pickled"])
                found = _Node("function", [told["label"], inner.read(), told["outputs"]])
                self.modules |= inner.modules
                return found
            case _:
                return state

    def done(self) -> None:
        """What was called is left: a function that gives a state to its first argument has done so."""
        match self.pop(1):
            case [_Node(kind="made", parts=[_, function, _Node(parts=[_Node() as target, state])])]:
                target.parts.append(_Node("state", [function, state]))
            case _:
                raise _Odd

    def memoize(self, place: int | None = None) -> None:
        self._memo[len(self._memo) if place is None else place] = self._stack[-1]

    def recall(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def buffer(self) -> None:
        """A buffer beside the pickle: they come in their order."""
        self.push("buffer", [self._buffers])
        self._buffers += 1


def _imported(parts: list[Any]) -> set[str]:
    """The module that is meant where a module is stored by its name."""
    match parts:
        case [_Node(kind="name", parts=[_, "subimport"]), _Node(parts=[str() as module])]:
            return {module}
        case _:
            return set()


def _without_place(parts: list[Any]) -> list[Any]:
    """*parts* of a call without what tells where something stands, or under which number it is known."""
    match parts:
        case [_Node(kind="made", parts=[_, _Node(parts=[_, "_builtin_type"]), _Node(parts=["CodeType"])]), args]:
            return [parts[0], _left(args, _CODE_PLACES if len(args.parts) == 18 else ())]
        case [_Node(kind="name", parts=[_, str() as function]), _Node(kind="tuple") as args] if function in _DRAWN:
            return [parts[0], _left(args, (_DRAWN[function],))]
        case _:
            return parts


def _left(args: _Node, places: tuple[int, ...]) -> _Node:
    return _Node("tuple", [part for place, part in enumerate(args.parts) if place not in places])


_PLAIN = frozenset(
    {
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
        *("FLOAT", "BINFLOAT", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
    }
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_STEPS: dict[str, Callable[[_Reader, Any], object]] = {
    **{name: lambda r, _, value=value: r._stack.append(value) for name, value in _CONSTANTS.items()},  # type: ignore[misc]
    "MARK": lambda r, _: r._stack.append(_MARK),
    "POP": lambda r, _: r.done(),
    "POP_MARK": lambda r, _: r.marked(),
    "DUP": lambda r, _: r._stack.append(r._stack[-1]),
    "MEMOIZE": lambda r, _: r.memoize(),
    "BINPUT": lambda r, place: r.memoize(place),
    "LONG_BINPUT": lambda r, place: r.memoize(place),
    "BINGET": lambda r, place: r.recall(place),
    "LONG_BINGET": lambda r, place: r.recall(place),
    "BYTEARRAY8": lambda r, data: r.push("bytearray", [data]),
    "NEXT_BUFFER": lambda r, _: r.buffer(),
    "EMPTY_LIST": lambda r, _: r.push("list", []),
    "APPEND": lambda r, _: r.add(r.pop(1)),
    "APPENDS": lambda r, _: r.add(r.marked()),
    "LIST": lambda r, _: r.push("list", r.marked()),
    "EMPTY_TUPLE": lambda r, _: r.tuple(0),
    "TUPLE": lambda r, _: r.push("tuple", r.marked()),
    "TUPLE1": lambda r, _: r.tuple(1),
    "TUPLE2": lambda r, _: r.tuple(2),
    "TUPLE3": lambda r, _: r.tuple(3),
    "EMPTY_DICT": lambda r, _: r.push("dict", []),
    "DICT": lambda r, _: r.push("dict", r.marked()),
    "SETITEM": lambda r, _: r.add(r.pop(2)),
    "SETITEMS": lambda r, _: r.add(r.marked()),
    "EMPTY_SET": lambda r, _: r.push("set", []),
    "ADDITEMS": lambda r, _: r.add(r.marked()),
    "FROZENSET": lambda r, _: r.push("set", ["frozen", *r.marked()]),
    "GLOBAL": lambda r, name: r.named(*name.split(" ", 1)),
    "STACK_GLOBAL": lambda r, _: r.named(*r.pop(2)),
    "REDUCE": lambda r, _: r.made("call", 2),
    "NEWOBJ": lambda r, _: r.made("new", 2),
    "NEWOBJ_EX": lambda r, _: r.made("new", 3),
    "BUILD": lambda r, _: r.built(),
    "BINPERSID": lambda r, _: r.push("hole", r.pop(1)),
}


class _Digest:
    """Digests of trees, in which it shows where two parts are one and the same that can change."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._visits = 0

    def of(self, part: Any) -> bytes:
        self._visits += 1
        if self._visits > VISITS:
            raise _Odd
        if not isinstance(part, _Node):
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
    return not isinstance(part, _Node) or (part.kind in ("tuple", "name") and all(map(_firm, part.parts)))


def _plain(part: Any) -> bytes:
    """The digest of a number, text, bytes, None, True or False."""
    if part is _MARK:
        raise _Odd
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
