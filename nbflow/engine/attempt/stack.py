"""The record of what a failed attempt leaves for the debugger: exceptions, frames, variables; and how it is read.

The values stand in a file of their own, which is mapped. Loading one can run code, as with all values: only of a store
that is trusted.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from nbflow.core.spec import ValueRef
from nbflow.engine import pickling
from nbflow.engine.values import Values

STACK, DATA = "stack", "stack.data"
"""Files in the attempt's folder: the frames, and the values of their variables."""


class Variable(Struct, frozen=True, omit_defaults=True):
    """A variable of a frame: the number of its value, or what can be said of it."""

    value: int | None = None
    ref: ValueRef | None = None
    """It is an input of the attempt, as it was given."""
    text: str = ""
    why: str = ""
    """Why there is a text and no value."""


class Parameters(Struct, frozen=True, omit_defaults=True):
    """The parameters of a function, by kind."""

    only: tuple[str, ...] = ()
    """Those that go by position only."""
    plain: tuple[str, ...] = ()
    rest: str = ""
    by_name: tuple[str, ...] = ()
    more: str = ""


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One frame. *line* and *position* (end line, column, end column) are where it stands."""

    file: str
    name: str
    line: int
    position: tuple[int | None, int | None, int | None] = (None, None, None)
    first: int = 1
    """The line where its code begins."""
    parameters: Parameters | None = None
    """None: it is no function's."""
    scope: int = 0
    """The number of its globals."""
    variables: dict[str, Variable] = {}
    """Empty where they are its globals."""


class Scope(Struct, frozen=True, omit_defaults=True):
    """Globals: those of *module*, or *variables* kept."""

    module: str = ""
    variables: dict[str, Variable] = {}


class Failure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An exception; *link* says what it is to the one before it: its ``cause`` or ``context``."""

    kind: str
    message: str
    error: Variable
    frames: tuple[Frame, ...]
    left_out: int = 0
    link: str = ""


class Stack(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it: the exception that ended the attempt first."""

    job: str
    attempt: int
    python: str
    failures: tuple[Failure, ...]
    scopes: tuple[Scope, ...]
    values: tuple[tuple[int, int], ...] = ()
    """Where in the file of values each one's pickle is: start and length."""
    texts: dict[str, str] = {}
    """File -> its text, of files that are not installed packages."""


class Unkept:
    """Stands for a value of a frame that is not there: it shows what can be said of it."""

    def __init__(self, text: str, why: str) -> None:
        self._text, self._why = text, why

    def __repr__(self) -> str:
        return f"{self._text} (not the value: {self._why})"


class KeptStack:
    """The stack that was left in an attempt's *folder*, with the values of its variables.

    Attributes:
        stack: the record.
    """

    def __init__(self, folder: Path, values: Values | None = None) -> None:
        self._values = values
        self.stack = msgspec.msgpack.decode((folder / STACK).read_bytes(), type=Stack)
        self._whole = _mapped(folder / DATA) if self.stack.values else memoryview(b"")
        """Empty, too, where the values had to make room for newer ones."""
        self._loaded: dict[int | str, Any] = {}

    def value(self, variable: Variable, namespace: dict[str, Any]) -> Any:
        """What *variable* held, the same object each time; an `Unkept` where that cannot be had.

        Functions of the notebook get *namespace* as their globals.
        """
        ref, number = variable.ref, variable.value
        if ref is not None:
            return self._loaded_once(ref.file or "", lambda: self._input(ref, namespace))
        if number is None:
            return Unkept(variable.text, variable.why)
        return self._loaded_once(number, lambda: self._load(number, namespace))

    def _loaded_once(self, key: int | str, load: Callable[[], Any]) -> Any:
        if key not in self._loaded:
            self._loaded[key] = load()
        return self._loaded[key]

    def _input(self, ref: ValueRef, namespace: dict[str, Any]) -> Any:
        if self._values is None:
            return Unkept(f"<{ref.type}>", "it is an input, and the store is not at hand")
        try:
            return self._values.load(ref, namespace)
        except Exception as error:  # unpickling runs the code of whatever it loads
            return Unkept(f"<{ref.type}>", f"it was an input, and cannot be loaded: {error}")

    def _load(self, number: int, namespace: dict[str, Any]) -> Any:
        if not self._whole:
            return Unkept("<value>", "it had to make room for newer ones")
        try:
            start, size = self.stack.values[number]
            return pickling.load(io.BytesIO(self._whole[start : start + size]), [], namespace)
        except Exception as error:  # unpickling runs the code of whatever it loads
            return Unkept("<value>", f"it cannot be loaded here: {type(error).__name__}: {error}")


def read_stack(folder: Path, values: Values | None = None) -> KeptStack | None:
    """The stack in *folder*, if one was left there whole; *values* has the attempt's inputs."""
    try:
        return KeptStack(folder, values)
    except (OSError, ValueError, msgspec.DecodeError):
        return None


def _mapped(file: Path) -> memoryview:
    try:
        with file.open("rb") as data:
            return memoryview(mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_COPY))
    except FileNotFoundError:
        return memoryview(b"")
