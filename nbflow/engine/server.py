"""The engine's face: a private socket, who may speak on it, and what each message does to the loop."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import struct
from collections.abc import Callable, Sequence
from typing import assert_never

from nbflow.core.event import CancelRequested, Event
from nbflow.core.project import project
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.executors.kernel import KernelExecutor
from nbflow.engine.frames import pack, to_engine
from nbflow.engine.loop import LiveRun, Loop
from nbflow.engine.store import RunRow
from nbflow.engine.trust import trusted
from nbflow.engine.wire import (
    FRAME_LIMIT,
    PROTOCOL,
    Ask,
    Committed,
    Configure,
    Declare,
    Goodbye,
    Hello,
    Open,
    Opened,
    Reply,
    Report,
    RunInfo,
    Runs,
    Stop,
    ToClient,
    ToEngine,
    Welcome,
)
from nbflow.errors import EngineError, NbflowError, StoreError

_log = logging.getLogger(__name__)
HELLO_LIMIT = 4096
HELLO_PATIENCE = 5.0
BACKLOG_LIMIT = 4 * FRAME_LIMIT
_CHUNK = 500


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
        self.stopping: asyncio.Event = asyncio.Event()
        self.trusted = trusted(loop.store.path)
        loop.tell = self.tell
        loop.reachable = self.reachable

    # --- what the loop asks
    def tell(self, run: int, first: int, events: Sequence[Event]) -> None:
        """Push committed events to those who follow the run."""
        frame = b""
        for connection in self.connections:
            if run in connection.follows:
                frame = frame or pack(Committed(run=run, first=first, events=tuple(events)))
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
    def lost(self, connection: Connection) -> None:
        """*connection* is gone."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        self.kernels.gone(connection)
        for run in connection.follows:
            if connection.attached and self.kernel_of(run) is None and self.leaving.get(run) == "cancel":
                self.cancel_all(run)
            if not any(run in each.follows for each in self.connections):
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
            case Runs(ref=ref, flow=flow):
                connection.send(Reply(ref=ref, runs=tuple(self._info(row) for row in self.loop.store.runs(flow))))
            case Configure():
                self._configure(message)
                self._answer(connection, message.ref)
            case Declare(run=run, jobs=jobs, groups=groups):
                self._writable(run)
                self.loop.declare(run, jobs, groups)
                self._answer(connection, message.ref, len(jobs))
            case Ask(run=run, requests=requests):
                self._writable(run)
                self._answer(connection, message.ref, self.loop.ask(run, requests))
            case Report(ref=ref, report=report):
                self.kernels.reported(connection, report)
                self._answer(connection, ref)
            case Stop(ref=ref):
                self._answer(connection, ref)
                self.stopping.set()
            case _:
                assert_never(message)

    def _answer(self, connection: Connection, ref: int, count: int = 0) -> None:
        """Reply once all that was taken is in the log and told."""
        self.loop.answer(lambda: connection.send(Reply(ref=ref, count=count)))

    def _open(self, connection: Connection, message: Open) -> None:
        live = self._find(message)
        if connection.attached and message.cwd and live.cwd != message.cwd:
            live.cwd = message.cwd
            self.loop.store.move_run(live.row.id, message.cwd)
        connection.turns += 1
        self.loop.answer(lambda: self._opened(connection, message.ref, live))

    def _opened(self, connection: Connection, ref: int, live: LiveRun) -> None:
        """Send the run so far; from here on its events follow as they are committed."""
        run = live.row.id
        events = self.loop.store.events(run)
        first = tuple(events[:_CHUNK])
        connection.send(Opened(ref=ref, info=self._describe(live), events=first, total=len(events)))
        for start in range(_CHUNK, len(events), _CHUNK):
            part = tuple(events[start : start + _CHUNK])
            connection.send(Committed(run=run, first=start + 1, events=part))
        connection.follows[run] = self._age()
        self.loop.stir()

    def _age(self) -> int:
        return 1 + max((max(each.follows.values(), default=0) for each in self.connections), default=0)

    def _find(self, message: Open) -> LiveRun:
        rows = self.loop.store.runs(message.flow)
        if message.number < 0 or (not rows and message.number == 0):
            self._may_write()
            return self.loop.open_run(message.flow, message.cwd)
        found = rows[-1] if message.number == 0 else next((r for r in rows if r.number == message.number), None)
        if found is None:
            raise StoreError(f"flow {message.flow!r} has no run {message.number}: it has {len(rows)}")
        live = self.loop.load(found)
        if self._may_run():
            self.loop.resume(found)
        return live

    def _configure(self, message: Configure) -> None:
        if message.slots is not None:
            self.loop.slots["process"] = max(1, message.slots)
        if message.durable in ("process", "power"):
            self.loop.store.set_durable(message.durable)  # type: ignore[arg-type]
        if message.on_kernel_exit is not None:
            self.leaving[message.run] = message.on_kernel_exit
        if message.modules and self._may_run():
            self.warm(message.modules)

    def _may_run(self) -> bool:
        """Whether the store is trusted; asked again, as a person may have trusted it meanwhile."""
        if not self.trusted and trusted(self.loop.store.path):
            self.trusted = True
            for row in self.loop.store.unsettled():
                self.loop.resume(row)
        return self.trusted

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
        known = row.id in self.loop.runs
        info = self._describe(self.loop.load(row))
        if not known:
            del self.loop.runs[row.id]
        return info

    def _describe(self, live: LiveRun) -> RunInfo:
        view = project(live.run, self.loop.now())
        counts: dict[str, int] = {}
        for job in live.run.jobs.values():
            counts[job.status.value] = counts.get(job.status.value, 0) + 1
        row = live.row
        return RunInfo(
            run=row.id,
            flow=row.flow,
            number=row.number,
            started_at=row.opened_at,
            verdict=view["verdict"],
            counts=counts,
        )

    def farewell(self) -> None:
        """Tell everybody that the engine ends on purpose."""
        for connection in list(self.connections):
            connection.send(Goodbye())
            connection.close()

    def report_from_kernel(self, report: AttemptReport) -> None:
        self.loop.ended(report)


