"""What a run has come to, and whose fault it was."""

from __future__ import annotations

from nbflow.core.groups import chain
from nbflow.core.needs import GONE
from nbflow.core.policies import BestEffort
from nbflow.core.policy import bare
from nbflow.core.run import JobState, Run
from nbflow.core.spec import JobNeed
from nbflow.core.status import FAILURES, RunVerdict, Status, Verdict
from nbflow.core.why import reason_text


def verdict(run: Run) -> RunVerdict:
    """What *run* has come to. Jobs that wait for a person (held, or behind one that is) do not keep it running.

    ``failed`` if a job failed (or nobody knows how it ended) that nothing excuses, else ``cancelled`` if one was
    cancelled that nothing excuses, else ``degraded`` if any job ended otherwise than by success, reuse or condition,
    else ``succeeded``, also when there is no job. A failed or cancelled job is excused by its group's policy being met
    (or ``best-effort``), or when all that need it can do without. One that was withdrawn does not count.
    """
    if run.queues.busy() or run.work.pending:
        return RunVerdict.RUNNING
    jobs = {name: job for name, job in run.jobs.items() if not job.spec.withdrawn}
    excusing = _Excuses(run)
    for statuses, came_to in ((FAILURES, RunVerdict.FAILED), ((Status.CANCELLED,), RunVerdict.CANCELLED)):
        if any(job.status in statuses and name not in excusing for name, job in jobs.items()):
            return came_to
    left_out = _left_out(run)
    degraded = any(
        job.status.ended and job.status not in _AS_WANTED and name not in left_out for name, job in jobs.items()
    )
    return RunVerdict.DEGRADED if degraded else RunVerdict.SUCCEEDED


def unexcused(run: Run) -> dict[str, str]:
    """The failed jobs that no policy, ``on_missing`` or person excused -> reason in words."""
    excusing = _Excuses(run)
    return {
        name: reason_text(run, job) for name, job in run.jobs.items() if job.status in FAILURES and name not in excusing
    }


_AS_WANTED = (Status.SUCCEEDED, Status.REUSED)


class _Excuses:
    """Which jobs may fail: ``name in _Excuses(run)``."""

    def __init__(self, run: Run) -> None:
        self._run, self._tolerated = run, _tolerated(run)

    def __contains__(self, name: str) -> bool:
        return _group_excuses(self._run, name) or name in self._tolerated


def _left_out(run: Run) -> set[str]:
    """The jobs that did not run because of a condition or what a job asked for, their own or upstream."""
    kinds = ("condition", "stopped")
    found = {name for name, job in run.jobs.items() if job.reason is not None and job.reason.kind in kinds}
    ahead = list(found)
    while ahead:
        name = ahead.pop()
        told = [dependent for dependent, _ in run.links.dependents.get(name, ())]
        told += [dependent for tally in run.links.tallies.get(name, ()) for dependent, _ in tally.dependents]
        for dependent in told:
            if dependent not in found and _only_because(run, run.jobs[dependent], found):
                found.add(dependent)
                ahead.append(dependent)
    return found


def _only_because(run: Run, job: JobState, left_out: set[str]) -> bool:
    """Whether *job* was skipped for needs of which no job was lost but those *left_out*."""
    if job.status is not Status.SKIPPED or job.end is not None:
        return False
    gone = (need for need, stands in zip(job.spec.needs, job.standings, strict=True) if stands == GONE)
    missed = [n for need in gone for n in ((need.job,) if isinstance(need, JobNeed) else need.jobs)]
    return all(n in left_out or (n in run.jobs and run.jobs[n].status.good) for n in missed)


def _group_excuses(run: Run, name: str) -> bool:
    around = (run.groups[group] for group in chain(run, run.jobs[name].spec.group))
    return any(group.verdict is Verdict.MET or isinstance(bare(group.policy), BestEffort) for group in around)


def _tolerated(run: Run) -> set[str]:
    """The jobs that something needs, all of which can do without them."""
    needed: dict[str, bool] = {}
    for job in run.jobs.values():
        for need in job.spec.needs:
            if isinstance(need, JobNeed) and need.order:
                continue
            tolerant = need.optional or job.spec.on_missing != "error"
            for name in (need.job,) if isinstance(need, JobNeed) else need.jobs:
                needed[name] = needed.get(name, True) and tolerant
    return {name for name, tolerant in needed.items() if tolerant}
