"""The process that attempts are forked from: single-threaded, all imports done, supervisor of its children.

``python -P -m nbflow.engine.attempt.zygote FD``: FD is its end of the socket to the engine. When the engine is gone, so
is everything here.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from contextlib import suppress
from pathlib import Path

from nbflow.engine.attempt import child, shell, tree
from nbflow.engine.attempt.messages import Cancel, Ended, Frames, Ready, Run, Warm, Warmed, frame, to_zygote
from nbflow.engine.attempt.record import ALIVE, AttemptOrder
from nbflow.engine.attempt.supervisor import STARTING, Supervised

SPARES = 2
PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """The loop: orders in, forks out, ends back."""

    def __init__(self, engine: socket.socket) -> None:
        self.engine, self.frames, self.unsent = engine, Frames(), bytearray()
        engine.setblocking(False)
        self.shell = shell.make()
        self.spares: deque[tuple[int, socket.socket]] = deque()
        self.attempts: dict[str, Supervised] = {}
        self.channels: dict[int, Supervised] = {}
        self.poll = select.poll()
        self.wakeup = self._watch_children()
        self.poll.register(engine, select.POLLIN)
        self.open = True

    def _watch_children(self) -> int:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self.poll.register(reader, select.POLLIN)
        return reader

    # --- the loop
    def run(self) -> None:
        """Serve until the engine is gone, then leave nothing behind."""
        self.freeze()
        self.say(Ready())
        while self.open:
            self.turn()
        self.end_all()

    def turn(self) -> None:
        short = len(self.spares) < SPARES
        events = self.poll.poll(0 if short else self.wait())
        if not events and short:
            self.spares.append(self.fork())
        for fd, event in events:
            if fd == self.engine.fileno():
                self.from_engine(event)
            elif fd == self.wakeup:
                self.reap()
            elif fd in self.channels:
                self.from_child(fd)
        now = time.monotonic()
        for attempt in [each for each in self.attempts.values() if each.next_at <= now]:
            if attempt.tick(now):
                self.forget(attempt)

    def wait(self) -> float | None:
        """Milliseconds until an attempt wants attention; None if none ever does."""
        first = min((attempt.next_at for attempt in self.attempts.values()), default=float("inf"))
        return None if first == float("inf") else max(0.0, (first - time.monotonic()) * 1000 + 1)

    # --- engine
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
            match to_zygote(body):
                case Run(order):
                    self.start(order)
                case Cancel(key, cause):
                    if key in self.attempts:
                        self.attempts[key].cancel(cause, time.monotonic())
                case Warm(modules):
                    self.warm(modules)

    def say(self, message: Ready | Warmed | Ended) -> None:
        self.unsent += frame(message)
        self.send()

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

    def warm(self, modules: tuple[str, ...]) -> None:
        """Import *modules*; spares made before do not have them, so they go."""
        failed: dict[str, str] = {}
        for name in modules:
            try:
                importlib.import_module(name)
            except BaseException as error:
                traceback.print_exc()
                failed[name] = f"{type(error).__name__}: {error}"
        self.freeze()
        while self.spares:
            self.spares.pop()[1].close()
        self.say(Warmed(failed))

    def freeze(self) -> None:
        """Keep the collector off everything so far: children would copy the pages it touches."""
        gc.collect()
        gc.freeze()

    # --- attempts
    def start(self, order: AttemptOrder) -> None:
        lock = self.lock(order)
        if lock is None:
            return
        pid, channel = self.spares.popleft() if self.spares else self.fork()
        now = time.monotonic()
        attempt = Supervised(order, pid, channel, lambda report: self.say(Ended(report)), next_at=now + STARTING)
        self.attempts[order.key] = attempt
        self.channels[channel.fileno()] = attempt
        self.poll.register(channel, select.POLLIN)
        with suppress(OSError):
            data = frame(order)
            sent = socket.send_fds(channel, [data], [lock])
            channel.sendall(data[sent:])
        os.close(lock)

    def lock(self, order: AttemptOrder) -> int | None:
        """The attempt's lock, held; None if the attempt was given up before it began."""
        fd = os.open(Path(order.folder) / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return None
        return fd

    def fork(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self.leave(ours)
            child.wait_and_run(theirs, self.shell, parent)
        theirs.close()
        return pid, ours

    def leave(self, ours: socket.socket) -> None:
        """In the child: drop what is the zygote's."""
        ours.close()
        self.engine.close()
        os.close(self.wakeup)
        for _, channel in self.spares:
            channel.close()
        for attempt in self.attempts.values():
            attempt.channel.close()

    def from_child(self, fd: int) -> None:
        attempt = self.channels[fd]
        try:
            words = attempt.channel.recv(16)
        except OSError:
            words = b""
        now = time.monotonic()
        if child.READY in words:
            attempt.ready(now)
        if child.DONE in words:
            attempt.done(now)
        if not words:
            self.poll.unregister(fd)
            del self.channels[fd]

    def reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self.wakeup, 4096)
        by_pid = {attempt.pid: attempt for attempt in self.attempts.values()}
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                by_pid[pid].exited(status, usage, time.monotonic())

    def forget(self, attempt: Supervised) -> None:
        fd = attempt.channel.fileno()
        if self.channels.pop(fd, None) is not None:
            self.poll.unregister(fd)
        attempt.channel.close()
        del self.attempts[attempt.order.key]

    def end_all(self) -> None:
        """The engine is gone: kill until nothing of any attempt is left."""
        tags = {attempt.tag for attempt in self.attempts.values()}
        pids = {attempt.pid for attempt in self.attempts.values()} | {pid for pid, _ in self.spares}
        until = time.monotonic() + 10
        while time.monotonic() < until:
            tree.send(pids, signal.SIGKILL)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            pids = set(tree.tagged(tags))
            if not pids:
                return


def main() -> None:
    """Become the zygote."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Zygote(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
