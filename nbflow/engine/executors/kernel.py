"""Executor ``kernel``: the attempt runs in a thread of the notebook's kernel, with the live namespace.

The engine keeps the books all the same. Where no kernel follows the run, its jobs stay ready until one does; an
attempt whose kernel goes away is lost, as nobody saw its end, and starts again when a kernel is back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.wire import RunHere, StopHere, ToClient


class Kernel(Protocol):
    """A connected client that can run attempts."""

    def send(self, message: ToClient) -> None:
        """Send *message* to the client."""


class KernelExecutor:
    """Sends attempts to kernels.

    Args:
        report: takes each attempt's one report.
        route: the kernel that an attempt, by key, is for; None if none follows its run.
    """

    def __init__(self, report: Callable[[AttemptReport], None], route: Callable[[str], Kernel | None]) -> None:
        self._report, self._route = report, route
        self._where: dict[str, Kernel] = {}
        self._causes: dict[str, Reason] = {}
        self._orphans: set[str] = set()

    def submit(self, order: AttemptOrder) -> None:
        kernel = self._route(order.key)
        if kernel is None:
            self._lose(order.key, "no kernel is attached")
            return
        self._where[order.key] = kernel
        kernel.send(RunHere(order=order))

    def cancel(self, key: str, cause: Reason) -> None:
        """Ask the kernel to stop it; a thread that does not listen goes on, and its job stays running."""
        if kernel := self._where.get(key):
            self._causes.setdefault(key, cause)
            kernel.send(StopHere(key=key))

    def reported(self, kernel: Kernel, report: AttemptReport) -> bool:
        """Take what *kernel* says about an attempt; False if that attempt is not its own."""
        if self._where.get(report.key) is not kernel:
            return False
        del self._where[report.key]
        cause = self._causes.pop(report.key, None)
        if report.end == "cancelled" and cause is not None:  # a kernel is told to stop, not why
            report = msgspec.structs.replace(report, reason=cause)
        self._report(report)
        return True

    def gone(self, kernel: Kernel) -> None:
        """*kernel* has disconnected: its attempts are lost."""
        for key in [key for key, where in self._where.items() if where is kernel]:
            del self._where[key]
            self._causes.pop(key, None)
            self._lose(key, "the kernel ended or restarted")

    def recover(self, keys: Sequence[str]) -> None:
        """These were running in some kernel when the last engine died: that kernel may claim them, until `give_up`."""
        self._orphans.update(keys)

    def claim(self, kernel: Kernel, keys: Iterable[str]) -> None:
        """*kernel* says that it is running *keys*; those that are not awaited any more it is asked to stop."""
        for key in keys:
            if key in self._orphans:
                self._orphans.discard(key)
                self._where[key] = kernel
            elif key not in self._where:
                kernel.send(StopHere(key=key))

    def give_up(self) -> None:
        """Nobody will claim what has not been claimed by now."""
        while self._orphans:
            self._lose(self._orphans.pop(), "the engine ended, and the kernel did not come back")

    async def close(self) -> None:
        """Ask kernels to stop what they run."""
        for key, kernel in self._where.items():
            kernel.send(StopHere(key=key))
        self._where.clear()
        self._causes.clear()

    def _lose(self, key: str, detail: str) -> None:
        self._report(AttemptReport(key=key, end="lost", reason=Reason("lost", detail)))
