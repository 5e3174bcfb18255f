"""What a job comes to: the one place where the end of an attempt or step, or a person's wish, leads on.

A generation goes: attempts, with a recovery script and a wait between them as rules and budgets allow; when no attempt
is left, or none is wanted, its rollback; after a failure its fallback; then its end.
"""

from __future__ import annotations

from typing import Literal

from nbflow.core import event as e
from nbflow.core import followups
from nbflow.core.attempt import AttemptState, StepState
from nbflow.core.handed import hand_on
from nbflow.core.job import JobState
from nbflow.core.rules import Failure, first
from nbflow.core.run import Run
from nbflow.core.spec import Retry, ValueRef
from nbflow.core.status import Reason, Status

LOST_RESTARTS = 3
"""How often an attempt or step whose end nobody saw is started again, in one generation."""
NEVER_RETRIED = frozenset({"syntax", "invalid input", "forbidden", "condition"})
"""Kinds of failure that another attempt cannot mend."""

Wish = Literal["skip", "cancel", "policy", "stop", "deadline"]


def open_generation(job: JobState) -> None:
    """A new generation with fresh budgets. What is under way stays until its end is seen."""
    job.generation += 1
    job.deadline_at = job.end = job.end_reason = job.recorded = None
    job.failures, job.lost, job.unruled, job.uses, job.outputs, job.withheld = 0, 0, 0, {}, {}, ""
    job.rolled_back = job.fell_back = False
    job.response = job.followers = job.missed = None
    job.fresh = False
    job.retried = {}
    _settle(job)


def start_attempt(run: Run, job: JobState, event: e.AttemptStarted) -> None:
    """An attempt is under way."""
    ready = job.due_at if job.status is Status.RETRYING and job.due_at is not None else job.changed_at
    job.running = AttemptState(event.attempt, event.generation, event.key, event.at, min(ready, event.at))
    job.attempts.append(job.running)
    job.due_at = job.failure = job.unscheduled = None
    run.attempts += 1
    if job.deadline_at is None and job.spec.deadline is not None:
        job.deadline_at = event.at + job.spec.deadline


def reuse(run: Run, job: JobState, event: e.JobReused) -> None:
    """What an earlier attempt made stands for its outputs."""
    job.reused.append(event)
    job.outputs = event.outputs
    _end(job, Status.REUSED, None)
    hand_on(run, job)


def end_attempt(run: Run, job: JobState, event: e.AttemptEnded) -> None:
    """An attempt ended; of an older generation: what it came to no longer matters."""
    attempt, current = job.running, job.current
    assert attempt is not None
    attempt.ended_at, attempt.end, attempt.reason = event.at, event.end, event.reason
    attempt.exit_code, attempt.signal, attempt.traceback = event.exit_code, event.signal, event.traceback
    attempt.outputs, attempt.missing, attempt.changed = event.outputs, event.missing, event.changed
    attempt.classes = event.classes
    attempt.peak_memory, attempt.cpu_seconds = event.peak_memory, event.cpu_seconds
    job.running = None
    if current is None:
        return
    if event.end == "succeeded":  # even if a stop was asked for: nobody loses work
        job.outputs = event.outputs
        _end(job, Status.SUCCEEDED, None)
        hand_on(run, job)
        followups.follow(run, job, event.response)
    elif event.end == "skipped" and job.asked != "skip":
        _end(job, Status.SKIPPED, _numbered(event))
    elif job.asked:
        _close(job, *_wished(job))
    else:
        _go_on(run, job, event)


def _go_on(run: Run, job: JobState, event: e.AttemptEnded) -> None:
    """An attempt of the current generation ended without success, and nobody had asked for that."""
    reason = _numbered(event)
    match event.end:
        case "cancelled":
            _close(job, Status.CANCELLED, reason)
        case "lost":
            job.lost += 1
            if job.spec.once:
                _end(job, Status.UNKNOWN, reason)
            elif job.lost > LOST_RESTARTS:
                _close(job, Status.FAILED, reason)
        case _:
            _fail(run, job, event, reason)


def _fail(run: Run, job: JobState, event: e.AttemptEnded, reason: Reason) -> None:
    """Another attempt, after a recovery script where the rule has one, or none any more."""
    place = None
    if reason.kind not in NEVER_RETRIED:
        told = Failure(
            kind=reason.kind,
            exit_code=event.exit_code,
            signal=event.signal,
            classes=event.classes,
            found=event.found,
        )
        place = first(job.spec.rules, told)
    job.attempts[-1].rule = place
    job.failures += 1
    job.unruled += place is None
    if not _granted(run, job, place, reason, event.classes):
        _close(job, Status.FAILED, reason)
        return
    run.retries += 1
    job.failure = reason
    if place is not None:
        job.uses[place] = job.uses.get(place, 0) + 1
    if place is not None and job.spec.rules[place].script:
        job.owed = "recovery"
    else:
        job.unscheduled = event.attempt


def _granted(run: Run, job: JobState, place: int | None, reason: Reason, classes: tuple[str, ...]) -> bool:
    """Whether the failure is given another attempt; notes why not where an option says so."""
    retry, most = job.spec.retry, run.limits.retries
    if reason.kind in NEVER_RETRIED:
        return False
    if place is not None:
        rule = job.spec.rules[place]
        if job.uses.get(place, 0) >= rule.retries:
            job.withheld = f"{rule.label} is used up" if rule.label and rule.retries else ""
            return False
    elif job.unruled >= retry.attempts:
        return False
    elif not retry.allows(classes):
        barred = not Retry(never_on=retry.never_on).allows(classes)
        job.withheld = f"--no-retry-on {','.join(retry.never_on)}" if barred else f"--retry-on {','.join(retry.on)}"
        return False
    if most is not None and run.retries >= most:
        job.withheld = f"the run's budget of {most} {'retry' if most == 1 else 'retries'} is used up"
        return False
    return True


