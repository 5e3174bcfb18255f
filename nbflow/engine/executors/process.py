"""The executor ``process``: every attempt a fresh process, forked and supervised by a zygote."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from nbflow.core.status import Reason
from nbflow.engine.attempt import tree
from nbflow.engine.attempt.messages import Cancel, Ended, Frames, Ready, Run, ToZygote, Warm, Warmed, frame, from_zygote
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.attempt.supervisor import from_record, read_record

Report = Callable[[AttemptReport], None]


class ProcessExecutor:
    """Runs attempts in processes of their own.

    *report* is called on the loop's thread, once per order. *store* is the ``.nbflow`` folder.
    """

    def __init__(self, report: Report, store: Path | str) -> None:
        self._report, self._store = report, Path(store)
        self._orders: dict[str, AttemptOrder] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self._modules: tuple[str, ...] = ()
        self._socket: socket.socket | None = None
        self._pending: list[bytes] = []
        self._closed = False

    def warm(self, modules: tuple[str, ...] = ()) -> None:
        """Start the zygote, and have it import *modules* (those it can find among the site packages)."""
        new = tuple(name for name in modules if name not in self._modules)
        self._modules += new
        if self._reader is None:
            self._start()
        elif new:
            self._send(Warm(new))

    def submit(self, order: AttemptOrder) -> None:
        self._orders[order.key] = order
        self.warm()
        self._send(Run(order))

    def cancel(self, key: str, cause: Reason) -> None:
        if key in self._orders:
            self._send(Cancel(key, cause))

    async def close(self) -> None:
        self._closed = True
        if self._reader is None:
            return
        if self._writer is not None:
            self._writer.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._bury(3.0)
        await self._kill(self._orders)

    # --- the zygote
    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, (self._store / "zygote.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "nbflow.engine.attempt.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._socket = ours
        self._reader = asyncio.ensure_future(self._read(ours))
        if self._modules:
            self._send(Warm(self._modules))

    def _send(self, message: ToZygote) -> None:
        if self._writer is None:
            self._pending.append(frame(message))
        else:
            self._writer.write(frame(message))

    async def _read(self, ours: socket.socket) -> None:
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._writer.writelines(self._pending)
        self._pending.clear()
        frames = Frames()
        while data := await self._receive(reader):
            for body in frames.feed(data):
                match from_zygote(body):
                    case Ended(report):
                        self._end(report)
                    case Ready() | Warmed():
                        pass
        await self._lost()

    async def _receive(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(1 << 20)
        except ConnectionError:
            return b""

    def _end(self, report: AttemptReport) -> None:
        if self._orders.pop(report.key, None) is not None:
            self._report(report)

    async def _lost(self) -> None:
        """The zygote died: end what it ran, tell, and let the next order start another."""
        self._reader = self._writer = None
        orders = list(self._orders.values())
        await self._bury(0.0)
        await self._kill([order.key for order in orders])
        for order in orders:
            record = read_record(order.folder, order.key)
            lost = AttemptReport(
                key=order.key, end="lost", reason=Reason("lost", "its supervisor died", order.attempt)
            )
            self._end(from_record(record) if record else lost)

    async def _bury(self, patience: float) -> None:
        """Wait *patience* seconds for the zygote to end by itself, then end it."""
        process, until = self._process, asyncio.get_running_loop().time() + patience
        while process is not None and process.poll() is None:
            if asyncio.get_running_loop().time() >= until:
                process.send_signal(signal.SIGKILL)
            await asyncio.sleep(0.005)

    async def _kill(self, keys: object) -> None:
        tags = {tree.tag(key) for key in keys}  # type: ignore[attr-defined]
        while tags and (pids := set(tree.tagged(tags))):
            tree.send(pids, signal.SIGKILL)
            await asyncio.sleep(0.01)
        assert os.getpid()
