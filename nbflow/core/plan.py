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
from nbflow.core import group_plan
from nbflow.core.event import Step
from nbflow.core.queues import by_order, step_executor
from nbflow.core.run import JobState, Run
from nbflow.core.spec import GroupNeed, Limits
from nbflow.core.status import Reason, Status
from nbflow.core.undoing import to_roll_back

STEP_TIMEOUT = 60.0
"""Seconds that the rollback and fallback of a job without a time limit of its own may take."""
SHIELD = 30.0
"""Seconds that a rollback may take after a cancel or skip, which it holds up."""


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
    place: int = 0
    """Which of the group's custom policies, in the order typed."""
    parts: tuple[GroupNeed, ...] = ()
    """Where a dependent needs them: the groups within, each with those of its members that it needs."""


class Look(Struct, frozen=True, tag="look"):
    """See whether the cache has outputs for the job; commit `JobReused` or `CacheMissed`. Given again until then.

    *fresh*: it is to run in any case, and only what its outputs will be cached for is to be found out.
    """

    job: str
    generation: int
    fresh: bool = False


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


Order = Start | StartStep | Ask | Look | Stop | Schedule | Record


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
    if (first := next(group_plan.first(run, now), None)) is not None:
        # It ends members or opens them again: what else there is to do follows only then.
        return Plan((*_stops(run), Record(first)), run.queues.wake_at(now, run.paused), idle=False)
    orders: list[Order] = [*_stops(run), *_records(run, now)]
    orders += [Ask(*question) for question in group_plan.questions(run)]
    orders += [*_looks(run)]
    orders += [*_schedules(run), *_overdue(run, now)]  # they may end a job, of which there is more to record
    if refused := [*_refusals(run, now)]:  # likewise
        orders += refused
    else:
        left, room = dict(free), run.queues.room()
        orders += [*_steps(run, now, left, room), *_starts(run, now, left, room)]
    idle = not orders and not run.queues.active(free, run.paused) and not _rolls_back(run, free)
    return Plan(tuple(orders), run.queues.wake_at(now, run.paused), idle)


def _stops(run: Run) -> Iterator[Stop]:
    for job in by_order(run.queues.to_stop):
        detail = {"deadline": f"{job.spec.deadline or 0:g} s", "policy": job.cut_by}.get(job.stop_cause, "")
        cause = Reason(job.stop_cause, detail)
        if (attempt := job.running) is not None:
            yield Stop(job.spec.name, attempt.generation, attempt.number, cause)
        elif (step := job.step) is not None:
            yield Stop(job.spec.name, step.generation, step.attempt, cause, step.step)


def _looks(run: Run) -> Iterator[Look]:
    """No slot is needed for that: a job that is reused runs nothing."""
    for job in () if run.paused else by_order(run.queues.to_look):
        yield Look(job.spec.name, job.generation, job.fresh)


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
    for group in (run.groups[name] for name in run.work.untold):
        yield Record(group_plan.decided(group, now))


def _overdue(run: Run, now: float) -> Iterator[Record]:
    for job in run.queues.overdue(now):
        yield Record(e.DeadlinePassed(at=now, job=job.spec.name, generation=job.generation))


def _refusals(run: Run, now: float) -> Iterator[Record]:
    """What may not start by the limits of the run, while it would otherwise; a retry need not be due for that."""
    limits = run.limits
    if not limits.forbidden and limits.attempts is None:
        return
    for job in by_order(run.queues.to_step):
        if job.step_may_go(now, run.paused) and (reason := forbidden(limits, job)) is not None:
            yield _refused(job, reason, now)
    if run.paused:
        return
    full = limits.attempts is not None and run.attempts >= limits.attempts
    for job in run.queues.queued():
        reason = forbidden(limits, job) or (Reason("attempt limit", str(limits.attempts)) if full else None)
        if reason is not None and not job.overdue(now):
            yield _refused(job, reason, now)


def _refused(job: JobState, reason: Reason, now: float) -> Record:
    return Record(e.JobRefused(at=now, job=job.spec.name, generation=job.generation, reason=reason))


def forbidden(limits: Limits, job: JobState) -> Reason | None:
    """Why, by *limits*, neither the step that *job* owes nor, where it owes none, its next attempt may start."""
    executor = step_executor(job)
    if executor in limits.forbidden:
        return Reason("forbidden", executor)
    shell = job.owed == "recovery" or (job.owed is None and job.spec.bash)
    return Reason("forbidden", "shell") if shell and "shell" in limits.forbidden else None


def _steps(run: Run, now: float, left: dict[str, int], room: dict[str, int]) -> Iterator[StartStep]:
    for job in run.queues.steps(now, left, room, run.paused):
        assert job.owed is not None
        yield StartStep(job.spec.name, job.generation, len(job.attempts), job.owed, step_timeout(job, job.owed))
    for job in to_roll_back(run):
        if left.get(job.spec.executor, 0) > 0:
            left[job.spec.executor] -= 1
            run.queues.use(job, room)
            timeout = step_timeout(job, "rollback")
            yield StartStep(job.spec.name, job.generation, len(job.attempts), "rollback", timeout)


def _rolls_back(run: Run, free: Mapping[str, int]) -> bool:
    """Whether a succeeded member of a broken group will be rolled back, as soon as there is a slot."""
    return any(job.spec.executor in free for job in to_roll_back(run))


def step_timeout(job: JobState, step: Step) -> float | None:
    """Seconds that *step* of *job* may take; after a stop somebody asked for, a rollback has no more than 30 s."""
    if step == "recovery":
        place = job.attempts[-1].rule
        own = None if place is None else job.spec.rules[place].timeout
        return job.spec.timeout if own is None else own
    most = STEP_TIMEOUT if job.spec.timeout is None else job.spec.timeout
    stopped = step == "rollback" and job.closing is not None and job.closing[0] is not Status.FAILED
    return min(most, SHIELD) if stopped else most


def _starts(run: Run, now: float, left: dict[str, int], room: dict[str, int]) -> Iterator[Start]:
    if run.paused:
        return
    most = run.limits.attempts
    found = run.queues.starts(now, left, room)
    for job in found if most is None else found[: max(0, most - run.attempts)]:
        yield Start(job.spec.name, job.generation, len(job.attempts) + 1)
