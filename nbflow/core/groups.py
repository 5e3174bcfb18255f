"""Groups kept up to date: who counts whom, what they come to, and what there is to do about them.

Every group has one tally over all its members, and one for each set of members that some job needs. A job's end is told
to the tallies that count it, and from them, where it matters, to the groups around and to the jobs that wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from nbflow.core import event as e
from nbflow.core import undoing
from nbflow.core.ending import NEVER_RETRIED, open_generation
from nbflow.core.job import JobState
from nbflow.core.membership import chain, jobs_in, need
from nbflow.core.policies import Policy, Strict
from nbflow.core.policy import Judged, customs, extends
from nbflow.core.run import GroupState, Run
from nbflow.core.spec import GroupNeed
from nbflow.core.status import Status, Verdict
from nbflow.core.tally import NOBODY, Tally

__all__ = [
    "Place", "can_retry", "chain", "count", "discount", "for_good", "group_of", "hear", "jobs_in", "join", "leave_need",
    "need", "note_group", "retries_used", "set_policy", "take_judgement", "take_retry", "takes_judgement",
    "takes_retry", "to_retry",
]  # fmt: skip
Place = tuple[str, int]
"""A job, and the place of one of its needs."""
_Key = TypeVar("_Key")
_IN_VAIN = NEVER_RETRIED | {"attempt limit", "queue limit"}


# --- groups
def group_of(run: Run, name: str) -> GroupState:
    """The group *name*, strict if nobody has spoken of it before."""
    if name not in run.groups:
        run.groups[name] = GroupState(name, Tally(Strict(), whole=True, group=name))
        note_group(run, run.groups[name])
    return run.groups[name]


# --- what members come to
def can_retry(run: Run, job: JobState) -> frozenset[str]:
    """The groups around *job*, which has failed, that have a retry for it."""
    if job.status is not Status.FAILED or job.spec.group is None:
        return NOBODY
    if job.reason is not None and job.reason.kind in _IN_VAIN:
        return NOBODY
    return frozenset(
        name for name in chain(run, job.spec.group) if job.retried.get(name, 0) < run.groups[name].options.retries
    )


def hear(run: Run, job: JobState) -> Iterator[Place]:
    """Count *job* anew wherever it counts; yields the needs that may stand otherwise now."""
    name = job.spec.name
    told = list(run.links.tallies.get(name, ()))
    if job.spec.group is not None:
        told.append(run.groups[job.spec.group].tally)
    if told:
        can = can_retry(run, job)
        for tally in told:
            tally.put(name, job.status, job.reason, can)
            yield from spread(run, tally)
    if run.work.undone:
        undoing.noted(run, job)


def spread(run: Run, tally: Tally) -> Iterator[Place]:
    """Let those around *tally* hear of it; yields the needs that may stand otherwise now."""
    ahead = [tally]
    while ahead:
        inner = ahead.pop()
        _note(run, inner)
        if inner.changed():
            yield from inner.dependents
            if inner.whole and run.groups[inner.group].options.retries:
                _note_within(run, inner)
            for outer in inner.outer:
                outer.put_part(inner)
                ahead.append(outer)


def _note(run: Run, tally: Tally) -> None:
    """Keep in mind what there is to do about *tally*."""
    work = run.work
    _keep(work.retried, tally, tally.retried)
    _keep(work.unasked, tally, bool(tally.unasked))
    if tally.whole:
        note_group(run, run.groups[tally.group])


def note_group(run: Run, group: GroupState) -> None:
    """Keep in mind whether the verdict on *group* is yet to be recorded, and whether members are to be rolled back."""
    _keep(run.work.untold, group.name, group.verdict is not group.recorded)
    undoing.note(run, group)


def _note_within(run: Run, tally: Tally) -> None:
    """The groups within may roll back once those around them try nothing again."""
    ahead = list(tally.parts.values())
    while ahead:
        inner = ahead.pop()
        note_group(run, run.groups[inner.group])
        ahead += inner.parts.values()


def _keep(found: dict[_Key, None], key: _Key, wanted: bool) -> None:
    if wanted:
        found[key] = None
    else:
        found.pop(key, None)


# --- policies and links
def set_policy(run: Run, name: str, policy: Policy) -> Iterator[Place]:
    """Judge the group *name* by *policy*; yields the needs that may stand otherwise."""
    group = group_of(run, name)
    before = group.options
    group.judged.clear()
    group.tally.set_policy(policy)
    now = group.options
    run.queues.cap(name, now.max_parallel)
    around = chain(run, name)
    if before.parent != now.parent:
        yield from _move(run, group)
    for tally in (group.tally, *group.needed):
        tally.set_policy(policy)
        yield from spread(run, tally)
    if (before.retries, before.parent) != (now.retries, now.parent):
        for job in [run.jobs[member] for member in jobs_in(run, name)]:
            yield from hear(run, job)
    _moved(run, dict.fromkeys([*around, *chain(run, name)]))


def _move(run: Run, group: GroupState) -> Iterator[Place]:
    """Let *group*, which belonged to *before*, belong to its parent; not if that would make a loop."""
    if group.parent is not None:
        old = run.groups[group.parent]
        del group.tally.outer[old.tally]
        old.tally.leave(group.name)
        _remember(run, old.tally)
        yield from spread(run, old.tally)
    parent, group.parent = group.options.parent, None
    if parent is not None and group.name not in chain(run, group_of(run, parent).name):
        group.parent, outer = parent, run.groups[parent]
        group.tally.outer[outer.tally] = None
        outer.tally.put_part(group.tally)
        _remember(run, outer.tally)
        yield from spread(run, outer.tally)
    run.queues.nest(group.name, group.parent)


def join(run: Run, wanted: GroupNeed) -> Tally:
    """The tally of the members that *wanted* is about, shared by all who need just these."""
    key = wanted.group, wanted.members, wanted.parts
    if (found := run.links.shared.get(key)) is not None:
        return found
    group = group_of(run, wanted.group)
    tally = run.links.shared[key] = Tally(group.policy, wanted.members, group=wanted.group, need=wanted)
    for part in wanted.parts:
        inner = join(run, part)
        inner.outer[tally] = None
        tally.put_part(inner)
    for name in wanted.members:
        run.links.tallies[name][tally] = None
        if name in run.jobs:
            job = run.jobs[name]
            tally.put(name, job.status, job.reason, can_retry(run, job))
    group.needed[tally] = None
    _remember(run, tally)
    tally.changed()
    _note(run, tally)
    return tally


def leave_need(run: Run, tally: Tally, place: Place) -> None:
    """The need at *place* is no more."""
    tally.dependents.pop(place, None)
    _forget(run, tally)


def _forget(run: Run, tally: Tally) -> None:
    """Drop *tally* if nobody needs just these members any more."""
    wanted = tally.need
    if wanted is None or tally.dependents or tally.outer:
        return
    del run.links.shared[wanted.group, wanted.members, wanted.parts]
    run.groups[wanted.group].needed.pop(tally, None)
    run.work.retried.pop(tally, None)
    run.work.unasked.pop(tally, None)
    for name in wanted.members:
        run.links.tallies[name].pop(tally, None)
    for inner in tally.parts.values():
        inner.outer.pop(tally, None)
        _forget(run, inner)


def count(run: Run, job: JobState) -> Iterator[Place]:
    """Let *job*, new or declared anew, be a member of its group."""
    if job.spec.group is not None:
        tally = group_of(run, job.spec.group).tally
        tally.put(job.spec.name, job.status, job.reason, can_retry(run, job))
        _remember(run, tally)
        yield from spread(run, tally)


def discount(run: Run, job: JobState) -> Iterator[Place]:
    """*job* is no member of its group any more."""
    if job.spec.group is not None:
        tally = run.groups[job.spec.group].tally
        tally.leave(job.spec.name)
        _remember(run, tally)
        yield from spread(run, tally)
        _moved(run, chain(run, job.spec.group))


def _moved(run: Run, names: Iterable[str]) -> None:
    """The jobs of the groups *names* may be others than before."""
    for name in names:
        run.work.undone.pop(name, None)
        note_group(run, run.groups[name])


# --- what custom policies say
def _remember(run: Run, tally: Tally) -> None:
    """Give *tally*, whose members are others than before, what is known about just these."""
    if judged := run.groups[tally.group].judged:  # whom it is about takes as long to say as it has members
        for policy, said in judged.get(tally.about, {}).items():
            tally.hear(policy, said)


def _asked_about(run: Run, event: e.GroupJudged) -> list[Tally]:
    group = run.groups[event.group]
    return [tally for tally in (group.tally, *group.needed) if tally.about == (event.members, event.parts)]


def takes_judgement(run: Run, event: e.GroupJudged) -> bool:
    """Whether *event* tells something new about members as they stand; a verdict holds while more of them end."""
    group = run.groups.get(event.group)
    if group is None or not 0 <= event.place < len(asked := customs(group.policy)):
        return False
    said = Judged(event.standings, event.verdict, event.reason)
    if group.judged.get((event.members, event.parts), {}).get(asked[event.place]) == said:
        return False
    exact = event.verdict is Verdict.UNDECIDED
    return any(
        tally.standings == event.standings or (not exact and extends(tally.standings, event.standings))
        for tally in _asked_about(run, event)
    )


def take_judgement(run: Run, event: e.GroupJudged) -> Iterator[Place]:
    """Note what a custom policy said."""
    group, said = run.groups[event.group], Judged(event.standings, event.verdict, event.reason)
    policy = customs(group.policy)[event.place]
    group.judged.setdefault((event.members, event.parts), {})[policy] = said
    for tally in _asked_about(run, event):
        tally.hear(policy, said)
        yield from spread(run, tally)


# --- failed members tried again
def to_retry(run: Run, tally: Tally) -> tuple[str, ...]:
    """The jobs that are to be tried again for the group of *tally*: its failed members, and those of groups within."""
    found, ahead = list[str](), [tally]
    while ahead:
        each = ahead.pop()
        for name in [name for name, can in each.can.items() if tally.group in can]:
            if name in each.parts:
                ahead.append(each.parts[name])
            else:
                found.append(name)
    return tuple(sorted(dict.fromkeys(found), key=lambda name: run.jobs[name].order))


def takes_retry(run: Run, event: e.GroupRetried) -> bool:
    """Whether the group would have just these members tried again."""
    return any(each.group == event.group and to_retry(run, each) == event.members for each in run.work.retried)


def take_retry(run: Run, event: e.GroupRetried) -> tuple[str, ...]:
    """Each member gets a new generation; the retries that groups within had for it are fresh again."""
    for name in event.members:
        job = run.jobs[name]
        around = chain(run, job.spec.group)
        kept = {group: job.retried[group] for group in around[around.index(event.group) :] if group in job.retried}
        open_generation(job)
        job.retried = {**kept, event.group: kept.get(event.group, 0) + 1}
    return event.members


def retries_used(run: Run, name: str) -> int:
    """How many of its retries the group has used: the most that any one member was given."""
    return max((run.jobs[job].retried.get(name, 0) for job in jobs_in(run, name)), default=0)


def for_good(run: Run, name: str) -> bool:
    """Whether the job *name* has ended, and no group around it may yet try it again."""
    job = run.jobs[name]
    return job.status.ended and not any(run.groups[each].verdict is Verdict.UNDECIDED for each in can_retry(run, job))