class Connection(asyncio.Protocol):
    """One client. Nothing it says is looked at before it has said who it is."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.attached = False
        self.welcome = False
        self.follows: dict[int, int] = {}
        """Runs it follows -> when it opened them, as a count."""
        self.turns = 0
        self._unpacker = to_engine(HELLO_LIMIT)
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if peer_uid(transport.get_extra_info("socket")) != os.getuid():
            self._drop("a caller of another user")
            return
        self.server.connections.append(self)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(HELLO_PATIENCE, self._drop, "no hello in time")

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._unpacker.feed(data):
                if self.welcome:
                    self.server.take(self, message)
                elif not self._greet(message):
                    return
        except EngineError as error:
            self._drop(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._deadline:
            self._deadline.cancel()
        self.server.lost(self)

    def send(self, message: ToClient) -> None:
        """Send *message*, unless the client is gone."""
        self.write(pack(message))

    def write(self, frame: bytes) -> None:
        """Send a packed message; a client that does not read for long is dropped and may come back."""
        if self._transport is None:
            return
        self._transport.write(frame)
        if self._transport.get_write_buffer_size() > BACKLOG_LIMIT:
            self._drop("a client that does not read")

    def close(self) -> None:
        """Close once everything written is sent."""
        if self._transport is not None:
            self._transport.close()

    def _greet(self, message: ToEngine) -> bool:
        if not isinstance(message, Hello) or not secrets.compare_digest(message.token, self.server.token):
            self._drop("a caller without the token")
            return False
        if message.protocol != PROTOCOL:
            words = f"the engine speaks protocol {PROTOCOL}, this nbflow {message.protocol}: end it with %nbflow stop"
            self.send(Reply(ref=0, error="EngineError", message=words))
            self.close()
            return False
        assert self._deadline is not None
        self._deadline.cancel()
        self._unpacker.limit = FRAME_LIMIT
        self.welcome, self.attached = True, message.attached
        self.send(Welcome(pid=os.getpid(), trusted=self.server.trusted))
        return True

    def _drop(self, why: str) -> None:
        _log.warning("connection dropped: %s", why)
        if self._transport is not None:
            self._transport.abort()


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket."""
    pid_uid_gid = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", pid_uid_gid)[1])
