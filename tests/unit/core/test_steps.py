"""What follows attempts: recovery scripts, rollback, fallback; their order, their ends, and the errors kept."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.plan import StartStep
from nbflow.core.project import project_job, reason_text
from nbflow.core.rules import Rule
from nbflow.core.spec import Retry
from nbflow.core.state import LOST_RESTARTS
from nbflow.core.status import Reason
from nbflow.testing import Ending

from .build import (
    BOOM,
    MEND,
    OTHER,
    UNDO,
    VALUE,
    ask,
    begin_step,
    came,
    did,
    end_step,
    job,
    orders,
    played,
    reason,
    retry_due,
    run_of,
    status,
    step_order,
    take,
)  # fmt: skip

ONCE = Retry(attempts=1)
SCRIPT = Rule(exits=("*",), retries=2, script="fix.sh", label="--on-exit *:2:fix.sh")
OPTIONAL = Rule(exits=("*",), retries=2, script="fix.sh", optional=True)


def steps_of(run, name="a"):
    """Attempt, step and end of every step."""
    return [(a.number, s.step, s.end) for a in run.jobs[name].attempts for s in a.steps]


@pytest.mark.parametrize(
    ("options", "script", "started", "came_to"),
    [
        # nothing follows a success, or a failure without steps
        ({"rollback": UNDO, "fallback": MEND}, {}, "a", "succeeded"),
        ({}, {"a": "failed"}, "a", "failed"),
        # rollback, then fallback
        ({"rollback": UNDO}, {"a": "failed"}, "a a/rollback", "failed"),
        ({"fallback": MEND}, {"a": "failed"}, "a a/fallback", "recovered"),
        ({"rollback": UNDO, "fallback": MEND}, {"a": "failed"}, "a a/rollback a/fallback", "recovered"),
        # after the last attempt only
        ({"rollback": UNDO, "fallback": MEND, "retries": 1}, {"a": ["failed", "succeeded"]}, "a a", "succeeded"),
        ({"fallback": MEND, "retries": 1}, {"a": "failed"}, "a a a/fallback", "recovered"),
        # a failing one
        ({"fallback": MEND}, {"a": "failed", "a/fallback": "failed"}, "a a/fallback", "failed"),
        (
            {"rollback": UNDO, "fallback": MEND},
            {"a": "failed", "a/rollback": "failed"},
            "a a/rollback a/fallback",
            "recovered",
        ),
        # lost ones are run again, 3 times
        ({"fallback": MEND}, {"a": "failed", "a/fallback": ["lost", "failed"]}, "a" + 2 * " a/fallback", "failed"),
        ({"rollback": UNDO}, {"a": "failed", "a/rollback": "lost"}, "a" + " a/rollback" * 4, "failed"),
        ({"fallback": MEND}, {"a": "failed", "a/fallback": "lost"}, "a" + " a/fallback" * 4, "failed"),
        # a recovery script before each further attempt
        ({"rules": (SCRIPT,)}, {"a": ["failed", "succeeded"]}, "a a/recovery a", "succeeded"),
        ({"rules": (SCRIPT,)}, {"a": "failed"}, "a a/recovery a a/recovery a", "failed"),
        ({"rules": (SCRIPT,)}, {"a": "failed", "a/recovery": "failed"}, "a a/recovery", "failed"),
        ({"rules": (OPTIONAL,)}, {"a": ["failed", "succeeded"], "a/recovery": "failed"}, "a a/recovery a", "succeeded"),
        ({"rules": (SCRIPT,)}, {"a": ["failed", "succeeded"], "a/recovery": ["lost", "succeeded"]},
         "a a/recovery a/recovery a", "succeeded"),
        ({"rules": (SCRIPT,)}, {"a": "failed", "a/recovery": "lost"}, "a" + " a/recovery" * 4, "failed"),
        ({"rules": (OPTIONAL,)}, {"a": ["failed", "succeeded"], "a/recovery": "lost"},
         "a" + " a/recovery" * 4 + " a", "succeeded"),
        # a failed recovery is a failure with no attempt left
        ({"rules": (SCRIPT,), "rollback": UNDO, "fallback": MEND}, {"a": "failed", "a/recovery": "failed"},
         "a a/recovery a/rollback a/fallback", "recovered"),
        # lost attempts too often, then the rest
        ({"fallback": MEND}, {"a": "lost"}, "a a a a a/fallback", "recovered"),
        # text that cannot be mended still has its fallback
        ({"rules": (SCRIPT,), "fallback": MEND}, {"a": Reason("syntax", "line 1")}, "a a/fallback", "recovered"),
    ],
)  # fmt: skip
def test_order(options, script, started, came_to):
    """attempts (a recovery script between them) → rollback → fallback → end."""
    options = {"retries": 0, **options}
    run = run_of(job("a", **options))
    assert (" ".join(played(run, script)[0]), status(run, "a")) == (started, came_to)


def test_statuses_on_the_way():
    """recovering, retrying, rolling back, falling back: each also while it waits for a slot."""
    run = run_of(job("a", rules=(Rule(exits=("*",), script="fix.sh"),), rollback=UNDO, fallback=MEND))
    seen = []
    came(run, "a", "failed")
    for step in ("recovery", None, "rollback", "fallback"):
        seen.append(status(run, "a"))
        if step is None:
            retry_due(run, "a", 0.0)
            came(run, "a", "failed")
            continue
        assert begin_step(run, "a") == step
        assert status(run, "a") == seen[-1]
        end_step(run, "a")
    assert [*seen, status(run, "a")] == ["recovering", "retrying", "rolling back", "falling back", "recovered"]


def test_the_original_error_is_kept():
    """Whatever rollback and fallback come to, the job failed for what its attempt failed for."""
    run = run_of(job("a", retry=ONCE, rollback=UNDO, fallback=MEND))
    played(run, {"a": BOOM, "a/rollback": Reason("exception", "KeyError: 1"), "a/fallback": Reason("timeout")})
    assert run.jobs["a"].reason == Reason("exception", "ValueError: boom", 1)
    assert reason_text(run, run.jobs["a"]) == (
        "ValueError: boom (its rollback failed: KeyError: 1; its fallback failed: timeout)"
    )
    assert steps_of(run) == [(1, "rollback", "failed"), (1, "fallback", "failed")]


def test_a_failed_recovery_keeps_the_first_error_as_cause():
    """Reason `recovery failed`, with why; the attempt's own reason stays with the attempt."""
    run = run_of(job("a", rules=(SCRIPT,)))
    played(run, {"a": Reason("exit code", "10"), "a/recovery": Reason("exit code", "3")})
    assert run.jobs["a"].reason == Reason("recovery failed", "exit 3", 1)
    assert run.jobs["a"].attempts[0].reason == Reason("exit code", "10")
    assert reason_text(run, run.jobs["a"]) == "recovery failed: exit 3 (attempt 1 failed: exit 10)"


