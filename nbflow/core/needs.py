"""Needs kept up to date: how each stands, and what follows for its job, at the cost of those who have to hear of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from nbflow.core import event as e
from nbflow.core import followups, groups
from nbflow.core.policies import Policy
from nbflow.core.run import JobState, Run
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec, Need
from nbflow.core.status import Reason, Status, Verdict
from nbflow.core.tally import Tally

PENDING, MET, GONE = range(3)
"""How a need stands: not decided yet, met (or tolerated), never to be met."""


def settle(run: Run, touched: Iterable[str], at: float) -> None:
    """Bring statuses and all that follows up to date after the jobs *touched* changed, at *at*."""
    queue = deque(dict.fromkeys(touched))
    queued, seen, steps = set(queue), set[str](), 0
    while queue:
        name = queue.popleft()
        queued.discard(name)
        seen.add(name)
        steps += 1
        if steps > len(seen) ** 2:  # only a loop takes so long: kept out by `graph.check`, but a log can hold anything
            break
        job = run.jobs[name]
        if name in run.links.makers:
            followups.pass_on(run, name)
        status, reason = _standing(run, job)
        if status is not job.status or reason != job.reason:
            if status in (Status.WAITING, Status.SKIPPED):
                _look_again(job)
            if run.course is not None and status is not job.status:
                run.course.statuses.append((at, job.order, status))
            job.status, job.reason, job.changed_at = status, reason, at
            for dependent in _tell(run, job):
                if dependent not in queued:
                    queued.add(dependent)
                    queue.append(dependent)
        run.queues.note(job)


def _look_again(job: JobState) -> None:
    """What *job* reads may be something else when its needs are met again."""
    job.missed = None


def _standing(run: Run, job: JobState) -> tuple[Status, Reason | None]:
    """Status and reason of *job*, by its own history and its needs as they stand."""
    if (own := job.own) is not None:
        return own
    if (gone := _first_gone(job)) is not None:
        return Status.SKIPPED, Reason("upstream failed", _root(run, job.spec.needs[gone]))
    if job.held:
        return Status.HELD, None
    if job.unmet:
        return Status.WAITING, None
    return (Status.RETRYING, job.failure) if job.failure else (Status.READY, None)


def _first_gone(job: JobState) -> int | None:
    while job.gone and job.standings[job.gone[0]] != GONE:
        heappop(job.gone)
    return job.gone[0] if job.gone else None


def _root(run: Run, need: Need) -> str:
    """The job or group that people have to look at, when *need* will never be met."""
    if isinstance(need, GroupNeed):
        return need.group
    reason = run.jobs[need.job].reason
    return reason.detail if reason is not None and reason.kind == "upstream failed" else need.job


def _tell(run: Run, job: JobState) -> Iterator[str]:
    """Let all who need *job* or count it hear of its new status; yields those for whom that matters."""
    yield from _standing_anew(run, run.links.dependents.get(job.spec.name, ()))
    yield from _standing_anew(run, groups.hear(run, job))
    yield from followups.tell(run, job)


def _standing_anew(run: Run, places: Iterable[groups.Place]) -> Iterator[str]:
    """The jobs to which it may matter how their needs at *places* stand now."""
    for name, place in places:
        if _stand(run, run.jobs[name], place):
            yield name


def _stand(run: Run, job: JobState, place: int) -> bool:
    """See anew how the need at *place* stands; whether that may matter to *job*."""
    before, now = job.standings[place], _look(run, job, place)
    if now == before:
        return now == GONE  # its root may be another one
    job.standings[place] = now
    job.unmet += (now == PENDING) - (before == PENDING)
    if now == GONE:
        heappush(job.gone, place)
    return True


def _look(run: Run, job: JobState, place: int) -> int:
    need = job.spec.needs[place]
    tolerant = need.optional or job.spec.on_missing != "error"
    if isinstance(need, JobNeed):
        needed = run.jobs.get(need.job)
        if needed is None or not needed.status.ended:
            return PENDING
        return MET if tolerant or needed.status.good else GONE
    tally = job.tallies[place]
    assert tally is not None
    if tolerant:
        soon = not need.optional and tally.verdict is Verdict.MET
        return MET if tally.ended or soon else PENDING
    return {Verdict.UNDECIDED: PENDING, Verdict.MET: MET, Verdict.BROKEN: GONE}[tally.verdict]


def set_policy(run: Run, name: str, policy: Policy) -> Iterator[str]:
    """Judge the group *name* by *policy*; yields the dependents for whom that matters."""
    return _standing_anew(run, groups.set_policy(run, name, policy))


def judged(run: Run, event: e.GroupJudged) -> Iterator[str]:
    """Note what a custom policy said; yields the dependents for whom that matters."""
    return _standing_anew(run, groups.take_judgement(run, event))


def link(run: Run, job: JobState) -> list[str]:
    """Let *job* be told of all it needs, and count it in its group; the others for whom that matters."""
    spec = job.spec
    job.standings, job.unmet, job.gone = bytearray(len(spec.needs)), len(spec.needs), []
    job.tallies = [_join(run, spec, place) for place in range(len(spec.needs))]
    for place in range(len(spec.needs)):
        _stand(run, job, place)
    return list(_standing_anew(run, groups.count(run, job)))


def _join(run: Run, spec: JobSpec, place: int) -> Tally | None:
    need = spec.needs[place]
    if isinstance(need, JobNeed):
        run.links.dependents[need.job][spec.name, place] = None
        return None
    tally = groups.join(run, need)
    tally.dependents[spec.name, place] = None
    return tally


def unlink(run: Run, job: JobState, group: str | None) -> list[str]:
    """Undo `link`, before *job* gets another spec with *group*; it keeps its place in a group that it stays in.

    The others for whom that matters.
    """
    name = job.spec.name
    for place, need in enumerate(job.spec.needs):
        if isinstance(need, JobNeed):
            del run.links.dependents[need.job][name, place]
        elif (tally := job.tallies[place]) is not None:
            groups.leave_need(run, tally, (name, place))
    return list(_standing_anew(run, groups.discount(run, job))) if job.spec.group != group else []
