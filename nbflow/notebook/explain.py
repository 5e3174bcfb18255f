"""Why a job stands where it does, in one sentence."""

from __future__ import annotations

from nbflow.core import words
from nbflow.core.project import reason_text, waits_for
from nbflow.core.run import JobState, Run
from nbflow.core.status import Status


def explain(run: Run, name: str, now: float) -> str:
    """One sentence on *name* at *now*: what it waits for, runs or retries for, or how it ended."""
    job = run.jobs[name]
    match job.status:
        case Status.HELD:
            return f"{name} is held: %nbflow run {name} starts it."
        case Status.WAITING:
            return f"{name} waits for {_standing(run, waits_for(run, job))}."
        case Status.READY:
            return f"{name} is ready and {reason_text(run, job)}."
        case Status.RUNNING:
            started = job.running.started_at if job.running else now
            return f"{name} is running: attempt {_attempt(job)}, for {words.elapsed(now - started)}{_limit(job, now)}."
        case Status.RETRYING:
            again = words.elapsed(max(0.0, (job.due_at or now) - now))
            why = job.failure.words() if job.failure else reason_text(run, job)
            return (
                f"{name} failed ({why}) and runs again in {again}: attempt {_attempt(job)} has ended{_limit(job, now)}."
            )
        case Status.SUCCEEDED:
            return f"{name} succeeded" + (f" at attempt {_attempt(job)}." if job.tries > 1 else ".")
        case Status.FAILED:
            return f"{name} failed after attempt {_attempt(job)}: {reason_text(run, job)}."
        case Status.SKIPPED | Status.CANCELLED:
            why = reason_text(run, job)
            return f"{name} was {job.status.value}" + (f": {why}." if why and why != job.status.value else ".")


def _limit(job: JobState, now: float) -> str:
    if job.deadline_at is None:
        return ""
    return f", its deadline is in {words.elapsed(max(0.0, job.deadline_at - now))}"


def _standing(run: Run, needs: list[str]) -> str:
    return ", ".join(
        f"{need} ({run.jobs[need].status.value})" if need in run.jobs else f"group {need}" for need in needs
    )


def _attempt(job: JobState) -> str:
    return f"{max(1, job.tries)} of {job.spec.retry.attempts}"
