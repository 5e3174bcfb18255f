"""What a failed attempt leaves for the debugger: its exceptions, their frames, and the frames' variables.

It is written when the result record is in place, so whatever goes wrong here costs nobody the attempt's end: at most
the view into it. Values go into one file, as far as they can be stored, up to a size and a time; what cannot is kept
as text.
"""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from nbflow.core.inputs import Whole
from nbflow.core.spec import ValueRef
from nbflow.engine import pickling
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.engine.attempt.stack import DATA, STACK, Failure, Frame, Scope, Stack, Variable
from nbflow.engine.attempt.tracing import Chain, Frames, chain, few, installed, names_used, parameters, position, texts
from nbflow.engine.values import Values

SECONDS = 0.6
"""What storing values may take; the supervisor gives an ended attempt one second."""
SIZE = 128_000_000
"""Bytes of values that an attempt leaves at most."""
LARGE = 1_000_000
"""Bytes from which an input that has not been changed is referred to."""
ALL, SMALL = 2_000_000_000, 256_000
"""Bytes that all attempts of a store leave together, those that leave little not counted: the oldest make room."""
NAMES, TEXT = 500, 300
_encode = msgspec.msgpack.Encoder().encode


class _Late(BaseException):
    """The time is up."""


class _TooBig(Exception):
    """The room is taken."""

    def __str__(self) -> str:
        return "too big to be kept"


