"""A pickle's opcodes, followed as they would be to load it; but nothing is imported, and nothing called.

What comes out is a tree of nodes, from which is left out what differs from kernel to kernel: where a function's text
stands, and the number under which a class is known.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any

_CODE_PLACES = (10, 13, 14)
"""Of the arguments that make a code object: the file, the first line, the table of lines."""
_DRAWN = {"_make_skeleton_class": 4, "_make_skeleton_enum": 5}
"""Functions that make classes -> the place of an argument that is drawn at random."""
_FUNCTIONS = "nbflow.engine.attempt.functions"


class Odd(Exception):
    """Nothing that is understood here."""


class Node:
    """Something that a pickle makes: *kind* says what of, *parts* are nodes and plain values."""

    __slots__ = ("kind", "parts")

    def __init__(self, kind: str, parts: list[Any]) -> None:
        self.kind, self.parts = kind, parts


MARK = object()


class Reader:
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
                raise Odd
        raise Odd

    def marked(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        at = len(self._stack) - 1
        while self._stack[at] is not MARK:
            at -= 1
        found = self._stack[at + 1 :]
        del self._stack[at:]
        return found

    def push(self, kind: str, parts: list[Any]) -> None:
        self._stack.append(Node(kind, parts))

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
        if not isinstance(target, Node) or target.kind != "made":
            raise Odd
        target.parts.append(Node("state", [self._job_function(target, state)]))

    def _job_function(self, target: Node, state: Any) -> Any:
        """The *state* of a job's function, which is a pickle within the pickle, without where its text stands."""
        match target.parts:
            case [_, Node(kind="name", parts=[module, "Function"]), *_] if module == _FUNCTIONS:
                told = dict(zip(state.parts[::2], state.parts[1::2], strict=True))
                inner = Reader(told["pickled"])
                found = Node("function", [told["label"], inner.read(), told["outputs"]])
                self.modules |= inner.modules
                return found
            case _:
                return state

    def done(self) -> None:
        """What was called is left: a function that gives a state to its first argument has done so."""
        match self.pop(1):
            case [Node(kind="made", parts=[_, function, Node(parts=[Node() as target, state])])]:
                target.parts.append(Node("state", [function, state]))
            case _:
                raise Odd

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
        case [Node(kind="name", parts=[_, "subimport"]), Node(parts=[str() as module])]:
            return {module}
        case _:
            return set()


def _without_place(parts: list[Any]) -> list[Any]:
    """*parts* of a call without what tells where something stands, or under which number it is known."""
    match parts:
        case [Node(kind="made", parts=[_, Node(parts=[_, "_builtin_type"]), Node(parts=["CodeType"])]), args]:
            return [parts[0], _left(args, _CODE_PLACES if len(args.parts) == 18 else ())]
        case [Node(kind="name", parts=[_, str() as function]), Node(kind="tuple") as args] if function in _DRAWN:
            return [parts[0], _left(args, (_DRAWN[function],))]
        case _:
            return parts


def _left(args: Node, places: tuple[int, ...]) -> Node:
    return Node("tuple", [part for place, part in enumerate(args.parts) if place not in places])


_PLAIN = frozenset(
    {
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
        *("FLOAT", "BINFLOAT", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
    }
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_STEPS: dict[str, Callable[[Reader, Any], object]] = {
    **{name: lambda r, _, value=value: r._stack.append(value) for name, value in _CONSTANTS.items()},  # type: ignore[misc]
    "MARK": lambda r, _: r._stack.append(MARK),
    "POP": lambda r, _: r.done(),
    "POPMARK": lambda r, _: r.marked(),
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
