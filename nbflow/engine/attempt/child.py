"""The attempt's own process: from the order to the result record.

It is forked from the zygote, often before there is an order (a spare), and ends by `os._exit`.
"""

from __future__ import annotations

import atexit
import ctypes
import faulthandler
import os
import resource
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from nbflow.core.hidden import is_hidden
from nbflow.core.inputs import Given
from nbflow.core.spec import ValueRef
from nbflow.engine import hidden
from nbflow.engine.attempt import allowance, cell, current, failures, keeping, progress_bars, streams, tree
from nbflow.engine.attempt.changes import Watch
from nbflow.engine.attempt.displays import DisplayFile
from nbflow.engine.attempt.messages import LENGTH_BYTES
from nbflow.engine.attempt.offered import Offered
from nbflow.engine.attempt.record import ERR, OUT, AttemptOrder, ResultRecord
from nbflow.engine.attempt.results import write_record
from nbflow.engine.attempt.shell import CellShell, enter
from nbflow.engine.attempt.work import Work
from nbflow.engine.room import PATIENCE
from nbflow.engine.taking import take
from nbflow.engine.values import Values

READY, DONE, TROUBLE = b"\x01", b"\x02", b"\x03"
"""What a child tells its zygote: user code starts; the result is in place; it cannot be, and why (text follows)."""
NICE = 10
OOM_SCORE = 300
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_decode = msgspec.msgpack.Decoder(AttemptOrder).decode


def wait_and_run(channel: socket.socket, shell: CellShell, parent: int) -> NoReturn:
    """Be a spare: wait for the order, carry it out, end."""
    code = 1
    try:
        settle(parent)
        make_ready(shell)
        order = receive(channel)
        code = Child(order, shell, channel).run()
    except BaseException:  # the traceback goes to the log; the supervisor sees that there is no record
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            flush()
        os._exit(code)


def settle(parent: int) -> None:
    """Leave the zygote's session and signals, and be ended with it; be a lesser load than the kernel."""
    os.setsid()
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(NICE)
    adjust("autogroup", NICE)  # with sessions scheduled as groups, nice counts only within one's own
    adjust("oom_score_adj", OOM_SCORE)  # when memory runs out, the system is to end jobs before kernels


def adjust(setting: str, value: int) -> None:
    """Set one of this process's settings in ``/proc``, where there is such a setting."""
    with suppress(OSError):
        fd = os.open(f"/proc/self/{setting}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, str(value).encode())
        finally:
            os.close(fd)


def make_ready(shell: CellShell) -> None:
    """All that can be done before there is an order.

    The rehearsal touches what an attempt will touch: a fork's first touch of each page costs about a microsecond, and
    there are hundreds of them.
    """
    streams.install()
    faulthandler.enable(2)
    sys.argv = [""]
    enter(shell)
    hidden.refresh()
    for event in ("pre_execute", "post_execute"):
        shell.events.trigger(event)
    cell.run("rehearsal = 0", {}, "<spare>")
    record = ResultRecord(key="", end="succeeded", outputs={"x": Values("").dump(0)})
    msgspec.msgpack.encode(with_usage(record))


def receive(channel: socket.socket) -> AttemptOrder:
    """The order, and with it the attempt's lock; end quietly if the zygote has no more use for this spare.

    The descriptor of the lock is left open on purpose: it is held for as long as this process lives.
    """
    data, fds, _, _ = socket.recv_fds(channel, 1 << 16, 1)
    body = bytearray(data)
    while body and len(body) < LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES]):
        more = channel.recv(1 << 20)
        if not more:
            body.clear()
        body += more
    if not body:
        os._exit(0)
    for fd in fds:
        os.set_inheritable(fd, False)
    return _decode(memoryview(body)[LENGTH_BYTES:])


