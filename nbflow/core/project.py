"""The run as programs, cards and pictures read it: plain JSON-ready values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbflow.core import policy as policies
from nbflow.core.attempt import StepState
from nbflow.core.files import shown as file_shown
from nbflow.core.group_plan import broken_text, needed_text
from nbflow.core.groups import jobs_in, retries_used
from nbflow.core.hidden import is_hidden, spoken
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
    typed); an element of a fan-out has its name, ``fan``, and ``element``, the loop variables as text. An
    attempt could have started at ``ready_at``, had there been a slot. Jobs that were withdrawn are left out.
    ``declarations`` counts what was declared so far: while it stays, the flow's shape does.
    ``hooks_failed`` has why hooks could not tell people of the run.

    >>> from nbflow.testing import declare
    >>> from nbflow.core.spec import JobNeed, JobSpec
    >>> view = project(declare(JobSpec(name="a"), JobSpec(name="b", needs=(JobNeed("a"),))), now=5.0)
    >>> view["verdict"], view["jobs"]["b"]["status"], view["jobs"]["b"]["reason_text"]
    ('running', 'waiting', 'waits for a')
    """
    return {
        **{key: read(run) for key, read in RUN.items()},
        "now": now,
        "jobs": {name: project_job(run, name) for name in shown(run)},
        "groups": {name: project_group(run, name) for name in groups_shown(run)},
    }


def shown(run: Run) -> list[str]:
    """The jobs of *run* that a snapshot tells of: those that were not withdrawn, in the order of their declaration."""
    return [name for name, job in run.jobs.items() if not job.spec.withdrawn]


def groups_shown(run: Run) -> list[str]:
    """The groups of *run* that a snapshot tells of."""
    return [name for name, group in run.groups.items() if not _passed_on(run, group)]


RUN: dict[str, Callable[[Run], Any]] = {
    "schema": lambda _: 1,
    "flow": lambda run: run.flow,
    "run": lambda run: run.number,
    "verdict": lambda run: verdict(run).value,
    "opened_at": lambda run: run.opened_at,
    "paused": lambda run: run.paused,
    "limits": lambda run: _limits(run.limits),
    "declarations": lambda run: run.declarations,
    "hooks_failed": lambda run: dict(run.told.failed),
}
"""What a snapshot tells of the run itself."""


def _passed_on(run: Run, group: GroupState) -> bool:
    """Whether a job has the name of *group* now: it was a fan-out's, and is empty."""
    job = run.jobs.get(group.name)
    return job is not None and not job.spec.withdrawn


def project_job(run: Run, name: str) -> dict[str, Any]:
    """The job *name* of *run* as `project` gives it."""
    job = run.jobs[name]
    return {key: read(run, job) for key, read in JOB.items()}


JOB: dict[str, Callable[[Run, JobState], Any]] = {
    "status": lambda _, job: job.status.value,
    "reason": lambda _, job: _reason(job.reason),
    "reason_text": lambda run, job: reason_text(run, job),
    "generation": lambda _, job: job.generation,
    "attempts": lambda _, job: [_attempt(attempt) for attempt in job.attempts],
    "of": lambda _, job: job.allowed,
    "retry_on": lambda _, job: list(job.spec.retry.on),
    "no_retry_on": lambda _, job: list(job.spec.retry.never_on),
    "try": lambda _, job: job.tries,
    "needs": lambda _, job: [need_name(need) for need in job.spec.needs],
    "waits_for": lambda run, job: waits_for(run, job),
    "reads": lambda _, job: [file_shown(path, job.spec.cwd) for path in job.spec.reads],
    "writes": lambda _, job: [file_shown(path, job.spec.cwd) for path in job.spec.writes],
    "files": lambda run, job: files_needed(run, job),
    "group": lambda _, job: job.spec.group,
    "fan": lambda _, job: job.spec.element.fan if job.spec.element else None,
    "element": lambda _, job: dict(job.spec.element.values) if job.spec.element else None,
    "executor": lambda _, job: job.spec.executor,
    "outputs": lambda _, job: [name for name in job.spec.outputs if not is_hidden(name)],
    "states": lambda _, job: [spoken(name) for name in job.spec.outputs if is_hidden(name)],
    "cell_id": lambda _, job: job.spec.cell_id,
    "submitted_at": lambda _, job: job.declared_at,
    "declared_at": lambda _, job: job.declared_at,
    "started_at": lambda _, job: _started_at(job),
    "ended_at": lambda _, job: job.changed_at if job.status.ended else None,
    "due_at": lambda _, job: job.due_at,
    "timeout": lambda _, job: job.spec.timeout,
    "deadline": lambda _, job: job.spec.deadline,
    "deadline_at": lambda _, job: job.deadline_at,
    "rules": lambda _, job: [
        {"on": rule.words, "label": rule.label, "retries": rule.retries} for rule in job.spec.rules
    ],
    "rollback": lambda _, job: job.spec.rollback.label if job.spec.rollback else None,
    "fallback": lambda _, job: job.spec.fallback.label if job.spec.fallback else None,
    "memory": lambda _, job: job.memory,
    "once": lambda _, job: job.spec.once,
    "condition": lambda _, job: job.spec.condition,
    "cache": lambda _, job: job.spec.cache,
    "reused": lambda _, job: _reused(job),
    "missed": lambda _, job: job.missed.why if job.missed is not None else "",
    "maker": lambda _, job: job.spec.maker or None,
}
"""What a snapshot tells of a job, each part by itself: who looks at one of them need not wait for the others."""


