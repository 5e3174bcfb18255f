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

from nbflow.core import ending, followups, groups, needs, undoing
from nbflow.core import event as e
from nbflow.core.course import Course
from nbflow.core.ending import LOST_RESTARTS
from nbflow.core.run import AttemptState, GroupState, JobState, Run
from nbflow.core.spec import JobSpec, ValueRef
from nbflow.core.status import Status, Verdict

__all__ = ["LOST_RESTARTS", "AttemptState", "GroupState", "JobState", "Run", "accepts", "empty", "evolve", "replay"]


def empty(course: Course | None = None) -> Run:
    """A run of which nothing has happened yet; *course* takes note of when statuses change."""
    return Run(course=course)


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
        case e.LimitsSet(limits=limits):
            return limits != run.limits
        case e.HooksCalled(occasion=occasion):
            return run.attempts > run.told.calls.get(occasion, (0, 0.0))[0]
        case e.HookFailed(hook=hook, detail=detail):
            return run.told.failed.get(hook) != detail
        case e.PauseRequested():
            return not run.paused
        case e.UnpauseRequested():
            return run.paused
        case e.GroupDeclared(group=name, policy=policy):
            return name not in run.groups or run.groups[name].policy != policy
        case e.GroupDecided(group=name, verdict=verdict):
            group = run.groups.get(name)
            return group is not None and group.verdict == verdict != group.recorded
        case e.GroupRetried():
            return groups.takes_retry(run, event)
        case e.GroupJudged():
            return groups.takes_judgement(run, event)
        case _:
            job = run.jobs.get(event.job)
            return job is not None and _job_accepts(job, event)


_Wish = e.RunRequested | e.RetryRequested | e.SkipRequested | e.CancelRequested
_Told = e.RetryScheduled | e.CacheMissed | e.JobReused | e.DeadlinePassed | e.JobRefused | e.JobEnded | e.JobReopened
_JobEvent = e.AttemptStarted | e.AttemptEnded | e.StepStarted | e.StepEnded | _Told | _Wish


def _job_accepts(job: JobState, event: _JobEvent) -> bool:
    match event:  # an end is taken also of an older generation: it is what is under way
        case e.AttemptEnded(generation=generation, attempt=number):
            running = job.running
            return running is not None and (running.number, running.generation) == (number, generation)
        case e.StepEnded(generation=generation, step=step, key=key):
            under = job.step
            return under is not None and (under.generation, under.step, under.key) == (generation, step, key)
        case _:
            return event.generation == job.generation and _current_accepts(job, event)


def _current_accepts(job: JobState, event: e.AttemptStarted | e.StepStarted | _Told | _Wish) -> bool:
    match event:
        case e.AttemptStarted(attempt=number, at=at):
            startable = job.status in (Status.READY, Status.RETRYING) and not job.overdue(at)
            return startable and not job.busy and not job.to_look and number == len(job.attempts) + 1
        case e.StepStarted(attempt=number, step=step):
            wanted = step == job.due_step or (step == "rollback" and job.revocable)
            return wanted and number == len(job.attempts)
        case e.RetryScheduled(attempt=number):
            return job.unscheduled == number
        case e.CacheMissed():
            return job.to_look
        case e.JobReused():
            return job.to_look and not job.fresh
        case e.DeadlinePassed(at=at):
            return job.limited and job.overdue(at)
        case e.JobRefused():
            return job.due_step is not None or job.queued
        case e.JobEnded(status=status, reason=reason):
            return status.ended and (status, reason) == (job.status, job.reason) != job.recorded
        case e.JobReopened():
            return job.recorded is not None and not job.status.ended
        case _:
            return _may_ask(job, event)


def _may_ask(job: JobState, event: _Wish) -> bool:
    if job.spec.withdrawn:
        return False
    match event:
        case e.RunRequested():
            return job.status is Status.HELD
        case e.RetryRequested():
            return job.status.ended
        case e.CancelRequested():
            return not job.status.ended and job.asked != "cancel"
        case e.SkipRequested():
            if job.status.good and job.end is not Status.SUBSTITUTED:
                return False
            given = _standin(job, event)
            if given is None:
                return not (event.last or job.end in (Status.SKIPPED, Status.SUBSTITUTED) or _skipping(job, None))
            return not (_skipping(job, given) or (job.end is Status.SUBSTITUTED and given == job.outputs))
        case _:
            assert_never(event)


def _skipping(job: JobState, given: object) -> bool:
    return job.asked == "skip" and job.standin == given


def _standin(job: JobState, event: e.SkipRequested) -> dict[str, ValueRef] | None:
    """The values that are to stand for the job's outputs; None: none are."""
    return job.last_good if event.last else event.outputs or None


