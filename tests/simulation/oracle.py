"""The slow and simple reading of a run that the simulation compares the real one with, step by step."""

from __future__ import annotations

from nbflow.core import derive_groups
from nbflow.core.derive import derive
from nbflow.core.derive_groups import Facts
from nbflow.core.plan import Look, Plan, Record, Schedule, Start, StartStep, Stop
from nbflow.core.policy import customs, cuts
from nbflow.core.run import GroupState, JobState, Run
from nbflow.core.spec import GroupNeed, JobNeed, Need
from nbflow.core.status import Status, Verdict

KINDS = {"skip": "skipped", "cancel": "cancelled"}


# --- what starts
class Room:
    """Slots and places in groups that are left."""

    def __init__(self, run: Run, free: dict[str, int]) -> None:
        self.run, self.free = run, dict(free)
        self.most = {name: cap(run, name) for name in run.groups}
        self.used = {name: running(run, name) for name, most in self.most.items() if most is not None}

    def take(self, job: JobState, executor: str) -> bool:
        """Whether there is a slot of *executor* for *job*, which is then gone."""
        capped = [name for name in around(self.run, job) if self.most[name] is not None]
        full = any(self.used[name] >= (self.most[name] or 0) for name in capped)
        if full or self.free.get(executor, 0) <= 0:
            return False
        self.free[executor] -= 1
        for name in capped:
            self.used[name] += 1
        return True


def around(run: Run, job: JobState) -> list[str]:
    """The groups that *job* is in."""
    found, group = [], job.spec.group
    while group is not None:
        found.append(group)
        group = run.groups[group].parent
    return found


def cap(run: Run, group: str) -> int | None:
    return run.groups[group].options.max_parallel


def running(run: Run, group: str) -> int:
    return sum((job.running or job.step) is not None and group in around(run, job) for job in run.jobs.values())


def starts(run: Run, facts: Facts, now: float, free: dict[str, int]) -> tuple[list[tuple[str, str]], list[str]]:
    """What has to start now: (job, step) of the steps that jobs owe, and the jobs whose next attempt starts."""
    room = Room(run, free)
    steps = [
        (name, job.owed)
        for name, job in run.jobs.items()
        if owes(run, job, now) and room.take(job, "process" if job.owed == "recovery" else job.spec.executor)
    ]
    compensated = next((job for job in run.jobs.values() if undone(run, facts, job)), None)
    if compensated is not None:  # which ones, in which order, is for the simulation of groups
        return steps, []
    found = [
        name
        for name, job in run.jobs.items()
        if not run.paused and may_start(job, facts.status[name], now) and room.take(job, job.spec.executor)
    ]
    most = run.limits.attempts
    return steps, found if most is None else found[: max(0, most - attempts(run))]


def undone(run: Run, facts: Facts, job: JobState) -> bool:
    """Whether a group that *job* is in may want its success taken back."""
    wanted = job.end is Status.SUCCEEDED and job.spec.rollback is not None and not job.rolled_back
    return wanted and any(
        run.groups[name].options.rollback and facts.verdict[name] is Verdict.BROKEN for name in around(run, job)
    )


def attempts(run: Run) -> int:
    return sum(len(job.attempts) for job in run.jobs.values())


def owes(run: Run, job: JobState, now: float) -> bool:
    """Whether a step that *job* owes waits for nothing but a slot."""
    if job.owed is None or job.running is not None or job.step is not None:
        return False
    if job.owed == "rollback":
        return True
    late = job.owed == "recovery" and (at := deadline_at(job)) is not None and at <= now
    return not run.paused and not late


def may_start(job: JobState, status: Status, now: float) -> bool:
    due = job.due_at is not None and job.due_at <= now
    if (at := deadline_at(job)) is not None and at <= now:
        return False
    under = job.running is not None or job.step is not None
    if looks(job, status):
        return False
    return not under and (status is Status.READY or (status is Status.RETRYING and due))


def looks(job: JobState, status: Status) -> bool:
    """Whether the cache has to be asked before the job may start."""
    told = job.missed is not None or not job.spec.cache
    return not told and status is Status.READY and job.running is None and job.step is None