def test_a_fallback_gives_the_outputs():
    """Dependents read them; the status is recovered, and says after what."""
    run = run_of(job("a", retry=ONCE, outputs=("x",), fallback=MEND), job("b", "a"))
    came(run, "a", "failed")
    assert run.jobs["a"].outputs == {}
    did(run, "a", "fallback")
    assert (run.jobs["a"].outputs, status(run, "a"), status(run, "b")) == ({"x": OTHER}, "recovered", "ready")
    assert reason_text(run, run.jobs["a"]) == "by its fallback, after ValueError: boom"


def test_dependents_wait_until_all_is_done():
    """Neither a rollback nor a fallback under way is an end."""
    run = run_of(job("a", retry=ONCE, rollback=UNDO), job("b", "a"))
    came(run, "a", "failed")
    assert status(run, "b") == "waiting"
    begin_step(run, "a")
    assert status(run, "b") == "waiting"
    end_step(run, "a")
    assert (status(run, "b"), reason(run, "b")) == ("skipped", "upstream failed: a")


def test_rollback_once_per_generation():
    """A person's retry may roll back again."""
    run = run_of(job("a", retry=ONCE, rollback=UNDO))
    assert played(run, {"a": "failed"})[0] == ["a", "a/rollback"]
    ask(run, "retry", "a")
    assert played(run, {"a": "failed"})[0] == ["a", "a/rollback"]


