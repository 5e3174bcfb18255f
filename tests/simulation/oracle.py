"""The slow and simple reading of a run that the simulation compares the real one with, step by step."""

from __future__ import annotations

from nbflow.core.derive import Facts, derive
from nbflow.core.policy import Member, verdict
from nbflow.core.run import JobState, Run
from nbflow.core.spec import JobNeed, Need, Ruled, Strict
from nbflow.core.status import Status, Verdict


def starts(run: Run, facts: Facts, now: float, free: dict[str, int]) -> list[tuple[str, int, int]]:
    """What has to start now: job, generation, attempt."""
    left, found = dict(free), []
    room = {group: most - running(run, group) for group in run.groups if (most := cap(run, group)) is not None}
    for name, job in run.jobs.items():
        if room.get(job.spec.group, 1) <= 0:
            continue
        if left.get(job.spec.executor, 0) > 0 and may_start(job, facts.status[name], now):
            left[job.spec.executor] -= 1
            if job.spec.group in room:
                room[job.spec.group] -= 1
            found.append((name, job.generation, len(job.attempts) + 1))
    return found


def cap(run: Run, group: str) -> int | None:
    policy = run.groups[group].policy
    return policy.max_parallel if isinstance(policy, Ruled) else None


def running(run: Run, group: str) -> int:
    return sum(job.running is not None and job.spec.group == group for job in run.jobs.values())


def may_start(job: JobState, status: Status, now: float) -> bool:
    due = job.due_at is not None and job.due_at <= now
    if (at := deadline_at(job)) is not None and at <= now:
        return False
    return job.running is None and (status is Status.READY or (status is Status.RETRYING and due))


def deadline_at(job: JobState) -> float | None:
    """When the time of this generation is up, by its first attempt."""
    first = next((attempt for attempt in job.attempts if attempt.generation == job.generation), None)
    return None if first is None or job.spec.deadline is None else first.started_at + job.spec.deadline


def limits(run: Run, facts: Facts) -> dict[str, float]:
    """The deadlines that can still end a job."""
    return {
        name: at
        for name, job in run.jobs.items()
        if (at := deadline_at(job)) is not None and not facts.status[name].ended and not job.asked
    }


def overdue(run: Run, facts: Facts, now: float) -> list[str]:
    """Jobs to end by their deadline; one whose next attempt is being scheduled is ended by that."""
    return [name for name, at in limits(run, facts).items() if at <= now and run.jobs[name].unscheduled is None]


def stops(run: Run) -> list[tuple[str, int, str]]:
    found = []
    for name, job in run.jobs.items():
        if job.running is not None:
            if job.running.generation != job.generation:
                found.append((name, job.running.number, "replaced"))
            elif job.asked:
                found.append(
                    (name, job.running.number, {"skip": "skipped", "cancel": "cancelled"}.get(job.asked, job.asked))
                )
    return found


def barred(job: JobState) -> bool:
    """Whether the last attempt failed with an exception that an option says is not to be tried again."""
    last, retry = job.attempts[-1], job.spec.retry
    if last.end != "failed" or not last.classes:
        return False
    names = {name.rpartition(".")[2] for name in last.classes} | set(last.classes)
    return bool(names & set(retry.never_on)) or bool(retry.on and not names & set(retry.on))


def schedules(run: Run) -> list[str]:
    return [name for name, job in run.jobs.items() if job.unscheduled is not None]


def records(run: Run, facts: Facts) -> list[str]:
    """Jobs and groups of which something is yet to be told."""
    told = []
    for name, job in run.jobs.items():
        status = facts.status[name]
        stands = (status, facts.reason[name]) if status.ended else None
        if stands != job.recorded:
            told.append(name)
    return told + sorted(name for name, group in run.groups.items() if facts.verdict[name] is not group.recorded)


def cutting(run: Run, facts: Facts) -> list[str]:
    """The groups whose verdict is yet to be told, and will cancel members when it is."""
    found = []
    for name, group in run.groups.items():
        policy, came_to = group.policy, facts.verdict[name]
        statuses = [facts.status[member] for member in group.members]
        lost = any(status.ended and not status.good for status in statuses)
        if came_to is group.recorded or not isinstance(policy, Ruled) or all(status.ended for status in statuses):
            continue
        met, broken = came_to is Verdict.MET, came_to is Verdict.BROKEN
        if (met and policy.cancel_rest) or (broken and lost and policy.fail_fast):
            found.append(name)
    return found


def wake_at(run: Run, facts: Facts, now: float) -> float | None:
    due = [
        job.due_at
        for name, job in run.jobs.items()
        if facts.status[name] is Status.RETRYING and job.running is None and job.due_at is not None
    ]
    return min((at for at in (*due, *limits(run, facts).values()) if at > now), default=None)


def idle(run: Run, facts: Facts, free: dict[str, int]) -> bool:
    return not limits(run, facts) and not any(
        job.running or (facts.status[name] in (Status.READY, Status.RETRYING) and job.spec.executor in free)
        for name, job in run.jobs.items()
    )


def met(run: Run, facts: Facts, job: JobState, need: Need) -> bool:
    """Whether *need* lets *job* start, said once more in other words than the code under test has."""
    names = (need.job,) if isinstance(need, JobNeed) else need.members
    members = {name: Member(name, facts.status[name], facts.reason[name]) for name in names}
    if not all(facts.status[name].ended for name in names):
        policy = Strict() if isinstance(need, JobNeed) else run.groups[need.group].policy
        early = isinstance(policy, Ruled) and policy.early and not need.optional
        return early and verdict(policy, members) is Verdict.MET
    if need.optional or job.spec.on_missing == "none":
        return True
    if isinstance(need, JobNeed):
        return facts.status[need.job] is Status.SUCCEEDED
    return verdict(run.groups[need.group].policy, members) is Verdict.MET


def facts_of(run: Run) -> Facts:
    """What the indexes say, in the shape of `derive`."""
    return Facts(
        {name: job.status for name, job in run.jobs.items()},
        {name: job.reason for name, job in run.jobs.items()},
        {name: group.verdict for name, group in run.groups.items()},
    )


def same_facts(run: Run) -> Facts:
    """The facts from scratch, once they are seen to be those of the indexes."""
    facts = derive(run)
    assert facts_of(run) == facts, f"indexes say {facts_of(run)}, from scratch it is {facts}"
    return facts
