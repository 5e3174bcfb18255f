"""Attempts: budgets, backoff, generations, lost ones, and stops."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.plan import Schedule, Stop
from nbflow.core.spec import Retry
from nbflow.core.state import LOST_RESTARTS
from nbflow.core.status import Reason
from nbflow.testing import ManualClock, ScriptedExecutor, drive

from .build import BOOM, VALUE, ask, came, end, job, orders, reason, retry_due, run_of, start, starts, status, take


def scheduled(run):
    return [(order.low, order.high) for order in orders(run).orders if isinstance(order, Schedule)]


def stops(run):
    return [(order.job, order.attempt, order.cause.kind) for order in orders(run).orders if isinstance(order, Stop)]


def test_retries_3_means_4_attempts():
    """`--retries 3` is 3 more attempts after the first."""
    run = run_of(job("a", retries=3))
    executor = ScriptedExecutor({"a": "failed"})
    drive(run, executor)
    assert executor.started == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]
    assert status(run, "a") == "failed"


def test_a_success_within_the_budget_is_a_success():
    """Two failures, then success."""
    run = run_of(job("a", retries=2))
    drive(run, ScriptedExecutor({"a": ["failed", "failed", "succeeded"]}))
    assert status(run, "a") == "succeeded"


@pytest.mark.parametrize(
    ("retry", "waits"),
    [
        (Retry(attempts=9), [1, 2, 4, 8, 16, 32, 60, 60]),
        (Retry(attempts=4, delay=3, backoff=1), [3, 3, 3]),
        (Retry(attempts=4, delay=10, backoff=10, max_delay=500), [10, 100, 500]),
        (Retry(attempts=3, delay=0), [0, 0]),
        (Retry(attempts=2000, delay=1, backoff=2, max_delay=60), [1, 2, 4, 8, 16, 32, 60] + [60] * 1992),
    ],
    ids=["defaults", "constant", "capped", "at once", "beyond floats"],
)
def test_the_wait_after_the_kth_failure(retry, waits):
    """min(max, delay·backoff^(k-1)); by default 1 s, ×2, 60 s at most."""
    assert [retry.bounds(k)[1] for k in range(1, len(waits) + 1)] == waits


def test_jitter_shortens_the_wait():
    """Times U(1-jitter, 1): the plan gives both bounds, the engine draws."""
    run = run_of(job("a", retry=Retry(attempts=2, delay=10, jitter=0.2)))
    came(run, "a", "failed")
    assert scheduled(run) == [(8.0, 10.0)]


def test_the_whole_wait_is_kept():
    """1 s, then 2 s, between attempts of 1 s: three attempts take 6 s."""
    clock = ManualClock()
    drive(run_of(job("a", retries=2)), ScriptedExecutor({"a": "failed"}), clock)
    assert clock() == 6.0


def test_a_job_in_backoff_is_retrying_with_its_reason():
    """Until the next attempt the status is retrying and says why the last one failed."""
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    assert (status(run, "a"), reason(run, "a")) == ("retrying", "ValueError: boom")
    retry_due(run, "a", due_at=7.0)
    assert run.jobs["a"].due_at == 7.0
    assert orders(run).wake_at == 7.0
    assert starts(run, 7.0) == ["a"]


def test_a_next_attempt_is_scheduled_once():
    """A second RetryScheduled for the same failure is stale."""
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    assert retry_due(run, "a", due_at=7.0)
    assert scheduled(run) == []
    assert not take(run, e.RetryScheduled(at=0.0, job="a", generation=1, attempt=1, due_at=9.0))
    assert run.jobs["a"].due_at == 7.0


def test_a_syntax_error_is_never_retried():
    """Another attempt cannot mend the text."""
    run = run_of(job("a", retries=3))
    came(run, "a", "failed", reason=Reason("syntax", "line 1"))
    assert status(run, "a") == "failed"


def test_the_reason_tells_the_attempt():
    """The reason of a failed job carries the number of the attempt that ended it."""
    run = run_of(job("a", retries=1))
    drive(run, ScriptedExecutor({"a": Reason("exit code", "10")}))
    assert run.jobs["a"].reason == Reason("exit code", "10", 2)


def test_attempts_are_numbered_over_the_run():
    """A new generation goes on counting, with a fresh budget."""
    run = run_of(job("a", retries=1))
    drive(run, ScriptedExecutor({"a": "failed"}))
    ask(run, "retry", "a")
    drive(run, ScriptedExecutor({"a": "failed"}))
    assert [(a.number, a.generation) for a in run.jobs["a"].attempts] == [(1, 1), (2, 1), (3, 2), (4, 2)]
    assert status(run, "a") == "failed"


def test_a_lost_attempt_starts_again_without_using_the_budget():
    """Nobody saw its end: it is started again, and still has all its retries."""
    run = run_of(job("a"))
    came(run, "a", "lost")
    assert (status(run, "a"), starts(run)) == ("ready", ["a"])
    came(run, "a")
    assert status(run, "a") == "succeeded"


def test_a_job_lost_too_often_fails():
    """Started again 3 times; lost once more it fails, reason lost, in this generation."""
    run = run_of(job("a", retries=5))
    for _ in range(LOST_RESTARTS):
        came(run, "a", "lost")
        assert status(run, "a") == "ready"
    came(run, "a", "lost")
    assert (status(run, "a"), run.jobs["a"].reason) == ("failed", Reason("lost", "", 4))
    ask(run, "retry", "a")
    came(run, "a", "lost")
    assert status(run, "a") == "ready"


def test_an_attempt_that_ends_cancelled_unasked_ends_the_job():
    """The engine was told to stop: cancelled, with no retry."""
    run = run_of(job("a", retries=3))
    came(run, "a", "cancelled", reason=Reason("cancelled", "the engine was stopped"))
    assert (status(run, "a"), reason(run, "a")) == ("cancelled", "cancelled: the engine was stopped")


def test_a_double_end_changes_nothing():
    """The second report of an attempt's end is stale."""
    run = run_of(job("a"))
    came(run, "a", "failed")
    again = e.AttemptEnded(at=1.0, job="a", generation=1, attempt=1, end="succeeded")
    assert not take(run, again)
    assert status(run, "a") == "failed"