@pytest.mark.parametrize(
    ("options", "step", "limit"),
    [
        ({"rules": (SCRIPT,)}, "recovery", None),
        ({"rules": (SCRIPT,), "timeout": 8.0}, "recovery", 8.0),
        ({"rules": (Rule(exits=("*",), script="f", timeout=2.0),), "timeout": 8.0}, "recovery", 2.0),
        ({"rollback": UNDO}, "rollback", 60.0),
        ({"rollback": UNDO, "timeout": 8.0}, "rollback", 8.0),
        ({"rollback": UNDO, "timeout": 300.0}, "rollback", 300.0),
        ({"fallback": MEND}, "fallback", 60.0),
        ({"fallback": MEND, "timeout": 8.0}, "fallback", 8.0),
    ],
)
def test_time_limits_of_steps(options, step, limit):
    """A script's own or else the job's; rollback and fallback the job's or else 60 s."""
    run = run_of(job("a", **options))
    came(run, "a", "failed")
    order = step_order(run, "a")
    assert (order.step, order.timeout) == (step, limit)


@pytest.mark.parametrize("what", ["cancel", "skip"])
@pytest.mark.parametrize(("timeout", "limit"), [(None, 30.0), (8.0, 8.0), (300.0, 30.0)])
def test_a_rollback_after_a_stop_is_short(what, timeout, limit):
    """At most 30 s."""
    run = run_of(job("a", rollback=UNDO, timeout=timeout, retries=1))
    came(run, "a", "failed")
    ask(run, what, "a")
    assert step_order(run, "a").timeout == limit


def test_steps_come_before_attempts_and_use_their_slots():
    """One slot: the step of a job declared later comes first."""
    run = run_of(job("a", retries=1), job("b", rollback=UNDO))
    came(run, "b", "failed")
    made = orders(run, process=1).orders
    assert [(type(order).__name__, order.job) for order in made] == [("StartStep", "b")]
    made = orders(run, process=2).orders
    assert [(type(order).__name__, order.job) for order in made] == [("StartStep", "b"), ("Start", "a")]


@pytest.mark.parametrize(("options", "executor"), [({"rules": (SCRIPT,)}, "process"), ({"rollback": UNDO}, "kernel")])
def test_where_steps_run(options, executor):
    """A script in a process; what the notebook wrote where the job runs."""
    run = run_of(job("a", executor="kernel", **options))
    assert came_in_kernel(run)
    for name in ("process", "kernel"):
        found = [order for order in orders(run, **{name: 1}).orders if isinstance(order, StartStep)]
        assert bool(found) is (name == executor)


def came_in_kernel(run):
    came(run, "a", "failed")
    return status(run, "a") in ("recovering", "rolling back")


def test_steps_are_started_once_and_ended_once():
    """A second start, or an end of another step, is stale."""
    run = run_of(job("a", rollback=UNDO))
    came(run, "a", "failed")
    begin_step(run, "a")
    assert step_order(run, "a") is None
    assert not take(run, e.StepStarted(at=0.0, job="a", generation=1, attempt=1, step="rollback", key="z"))
    for other in ({"key": "z"}, {"step": "fallback"}, {"generation": 2}):
        fields = {"key": run.jobs["a"].step.key, "step": "rollback", "generation": 1, **other}
        assert not take(run, e.StepEnded(at=0.0, job="a", attempt=1, end="succeeded", **fields))
    assert end_step(run, "a")
    assert not take(run, e.StepEnded(at=0.0, job="a", generation=1, attempt=1, step="rollback", key="s", end="failed"))


