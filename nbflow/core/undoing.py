"""Rollback of a broken group: what has succeeded is taken back, the last to end first, one job at a time.

All of it follows from the events: a success that was taken back is marked, the others are still owed.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbflow.core.job import JobState
from nbflow.core.membership import chain, jobs_in
from nbflow.core.run import GroupState, Run
from nbflow.core.status import Status, Verdict


def owed(job: JobState) -> bool:
    """Whether *job* has succeeded and can still be taken back, or is being so."""
    done = job.end is not Status.SUCCEEDED or job.rolled_back or not job.began
    return job.spec.rollback is not None and not done


def due(run: Run, group: GroupState) -> bool:
    """Whether what has succeeded in *group* is to be taken back: it is broken, for good as far as nbflow goes."""
    if not group.options.rollback or not group.recorded is group.verdict is Verdict.BROKEN or not group.tally.over:
        return False
    around = (run.groups[name] for name in chain(run, group.name)[1:])
    return not any(outer.options.retries and outer.verdict is Verdict.UNDECIDED for outer in around)


def note(run: Run, group: GroupState) -> None:
    """Keep in mind what is owed: the jobs in order, the next one last."""
    work = run.work.undone
    if not due(run, group):
        work.pop(group.name, None)
        return
    if group.name not in work:
        jobs = [run.jobs[name] for name in jobs_in(run, group.name)]
        found = sorted(filter(owed, jobs), key=lambda job: (job.changed_at, job.order))
        work[group.name] = [job.spec.name for job in found]
    left = work[group.name]
    while left and not owed(run.jobs[left[-1]]):
        left.pop()
    if not left:
        del work[group.name]


def noted(run: Run, job: JobState) -> None:
    """*job* stands otherwise, or a step of it has started or ended: its groups may have less to do, or more."""
    for name in chain(run, job.spec.group):
        note(run, run.groups[name])


def to_roll_back(run: Run) -> Iterator[JobState]:
    """The succeeded members to be rolled back next: of each broken group the last one to end, one at a time."""
    nexts = {name: run.jobs[left[-1]] for name, left in run.work.undone.items()}
    busy = {each for job in nexts.values() if job.busy for each in chain(run, job.spec.group)}
    found = {job.spec.name: job for name, job in nexts.items() if name not in busy and job.revocable}
    yield from found.values()
