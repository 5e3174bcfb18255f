"""The scheduler does what a model of a hundred lines does, whatever people, executors and crashes do."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from nbflow.core import event as e
from nbflow.core.plan import Record, Schedule, Start, plan
from nbflow.core.spec import JobNeed, JobSpec, Retry
from nbflow.core.state import accepts, empty, evolve, replay

from .broken import attempts
from .model import Model

NAMES, SLOTS = "abcde", 2
names = st.sampled_from(NAMES)
places = st.integers(0, 9)


class Scheduler(RuleBasedStateMachine):
    """`evolve` and `plan` beside the model, move by move."""

    def __init__(self) -> None:
        super().__init__()
        self.model, self.run, self.log = Model(), empty(), list[e.Event]()
        self.views = []
        self.stale: list[e.Event] = []

    def take(self, event: e.Event) -> bool:
        """Log *event*, let all who are attached hear of it, and do what only tells."""
        taken = accepts(self.run, event)
        for run in (self.run, *self.views):
            evolve(run, event)
        if taken:
            self.log.append(event)
        return taken

    def settle(self) -> None:
        """Carry out what the plan orders, but for starts and stops."""
        while True:
            made = plan(self.run, 0.0, {"process": 0})
            due = [order for order in made.orders if isinstance(order, Record | Schedule)]
            if not due:
                return
            for order in due:
                if isinstance(order, Record):
                    self.take(order.event)
                else:
                    about = {"job": order.job, "generation": order.generation, "attempt": order.attempt}
                    self.take(e.RetryScheduled(at=0.0, **about, due_at=0.0))

    def ask(self, kind: type[e.Request], name: str, expected: bool) -> None:
        event = kind(at=0.0, job=name, generation=self.run.jobs[name].generation)
        self.stale.append(event)
        assert self.take(event) is expected
        self.settle()

    # --- moves
    @rule(name=names, needs=st.sets(names, max_size=2), attempts=st.integers(1, 3), tolerant=st.booleans())
    def declare(self, name, needs, attempts, tolerant):
        """Needs are among the jobs whose names come before: no loops."""
        found = tuple(sorted(need for need in needs if need < name and need in self.model.jobs))
        self.model.declare(name, found, attempts, tolerant)
        spec = JobSpec(
            name=name,
            needs=tuple(JobNeed(need) for need in found),
            retry=Retry(attempts=attempts, delay=0.0),
            on_missing="none" if tolerant else "error",
        )
        self.take(e.JobDeclared(at=0.0, spec=spec))
        self.settle()

    @rule()
    def start(self):
        """Whatever can start does, in the same order."""
        expected = self.model.starts(SLOTS)
        under = sum(job.running is not None for job in self.run.jobs.values())
        orders = [o for o in plan(self.run, 0.0, {"process": SLOTS - under}).orders if isinstance(o, Start)]
        assert [order.job for order in orders] == expected
        for order in orders:
            about = {"job": order.job, "generation": order.generation, "attempt": order.attempt}
            assert self.take(e.AttemptStarted(at=0.0, **about, key=f"{len(self.log):x}"))
            self.model.start(order.job)

    def busy(self):
        return [name for name, job in self.run.jobs.items() if job.running is not None]

    @precondition(busy)
    @rule(place=places, how=st.sampled_from(["succeeded", "failed", "failed", "cancelled"]))
    def end(self, place, how):
        """An attempt under way ends."""
        self.finish(self.busy()[place % len(self.busy())], how)

    def finish(self, name, how):
        running = self.run.jobs[name].running
        event = e.AttemptEnded(at=0.0, job=name, generation=running.generation, attempt=running.number, end=how)
        self.stale.append(event)
        assert self.take(event)
        self.model.finish(name, how)
        self.settle()

    @precondition(lambda self: self.run.jobs)
    @rule(place=places)
    def cancel(self, place):
        name = list(self.run.jobs)[place % len(self.run.jobs)]
        self.ask(e.CancelRequested, name, self.model.cancel(name))

    @precondition(lambda self: self.run.jobs)
    @rule(place=places)
    def skip(self, place):
        name = list(self.run.jobs)[place % len(self.run.jobs)]
        self.ask(e.SkipRequested, name, self.model.skip(name))

    @precondition(lambda self: self.run.jobs)
    @rule(place=places)
    def retry(self, place):
        name = list(self.run.jobs)[place % len(self.run.jobs)]
        self.ask(e.RetryRequested, name, self.model.retry(name))

    @precondition(lambda self: any(isinstance(event, e.AttemptEnded) for event in self.stale))
    @rule(place=places)
    def report_again(self, place):
        """An end that was told before means nothing."""
        ends = [event for event in self.stale if isinstance(event, e.AttemptEnded)]
        assert not self.take(ends[place % len(ends)])

    @rule(survives=st.booleans())
    def crash(self, survives):
        """The engine dies; what ran is found to have succeeded, or is lost."""
        self.run, self.views = replay(self.log), []
        for name in self.busy():
            self.finish(name, "succeeded" if survives else "lost")

    @rule()
    def attach(self):
        """Another kernel follows the run, from its log."""
        self.views = [*self.views[-1:], replay(self.log)]

    # --- what must hold
    @invariant()
    def all_see_what_the_model_says(self):
        """The engine, and whoever is attached to it."""
        for run in (self.run, *self.views):
            assert {name: job.status.value for name, job in run.jobs.items()} == {
                name: self.model.status(name) for name in self.model.jobs
            }


TestScheduler = Scheduler.TestCase
TestScheduler.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize(
    "fault",
    [
        attempts.a_failed_job_has_one_retry_too_many,
        attempts.a_new_generation_has_an_old_budget,
        attempts.a_skip_takes_a_success_back,
        attempts.a_lost_attempt_counts_as_failed,
        attempts.only_the_first_dependent_hears,
        attempts.stale_ends_are_taken,
    ],
    ids=lambda variant: variant.__name__,
)
def test_the_model_notices(fault, monkeypatch):
    """A scheduler with this one fault is no refinement of it."""
    fault(monkeypatch)
    found = settings(max_examples=1000, stateful_step_count=40, deadline=None, database=None, phases=[Phase.generate])
    with pytest.raises(Exception):  # noqa: B017 - an assertion, or whatever the fault leads to
        run_state_machine_as_test(Scheduler, settings=found)