def start_step(job: JobState, event: e.StepStarted) -> None:
    """A step is under way."""
    job.step = StepState(event.step, event.attempt, event.generation, event.key, event.at)
    job.attempts[-1].steps.append(job.step)


def end_step(job: JobState, event: e.StepEnded) -> None:
    """A step ended; one of an older generation only makes room for the new one."""
    step, current = job.step, job.current_step
    assert step is not None
    step.ended_at, step.end, step.reason, step.traceback = event.at, event.end, event.reason, event.traceback
    step.exit_code, step.signal, step.outputs = event.exit_code, event.signal, event.outputs
    job.step = None
    if current is None:
        return
    if event.end == "lost" and (step.step == "rollback" or not job.asked):
        job.step_losses += 1
        if job.step_losses <= LOST_RESTARTS:
            return  # it is still owed
    _after(job, step)


def refuse(job: JobState, event: e.JobRefused) -> None:
    """What was to start next may not: a step is as good as failed, an attempt was the last."""
    if job.owed is not None:
        step = StepState(job.owed, job.attempts[-1].number, job.generation, "", event.at)
        step.ended_at, step.end, step.reason = event.at, "failed", event.reason
        job.attempts[-1].steps.append(step)
        _after(job, step)
    elif event.reason.kind == "forbidden":  # so would its rollback and fallback be
        _end(job, Status.FAILED, event.reason)
    else:
        _close(job, Status.FAILED, event.reason)


def _after(job: JobState, step: StepState) -> None:
    """What follows a step that is over."""
    if job.end is not None:  # a success, taken back with its group
        job.rolled_back = True
        return
    job.owed, job.step_losses = None, 0
    match step.step:
        case "recovery":
            _recovered(job, step)
        case "rollback":
            job.rolled_back = True
            assert job.closing is not None
            _close(job, *_wished(job) if job.asked else job.closing)
        case "fallback":
            _fell_back(job, step)


def _recovered(job: JobState, step: StepState) -> None:
    place = job.attempts[-1].rule
    assert place is not None
    said = step.reason or Reason(step.end or "")
    if job.asked:
        _close(job, *_wished(job))
    elif step.end == "cancelled":
        _close(job, Status.CANCELLED, said)
    elif step.good or job.spec.rules[place].optional:
        job.unscheduled = step.attempt
    else:
        _close(job, Status.FAILED, Reason("recovery failed", said.words(), step.attempt))


def _fell_back(job: JobState, step: StepState) -> None:
    job.fell_back = True
    assert job.closing is not None
    if step.good:
        job.outputs = step.outputs
        _end(job, Status.RECOVERED, job.closing[1])
    else:
        _close(job, *_wished(job) if job.asked else job.closing)


def ask(job: JobState, wish: Wish, standin: dict[str, ValueRef] | None = None) -> None:
    """A skip, cancel, deadline or policy's cut: at once, or as soon as what is under way has ended."""
    job.asked, job.standin = wish, standin
    if job.end is not None:
        _end(job, *_wished(job))
    elif job.current is None and job.current_step is None:
        _close(job, *_wished(job))


def _wished(job: JobState) -> tuple[Status, Reason]:
    """What the generation comes to by what was asked for."""
    match job.asked:
        case "skip" if job.standin is not None:
            return Status.SUBSTITUTED, Reason("substituted")
        case "skip":
            return Status.SKIPPED, Reason("skipped")
        case "policy":
            return Status.CANCELLED, Reason("policy", job.cut_by)
        case "stop":
            return Status.SKIPPED, Reason("stopped", job.cut_by)
        case "deadline":
            return Status.FAILED, Reason("deadline", f"{job.spec.deadline:g} s", job.attempts[-1].number)
        case _:
            return Status.CANCELLED, Reason("cancelled")


def _close(job: JobState, status: Status, reason: Reason) -> None:
    """No attempt any more: rollback, then fallback, then the end, as far as they are owed."""
    before, job.owed = job.owed, None
    job.due_at = job.failure = job.unscheduled = None
    job.closing = status, reason
    if job.asked == "deadline":
        job.asked = ""
    if job.began and job.spec.rollback is not None and not job.rolled_back:
        job.owed = "rollback"
    elif job.began and job.spec.fallback is not None and status is Status.FAILED and not job.fell_back:
        job.owed = "fallback"
    else:
        _end(job, status, reason)
    if job.owed != before:
        job.step_losses = 0


def _end(job: JobState, status: Status, reason: Reason | None) -> None:
    job.end, job.end_reason = status, reason
    if status is Status.SUBSTITUTED:
        job.outputs = job.standin or {}
    elif not status.good:  # it may have succeeded itself, and waited for jobs that it made
        job.outputs = {}
    _settle(job)


def stop(job: JobState, maker: str) -> None:
    """Job *maker* has asked for that from inside; nothing of *job* is under way."""
    job.cut_by = maker
    ask(job, "stop")


def withdraw(job: JobState) -> None:
    """It is declared no longer."""
    _end(job, Status.CANCELLED, Reason("withdrawn"))


def _settle(job: JobState) -> None:
    """Nothing is asked for, owed or due any more."""
    job.asked, job.standin, job.owed, job.closing, job.step_losses = "", None, None, None, 0
    job.due_at = job.failure = job.unscheduled = None


def _numbered(event: e.AttemptEnded) -> Reason:
    usual = {"cancelled": "cancelled", "lost": "lost", "skipped": "condition"}
    given = event.reason or Reason(usual.get(event.end, "exception"))
    return given if given.attempt is not None else Reason(given.kind, given.detail, event.attempt)
