"""A loop on a test bench: real log, a clock and executors that do what the test says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbflow.core.event import Event
from nbflow.core.run import JobState
from nbflow.core.spec import JobSpec
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.locate import make_store
from nbflow.engine.loop import Loop
from nbflow.engine.store import Store
from nbflow.testing import ManualClock


class HandExecutor:
    """Notes orders; the test ends them."""

    def __init__(self) -> None:
        self.orders: list[AttemptOrder] = []
        self.cancelled: list[tuple[str, Reason]] = []
        self.recovered: list[str] = []

    def submit(self, order: AttemptOrder) -> None:
        self.orders.append(order)

    def cancel(self, key: str, cause: Reason) -> None:
        self.cancelled.append((key, cause))

    def recover(self, keys: Sequence[str]) -> None:
        self.recovered += keys

    async def close(self) -> None: ...

    @property
    def jobs(self) -> list[str]:
        return [order.job for order in self.orders]


class Bench:
    """A loop over the store at *path*; make another one there to see what a new engine sees."""

    def __init__(self, path: Path, slots: int = 2) -> None:
        self.store = Store(make_store(path))
        self.clock = ManualClock(1000.0)
        self.told: list[tuple[int, int, list[Event]]] = []
        self.executor = HandExecutor()
        self.loop = Loop(
            self.store,
            now=self.clock,
            draw=lambda: 0.5,
            tell=lambda run, first, events: self.told.append((run, first, list(events))),
            stir=lambda: None,
        )
        self.loop.add_executor("process", self.executor, slots, self.executor.recover)

    def open(self, flow: str = "flow") -> int:
        return self.loop.open_run(flow, "/data").row.id

    def declare(self, run: int, *jobs: JobSpec) -> None:
        self.loop.declare(run, jobs, {})
        self.loop.turn()

    def end(self, job: str, end: str = "succeeded", **extra: object) -> None:
        """The newest attempt of *job* ends, and the loop takes its turn."""
        key = next(order.key for order in reversed(self.executor.orders) if order.job == job)
        self.loop.ended(AttemptReport(key=key, end=end, **extra))
        self.loop.turn()

    def job(self, run: int, name: str) -> JobState:
        return self.loop.runs[run].run.jobs[name]

    def statuses(self, run: int) -> dict[str, str]:
        return {name: job.status.value for name, job in self.loop.runs[run].run.jobs.items()}
