"""The run as programs, cards and pictures read it: plain JSON-ready values."""

from __future__ import annotations

from typing import Any

from nbflow.core import policy as policies
from nbflow.core.plan import broken_text
from nbflow.core.run import AttemptState, GroupState, JobState, Run
from nbflow.core.spec import BestEffort, GroupNeed, JobNeed, Need
from nbflow.core.status import Reason, RunVerdict, Status, Verdict


def project(run: Run, now: float) -> dict[str, Any]:
    """*run* as it stands at *now*, as ``snapshot()`` and ``status --json`` give it. Keys are only ever added.

    Instants are in seconds since the epoch, log paths relative to the notebook's folder. Beyond the statuses, a job has
    ``reason_text`` (why, in words), ``of`` (attempts allowed in this generation) and ``try`` (those used of them),
    ``waits_for`` (needs not yet met), ``due_at`` (next attempt), ``started_at`` and ``ended_at`` of this generation.

    >>> from nbflow.testing import declare
    >>> from nbflow.core.spec import JobNeed, JobSpec
    >>> view = project(declare(JobSpec(name="a"), JobSpec(name="b", needs=(JobNeed("a"),))), now=5.0)
    >>> view["verdict"], view["jobs"]["b"]["status"], view["jobs"]["b"]["reason_text"]
    ('running', 'waiting', 'waits for a')
    """
    return {
        "schema": 1,
        "flow": run.flow,
        "run": run.number,
        "verdict": verdict(run).value,
        "opened_at": run.opened_at,
        "now": now,
        "jobs": {name: project_job(run, name) for name in run.jobs},
        "groups": {name: _group(run, group) for name, group in run.groups.items()},
    }


def verdict(run: Run) -> RunVerdict:
    """What *run* has come to. Jobs that wait for a person (held, or behind one that is) do not keep it running.

    ``failed`` if a job failed that nothing excuses, else ``cancelled`` if one was cancelled that nothing excuses, else
    ``degraded`` if any job ended without success, else ``succeeded``, also when there is no job. A failed or cancelled
    job is excused by its group's policy being met (or ``best-effort``), or when all that need it can do without.
    """
    if run.queues.busy():
        return RunVerdict.RUNNING
    bad = {s: [n for n, j in run.jobs.items() if j.status is s] for s in (Status.FAILED, Status.CANCELLED)}
    tolerated = _tolerated(run)
    for status, came_to in ((Status.FAILED, RunVerdict.FAILED), (Status.CANCELLED, RunVerdict.CANCELLED)):
        if not all(_group_excuses(run, name) or name in tolerated for name in bad[status]):
            return came_to
    degraded = any(job.status.ended and not job.status.good for job in run.jobs.values())
    return RunVerdict.DEGRADED if degraded else RunVerdict.SUCCEEDED


def unexcused(run: Run) -> dict[str, str]:
    """The failed jobs that no policy, ``on_missing`` or person excused -> reason in words."""
    tolerated = _tolerated(run)
    return {
        name: reason_text(run, job)
        for name, job in run.jobs.items()
        if job.status is Status.FAILED and not _group_excuses(run, name) and name not in tolerated
    }


def _group_excuses(run: Run, name: str) -> bool:
    spec = run.jobs[name].spec
    if spec.group is None:
        return False
    group = run.groups[spec.group]
    return group.verdict is Verdict.MET or isinstance(group.policy, BestEffort)


def _tolerated(run: Run) -> set[str]:
    """The jobs that something needs, all of which can do without them."""
    needed: dict[str, bool] = {}
    for job in run.jobs.values():
        for need in job.spec.needs:
            tolerant = need.optional or job.spec.on_missing == "none"
            for name in (need.job,) if isinstance(need, JobNeed) else need.members:
                needed[name] = needed.get(name, True) and tolerant
    return {name for name, tolerant in needed.items() if tolerant}


def project_job(run: Run, name: str) -> dict[str, Any]:
    """The job *name* of *run* as `project` gives it."""
    job = run.jobs[name]
    spec = job.spec
    first = next((a for a in job.attempts if a.generation == job.generation), None)
    return {
        "status": job.status.value,
        "reason": _reason(job.reason),
        "reason_text": reason_text(run, job),
        "generation": job.generation,
        "attempts": [_attempt(attempt) for attempt in job.attempts],
        "of": spec.retry.attempts,
        "try": job.tries,
        "needs": [_name(need) for need in spec.needs],
        "waits_for": waits_for(run, job),
        "group": spec.group,
        "executor": spec.executor,
        "outputs": list(spec.outputs),
        "cell_id": spec.cell_id,
        "submitted_at": job.declared_at,
        "declared_at": job.declared_at,
        "started_at": first.started_at if first else None,
        "ended_at": job.changed_at if job.status.ended else None,
        "due_at": job.due_at,
    }


def _attempt(attempt: AttemptState) -> dict[str, Any]:
    folder = f".nbflow/attempts/{attempt.key}"
    return {
        "number": attempt.number,
        "generation": attempt.generation,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "end": attempt.end,
        "reason": _reason(attempt.reason),
        "exit_code": attempt.exit_code,
        "signal": attempt.signal,
        "rule": None,
        "recovery": None,
        "log": {"out": f"{folder}/out", "err": f"{folder}/err"},
        "peak_memory": attempt.peak_memory,
        "cpu_seconds": attempt.cpu_seconds,
    }


def _reason(reason: Reason | None) -> dict[str, Any]:
    return {"kind": reason.kind, "detail": reason.detail, "attempt": reason.attempt} if reason else {}


def _name(need: Need) -> str:
    return need.job if isinstance(need, JobNeed) else need.group


def _group(run: Run, group: GroupState) -> dict[str, Any]:
    jobs = {name: run.jobs[name] for name in group.members}
    bad = {name: job for name, job in jobs.items() if job.status.ended and not job.status.good}
    return {
        "policy": policies.text(group.policy),
        "verdict": group.verdict.value,
        "reason_text": broken_text(group),
        "members": list(jobs),
        "failed": {name: _reason(job.reason) for name, job in bad.items()},
        "succeeded": [name for name, job in jobs.items() if job.status.good],
    }


def waits_for(run: Run, job: JobState) -> list[str]:
    """The names of the needs that are not met yet, while the job waits; empty otherwise."""
    if job.status is not Status.WAITING:
        return []
    return [_name(need) for need in job.spec.needs if _undecided(run, need)]


def _undecided(run: Run, need: Need) -> bool:
    names = need.members if isinstance(need, GroupNeed) else (need.job,)
    return any(name not in run.jobs or not run.jobs[name].status.ended for name in names)


def reason_text(run: Run, job: JobState) -> str:
    """Why the job stands where it does, in words; empty where the status says it all."""
    match job.status:
        case Status.WAITING:
            return f"waits for {', '.join(waits_for(run, job))}"
        case Status.READY:
            return "waits for its last attempt to stop" if job.running else "waits for a free slot"
        case Status.RUNNING:
            return {"": "", "skip": "being skipped", "cancel": "being cancelled"}[job.asked]
        case Status.SKIPPED if job.reason and job.reason.detail in run.groups:
            why = broken_text(run.groups[job.reason.detail])
            return f"{job.reason.words()} ({why})" if why else job.reason.words()
        case _:
            return job.reason.words() if job.reason else ""
