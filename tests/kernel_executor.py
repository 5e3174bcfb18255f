"""Executor ``kernel`` for tests: both of its sides, the engine's and the kernel's, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from IPython.core.formatters import DisplayFormatter

from nbflow.core.inputs import Given
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.executors.kernel import KernelExecutor
from nbflow.engine.taking import take
from nbflow.engine.values import Values
from nbflow.engine.wire import RunHere, StopHere, ToClient
from nbflow.notebook.kernel_jobs import KernelJobs


class DirectClient:
    """Stands for a client and the engine's connection to it: messages are calls, reports come on the loop's thread."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.executor: KernelExecutor
        self._loop = asyncio.get_running_loop()

    def on_run_here(self, run: Callable[[AttemptOrder], None], stop: Callable[[str], None]) -> None:
        self._run, self._stop = run, stop

    def send(self, message: ToClient) -> None:
        match message:
            case RunHere(order=order):
                self._run(order)
            case StopHere(key=key):
                self._stop(key)

    def report(self, report: AttemptReport) -> None:
        self._loop.call_soon_threadsafe(self.executor.reported, self, report)


class KernelExecutorHere:
    """A kernel executor and the kernel that it sends its attempts to: one namespace, and a formatter for displays."""

    def __init__(self, report: Callable[[AttemptReport], None], store: Path) -> None:
        self.client = DirectClient(Values(store))
        self.client.executor = self.engine_side = KernelExecutor(report, lambda _key: self.client)
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        shell = SimpleNamespace(user_ns=self.namespace, display_formatter=DisplayFormatter(), display_pub=None)
        self.kernel_side = KernelJobs(self.client, shell, self.bring)  # type: ignore[arg-type]
        self._made: dict[str, Given] = {}

    def bring(self, names: Iterable[str]) -> None:
        """What the notebook does where a cell reads what jobs have made."""
        for name in names:
            self.namespace[name] = take(self.client.values, self._made[name], self.namespace)

    def submit(self, order: AttemptOrder) -> None:
        self._made.update(order.inputs)
        self.engine_side.submit(order)

    def cancel(self, key: str, cause: Reason) -> None:
        self.engine_side.cancel(key, cause)

    async def close(self) -> None:
        await self.engine_side.close()
        self.kernel_side.close()
