"""The run as programs, cards and pictures read it: plain JSON-ready values."""

from __future__ import annotations

from typing import Any

from nbflow.core import policy as policies
from nbflow.core.attempt import StepState
from nbflow.core.files import shown
from nbflow.core.group_plan import broken_text, needed_text
from nbflow.core.groups import jobs_in, retries_used
from nbflow.core.outcome import unexcused, verdict
from nbflow.core.run import AttemptState, GroupState, JobState, Run
from nbflow.core.spec import Limits
from nbflow.core.status import Reason, Status
from nbflow.core.why import files_needed, need_name, reason_text, waits_for

__all__ = ["project", "project_job", "reason_text", "unexcused", "verdict", "waits_for"]


def project(run: Run, now: float) -> dict[str, Any]:
    """*run* as it stands at *now*, as ``snapshot()`` and ``status --json`` give it. Keys are only ever added.

    Instants are in seconds since the epoch, log paths relative to the notebook's folder. Beyond the statuses, a job has
    ``reason_text`` (why, in words), ``of`` (attempts allowed in this generation) and ``try`` (those used of them),
    ``waits_for`` (needs not yet met), ``due_at`` (next attempt), ``deadline_at`` (no attempt then), ``started_at`` and
    ``ended_at`` of this generation, ``rules`` (what each failure rule is about), ``rollback`` and ``fallback`` (as
    typed), ``reused`` (the attempt of an earlier run or generation whose outputs stand for its own), ``missed`` (why
    the cache had none); an element of a fan-out has its name, ``fan``, and ``element``, the loop variables as text.
    Jobs that were withdrawn are left out.

    >>> from nbflow.testing import declare
    >>> from nbflow.core.spec import JobNeed, JobSpec
    >>> view = project(declare(JobSpec(name="a"), JobSpec(name="b", needs=(JobNeed("a"),))), now=5.0)
    >>> view["verdict"], view["jobs"]["b"]["status"], view["jobs"]["b"]["reason_text"]
    ('running', 'waiting', 'waits for a')
    """
    shown = [name for name, job in run.jobs.items() if not job.spec.withdrawn]
    return {
        "schema": 1,
        "flow": run.flow,
        "run": run.number,
        "verdict": verdict(run).value,
        "opened_at": run.opened_at,
        "now": now,
        "paused": run.paused,
        "limits": _limits(run.limits),
        "jobs": {name: project_job(run, name) for name in shown},
        "groups": {name: _group(run, group) for name, group in run.groups.items() if not _passed_on(run, group)},
    }


def _passed_on(run: Run, group: GroupState) -> bool:
    """Whether a job has the name of *group* now: it was a fan-out's, and is empty."""
    job = run.jobs.get(group.name)
    return job is not None and not job.spec.withdrawn


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
        "of": job.allowed,
        "retry_on": list(spec.retry.on),
        "no_retry_on": list(spec.retry.never_on),
        "try": job.tries,
        "needs": [need_name(need) for need in spec.needs],
        "waits_for": waits_for(run, job),
        "reads": [shown(path, spec.cwd) for path in spec.reads],
        "writes": [shown(path, spec.cwd) for path in spec.writes],
        "files": files_needed(run, job),
        "group": spec.group,
        "fan": spec.element.fan if spec.element else None,
        "element": dict(spec.element.values) if spec.element else None,
        "executor": spec.executor,
        "outputs": list(spec.outputs),
        "cell_id": spec.cell_id,
        "submitted_at": job.declared_at,
        "declared_at": job.declared_at,
        "started_at": first.started_at if first else None,
        "ended_at": job.changed_at if job.status.ended else None,
        "due_at": job.due_at,
        "deadline": spec.deadline,
        "deadline_at": job.deadline_at,
        "rules": [{"on": rule.words, "label": rule.label, "retries": rule.retries} for rule in spec.rules],
        "rollback": spec.rollback.label if spec.rollback else None,
        "fallback": spec.fallback.label if spec.fallback else None,
        "memory": job.memory,
        "once": spec.once,
        "condition": spec.condition,
        "cache": spec.cache,
        "reused": _reused(job),
        "missed": job.missed.why if job.missed is not None else "",
        "maker": spec.maker or None,
    }


