"""What a run as a whole may use, and pause."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.graph import check
from nbflow.core.plan import Record, Start, StartStep
from nbflow.core.project import project, reason_text
from nbflow.core.rules import Rule
from nbflow.core.spec import Limits, Retry
from nbflow.core.status import Reason
from nbflow.errors import QueueLimit

from .build import (
    MEND,
    UNDO,
    ask,
    came,
    did,
    end,
    job,
    orders,
    played,
    reason,
    retry_due,
    run_of,
    start,
    starts,
    status,
    step_order,
    take,
)

AT_ONCE = Retry(attempts=3, delay=0.0)


def limited(*jobs, **limits):
    run = run_of(*jobs)
    take(run, e.LimitsSet(at=0.0, limits=Limits(**limits)))
    return run


def refused(run, **free):
    """Carry out the refusals that the plan gives: job and reason."""
    found = [o.event for o in orders(run, **free).orders if isinstance(o, Record) and isinstance(o.event, e.JobRefused)]
    assert all(take(run, event) for event in found)
    return [(event.job, event.reason.words()) for event in found]


# --- retries
@pytest.mark.parametrize(("budget", "attempts"), [(None, [3, 3]), (4, [3, 3]), (3, [3, 2]), (1, [2, 1]), (0, [1, 1])])
def test_retries_of_all_jobs_are_counted_together(budget, attempts):
    """Two jobs with 2 retries each that fail; one slot, so the first takes its share first."""
    run = limited(job("a", retry=AT_ONCE), job("b", retry=AT_ONCE), retries=budget)
    started, _ = played(run, {"a": "failed", "b": "failed"}, slots=1)
    assert sorted(map(started.count, ("a", "b")), reverse=True) == attempts


def test_a_job_without_a_retry_says_so():
    """Its reason stays its failure's."""
    run = limited(job("a", retry=AT_ONCE), retries=1)
    played(run, {"a": "failed"})
    assert run.jobs["a"].reason.kind == "exception"
    assert reason_text(run, run.jobs["a"]) == "exception (not retried: the run's budget of 1 retry is used up)"


def test_rules_use_the_runs_budget_too_and_lost_attempts_do_not():
    """A retry is a retry; an attempt that nobody saw the end of is not one."""
    run = limited(job("a", rules=(Rule(exits=("*",), retries=5),)), job("b"), retries=2)
    started, _ = played(run, {"a": "failed", "b": ["lost", "lost", "succeeded"]})
    assert (started.count("a"), started.count("b")) == (3, 3)


def test_a_person_may_retry_beyond_the_budget():
    """It is for what happens by itself."""
    run = limited(job("a", retry=AT_ONCE), retries=0)
    played(run, {"a": "failed"})
    assert ask(run, "retry", "a")
    assert starts(run) == ["a"]


def test_rollback_and_fallback_follow_when_the_budget_is_used_up():
    """No attempt is left."""
    run = limited(job("a", retry=AT_ONCE, rollback=UNDO, fallback=MEND), retries=0)
    assert played(run, {"a": "failed"})[0] == ["a", "a/rollback", "a/fallback"]
    assert status(run, "a") == "recovered"


# --- attempts
def test_no_more_attempts_than_the_run_may_have():
    """The third and the fourth job are refused: attempt limit."""
    run = limited(*[job(name) for name in "abcd"], attempts=2)
    assert [type(order) for order in orders(run, process=4).orders] == [Start, Start]
    started, _ = played(run)
    assert started == ["a", "b"]
    assert [(status(run, name), reason(run, name)) for name in "cd"] == [("failed", "attempt limit: 2")] * 2


def test_a_retry_beyond_the_limit_is_refused():
    """Then rollback and fallback: there is no attempt left."""
    run = limited(job("a", retry=AT_ONCE, rollback=UNDO, fallback=MEND), attempts=1)
    assert played(run, {"a": "failed", "a/fallback": "failed"})[0] == ["a", "a/rollback", "a/fallback"]
    assert reason(run, "a") == "attempt limit: 1"
    assert reason_text(run, run.jobs["a"]).startswith("attempt limit: 1 (attempt 1 failed;")


def test_lost_attempts_count_as_attempts():
    """They have been started."""
    run = limited(job("a"), attempts=2)
    assert played(run, {"a": "lost"})[0] == ["a", "a"]
    assert reason(run, "a") == "attempt limit: 2"


def test_a_higher_limit_lets_things_start():
    """From now on."""
    run = limited(job("a"), attempts=0)
    take(run, e.LimitsSet(at=0.0, limits=Limits(attempts=1)))
    assert starts(run) == ["a"]


def test_the_same_limits_again_change_nothing():
    """Not accepted."""
    run = limited(job("a"), attempts=5)
    assert not take(run, e.LimitsSet(at=1.0, limits=Limits(attempts=5)))


# --- forbidden
@pytest.mark.parametrize(
    ("spec", "forbidden", "detail"),
    [
        (job("a"), ("process",), "process"),
        (job("a", executor="kernel"), ("kernel",), "kernel"),
        (job("a", bash=True), ("shell",), "shell"),
        (job("a"), ("shell", "kernel"), None),
    ],
)
def test_what_is_switched_off_is_refused(spec, forbidden, detail):
    """Whether its executor is there or not; nothing is run for it, not even its fallback."""
    run = limited(spec, forbidden=forbidden)
    assert refused(run, dask=1) == ([("a", f"forbidden: {detail}")] if detail else [])
    assert status(run, "a") == ("failed" if detail else "ready")


