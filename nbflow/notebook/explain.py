"""Why a job stands where it does, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from nbflow.core import words
from nbflow.core.hidden import spoken
from nbflow.core.hidden_needs import advice, states_needed
from nbflow.core.project import reason_text, waits_for
from nbflow.core.run import JobState, Run
from nbflow.core.status import Status
from nbflow.core.why import files_needed, reused_text


def explain(run: Run, name: str, now: float) -> str:
    """One sentence on *name* at *now*: what it waits for, runs or retries for, or how it ended."""
    job = run.jobs[name]
    why = reason_text(run, job)
    match job.status:
        case Status.HELD:
            return f"{name} is held: %nbflow run {name} starts it."
        case Status.WAITING:
            own = " has run and" if job.followers is not None else ""
            return f"{name}{own} waits for {_standing(run, job)}."
        case Status.READY:
            return f"{name} is ready and {why}."
        case Status.RUNNING:
            asked = f", {why}" if why else ""
            return f"{name} is running: attempt {_attempt(job)}, for {_age(job, now)}{_limit(job, now)}{asked}."
        case Status.RETRYING:
            return _retrying(run, job, now)
        case Status.RECOVERING | Status.ROLLING_BACK | Status.FALLING_BACK:
            return f"{name} is {_doing(job, now)}{f': {why}' if why else ''}."
        case Status.SUCCEEDED | Status.RECOVERED | Status.SUBSTITUTED | Status.REUSED:
            return f"{name} {_went_well(run, job)}."
        case Status.UNKNOWN:
            return f"{name} has no known end ({why}): %nbflow retry {name} starts it again."
        case Status.FAILED:
            after = f" after attempt {_attempt(job)}" if job.began else ""
            return f"{name} failed{after}: {why}."
        case Status.SKIPPED | Status.CANCELLED:
            return f"{name} was {job.status.value}" + (f": {why}." if why and why != job.status.value else ".")
        case _:
            assert_never(job.status)


def _retrying(run: Run, job: JobState, now: float) -> str:
    failed = job.failure.words() if job.failure else reason_text(run, job)
    again = "runs again when the run is unpaused"
    if not run.paused:
        again = f"runs again in {words.elapsed(max(0.0, (job.due_at or now) - now))}"
    attempt = f"attempt {_attempt(job)} has ended{_limit(job, now)}"
    return f"{job.spec.name} failed ({failed}) and {again}: {attempt}."


def _doing(job: JobState, now: float) -> str:
    """What a job is doing after an attempt."""
    calls = {Status.ROLLING_BACK: job.spec.rollback, Status.FALLING_BACK: job.spec.fallback}
    call = calls.get(job.status)
    with_ = f" with {call.label}" if call else _rule(job)
    return f"{job.status.value}{with_}" + (f", for {_age(job, now)}" if job.current_step else "")


def _rule(job: JobState) -> str:
    place = job.attempts[-1].rule if job.attempts else None
    return f" by rule {job.spec.rules[place].label}" if place is not None else ""


def _went_well(run: Run, job: JobState) -> str:
    match job.status:
        case Status.REUSED:
            return f"was reused {reused_text(run, job.reused[-1])}: the same code on the same inputs"
        case Status.RECOVERED:
            label = job.spec.fallback.label if job.spec.fallback else "its fallback"
            failed = f": {job.reason.words()}" if job.reason else ""
            return f"was recovered by its fallback {label} after attempt {_attempt(job)} had failed{failed}"
        case Status.SUBSTITUTED:
            return "was skipped by a person, with other values in the place of its own"
        case _:
            again = f"; it was not reused: {job.missed.why}" if job.missed is not None and job.missed.why else ""
            return "succeeded" + (f" at attempt {_attempt(job)}" if job.tries > 1 else "") + again


def _age(job: JobState, now: float) -> str:
    """For how long what is under way has been."""
    under = job.current_step or job.running
    return words.elapsed(max(0.0, now - under.started_at) if under else 0.0)


def _limit(job: JobState, now: float) -> str:
    if job.deadline_at is None:
        return ""
    return f", its deadline is in {words.elapsed(max(0.0, job.deadline_at - now))}"


def _standing(run: Run, job: JobState) -> str:
    files = files_needed(run, job)
    needs, states = waits_for(run, job), states_needed(job.spec)
    said = (_need(run, name, [*files.get(name, ()), *map(spoken, states.get(name, ()))]) for name in needs)
    return ", ".join(said) + advice(job.spec, needs)


def _need(run: Run, name: str, files: Sequence[str]) -> str:
    """A need with how it stands, and the files for which there is it."""
    said = f"{name} ({run.jobs[name].status.value})" if name in run.jobs else f"group {name}"
    return f"{said} for {', '.join(files)}" if files else said


def _attempt(job: JobState) -> str:
    return f"{max(1, job.tries)} of {job.allowed}"
