"""The process that attempts are forked from: single-threaded, all imports done, supervisor of its children.

``python -P -m nbflow.engine.attempt.zygote FD``: FD is its end of the socket to the engine. When the engine is gone, so
is everything here.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from resource import struct_rusage

from msgspec.structs import replace

from nbflow.core.status import Reason
from nbflow.engine.attempt import child, lock, logs, modules, noted, recovery, shell, tree
from nbflow.engine.attempt.allowance import Allowances
from nbflow.engine.attempt.memory import Watch
from nbflow.engine.attempt.messages import Cancel, Ended, Frames, Ready, Run, Warm, frame, to_zygote
from nbflow.engine.attempt.nursery import Nursery
from nbflow.engine.attempt.patterns import Question, Search
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.attempt.supervisor import Supervised

HANDING_OVER = 10.0
"""Seconds that a child may take to read its order."""
ENDING = 30.0
"""Seconds after which the zygote goes although something refuses to be killed."""
PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """The loop: orders in, forks out, ends back."""

    def __init__(self, engine: socket.socket) -> None:
        self.engine, self.frames, self.unsent = engine, Frames(), bytearray()
        engine.setblocking(False)
        self.shell = shell.make()
        self.nursery = Nursery(self.leave, lambda channel, parent: child.wait_and_run(channel, self.shell, parent))
        self.attempts: dict[int, Supervised] = {}  # by the child's pid
        self.channels: dict[int, tuple[Supervised, socket.socket]] = {}  # by descriptor
        self.poll = select.poll()
        self.wakeup, self.waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.hear_signals()
        self.poll.register(self.wakeup, select.POLLIN)
        self.poll.register(engine, select.POLLIN)
        self.memory, self.look_at = Watch(), 0.0
        self.allowances = Allowances()
        self.searches: dict[int, tuple[Search, AttemptReport]] = {}  # by the pid of each process that looks
        self.open, self.unswept = True, False

    def hear_signals(self) -> None:
        """Be woken by a child's end, and by nothing else."""
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.waker, warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until the engine is gone, then leave nothing behind."""
        while self.open:
            self.turn()
        self.end_all()

    def turn(self) -> None:
        """One turn of the loop. A missing spare is forked only when there is nothing else to do."""
        events = self.poll.poll(self.wait())
        if not events and self.nursery.due_in() <= 0:
            self.nursery.add()
        for fd, event in events:
            if fd == self.engine.fileno():
                self.from_engine(event)
            elif fd == self.wakeup:
                self.reap()
            elif fd in self.channels:
                self.from_child(fd)
        self.pass_time(time.monotonic())

    def wait(self) -> float | None:
        """Milliseconds to wait for something to happen; None if there is nothing to do by itself."""
        first = self.nursery.due_in()
        if self.attempts or self.unswept:
            due = min([self.look_at, self.allowances.look_at, *(attempt.next_at for attempt in self.attempts.values())])
            first = min(first, due - time.monotonic())
        return None if first == math.inf else max(0.0, first * 1000 + (first > 0))

    def pass_time(self, now: float) -> None:
        due = [attempt for attempt in self.attempts.values() if attempt.next_at <= now]
        orphans = self.orphans() if due else None
        for attempt in due:
            if attempt.tick(now, orphans):
                self.forget(attempt)
        if now >= self.allowances.look_at:
            self.allowances.look(now, self.orphans() or ())
        if now >= self.look_at and (self.attempts or self.unswept):
            self.look_around(now)

    def look_around(self, now: float) -> None:
        """What is done a few times a second while there are attempts, and until nothing of them is left."""
        self.memory.look()
        cut = [attempt.trim() for attempt in self.attempts.values()]
        self.look_at = now + (logs.SOON if any(cut) else logs.EVERY)
        ours = {attempt.tag for attempt in self.attempts.values()}
        strays = {tag for pid in self.orphans() or () if (tag := tree.worn(pid)) not in ours}
        if any(strays):
            tree.end({tag for tag in strays if tag})
        self.unswept = bool(strays or self.attempts)

    # --- the engine
    def from_engine(self, event: int) -> None:
        if event & select.POLLOUT:
            self.send()
        if not event & (select.POLLIN | select.POLLHUP | select.POLLERR):
            return
        try:
            data = self.engine.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.open = False
        for body in self.frames.feed(data):
            if not self.open:
                return
            match to_zygote(body):
                case Run(order):
                    self.start(order)
                case Cancel(key, cause):
                    self.cancel(key, cause)
                case Warm(names):
                    self.warm(names)

    def cancel(self, key: str, cause: Reason) -> None:
        for attempt in [each for each in self.attempts.values() if each.order.key == key]:
            self.hear_out(attempt)
            attempt.cancel(cause, time.monotonic())

    def say(self, message: Ready | Ended) -> None:
        self.unsent += frame(message)
        self.send()

    def ended(self, report: AttemptReport) -> None:
        self.say(Ended(report))
        self.nursery.relax()

    def failed(self, order: AttemptOrder, report: AttemptReport) -> None:
        """An attempt of which failure rules ask what its log holds: its end is told when that is known."""
        if report.end != "failed":
            self.ended(report)
            return
        search = Search(Question(order.folder, order.patterns, report.traceback), self.leave)
        self.searches |= dict.fromkeys(search.pids, (search, report))
        if not search.pids:
            self.ended(report)

    def searched(self, pid: int, status: int) -> None:
        """A process that looked for a pattern has ended."""
        search, report = self.searches.pop(pid)
        search.ended(pid, status)
        if not search.pids:
            self.ended(replace(report, found=search.found))

    def send(self) -> None:
        """Send what the socket takes; the rest when it takes more."""
        try:
            while self.unsent:
                del self.unsent[: self.engine.send(self.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self.open = False
        self.poll.modify(self.engine, select.POLLIN | (select.POLLOUT if self.unsent else 0))

    def warm(self, names: tuple[str, ...]) -> None:
        """Import *names*, and keep the collector off everything so far: children would copy the pages it touches.

        If one of them starts a thread, this process is not fit to be forked: it says so and takes no orders.
        """
        failed, unfit = modules.load(names)
        for name, why in failed.items():
            print(f"not imported ahead: {name} ({why})", file=sys.stderr)
        self.hear_signals()  # importing may have changed that
        gc.collect()
        gc.freeze()
        self.nursery.is_open = self.open = not unfit
        self.say(Ready(failed, unfit))

    # --- children
    def start(self, order: AttemptOrder) -> None:
        try:
            held = lock.take(order.folder)
            if held is None:
                return  # given up before it began: the engine of that order is gone
            if order.patterns:
                noted.note(order)
            pid, channel = self.nursery.take()
        except OSError as error:
            reason = Reason("executor unavailable", str(error), order.attempt)
            self.ended(AttemptReport(key=order.key, end="failed", reason=reason))
            return
        tell = partial(self.failed, order) if order.patterns else self.ended
        self.attempts[pid] = attempt = Supervised(order, pid, time.monotonic(), tell, self.memory)
        if order.memory is not None:
            self.allowances.watch(attempt, time.monotonic())
        self.channels[channel.fileno()] = attempt, channel
        self.poll.register(channel, select.POLLIN)
        self.hand_over(order, channel, held)

    def hand_over(self, order: AttemptOrder, channel: socket.socket, held: int) -> None:
        """Give a child its order and the attempt's lock. One that cannot take them ends, and that is seen."""
        with suppress(OSError):
            channel.settimeout(HANDING_OVER)
            data = frame(order)
            sent = socket.send_fds(channel, [data], [held])
            channel.sendall(data[sent:])
        channel.setblocking(False)
        os.close(held)

    def leave(self) -> None:
        """In the child: close what is the zygote's."""
        signal.set_wakeup_fd(-1)
        os.close(self.wakeup)
        os.close(self.waker)
        self.engine.close()
        for _, channel in self.channels.values():
            channel.close()

    def from_child(self, fd: int) -> None:
        attempt, channel = self.channels[fd]
        try:
            words = channel.recv(1024)
        except BlockingIOError:
            return
        except OSError:
            words = b""
        said, _, trouble = words.partition(child.TROUBLE)
        if child.READY in said:
            attempt.ready(time.monotonic())
        if child.DONE in said:
            attempt.done(time.monotonic())
        if trouble:
            attempt.unrecorded(trouble.decode(errors="replace"))
        if not words:
            self.hang_up(fd)

    def reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self.wakeup, 4096)
        for pid, status, usage in reaped():
            if pid in self.attempts:
                self.hear_out(self.attempts[pid])
                self.attempts[pid].exited(status, usage, time.monotonic())
            elif pid in self.searches:
                self.searched(pid, status)
            self.nursery.ended(pid)

    def hear_out(self, attempt: Supervised) -> None:
        """What a child has said by now comes before what is done about it."""
        for fd in [fd for fd, (owner, _) in self.channels.items() if owner is attempt]:
            self.from_child(fd)

    def orphans(self) -> set[int] | None:
        """Processes that came to us because their parents ended; None if the system does not tell."""
        ours = tree.children(os.getpid())
        return None if ours is None else ours - self.attempts.keys() - self.nursery.pids - self.searches.keys()

    def hang_up(self, fd: int) -> None:
        self.poll.unregister(fd)
        self.channels.pop(fd)[1].close()

    def forget(self, attempt: Supervised) -> None:
        attempt.trim()
        for fd in [fd for fd, (owner, _) in self.channels.items() if owner is attempt]:
            self.hang_up(fd)
        del self.attempts[attempt.pid]
        self.allowances.forget(attempt)
        self.unswept = True

    def end_all(self) -> None:
        """The engine is gone: kill until nothing of any attempt is left."""
        tags = {attempt.tag for attempt in self.attempts.values()}
        for pid in self.attempts.keys() | self.nursery.pids | self.searches.keys():
            tree.send(pid, signal.SIGKILL)
        until, clean = time.monotonic() + ENDING, 0
        while clean < recovery.SEARCHES and time.monotonic() < until:
            orphans = self.orphans() or set()
            for pid in orphans:
                tree.send(pid, signal.SIGKILL)
            clean = 0 if tree.end(tags) or orphans else clean + 1
            reaped()


def reaped() -> list[tuple[int, int, struct_rusage]]:
    """Every child that has ended, with its wait status and usage."""
    ends = []
    with suppress(ChildProcessError):
        while (end := os.wait4(-1, os.WNOHANG))[0]:
            ends.append(end)
    return ends


def main() -> None:
    """Become the zygote."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    Zygote(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
