"""What must hold after every event, whatever the schedule."""

from __future__ import annotations

from collections import Counter

from nbflow.core import event as e
from nbflow.core.derive_groups import Facts
from nbflow.core.run import JobState, Run
from nbflow.core.spec import JobSpec, ValueRef
from nbflow.core.status import Status, Verdict

from . import oracle
from .life import Budget, End, Life

VALUE, MENDED, GIVEN, KEPT = (ValueRef(inline=each) for each in (b"1", b"2", b"3", b"4"))
MADE = {
    Status.SUCCEEDED: (VALUE,),
    Status.RECOVERED: (MENDED,),
    Status.REUSED: (KEPT,),
    Status.SUBSTITUTED: (GIVEN, VALUE, MENDED, KEPT),
}


class Checks:
    """Watches a run: `before` and `after` each of its events."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        self.facts = Facts({}, {}, {})
        self.budget: Budget | None = None
        self.succeeded: set[tuple[str, int]] = set()
        self.retried = Counter[tuple[str, str]]()
        self.looked: set[str] = set()
        """The jobs of which the cache has nothing, as they stand: they may start."""
        self.fresh: set[str] = set()
        """The jobs that a person has asked for: they have to run."""

    # --- before
    def before(self, run: Run, event: e.Event) -> None:
        """*event* is about to be taken."""
        self.budget = self.budget or Budget(run.limits)
        self.touched = [getattr(event, "job", "")]
        match event:
            case e.AttemptStarted():
                self._may_start(run, run.jobs[event.job], event)
            case e.StepStarted():
                self._may_step(run, run.jobs[event.job], event)
            case e.JobReused() | e.CacheMissed():
                self._may_look(run, run.jobs[event.job])
                assert isinstance(event, e.CacheMissed) or event.job not in self.fresh, "reused though it is to run"
            case e.GroupDecided(group=name, verdict=verdict):
                self.touched = self._cut(run, name, verdict)
            case e.GroupRetried(group=group, members=members):
                self.touched = list(members)
                self._may_retry(run, group, members)
                assert all(self.facts.status[name] is Status.FAILED for name in members), "retried without a failure"
            case e.AttemptEnded() if event.generation == run.jobs[event.job].generation:
                self.touched += self._stopped(run, event)
            case _:
                pass

    def _may_start(self, run: Run, job: JobState, event: e.AttemptStarted) -> None:
        """Needs are met, nothing else of the job is under way, and time, person, group and limits allow it."""
        facts, limit = self.facts, oracle.deadline_at(job)
        assert all(oracle.met(run, facts, job, need) for need in job.spec.needs), "started with a need unmet"
        assert job.running is None and job.step is None, "two attempts or steps of one job at once"
        assert job.due_at is None or job.due_at <= event.at, "started before it was due"
        assert limit is None or event.at < limit, "started after its deadline"
        assert not job.spec.hold or job.released, "started while held"
        assert not run.paused, "started while paused"
        assert not job.spec.withdrawn, "started though withdrawn"
        first = self.facts.status[event.job] is Status.READY
        assert not (job.spec.cache and first) or event.job in self.looked, "started without a look at the cache"
        assert job.spec.executor not in run.limits.forbidden, "started where nothing may"
        assert run.limits.attempts is None or oracle.attempts(run) < run.limits.attempts, "more attempts than allowed"
        self._has_room(run, job)

    def _may_look(self, run: Run, job: JobState) -> None:
        """The job could start but for that."""
        assert job.spec.cache and job.spec.name not in self.looked, "looked for twice"
        assert all(oracle.met(run, self.facts, job, need) for need in job.spec.needs), "looked for with a need unmet"
        assert job.running is None and job.step is None, "looked for beside an attempt or step"
        assert not job.spec.hold or job.released, "looked for while held"
        assert not job.spec.withdrawn and self.facts.status[job.spec.name] is Status.READY

    def _may_step(self, run: Run, job: JobState, event: e.StepStarted) -> None:
        """In order, once, and not while paused."""
        assert job.running is None and job.step is None, "two attempts or steps of one job at once"
        assert not run.paused or event.step == "rollback", f"{event.step} started while paused"
        done = [step for attempt in job.attempts for step in attempt.steps if step.generation == job.generation]
        twice = [step for step in done if step.step == event.step and step.end != "lost" and step.step != "recovery"]
        assert not twice, f"a second {event.step} in one generation"
        if event.step == "rollback":
            assert not any(step.step == "fallback" for step in done), "rolled back after the fallback"
        else:
            self._has_room(run, job)

    def _may_retry(self, run: Run, group: str, members: tuple[str, ...]) -> None:
        """No more often than the group may; what is in others around it may begin anew when they retry it."""
        self.retried.update((group, name) for name in members)
        most = run.groups[group].options.retries
        for name in members if run.groups[group].parent is None else ():
            assert self.retried[group, name] <= most, f"{group} has {name} tried again more than {most} times"

    def _has_room(self, run: Run, job: JobState) -> None:
        for group in oracle.around(run, job):
            most = oracle.cap(run, group)
            assert most is None or oracle.running(run, group) < most, "more of a group than it allows"

    def _cut(self, run: Run, group: str, verdict: Verdict) -> list[str]:
        """The jobs that the decision ends."""
        if not oracle.about_to_cut(run, self.facts, run.groups[group], verdict):
            return []
        return [name for name in oracle.inside(run, group) if not self.facts.status[name].ended]

    def _stopped(self, run: Run, event: e.AttemptEnded) -> list[str]:
        """The jobs that a success ends because the job asked for it from inside."""
        asked = event.response
        if event.end != "succeeded" or asked is None or not (asked.stop_children or asked.stop_flow):
            return []
        meant, ahead = set(run.jobs) if asked.stop_flow else set(), [event.job]
        while ahead:
            name = ahead.pop()
            below = {n for n, job in run.jobs.items() if name in {getattr(need, "job", "") for need in job.spec.needs}}
            ahead += below - meant
            meant |= below
        return [
            name
            for name, job in run.jobs.items()
            if name in meant - {event.job}
            and self.lives[name].stands == "pending"
            and not self.facts.status[name].ended
            and not (job.running or job.step)
            and job.spec.maker != event.job
        ]

    # --- after
    def after(self, run: Run, event: e.Event, facts: Facts) -> None:
        """*event* was taken, and *facts* follow."""
        assert self.budget is not None
        self.budget.limits, before, self.facts = run.limits, self.facts, facts
        self._remember(event)
        match event:
            case e.JobDeclared(spec=spec) if spec.name in self.lives:
                self.lives[spec.name].begin(spec)
                self._forget(spec.name)
            case e.JobDeclared(spec=spec):
                self.lives[spec.name] = Life(spec, self.budget)
            case e.GroupRetried(members=members):
                for name in members:
                    self.lives[name].begin(self.lives[name].spec)
            case e.GroupDecided():
                for name in self.touched:
                    self.lives[name].hear("policy")
            case e.RetryRequested(job=name):
                self.lives[name].hear(event)
                self._forget(name)
            case _ if self.touched[0]:
                self.lives[self.touched[0]].hear(event)
                for name in self.touched[1:]:
                    self.lives[name].hear("stopped")
        changed = [name for name in facts.status if facts.status[name] is not before.status.get(name)]
        for name in {*self.touched, *changed} - {""}:
            self._as_told(name, run.jobs[name])
            self._keeps(name, run.jobs[name])

    def _remember(self, event: e.Event) -> None:
        """Of which jobs the cache has nothing, as they stand; it may be different for other inputs."""
        match event:
            case e.CacheMissed(job=name):
                self.looked.add(name)
            case e.RetryRequested(job=name):
                self.looked.discard(name)
                self.fresh.add(name)
            case e.JobDeclared(spec=JobSpec(name=name)):
                self.looked.discard(name)
                self.fresh.discard(name)
            case e.GroupRetried(members=members):
                self.looked -= set(members)
                self.fresh -= set(members)
        self.looked -= {n for n in self.looked if self.facts.status[n] in (Status.WAITING, Status.SKIPPED)}

    def _forget(self, name: str) -> None:
        """A person or a new declaration gives the job fresh retries of its groups."""
        for group, member in [each for each in self.retried if each[1] == name]:
            del self.retried[group, member]

    def _as_told(self, name: str, job: JobState) -> None:
        """The job stands where the contract's story of it does."""
        own: str | End = job.owed or ("running" if job.current else "pending")
        if job.end is not None:
            own = job.end.value, job.end_reason.kind if job.end_reason is not None else ""
        assert own == self.lives[name].stands, f"{name} is {own}, the contract says {self.lives[name].stands}"
        assert job.generation == self.lives[name].generation

    def _keeps(self, name: str, job: JobState) -> None:
        """What it made is its own and stays; what it may use follows from the rules it has used."""
        if job.response is not None and job.response.outputs:  # others make them, and need not have yet
            assert not job.status.good or job.outputs["x"] in (VALUE, MENDED, GIVEN, KEPT)
        elif job.end is not None and job.end.good:
            assert job.outputs["x"] in MADE[job.end], f"{name} is {job.end} with {job.outputs}"
        else:
            assert not job.outputs, f"{name} has outputs and is {job.status}"
        if job.end is Status.SUCCEEDED:
            self.succeeded.add((name, job.generation))
        taken_back = (name, job.generation) in self.succeeded and job.end is not Status.SUCCEEDED
        assert not taken_back or job.response is not None, "a success was taken back"
        matched = [attempt.rule for attempt in job.attempts if attempt.generation == job.generation]
        for place, rule in enumerate(job.spec.rules):
            used = job.uses.get(place, 0)
            assert used <= min(matched.count(place), rule.retries) and used >= matched.count(place) - 1
        grown = sum(job.uses.get(place, 0) for place, rule in enumerate(job.spec.rules) if rule.on == "oom")
        assert job.memory is None or job.memory == job.spec.memory * 2**grown, "memory is not what the rules make it"
