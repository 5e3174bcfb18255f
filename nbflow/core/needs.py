"""Needs kept up to date: how each stands, and what follows for its job, at the cost of those who have to hear of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from nbflow.core.run import GroupState, JobState, Run
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec, Need, Policy, Ruled, Strict
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
        status, reason = _standing(run, job)
        if status is not job.status or reason != job.reason:
            job.status, job.reason, job.changed_at = status, reason, at
            for dependent in _tell(run, job):
                if dependent not in queued:
                    queued.add(dependent)
                    queue.append(dependent)
        run.queues.note(job)


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
    name = job.spec.name
    for dependent, place in run.links.dependents.get(name, ()):
        if _stand(run, run.jobs[dependent], place):
            yield dependent
    for tally in run.links.tallies.get(name, ()):
        tally.put(name, job.status, job.reason)
        yield from told_by(run, tally)
    if job.spec.group is not None:
        group = run.groups[job.spec.group]
        group.tally.put(name, job.status, job.reason)
        note_group(run, group)


def told_by(run: Run, tally: Tally) -> Iterator[str]:
    """The dependents for whom it matters how *tally* stands now."""
    if tally.changed():
        yield from (name for name, place in tally.dependents if _stand(run, run.jobs[name], place))


def note_group(run: Run, group: GroupState) -> None:
    """Keep in mind whether the verdict on *group* is yet to be recorded."""
    if group.verdict is group.recorded:
        run.untold_groups.pop(group.name, None)
    else:
        run.untold_groups[group.name] = None


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


def group_of(run: Run, name: str) -> GroupState:
    """The group *name*, strict if nobody has spoken of it before."""
    if name not in run.groups:
        run.groups[name] = GroupState(name, Tally(Strict(), whole=True))
        note_group(run, run.groups[name])
    return run.groups[name]


def set_policy(run: Run, name: str, policy: Policy) -> Iterator[str]:
    """Judge the group *name* by *policy*; yields the dependents for whom that matters."""
    group = group_of(run, name)
    group.tally.set_policy(policy)
    run.queues.cap(name, policy.max_parallel if isinstance(policy, Ruled) else None)
    note_group(run, group)
    for tally in group.needed:
        tally.set_policy(policy)
        yield from told_by(run, tally)


def link(run: Run, job: JobState) -> None:
    """Let *job* be told of all it needs, and count it in its group."""
    spec = job.spec
    job.standings, job.unmet, job.gone = bytearray(len(spec.needs)), len(spec.needs), []
    job.tallies = [_join(run, spec, place) for place in range(len(spec.needs))]
    for place in range(len(spec.needs)):
        _stand(run, job, place)
    if spec.group is not None:
        group = group_of(run, spec.group)
        group.tally.put(spec.name, job.status, job.reason)
        note_group(run, group)


def _join(run: Run, spec: JobSpec, place: int) -> Tally | None:
    need = spec.needs[place]
    if isinstance(need, JobNeed):
        run.links.dependents[need.job][spec.name, place] = None
        return None
    tally = run.links.shared.get((need.group, need.members)) or _new_tally(run, need)
    tally.dependents[spec.name, place] = None
    return tally


def _new_tally(run: Run, need: GroupNeed) -> Tally:
    group = group_of(run, need.group)
    tally = run.links.shared[need.group, need.members] = Tally(group.policy, need.members)
    for name in need.members:
        run.links.tallies[name][tally] = None
        if name in run.jobs:
            tally.put(name, run.jobs[name].status, run.jobs[name].reason)
    tally.changed()
    group.needed[tally] = None
    return tally


def unlink(run: Run, job: JobState, group: str | None) -> None:
    """Undo `link`, before *job* gets another spec with *group*; it keeps its place in a group that it stays in."""
    name = job.spec.name
    for place, need in enumerate(job.spec.needs):
        if isinstance(need, JobNeed):
            del run.links.dependents[need.job][name, place]
        elif (tally := job.tallies[place]) is not None:
            del tally.dependents[name, place]
            if not tally.dependents:
                _forget(run, need, tally)
    if job.spec.group not in (None, group):
        left = run.groups[job.spec.group]
        left.tally.leave(name)
        note_group(run, left)


def _forget(run: Run, need: GroupNeed, tally: Tally) -> None:
    """Nobody needs just these members any more."""
    del run.links.shared[need.group, need.members]
    del run.groups[need.group].needed[tally]
    for name in need.members:
        run.links.tallies[name].pop(tally, None)
