"""What a run has come to, and whose fault it was."""

from __future__ import annotations

from nbflow.core.policy import bare
from nbflow.core.run import Run
from nbflow.core.spec import BestEffort, JobNeed
from nbflow.core.status import RunVerdict, Status, Verdict
from nbflow.core.why import reason_text


def verdict(run: Run) -> RunVerdict:
    """What *run* has come to. Jobs that wait for a person (held, or behind one that is) do not keep it running.

    ``failed`` if a job failed that nothing excuses, else ``cancelled`` if one was cancelled that nothing excuses, else
    ``degraded`` if any job ended without success, else ``succeeded``, also when there is no job. A failed or cancelled
    job is excused by its group's policy being met (or ``best-effort``), or when all that need it can do without. One
    that was withdrawn does not count.
    """
    if run.queues.busy():
        return RunVerdict.RUNNING
    jobs = {name: job for name, job in run.jobs.items() if not job.spec.withdrawn}
    bad = {s: [n for n, j in jobs.items() if j.status is s] for s in (Status.FAILED, Status.CANCELLED)}
    tolerated = _tolerated(run)
    for status, came_to in ((Status.FAILED, RunVerdict.FAILED), (Status.CANCELLED, RunVerdict.CANCELLED)):
        if not all(_group_excuses(run, name) or name in tolerated for name in bad[status]):
            return came_to
    degraded = any(job.status.ended and not job.status.good for job in jobs.values())
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
    return group.verdict is Verdict.MET or isinstance(bare(group.policy), BestEffort)


def _tolerated(run: Run) -> set[str]:
    """The jobs that something needs, all of which can do without them."""
    needed: dict[str, bool] = {}
    for job in run.jobs.values():
        for need in job.spec.needs:
            tolerant = need.optional or job.spec.on_missing != "error"
            for name in (need.job,) if isinstance(need, JobNeed) else need.members:
                needed[name] = needed.get(name, True) and tolerant
    return {name for name, tolerant in needed.items() if tolerant}
