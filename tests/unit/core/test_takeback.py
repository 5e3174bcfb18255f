"""What is taken back is as if nobody had asked; what cannot be so is not offered, or is refused once it is too late."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from nbflow.core.event import CancelRequested, PauseRequested, Request, RetryRequested, RunRequested, SkipRequested
from nbflow.core.policies import AtLeast, Ruled, Strict
from nbflow.core.run import Run
from nbflow.core.spec import Call, GroupNeed, JobNeed, JobSpec, Retry
from nbflow.core.state import accepts, evolve
from nbflow.core.status import Status
from nbflow.core.takeback import Takeback, takeback
from nbflow.testing import ManualClock, ScriptedExecutor, declare, drive
from tests.unit.core.build import VALUE, job, run_of

WISHES = (CancelRequested, SkipRequested, RetryRequested)


def ask(run: Run, *requests: Request) -> Takeback | None:
    """Make *requests*; how to take them back, where all of them took effect."""
    found = takeback(run, requests)
    taken = [accepts(run, request) and bool(evolve(run, request)) for request in requests]
    return found if all(taken) else None


def wish(run: Run, kind: Any, name: str, **more: Any) -> Request:
    return kind(at=0.0, job=name, generation=run.jobs[name].generation, **more)


def undo(run: Run, back: Takeback) -> bool:
    """Take it back; whether that could be."""
    requests = back.requests(run, at=0.0)
    for request in requests:
        assert accepts(run, request)
        evolve(run, request)
    return bool(requests)


def stand(run: Run) -> dict[str, Any]:
    """How the jobs of *run* stand, for a person: all but their generations."""
    return {name: (job.status, job.reason, job.outputs, len(job.attempts)) for name, job in run.jobs.items()}


@pytest.mark.parametrize("kind", [CancelRequested, SkipRequested])
def test_a_job_that_has_not_run_is_brought_back(kind: Any) -> None:
    """With what waits for it."""
    run = run_of(job("a"), job("b", "a"))
    before = stand(run)
    back = ask(run, wish(run, kind, "a"))
    assert run.jobs["b"].status is Status.SKIPPED
    assert undo(run, back)
    assert stand(run) == before


@pytest.mark.parametrize("how", [{}, {"outputs": {"x": VALUE}}])
def test_what_stood_by_hand_does_so_again(how: dict) -> None:
    """A retry of what a person had skipped, with or without a value, is taken back before it has begun."""
    run = run_of(job("gate"), job("a", "gate", outputs=("x",)))
    evolve(run, wish(run, SkipRequested, "a", **how))
    before = stand(run)
    back = ask(run, wish(run, RetryRequested, "a"))
    assert run.jobs["a"].status is Status.WAITING
    assert undo(run, back)
    assert stand(run) == before


def test_what_has_run_is_not_put_back() -> None:
    """A failure that is retried or skipped, a success that is retried, a running job that is cancelled."""
    run = run_of(job("good"), job("bad"), job("long"))
    drive(run, ScriptedExecutor({"bad": ["failed"], "long": ["succeeded"]}, seconds=1.0), ManualClock(), until=1.5)
    assert run.jobs["long"].status is Status.RUNNING
    asked = [("good", RetryRequested), ("bad", RetryRequested), ("bad", SkipRequested), ("long", CancelRequested)]
    assert [takeback(run, [wish(run, kind, name)]) for name, kind in asked] == [None] * 4


def test_what_was_held_is_not_held_again() -> None:
    """Nor is it released by taking back its end."""
    run = run_of(job("a", hold=True))
    assert takeback(run, [wish(run, RunRequested, "a")]) is None
    assert takeback(run, [wish(run, CancelRequested, "a")]) is None


def test_a_retry_would_pass_the_cache_by() -> None:
    """So the end of a job that may be reused is not taken back."""
    run = run_of(job("a", cache=True))
    assert takeback(run, [wish(run, CancelRequested, "a")]) is None


def test_some_of_many_that_cannot_be_put_back_keep_all_from_it() -> None:
    """Undo is of the whole request."""
    run = run_of(job("a"), job("b", hold=True))
    assert takeback(run, [wish(run, CancelRequested, "a"), wish(run, CancelRequested, "b")]) is None


def test_what_ran_without_it_makes_it_too_late() -> None:
    """A dependent that does with nothing has begun."""
    run = run_of(job("a"), job("b", "a", on_missing="none"))
    back = ask(run, wish(run, SkipRequested, "a"))
    drive(run, clock=ManualClock())
    before = stand(run)
    assert not undo(run, back)
    assert stand(run) == before


def test_what_its_group_cut_makes_it_too_late() -> None:
    """A cancelled member broke the group, which cancelled the rest."""
    run = run_of(job("a", group="g"), job("b", group="g"), g=Ruled(Strict(), fail_fast=True))
    back = ask(run, wish(run, CancelRequested, "a"))
    drive(run, clock=ManualClock(), slots=0)
    assert run.jobs["b"].status is Status.CANCELLED
    assert not undo(run, back)


def test_another_members_own_end_does_not() -> None:
    """What has nothing to do with it may go on meanwhile."""
    run = run_of(job("a", group="g"), job("b", group="g"), g=AtLeast(1))
    evolve(run, wish(run, SkipRequested, "a"))
    back = ask(run, wish(run, RetryRequested, "a"))
    evolve(run, PauseRequested(at=0.0))
    evolve(run, wish(run, CancelRequested, "b"))
    assert undo(run, back)
    assert run.jobs["a"].status is Status.SKIPPED


def test_pause_goes_both_ways_until_something_starts() -> None:
    """An end of the pause is taken back while nothing has begun."""
    from nbflow.core.event import UnpauseRequested

    run = run_of(job("a"))
    assert undo(run, ask(run, PauseRequested(at=0.0))) and not run.paused
    evolve(run, PauseRequested(at=0.0))
    back = ask(run, UnpauseRequested(at=0.0))
    assert undo(run, back) and run.paused
    back = ask(run, UnpauseRequested(at=0.0))
    drive(run, clock=ManualClock())
    assert not undo(run, back)


# --- whatever the flow
def _specs(draw: Any) -> list[JobSpec]:
    specs: list[JobSpec] = []
    for at in range(draw(st.integers(1, 6))):
        before = [spec.name for spec in specs]
        needs: list[Any] = (
            [JobNeed(name, draw(st.booleans())) for name in draw(st.lists(st.sampled_from(before), unique=True))]
            if before
            else []
        )
        members = tuple(spec.name for spec in specs if spec.group == "g")
        group = draw(st.sampled_from([None, "g"]))
        if members and group is None and draw(st.booleans()):
            needs.append(GroupNeed("g", members))
        specs.append(
            JobSpec(
                name=f"j{at}",
                needs=tuple(needs),
                group=group,
                outputs=("x",),
                on_missing=draw(st.sampled_from(["error", "none"])),
                hold=draw(st.integers(0, 5)) == 0,
                cache=draw(st.integers(0, 5)) == 0,
                retry=Retry(attempts=draw(st.integers(1, 2))),
                fallback=draw(st.sampled_from([None, None, Call("mend")])),
                rollback=draw(st.sampled_from([None, None, Call("undo")])),
            )
        )
    return specs


_POLICIES = [
    Strict(),
    AtLeast(1),
    Ruled(Strict(), fail_fast=True),
    Ruled(Strict(), retries=1),
    Ruled(Strict(), rollback=True),
]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_after_an_undo_the_run_is_as_if_nobody_had_asked(data: Any) -> None:
    """At once, and at its end: a twin of which nothing was asked comes to the same."""
    specs = data.draw(st.composite(_specs)())
    ends = {spec.name: data.draw(st.sampled_from(["succeeded", "failed"])) for spec in specs}
    run = declare(*specs, groups={"g": data.draw(st.sampled_from(_POLICIES))})
    executor, clock = ScriptedExecutor(ends), ManualClock()
    if (now := data.draw(st.integers(-1, 4))) >= 0:
        drive(run, executor, clock, slots=1, until=float(now))
    kind = data.draw(st.sampled_from(WISHES))
    may = [name for name in run.jobs if accepts(run, wish(run, kind, name))]
    for _ in range(data.draw(st.integers(0, 2))):
        earlier = wish(run, data.draw(st.sampled_from(WISHES)), data.draw(st.sampled_from(sorted(run.jobs))))
        evolve(run, earlier)
        may = [name for name in run.jobs if accepts(run, wish(run, kind, name))]
    if not may:
        return
    names = data.draw(st.lists(st.sampled_from(may), min_size=1, max_size=2, unique=True))
    twin, twins = deepcopy((run, (executor, clock)))
    before = stand(run)
    back = ask(run, *(wish(run, kind, name) for name in names))
    if back is None or not undo(run, back):
        return
    assert stand(run) == before
    event("taken back")
    drive(run, executor, clock)
    drive(twin, *twins)
    assert stand(run) == stand(twin)