@pytest.mark.parametrize("step", ["recovery", "rollback", "fallback"])
def test_steps_that_nobody_owes_cannot_start(step):
    """The fold itself refuses, whoever asks."""
    run = run_of(job("a", rules=(SCRIPT,), rollback=UNDO, fallback=MEND))
    assert not take(run, e.StepStarted(at=0.0, job="a", generation=1, attempt=0, step=step, key="s"))
    came(run, "a")
    if step != "rollback":  # that, its group may ask for
        assert not take(run, e.StepStarted(at=0.0, job="a", generation=1, attempt=1, step=step, key="s"))


def test_a_success_may_be_taken_back_once_for_its_group():
    """Its status stays; afterwards there is nothing to take back."""
    run = run_of(job("a", rollback=UNDO))
    came(run, "a")
    for taken in (True, False):
        event = e.StepStarted(at=0.0, job="a", generation=1, attempt=1, step="rollback", key="s")
        assert take(run, event) is taken
        assert status(run, "a") == "succeeded"
        assert not taken or end_step(run, "a", "failed")


def test_programs_read_steps():
    """In the attempt they follow, with their logs; and what the recovery came to."""
    run = run_of(job("a", rules=(SCRIPT,), retry=Retry(delay=0.0), fallback=MEND))
    played(run, {"a": "failed", "a/recovery": ["succeeded", Reason("exit code", "3")]})
    first, second = project_job(run, "a")["attempts"]
    assert (first["recovery"], second["recovery"]) == ("ok", "failed")
    assert [step["step"] for step in second["steps"]] == ["recovery", "fallback"]
    assert second["steps"][0] == {
        "step": "recovery",
        "started_at": 3.0,
        "ended_at": 4.0,
        "end": "failed",
        "reason": {"kind": "exit code", "detail": "3", "attempt": None},
        "exit_code": 3,
        "signal": None,
        "log": {"out": ".nbflow/attempts/3/out", "err": ".nbflow/attempts/3/err"},
    }


def test_a_recovery_that_never_ended_is_restarted_within_its_generation_only():
    """3 times; a new generation counts anew."""
    run = run_of(job("a", rules=(SCRIPT,)))
    came(run, "a", "failed")
    for _ in range(LOST_RESTARTS):
        did(run, "a", "recovery", "lost")
    assert status(run, "a") == "recovering"
    did(run, "a", "recovery", "lost")
    assert (status(run, "a"), reason(run, "a")) == ("failed", "recovery failed: lost")


def test_a_dead_engine_restarts_the_step_that_was_under_way():
    """Nobody saw its end, so it is owed as before."""
    run = run_of(job("a", outputs=("x",), fallback=MEND))
    came(run, "a", "failed")
    did(run, "a", "fallback", "lost")
    assert status(run, "a") == "falling back"
    did(run, "a", "fallback")
    assert (status(run, "a"), run.jobs["a"].outputs) == ("recovered", {"x": OTHER})


def test_endings_take_the_time_that_the_script_says():
    """Recovery of 5 s, then a wait of 1 s, then the next attempt."""
    run = run_of(job("a", rules=(SCRIPT,)))
    started, ended_at = played(run, {"a": ["failed", "succeeded"], "a/recovery": Ending("succeeded", 5.0)})
    assert (started, ended_at) == (["a", "a/recovery", "a"], 8.0)


def test_values_of_before_are_not_those_of_a_fallback_that_failed():
    """A redeclared job that fails has no outputs."""
    run = run_of(job("a", outputs=("x",), fallback=MEND))
    came(run, "a")
    assert run.jobs["a"].outputs == {"x": VALUE}
    ask(run, "retry", "a")
    came(run, "a", "failed")
    did(run, "a", "fallback", "failed")
    assert run.jobs["a"].outputs == {}
