"""A world that does to a run whatever can be done to it, in an order that one seed decides, and checks every step.

The world plays the person, the executors, the clock and the engine; the engine may die between any two commits, and is
then replayed from the log. Attempts and steps may succeed, fail, time out or get lost, at once or late, and be reported
twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from nbflow.core import event as e
from nbflow.core.graph import check
from nbflow.core.plan import Ask, Look, Order, Plan, Record, Schedule, Start, StartStep, Stop, plan
from nbflow.core.run import JobState, Run
from nbflow.core.spec import JobSpec, Produced, Response
from nbflow.core.state import accepts, empty, evolve, replay
from nbflow.core.status import Reason, Status, Verdict
from nbflow.engine.responses import unfolded
from nbflow.errors import DeclarationError, NbflowError

from . import flows, oracle
from .checks import GIVEN, KEPT, MENDED, VALUE, Checks
from .failures import FAILURES, Failing
from .snapshots import SLOTS, snapshot


class Crash(Exception):
    """The engine dies here."""


class World:
    """One schedule: make it with a seed, then `play` it."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = Random(seed)
        self.run, self.log, self.now = empty(), list[e.Event](), 0.0
        self.checks = Checks()
        self.live: dict[str, e.AttemptStarted | e.StepStarted] = {}
        self.place: dict[str, str] = {}  # key -> executor; the job may be declared for another one meanwhile
        self.stopping: set[str] = set()
        self.late: list[e.AttemptEnded | e.StepEnded] = []
        self.asked: dict[Ask, None] = {}
        self.looking: dict[Look, None] = {}
        self.restarts = self.stale = 0
        self.taste = flows.random_taste(rng)
        self.hands = rng.randint(0, 9)
        self.crashes = rng.choice((0, 0, 1, 1, 2, 3))
        self.losses = rng.choice((0, 0, 1, 2, 8, 16))
        self.lossy = rng.choice((4, 4, 40))
        self.to_declare = rng.randint(1, 7)
        self.to_make = rng.choice((0, 0, 1, 2))
        self.limiting = rng.choice((0, 0, 0, 1, 2))
        self.down = False
        self.take(e.RunOpened(at=0.0, flow="f", number=1))

    def play(self) -> Run:
        """To the end, which must come."""
        for _ in range(1000):
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
            return not (made.idle and self.run.paused and self.commit(e.UnpauseRequested(at=self.now))) and made.idle
        self.now = made.wake_at if self.rng.random() < 0.8 else self.now + self.rng.random()
        return False

    def effects(self) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = [self.end_one] * (2 * bool(self.live))
        found += [self.report_late] * bool(self.late)
        found += [self.answer] * bool(self.asked)
        found += [self.look] * bool(self.looking)
        found += [self.declare_new] * (2 * (self.to_declare > 0))
        found += [self.limit] * (self.limiting > 0)
        if self.hands > 0 and self.run.jobs:
            found.append(self.hand)
        return found

    # --- the engine
    def commit(self, *events: e.Event) -> bool:
        """Fold and log *events* that are not stale, and look at everything; the engine may die right after them."""
        taken = [self.take(event) for event in events]
        if taken[-1] and self.crashes > 0 and self.rng.random() < 0.04:
            self.crashes -= 1
            raise Crash
        return taken[-1]

    def take(self, event: e.Event) -> bool:
        run, seq = self.run, self.run.seq
        if not accepts(run, event):
            evolve(run, event)
            assert run.seq == seq and oracle.facts_of(run) == self.checks.facts, "a stale event changed something"
            return False
        self.checks.before(run, event)
        evolve(run, event)
        assert run.seq == seq + 1
        told = isinstance(event, e.JobEnded | e.JobReopened | e.StepStarted)  # nothing follows from it
        assert not told or oracle.facts_of(run) == self.checks.facts, "what was only told changed something"
        self.checks.after(run, event, self.checks.facts if told else oracle.same_facts(run))
        self.log.append(event)
        return True

    def restart(self) -> None:
        """The log is all there is; attempts died with the engine, some of them with their result in place."""
        live, self.run = self.run, replay(self.log)
        assert snapshot(self.run) == snapshot(live), "replay is not what was live"
        self.restarts += 1
        self.live.clear()
        self.stopping.clear()
        self.asked.clear()
        self.looking.clear()
        for name, job in list(self.run.jobs.items()):
            if job.running is not None or job.step is not None:
                self.report(name, job, self.rng.choice(("succeeded", "lost", "lost")))
        self.down = False

    def free(self) -> dict[str, int]:
        used = Counter(self.place[key] for key in self.live)
        return {name: max(0, slots - used[name]) for name, slots in SLOTS.items()}

    def turn(self) -> Plan:
        """Plan and obey, as the engine does."""
        free = self.free()
        made = plan(self.run, self.now, free)
        oracle.same_plan(self.run, self.checks.facts, made, self.now, free)
        for order in made.orders:
            self.obey(order)
        return made

    def obey(self, order: Order) -> None:
        match order:
            case Start(job=job, generation=generation, attempt=attempt):
                key = f"{len(self.log):x}"
                self.begin(
                    e.AttemptStarted(at=self.now, job=job, generation=generation, attempt=attempt, key=key),
                    self.run.jobs[job].spec.executor,
                )
            case StartStep(job=job, generation=generation, attempt=attempt, step=step):
                key = f"{len(self.log):x}"
                event = e.StepStarted(at=self.now, job=job, generation=generation, attempt=attempt, step=step, key=key)
                self.begin(event, "process" if step == "recovery" else self.run.jobs[job].spec.executor)
            case Stop(job=job, step=step):
                under = self.run.jobs[job].step if step else self.run.jobs[job].running
                assert under is not None
                self.stopping.add(under.key)
            case Schedule(job=job, generation=generation, attempt=attempt, low=low, high=high):
                due_at = self.now + low + (high - low) * self.rng.random()
                self.commit(
                    e.RetryScheduled(at=self.now, job=job, generation=generation, attempt=attempt, due_at=due_at)
                )
            case Ask():
                self.asked[order] = None
            case Look():
                self.looking[order] = None
            case Record(event=event):
                assert self.commit(event), f"the plan's own record {event} is stale"

    def begin(self, started: e.AttemptStarted | e.StepStarted, executor: str) -> None:
        assert not any(other.job == started.job for other in self.live.values()), "two of one job at once"
        self.live[started.key], self.place[started.key] = started, executor
        used = Counter(self.place[key] for key in self.live)
        assert all(used[name] <= slots for name, slots in SLOTS.items()), f"more than the slots: {used}"
        assert self.commit(started), f"the plan's own start {started} is stale"

    # --- executors
    def end_one(self) -> None:
        started = self.live.pop(self.rng.choice(list(self.live)))
        self.now += self.rng.choice((0.0, 0.0, 0.5))
        ends = ["succeeded"] * 3 + ["failed"] * 3
        if started.key in self.stopping:
            ends += ["cancelled"] * 8
        elif self.rng.random() < 0.01:
            ends = ["cancelled"]  # nobody asked: the executor was told to stop
        if self.losses > 0:
            self.losses -= 1
            ends += ["lost"] * self.lossy
        if isinstance(started, e.AttemptStarted) and self.run.jobs[started.job].spec.condition:
            ends += ["skipped"] * 3
        self.stopping.discard(started.key)
        self.report(started.job, self.run.jobs[started.job], self.rng.choice(ends))

    def report(self, name: str, job: JobState, end: str) -> None:
        ended = self.end_of_step(name, job, end) if job.step is not None else self.end_of_attempt(name, job, end)
        if self.rng.random() < 0.15:
            self.late.append(ended)  # reported twice: the second time at any time
        assert self.commit(*unfolded(self.run, ended, SLOTS)), "the one report of an end was refused"

    def end_of_attempt(self, name: str, job: JobState, end: str) -> e.AttemptEnded:
        failed = self.rng.choice(FAILURES) if end == "failed" else Failing(None)
        assert job.running is not None
        return e.AttemptEnded(
            at=self.now,
            job=name,
            generation=job.running.generation,
            attempt=job.running.number,
            end=end,
            reason=failed.reason,
            exit_code=failed.exit_code,
            signal=failed.signal,
            classes=failed.classes,
            found=failed.found,
            outputs={"x": VALUE} if end == "succeeded" else {},
            response=self.response(name) if end == "succeeded" and self.to_make > 0 else None,
        )

    def response(self, name: str) -> Response | None:
        """What the job asked for from inside."""
        if self.rng.random() < 0.5:
            return None
        self.to_make -= 1
        kind = self.rng.choice(("replace", "detour", "add", "children", "flow", "unknown"))
        if kind in ("children", "flow"):
            return Response(stop_children=kind == "children", stop_flow=kind == "flow")
        made = [
            flows.random_spec(self.rng, self.run, f"{name}.{n}", self.taste, name)
            for n in range(self.rng.randint(1, 2))
        ]
        names = tuple(spec.name for spec in made)
        return Response(
            jobs=tuple(made),
            replaced_by=names if kind == "replace" else ("nobody",) * (kind == "unknown"),
            outputs={"x": Produced(names[0], "x")} if kind == "replace" else {},
            detour=names if kind == "detour" else (),
        )

    def end_of_step(self, name: str, job: JobState, end: str) -> e.StepEnded:
        step = job.step
        assert step is not None
        return e.StepEnded(
            at=self.now,
            job=name,
            generation=step.generation,
            attempt=step.attempt,
            step=step.step,
            key=step.key,
            end=end,
            reason=Reason("exit code", "3") if end == "failed" else None,
            outputs={"x": MENDED} if (step.step, end) == ("fallback", "succeeded") else {},
        )

    def report_late(self) -> None:
        taken = self.commit(self.late.pop(self.rng.randrange(len(self.late))))
        self.stale += not taken

    def answer(self) -> None:
        """A custom policy answers, maybe too late."""
        asked = self.rng.choice(list(self.asked))
        del self.asked[asked]
        verdict = self.rng.choice((Verdict.UNDECIDED, Verdict.MET, Verdict.BROKEN))
        about = {field: getattr(asked, field) for field in asked.__struct_fields__}
        self.commit(e.GroupJudged(at=self.now, **about, verdict=verdict))

    def look(self) -> None:
        """The cache has something for a job, or not; what it says may come too late."""
        order = self.rng.choice(list(self.looking))
        del self.looking[order]
        about = {"at": self.now, "job": order.job, "generation": order.generation}
        if self.rng.random() < 0.5 and not order.fresh:
            self.commit(e.JobReused(**about, outputs={"x": KEPT}, run=1, attempt="a1", seconds=1.0))
        else:
            self.commit(e.CacheMissed(**about, key="k"))

    # --- the person
    def declare_new(self) -> None:
        self.to_declare -= 1
        self.declare(flows.random_spec(self.rng, self.run, f"j{self.to_declare}", self.taste))

    def declare(self, spec: JobSpec) -> None:
        policies = {}
        if self.rng.random() < 0.3 + 0.5 * self.taste.decisive * (spec.group is not None):
            group = spec.group or self.rng.choice(flows.GROUPS)
            policies[group] = flows.random_policy(self.rng, self.run, group, self.taste)
        try:
            check(self.run, [spec], policies)
        except (DeclarationError, NbflowError):
            return
        declared = [e.GroupDeclared(at=self.now, group=group, policy=policy) for group, policy in policies.items()]
        self.commit(*declared, e.JobDeclared(at=self.now, spec=spec))

    def limit(self) -> None:
        self.limiting -= 1
        self.commit(e.LimitsSet(at=self.now, limits=flows.random_limits(self.rng)))

    def hand(self) -> None:
        self.hands -= 1
        kind = self.rng.choice(HANDS)
        if kind == "pause":
            self.commit((e.UnpauseRequested if self.run.paused else e.PauseRequested)(at=self.now))
            return
        name = self.pick(kind)
        job = self.run.jobs[name]
        if kind == "declare":
            self.declare(flows.random_spec(self.rng, self.run, name, self.taste, job.spec.maker))
        elif kind == "withdraw":
            self.declare(JobSpec(name=name, maker=job.spec.maker, withdrawn=True))
        else:
            event, more = ASKED[kind]
            stale = self.rng.random() < 0.1
            self.commit(event(at=self.now, job=name, generation=job.generation - stale, **more))

    def pick(self, kind: str) -> str:
        """A job: most of the time one for which it means something."""
        jobs = list(self.run.jobs)
        meant = {
            "run": lambda job: job.status is Status.HELD,
            "retry": lambda job: job.status.ended,
            "cancel": lambda job: not job.status.ended,
            "skip": lambda job: not job.status.good,
            "skip-value": lambda job: not job.status.good,
            "skip-last": lambda job: not job.status.good and job.last_good is not None,
        }.get(kind, lambda job: job.busy or job.owed)
        found = [name for name in jobs if meant(self.run.jobs[name])]
        return self.rng.choice(found if found and self.rng.random() < 0.8 else jobs)

    # --- what must hold at the end
    def check_end(self) -> None:
        held = any(job.status is Status.HELD for job in self.run.jobs.values())
        for name, job in self.run.jobs.items():
            waits = held and job.status in (Status.HELD, Status.WAITING)
            assert job.status.ended or waits, f"{name} is {job.status} for ever"
            assert job.running is None and job.step is None
        for group in self.run.groups.values():
            assert held or group.verdict is not Verdict.UNDECIDED
            assert group.recorded is group.verdict
        if not self.restarts or self.rng.random() < 0.1:  # else it was seen after the crash
            assert snapshot(replay(self.log)) == snapshot(self.run)


HANDS = ("run", *["retry"] * 4, "skip", "skip-value", *["skip-last"] * 2, "cancel", "cancel", "pause", *["declare"] * 2,
         "withdraw")  # fmt: skip
ASKED = {
    "run": (e.RunRequested, {}),
    "retry": (e.RetryRequested, {}),
    "skip": (e.SkipRequested, {}),
    "skip-value": (e.SkipRequested, {"outputs": {"x": GIVEN}}),
    "skip-last": (e.SkipRequested, {"last": True}),
    "cancel": (e.CancelRequested, {}),
}
