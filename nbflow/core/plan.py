"""What to do now: a pure reading of the run, asked again after every event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from nbflow.core import event as e
from nbflow.core.policy import broken_words
from nbflow.core.run import GroupState, JobState, Run
from nbflow.core.status import Reason, Status, Verdict


class Start(Struct, frozen=True, tag="start"):
    """Commit `AttemptStarted`, then start the attempt."""

    job: str
    generation: int
    attempt: int


class Stop(Struct, frozen=True, tag="stop"):
    """Stop the running attempt. Given again at each plan until its end is known."""

    job: str
    generation: int
    attempt: int
    cause: Reason


class Schedule(Struct, frozen=True, tag="schedule"):
    """Commit `RetryScheduled`, due between *low* and *high* seconds from now: the engine draws."""

    job: str
    generation: int
    attempt: int
    low: float
    high: float


class Record(Struct, frozen=True, tag="record"):
    """Commit *event*, which says for people what follows from the others."""

    event: e.JobEnded | e.JobReopened | e.GroupDecided


Order = Start | Stop | Schedule | Record


class Plan(Struct, frozen=True):
    """*orders* to carry out now; *wake_at*: plan again then if nothing happens before; *idle*: a person's turn."""

    orders: tuple[Order, ...]
    wake_at: float | None
    idle: bool


def plan(run: Run, now: float, free: Mapping[str, int]) -> Plan:
    """What to do at *now*, with *free* slots per executor (over all runs of the engine).

    An executor that *free* does not name is away: its jobs wait, and do not keep the run from being idle.
    """
    orders: list[Order] = [*_stops(run), *_schedules(run), *_records(run, now), *_starts(run, now, free)]
    due = [j.due_at for j in run.jobs.values() if _backing_off(j, now) and j.due_at is not None]
    active = any(
        j.running or (j.status in (Status.READY, Status.RETRYING) and j.spec.executor in free)
        for j in run.jobs.values()
    )
    return Plan(tuple(orders), min(due, default=None), not active and not orders)


def _backing_off(job: JobState, now: float) -> bool:
    return job.status is Status.RETRYING and job.running is None and job.due_at is not None and job.due_at > now


def _stops(run: Run) -> Iterator[Stop]:
    for name, job in run.jobs.items():
        attempt = job.running
        if attempt is not None and (cause := _cause(job)):
            yield Stop(name, attempt.generation, attempt.number, Reason(cause))


def _cause(job: JobState) -> str:
    if job.running is None:
        return ""
    if job.current is None:
        return "replaced"
    return {"": "", "skip": "skipped", "cancel": "cancelled"}[job.asked]


def _schedules(run: Run) -> Iterator[Schedule]:
    for name, job in run.jobs.items():
        if job.unscheduled is not None:
            low, high = job.spec.retry.bounds(job.failures)
            yield Schedule(name, job.generation, job.unscheduled, low, high)


def _records(run: Run, now: float) -> Iterator[Record]:
    for name, job in run.jobs.items():
        if job.status.ended and (job.status, job.reason) != job.recorded:
            yield Record(e.JobEnded(at=now, job=name, generation=job.generation, status=job.status, reason=job.reason))
        elif job.recorded is not None and not job.status.ended:
            yield Record(e.JobReopened(at=now, job=name, generation=job.generation))
    for group in run.groups.values():
        if group.verdict != group.recorded:
            yield Record(e.GroupDecided(at=now, group=group.name, verdict=group.verdict, reason=reason(run, group)))


def reason(run: Run, group: GroupState) -> str:
    """Why *group* is broken, in words; empty if it is not."""
    if group.verdict is not Verdict.BROKEN:
        return ""
    ended = [m for m in group.members if run.jobs[m].status.ended]
    good = sum(run.jobs[m].status.good for m in ended)
    return broken_words(group.policy, len(group.members), good, len(ended) - good)


def _starts(run: Run, now: float, free: Mapping[str, int]) -> Iterator[Start]:
    left = dict(free)
    for name, job in run.jobs.items():
        executor = job.spec.executor
        if left.get(executor, 0) > 0 and _startable(job, now):
            left[executor] -= 1
            yield Start(name, job.generation, len(job.attempts) + 1)


def _startable(job: JobState, now: float) -> bool:
    if job.running is not None:
        return False
    due = job.status is Status.RETRYING and job.due_at is not None and job.due_at <= now
    return job.status is Status.READY or due