def _reused(job: JobState) -> dict[str, Any] | None:
    """The attempt whose outputs stand for those of *job*; ``seconds`` is what it took."""
    reuse = job.reuse
    if reuse is None:
        return None
    told = {"run": reuse.run, "flow": reuse.flow, "attempt": reuse.attempt, "made_at": reuse.made_at}
    return told | {"seconds": reuse.seconds, "at": reuse.at, "log": _log(reuse.attempt)}


def _log(key: str) -> dict[str, str]:
    folder = f".nbflow/attempts/{key}"
    return {"out": f"{folder}/out", "err": f"{folder}/err"}


def _attempt(attempt: AttemptState) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "generation": attempt.generation,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "end": attempt.end,
        "reason": _reason(attempt.reason),
        "exit_code": attempt.exit_code,
        "signal": attempt.signal,
        "classes": list(attempt.classes),
        "rule": attempt.rule,
        "recovery": _recovery(attempt),
        "steps": [_step(step) for step in attempt.steps],
        "log": _log(attempt.key),
        "peak_memory": attempt.peak_memory,
        "cpu_seconds": attempt.cpu_seconds,
    }


def _recovery(attempt: AttemptState) -> str | None:
    """What the recovery script after *attempt* came to; None while it runs, or without one."""
    ends = [step.end for step in attempt.steps if step.step == "recovery" and step.end is not None]
    return None if not ends else "ok" if ends[-1] == "succeeded" else "failed"


def _step(step: StepState) -> dict[str, Any]:
    return {
        "step": step.step,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
        "end": step.end,
        "reason": _reason(step.reason),
        "exit_code": step.exit_code,
        "signal": step.signal,
        "log": _log(step.key) if step.key else None,
    }


def _limits(limits: Limits) -> dict[str, Any]:
    return {
        "retries": limits.retries,
        "attempts": limits.attempts,
        "jobs": limits.jobs,
        "forbidden": list(limits.forbidden),
    }


def _reason(reason: Reason | None) -> dict[str, Any]:
    return {"kind": reason.kind, "detail": reason.detail, "attempt": reason.attempt} if reason else {}


def _group(run: Run, group: GroupState) -> dict[str, Any]:
    """A group as `project` gives it.

    *members* are jobs and groups within; *failed* and *succeeded* are about its jobs, those of groups within included.
    """
    options = group.options
    jobs = {name: run.jobs[name] for name in jobs_in(run, group.name) if not run.jobs[name].spec.withdrawn}
    bad = {name: job for name, job in jobs.items() if job.status.ended and not job.status.good}
    used = retries_used(run, group.name)
    return {
        "policy": policies.text(group.policy),
        **{name: getattr(options, name) for name in ("early", "fail_fast", "cancel_rest", "max_parallel", "rollback")},
        "retries": options.retries,
        "retries_used": used,
        "retries_left": max(0, options.retries - used),
        "parent": group.parent,
        "verdict": group.verdict.value,
        "reason_text": broken_text(group),
        "needed_text": needed_text(group),
        "members": [name for name in group.members if name in jobs or name in group.tally.parts],
        "failed": {name: _reason(job.reason) for name, job in bad.items()},
        "succeeded": [name for name, job in jobs.items() if job.status.good],
        "rolled_back": {name: end for name, job in jobs.items() if (end := _taken_back(job)) is not None},
    }


def _taken_back(job: JobState) -> str | None:
    """What the rollback of a success has come to: ``running``, or how it ended; None if there was none."""
    if not job.status.good or not job.began:
        return None
    steps = [step for step in job.attempts[-1].steps if step.step == "rollback"]
    return (steps[-1].end or "running") if steps and job.end is Status.SUCCEEDED else None
