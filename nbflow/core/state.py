"""The fold: a run is its list of events, and `evolve` is the only way it changes.

Whatever follows from the events (statuses, reasons, verdicts, what can start) is up to date after each of them, at the
cost of those who have to hear of it. A run is not copied: `evolve` changes the one it is given.

Example:
    >>> from nbflow.core.event import AttemptEnded, AttemptStarted, JobDeclared
    >>> from nbflow.core.spec import JobNeed, JobSpec
    >>> run = replay(
    ...     [
    ...         JobDeclared(at=0.0, spec=JobSpec(name="load")),
    ...         JobDeclared(at=0.0, spec=JobSpec(name="clean", needs=(JobNeed("load"),))),
    ...         AttemptStarted(at=1.0, job="load", generation=1, attempt=1, key="a1"),
    ...     ]
    ... )
    >>> run.jobs["load"].status.value, run.jobs["clean"].status.value
    ('running', 'waiting')
    >>> ended = AttemptEnded(at=2.0, job="load", generation=1, attempt=1, end="succeeded")
    >>> evolve(run, ended).jobs["clean"].status.value
    'ready'
    >>> accepts(run, ended)
    False
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from nbflow.core import event as e
from nbflow.core import needs
from nbflow.core.run import AttemptState, GroupState, JobState, Run
from nbflow.core.spec import JobSpec
from nbflow.core.status import Reason, Status, Verdict

__all__ = ["AttemptState", "GroupState", "JobState", "Run", "accepts", "empty", "evolve", "replay"]

LOST_RESTARTS = 3
"""How often an attempt whose end nobody saw is started again, in one generation."""
NEVER_RETRIED = frozenset({"syntax"})
"""Kinds of failure that another attempt cannot mend."""


def empty() -> Run:
    """A run of which nothing has happened yet."""
    return Run()


def replay(events: Iterable[e.Event]) -> Run:
    """The run that *events* make."""
    run = empty()
    for event in events:
        evolve(run, event)
    return run


def evolve(run: Run, event: e.Event) -> Run:
    """Take *event* into *run*, which is changed and returned; an event that is not accepted changes nothing."""
    if accepts(run, event):
        run.seq += 1
        needs.settle(run, _take(run, event), event.at)
    return run


def accepts(run: Run, event: e.Event) -> bool:
    """Whether *event* would change *run*: not so if it is stale, doubled, or asks what cannot be."""
    match event:
        case e.RunOpened():
            return not run.number
        case e.JobDeclared():
            return True
        case e.GroupDeclared(group=name, policy=policy):
            return name not in run.groups or run.groups[name].policy != policy
        case e.GroupDecided(group=name, verdict=verdict):
            group = run.groups.get(name)
            return group is not None and group.verdict == verdict != group.recorded
        case _:
            job = run.jobs.get(event.job)
            return job is not None and _job_accepts(job, event)


_JobEvent = (
    e.AttemptStarted | e.AttemptEnded | e.RetryScheduled | e.DeadlinePassed | e.JobEnded | e.JobReopened
    | e.RunRequested | e.RetryRequested | e.SkipRequested | e.CancelRequested
)  # fmt: skip


def _job_accepts(job: JobState, event: _JobEvent) -> bool:
    running = job.running
    if isinstance(event, e.AttemptEnded):  # also of an older generation: it is what is running
        return running is not None and (running.number, running.generation) == (event.attempt, event.generation)
    if event.generation != job.generation:
        return False
    match event:
        case e.AttemptStarted(attempt=number, at=at):
            startable = job.status in (Status.READY, Status.RETRYING) and not job.overdue(at)
            return startable and running is None and number == len(job.attempts) + 1
        case e.RetryScheduled(attempt=number):
            return job.unscheduled == number
        case e.DeadlinePassed(at=at):
            return job.limited and job.overdue(at)
        case e.JobEnded(status=status, reason=reason):
            return status.ended and (status, reason) == (job.status, job.reason) != job.recorded
        case e.JobReopened():
            return job.recorded is not None and not job.status.ended
        case e.RunRequested():
            return job.status is Status.HELD
        case e.RetryRequested():
            return job.status.ended
        case e.SkipRequested():
            return job.end not in (Status.SUCCEEDED, Status.SKIPPED) and job.asked != "skip"
        case e.CancelRequested():
            return not job.status.ended and job.asked != "cancel"
        case _:
            assert_never(event)


def _take(run: Run, event: e.Event) -> Iterable[str]:
    """Note *event*; returns the jobs whose status may follow from it."""
    match event:
        case e.RunOpened(flow=flow, number=number, at=at):
            run.flow, run.number, run.opened_at = flow, number, at
        case e.JobDeclared(spec=spec, at=at):
            _declare(run, spec, at)
            return (spec.name,)
        case e.GroupDeclared(group=name, policy=policy):
            return needs.set_policy(run, name, policy)
        case e.GroupDecided(group=name, verdict=verdict):
            return _decide(run, run.groups[name], verdict)
        case _:
            _take_job(run.jobs[event.job], event)
            return (event.job,)
    return ()


def _decide(run: Run, group: GroupState, verdict: Verdict) -> list[str]:
    """Note the group's verdict; returns the members that it ends."""
    cut = [name for name in group.members if not run.jobs[name].status.ended] if group.about_to_cut else []
    group.recorded = verdict
    needs.note_group(run, group)
    for name in cut:
        job = run.jobs[name]
        if job.current is None:
            _end_by_policy(job)
        elif not job.asked:
            job.asked = "policy"
    return cut


