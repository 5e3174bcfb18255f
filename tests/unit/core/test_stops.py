"""A cancel, skip, deadline, policy or new declaration in every phase of a job."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.plan import Stop
from nbflow.core.policies import Ruled, Strict
from nbflow.core.project import reason_text
from nbflow.core.rules import Rule
from nbflow.core.status import Reason

from .build import (
    MEND,
    UNDO,
    ask,
    begin_step,
    came,
    did,
    end,
    end_step,
    job,
    orders,
    reason,
    retry_due,
    run_of,
    start,
    starts,
    status,
    step_order,
    take,
)

SCRIPT = Rule(exits=("10",), script="fix.sh")
TEN = Reason("exit code", "10")


def full(**options):
    """A job with everything that can follow a failure."""
    options = {"rules": (SCRIPT,), "retries": 1, "rollback": UNDO, "fallback": MEND, **options}
    return job("a", **options)


def waiting(run):
    """It waits for another job."""


def running(run):
    start(run, "a")


def retrying(run):
    came(run, "a", "failed")
    retry_due(run, "a", due_at=100.0)


def unscheduled(run):
    came(run, "a", "failed")


def recovery_due(run):
    start(run, "a")
    end(run, "a", "failed", reason=TEN, exit_code=10)


def recovering(run):
    recovery_due(run)
    begin_step(run, "a")


def rollback_due(run):
    came(run, "a", "failed", reason=Reason("syntax"))


def rolling_back(run):
    rollback_due(run)
    begin_step(run, "a")


def fallback_due(run):
    rolling_back(run)
    end_step(run, "a")


def falling_back(run):
    fallback_due(run)
    begin_step(run, "a")


PHASES = [waiting, running, retrying, unscheduled, recovery_due, recovering, rollback_due, rolling_back, fallback_due,
          falling_back]  # fmt: skip
STOPPED = {"running": None, "recovering": "recovery", "falling_back": "fallback"}
"""The phases in which something has to be stopped: an attempt, or a step."""


def stops(run):
    return [(order.step, order.cause.kind) for order in orders(run).orders if isinstance(order, Stop)]


def finish(run):
    """Let all that is under way or due come to its end; the steps that were run on the way."""
    done = []
    while status(run, "a") not in ("failed", "cancelled", "skipped", "recovered", "succeeded", "substituted"):
        if run.jobs["a"].running:
            end(run, "a", "cancelled")
        elif run.jobs["a"].step:
            done.append(run.jobs["a"].step.step)
            end_step(run, "a", "cancelled" if stops(run) else "succeeded")
        else:
            begin_step(run, "a")
    return done


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.__name__)
@pytest.mark.parametrize(("what", "came_to"), [("cancel", "cancelled"), ("skip", "skipped")])
def test_a_stop_by_a_person(phase, what, came_to):
    """What is under way is stopped (but for a rollback), then the rollback, no retry and no fallback, then the end."""
    run = run_of(job("n"), full() if phase is not waiting else job("a", "n", rollback=UNDO, fallback=MEND))
    phase(run)
    assert ask(run, what, "a")
    kind = {"cancel": "cancelled", "skip": "skipped"}[what]
    expected = [(STOPPED[phase.__name__], kind)] if phase.__name__ in STOPPED else []
    assert stops(run) == expected
    assert not ask(run, what, "a"), "asked for already"
    done = finish(run)
    assert (status(run, "a"), reason(run, "a")) == (came_to, kind)
    rolled = [step.step for attempt in run.jobs["a"].attempts for step in attempt.steps].count("rollback")
    assert rolled == (0 if phase is waiting else 1)
    assert "fallback" not in done or phase is falling_back


@pytest.mark.parametrize("phase", [running, recovering, falling_back], ids=lambda phase: phase.__name__)
def test_a_stop_is_told_until_the_end_is_known(phase):
    """The plan gives it again and again; it is the engine that remembers."""
    run = run_of(full())
    phase(run)
    ask(run, "cancel", "a")
    assert stops(run) == stops(run) != []


def test_a_rollback_is_shielded():
    """A further cancel, or a skip, does not stop it; the last wish counts in the end."""
    run = run_of(full())
    running(run)
    ask(run, "cancel", "a")
    end(run, "a", "cancelled")
    begin_step(run, "a")
    assert not ask(run, "cancel", "a")
    assert stops(run) == []
    assert ask(run, "skip", "a")
    assert stops(run) == []
    end_step(run, "a")
    assert status(run, "a") == "skipped"


def test_a_success_that_comes_although_a_stop_was_asked():
    """Nobody loses work: an attempt succeeded, a fallback recovered."""
    run = run_of(full())
    running(run)
    ask(run, "cancel", "a")
    end(run, "a")
    assert status(run, "a") == "succeeded"
    run = run_of(full())
    falling_back(run)
    ask(run, "cancel", "a")
    end_step(run, "a")
    assert status(run, "a") == "recovered"


def test_a_recovery_that_ends_well_although_a_stop_was_asked():
    """There is no next attempt all the same."""
    run = run_of(full(rollback=None))
    recovering(run)
    ask(run, "cancel", "a")
    end_step(run, "a")
    assert status(run, "a") == "cancelled"


def test_a_lost_step_that_was_to_be_stopped_is_not_started_again():
    """But for a rollback."""
    run = run_of(full())
    recovering(run)
    ask(run, "cancel", "a")
    end_step(run, "a", "lost")
    assert step_order(run, "a").step == "rollback"
    did(run, "a", "rollback", "lost")
    assert step_order(run, "a").step == "rollback"


def test_losses_of_one_step_do_not_count_for_the_next():
    """A recovery lost three times, then a cancel: the rollback may be lost three times too."""
    run = run_of(full())
    recovery_due(run)
    for _ in range(3):
        did(run, "a", "recovery", "lost")
    ask(run, "cancel", "a")
    for _ in range(3):
        did(run, "a", "rollback", "lost")
    assert step_order(run, "a").step == "rollback"


def test_a_stopped_engine_rolls_back():
    """An attempt or recovery that ended cancelled, unasked: like a cancel."""
    run = run_of(full())
    came(run, "a", "cancelled", reason=Reason("cancelled", "the engine was stopped"))
    did(run, "a", "rollback")
    assert (status(run, "a"), reason(run, "a")) == ("cancelled", "cancelled: the engine was stopped")
    run = run_of(full())
    recovering(run)
    end_step(run, "a", "cancelled", reason=Reason("cancelled", "the engine was stopped"))
    did(run, "a", "rollback")
    assert (status(run, "a"), reason(run, "a")) == ("cancelled", "cancelled: the engine was stopped")


def passes(run, at=50.0):
    return take(run, e.DeadlinePassed(at=at, job="a", generation=run.jobs["a"].generation))


@pytest.mark.parametrize(
    ("phase", "accepted", "after"),
    [
        (waiting, False, None),
        (running, True, ["rollback", "fallback"]),
        (retrying, True, ["rollback", "fallback"]),
        (unscheduled, True, ["rollback", "fallback"]),
        (recovery_due, True, ["rollback", "fallback"]),
        (recovering, True, ["recovery", "rollback", "fallback"]),
        (rollback_due, False, ["rollback", "fallback"]),
        (rolling_back, False, ["rollback", "fallback"]),
        (fallback_due, False, ["fallback"]),
        (falling_back, False, ["fallback"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_deadline_is_a_failure_with_no_attempt_left(phase, accepted, after):
    """Rollback and fallback follow, and are outside of it."""
    run = run_of(job("n"), full(deadline=50.0) if phase is not waiting else job("a", "n", deadline=50.0))
    if phase is retrying:
        came(run, "a", "failed")
        retry_due(run, "a", due_at=49.0)
    else:
        phase(run)
    assert passes(run) is accepted
    if after is not None:
        assert finish(run) == after
        assert status(run, "a") == "recovered"
        assert run.jobs["a"].reason.kind == ("deadline" if accepted else "syntax")


def test_a_deadline_without_steps_fails_the_job():
    """With the first error in words."""
    run = run_of(full(rollback=None, fallback=None, deadline=50.0))
    recovering(run)
    passes(run)
    assert stops(run) == [("recovery", "deadline")]
    end_step(run, "a", "cancelled")
    assert reason_text(run, run.jobs["a"]) == "deadline: 50 s (attempt 1 failed: exit 10)"


def test_a_recovery_does_not_start_after_the_deadline():
    """The plan records that it has passed instead."""
    run = run_of(full(deadline=50.0))
    recovery_due(run)
    assert [type(order).__name__ for order in orders(run, 50.0).orders] == ["Record"]


@pytest.mark.parametrize("phase", PHASES[1:], ids=lambda phase: phase.__name__)
def test_a_new_declaration_in_every_phase(phase):
    """What is under way is stopped, a rollback awaited; only then the new text starts, nothing goes on for the old."""
    run = run_of(full())
    phase(run)
    under = run.jobs["a"].busy
    take(run, e.JobDeclared(at=1.0, spec=job("a", source="new")))
    assert status(run, "a") == "ready"
    expected = [(STOPPED[phase.__name__], "replaced")] if phase.__name__ in STOPPED else []
    assert stops(run) == expected
    assert starts(run) == ([] if under else ["a"])
    assert not start(run, "a") if under else True
    if under:
        if run.jobs["a"].running:
            end(run, "a", "failed")
        else:
            end_step(run, "a", "failed")
        assert starts(run) == ["a"]
    assert step_order(run, "a") is None
    came(run, "a")
    assert status(run, "a") == "succeeded"


def test_what_a_job_waits_for_after_a_new_declaration():
    """In words."""
    run = run_of(full())
    rolling_back(run)
    take(run, e.JobDeclared(at=1.0, spec=job("a", source="new")))
    assert reason_text(run, run.jobs["a"]) == "waits for its last rollback to end"


def test_a_policy_that_cancels_the_rest_rolls_back():
    """A member that runs: stopped, rolled back, cancelled for its group."""
    run = run_of(full(group="g"), job("b", group="g"), g=Ruled(Strict(), fail_fast=True))
    running(run)
    came(run, "b", "failed")
    for order in orders(run).orders:
        if type(order).__name__ == "Record":
            take(run, order.event)
    assert stops(run) == [(None, "policy")]
    assert finish(run) == ["rollback"]
    assert run.jobs["a"].reason == Reason("policy", "g")
    assert status(run, "a") == "cancelled"


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (recovery_due, "after exit 10; waits for a free slot"),
        (recovering, "after exit 10"),
        (rollback_due, "after syntax; waits for a free slot"),
        (rolling_back, "after syntax"),
        (falling_back, "after syntax"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_steps_say_why(phase, said):
    """After which failure, and what they wait for."""
    run = run_of(full())
    phase(run)
    assert reason_text(run, run.jobs["a"]) == said


def test_steps_of_a_job_that_is_being_cancelled_say_so():
    """Rather than the failure."""
    run = run_of(full())
    rolling_back(run)
    ask(run, "cancel", "a")
    assert reason_text(run, run.jobs["a"]) == "being cancelled"
