"""What to do now: a pure reading of the run, asked again after every event.

Example:
    >>> from nbflow.core.event import JobDeclared
    >>> from nbflow.core.spec import JobSpec
    >>> from nbflow.core.state import replay
    >>> run = replay(JobDeclared(at=0.0, spec=JobSpec(name=name)) for name in ("a", "b", "c"))
    >>> plan(run, now=0.0, free={"process": 2}).orders
    (Start(job='a', generation=1, attempt=1), Start(job='b', generation=1, attempt=1))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from nbflow.core import event as e
from nbflow.core.event import Step
from nbflow.core.policy import broken_words
from nbflow.core.queues import by_order
from nbflow.core.run import GroupState, Run
from nbflow.core.status import Reason, Verdict


class Start(Struct, frozen=True, tag="start"):
    """Commit `AttemptStarted`, then start the attempt."""

    job: str
    generation: int
    attempt: int


class StartStep(Struct, frozen=True, tag="start-step"):
    """Commit `StepStarted`, then start the step that follows *attempt*."""

    job: str
    generation: int
    attempt: int
    step: Step
    timeout: float | None = None
    """Seconds it may take."""


class Ask(Struct, frozen=True, tag="ask"):
    """Ask a custom policy of *group* about *members*, that stand as *standings* says; commit its `GroupJudged`."""

    group: str
    members: tuple[str, ...]
    standings: str


class Stop(Struct, frozen=True, tag="stop"):
    """Stop the running attempt or, where *step* says so, the step after it. Given again until its end is known."""

    job: str
    generation: int
    attempt: int
    cause: Reason
    step: Step | None = None


class Schedule(Struct, frozen=True, tag="schedule"):
    """Commit `RetryScheduled`, due between *low* and *high* seconds from now: the engine draws."""

    job: str
    generation: int
    attempt: int
    low: float
    high: float


class Record(Struct, frozen=True, tag="record"):
    """Commit *event*, which says what follows from the others, or from the time."""

    event: e.JobEnded | e.JobReopened | e.GroupDecided | e.GroupRetried | e.DeadlinePassed | e.JobRefused


Order = Start | StartStep | Ask | Stop | Schedule | Record


class Plan(Struct, frozen=True):
    """*orders* to carry out now; *wake_at*: plan again then if nothing happens before; *idle*: a person's turn."""

    orders: tuple[Order, ...]
    wake_at: float | None
    idle: bool


def plan(run: Run, now: float, free: Mapping[str, int]) -> Plan:
    """What to do at *now*, with *free* slots per executor (over all runs of the engine).

    An executor that *free* does not name is away: its jobs wait, and do not keep the run from being idle. Orders come
    as stops, records, schedules, starts; they hold together, so all can be carried out before planning again.
    """
    if (cutting := next((run.groups[n] for n in run.untold_groups if run.groups[n].about_to_cut), None)) is not None:
        # It ends members: what else there is to do follows only then.
        return Plan((*_stops(run), _decided(cutting, now)), run.queues.wake_at(now), idle=False)
    orders: list[Order] = [*_stops(run), *_records(run, now)]
    orders += [*_schedules(run), *_overdue(run, now)]  # they may end a job, of which there is more to record
    orders += _starts(run, now, free)
    idle = not orders and not run.queues.active(free)
    return Plan(tuple(orders), run.queues.wake_at(now), idle)


def _stops(run: Run) -> Iterator[Stop]:
    for job in by_order(run.queues.to_stop):
        if (attempt := job.running) is not None:
            detail = {"deadline": f"{job.spec.deadline or 0:g} s", "policy": job.spec.group or ""}.get(
                job.stop_cause, ""
            )
            yield Stop(job.spec.name, attempt.generation, attempt.number, Reason(job.stop_cause, detail))


def _schedules(run: Run) -> Iterator[Schedule]:
    for job in by_order(run.queues.to_schedule):
        if job.unscheduled is not None:
            low, high = job.spec.retry.bounds(job.failures)
            yield Schedule(job.spec.name, job.generation, job.unscheduled, low, high)


def _records(run: Run, now: float) -> Iterator[Record]:
    for job in by_order(run.queues.to_record):
        name, generation = job.spec.name, job.generation
        if job.status.ended:
            yield Record(e.JobEnded(at=now, job=name, generation=generation, status=job.status, reason=job.reason))
        else:
            yield Record(e.JobReopened(at=now, job=name, generation=generation))
    for group in (run.groups[name] for name in run.untold_groups):
        yield _decided(group, now)


def _decided(group: GroupState, now: float) -> Record:
    return Record(e.GroupDecided(at=now, group=group.name, verdict=group.verdict, reason=broken_text(group)))


def _overdue(run: Run, now: float) -> Iterator[Record]:
    for job in run.queues.overdue(now):
        yield Record(e.DeadlinePassed(at=now, job=job.spec.name, generation=job.generation))


def _starts(run: Run, now: float, free: Mapping[str, int]) -> Iterator[Start]:
    for job in run.queues.starts(now, free):
        yield Start(job.spec.name, job.generation, len(job.attempts) + 1)


def broken_text(group: GroupState) -> str:
    """Why *group* is broken, in words; empty if it is not."""
    if group.verdict is not Verdict.BROKEN:
        return ""
    _, good, *bad = group.tally.counts
    return broken_words(group.policy, len(group.members), good, sum(bad))
