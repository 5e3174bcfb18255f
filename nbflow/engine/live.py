"""What the loop keeps in memory: runs, attempts under way, and the turn in the making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nbflow.core.event import AttemptEnded, Step, StepEnded
from nbflow.core.run import Run
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.store import Row, RunRow


@dataclass(slots=True)
class LiveRun:
    """A run in memory. *run* may be ahead of the log by what the present turn has yet to commit."""

    row: RunRow
    run: Run
    cwd: str
    wake_at: float | None = None
    idle: bool = False
    settled: int = 0
    """Events at which the log last noted that nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Underway:
    """An attempt, or the *step* after it, that was started and has not ended."""

    run: int
    job: str
    generation: int
    attempt: int
    executor: str
    step: Step | None = None
    files: frozenset[str] | None = None
    """The stored values that it was given; None: an earlier engine started it, and nobody knows."""

    def end(self, report: AttemptReport, at: float) -> AttemptEnded | StepEnded:
        """The event that *report* tells of."""
        return self._attempt(report, at) if self.step is None else self._step(self.step, report, at)

    def _step(self, step: Step, report: AttemptReport, at: float) -> StepEnded:
        return StepEnded(
            at=at,
            job=self.job,
            generation=self.generation,
            attempt=self.attempt,
            step=step,
            key=report.key,
            end="failed" if report.end == "skipped" else report.end,  # a step has no condition
            reason=report.reason,
            exit_code=report.exit_code,
            signal=report.signal,
            outputs=report.outputs,
            traceback=report.traceback,
        )

    def _attempt(self, report: AttemptReport, at: float) -> AttemptEnded:
        return AttemptEnded(
            at=at,
            job=self.job,
            generation=self.generation,
            attempt=self.attempt,
            end=report.end,
            reason=report.reason,
            exit_code=report.exit_code,
            signal=report.signal,
            outputs=report.outputs,
            missing=report.missing,
            changed=report.changed,
            traceback=report.traceback,
            classes=report.classes,
            found=report.found,
            response=report.response,
            peak_memory=report.peak_memory,
            cpu_seconds=report.cpu_seconds,
        )


@dataclass(slots=True)
class Turn:
    """What the present turn will commit, then do, then answer."""

    rows: list[Row] = field(default_factory=list)
    acts: list[Callable[[], None]] = field(default_factory=list)
    answers: list[Callable[[], None]] = field(default_factory=list)


def lost_report(key: str, detail: str) -> AttemptReport:
    """The report of an attempt whose end nobody saw."""
    return AttemptReport(key=key, end="lost", reason=Reason("lost", detail))
