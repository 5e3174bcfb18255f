"""Skip with a value or the last good outputs, jobs that start once, and conditions."""

from __future__ import annotations

import pytest

from nbflow.core.event import JobDeclared
from nbflow.core.inputs import Whole, resolve
from nbflow.core.outcome import verdict
from nbflow.core.policies import BestEffort
from nbflow.core.project import reason_text
from nbflow.core.spec import GroupNeed, Produced
from nbflow.core.status import Reason

from .build import (
    MEND,
    OTHER,
    UNDO,
    VALUE,
    ask,
    came,
    did,
    end,
    job,
    orders,
    reason,
    run_of,
    start,
    starts,
    status,
    take,
)

X = {"x": VALUE}


def maker(**options):
    return job("a", outputs=("x",), **options)


def reader():
    return job("b", "a", inputs={"x": Produced("a", "x")})


def failed():
    run = run_of(maker(), reader())
    came(run, "a", "failed")
    return run


def test_a_value_in_the_place_of_a_failed_jobs():
    """Its dependents run with it, and the run is degraded."""
    run = failed()
    assert status(run, "b") == "skipped"
    assert ask(run, "skip", "a", outputs={"x": OTHER})
    assert (status(run, "a"), reason(run, "a"), status(run, "b")) == ("substituted", "substituted", "ready")
    assert resolve(run, "b").given == {"x": Whole(OTHER)}
    came(run, "b")
    assert verdict(run) == "degraded"


@pytest.mark.parametrize("before", ["waiting", "running", "skipped", "cancelled", "unknown"])
def test_from_where_a_value_can_be_given(before):
    """Any job that has not succeeded."""
    run = run_of(job("n"), maker(once=True) if before == "unknown" else job("a", "n", outputs=("x",)), reader())
    if before in ("running", "unknown"):
        came(run, "n")
        start(run, "a")
    if before == "unknown":
        end(run, "a", "lost")
    if before in ("skipped", "cancelled"):
        ask(run, {"skipped": "skip", "cancelled": "cancel"}[before], "a")
    assert status(run, "a") == before
    assert ask(run, "skip", "a", outputs=X)
    if before == "running":
        end(run, "a", "cancelled")
    assert (status(run, "a"), run.jobs["a"].outputs, status(run, "b")) == ("substituted", X, "ready")


def test_a_success_is_not_replaced():
    """Neither by a value nor by the last one."""
    run = run_of(maker())
    came(run, "a")
    assert not ask(run, "skip", "a", outputs={"x": OTHER})
    assert not ask(run, "skip", "a", last=True)
    assert not ask(run, "skip", "a")


def test_a_success_that_comes_first_wins_over_a_value():
    """The attempt ended well although it was to be stopped."""
    run = run_of(maker())
    start(run, "a")
    assert ask(run, "skip", "a", outputs={"x": OTHER})
    end(run, "a")
    assert (status(run, "a"), run.jobs["a"].outputs) == ("succeeded", X)


def test_another_value_replaces_a_value():
    """The same again changes nothing; a plain skip does not take it back."""
    run = failed()
    ask(run, "skip", "a", outputs=X)
    assert not ask(run, "skip", "a", outputs=X)
    assert not ask(run, "skip", "a")
    assert ask(run, "skip", "a", outputs={"x": OTHER})
    assert run.jobs["a"].outputs == {"x": OTHER}


def test_the_last_good_outputs_of_any_generation():
    """Of its newest attempt that succeeded; refused where none has."""
    run = failed()
    assert not ask(run, "skip", "a", last=True)
    ask(run, "retry", "a")
    came(run, "a")
    take(run, JobDeclared(at=1.0, spec=maker(source="new")))
    came(run, "a", "failed")
    assert run.jobs["a"].outputs == {}
    assert ask(run, "skip", "a", last=True)
    assert (status(run, "a"), run.jobs["a"].outputs) == ("substituted", X)


def test_the_last_good_outputs_may_be_those_of_a_fallback():
    """They were good for its dependents too."""
    run = run_of(maker(fallback=MEND))
    came(run, "a", "failed")
    did(run, "a", "fallback")
    ask(run, "retry", "a")
    came(run, "a", "failed")
    did(run, "a", "fallback", "failed")
    assert ask(run, "skip", "a", last=True)
    assert run.jobs["a"].outputs == {"x": OTHER}