def keep(order: AttemptOrder, error: BaseException, namespace: dict[str, Any], hidden: Collection[str] = ()) -> None:
    """Leave in the attempt's folder what a debugger needs to stand where *error* was raised.

    *namespace* is the cell's; its names in *hidden* are not the user's. Nothing is left of an error that none of the
    user's lines led to.
    """
    folder = Path(order.folder)
    failures = chain(error, order.job)
    if not failures:
        return
    room = SIZE if order.memory is None else min(SIZE, order.memory // 8)
    if isinstance(error, MemoryError):
        room = 0
    keeper = _Keeper(order, namespace, frozenset(hidden), room)
    with suppress(OSError):  # a full disk has already been told of, or will be
        _write(folder, keeper.stack(failures, order))
        with suppress(_Late), _in_time():
            keeper.store(failures)
        _write(folder, keeper.stack(failures, order))
        make_room(folder)
    keeper.close()


def make_room(folder: Path) -> None:
    """See that what all attempts beside that in *folder* have left stays within bounds, if it has left much itself."""
    own = folder / DATA
    if not own.exists() or own.stat().st_size < SMALL:
        return
    found = []
    for each in folder.parent.glob(f"*/{DATA}"):
        with suppress(FileNotFoundError):  # another attempt is at it, too
            about = each.stat()
            found.append((about.st_mtime, about.st_size, each))
    room = ALL
    for _, size, each in sorted(found, reverse=True):
        room -= size
        if room < 0 and size >= SMALL:
            each.unlink(missing_ok=True)


def _write(folder: Path, stack: Stack) -> None:
    part = folder / (STACK + ".part")
    part.write_bytes(_encode(stack))
    part.rename(folder / STACK)


@contextmanager
def _in_time() -> Iterator[None]:
    def late(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Keeper:
    """Stores values of frames, each object once."""

    def __init__(self, order: AttemptOrder, namespace: dict[str, Any], hidden: frozenset[str], room: int) -> None:
        self._path, self._namespace, self._hidden = Path(order.folder) / DATA, namespace, hidden
        self._values = Values(order.store)
        whole = [given.value for given in order.inputs.values() if isinstance(given, Whole)]
        self._inputs = [ref for ref in whole if ref.size >= LARGE and ref.file is not None]
        self._room = room
        self._file: io.BufferedWriter | None = None
        self._places: list[tuple[int, int]] = []
        self._kept: dict[int, Variable] = {}
        self._scopes: dict[int, int] = {}
        self._globals: list[Mapping[str, Any]] = []

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    # --- values
    def store(self, failures: Chain) -> None:
        """Store what variables hold: the user's frames first, and of those the innermost."""
        frames = [frame for _, _, frames in failures for frame, *_ in reversed(few(frames))]
        for error, *_ in failures:
            self._store(error)
        for frame in sorted(frames, key=lambda frame: installed(frame.f_code.co_filename)):
            for value in [*self._shown(frame.f_locals).values(), *self._used(frame).values()]:
                self._store(value)

    def _store(self, value: object) -> None:
        if id(value) in self._kept:
            return
        if (ref := self._input(value)) is not None:
            self._kept[id(value)] = Variable(ref=ref)
            return
        if self._file is None:
            self._file = self._path.open("wb")
        start = self._file.tell()
        try:
            pickling.dump(value, _Sink(self._file, self._room))
        except OSError:
            raise
        except Exception as error:
            self._file.seek(start)
            self._file.truncate()
            why = str(error) if isinstance(error, _TooBig) else pickling.explain(value, error)
            self._kept[id(value)] = Variable(text=_text(value), why=why)
            return
        size = self._file.tell() - start
        self._room -= size
        self._kept[id(value)] = Variable(value=len(self._places))
        self._places.append((start, size))

    def _input(self, value: object) -> ValueRef | None:
        """The big input that *value* is, as it was given: it need not be stored again."""
        kind = type(value).__name__
        return next((ref for ref in self._inputs if ref.type == kind and self._values.same(ref, value)), None)

    # --- what is told
    def stack(self, failures: Chain, order: AttemptOrder) -> Stack:
        """As much as is known by now."""
        if self._file is not None:
            self._file.flush()
        told = tuple(self._failure(*each) for each in failures)
        return Stack(
            job=order.job,
            attempt=order.attempt,
            python=sys.version.split()[0],
            failures=told,
            scopes=tuple(self._scope(each) for each in self._globals),
            values=tuple(self._places),
            texts=dict(texts({frame.file for failure in told for frame in failure.frames})),
        )

    def _failure(self, error: BaseException, link: str, frames: Frames) -> Failure:
        some = few(frames)
        return Failure(
            kind=type(error).__name__,
            message=_text(error, str),
            error=self._variable(error),
            frames=tuple(self._frame(*each) for each in some),
            left_out=len(frames) - len(some),
            link=link,
        )

    def _frame(self, frame: FrameType, line: int, last: int) -> Frame:
        code = frame.f_code
        bare = frame.f_locals is frame.f_globals
        return Frame(
            file=code.co_filename,
            name=code.co_name,
            line=line,
            position=position(code, last),
            first=code.co_firstlineno,
            parameters=parameters(code),
            scope=self._scope_of(frame.f_globals),
            variables={} if bare else self._told(self._shown(frame.f_locals)),
        )

    def _scope_of(self, names: Mapping[str, Any]) -> int:
        if id(names) not in self._scopes:
            self._scopes[id(names)] = len(self._globals)
            self._globals.append(names)
        return self._scopes[id(names)]

    def _scope(self, names: Mapping[str, Any]) -> Scope:
        module = str(names.get("__name__", ""))
        if names is not self._namespace and getattr(sys.modules.get(module), "__dict__", None) is names:
            return Scope(module)
        known = {name: value for name, value in names.items() if id(value) in self._kept}
        return Scope(variables=self._told(self._shown(known if names is not self._namespace else names)))

    def _used(self, frame: FrameType) -> dict[str, Any]:
        """The globals that *frame* uses, where they are no module's."""
        names = frame.f_globals
        if names is self._namespace:
            return self._shown(names)
        if getattr(sys.modules.get(str(names.get("__name__", ""))), "__dict__", None) is names:
            return {}
        return {name: names[name] for name in names_used(frame.f_code) if name in names}

    def _shown(self, names: Mapping[str, Any]) -> dict[str, Any]:
        mine = names is self._namespace
        shown = [name for name in names if not (mine and (name in self._hidden or name.startswith("__")))]
        return {name: names[name] for name in shown[:NAMES]}

    def _told(self, names: Mapping[str, Any]) -> dict[str, Variable]:
        return {name: self._variable(value) for name, value in names.items()}

    def _variable(self, value: object) -> Variable:
        return self._kept.get(id(value)) or Variable(
            text=f"<{type(value).__name__}>", why="there was no time to keep it"
        )


class _Sink:
    """Takes a pickle up to a size."""

    def __init__(self, file: io.BufferedWriter, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._room -= size
        if self._room < 0:
            raise _TooBig
        return self._file.write(data)


def _text(value: object, show: Any = repr) -> str:
    try:
        text: str = show(value)
    except Exception as error:
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
    return text if len(text) <= TEXT else f"{text[: TEXT - 1]}…"
