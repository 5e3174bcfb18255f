"""Executor ``kernel``: the attempt runs in a thread of the notebook's kernel, with the live namespace.

The engine keeps the books all the same. Where no kernel follows the run, its jobs stay ready until one does; an
attempt whose kernel goes away is lost, as nobody saw its end, and starts again when a kernel is back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

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

    def submit(self, order: AttemptOrder) -> None:
        kernel = self._route(order.key)
        if kernel is None:
            self._report(_lost(order.key, "no kernel is attached"))
            return
        self._where[order.key] = kernel
        kernel.send(RunHere(order=order))

    def cancel(self, key: str, cause: Reason) -> None:  # noqa: ARG002 - a kernel is only told to stop
        """Ask the kernel to stop it; a thread that does not listen goes on, and its job stays running."""
        if kernel := self._where.get(key):
            kernel.send(StopHere(key=key))

    def reported(self, kernel: Kernel, report: AttemptReport) -> bool:
        """Take what *kernel* says about an attempt; False if that attempt is not its own."""
        if self._where.get(report.key) is not kernel:
            return False
        del self._where[report.key]
        self._report(report)
        return True

    def gone(self, kernel: Kernel) -> None:
        """*kernel* has disconnected: its attempts are lost."""
        for key in [key for key, where in self._where.items() if where is kernel]:
            del self._where[key]
            self._report(_lost(key, "the kernel ended or restarted"))

    async def close(self) -> None:
        """Forget everything; what kernels still run is their own."""
        for key, kernel in self._where.items():
            kernel.send(StopHere(key=key))
        self._where.clear()


def _lost(key: str, detail: str) -> AttemptReport:
    return AttemptReport(key=key, end="lost", reason=Reason("lost", detail))