def test_a_value_asked_for_while_it_runs_comes_after_the_rollback():
    """As any skip does."""
    run = run_of(maker(rollback=UNDO))
    start(run, "a")
    ask(run, "skip", "a", outputs={"x": OTHER})
    end(run, "a", "cancelled")
    assert (status(run, "a"), run.jobs["a"].outputs) == ("rolling back", {})
    did(run, "a", "rollback")
    assert (status(run, "a"), run.jobs["a"].outputs) == ("substituted", {"x": OTHER})


def test_the_last_wish_counts():
    """A value, then a cancel: cancelled, without outputs."""
    run = run_of(maker())
    start(run, "a")
    ask(run, "skip", "a", outputs=X)
    ask(run, "cancel", "a")
    end(run, "a", "cancelled")
    assert (status(run, "a"), run.jobs["a"].outputs) == ("cancelled", {})


def test_a_substituted_member_counts_as_succeeded():
    """For its group."""
    run = run_of(maker(group="g"), job("c", GroupNeed("g", ("a",))))
    came(run, "a", "failed")
    assert run.groups["g"].verdict == "broken"
    ask(run, "skip", "a", outputs=X)
    assert (run.groups["g"].verdict, status(run, "c")) == ("met", "ready")


def test_a_retry_takes_a_value_back():
    """Its dependents wait again."""
    run = failed()
    ask(run, "skip", "a", outputs=X)
    ask(run, "retry", "a")
    assert (status(run, "a"), run.jobs["a"].outputs, status(run, "b")) == ("ready", {}, "waiting")


# --- once
def test_a_job_that_starts_once_is_not_started_again_when_lost():
    """unknown, and its dependents act as for a failed one; the run has failed."""
    run = run_of(maker(once=True, retries=3, rollback=UNDO, fallback=MEND), reader(), job("c", "a?"))
    came(run, "a", "lost")
    assert (status(run, "a"), reason(run, "a")) == ("unknown", "lost")
    assert (status(run, "b"), status(run, "c"), starts(run)) == ("skipped", "ready", ["c"])
    came(run, "c")
    assert verdict(run) == "failed"
    assert reason_text(run, run.jobs["a"]) == ("lost: nobody saw how attempt 1 ended, and it is not to start twice")


def test_a_person_may_start_it_again():
    """Or put a value in its place."""
    run = run_of(maker(once=True))
    came(run, "a", "lost")
    assert ask(run, "retry", "a")
    assert starts(run) == ["a"]


def test_a_failure_that_was_seen_may_be_retried():
    """`--once` is about ends that nobody saw."""
    run = run_of(maker(once=True, retries=1))
    came(run, "a", "failed")
    assert status(run, "a") == "retrying"


def test_an_unknown_member_counts_as_failed():
    """For its group."""
    run = run_of(maker(once=True, group="g"))
    came(run, "a", "lost")
    assert run.groups["g"].verdict == "broken"


# --- condition
def conditioned(**options):
    run = run_of(maker(condition="x > 3", rollback=UNDO, fallback=MEND, retries=3, **options), reader(), job("c", "b"))
    came(run, "a", "skipped", reason=Reason("condition", "x > 3"))
    return run


def test_a_false_condition_skips_the_job():
    """No retry, rollback or fallback; what needs it is skipped; the run is not degraded by it."""
    run = conditioned()
    assert (status(run, "a"), reason(run, "a")) == ("skipped", "condition: x > 3")
    assert (status(run, "b"), status(run, "c")) == ("skipped", "skipped")
    assert (orders(run).idle, verdict(run)) == (False, "succeeded")


def test_a_condition_does_not_hide_another_failure():
    """What is skipped also because of a failed job degrades the run, though its group excuses that job."""
    run = run_of(maker(condition="x"), job("f", group="g"), job("b", "a", "f"), g=BestEffort())
    came(run, "a", "skipped")
    came(run, "f", "failed")
    assert verdict(run) == "degraded"


def test_a_condition_that_is_false_while_a_cancel_was_asked():
    """It was skipped by its condition all the same; a person's skip with a value counts."""
    run = run_of(maker())
    start(run, "a")
    ask(run, "cancel", "a")
    end(run, "a", "skipped")
    assert reason(run, "a") == "condition"
    run = run_of(maker())
    start(run, "a")
    ask(run, "skip", "a", outputs=X)
    end(run, "a", "skipped")
    assert status(run, "a") == "substituted"
