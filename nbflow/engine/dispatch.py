"""What the executors are doing: who runs what, who has room, what has been told to stop."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from nbflow.core.run import Run
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.executors import Executor
from nbflow.engine.live import Underway, lost_report
from nbflow.errors import EngineError, NbflowError

Act = Callable[[], None]
"""What is done once the turn that asked for it is in the log."""
Recover = Callable[[Sequence[str]], None]


class Dispatch:
    """The executors of one engine, and the attempts and steps they have been given. *ended* takes each one's report.

    Attributes:
        underway: what was started and has not ended, by key.
        slots: how many an executor may have at once.
        reachable: whether an executor can take attempts of a run now.
    """

    def __init__(self, ended: Callable[[AttemptReport], None]) -> None:
        self.executors: dict[str, Executor] = {}
        self.slots: dict[str, int] = {}
        self.underway: dict[str, Underway] = {}
        self.reachable: Callable[[int, str], bool] = lambda _run, _executor: True
        self._recovers: dict[str, Recover] = {}
        self._stopping: set[str] = set()
        self._ended = ended

    def add(self, name: str, executor: Executor, slots: int, recover: Recover | None = None) -> None:
        """Let *executor* run up to *slots* attempts at once for jobs that ask for *name*; see `Loop.add_executor`."""
        self.executors[name], self.slots[name] = executor, slots
        if recover is not None:
            self._recovers[name] = recover

    def free(self, run: int, tight: bool) -> dict[str, int]:
        """Free slots of each executor within reach of *run*; none while the disk is too *tight* for what is written."""
        used = Counter(under.executor for under in self.underway.values())
        return {
            name: 0 if tight else max(0, slots - used[name])
            for name, slots in self.slots.items()
            if self.reachable(run, name)
        }

    def start(self, under: Underway, order: AttemptOrder) -> Act:
        """*order* is under way from now on; the result hands it to its executor."""
        self.underway[order.key] = under
        return partial(self.submit, under.executor, order)

    def stop(self, key: str, cause: Reason) -> Act | None:
        """What tells the executor to stop *key*; None if it has been told, or there is nothing to stop."""
        under = self.underway.get(key)
        if under is None or key in self._stopping:
            return None
        self._stopping.add(key)
        return partial(self.executors[under.executor].cancel, key, cause)

    def over(self, key: str) -> Underway | None:
        """What *key* was; it is under way no longer. None if nobody waits for its end."""
        self._stopping.discard(key)
        return self.underway.pop(key, None)

    def recover(self, run: int, state: Run) -> None:
        """Ask after all that an earlier engine started for *run* and never saw the end of."""
        orphans: dict[str, list[str]] = {}
        for name, job in state.jobs.items():
            if job.running is not None:
                key, executor = job.running.key, job.spec.executor
                under = Underway(run, name, job.running.generation, job.running.number, executor)
            elif job.step is not None:
                key, executor = job.step.key, executor_of(job.step.step, job.spec.executor)
                under = Underway(run, name, job.step.generation, job.step.attempt, executor, job.step.step)
            else:
                continue
            if key not in self.underway:
                self.underway[key] = under
                orphans.setdefault(executor, []).append(key)
        for executor, keys in orphans.items():
            self._recovers.get(executor, self._give_up)(keys)

    def _give_up(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._ended(lost_report(key, "the engine ended meanwhile"))

    def submit(self, executor: str, order: AttemptOrder) -> None:
        """Hand *order* to *executor*; its report comes in any case."""
        try:
            os.mkdir(order.folder, 0o700)  # noqa: PTH102 - on the way to every attempt
        except OSError as error:
            self._ended(lost_report(order.key, f"its folder cannot be made ({error})"))
            return
        try:
            if executor not in self.executors:
                raise EngineError(f"there is no executor {executor!r}")
            self.executors[executor].submit(order)
        except (OSError, NbflowError) as error:
            reason = Reason("executor unavailable", str(error), order.attempt)
            self._ended(AttemptReport(key=order.key, end="failed", reason=reason))


def executor_of(step: str | None, own: str) -> str:
    """Where a job of executor *own* has its attempts (*step* None) and steps run: scripts are always processes.

    >>> executor_of("recovery", "kernel"), executor_of("rollback", "kernel")
    ('process', 'kernel')
    """
    return "process" if step == "recovery" else own
