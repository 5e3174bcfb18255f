"""The engine's end of the socket to one zygote."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from nbflow.core.status import Reason
from nbflow.engine.attempt.messages import Cancel, Ended, Frames, Ready, Run, ToZygote, Warm, frame, from_zygote
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport

LOG = "zygote.log"
STARTING = 60.0
"""Seconds a zygote may take to start and to import what it is asked for."""
CLOSING = 5.0
"""Seconds a zygote may take to end its attempts and itself."""


class Owner(Protocol):
    """Who hears what a zygote says."""

    def ready(self, link: Link) -> None: ...
    def ended(self, link: Link, report: AttemptReport) -> None: ...
    async def died(self, link: Link) -> None: ...


class Link:
    """One zygote and the orders it has not yet reported the end of. Its stderr goes to *log*.

    Attributes:
        modules: what it imports ahead.
        is_ready: it takes orders. Orders sent before wait.
        unfit: those of *modules* because of which it gave up.
    """

    def __init__(self, log: Path, modules: tuple[str, ...], owner: Owner) -> None:
        self.modules, self.orders = modules, dict[str, AttemptOrder]()
        self.is_ready, self.unfit = False, tuple[str, ...]()
        self._owner, self._unsent = owner, bytearray()
        self._writer: asyncio.StreamWriter | None = None
        ours, theirs = socket.socketpair()
        with theirs, log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "nbflow.engine.attempt.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._send(Warm(modules))
        self._overdue = asyncio.get_running_loop().call_later(STARTING, self._process.kill)
        self._task = asyncio.ensure_future(self._follow(ours))

    def run(self, order: AttemptOrder) -> None:
        self.orders[order.key] = order
        self._send(Run(order))

    def cancel(self, key: str, cause: Reason) -> None:
        self._send(Cancel(key, cause))

    async def close(self) -> None:
        """End the zygote and all its attempts; nothing is reported any more."""
        self._overdue.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        await self._bury(CLOSING)

    def _send(self, message: ToZygote) -> None:
        if self._writer is None:
            self._unsent += frame(message)
        else:
            self._writer.write(frame(message))

    async def _follow(self, ours: socket.socket) -> None:
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._writer.write(bytes(self._unsent))
        frames = Frames()
        while data := await _receive(reader):
            for body in frames.feed(data):
                self._hear(body)
        self._writer.close()
        self._overdue.cancel()
        await self._bury(0.0)
        await self._owner.died(self)

    def _hear(self, body: bytes) -> None:
        match from_zygote(body):
            case Ended(report):
                if self.orders.pop(report.key, None) is not None:
                    self._owner.ended(self, report)
            case Ready(unfit=unfit):
                self._overdue.cancel()
                self.unfit, self.is_ready = unfit, not unfit
                if self.is_ready:
                    self._owner.ready(self)

    async def _bury(self, patience: float) -> None:
        """Give the process *patience* seconds to end by itself, then end it; leave no zombie."""
        clock: Callable[[], float] = asyncio.get_running_loop().time
        until = clock() + patience
        while self._process.poll() is None:
            if clock() >= until:
                self._process.kill()
            await asyncio.sleep(0.005)


async def _receive(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(1 << 20)
    except ConnectionError:
        return b""