def test_a_forbidden_job_has_no_fallback():
    """It would run where nothing may."""
    run = limited(job("a", fallback=MEND), forbidden=("process",))
    assert played(run)[0] == []
    assert reason(run, "a") == "forbidden: process"


@pytest.mark.parametrize(("optional", "came_to"), [(False, "failed"), (True, "retrying")])
def test_a_recovery_script_is_shell(optional, came_to):
    """Switched off, it is as good as failed."""
    run = run_of(job("a", rules=(Rule(exits=("*",), script="fix.sh", optional=optional),)))
    came(run, "a", "failed")
    take(run, e.LimitsSet(at=0.0, limits=Limits(forbidden=("shell",))))
    assert refused(run) == [("a", "forbidden: shell")]
    assert status(run, "a") == came_to
    assert came_to == "retrying" or reason(run, "a") == "recovery failed: forbidden: shell"


def test_a_step_on_an_executor_that_is_switched_off_meanwhile():
    """It is as good as failed; the job still ends."""
    run = run_of(job("a", rollback=UNDO, fallback=MEND))
    came(run, "a", "failed")
    take(run, e.LimitsSet(at=0.0, limits=Limits(forbidden=("process",))))
    assert refused(run) == [("a", "forbidden: process")]
    assert refused(run) == [("a", "forbidden: process")]
    assert (status(run, "a"), reason(run, "a")) == ("failed", "ValueError: boom")


def test_a_refusal_is_for_what_could_start():
    """A job that waits, is held or runs is not refused."""
    run = limited(job("a"), job("b", "a"), job("c", hold=True), attempts=1)
    start(run, "a")
    assert refused(run) == []
    assert not take(run, e.JobRefused(at=0.0, job="b", generation=1, reason=Reason("attempt limit")))
    assert not take(run, e.JobRefused(at=0.0, job="a", generation=1, reason=Reason("attempt limit")))


# --- jobs
def test_no_more_jobs_than_the_run_may_have():
    """One too many is not declared; the same name again is."""
    run = limited(job("a"), job("b"), jobs=2)
    with pytest.raises(QueueLimit, match="this run may have 2 jobs"):
        check(run, [job("c")], {})
    check(run, [job("a", source="new")], {})


# --- pause
def paused(*jobs):
    run = run_of(*jobs)
    assert take(run, e.PauseRequested(at=0.0))
    assert not take(run, e.PauseRequested(at=0.0))
    return run


def test_nothing_starts_while_the_run_is_paused():
    """And a paused run with nothing under way is idle."""
    run = paused(job("a"))
    assert (starts(run), orders(run).idle) == ([], True)
    assert reason_text(run, run.jobs["a"]) == "waits: the run is paused"
    assert project(run, 0.0)["paused"] is True
    assert take(run, e.UnpauseRequested(at=0.0))
    assert not take(run, e.UnpauseRequested(at=0.0))
    assert (starts(run), project(run, 0.0)["paused"]) == (["a"], False)


def test_what_runs_goes_on_while_the_run_is_paused():
    """To its end; what it makes ready does not start."""
    run = run_of(job("a"), job("b", "a"))
    start(run, "a")
    take(run, e.PauseRequested(at=0.0))
    assert not orders(run).idle
    end(run, "a")
    assert (status(run, "b"), starts(run)) == ("ready", [])


def test_a_retry_that_is_due_waits_for_the_end_of_the_pause():
    """And does not wake the engine."""
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    retry_due(run, "a", due_at=5.0)
    take(run, e.PauseRequested(at=0.0))
    assert (orders(run).wake_at, starts(run, 6.0), orders(run, 6.0).idle) == (None, [], True)
    take(run, e.UnpauseRequested(at=7.0))
    assert starts(run, 7.0) == ["a"]


@pytest.mark.parametrize(
    ("options", "step", "goes_on"),
    [
        ({"rules": (Rule(exits=("*",), script="fix.sh"),)}, "recovery", False),
        ({"rollback": UNDO}, "rollback", True),
        ({"fallback": MEND}, "fallback", False),
    ],
)
def test_only_rollbacks_go_on_while_the_run_is_paused(options, step, goes_on):
    """Recovery and fallback are work; a rollback takes some back."""
    run = run_of(job("a", **options))
    came(run, "a", "failed")
    take(run, e.PauseRequested(at=0.0))
    assert (step_order(run, "a") is not None) is goes_on
    assert orders(run).idle is not goes_on
    take(run, e.UnpauseRequested(at=0.0))
    did(run, "a", step)


def test_a_stop_goes_on_while_the_run_is_paused():
    """A cancelled job is rolled back and ends."""
    run = run_of(job("a", rollback=UNDO))
    start(run, "a")
    take(run, e.PauseRequested(at=0.0))
    ask(run, "cancel", "a")
    assert [type(order).__name__ for order in orders(run).orders] == ["Stop"]
    end(run, "a", "cancelled")
    did(run, "a", "rollback")
    assert status(run, "a") == "cancelled"


def test_deadlines_pass_while_the_run_is_paused():
    """The job's time goes on."""
    run = run_of(job("a", retries=1, deadline=9.0))
    came(run, "a", "failed")
    retry_due(run, "a", due_at=5.0)
    take(run, e.PauseRequested(at=0.0))
    assert orders(run).wake_at == 9.0
    assert not orders(run).idle


def test_nothing_is_refused_while_the_run_is_paused():
    """Limits may yet be raised."""
    run = limited(job("a"), attempts=0)
    take(run, e.PauseRequested(at=0.0))
    assert refused(run) == []
    assert not any(isinstance(order, StartStep) for order in orders(run).orders)
