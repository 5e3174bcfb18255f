"""The engine: loop, executors and server of one store on one asyncio loop, with its clock and timers."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from nbflow.core.event import Event
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.cache import Cache
from nbflow.engine.collecting import GRACE, Collected, Collector
from nbflow.engine.connection import Connection
from nbflow.engine.executors.kernel import KernelExecutor
from nbflow.engine.executors.process import ProcessExecutor
from nbflow.engine.foresight import foresee
from nbflow.engine.hooks import Hooks
from nbflow.engine.lookups import Lookups
from nbflow.engine.loop import Loop
from nbflow.engine.server import Server
from nbflow.engine.shelf import Shelf
from nbflow.engine.store import Store
from nbflow.engine.wire import Foresee, Reply
from nbflow.errors import NbflowError, StoreError

_log = logging.getLogger(__name__)
_KERNEL_SLOTS = 8
_CLAIM_PATIENCE = 5.0
_STOP_PATIENCE = 6.0
_SYNC_EVERY = 1.0
_IDLE = 5.0
_clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_DAY = 86_400.0


class SteadyClock:
    """Seconds since the epoch as the wall clock had them at the start, counted on by a clock that nobody sets.

    Args:
        last_at: the last instant an earlier engine wrote down. Where the wall clock was set back since, by less than a
            day, time goes on from there: a wait that is under way does not become longer.

    >>> clock = SteadyClock(time.time() + 3600)
    >>> 3599 < clock() - time.time() <= 3601
    True
    """

    def __init__(self, last_at: float = 0.0) -> None:
        wall = time.time()
        start = last_at if wall < last_at < wall + _DAY else wall
        self._epoch = start - time.clock_gettime(_clock)

    def __call__(self) -> float:
        return self._epoch + time.clock_gettime(_clock)


class Engine:
    """Everything wired together.

    Args:
        store: the log, open.
        token: what clients must present.
    """

    def __init__(self, store: Store, token: bytes) -> None:
        self._store = store
        self._asyncio = asyncio.get_running_loop()
        self._due: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._alone_since: float | None = None
        self._idle = float(os.environ.get("NBFLOW_IDLE", _IDLE))
        self._unsynced: set[str] = set()
        self._dirty = False
        self._calm = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = Loop(store, now=SteadyClock(store.last_at()), draw=random.random, tell=self._tell, stir=self._stir)
        self._cache = Cache(store.path)
        self._loop.spared = self._cache.files
        self._loop.lookups = Lookups(
            self._cache,
            Shelf(store.path),
            str(store.path),
            now=self._loop.now,
            background=self._in_background,
            found=self._loop.found,
        )
        self._process = ProcessExecutor(self._ended, store.path)
        self._kernels = KernelExecutor(self._ended, lambda key: self._server.route(key))
        self._server = Server(self._loop, self._kernels, token, self._warm)
        slots = max(2, os.cpu_count() or 2)
        self._loop.add_executor("process", self._process, slots, self._recover)
        self._loop.add_executor("kernel", self._kernels, _KERNEL_SLOTS, self._kernels.recover)
        self._hooks = Hooks(self._loop, self._in_background)
        self._server.hooks, self._server.telling = self._hooks.set, self._hooks.pending
        self._collector = Collector(self._loop)
        self._server.foresee = lambda connection, asked: self._in_background(self._foresee_for(connection, asked))
        self._server.collect = lambda connection, ref: self._in_background(self._collect_for(connection, ref))

    async def run(self, listener: socket.socket, ready: Callable[[], None]) -> str:
        """Serve on *listener* until there is a reason to end; returns it. *ready* is called when clients are heard."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._asyncio.add_signal_handler(number, self._server.stopping.set)
        server = await self._asyncio.create_unix_server(lambda: Connection(self._server), sock=listener)
        ready()
        if self._server.trusted:
            self._server.resume()
        self._asyncio.call_later(_CLAIM_PATIENCE, self._kernels.give_up)
        why = await self._until_the_end()
        if self._server.stops:
            await self._stop()
        server.close()
        await self._close()
        return why

    async def farewell(self, why: str) -> None:
        """Tell all clients that the engine has ended, and hang up."""
        self._server.farewell(why)
        await asyncio.sleep(0)

    # --- turns
    def _stir(self) -> None:
        if self._due is None:
            self._due = self._asyncio.call_soon(self._turn)

    def _turn(self) -> None:
        self._due = None
        try:
            wake_at = self._loop.turn()
        except Exception as error:
            self._give_up(error)
        if self._timer:
            self._timer.cancel()
        delay = max(0.0, wake_at - self._loop.now()) if wake_at is not None else None
        self._timer = self._asyncio.call_later(delay, self._stir) if delay is not None else None
        if not self._loop.underway:
            self._calm.set()

    def _give_up(self, error: BaseException) -> NoReturn:
        """An engine that no longer knows what it did must not go on: the next one replays the log."""
        _log.error("the engine ends", exc_info=error)
        os._exit(70)

    def _tell(self, run: int, first: int, events: Sequence[Event]) -> None:
        self._dirty = True
        self._server.tell(run, first, events)

    def _ended(self, report: AttemptReport) -> None:
        """An executor reports. Where power may fail, its values are carried to the disk before anybody is told."""
        files = {ref.file for ref in report.outputs.values() if ref.file}
        if self._store.durable == "power" and files:
            self._in_background(self._keep(report, files))
        else:
            self._unsynced |= files
            self._loop.ended(report)

    async def _keep(self, report: AttemptReport, files: set[str]) -> None:
        while True:
            try:
                await asyncio.to_thread(self._store.sync_values, files)
                break
            except OSError as error:
                _log.warning("values cannot be carried to the disk yet: %s", error)
                await asyncio.sleep(_SYNC_EVERY)
        self._loop.ended(report)

    # --- once a second, and the end
    async def _until_the_end(self) -> str:
        """Wait until there is a reason to end, and give it. Once a second, carry what is new to the disk."""
        pause = min(_SYNC_EVERY, max(self._idle / 2, 0.05))
        while not self._server.stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._server.stopping.wait(), pause)
            if not self._store.there:
                return "ended, as somebody removed its store"
            if self._dirty:
                await self._sync()
            self._hooks.look()
            if self._collector.due():
                await self._collect(0.0 if self._collector.wanted else GRACE)
            if self._alone_for() >= self._idle:
                await self._collect(0.0)
            if self._alone_for() >= self._idle:  # nobody has come meanwhile
                return "ended, as it had nothing to do"
        return "was stopped"

    async def _sync(self) -> None:
        files, self._unsynced, self._dirty = self._unsynced, set(), False
        try:
            await asyncio.to_thread(self._store.sync, files)
        except StoreError as error:
            _log.warning("%s", error)
            self._unsynced |= files
            self._dirty = True

    async def _collect(self, grace: float) -> Collected:
        """Sweep useless values of a store that is ours; where that cannot be done, it is for next time."""
        if self._server.trusted:
            try:
                return await self._collector.collect(grace)
            except (StoreError, OSError) as error:
                _log.warning("values cannot be collected: %s", error)
        return Collected()

    async def _collect_for(self, connection: Connection, ref: int) -> None:
        done = await self._collect(0.0)
        connection.send(Reply(ref=ref, count=done.swept, freed=done.freed, left=done.left, kept=done.kept))

    def _alone_for(self) -> float:
        """How long, in seconds, nobody has been there and nothing was left to do."""
        if self._server.attended or not self._loop.quiet or self._hooks.busy:
            self._alone_since = None
            return 0.0
        now = time.monotonic()
        if self._alone_since is None:
            self._alone_since = now
        return now - self._alone_since

    async def _stop(self) -> None:
        """A person's stop: whatever has not ended is cancelled, and seen to have ended."""
        for run in list(self._loop.runs):
            self._server.cancel_all(run)
        self._calm.clear()
        self._stir()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._calm.wait(), _STOP_PATIENCE)

    async def _close(self) -> None:
        """End all attempts. After a stop the log says so; after a signal the next engine finds them lost."""
        await self._process.close()
        await self._kernels.close()
        if self._server.stops:
            for key in list(self._loop.underway):
                self._loop.ended(AttemptReport(key=key, end="cancelled", reason=Reason("cancelled", "engine stopped")))
            self._turn()

    def _warm(self, modules: Sequence[str]) -> None:
        try:
            self._process.warm(tuple(modules))
        except (OSError, NbflowError) as error:
            _log.warning("the process executor cannot be warmed: %s", error)  # its attempts will say so, too

    def _recover(self, keys: Sequence[str]) -> None:
        self._in_background(self._process.recover(keys))

    async def _foresee_for(self, connection: Connection, asked: Foresee) -> None:
        """Look what would become of the jobs *asked* about, and answer."""
        live = self._loop.runs.get(asked.run)
        if live is None or self._loop.lookups is None:
            connection.send(Reply(ref=asked.ref, error="EngineError", message=f"run {asked.run} is not open"))
            return
        try:
            found = await foresee(self._loop.lookups, live, asked.jobs)
        except Exception as error:  # nobody's run is to end because a look ahead could not be taken
            _log.error("no look ahead", exc_info=error)
            connection.send(Reply(ref=asked.ref, error="EngineError", message=f"no look ahead ({error})"))
            return
        connection.send(Reply(ref=asked.ref, foreseen=found))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._give_up(error)