@pytest.mark.parametrize(("generation", "attempt"), [(1, 2), (1, 0), (0, 1), (2, 1)])
def test_an_end_of_another_attempt_changes_nothing(generation, attempt):
    """Compare-and-set on attempt and generation."""
    run = run_of(job("a"))
    start(run, "a")
    assert not take(run, e.AttemptEnded(at=1.0, job="a", generation=generation, attempt=attempt, end="failed"))
    assert status(run, "a") == "running"


@pytest.mark.parametrize(("generation", "attempt"), [(1, 2), (1, 0), (2, 1)])
def test_a_start_out_of_turn_changes_nothing(generation, attempt):
    """Only the next attempt of the present generation can start."""
    run = run_of(job("a"))
    assert not take(run, e.AttemptStarted(at=0.0, job="a", generation=generation, attempt=attempt, key="k"))


@pytest.mark.parametrize("unready", [job("b", "a"), job("b", hold=True)], ids=["waiting", "held"])
def test_a_job_that_is_not_ready_cannot_start(unready):
    """The fold itself refuses, whoever asks."""
    run = run_of(job("a"), unready)
    assert not start(run, "b")


def test_events_of_unknown_jobs_change_nothing():
    """Facts about a job that was never declared are stale."""
    run = run_of(job("a"))
    seq = run.seq
    assert not take(run, e.AttemptStarted(at=0.0, job="b", generation=1, attempt=1, key="k"))
    assert not take(run, e.SkipRequested(at=0.0, job="b", generation=1))
    assert run.seq == seq


def test_an_unaccepted_event_is_not_counted():
    """`seq` counts the events folded."""
    run = run_of(job("a"))
    assert run.seq == 2
    take(run, e.RetryRequested(at=0.0, job="a", generation=1))
    assert run.seq == 2


def test_declaring_again_stops_the_running_attempt_and_waits_for_its_end():
    """Two attempts of one job never overlap."""
    run = run_of(job("a"))
    start(run, "a")
    take(run, e.JobDeclared(at=1.0, spec=job("a", source="new")))
    assert (run.jobs["a"].generation, status(run, "a")) == (2, "ready")
    assert (stops(run), starts(run)) == ([("a", 1, "replaced")], [])
    end(run, "a", "cancelled")
    assert (stops(run), starts(run)) == ([], ["a"])


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled", "lost"])
def test_the_end_of_a_replaced_attempt_only_ends_that_attempt(how):
    """What the old text came to says nothing about the new one."""
    run = run_of(job("a", outputs=("x",)))
    start(run, "a")
    take(run, e.JobDeclared(at=1.0, spec=job("a", outputs=("x",))))
    end(run, "a", how)
    assert (status(run, "a"), run.jobs["a"].outputs) == ("ready", {})
    assert (run.jobs["a"].failures, run.jobs["a"].lost) == (0, 0)


def test_outputs_are_those_of_the_present_generation():
    """Redeclaring takes the old values back: nobody reads a stale one."""
    run = run_of(job("a", outputs=("x",)))
    came(run, "a")
    assert run.jobs["a"].outputs == {"x": VALUE}
    take(run, e.JobDeclared(at=1.0, spec=job("a", outputs=("x",))))
    assert run.jobs["a"].outputs == {}


def test_an_attempt_keeps_what_was_reported_of_it():
    """All of an end's fields can be read from the attempt."""
    run = run_of(job("a"))
    start(run, "a", at=1.0)
    take(
        run,
        e.AttemptEnded(
            at=3.5,
            job="a",
            generation=1,
            attempt=1,
            end="failed",
            reason=BOOM,
            exit_code=1,
            signal="SIGKILL",
            traceback="Traceback …",
            peak_memory=5,
            cpu_seconds=0.25,
        ),
    )
    attempt = run.jobs["a"].attempts[0]
    assert (attempt.started_at, attempt.ended_at, attempt.end, attempt.reason) == (1.0, 3.5, "failed", BOOM)
    assert (attempt.exit_code, attempt.signal, attempt.traceback) == (1, "SIGKILL", "Traceback …")
    assert (attempt.peak_memory, attempt.cpu_seconds) == (5, 0.25)
