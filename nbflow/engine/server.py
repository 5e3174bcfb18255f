"""The engine's face: a private socket, who may speak on it, and what each message does to the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import assert_never

from nbflow.core.event import CancelRequested, Event
from nbflow.core.glance import Jobs
from nbflow.core.light import span
from nbflow.core.project import verdict
from nbflow.engine.collecting import check_there
from nbflow.engine.connection import Connection
from nbflow.engine.executors.kernel import KernelExecutor
from nbflow.engine.frames import pack_events
from nbflow.engine.live import LiveRun
from nbflow.engine.loop import Loop
from nbflow.engine.store import RunRow
from nbflow.engine.trust import trusted
from nbflow.engine.wire import (
    Ask,
    Collect,
    Configure,
    Declare,
    Foresee,
    Goodbye,
    Hello,
    Open,
    Opened,
    Read,
    Reply,
    Report,
    RunInfo,
    Runs,
    Stop,
    ToEngine,
)
from nbflow.errors import EngineError, NbflowError, StoreError

CHECKING = ("pydantic",)
"""What attempts need to check the types of their inputs: slow to import, so it is done ahead once a job has some."""
_log = logging.getLogger(__name__)


class Server:
    """All connections of one engine.

    Args:
        loop: what runs the jobs.
        kernels: the executor that runs attempts in clients.
        token: what a client must present.
        warm: takes the modules that sessions would like imported beforehand.
    """

    def __init__(
        self, loop: Loop, kernels: KernelExecutor, token: bytes, warm: Callable[[Sequence[str]], None]
    ) -> None:
        self.loop, self.kernels, self.token, self.warm = loop, kernels, token, warm
        self.connections: list[Connection] = []
        self.leaving: dict[int, str] = {}
        """Runs whose jobs are to be cancelled when their last kernel goes: id -> ``cancel``."""
        self._infos: dict[int, tuple[int, RunInfo]] = {}
        """Runs that are not in memory -> their number of events, and what is told of them."""
        self.stops: list[tuple[Connection, int]] = []
        """Who asked for the engine's end."""
        self.stopping: asyncio.Event = asyncio.Event()
        self.trusted = trusted(loop.store.path)
        self.collect: Callable[[Connection, int], None] = lambda _connection, _ref: None
        """Sweeps values, then answers."""
        self.hooks: Callable[[int, Sequence[str]], None] = lambda _run, _hooks: None
        """Takes what is to tell people of a run."""
        self.telling: Callable[[int], bool] = lambda _run: False
        """Whether people are yet to be told of a run."""
        self.foresee: Callable[[Connection, Foresee], None] = lambda _connection, _message: None
        """Looks what would become of jobs, then answers."""
        loop.dispatch.reachable = self.reachable

    # --- what the loop asks
    def tell(self, run: int, first: int, events: Sequence[Event]) -> None:
        """Push committed events to those who follow the run."""
        followers = [connection for connection in self.connections if run in connection.follows]
        for frame in pack_events(run, first, events) if followers else ():
            for connection in followers:
                connection.write(frame)

    def reachable(self, run: int, executor: str) -> bool:
        """An untrusted store runs nothing; the kernel executor needs a kernel."""
        return self.trusted and (executor != "kernel" or self.kernel_of(run) is not None)

    def kernel_of(self, run: int) -> Connection | None:
        """The attached client that opened *run* last."""
        following = [each for each in self.connections if each.attached and run in each.follows]
        return max(following, key=lambda each: each.follows[run], default=None)

    def route(self, key: str) -> Connection | None:
        """The kernel for the attempt *key*."""
        under = self.loop.underway.get(key)
        return self.kernel_of(under.run) if under else None

    @property
    def attended(self) -> bool:
        """Somebody is there, or about to be."""
        return any(each.attached or not each.welcome for each in self.connections)

    # --- connections
    def joined(self, connection: Connection) -> None:
        """*connection* was made; nothing is known of it yet."""
        self.connections.append(connection)

    def lost(self, connection: Connection) -> None:
        """*connection* is gone."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        self.kernels.gone(connection)
        for run in connection.follows:
            if connection.attached and self.kernel_of(run) is None and self.leaving.get(run) == "cancel":
                self.cancel_all(run)
            if not any(run in each.follows for each in self.connections) and not self.telling(run):
                self.loop.forget(run)
        self.loop.stir()

    def cancel_all(self, run: int) -> None:
        """Cancel every job of *run* that has not ended; those held stay so."""
        live = self.loop.runs[run]
        self.loop.ask(
            run,
            [
                CancelRequested(at=0.0, job=name, generation=job.generation)
                for name, job in live.run.jobs.items()
                if not job.status.ended and not job.held
            ],
        )

    # --- messages
    def take(self, connection: Connection, message: ToEngine) -> None:
        """Do what *message* asks, and answer."""
        try:
            self._take(connection, message)
        except NbflowError as error:
            ref = 0 if isinstance(message, Hello) else message.ref
            connection.send(Reply(ref=ref, error=type(error).__name__, message=str(error)))

    def _take(self, connection: Connection, message: ToEngine) -> None:
        match message:
            case Hello():
                raise EngineError("a second hello on one connection")
            case Open():
                self._open(connection, message)
            case Read():
                self._read(connection, message)
            case Runs(ref=ref, flow=flow):
                connection.send(Reply(ref=ref, runs=tuple(self._info(row) for row in self.loop.store.runs(flow))))
            case Configure():
                self._configure(message)
                self._answer(connection, message.ref)
            case Declare(run=run, jobs=jobs, groups=groups):
                self._writable(run)
                check_there(self.loop.store.path, (jobs, groups))
                self.loop.declare(run, jobs, groups)
                if any(spec.types for spec in jobs):
                    self.warm(CHECKING)
                self._answer(connection, message.ref, len(jobs))
            case Ask(run=run, requests=requests):
                self._writable(run)
                check_there(self.loop.store.path, requests)
                self._answer(connection, message.ref, self.loop.ask(run, requests))
            case Report(ref=ref, report=report):
                self.kernels.reported(connection, report)
                self._answer(connection, ref)
            case Collect(ref=ref):
                self.collect(connection, ref)
            case Foresee():
                self.foresee(connection, message)
            case Stop(ref=ref):
                self.stops.append((connection, ref))
                self.stopping.set()
            case _:
                assert_never(message)

    def _answer(self, connection: Connection, ref: int, count: int = 0) -> None:
        """Reply once all that was taken is in the log and told."""
        self.loop.answer(lambda: connection.send(Reply(ref=ref, count=count)))

    def _open(self, connection: Connection, message: Open) -> None:
        live = self._find(message)
        if self.trusted and connection.attached and message.cwd and live.cwd != message.cwd:
            live.cwd = message.cwd
            self.loop.store.move_run(live.row.id, message.cwd)
        self.kernels.claim(connection, message.running)
        if self.trusted:
            self.warm(())
        self.loop.answer(lambda: self._opened(connection, message.ref, live))

    def _opened(self, connection: Connection, ref: int, live: LiveRun) -> None:
        """Send the run so far; from here on its events follow as they are committed."""
        try:
            self._send_run(connection, ref, self._describe(live))
        except StoreError as error:
            connection.send(Reply(ref=ref, error="StoreError", message=str(error)))
            return
        connection.follows[live.row.id] = self._age()
        self.loop.stir()

    def _read(self, connection: Connection, message: Read) -> None:
        rows = self.loop.store.runs(message.flow)
        found = next((row for row in rows if row.number == message.number), None)
        if found is None:
            raise _no_run(message.flow, message.number, rows)
        info = self._info(found)
        self.loop.answer(lambda: self._send_run(connection, message.ref, info))

    def _send_run(self, connection: Connection, ref: int, info: RunInfo) -> None:
        """Send a run as it stands in the log."""
        events = self.loop.store.events(info.run)
        connection.send(Opened(ref=ref, info=info, total=len(events)))
        for frame in pack_events(info.run, 1, events):
            connection.write(frame)

    def _age(self) -> int:
        return 1 + max((max(each.follows.values(), default=0) for each in self.connections), default=0)

    def _find(self, message: Open) -> LiveRun:
        rows = self.loop.store.runs(message.flow)
        if message.number < 0 or (not rows and message.number == 0):
            self._may_write()
            return self.loop.open_run(message.flow, message.cwd)
        found = rows[-1] if message.number == 0 else next((r for r in rows if r.number == message.number), None)
        if found is None:
            raise _no_run(message.flow, message.number, rows)
        live = self.loop.load(found)
        if self._may_run():
            self.loop.resume(found)
        return live

    def _configure(self, message: Configure) -> None:
        if message.slots is not None:
            self.loop.dispatch.slots["process"] = max(1, message.slots)
        if message.durable in ("process", "power"):
            self.loop.store.set_durable(message.durable)  # type: ignore[arg-type]
        if message.on_kernel_exit is not None:
            self.leaving[message.run] = message.on_kernel_exit
        if message.limits is not None and message.run in self.loop.runs and self._may_run():
            self.loop.limit(message.run, message.limits)
        if message.notify is not None and self._may_run():
            self.hooks(message.run, message.notify)
        if self.loop.lookups is not None and message.cache is not None:
            self.loop.lookups.cache.bound(*message.cache)
        if message.modules and self._may_run():
            self.warm(message.modules)

    def _may_run(self) -> bool:
        """Whether the store is trusted; asked again, as a person may have trusted it meanwhile."""
        if not self.trusted and trusted(self.loop.store.path):
            self.trusted = True
            self.resume()
        return self.trusted

    def resume(self) -> None:
        """Take up every run that may have something left to do; one that cannot be read is left alone."""
        for row in self.loop.store.unsettled():
            try:
                self.loop.resume(row)
            except StoreError as error:
                _log.error("%s", error)

    def _may_write(self) -> None:
        if not self._may_run():
            raise StoreError(
                f"{self.loop.store.path} was not made by you here, so its jobs do not run: %nbflow trust takes it over"
            )
        if self.loop.stuck:
            raise StoreError(f"the disk of {self.loop.store.path} is full: free some space, then try again")

    def _writable(self, run: int) -> None:
        self._may_write()
        if run not in self.loop.runs:
            raise EngineError(f"run {run} is not open: open it first")

    def _info(self, row: RunRow) -> RunInfo:
        """What is told of a run; of one that is not in memory it is put together once."""
        if row.id in self.loop.runs:
            return self._describe(self.loop.runs[row.id])
        length, info = self._infos.get(row.id, (0, None))
        if info is None or length != self.loop.store.length(row.id):
            live = self.loop.load(row)
            self._infos[row.id] = live.run.seq, (info := self._describe(live))
            self.loop.runs.pop(row.id)
        return info

    def _describe(self, live: LiveRun) -> RunInfo:
        counts: dict[str, int] = {}
        for job in live.run.jobs.values():
            counts[job.status.value] = counts.get(job.status.value, 0) + 1
        row, (began_at, ended_at) = live.row, span(Jobs(live.run))
        return RunInfo(
            run=row.id,
            flow=row.flow,
            number=row.number,
            started_at=row.opened_at,
            verdict=verdict(live.run).value,
            counts=counts,
            began_at=began_at,
            ended_at=ended_at,
        )

    def farewell(self, why: str) -> None:
        """Tell everybody that the engine ends on purpose, and those who asked for it that it has."""
        for connection, ref in self.stops:
            connection.send(Reply(ref=ref))
        for connection in list(self.connections):
            connection.send(Goodbye(why=why))
            connection.close()


def _no_run(flow: str, number: int, rows: Sequence[RunRow]) -> StoreError:
    return StoreError(f"flow {flow!r} has no run {number}: it has {len(rows)}")