def refused(run: Run, facts: Facts, now: float) -> dict[str, str]:
    """The jobs whose next attempt or step may not start by the limits of the run, each with the kind of reason."""
    found, barred = dict[str, str](), run.limits.forbidden
    if not barred and run.limits.attempts is None:
        return found
    for name, job in run.jobs.items():
        where = "process" if job.owed == "recovery" else job.spec.executor
        shell = "shell" in barred and (job.owed == "recovery" or (job.owed is None and job.spec.bash))
        late = (at := deadline_at(job)) is not None and at <= now and job.closing is None
        startable = may_start(job, facts.status[name], -1e9) or (
            facts.status[name] is Status.RETRYING and job.due_at is not None and not job.running and not job.step
        )
        if late or not (owes(run, job, now) or (startable and not run.paused)):
            continue
        if where in barred or shell:
            found[name] = "forbidden"
        elif job.owed is None and run.limits.attempts is not None and attempts(run) >= run.limits.attempts:
            found[name] = "attempt limit"
    return found


# --- deadlines and waits
def deadline_at(job: JobState) -> float | None:
    """When the time of this generation is up, by its first attempt."""
    if job.spec.deadline is None:
        return None
    first = next((attempt for attempt in job.attempts if attempt.generation == job.generation), None)
    return None if first is None else first.started_at + job.spec.deadline


def limits(run: Run, facts: Facts) -> dict[str, float]:
    """The deadlines that can still end a job."""
    return {
        name: at
        for name, job in run.jobs.items()
        if (at := deadline_at(job)) is not None
        and not facts.status[name].ended
        and not job.asked
        and facts.status[name] not in (Status.ROLLING_BACK, Status.FALLING_BACK)
        and job.end is None
    }


def overdue(run: Run, ahead: dict[str, float], now: float) -> list[str]:
    """Jobs to end by their deadline; one whose next attempt is being scheduled is ended by that, waiting ones last."""
    late = [name for name, at in ahead.items() if at <= now and run.jobs[name].unscheduled is None]
    firm = [name for name in late if run.jobs[name].status not in (Status.WAITING, Status.HELD)]
    return firm or late[:1]


def wake_at(run: Run, facts: Facts, ahead: dict[str, float], now: float) -> float | None:
    due = [
        job.due_at
        for name, job in run.jobs.items()
        if facts.status[name] is Status.RETRYING and not job.running and not job.step and job.due_at is not None
    ]
    return min((at for at in (*(() if run.paused else due), *ahead.values()) if at > now), default=None)


def idle(run: Run, facts: Facts, ahead: dict[str, float], free: dict[str, int]) -> bool:
    return not ahead and not any(
        job.running or job.step or will_start(run, job, facts.status[name], free) for name, job in run.jobs.items()
    )


def will_start(run: Run, job: JobState, status: Status, free: dict[str, int]) -> bool:
    if job.owed is not None:
        held = run.paused and job.owed != "rollback"
        return not held and ("process" if job.owed == "recovery" else job.spec.executor) in free
    return not run.paused and status in (Status.READY, Status.RETRYING) and job.spec.executor in free


# --- stops and records
def stops(run: Run) -> list[tuple[str, int, str | None, str]]:
    """Job, attempt, step and cause of what has to be stopped."""
    found = []
    for name, job in run.jobs.items():
        under = job.running or job.step
        step = job.step.step if job.step is not None else None
        if under is None or step == "rollback":
            continue
        number = under.attempt if job.step is not None else job.running.number
        if under.generation != job.generation:
            found.append((name, number, step, "replaced"))
        elif job.asked:
            found.append((name, number, step, KINDS.get(job.asked, job.asked)))
    return found


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


def about_to_cut(run: Run, facts: Facts, group: GroupState, came_to: Verdict) -> bool:
    """Whether telling that *group* has come to this ends members of it."""
    found = derive_groups.members_of(run, derive_groups.whole(run, group.name), facts, whole=True)
    members = [member for member, _ in found.values()]
    if came_to is group.recorded or not cuts(group.policy, came_to) or all(member.ended for member in members):
        return False
    lost = any(m.status.ended and not m.status.good for m in members)
    return came_to is Verdict.MET or lost


