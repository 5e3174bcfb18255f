"""A world that does to a run whatever can be done to it, in an order that one seed decides, and checks every step.

The world plays the person, the executors, the clock and the engine; the engine may die between any two commits, and is
then replayed from the log. Attempts may succeed, fail, time out or get lost, at once or late, and be reported twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from nbflow.core import event as e
from nbflow.core.graph import check
from nbflow.core.plan import Plan, Record, Schedule, Start, Stop, plan
from nbflow.core.run import JobState, Run
from nbflow.core.spec import ValueRef
from nbflow.core.state import LOST_RESTARTS, accepts, empty, evolve, replay
from nbflow.core.status import Reason, Status, Verdict
from nbflow.errors import DeclarationError

from . import flows, oracle

SLOTS = {"process": 2, "kernel": 1}
REASONS = (
    *[Reason("exit code", "10"), Reason("timeout"), Reason("exception", "ValueError: bad")] * 3,
    Reason("syntax", "line 1"),
)
CLASSES = (
    (),
    ("builtins.ValueError", "builtins.Exception"),
    ("builtins.KeyError", "builtins.LookupError", "builtins.Exception"),
    ("m.Own", "builtins.LookupError", "builtins.Exception"),
)
VALUE = ValueRef(inline=b"1")


class Crash(Exception):
    """The engine dies here."""


class World:
    """One schedule: make it with a seed, then `play` it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.run, self.log = empty(), list[e.Event]()
        self.now = 0.0
        self.live: dict[str, e.AttemptStarted] = {}
        self.place: dict[str, str] = {}  # attempt -> executor; the job may be declared for another one meanwhile
        self.stopping: set[str] = set()
        self.late: list[e.AttemptEnded] = []
        self.succeeded: set[tuple[str, int]] = set()
        self.cut = Counter[str]()
        self.asked: set[tuple[str, int, type]] = set()
        self.hands = self.rng.randint(0, 8)
        self.crashes = self.rng.choice((0, 0, 1, 1, 2, 3))
        self.losses = self.rng.choice((0, 0, 1, 2, 6))
        self.to_declare = self.rng.randint(1, 8)
        self.down = True

    def play(self) -> Run:
        """To the end, which must come."""
        for _ in range(600):
            try:
                if self.step():
                    break
            except Crash:
                self.down = True
        else:
            raise AssertionError("the run does not end")
        self.check_end()
        return self.run

    def step(self) -> bool:
        """One thing happens; True when nothing can any more."""
        if self.down:
            self.restart()
            return False
        effects = self.effects()
        if effects and (self.rng.random() < 0.7 or self.to_declare > 0):
            self.rng.choice(effects)()
            if self.rng.random() < 0.25:
                return False  # several things happen within one turn of the engine's loop
        made = self.turn()
        if made.orders or effects:
            return False
        if made.wake_at is None:
            assert made.idle == (not self.live), "idle while something is to come"
            return made.idle
        self.now = made.wake_at if self.rng.random() < 0.8 else self.now + self.rng.random()
        return False

    def effects(self) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = [self.end_one] * (2 * bool(self.live))
        found += [self.report_late] * bool(self.late)
        found += [self.declare_new] * (2 * (self.to_declare > 0))
        if self.hands > 0 and self.run.jobs:
            found.append(self.hand)
        return found

    # --- the engine
    def commit(self, event: e.Event) -> bool:
        """Fold and log *event* if it is not stale, and look at everything; the engine may die right after it."""
        taken, seq = accepts(self.run, event), self.run.seq
        before = None if taken else oracle.facts_of(self.run)
        if taken and isinstance(event, e.AttemptStarted):
            self.check_start(event)
        evolve(self.run, event)
        assert self.run.seq == seq + taken
        facts = oracle.same_facts(self.run)
        if not taken:
            assert facts == before, "a stale event changed something"
            return False
        self.log.append(event)
        self.check_step(event)
        if self.crashes > 0 and self.rng.random() < 0.04:
            self.crashes -= 1
            raise Crash
        return True

    def restart(self) -> None:
        """The log is all there is; attempts died with the engine, some of them with their result in place."""
        live, self.run = self.run, replay(self.log)
        assert snapshot(self.run) == snapshot(live), "replay is not what was live"
        self.live.clear()
        self.stopping.clear()
        self.commit(e.RunOpened(at=self.now, flow="f", number=1))
        for name, job in list(self.run.jobs.items()):
            if job.running is not None:
                self.report(name, job, self.rng.choice(("succeeded", "lost", "lost")))
        self.down = False

    def free(self) -> dict[str, int]:
        used = Counter(self.place[key] for key in self.live)
        return {name: max(0, slots - used[name]) for name, slots in SLOTS.items()}

    def turn(self) -> Plan:
        """Plan and obey, as the engine does."""
        free = self.free()
        made = plan(self.run, self.now, free)
        self.check_plan(made, free)
        for order in made.orders:
            self.obey(order)
        return made

    def obey(self, order: Start | Stop | Schedule | Record) -> None:
        match order:
            case Start(job=job, generation=generation, attempt=attempt):
                key = f"{len(self.log):x}"
                started = e.AttemptStarted(at=self.now, job=job, generation=generation, attempt=attempt, key=key)
                assert self.commit(started), f"the plan's own start of {job} is stale"
                self.live[key], self.place[key] = started, self.run.jobs[job].spec.executor
                self.check_slots()
            case Stop(job=job):
                running = self.run.jobs[job].running
                assert running is not None
                self.stopping.add(running.key)
            case Schedule(job=job, generation=generation, attempt=attempt, low=low, high=high):
                due_at = self.now + low + (high - low) * self.rng.random()
                self.commit(
                    e.RetryScheduled(at=self.now, job=job, generation=generation, attempt=attempt, due_at=due_at)
                )
            case Record(event=event):
                assert self.commit(event), f"the plan's own record {event} is stale"

    # --- executors
    def end_one(self) -> None:
        started = self.live.pop(self.rng.choice(list(self.live)))
        self.now += self.rng.choice((0.0, 0.0, 0.5))
        ends = ["succeeded", "succeeded", "succeeded", "failed", "failed"]
        if started.key in self.stopping:
            ends += ["cancelled"] * 6
        if self.losses > 0:
            self.losses -= 1
            ends += ["lost"] * 3
        self.stopping.discard(started.key)
        self.report(started.job, self.run.jobs[started.job], self.rng.choice(ends))

    def report(self, name: str, job: JobState, end: str) -> None:
        assert job.running is not None
        ended = e.AttemptEnded(
            at=self.now,
            job=name,
            generation=job.running.generation,
            attempt=job.running.number,
            end=end,
            reason=self.rng.choice(REASONS) if end == "failed" else None,
            classes=self.rng.choice(CLASSES) if end == "failed" else (),
            outputs={"x": VALUE} if end == "succeeded" else {},
        )
        if self.rng.random() < 0.15:
            self.late.append(ended)  # reported twice: the second time at any time
        assert self.commit(ended), "the one report of an end was refused"

    def report_late(self) -> None:
        self.commit(self.late.pop(self.rng.randrange(len(self.late))))

    # --- the person
    def declare_new(self) -> None:
        self.to_declare -= 1
        self.declare(f"j{self.to_declare}")

    def declare(self, name: str) -> None:
        spec = flows.random_spec(self.rng, self.run, name)
        groups = {}
        if self.rng.random() < 0.4:
            group = self.rng.choice(flows.GROUPS)
            groups[group] = flows.random_policy(self.rng, self.run, group)
        try:
            check(self.run, [spec], groups)
        except DeclarationError:
            return
        for group, policy in groups.items():
            self.commit(e.GroupDeclared(at=self.now, group=group, policy=policy))
        self.commit(e.JobDeclared(at=self.now, spec=spec))

    def hand(self) -> None:
        self.hands -= 1
        name = self.rng.choice(list(self.run.jobs))
        if self.rng.random() < 0.25:
            self.declare(name)
            return
        kind = self.rng.choice((e.RunRequested, e.RetryRequested, e.SkipRequested, e.CancelRequested))
        stale = self.rng.random() < 0.1
        self.commit(kind(at=self.now, job=name, generation=self.run.jobs[name].generation - stale))

    # --- what must hold
    def check_plan(self, made: Plan, free: dict[str, int]) -> None:
        facts = oracle.same_facts(self.run)
        starts = [(o.job, o.generation, o.attempt) for o in made.orders if isinstance(o, Start)]
        stops = [(o.job, o.attempt, o.cause.kind) for o in made.orders if isinstance(o, Stop)]
        records = [o.event for o in made.orders if isinstance(o, Record)]
        told = [r.job for r in records if not isinstance(r, e.GroupDecided | e.DeadlinePassed)]
        late = [r.job for r in records if isinstance(r, e.DeadlinePassed)]
        told += sorted(r.group for r in records if isinstance(r, e.GroupDecided))
        assert stops == oracle.stops(self.run)
        assert made.wake_at == oracle.wake_at(self.run, facts, self.now)
        if cutting := oracle.cutting(self.run, facts):
            assert len(told) == 1 and told[0] in cutting and len(made.orders) == len(stops) + 1
            self.cut[told[0]] += 1
            return
        assert starts == oracle.starts(self.run, facts, self.now, free)
        assert told == oracle.records(self.run, facts)
        assert late == oracle.overdue(self.run, facts, self.now)
        assert [o.job for o in made.orders if isinstance(o, Schedule)] == oracle.schedules(self.run)
        assert made.idle == (oracle.idle(self.run, facts, free) and not made.orders)

    def check_start(self, event: e.AttemptStarted) -> None:
        facts, job = oracle.same_facts(self.run), self.run.jobs[event.job]
        assert all(oracle.met(self.run, facts, job, need) for need in job.spec.needs), "started with a need unmet"
        assert not any(other.job == event.job for other in self.live.values()), "two attempts of one job at once"
        assert job.due_at is None or job.due_at <= self.now, "started before it was due"
        most = oracle.cap(self.run, job.spec.group) if job.spec.group else None
        assert most is None or oracle.running(self.run, job.spec.group) < most, "more of a group than it allows"
        limit = oracle.deadline_at(job)
        assert limit is None or event.at < limit, "started after its deadline"
        assert not job.spec.hold or job.released, "started while held"

    def check_slots(self) -> None:
        used = Counter(self.place[key] for key in self.live)
        assert all(used[name] <= slots for name, slots in SLOTS.items()), f"more than the slots: {used}"

    def check_step(self, event: e.Event) -> None:
        if isinstance(event, e.SkipRequested | e.CancelRequested):
            self.asked.add((event.job, event.generation, type(event)))
        for name, job in self.run.jobs.items():
            if job.status is Status.SUCCEEDED:
                self.succeeded.add((name, job.generation))
                assert job.outputs == {"x": VALUE}
            else:
                assert (name, job.generation) not in self.succeeded, f"{name} had succeeded, {event} took it back"
            self.check_budget(name, job)
            self.check_hands(name, job)

    def check_budget(self, name: str, job: JobState) -> None:
        """Failed and lost attempts are counted over this generation, and a job fails only when they are used up."""
        ends = [attempt.end for attempt in job.attempts if attempt.generation == job.generation]
        failed, lost, allowed = ends.count("failed"), ends.count("lost"), job.spec.retry.attempts
        if job.status is Status.RETRYING:
            assert not oracle.barred(job), f"{name} is tried again after {job.attempts[-1].classes}"
        assert failed <= allowed and lost <= LOST_RESTARTS + 1, f"{name} has used more than its budget"
        if job.status is Status.FAILED:
            assert job.reason is not None
            final = {"syntax": failed > 0, "lost": lost > LOST_RESTARTS, "deadline": self.is_late(job)}
            used_up = failed == allowed or oracle.barred(job)
            assert final.get(job.reason.kind, used_up), f"{name} has failed with attempts left"

    def is_late(self, job: JobState) -> bool:
        """Its deadline has passed, or passes before the last wait that was scheduled for it ends."""
        limit = oracle.deadline_at(job)
        waits = [
            event.due_at
            for event in self.log
            if isinstance(event, e.RetryScheduled) and (event.job, event.generation) == (job.spec.name, job.generation)
        ]
        return limit is not None and limit <= max([self.now, *waits[-1:]])

    def check_hands(self, name: str, job: JobState) -> None:
        """Nothing is skipped or cancelled that nobody asked for, or that nothing upstream explains."""
        if job.reason is not None and job.reason.kind == "policy":
            assert job.status is Status.CANCELLED and job.reason.detail == job.spec.group
            assert self.cut[job.reason.detail], f"{name} is cancelled, and no policy said so"
        elif job.status is Status.CANCELLED or (job.reason is not None and job.reason.kind == "skipped"):
            kind = e.CancelRequested if job.status is Status.CANCELLED else e.SkipRequested
            assert (name, job.generation, kind) in self.asked, f"{name} is {job.status}, and nobody asked for that"

    def check_end(self) -> None:
        held = any(job.status is Status.HELD for job in self.run.jobs.values())
        for name, job in self.run.jobs.items():
            waits = held and job.status in (Status.HELD, Status.WAITING)
            assert job.status.ended or waits, f"{name} is {job.status} for ever"
            assert job.running is None
        for group in self.run.groups.values():
            assert held or group.verdict is not Verdict.UNDECIDED
            assert group.recorded is group.verdict
        assert snapshot(replay(self.log)) == snapshot(self.run)


def snapshot(run: Run) -> object:
    """All that is known of *run*, and what would be done next."""
    jobs = [
        (
            n,
            j.spec,
            j.generation,
            j.status,
            j.reason,
            j.attempts,
            j.due_at,
            j.deadline_at,
            j.outputs,
            j.recorded,
            j.changed_at,
            j.unmet,
        )
        for n, j in run.jobs.items()
    ]
    groups = [(g.name, g.policy, list(g.members), g.verdict, g.recorded) for g in run.groups.values()]
    return run.seq, jobs, groups, plan(run, 0.0, SLOTS), plan(run, 1e9, SLOTS)
