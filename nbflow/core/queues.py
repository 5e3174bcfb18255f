"""Which jobs the plan has to look at, so that it never has to look at all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from nbflow.core.deadlines import Deadlines
from nbflow.core.job import JobState
from nbflow.core.status import Status


@dataclass(slots=True)
class Lane:
    """Places of jobs of one executor that may start, the first declared first. Stale entries are dropped when met."""

    heap: list[int] = field(default_factory=list)
    entered: set[int] = field(default_factory=set)

    def push(self, order: int) -> None:
        if order not in self.entered:
            self.entered.add(order)
            heappush(self.heap, order)

    def pop(self) -> int:
        order = heappop(self.heap)
        self.entered.discard(order)
        return order


@dataclass(slots=True)
class Queues:
    """Jobs by what they wait for. `note` files a job anew; all sets are keyed by name."""

    jobs: dict[int, JobState] = field(default_factory=dict)
    """By their place in declaration order: heaps hold places."""
    lanes: dict[str, Lane] = field(default_factory=lambda: defaultdict(Lane))
    due: list[tuple[float, int]] = field(default_factory=list)
    """Heap of jobs in backoff, by when their next attempt is due; may hold stale entries."""
    due_of: dict[int, float] = field(default_factory=dict)
    ripe_at: float = -inf
    """The instant at which jobs were last moved from *due* to their lanes."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    caps: dict[str, int] = field(default_factory=dict)
    """Group -> how many of its members may run at once, where that is limited."""
    running: dict[str, JobState] = field(default_factory=dict)
    """Jobs of which an attempt or step is under way."""
    to_step: dict[str, JobState] = field(default_factory=dict)
    """Jobs of which a step waits for a slot."""
    to_stop: dict[str, JobState] = field(default_factory=dict)
    to_schedule: dict[str, JobState] = field(default_factory=dict)
    to_record: dict[str, JobState] = field(default_factory=dict)
    to_look: dict[str, JobState] = field(default_factory=dict)
    """Jobs that would start, but for a look at the cache."""
    outer: dict[str, str] = field(default_factory=dict)
    """Group -> the group that it is a member of."""
    runnable: dict[str, dict[str, JobState]] = field(default_factory=lambda: defaultdict(dict))
    """Executor -> its jobs that are ready or in backoff."""
    filed: dict[str, str] = field(default_factory=dict)
    """Job -> the executor under which it is *runnable*."""

    def note(self, job: JobState) -> None:
        """File *job* as it stands now."""
        name = job.spec.name
        self.jobs[job.order] = job
        _keep(self.running, name, job, job.busy)
        _keep(self.to_step, name, job, job.due_step is not None)
        _keep(self.to_stop, name, job, job.stop_cause != "")
        _keep(self.to_schedule, name, job, job.unscheduled is not None)
        _keep(self.to_record, name, job, job.untold)
        _keep(self.to_look, name, job, job.to_look)
        if (lane := self.filed.pop(name, None)) is not None:
            del self.runnable[lane][name]
        if job.status in (Status.READY, Status.RETRYING):
            self.filed[name] = job.spec.executor
            self.runnable[job.spec.executor][name] = job
        if job.queued:
            self._enter(job)
        self.deadlines.note(job)

    def _enter(self, job: JobState) -> None:
        if job.due_at is None:
            self.lanes[job.spec.executor].push(job.order)
        elif self.due_of.get(job.order) != job.due_at:
            self.due_of[job.order] = job.due_at
            heappush(self.due, (job.due_at, job.order))

    def active(self, executors: Mapping[str, int], paused: bool = False) -> bool:
        """Whether something is under way, a deadline is ahead, or one of *executors* will be used without a person."""
        steps = (job for job in self.to_step.values() if not paused or job.owed == "rollback")
        return (
            bool(self.running or self.deadlines.of)
            or any(step_executor(job) in executors for job in steps)
            or (not paused and any(self.runnable[name] for name in executors if name in self.runnable))
        )

    def busy(self) -> bool:
        """Whether an attempt or step is under way or will start, on any executor."""
        return bool(self.running) or bool(self.filed) or bool(self.to_step)

    def cap(self, group: str, most: int | None) -> None:
        """Let at most so many members of *group* run at once; None: any number."""
        if most is None:
            self.caps.pop(group, None)
        else:
            self.caps[group] = most

    def nest(self, group: str, outer: str | None) -> None:
        """Members of *group* are members of *outer*; None: of no other."""
        if outer is None:
            self.outer.pop(group, None)
        else:
            self.outer[group] = outer

    def capped(self, job: JobState) -> list[str]:
        """The groups around *job* whose members may not all run at once."""
        found, group = list[str](), job.spec.group if self.caps else None
        while group is not None:
            if group in self.caps:
                found.append(group)
            group = self.outer.get(group)
        return found

    def fits(self, job: JobState, room: Mapping[str, int]) -> bool:
        """Whether its groups have *room* for *job*."""
        return all(room[group] > 0 for group in self.capped(job))

    def room(self) -> dict[str, int]:
        """How many more members of each capped group may run."""
        used = Counter(group for job in self.running.values() for group in self.capped(job))
        return {group: most - used[group] for group, most in self.caps.items()}

    def steps(self, now: float, left: dict[str, int], room: dict[str, int], paused: bool) -> list[JobState]:
        """The jobs whose step is to start at *now*, in declaration order; what they use is taken off *left* and *room*.

        A rollback is not kept back by a pause.
        """
        found = []
        for job in by_order(self.to_step):
            executor = step_executor(job)
            there = left.get(executor, 0) > 0 and self.fits(job, room)
            if there and job.step_may_go(now, paused):
                found.append(job)
                left[executor] -= 1
                self.use(job, room)
        return found

    def starts(self, now: float, left: dict[str, int], room: dict[str, int]) -> list[JobState]:
        """The jobs to start at *now*, in declaration order: as executors have slots *left* and groups have *room*.

        They stay queued: only `note` says that they have started.
        """
        self._ripen(now)
        found, aside = list[JobState](), list[JobState]()
        while (executor := self._next(left)) is not None:
            job = self.jobs[self.lanes[executor].pop()]
            if job.spec.executor != executor or not job.queued:
                continue
            if job.startable(now) and self.fits(job, room):
                found.append(job)
                left[executor] -= 1
                self.use(job, room)
            elif job.ripe(now):
                aside.append(job)
            else:  # due later after all
                self._enter(job)
        for job in (*found, *aside):
            self.lanes[job.spec.executor].push(job.order)
        return found

    def use(self, job: JobState, room: dict[str, int]) -> None:
        """*job* is to start: the capped groups around it have that much less *room*."""
        for group in self.capped(job):
            room[group] -= 1

    def _next(self, left: Mapping[str, int]) -> str | None:
        """The executor with slots *left* whose first job was declared first."""
        heads = [(lane.heap[0], name) for name in left if left[name] > 0 and (lane := self.lanes[name]).heap]
        return min(heads)[1] if heads else None

    def queued(self) -> list[JobState]:
        """All jobs that nothing but a slot or the time keeps from starting, in declaration order."""
        jobs = (job for filed in self.runnable.values() for job in filed.values() if job.queued)
        return sorted(jobs, key=lambda job: job.order)

    def wake_at(self, now: float, paused: bool = False) -> float | None:
        """When, after *now*, the next job in backoff is due (unless *paused*) or the next deadline passes."""
        times = (None if paused else self._due_at(now), self.deadlines.look(now)[1])
        return min((at for at in times if at is not None), default=None)

    def overdue(self, now: float) -> list[JobState]:
        """The jobs to end by their deadline at *now*: not those whose next attempt is about to be scheduled.

        Those that wait for needs come last and one by one, for the end of another may be theirs.
        """
        jobs = [self.jobs[order] for order in self.deadlines.look(now)[0]]
        late = [job for job in jobs if job.unscheduled is None]
        return [job for job in late if job.status not in (Status.WAITING, Status.HELD)] or late[:1]

    def _due_at(self, now: float) -> float | None:
        self._ripen(now)
        while self.due:
            due_at, order = self.due[0]
            job = self.jobs[order]
            if job.queued and job.due_at == due_at:
                return due_at
            self._pop_due()
        return None

    def _ripen(self, now: float) -> None:
        """Move the jobs whose time has come to their lanes; the other way if the clock went back."""
        if now < self.ripe_at:
            for order in [order for lane in self.lanes.values() for order in lane.heap]:
                if self.jobs[order].queued:
                    self._enter(self.jobs[order])
        self.ripe_at = now
        while self.due and self.due[0][0] <= now:
            job = self._pop_due()
            if job.ripe(now):
                self.lanes[job.spec.executor].push(job.order)

    def _pop_due(self) -> JobState:
        due_at, order = heappop(self.due)
        if self.due_of.get(order) == due_at:
            del self.due_of[order]
        return self.jobs[order]


def _keep(jobs: dict[str, JobState], name: str, job: JobState, wanted: bool) -> None:
    if wanted:
        jobs[name] = job
    else:
        jobs.pop(name, None)


def step_executor(job: JobState) -> str:
    """Where the step that *job* owes is run: a script in a process, what the notebook wrote where the job runs."""
    return "process" if job.owed == "recovery" else job.spec.executor


def by_order(jobs: Mapping[str, JobState]) -> Iterator[JobState]:
    """*jobs* in declaration order."""
    yield from sorted(jobs.values(), key=lambda job: job.order)