def _take_job(job: JobState, event: _JobEvent) -> None:
    match event:
        case e.AttemptStarted():
            _start_attempt(job, event)
        case e.AttemptEnded():
            _end_attempt(job, event)
        case e.RetryScheduled(due_at=due_at):
            job.due_at, job.unscheduled = due_at, None
            if job.overdue(due_at):  # its turn would never come
                _end_overdue(job)
        case e.DeadlinePassed() if job.current is not None:
            job.asked = "deadline"
        case e.DeadlinePassed():
            _end_overdue(job)
        case e.JobEnded(status=status, reason=reason):
            job.recorded = status, reason
        case e.JobReopened():
            job.recorded = None
        case e.RunRequested():
            job.released = True
        case e.RetryRequested():
            _open_generation(job)
            job.released = True
        case e.SkipRequested():
            _ask(job, "skip")
        case e.CancelRequested():
            _ask(job, "cancel")
        case _:
            assert_never(event)


def _declare(run: Run, spec: JobSpec, at: float) -> None:
    job = run.jobs.get(spec.name)
    if job is None:
        job = run.jobs[spec.name] = JobState(spec, len(run.jobs), at, at)
    else:
        needs.unlink(run, job, spec.group)
        _open_generation(job)
        job.spec, job.declared_at, job.released = spec, at, False
    needs.link(run, job)


def _start_attempt(job: JobState, event: e.AttemptStarted) -> None:
    job.running = AttemptState(event.attempt, event.generation, event.key, event.at)
    job.attempts.append(job.running)
    job.due_at = job.failure = job.unscheduled = None
    if job.deadline_at is None and job.spec.deadline is not None:
        job.deadline_at = event.at + job.spec.deadline


def _open_generation(job: JobState) -> None:
    """A new generation with fresh budgets. A running attempt stays until its end is seen."""
    job.generation += 1
    job.deadline_at = job.end = job.end_reason = job.due_at = job.failure = job.unscheduled = job.recorded = None
    job.asked, job.failures, job.lost, job.outputs = "", 0, 0, {}


def _ask(job: JobState, what: str) -> None:
    """A person's skip or cancel: at once, or as soon as the running attempt has ended."""
    assert what in ("skip", "cancel")
    if job.current is not None:
        job.asked = what  # type: ignore[assignment]
    else:
        _end_by_hand(job, what)


def _end_by_hand(job: JobState, what: str) -> None:
    status, kind = (Status.SKIPPED, "skipped") if what == "skip" else (Status.CANCELLED, "cancelled")
    _end(job, status, Reason(kind))


def _end_by_policy(job: JobState) -> None:
    _end(job, Status.CANCELLED, Reason("policy", job.spec.group or ""))


def _end_overdue(job: JobState) -> None:
    _end(job, Status.FAILED, Reason("deadline", f"{job.spec.deadline:g} s", job.attempts[-1].number))


def _end(job: JobState, status: Status, reason: Reason | None) -> None:
    job.end, job.end_reason = status, reason
    job.asked, job.due_at, job.failure, job.unscheduled = "", None, None, None


def _end_attempt(job: JobState, event: e.AttemptEnded) -> None:
    attempt, current = job.running, job.current
    assert attempt is not None
    attempt.ended_at, attempt.end, attempt.reason = event.at, event.end, event.reason
    attempt.exit_code, attempt.signal, attempt.traceback = event.exit_code, event.signal, event.traceback
    attempt.outputs, attempt.missing, attempt.classes = event.outputs, event.missing, event.classes
    attempt.peak_memory, attempt.cpu_seconds = event.peak_memory, event.cpu_seconds
    job.running = None
    if current is None:  # of an older generation: what it came to no longer matters
        return
    if event.end == "succeeded":  # even if a stop was asked for: nobody loses work
        job.outputs = event.outputs
        _end(job, Status.SUCCEEDED, None)
    elif job.asked == "deadline":
        _end_overdue(job)
    elif job.asked == "policy":
        _end_by_policy(job)
    elif job.asked:
        _end_by_hand(job, job.asked)
    else:
        _go_on(job, event)


def _go_on(job: JobState, event: e.AttemptEnded) -> None:
    """An attempt of the current generation ended without success, and nobody had asked for that."""
    reason = _numbered(event)
    if event.end == "cancelled":
        _end(job, Status.CANCELLED, reason)
    elif event.end == "lost":
        job.lost += 1
        if job.lost > LOST_RESTARTS:
            _end(job, Status.FAILED, reason)
    else:
        job.failures += 1
        if job.failures < job.spec.retry.attempts and _mendable(job, event):
            job.failure, job.unscheduled = reason, event.attempt
        else:
            _end(job, Status.FAILED, reason)


def _mendable(job: JobState, event: e.AttemptEnded) -> bool:
    """Whether another attempt may do what this one could not, by what went wrong."""
    kind = event.reason.kind if event.reason is not None else ""
    return kind not in NEVER_RETRIED and job.spec.retry.allows(event.classes)


def _numbered(event: e.AttemptEnded) -> Reason:
    given = event.reason or Reason({"cancelled": "cancelled", "lost": "lost"}.get(event.end, "exception"))
    return given if given.attempt is not None else Reason(given.kind, given.detail, event.attempt)
