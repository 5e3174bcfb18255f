"""What has happened in a schedule: kinds of events, and mechanisms, by the jobs that they concerned."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

from nbflow.core import event as e
from nbflow.core.run import JobState
from nbflow.core.status import Status

from .world import World

BY_EVENT = {
    e.RetryScheduled: "retry",
    e.DeadlinePassed: "deadline",
    e.JobRefused: "refused",
    e.RunRequested: "held",
    e.RetryRequested: "again",
    e.CancelRequested: "cancel",
    e.JobReopened: "reopened",
    e.JobReused: "reused",
    e.CacheMissed: "missed",
}
BY_END = {"lost": "lost", "cancelled": "stopped attempt", "skipped": "condition"}
BY_REASON = {"policy": "cut", "stopped": "stopped", "withdrawn": "withdrawn", "upstream failed": "upstream"}
OF_JOBS = (
    "retry", "rule", "recovery", "rollback", "fallback", "lost", "once", "condition", "deadline", "memory", "refused",
    "held", "again", "declared again", "cancel", "skip", "value", "last", "cut", "group retry", "taken back",
    "upstream", "tolerates", "asks", "made", "reused", "missed",
)  # fmt: skip
"""Mechanisms of jobs: each pair of them has to meet in one job."""
OF_RUNS = ("crash", "pause", "limits", "late report", "custom", "nested", "capped", "early", "withdrawn", "stopped")
"""Mechanisms of runs: each has to meet each of the others, and each of those of jobs, in one run."""


def of_jobs(world: World) -> dict[str, set[str]]:
    """Job -> what has happened to it."""
    found: dict[str, set[str]] = {name: of_job(job) for name, job in world.run.jobs.items()}
    declared = Counter[str]()
    for event in world.log:
        match event:
            case e.JobDeclared(spec=spec):
                declared[spec.name] += 1
                found[spec.name] |= {"declared again"} if declared[spec.name] > 1 and not spec.withdrawn else set()
            case e.GroupRetried(members=members):
                for name in members:
                    found[name].add("group retry")
            case e.AttemptEnded(job=job, end=end, response=response):
                found[job] |= {BY_END.get(end, ""), "asks" if response is not None else ""}
            case e.StepStarted(job=job, step=step):
                found[job].add(step)
            case e.SkipRequested(job=job, outputs=outputs, last=last):
                found[job].add("value" if outputs else "last" if last else "skip")
            case e.JobEnded(job=job, status=status, reason=reason):
                kind = reason.kind if reason is not None else ""
                found[job] |= {BY_REASON.get(kind, ""), "once" if status is Status.UNKNOWN else ""}
            case _ if (mark := BY_EVENT.get(type(event))) is not None:
                found[event.job].add(mark)
    return found


def of_job(job: JobState) -> set[str]:
    """What its attempts tell."""
    found = set[str]()
    for attempt in job.attempts:
        found |= {"rule"} if attempt.rule is not None else set()
        found |= {"memory"} if attempt.reason is not None and attempt.reason.kind == "out of memory" else set()
        found |= {"taken back"} if attempt.end == "succeeded" and attempt.steps else set()
    found |= {"tolerates"} if job.attempts and job.spec.on_missing != "error" and job.spec.needs else set()
    return found | ({"made"} if job.spec.maker else set())


def of_run(world: World) -> set[str]:
    """What has happened in the run as a whole."""
    kinds = {type(event) for event in world.log}
    found = {"pause"} if e.PauseRequested in kinds else set()
    found |= {"limits"} if e.LimitsSet in kinds else set()
    found |= {"custom"} if e.GroupJudged in kinds else set()
    found |= {"crash"} if world.restarts else set()
    found |= {"late report"} if world.stale else set()
    for group in world.run.groups.values():
        found |= {"nested"} if group.parent is not None and len(group.members) else set()
        found |= {"capped"} if group.options.max_parallel is not None and len(group.members) > 1 else set()
        found |= {"early"} if group.options.early and group.members else set()
    return found


class Coverage:
    """Collects what has happened over many schedules."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.met: dict[str, set[str]] = {name: set() for name in (*OF_JOBS, *OF_RUNS)}
        """Mechanism -> those it has met: of jobs in one job, otherwise in one run."""

    def add(self, world: World) -> None:
        """Take what *world* has seen."""
        jobs = of_jobs(world)
        for each in jobs.values():
            for name in each & _OF_JOBS:
                self.met[name] |= each
        anywhere = set().union(*jobs.values())
        runs = of_run(world) | (anywhere & _OF_RUNS)
        for name in runs:
            self.met[name] |= anywhere | runs
        if len(self.kinds) < ALL_KINDS:
            self.kinds.update(e.kind(event) for event in world.log)

    def join(self, other: Coverage) -> None:
        """Take what *other* has collected."""
        self.kinds |= other.kinds
        for name, met in other.met.items():
            self.met[name] |= met

    def missing(self) -> list[tuple[str, str]]:
        """The pairs that have never met."""
        wanted = [*combinations(OF_JOBS, 2), *combinations(OF_RUNS, 2), *product(OF_RUNS, OF_JOBS)]
        return [(a, b) for a, b in wanted if b not in self.met[a]]


_OF_JOBS, _OF_RUNS = frozenset(OF_JOBS), frozenset(OF_RUNS)
ALL_KINDS = 28
"""So many kinds of events there are."""
