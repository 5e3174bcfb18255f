"""nbflow.testing: the clock, the scripted executor and drive()."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.spec import Retry
from nbflow.core.state import empty, evolve, replay
from nbflow.core.status import Reason
from nbflow.errors import UnknownJob
from nbflow.testing import Ending, ManualClock, ScriptedExecutor, declare, drive
from tests.simulation.world import snapshot

from .build import ask, job, reason, status


def test_a_manual_clock_moves_only_when_told():
    """And never back."""
    clock = ManualClock(10.0)
    clock.advance_to(5.0)
    assert clock() == 10.0
    clock.advance_to(12.0)
    clock.advance(0.5)
    assert clock() == 12.5
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_drive_runs_everything_to_its_end():
    """With two slots, by default, and a second for each attempt."""
    run, clock = declare(job("a"), job("b"), job("c"), job("d", "a", "b", "c")), ManualClock()
    drive(run, clock=clock)
    assert {state.status.value for state in run.jobs.values()} == {"succeeded"}
    assert clock() == 3.0


def test_slots_bound_what_is_under_way():
    """One at a time, over all executors together."""
    run, clock = declare(job("a"), job("b", executor="kernel"), job("c")), ManualClock()
    drive(run, clock=clock, slots=1)
    assert clock() == 3.0


def test_a_script_says_how_each_attempt_ends():
    """Words, reasons and endings; the last one stands for all later attempts."""
    run = declare(job("a", retries=9))
    script = {"a": ["failed", Reason("timeout"), Ending("failed", 5.0, Reason("exit code", "3"))]}
    clock = ManualClock()
    drive(run, ScriptedExecutor(script), clock)
    assert [attempt.reason and attempt.reason.words() for attempt in run.jobs["a"].attempts] == [
        None, "timeout", *["exit 3"] * 8,
    ]  # fmt: skip
    assert reason(run, "a") == "exit 3"


def test_an_end_that_is_none_is_refused():
    """A typo in a script is not a success."""
    with pytest.raises(ValueError, match="no end of an attempt"):
        ScriptedExecutor({"a": "suceeded"})


def test_drive_stops_at_an_instant_and_goes_on_from_there():
    """With the same executor and clock."""
    run, executor, clock = declare(job("a"), job("b", "a")), ScriptedExecutor(seconds=10), ManualClock()
    drive(run, executor, clock, until=15.0)
    assert (status(run, "a"), status(run, "b"), clock()) == ("succeeded", "running", 15.0)
    drive(run, executor, clock)
    assert (status(run, "b"), clock()) == ("succeeded", 20.0)


def test_a_stop_is_carried_out():
    """A running job that is cancelled meanwhile ends at once."""
    run, executor, clock = declare(job("a")), ScriptedExecutor(seconds=100), ManualClock()
    drive(run, executor, clock, until=1.0)
    ask(run, "cancel", "a", at=1.0)
    drive(run, executor, clock)
    assert (status(run, "a"), clock()) == ("cancelled", 1.0)


def test_draw_says_where_in_its_bounds_a_wait_falls():
    """0 is the shortest, 1 the longest."""
    retry = Retry(attempts=2, delay=10, jitter=0.5)
    ends = []
    for draw in (0.0, 0.5, 1.0):
        clock = ManualClock()
        drive(declare(job("a", retry=retry)), ScriptedExecutor({"a": "failed"}), clock, draw=draw)
        ends.append(clock())
    assert ends == [7.0, 9.5, 12.0]


def test_drive_returns_what_it_added():
    """Declaration and these events make the run again."""
    spec = job("a", retries=1)
    run = declare(spec)
    events = drive(run, ScriptedExecutor({"a": ["failed", "succeeded"]}))
    opened = [e.RunOpened(at=0.0, flow="test", number=1), e.JobDeclared(at=0.0, spec=spec)]
    assert snapshot(replay([*opened, *events])) == snapshot(run)


def test_a_declaration_is_checked():
    """As the engine would."""
    with pytest.raises(UnknownJob):
        declare(job("a", "b"))


def test_a_run_opens_once():
    """A second RunOpened is stale."""
    run = evolve(empty(), e.RunOpened(at=3.0, flow="analysis", number=2))
    evolve(run, e.RunOpened(at=4.0, flow="other", number=3))
    assert (run.flow, run.number, run.opened_at, run.seq) == ("analysis", 2, 3.0, 1)
