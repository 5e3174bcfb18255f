"""A world of groups: members end in any order, groups are nested, retried, rolled back and judged by custom policies.

One seed decides everything. After each event the verdicts are those computed from scratch, and the work noted for the
plan is what a look at all groups finds; at the end a fresh reading of the log is the run.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from nbflow.core import derive_groups, groups, undoing
from nbflow.core import event as e
from nbflow.core.graph import check
from nbflow.core.group_plan import questions
from nbflow.core.plan import Ask, Plan, Record, Schedule, Start, StartStep, Stop, plan
from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Custom, Either, Judge, Policy, Ruled, Strict
from nbflow.core.policy import customs
from nbflow.core.run import Run
from nbflow.core.spec import Call, JobNeed, JobSpec, Retry, ValueRef
from nbflow.core.state import accepts, empty, evolve, replay
from nbflow.core.status import Reason, Status, Verdict
from nbflow.errors import DeclarationError

from .oracle import facts_of, same_facts

NAMES = ("g", "h", "i")
SLOTS = {"process": 3}


def custom(kind: str, count: int) -> Custom:
    """A policy that counts: ``bad`` is broken by so many bad ones, ``good`` met by so many good, ``mute`` neither."""
    return Custom(f"={kind}({count})", ValueRef(inline=f"{kind}{count}".encode()))


def said(policy: Custom, standings: str) -> Verdict:
    """What it says of members that stand so."""
    assert policy.value.inline is not None
    kind, count = policy.value.inline[:-1].decode(), int(policy.value.inline[-1:])
    good, ended = sum(map(standings.count, "SDU")), len(standings) - standings.count(".")
    if kind == "bad":
        bad = ended - good
        return Verdict.BROKEN if bad >= count else Verdict.UNDECIDED if ended < len(standings) else Verdict.MET
    if kind == "good":
        return Verdict.MET if good >= count else Verdict.UNDECIDED
    return Verdict.UNDECIDED


class GroupWorld:
    """One schedule: make it with a seed, then `play` it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.run, self.log, self.now = empty(), list[e.Event](), 0.0
        self.live: dict[str, e.AttemptStarted | e.StepStarted] = {}
        self.answers: list[e.GroupJudged] = []
        self.to_declare, self.hands = self.rng.randint(1, 7), self.rng.randint(0, 5)
        self.crashes = self.rng.randint(0, 2)
        self.seen: Counter[str] = Counter()
        self.undone: list[tuple[str, float]] = []
        self.commit(e.RunOpened(at=0.0, flow="f", number=1))

    # --- playing
    def play(self) -> Run:
        """To the end, which must come."""
        for _ in range(500):
            if not self.step():
                break
        else:
            raise AssertionError("the run does not end")
        self.check_end()
        return self.run

    def step(self) -> bool:
        self.now += self.rng.choice((0.0, 1.0))
        acts = [self.end_one] * (2 * bool(self.live)) + [self.answer] * bool(self.answers)
        acts += [self.declare] * (self.to_declare > 0)
        if self.run.jobs and self.hands > 0:
            acts.append(self.hand)
        if self.crashes > 0 and self.rng.random() < 0.05:
            acts.append(self.crash)
        if acts:
            self.rng.choice(acts)()
            if self.rng.random() < 0.2:
                return True
        made = self.turn()
        if made.wake_at is not None:
            self.now = max(self.now, made.wake_at)
        return bool(acts or made.orders or made.wake_at is not None)

    def turn(self) -> Plan:
        made = plan(self.run, self.now, {"process": SLOTS["process"] - len(self.live)})
        self.check_plan(made)
        for order in made.orders:
            match order:
                case Start(job=job, generation=generation, attempt=attempt):
                    where = {"job": job, "generation": generation, "attempt": attempt}
                    self.begin(e.AttemptStarted(at=self.now, **where, key=f"{len(self.log):x}"))
                case StartStep(job=job, generation=generation, attempt=attempt, step=step):
                    self.check_step(job, step)
                    where = {"job": job, "generation": generation, "attempt": attempt}
                    self.begin(e.StepStarted(at=self.now, **where, step=step, key=f"{len(self.log):x}"))
                case Schedule(job=job, generation=generation, attempt=attempt, low=low):
                    self.commit(e.RetryScheduled(
                        at=self.now, job=job, generation=generation, attempt=attempt, due_at=self.now + low
                    ))  # fmt: skip
                case Ask(group=group, members=members, standings=standings, place=place, parts=parts):
                    policy = customs(self.run.groups[group].policy)[place]
                    self.answers.append(e.GroupJudged(
                        at=self.now, group=group, members=members, standings=standings,
                        verdict=said(policy, standings), reason="so", place=place, parts=parts,
                    ))  # fmt: skip
                case Record(event=event):
                    if isinstance(event, e.GroupRetried):
                        self.check_retry(event)
                    assert self.commit(event), f"the plan's own record {event} is stale"
                case Stop():
                    pass
        return made

    def begin(self, event: e.AttemptStarted | e.StepStarted) -> None:
        assert self.commit(event), f"the plan's own start {event} is stale"
        self.live[event.key] = event

    def commit(self, event: e.Event) -> bool:
        taken = accepts(self.run, event)
        evolve(self.run, event)
        if taken:
            self.log.append(event)
            self.seen[type(event).__name__] += 1
        self.check()
        return taken

    # --- what happens
    def end_one(self) -> None:
        begun = self.live.pop(self.rng.choice(list(self.live)))
        stop = self.run.jobs[begun.job].stop_cause
        end = self.rng.choice(("succeeded", "succeeded", "failed", *["cancelled"] * (3 * bool(stop))))
        if isinstance(begun, e.StepStarted) and self.rng.random() < 0.1:
            end = "lost"
        self.ended(begun, end)

    def ended(self, begun: e.AttemptStarted | e.StepStarted, end: str) -> None:
        where = {"at": self.now, "job": begun.job, "generation": begun.generation, "attempt": begun.attempt}
        why = Reason(self.rng.choice(("timeout", "timeout", "syntax"))) if end == "failed" else None
        if isinstance(begun, e.AttemptStarted):
            self.commit(e.AttemptEnded(**where, end=end, reason=why))
        else:
            self.commit(e.StepEnded(**where, step=begun.step, key=begun.key, end=end, reason=why))

    def answer(self) -> None:
        self.commit(self.answers.pop(self.rng.randrange(len(self.answers))))

    def crash(self) -> None:
        """What was asked is forgotten, what ran is lost."""
        self.crashes -= 1
        self.answers.clear()
        self.run = replay(self.log)
        lost, self.live = self.live, {}
        for begun in lost.values():
            self.ended(begun, "lost")

    def declare(self) -> None:
        self.to_declare -= 1
        self.declare_job(f"j{self.to_declare}")

    def hand(self) -> None:
        self.hands -= 1
        name = self.rng.choice(list(self.run.jobs))
        if self.rng.random() < 0.3:
            self.declare_job(name)
            return
        kind = self.rng.choice((e.RetryRequested, e.SkipRequested, e.CancelRequested))
        self.commit(kind(at=self.now, job=name, generation=self.run.jobs[name].generation))

    def declare_job(self, name: str) -> None:
        group = self.rng.choice((None, *NAMES, *NAMES))
        needs = []
        for other in self.rng.sample(list(self.run.groups), min(len(self.run.groups), self.rng.choice((0, 0, 1)))):
            if other != group:
                needs.append(groups.need(self.run, other, optional=self.rng.random() < 0.15, without=name))
        jobs = [job for job in self.run.jobs if job != name]
        needs += [JobNeed(job) for job in self.rng.sample(jobs, min(len(jobs), self.rng.choice((0, 0, 0, 1))))]
        spec = JobSpec(
            name=name,
            group=group,
            needs=tuple(needs),
            retry=Retry(attempts=self.rng.choice((1, 1, 2)), delay=1.0),
            rollback=Call("undo") if self.rng.random() < 0.4 else None,
            on_missing=self.rng.choice(("error", "error", "none")),
            source=str(self.rng.random()),
        )
        declared: dict[str, Policy] = {}
        if self.rng.random() < 0.6:
            which = self.rng.choice(NAMES)
            declared[which] = self.policy(which)
        try:
            check(self.run, [spec], declared)
        except DeclarationError:
            return
        for group, policy in declared.items():
            self.commit(e.GroupDeclared(at=self.now, group=group, policy=policy))
        self.commit(e.JobDeclared(at=self.now, spec=spec))

    def policy(self, group: str) -> Policy:
        judge = self.judge(group, 2)
        counts = isinstance(judge, AtLeast | Custom)
        return Ruled(
            judge,
            early=counts and self.rng.random() < 0.3,
            fail_fast=self.rng.random() < 0.2,
            cancel_rest=counts and self.rng.random() < 0.2,
            max_parallel=self.rng.choice((None, None, None, 1)),
            retries=self.rng.choice((0, 0, 1, 2)),
            rollback=self.rng.random() < 0.5,
            parent=self.rng.choice((None, *(name for name in NAMES if name != group))),
        )

    def judge(self, group: str, depth: int) -> Judge:
        members = list(self.run.groups[group].members) if group in self.run.groups else []
        match self.rng.randrange(8 if depth else 6):
            case 0:
                return BestEffort()
            case 1:
                return AtLeast(self.rng.randint(1, max(1, len(members))))
            case 2 if members:
                return Critical(tuple(self.rng.sample(members, 1)))
            case 3 | 4:
                return custom(self.rng.choice(("bad", "good", "mute")), self.rng.randint(1, 3))
            case 6:
                return Both((self.judge(group, depth - 1), self.judge(group, depth - 1)))
            case 7:
                return Either((self.judge(group, depth - 1), self.judge(group, depth - 1)))
        return Strict()

    # --- what must hold
    def check(self) -> None:
        """What is noted incrementally is what a look at everything finds."""
        facts = same_facts(self.run)
        tallies = [(group.tally, derive_groups.whole(self.run, name)) for name, group in self.run.groups.items()]
        tallies += [(tally, tally.need) for tally in self.run.links.shared.values()]
        for tally, need in tallies:
            retried = derive_groups.retried(self.run, need, facts, tally.whole)
            asked = derive_groups.unasked(self.run, need, facts, tally.whole)
            found = derive_groups.judge(self.run, need, facts, tally.whole)
            where = f"{tally.group} {tally.standings} {tally.policy} can {tally.can} whole {tally.whole}"
            assert (tally.verdict, tally.ended) == (found.verdict, found.ended), where
            assert (tally in self.run.work.retried) == retried == tally.retried, where
            assert (tally in self.run.work.unasked) == bool(asked), where
            assert tally.unasked == asked, where
        for name, group in self.run.groups.items():
            assert (name in self.run.work.untold) == (facts.verdict[name] is not group.recorded)
            assert (name in self.run.work.undone) == self.undoing(name), name

    def undoing(self, name: str) -> bool:
        """Whether members of the group *name* are to be rolled back."""
        group = self.run.groups[name]
        around = [self.run.groups[each] for each in groups.chain(self.run, name)[1:]]
        jobs = [self.run.jobs[each] for each in groups.jobs_in(self.run, name)]
        broken = group.verdict is group.recorded is Verdict.BROKEN
        hopes = any(outer.options.retries and outer.verdict is Verdict.UNDECIDED for outer in around)
        need = derive_groups.whole(self.run, name)
        members = derive_groups.members_of(self.run, need, facts_of(self.run), whole=True)
        over = all(member.ended for member, _ in members.values())
        return group.options.rollback and broken and over and not hopes and any(map(undoing.owed, jobs))

    def check_plan(self, made: Plan) -> None:
        asks = [(o.group, o.members, o.standings, o.place, o.parts) for o in made.orders if isinstance(o, Ask)]
        assert len(asks) == len(set(asks))
        alone = [o for o in made.orders if isinstance(o, Record) and isinstance(o.event, e.GroupRetried)]
        assert len(alone) <= 1
        if not alone and not any(group.about_to_cut for group in self.run.groups.values()):
            assert asks == [tuple(question) for question in questions(self.run)]

    def check_retry(self, event: e.GroupRetried) -> None:
        for name in event.members:
            job = self.run.jobs[name]
            assert job.status is Status.FAILED and event.group in groups.chain(self.run, job.spec.group)
            assert job.retried.get(event.group, 0) < self.run.groups[event.group].options.retries

    def check_step(self, name: str, step: str) -> None:
        """A success is only taken back where a group is broken, the latest first."""
        job = self.run.jobs[name]
        if step == "rollback" and job.status.good:
            broken = [each for each in groups.chain(self.run, job.spec.group) if self.undoing(each)]
            assert broken, f"{name} is rolled back, and no group asks for that"
            ends = [
                other.changed_at
                for each in broken
                for other in map(self.run.jobs.__getitem__, groups.jobs_in(self.run, each))
                if other.revocable
            ]
            assert job.changed_at >= min(ends)
            self.undone.append((name, job.changed_at))

    def check_end(self) -> None:
        assert not self.live and not self.run.work.pending
        for name, job in self.run.jobs.items():
            assert job.status.ended, f"{name} is {job.status} for ever"
        for group in self.run.groups.values():
            assert group.verdict is not Verdict.UNDECIDED, f"{group.name} is undecided for ever"
            assert group.recorded is group.verdict
            jobs = [self.run.jobs[each] for each in groups.jobs_in(self.run, group.name)]
            if group.options.rollback and group.verdict is Verdict.BROKEN:
                assert not any(job.revocable for job in jobs), "a success of a broken group was not taken back"
        again = replay(self.log)
        assert same_facts(again) == same_facts(self.run)
        assert list(again.work.retried) == list(again.work.unasked) == list(again.work.undone) == []
