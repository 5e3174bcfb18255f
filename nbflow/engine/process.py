"""The engine as a process: its lock, its socket, its clock, its timers, and how it ends."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nbflow.engine.executors.kernel import KernelExecutor
from nbflow.engine.executors.process import ProcessExecutor
from nbflow.engine.locate import LOCK, published, socket_path
from nbflow.engine.loop import Loop
from nbflow.engine.server import Connection, Server
from nbflow.engine.store import Store
from nbflow.errors import NbflowError

_log = logging.getLogger(__name__)
KERNEL_SLOTS = 8
_SYNC_EVERY = 1.0
_IDLE = 5.0


def run_engine(arguments: Sequence[str]) -> None:
    """Run the engine of a store until it is told to stop, or has nothing to do and nobody attached."""
    parser = argparse.ArgumentParser(prog="python -m nbflow.engine")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--tell", type=int, default=-1)
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.WARNING)
    with locked(options.store) as alone:
        if not alone:
            _say(options.tell, "taken")
            return
        try:
            asyncio.run(_serve(options.store, options.tell))
        except NbflowError as error:
            _log.error("%s", error)
            _say(options.tell, f"{type(error).__name__}:{error}")


@contextmanager
def locked(store: Path) -> Iterator[bool]:
    """Hold the store's lock for the block; gives False if another engine has it."""
    descriptor = os.open(store / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _say(tell: int, word: str) -> None:
    """Tell whoever started this engine how that went; it may be gone."""
    if tell >= 0:
        with suppress(OSError):
            os.write(tell, word.encode())
            os.close(tell)


def steady_clock() -> float:
    """Seconds since the epoch as they were at the start, counted on by a clock that nobody sets; sleep counts too."""
    return _started_at + time.clock_gettime(_clock)


_clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_started_at = time.time() - time.clock_gettime(_clock)


async def _serve(path: Path, tell: int) -> None:
    store = Store(path)
    engine = Engine(store)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    where = socket_path()
    try:
        listener.bind(where)
        Path(where).chmod(0o600)
        with published(path, where) as address:
            await engine.run(listener, address.token, lambda: _say(tell, "ready"))
    finally:
        Path(where).unlink(missing_ok=True)
        listener.close()
        store.close()


class Engine:
    """Loop, executors and server of one store, wired together on one asyncio loop."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._asyncio = asyncio.get_running_loop()
        self._due: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._alone_since: float | None = None
        self.idle = float(os.environ.get("NBFLOW_IDLE", _IDLE))
        self.loop = Loop(store, now=steady_clock, draw=random.random, tell=lambda *_: None, stir=self._stir)
        self.process = ProcessExecutor(self.loop.ended, store.path)
        self.kernels = KernelExecutor(self.loop.ended, lambda key: self.server.route(key))
        self.loop.add_executor("process", self.process, max(2, os.cpu_count() or 2))
        self.loop.add_executor("kernel", self.kernels, KERNEL_SLOTS)

    async def run(self, listener: socket.socket, token: bytes, ready: Callable[[], None]) -> None:
        """Serve on *listener* until the end."""
        self.server = Server(self.loop, self.kernels, token, lambda modules: self.process.warm(tuple(modules)))
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._asyncio.add_signal_handler(name, self.server.stopping.set)
        if self.server.trusted:
            for row in self.store.unsettled():
                self.loop.resume(row)
        server = await self._asyncio.create_unix_server(lambda: Connection(self.server), sock=listener, backlog=128)
        ready()
        async with server:
            await self._until_the_end()
            server.close()
            self.server.farewell()
        await self.process.close()
        await self.kernels.close()

    async def _until_the_end(self) -> None:
        while not self.server.stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.server.stopping.wait(), min(_SYNC_EVERY, max(self.idle / 2, 0.05)))
            if self._idle_for() >= self.idle:
                return

    def _idle_for(self) -> float:
        if self.server.attended or not self.loop.quiet:
            self._alone_since = None
            return 0.0
        now = time.monotonic()
        self._alone_since = self._alone_since or now
        return now - self._alone_since

    def _stir(self) -> None:
        if self._due is None:
            self._due = self._asyncio.call_soon(self._turn)

    def _turn(self) -> None:
        self._due = None
        wake_at = self.loop.turn()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if wake_at is not None:
            self._timer = self._asyncio.call_later(max(0.0, wake_at - self.loop.now()), self._stir)