def _take(run: Run, event: e.Event) -> Iterable[str]:
    """Note *event*; returns the jobs whose status may follow from it."""
    match event:
        case e.RunOpened(flow=flow, number=number, at=at):
            run.flow, run.number, run.opened_at = flow, number, at
        case e.LimitsSet(limits=limits):
            run.limits = limits
        case e.HooksCalled(occasion=occasion, at=at):
            run.told.calls[occasion] = run.attempts, at
        case e.HookFailed(hook=hook, detail=detail):
            run.told.failed[hook] = detail
        case e.PauseRequested() | e.UnpauseRequested():
            run.paused = isinstance(event, e.PauseRequested)
        case e.JobDeclared(spec=spec, at=at):
            run.declarations += 1
            return _declare(run, spec, at)
        case e.GroupDeclared(group=name, policy=policy):
            run.declarations += 1
            return needs.set_policy(run, name, policy)
        case e.GroupDecided(group=name, verdict=verdict):
            if run.course is not None:
                run.course.verdicts.append((event.at, name, verdict))
            return _decide(run, run.groups[name], verdict)
        case e.GroupRetried():
            return groups.take_retry(run, event)
        case e.GroupJudged():
            return needs.judged(run, event)
        case _:
            _take_job(run, run.jobs[event.job], event)
            return (event.job, *_stop_others(run, run.jobs[event.job], event))
    return ()


def _stop_others(run: Run, job: JobState, event: _JobEvent) -> list[str]:
    """End what *job*, which has just succeeded, stops from inside."""
    if not isinstance(event, e.AttemptEnded) or event.response is None or job.response is not event.response:
        return []
    others = list(followups.stopped(run, job))
    for other in others:
        ending.stop(other, job.spec.name)
    return [other.spec.name for other in others]


def _decide(run: Run, group: GroupState, verdict: Verdict) -> list[str]:
    """Note the group's verdict; returns the members that it ends."""
    members = groups.jobs_in(run, group.name) if group.about_to_cut else []
    cut = [name for name in members if not run.jobs[name].status.ended]
    group.recorded = verdict
    groups.note_group(run, group)
    for name in cut:
        if not run.jobs[name].asked:
            run.jobs[name].cut_by = group.name
            ending.ask(run.jobs[name], "policy")
    return cut


def _take_job(run: Run, job: JobState, event: _JobEvent) -> None:
    match event:
        case e.AttemptStarted():
            ending.start_attempt(run, job, event)
        case e.AttemptEnded():
            ending.end_attempt(run, job, event)
        case e.StepStarted():
            ending.start_step(job, event)
            undoing.noted(run, job)
        case e.StepEnded():
            ending.end_step(job, event)
            undoing.noted(run, job)
        case e.RetryScheduled(due_at=due_at):
            job.due_at, job.unscheduled = due_at, None
            if job.overdue(due_at):  # its turn would never come
                ending.ask(job, "deadline")
        case e.CacheMissed():
            job.missed = event
        case e.JobReused():
            ending.reuse(run, job, event)
        case e.DeadlinePassed():
            ending.ask(job, "deadline")
        case e.JobRefused():
            ending.refuse(job, event)
        case e.JobEnded(status=status, reason=reason):
            job.recorded = status, reason
        case e.JobReopened():
            job.recorded = None
        case _:
            _take_wish(job, event)


def _take_wish(job: JobState, event: _Wish) -> None:
    match event:
        case e.RunRequested():
            job.released = True
        case e.RetryRequested():
            ending.open_generation(job)
            job.released = job.fresh = True
        case e.SkipRequested():
            ending.ask(job, "skip", _standin(job, event))
        case e.CancelRequested():
            ending.ask(job, "cancel")
        case _:
            assert_never(event)


def _declare(run: Run, spec: JobSpec, at: float) -> list[str]:
    job, touched = run.jobs.get(spec.name), [spec.name]
    if job is None:
        job = run.jobs[spec.name] = JobState(spec, len(run.jobs), at, at)
        if run.course is not None:
            run.course.statuses.append((at, job.order, job.status))
    else:
        touched += needs.unlink(run, job, spec.group)
        if job.spec.element is not None:
            run.fans[job.spec.element.fan].pop(spec.name, None)
        ending.open_generation(job)
        job.spec, job.declared_at, job.released = spec, at, False
    if spec.element is not None:
        run.fans.setdefault(spec.element.fan, {})[spec.name] = None
    if spec.maker in run.jobs:
        run.jobs[spec.maker].made[spec.name] = None
    if spec.withdrawn:
        ending.withdraw(job)
    return touched + needs.link(run, job)
