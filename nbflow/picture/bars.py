"""A run along time, in numbers: a bar for each attempt and step, waits between them, and the rows they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nbflow.core.captions import attempts
from nbflow.core.event import Step
from nbflow.core.status import Status
from nbflow.picture.plain import plain
from nbflow.picture.summary import jobs

ROWS = 40
"""With more jobs than this, jobs that do not overlap share rows."""


class End(StrEnum):
    """How an attempt ended, as a timeline tells them apart."""

    SUCCEEDED = "succeeded"
    RUNNING = "running"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Bar:
    """An attempt, in seconds after the chart's beginning; one that runs has reached *end*. *last* of its job so far.

    *step*: it is the recovery script, rollback or fallback that followed attempt *number*.
    """

    job: str
    number: int
    row: int
    start: float
    end: float
    came_to: End
    last: bool
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Time between two attempts; *planned* where the next one is yet to come."""

    row: int
    start: float
    end: float
    planned: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A timeline. *names* and *statuses* are of the rows, and empty where jobs share rows.

    *began_at* is the instant that all seconds count from; *now* is None once the run has ended; *span* is the length.
    """

    bars: tuple[Bar, ...] = ()
    waits: tuple[Wait, ...] = ()
    names: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    rows: int = 0
    span: float = 0.0
    now: float | None = None
    began_at: float = 0.0


def chart(snapshot: Mapping[str, Any], most: int = ROWS) -> Chart:
    """The timeline of *snapshot*: a row per job in order of start, or shared rows for more than *most* jobs.

    Jobs that have not started are not on it.

    >>> tried = [{"number": 1, "started_at": 5.0, "ended_at": 8.0, "end": "succeeded"}]
    >>> drawn = chart({"jobs": {"a": {"status": "succeeded", "attempts": tried}}})
    >>> drawn.bars[0].end, drawn.names, drawn.now
    (3.0, ('a',), None)
    """
    spans = _spans(snapshot)
    if not spans:
        return Chart()
    began = spans[0].start
    shared = len(spans) > most
    rows = _packed(spans) if shared else list(range(len(spans)))
    bars, waits = [], []
    for span, row in zip(spans, rows, strict=True):
        bars += _bars(span, row, began)
        waits += _waits(span, row, began)
    running = any(bar.came_to is End.RUNNING for bar in bars)
    now = float(snapshot.get("now") or 0.0) - began if running or any(wait.planned for wait in waits) else None
    return Chart(
        tuple(bars),
        tuple(waits),
        () if shared else tuple(span.job for span in spans),
        () if shared else tuple(span.status for span in spans),
        max(rows) + 1,
        max([*(bar.end for bar in bars), *(wait.end for wait in waits), now or 0.0]),
        now,
        began,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """A job from its first attempt's start to its last one's end. *tries* have started; instants are absolute."""

    job: str
    status: Status
    tries: Sequence[Mapping[str, Any]]
    due_at: float | None
    now: float

    @property
    def start(self) -> float:
        return float(self.tries[0]["started_at"])

    @property
    def end(self) -> float:
        return max(self.ended(part) for _, part, _ in self.parts)

    @property
    def parts(self) -> Iterator[tuple[int, Mapping[str, Any], Step | None]]:
        """Attempts and what followed each, in that order, with the attempt's number."""
        for attempt in self.tries:
            yield attempt["number"], attempt, None
            for step in attempt.get("steps") or ():
                if step.get("started_at") is not None:
                    yield attempt["number"], step, step["step"]

    def ended(self, attempt: Mapping[str, Any]) -> float:
        end = attempt.get("ended_at")
        return float(max(attempt["started_at"], self.now if end is None else end))


def _spans(snapshot: Mapping[str, Any]) -> list[_Span]:
    """The jobs that have started, in order of start."""
    now = float(snapshot.get("now") or 0.0)
    spans = [
        _Span(plain(name), Status(job["status"]), tries, job.get("due_at"), now)
        for name, job in jobs(snapshot).items()
        if (tries := [attempt for attempt in attempts(job) if attempt.get("started_at") is not None])
    ]
    return sorted(spans, key=lambda span: span.start)


def _packed(spans: Sequence[_Span]) -> list[int]:
    """The first row that is free at each span's start."""
    free_at: list[float] = []
    rows = []
    for span in spans:
        row = next((at for at, free in enumerate(free_at) if free <= span.start), len(free_at))
        if row == len(free_at):
            free_at.append(0.0)
        free_at[row] = span.end
        rows.append(row)
    return rows


def _bars(span: _Span, row: int, began: float) -> list[Bar]:
    parts = list(span.parts)
    last = max(parts, key=lambda part: part[1]["started_at"])
    return [
        Bar(
            span.job,
            number,
            row,
            part["started_at"] - began,
            span.ended(part) - began,
            _came_to(part),
            part is last[1],
            step,
        )
        for number, part, step in parts
    ]


def _came_to(attempt: Mapping[str, Any]) -> End:
    if attempt.get("ended_at") is None:
        return End.RUNNING
    if (attempt.get("reason") or {}).get("kind") == "timeout" and attempt.get("end") == End.FAILED:
        return End.TIMEOUT
    return End(attempt.get("end") or End.LOST)


def _waits(span: _Span, row: int, began: float) -> list[Wait]:
    """The gaps between attempts and steps, and the one to the attempt that is due."""
    parts = sorted((part for _, part, _ in span.parts), key=lambda part: part["started_at"])
    ends = [span.ended(part) - began for part in parts]
    starts = [part["started_at"] - began for part in parts[1:]]
    found = [Wait(row, end, start, False) for end, start in zip(ends, starts, strict=False) if start > end]
    if span.status is Status.RETRYING and span.due_at is not None and span.due_at - began > ends[-1]:
        found.append(Wait(row, ends[-1], span.due_at - began, True))
    return found