def _started_at(job: JobState) -> float | None:
    """When this generation's first attempt started."""
    return next((attempt.started_at for attempt in job.attempts if attempt.generation == job.generation), None)


def _reused(job: JobState) -> dict[str, Any] | None:
    """The attempt whose outputs stand for those of *job*; ``seconds`` is what it took."""
    reuse = job.reuse
    if reuse is None:
        return None
    told = {"run": reuse.run, "flow": reuse.flow, "attempt": reuse.attempt, "made_at": reuse.made_at}
    times = {"started_at": reuse.made_at - reuse.seconds, "ended_at": reuse.made_at, "seconds": reuse.seconds}
    return told | times | {"at": reuse.at, "log": _log(reuse.attempt)}


def _log(key: str) -> dict[str, str]:
    folder = f".nbflow/attempts/{key}"
    return {"out": f"{folder}/out", "err": f"{folder}/err"}


def _attempt(attempt: AttemptState) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "generation": attempt.generation,
        "ready_at": attempt.ready_at,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "end": attempt.end,
        "reason": _reason(attempt.reason),
        "exit_code": attempt.exit_code,
        "signal": attempt.signal,
        "classes": list(attempt.classes),
        "changed": list(attempt.changed),
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


def project_group(run: Run, name: str) -> dict[str, Any]:
    """The group *name* of *run* as `project` gives it.

    *members* are jobs and groups within; *failed* and *succeeded* are about its jobs, those of groups within included.
    """
    group = run.groups[name]
    return {key: read(run, group) for key, read in GROUP.items()}


def _option(name: str) -> Callable[[Run, GroupState], Any]:
    return lambda _, group: getattr(group.options, name)


GROUP: dict[str, Callable[[Run, GroupState], Any]] = {
    "policy": lambda _, group: policies.text(group.policy),
    **{name: _option(name) for name in ("early", "fail_fast", "cancel_rest", "max_parallel", "rollback", "retries")},
    "retries_used": lambda run, group: retries_used(run, group.name),
    "retries_left": lambda run, group: max(0, group.options.retries - retries_used(run, group.name)),
    "parent": lambda _, group: group.parent,
    "verdict": lambda _, group: group.verdict.value,
    "reason_text": lambda _, group: broken_text(group),
    "needed_text": lambda _, group: needed_text(group),
    "members": lambda run, group: [name for name in group.members if _there(run, name) or name in group.tally.parts],
    "failed": lambda run, group: {
        name: _reason(job.reason)
        for name, job in _within(run, group).items()
        if job.status.ended and not job.status.good
    },
    "succeeded": lambda run, group: [name for name, job in _within(run, group).items() if job.status.good],
    "rolled_back": lambda run, group: {
        name: end for name, job in _within(run, group).items() if (end := _taken_back(job)) is not None
    },
}
"""What a snapshot tells of a group, each part by itself."""


def _there(run: Run, name: str) -> bool:
    return name in run.jobs and not run.jobs[name].spec.withdrawn


def _within(run: Run, group: GroupState) -> dict[str, JobState]:
    """The jobs of *group* and of those within, by name."""
    return {name: run.jobs[name] for name in jobs_in(run, group.name) if not run.jobs[name].spec.withdrawn}


def _taken_back(job: JobState) -> str | None:
    """What the rollback of a success has come to: ``running``, or how it ended; None if there was none."""
    if not job.status.good or not job.began:
        return None
    steps = [step for step in job.attempts[-1].steps if step.step == "rollback"]
    return (steps[-1].end or "running") if steps and job.end is Status.SUCCEEDED else None
