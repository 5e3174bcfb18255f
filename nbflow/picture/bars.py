"""A run along time, in numbers: a bar for each attempt and step, waits between them, and the rows they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from nbflow.core.captions import attempts
from nbflow.core.event import Step
from nbflow.core.lanes import Lane, critical, lanes
from nbflow.core.status import Status
from nbflow.core.streams import Streams
from nbflow.picture.plain import plain
from nbflow.picture.summary import jobs

Rows = Literal["job", "slot"]
"""What has a row: each job, or each of as many slots as were in use side by side."""
ROWS = 40
"""With more jobs than this, rows are slots."""


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

    *step*: it is the recovery script, rollback or fallback that followed attempt *number*. *critical*: its job is one
    of those that the end of the run waited for.
    """

    job: str
    number: int
    row: int
    start: float
    end: float
    came_to: End
    last: bool
    step: Step | None = None
    critical: bool = False


Kind = Literal["slot", "retry", "planned"]
"""What is waited for: a free slot, a retry's delay, or a delay whose attempt is yet to come."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Time before an attempt, from *row* to the row that it starts in."""

    row: int
    start: float
    end: float
    kind: Kind
    to: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A timeline. *names* and *statuses* are of the rows, and empty where rows are slots.

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


def chart(snapshot: Mapping[str, Any], most: int = ROWS, by: Rows | None = None) -> Chart:
    """The timeline of *snapshot*: a row per job in order of start, or one per slot for more than *most* jobs.

    Jobs that have not started are not on it.

    >>> tried = [{"number": 1, "started_at": 5.0, "ended_at": 8.0, "end": "succeeded"}]
    >>> drawn = chart({"jobs": {"a": {"status": "succeeded", "attempts": tried}}})
    >>> drawn.bars[0].end, drawn.names, drawn.now
    (3.0, ('a',), None)
    """
    told = jobs(snapshot)
    found = lanes(told)
    if not found:
        return Chart()
    began, now, names = found[0].start, float(snapshot.get("now") or 0.0), list(told)
    order = list(dict.fromkeys(bar.job for bar in found))
    slots = by == "slot" or (by is None and len(order) > most)
    rows = [bar.lane for bar in found] if slots else [order.index(bar.job) for bar in found]
    path = set(critical(told, Streams(snapshot).above))
    last = {bar.job: at for at, bar in enumerate(found)}
    bars = [
        Bar(
            plain(names[one.job]),
            one.attempt,
            row,
            one.start - began,
            max(one.start, now if one.end is None else one.end) - began,
            _came_to(told[names[one.job]], one),
            last[one.job] == at,
            one.step or None,  # type: ignore[arg-type]
            one.job in path,
        )
        for at, (one, row) in enumerate(zip(found, rows, strict=True))
    ]
    waits = list(_waits(told, names, found, rows, slots, began))
    going = any(bar.came_to is End.RUNNING for bar in bars) or any(wait.kind == "planned" for wait in waits)
    return Chart(
        tuple(bars),
        tuple(waits),
        () if slots else tuple(plain(names[job]) for job in order),
        () if slots else tuple(Status(told[names[job]]["status"]) for job in order),
        max(rows) + 1,
        max([*(bar.end for bar in bars), *(wait.end for wait in waits), now - began if going else 0.0]),
        now - began if going else None,
        began,
    )


def _came_to(job: Mapping[str, Any], bar: Lane) -> End:
    """How the attempt or step ended."""
    tries = [one for one in attempts(job) if one.get("number") == bar.attempt]
    parts = [part for one in tries for part in (one, *(one.get("steps") or ()))]
    part = next(each for each in parts if (each.get("step") or "") == bar.step and each.get("started_at") == bar.start)
    if part.get("ended_at") is None:
        return End.RUNNING
    if (part.get("reason") or {}).get("kind") == "timeout" and part.get("end") == End.FAILED:
        return End.TIMEOUT
    end = part.get("end") or End.LOST
    return End(end) if end in tuple(End) else End.CANCELLED  # a false condition: it was not meant to run


def _waits(
    told: Mapping[str, Mapping[str, Any]],
    names: Sequence[str],
    found: Sequence[Lane],
    rows: Sequence[int],
    slots: bool,
    began: float,
) -> Iterator[Wait]:
    """What passes between attempts, and until the one that is due; where rows are slots, only what joins two attempts.

    Who waits for a slot has none: such waits have a place only in rows of their own.
    """
    row_of: dict[int, int] = {}
    end_of: dict[int, float | None] = {}
    for bar, row in zip(found, rows, strict=True):
        if bar.after is not None and bar.ready > bar.after:
            yield Wait(row_of[bar.job], bar.after - began, bar.ready - began, "retry", row)
        waited = max(bar.ready, began)
        if bar.start > waited and not slots:
            yield Wait(row, waited - began, bar.start - began, "slot", row)
        row_of[bar.job], end_of[bar.job] = row, bar.end
    for job, row in row_of.items():
        due, end = told[names[job]].get("due_at"), end_of[job]
        if told[names[job]]["status"] == Status.RETRYING and due is not None and end is not None and due > end:
            yield Wait(row, end - began, due - began, "planned", row)
