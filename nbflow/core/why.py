"""Why a job stands where it does, in words."""

from __future__ import annotations

from nbflow.core.needs import PENDING
from nbflow.core.plan import broken_text
from nbflow.core.run import JobState, Run
from nbflow.core.spec import JobNeed, Need, Retry
from nbflow.core.status import Status


def need_name(need: Need) -> str:
    """The name of the job or group that is needed."""
    return need.job if isinstance(need, JobNeed) else need.group


def waits_for(_run: Run, job: JobState) -> list[str]:
    """The names of the needs that are not met yet, while the job waits; empty otherwise."""
    if job.status is not Status.WAITING:
        return []
    return [need_name(need) for need, stands in zip(job.spec.needs, job.standings, strict=True) if stands == PENDING]


def not_retried(job: JobState) -> str:
    """The option that kept a failed job from another attempt, though there was one left; empty if none did."""
    retry = job.spec.retry
    last = job.attempts[-1] if job.attempts else None
    if job.status is not Status.FAILED or last is None or job.failures >= retry.attempts or retry.allows(last.classes):
        return ""
    barred = not Retry(never_on=retry.never_on).allows(last.classes)
    return f"--no-retry-on {','.join(retry.never_on)}" if barred else f"--retry-on {','.join(retry.on)}"


def _before_deadline(job: JobState) -> str:
    last = job.attempts[-1]
    if last.end != "failed" or last.reason is None:
        return ""
    return f" (attempt {last.number} failed: {last.reason.words()})"


_ASKED = {
    "": "",
    "skip": "being skipped",
    "cancel": "being cancelled",
    "deadline": "being stopped: its deadline has passed",
    "policy": "being cancelled by its group's policy",
}


def reason_text(run: Run, job: JobState) -> str:
    """Why the job stands where it does, in words; empty where the status says it all."""
    match job.status:
        case Status.WAITING:
            return f"waits for {', '.join(waits_for(run, job))}"
        case Status.READY:
            if job.running:
                return "waits for its last attempt to stop"
            group = job.spec.group or ""
            full = run.queues.room().get(group, 1) <= 0
            return (
                f"waits for its turn: {run.queues.caps[group]} of {group} at once" if full else "waits for a free slot"
            )
        case Status.RUNNING:
            return _ASKED[job.asked]
        case Status.CANCELLED if job.reason and job.reason.detail in run.groups:
            why = broken_text(run.groups[job.reason.detail]) or "met without it"
            return f"{job.reason.words()} ({why})"
        case Status.FAILED if job.reason and job.reason.kind == "deadline":
            return f"{job.reason.words()}{_before_deadline(job)}"
        case Status.SKIPPED if job.reason and job.reason.detail in run.groups:
            why = broken_text(run.groups[job.reason.detail])
            return f"{job.reason.words()} ({why})" if why else job.reason.words()
        case Status.FAILED if not_retried(job):
            assert job.reason is not None
            return f"{job.reason.words()} (not retried: {not_retried(job)})"
        case _:
            return job.reason.words() if job.reason else ""