def inside(run: Run, group: str) -> list[str]:
    """The jobs in *group*, at however many removes."""
    return [name for name, job in run.jobs.items() if group in around(run, job)]


def met(run: Run, facts: Facts, job: JobState, need: Need) -> bool:
    """Whether *need* lets *job* start, said once more in other words than the code under test has."""
    tolerant = need.optional or job.spec.on_missing != "error"
    if isinstance(need, JobNeed):
        status = facts.status[need.job]
        good = (Status.SUCCEEDED, Status.RECOVERED, Status.SUBSTITUTED, Status.REUSED)
        return status in good or (tolerant and status.ended)
    return _group_met(run, facts, need, tolerant)


def _group_met(run: Run, facts: Facts, need: GroupNeed, tolerant: bool) -> bool:
    over = all(facts.status[name].ended for name in need.jobs)
    came_to = derive_groups.judge(run, need, facts).verdict
    if not over:
        soon = any(run.groups[name].options.early or customs(run.groups[name].policy) for name in _groups_of(need))
        return came_to is Verdict.MET and soon
    return tolerant or came_to is Verdict.MET


def _groups_of(need: GroupNeed) -> list[str]:
    return [need.group, *(name for part in need.parts for name in _groups_of(part))]


def same_facts(run: Run) -> Facts:
    """The facts from scratch, once they are seen to be those of the indexes."""
    facts = derive(run)
    assert facts_of(run) == facts, f"indexes say {facts_of(run)}, from scratch it is {facts}"
    return facts


def facts_of(run: Run) -> Facts:
    """What the indexes say, in the shape of `derive`."""
    return Facts(
        {name: job.status for name, job in run.jobs.items()},
        {name: job.reason for name, job in run.jobs.items()},
        {name: group.verdict for name, group in run.groups.items()},
    )


def same_plan(run: Run, facts: Facts, made: Plan, now: float, free: dict[str, int]) -> None:
    """What the plan says is what a look at all jobs finds."""
    by = {kind: [order for order in made.orders if isinstance(order, kind)] for kind in (Start, StartStep, Schedule)}
    told = [order.event for order in made.orders if isinstance(order, Record)]
    kinds = [type(event).__name__ for event in told]
    assert [(o.job, o.attempt, o.step, o.cause.kind) for o in made.orders if isinstance(o, Stop)] == stops(run)
    ahead = limits(run, facts)
    assert made.wake_at == wake_at(run, facts, ahead, now)
    cutting = [n for n, g in run.groups.items() if about_to_cut(run, facts, g, facts.verdict[n])]
    if cutting or "GroupRetried" in kinds:  # members end or open again: nothing else is done before
        assert len(told) == 1 and not any(by.values()), "more is done than a group's decision"
        assert kinds == ["GroupRetried"] or told[0].group in cutting
        return
    jobs = [event.job for event in told if type(event).__name__ in ("JobEnded", "JobReopened")]
    assert jobs + sorted(event.group for event in told if type(event).__name__ == "GroupDecided") == records(run, facts)
    assert [event.job for event in told if type(event).__name__ == "DeadlinePassed"] == overdue(run, ahead, now)
    assert [order.job for order in by[Schedule]] == schedules(run)
    looking = [name for name, job in run.jobs.items() if looks(job, facts.status[name]) and not run.paused]
    assert [order.job for order in made.orders if isinstance(order, Look)] == looking
    barred = {event.job: event.reason.kind for event in told if type(event).__name__ == "JobRefused"}
    assert barred == refused(run, facts, now)
    if barred:
        assert not by[Start] and not by[StartStep], "something starts beside what is refused"
        return
    owed, found = starts(run, facts, now, free)
    taken_back = [order for order in by[StartStep] if run.jobs[order.job].end is not None]
    assert [(o.job, o.step) for o in by[StartStep] if o not in taken_back] == owed
    if not any(undone(run, facts, job) for job in run.jobs.values()):
        assert not taken_back
        assert [(o.job, o.generation, o.attempt) for o in by[Start]] == [
            (name, run.jobs[name].generation, len(run.jobs[name].attempts) + 1) for name in found
        ]
        asks = any(type(order).__name__ == "Ask" for order in made.orders)
        assert asks or made.idle == (idle(run, facts, ahead, free) and not made.orders)
