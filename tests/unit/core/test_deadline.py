"""`--deadline`: the whole job in a generation, waits between attempts included."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.plan import Record, Stop
from nbflow.core.project import project_job, reason_text
from nbflow.core.spec import JobNeed, Retry
from nbflow.core.status import Reason
from nbflow.testing import Ending, ManualClock, ScriptedExecutor, drive

from .build import ask, came, end, job, orders, reason, retry_due, run_of, start, starts, status, take


def limited(deadline=10.0, retries=0, **retry):
    retry.setdefault("delay", 0.0)
    return job("a", deadline=deadline, retry=Retry(attempts=retries + 1, **retry))


def passes(run, at, name="a"):
    return take(run, e.DeadlinePassed(at=at, job=name, generation=run.jobs[name].generation))


@pytest.mark.parametrize(
    ("deadline", "attempts", "ended_at", "came_to"),
    [
        (13.5, 4, 11.0, "succeeded"),  # 1 + 1 + 1 + 2 + 1 + 4 + 1: three waits of 1, 2, 4 s
        (10.5, 4, 10.5, "failed"),
        (10.0, 3, 6.0, "failed"),  # the fourth would start at 10
        (6.5, 3, 6.0, "failed"),
        (5.5, 3, 5.5, "failed"),
        (5.0, 2, 3.0, "failed"),
        (0.5, 1, 0.5, "failed"),
    ],
)
def test_attempts_and_waits_share_the_time(deadline, attempts, ended_at, came_to):
    """Attempts of 1 s that fail three times, waits of 1, 2, 4 s: how far they come, and when the job ends."""
    run, clock = run_of(limited(deadline, retries=3, delay=1.0)), ManualClock()
    executor = ScriptedExecutor({"a": ["failed", "failed", "failed", "succeeded"]})
    drive(run, executor, clock)
    assert (len(executor.started), run.jobs["a"].changed_at, status(run, "a")) == (attempts, ended_at, came_to)
    assert came_to == "succeeded" or run.jobs["a"].reason == Reason("deadline", f"{deadline:g} s", attempts)


def test_a_running_attempt_is_stopped():
    """When the time is up, for the cause `deadline`."""
    run = run_of(limited())
    start(run, "a", at=5.0)
    assert (orders(run, 14.9).orders, orders(run, 14.9).wake_at) == ((), 15.0)
    assert orders(run, 15.0).orders == (Record(e.DeadlinePassed(at=15.0, job="a", generation=1)),)
    assert passes(run, 15.0)
    assert orders(run, 15.0).orders == (Stop("a", 1, 1, Reason("deadline", "10 s")),)
    assert reason_text(run, run.jobs["a"]) == "being stopped: its deadline has passed"
    end(run, "a", "cancelled", at=16.0)
    assert (status(run, "a"), run.jobs["a"].reason) == ("failed", Reason("deadline", "10 s", 1))


@pytest.mark.parametrize("how", ["failed", "cancelled", "lost"])
def test_no_attempt_follows_one_that_the_deadline_stopped(how):
    """Whatever its end is called, and however many were left."""
    run = run_of(limited(retries=5))
    start(run, "a")
    passes(run, 10.0)
    end(run, "a", how, at=11.0)
    assert (status(run, "a"), reason(run, "a"), starts(run, 11.0)) == ("failed", "deadline: 10 s", [])


def test_a_success_that_comes_while_it_is_stopped_counts():
    """Nobody loses work."""
    run = run_of(limited())
    start(run, "a")
    passes(run, 10.0)
    end(run, "a", "succeeded", at=10.1)
    assert status(run, "a") == "succeeded"


def test_time_before_the_first_attempt_does_not_count():
    """Waiting for needs and slots is not the job's own time."""
    run = run_of(job("n"), job("a", JobNeed("n"), deadline=10.0))
    assert orders(run, 99.0).wake_at is None
    came(run, "n", at=100.0)
    start(run, "a", at=100.0)
    assert orders(run, 100.0).wake_at == 110.0


def test_a_wait_beyond_the_deadline_is_not_begun():
    """The job fails at once, and says what its last attempt failed for."""
    run = run_of(limited(deadline=10.0, retries=1, delay=60.0))
    start(run, "a")
    end(run, "a", "failed", at=1.0)
    retry_due(run, "a", due_at=61.0, at=1.0)
    assert status(run, "a") == "failed"
    assert reason_text(run, run.jobs["a"]) == "deadline: 10 s (attempt 1 failed: ValueError: boom)"