class Child:
    """One attempt, inside its process."""

    def __init__(self, order: AttemptOrder, shell: CellShell, channel: socket.socket) -> None:
        self.order, self.shell, self.channel = order, shell, channel
        self.folder = Path(order.folder)
        self.values = Values(order.store, order.key, order.room, PATIENCE)
        self.namespace: dict[str, Any] = shell.user_ns
        self.own = frozenset(self.namespace)
        self.work = Work(order, self.namespace, self.values, self.bring, self.keep, Watch(self.values))
        self.offered = Offered(order.offered, self.namespace, self.ask)

    def run(self) -> int:
        """Carry out the order; the exit status is for people with ``ps``, nobody relies on it."""
        tree.wear(self.order.key)
        try:
            self.prepare()
        except Exception as error:
            record = self.work.failed(error)
        else:
            tell(self.channel, READY)
            record = self.attempt()
        flush()
        try:
            write_record(self.folder, with_usage(record))
        except OSError as error:
            tell(self.channel, TROUBLE + str(error).encode())
            return 1
        tell(self.channel, DONE)
        if self.work.cause is not None:
            self.keep_stack(self.work.cause)
        atexit._run_exitfuncs()
        return 0 if record.end == "succeeded" else 1

    def keep_stack(self, error: BaseException) -> None:
        """Leave for the debugger where *error* was raised; the attempt has ended by now, whatever becomes of this."""
        if self.order.step is None and not self.order.judged:
            keeping.keep(self.order, error, self.namespace, self.own)

    def prepare(self) -> None:
        """Streams, environment, path, displays: what a cell may take for granted."""
        for name, fd in ((OUT, 1), (ERR, 2)):
            file = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(file, fd)
            os.close(file)
        os.environ.update(self.order.env)
        os.environ.update(current.environment(self.order))
        sys.path[:0] = [*self.order.path, str(Path(self.order.store).parent)]
        Path(os.environ["NBFLOW_OUTPUT_DIR"]).mkdir(parents=True, exist_ok=True)
        record = DisplayFile(self.folder, flush=streams.turns.flush)
        self.shell.record_to(record)
        streams.turns.turned = record.turned

    def attempt(self) -> ResultRecord:
        """Inputs, cell, outputs; whatever goes wrong on the way is the record's reason."""
        try:
            os.chdir(self.order.cwd)
            hidden.begin()
            if self.order.judged:
                return self.judged()
            if self.order.offered:
                self.offered.install()
            asking = current.begin(self.order, self.values)
            if self.order.step is None:
                progress_bars.listen(asking.progress)
            made = self.work.run(self.script if self.order.bash else self.cell)
            return asking.told(self.work.kept(made), made)
        except BaseException as error:
            return self.work.failed(error)

    def judged(self) -> ResultRecord:
        """Ask a group's policy."""
        from nbflow.engine.attempt import judging

        self.work.load([judging.POLICY])
        return judging.judged(self.order, lambda: self.namespace[judging.POLICY])

    def bring(self, name: str, given: Given) -> None:
        found = take(self.values, given, self.namespace, self.work.stand_in)
        if is_hidden(name):
            hidden.put(name, found, self.order.job)
        else:
            self.namespace[name] = found

    def ask(self, name: str) -> Any:
        """Have an offered variable in the namespace: the body asks for it."""
        self.work.ask(name)
        return self.namespace[name]

    def keep(self, name: str, value: Any) -> ValueRef:
        return self.values.dump(value, name=name)

    def cell(self) -> None:
        """Run the body; ``sys.exit(0)`` is an end like another."""
        order = self.order
        self.shell.events.trigger("pre_execute")
        if order.memory is not None:
            allowance.bound(order.memory)
        if order.offered:
            self.offered.reach(order.code or order.source)
        try:
            cell.run(order.code or order.source, self.namespace, self.work.filename, order.source)
        except SystemExit as error:
            if failures.exit_code(error):
                raise
        finally:
            if order.memory is not None:
                allowance.lift()
            self.shell.events.trigger("post_execute")

    def script(self) -> None:
        """Run the body with bash."""
        from nbflow.engine.attempt import bash

        names = (*self.order.inputs, *self.order.absent)
        bash.run(self.order, {name: self.namespace[name] for name in names if name in self.namespace})


def with_usage(record: ResultRecord) -> ResultRecord:
    """*record* with what the process has used so far."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return msgspec.structs.replace(
        record,
        peak_memory=max(own.ru_maxrss, ended.ru_maxrss) * 1024,
        cpu_seconds=own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime,
    )


def tell(channel: socket.socket, word: bytes) -> None:
    """Tell the zygote, if the cell's code has left us the means; it finds out by itself otherwise."""
    with suppress(OSError):
        channel.send(word)


def flush() -> None:
    """Empty Python's and C's buffers."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # the cell may have closed or replaced it
            stream.flush()
    _libc.fflush(None)
