"""The attempt's own process: from the order to the result record.

It is forked from the zygote, often before there is an order (a spare), and ends by `os._exit`.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import random
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason
from nbflow.engine.attempt import cell, current, failures, tree
from nbflow.engine.attempt.displays import DisplayFile
from nbflow.engine.attempt.record import ERR, OUT, RESULT, AttemptOrder, ResultRecord
from nbflow.engine.attempt.shell import CellShell, enter
from nbflow.engine.values import Values
from nbflow.errors import ValueNotStorable

READY, DONE = b"R", b"D"
PRIORITY = 10
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_decode = msgspec.msgpack.Decoder(AttemptOrder).decode


def wait_and_run(channel: socket.socket, shell: CellShell, parent: int) -> NoReturn:
    """Be a spare: wait for the order, carry it out, end."""
    code = 1
    try:
        settle(parent)
        order, lock = receive(channel)
        code = Child(order, shell, channel, lock).run()
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            flush()
        os._exit(code)


def settle(parent: int) -> None:
    """Leave the zygote's session and end with it."""
    os.setsid()
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    os.nice(PRIORITY)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def receive(channel: socket.socket) -> tuple[AttemptOrder, int]:
    """The order and the descriptor of the attempt's lock; end quietly if the zygote has no more use for this spare."""
    data, fds, _, _ = socket.recv_fds(channel, 1 << 16, 1)
    if not data:
        os._exit(0)
    size = int.from_bytes(data[:4])
    body = bytearray(data[4:])
    while len(body) < size:
        more = channel.recv(1 << 20)
        if not more:
            os._exit(0)
        body += more
    for fd in fds:
        os.set_inheritable(fd, False)
    return _decode(body), fds[0] if fds else -1


class Child:
    """One attempt, inside its process."""

    def __init__(self, order: AttemptOrder, shell: CellShell, channel: socket.socket, lock: int) -> None:
        self.order, self.shell, self.channel, self.lock = order, shell, channel, lock
        self.folder = Path(order.folder)
        self.filename = f"<job {order.job}>"
        self.values = Values(order.store)
        self.namespace: dict[str, Any] = shell.user_ns

    def run(self) -> int:
        """Carry out the order; the exit status is for people with ``ps``, nobody relies on it."""
        self.prepare()
        tell(self.channel, READY)
        record = self.attempt()
        flush()
        usage, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        record = msgspec.structs.replace(
            record,
            peak_memory=max(usage.ru_maxrss, children.ru_maxrss) * 1024,
            cpu_seconds=usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime,
        )
        write(self.folder / RESULT, msgspec.msgpack.encode(record))
        tell(self.channel, DONE)
        atexit._run_exitfuncs()
        return 0 if record.end == "succeeded" else 1

    def prepare(self) -> None:
        """Streams, environment, folder, namespace: what a cell may take for granted."""
        order = self.order
        tree.wear(order.key)
        for name, fd in ((OUT, 1), (ERR, 2)):
            file = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(file, fd)
            os.close(file)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
        os.environ.update(order.env)
        os.environ.update(current.environment(order))
        sys.path.insert(0, str(Path(order.store).parent))
        self.shell.record_to(DisplayFile(self.folder))
        enter(self.shell)
        reseed()

    def attempt(self) -> ResultRecord:
        """Inputs, cell, outputs; whatever goes wrong becomes the record's reason."""
        try:
            os.chdir(self.order.cwd)
            self.load()
        except InputNotLoadable as error:
            return self.failed(error.reason, error.__cause__ or error)
        except Exception as error:
            return self.failed(failures.reason(error), error)
        try:
            self.cell()
        except SystemExit as error:
            failures.say_exit(error)
            if failures.exit_code(error):
                return self.failed(failures.reason(error), error, failures.exit_code(error))
        except BaseException as error:
            return self.failed(failures.reason(error), error)
        return self.store()

    def load(self) -> None:
        for name, ref in self.order.inputs.items():
            try:
                self.namespace[name] = None if ref is None else self.values.load(ref, self.namespace)
            except Exception as error:
                raise InputNotLoadable(name, error) from error

    def cell(self) -> None:
        order = self.order
        self.shell.events.trigger("pre_execute")
        try:
            cell.run(order.code or order.source, self.namespace, self.filename, order.source)
        finally:
            self.shell.events.trigger("post_execute")

    def store(self) -> ResultRecord:
        outputs: dict[str, ValueRef] = {}
        try:
            for name in self.order.outputs:
                if name in self.namespace:
                    outputs[name] = self.values.dump(self.namespace[name], name=name)
        except ValueNotStorable as error:
            return self.failed(Reason("output not storable", f"{error.name} ({error.kind}): {error.cause}"), error)
        missing = tuple(name for name in self.order.outputs if name not in outputs)
        return ResultRecord(key=self.order.key, end="succeeded", outputs=outputs, missing=missing)

    def failed(self, reason: Reason, error: BaseException, exit_code: int | None = None) -> ResultRecord:
        return ResultRecord(
            key=self.order.key,
            end="failed",
            reason=msgspec.structs.replace(reason, attempt=self.order.attempt),
            traceback=failures.text(error, self.filename),
            exit_code=exit_code,
        )


class InputNotLoadable(Exception):
    """An input's value could not be brought back."""

    def __init__(self, name: str, error: Exception) -> None:
        self.reason = Reason("input not loadable", f"{name}: {type(error).__name__}: {error}")
        super().__init__(self.reason.words())


def tell(channel: socket.socket, word: bytes) -> None:
    """Tell the zygote, if the cell's code has left us the means; it finds out by itself otherwise."""
    with suppress(OSError):
        channel.send(word)


def write(path: Path, data: bytes) -> None:
    """Put *data* in place whole or not at all."""
    part = path.with_name(path.name + ".part")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)
    part.rename(path)


def flush() -> None:
    """Empty Python's and C's buffers."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    _libc.fflush(None)


def reseed() -> None:
    """Give this fork its own random numbers, as a process started afresh has."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        seed: Callable[[], None] = numpy_random.seed
        seed()