def test_nothing_starts_at_the_deadline():
    """A lost attempt is not started again then, even if the engine was away when it passed."""
    run = run_of(limited())
    start(run, "a")
    end(run, "a", "lost", at=9.0)
    assert (starts(run, 9.9), starts(run, 10.0), starts(run, 50.0), starts(run, 9.9)) == (["a"], [], [], ["a"])
    assert not start(run, "a", at=10.0)
    assert orders(run, 50.0).orders == (Record(e.DeadlinePassed(at=50.0, job="a", generation=1)),)


def test_lost_attempts_use_the_time():
    """The deadline is that of the first attempt, lost or not."""
    run = run_of(limited())
    came(run, "a", "lost", at=0.0)
    start(run, "a", at=4.0)
    assert run.jobs["a"].deadline_at == 10.0


@pytest.mark.parametrize("again", ["retry", "declare"])
def test_a_new_generation_has_its_whole_time(again):
    """By a retry or a new declaration."""
    run = run_of(limited())
    start(run, "a")
    passes(run, 10.0)
    end(run, "a", "cancelled", at=11.0)
    if again == "retry":
        ask(run, "retry", "a", at=20.0)
    else:
        take(run, e.JobDeclared(at=20.0, spec=limited()))
    assert (status(run, "a"), run.jobs["a"].deadline_at) == ("ready", None)
    start(run, "a", at=30.0)
    assert run.jobs["a"].deadline_at == 40.0


@pytest.mark.parametrize(("what", "came_to"), [("skip", "skipped"), ("cancel", "cancelled")])
def test_a_persons_hand_is_stronger(what, came_to):
    """Asked before or after the deadline."""
    for first in (True, False):
        run = run_of(limited())
        start(run, "a")
        if first:
            ask(run, what, "a")
            assert not passes(run, 10.0)
        else:
            passes(run, 10.0)
            ask(run, what, "a")
        end(run, "a", "cancelled", at=11.0)
        assert status(run, "a") == came_to


def test_a_deadline_that_does_not_hold_any_more_is_stale():
    """Too early, of another generation, or of a job that has ended."""
    run = run_of(limited())
    assert not passes(run, 99.0)
    start(run, "a")
    assert not passes(run, 9.9)
    assert not take(run, e.DeadlinePassed(at=10.0, job="a", generation=2))
    end(run, "a", at=9.95)
    assert not passes(run, 10.0)


def test_who_waits_does_not_keep_the_run_idle_nor_its_deadline_from_passing():
    """A job in backoff whose need was opened again, and is held by nobody but a person, still ends by its deadline."""
    run = run_of(job("n"), limited(deadline=10.0, retries=3, delay=1.0))
    take(run, e.JobDeclared(at=0.0, spec=job("a", JobNeed("n"), deadline=10.0, retry=Retry(attempts=4))))
    came(run, "n")
    came(run, "a", "failed")
    retry_due(run, "a", due_at=1.0)
    take(run, e.JobDeclared(at=1.0, spec=job("n", hold=True)))
    assert (status(run, "a"), orders(run, 1.0).idle) == ("waiting", False)
    drive(run, clock=ManualClock(1.0))
    assert (status(run, "a"), reason(run, "a")) == ("failed", "deadline: 10 s")


def test_programs_read_it():
    """What was declared, and the instant once there is one."""
    run = run_of(limited())
    assert (project_job(run, "a")["deadline"], project_job(run, "a")["deadline_at"]) == (10.0, None)
    start(run, "a", at=3.0)
    assert project_job(run, "a")["deadline_at"] == 13.0


def test_a_long_attempt_ends_by_its_deadline():
    """An attempt that would take a minute, with 2.5 s for the job."""
    run, clock = run_of(limited(2.5, retries=9)), ManualClock()
    drive(run, ScriptedExecutor({"a": [Ending("failed", 1.0), Ending("succeeded", 60.0)]}), clock)
    assert (status(run, "a"), run.jobs["a"].changed_at, len(run.jobs["a"].attempts)) == ("failed", 2.5, 2)
