"""Statuses, reasons and verdicts computed from scratch: the simple reading of the rules.

`nbflow.core.state` keeps the same facts up to date incrementally; a property test holds it to this one.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbflow.core.derive_groups import Facts, judge, whole
from nbflow.core.followups import awaited
from nbflow.core.run import JobState, Run
from nbflow.core.spec import GroupNeed, JobNeed, Need, Response
from nbflow.core.status import Reason, Status, Verdict


def derive(run: Run) -> Facts:
    """Every status, reason and group verdict of *run*, in time linear in jobs and needs."""
    facts = Facts({}, {}, {})
    for name in run.jobs:
        _settle(run, name, facts)
    for group in run.groups.values():
        facts.verdict[group.name] = judge(run, whole(run, group.name), facts, whole=True)[0]
    return facts


def _settle(run: Run, name: str, facts: Facts) -> None:
    """Work out *name* and first all that it needs, with a stack of our own: chains can be long."""
    stack, opened = [name], set[str]()
    while stack:
        top = stack[-1]
        if top in facts.status:
            stack.pop()
            continue
        job = run.jobs[top]
        below = () if _own(job) or top in opened else [*awaited(_response(job)), *_targets(job.spec.needs)]
        opened.add(top)
        todo = [n for n in below if n in run.jobs and n not in facts.status and n not in opened]
        if todo:
            stack.extend(todo)
        else:
            facts.status[top], facts.reason[top] = _own(job) or _follow(job, facts) or _pending(run, job, facts)


def _targets(needs: Iterable[Need]) -> list[str]:
    return [n for need in needs for n in ((need.job,) if isinstance(need, JobNeed) else need.jobs)]


def _own(job: JobState) -> tuple[Status, Reason | None] | None:
    """What the job's own history says, whatever its needs."""
    if job.end is not None:
        return None if awaited(_response(job)) else (job.end, job.end_reason)
    if job.attempts and job.attempts[-1].generation == job.generation and job.attempts[-1].end is None:
        return Status.RUNNING, None
    doing = {"recovery": Status.RECOVERING, "rollback": Status.ROLLING_BACK, "fallback": Status.FALLING_BACK}
    return (doing[job.owed], job.closing[1] if job.closing else job.failure) if job.owed else None


def _response(job: JobState) -> Response | None:
    return job.response if job.end is Status.SUCCEEDED else None


def _follow(job: JobState, facts: Facts) -> tuple[Status, Reason | None] | None:
    """What a job has come to that has succeeded itself, but made others that it waits for."""
    names = awaited(_response(job))
    statuses = {name: facts.status.get(name, Status.WAITING) for name in names}
    for name, status in statuses.items():
        if status.ended and not status.good:
            return Status.FAILED, Reason("upstream failed", _root(name, facts.reason[name]))
    if not names:
        return None
    return (Status.SUCCEEDED if all(status.good for status in statuses.values()) else Status.WAITING), None


def _pending(run: Run, job: JobState, facts: Facts) -> tuple[Status, Reason | None]:
    found = [_need(run, job, need, facts) for need in job.spec.needs]
    for root in found:
        if isinstance(root, str):
            return Status.SKIPPED, Reason("upstream failed", root)
    if job.held:
        return Status.HELD, None
    if not all(found):
        return Status.WAITING, None
    return (Status.RETRYING, job.failure) if job.failure else (Status.READY, None)


def _need(run: Run, job: JobState, need: Need, facts: Facts) -> bool | str:
    """True: met. False: not yet. A name: never, because of that job or group."""
    tolerant = need.optional or job.spec.on_missing != "error"
    if isinstance(need, JobNeed):
        status = facts.status.get(need.job, Status.WAITING)
        if not status.ended:
            return False
        return True if status.good or tolerant else _root(need.job, facts.reason[need.job])
    return _group_need(run, need, tolerant, facts)


def _group_need(run: Run, need: GroupNeed, tolerant: bool, facts: Facts) -> bool | str:
    came_to, ended, _ = judge(run, need, facts)
    if tolerant:
        return (came_to is Verdict.MET and not need.optional) or ended
    match came_to:
        case Verdict.MET:
            return True
        case Verdict.BROKEN:
            return need.group
        case _:
            return False


def _root(name: str, reason: Reason | None) -> str:
    return reason.detail if reason is not None and reason.kind == "upstream failed" else name
