"""The numbers behind the timeline."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.picture.bars import ROWS, Bar, Chart, End, Wait, chart
from nbflow.picture.ticks import step, tick
from tests.unit.picture.samples import AT, attempt, job, snapshot
from tests.unit.snapshots import empty, mended, ten


def test_rows_are_in_order_of_start() -> None:
    """A row for each job that has started, whatever the order of declaration."""
    jobs = {"late": job(attempts=[attempt(1, 9)]), "early": job(attempts=[attempt(1, 2)]), "never": job("waiting")}
    assert chart(snapshot(jobs)).names == ("early", "late")


def test_seconds_count_from_the_first_start() -> None:
    """The axis begins where something happens."""
    drawn = chart(snapshot({"a": job(attempts=[attempt(1, 7, 3.0)])}))
    assert (drawn.bars[0].start, drawn.bars[0].end, drawn.began_at) == (0.0, 3.0, AT + 7)


def test_each_attempt_is_a_bar_and_each_gap_a_wait() -> None:
    """Two attempts, and between them the wait that the retry had."""
    drawn = chart(snapshot({"a": job(attempts=[attempt(1, 0, 6.0, "failed"), attempt(2, 8, 4.0)])}))
    assert [(bar.number, bar.start, bar.end, bar.came_to, bar.last) for bar in drawn.bars] == [
        (1, 0.0, 6.0, End.FAILED, False),
        (2, 8.0, 12.0, End.SUCCEEDED, True),
    ]
    assert drawn.waits == (Wait(0, 6.0, 8.0, "retry", 0),)


def test_a_wait_for_the_next_attempt_ends_when_that_is_due() -> None:
    """It lies partly in the future, and so does the chart."""
    drawn = chart(snapshot({"a": job("retrying", (), [attempt(1, 0, 3.0, "failed")], due_at=AT + 60)}))
    assert drawn.waits == (Wait(0, 3.0, 60.0, "planned", 0),)
    assert (drawn.now, drawn.span) == (52.0, 60.0)


def test_an_attempt_that_runs_reaches_to_now() -> None:
    """And it is told apart from one that has ended."""
    drawn = chart(snapshot({"a": job("running", (), [attempt(1, 10, None)])}))
    assert drawn.bars[0] == Bar("a", 1, 0, 0.0, 42.0, End.RUNNING, True, critical=True)
    assert drawn.now == 42.0


def test_a_run_that_has_ended_has_no_now() -> None:
    """Its timeline ends with its last attempt, however long ago that was."""
    drawn = chart(snapshot({"a": job(attempts=[attempt(1, 0, 3.0)])}))
    assert (drawn.now, drawn.span) == (None, 3.0)


@pytest.mark.parametrize(
    ("end", "kind", "came_to"),
    [
        ("failed", "exception", End.FAILED),
        ("failed", "timeout", End.TIMEOUT),
        ("cancelled", "cancelled", End.CANCELLED),
        ("cancelled", "timeout", End.CANCELLED),
        ("lost", "lost", End.LOST),
    ],
)
def test_ends_are_told_apart(end: str, kind: str, came_to: End) -> None:
    """A timeout is a failure of a kind of its own."""
    drawn = chart(snapshot({"a": job("failed", (), [attempt(1, 0, 2.0, end, reason={"kind": kind, "detail": ""})])}))
    assert drawn.bars[0].came_to is came_to


def test_an_attempt_that_has_not_started_is_no_bar() -> None:
    """An executor has it, but nothing runs yet."""
    waiting = attempt(1, 0, None) | {"started_at": None}
    assert chart(snapshot({"a": job("running", (), [waiting])})) == Chart()


def test_an_empty_flow_has_an_empty_chart() -> None:
    """No rows, no span."""
    assert chart(empty()) == Chart()


def test_many_jobs_share_rows() -> None:
    """Two at a time, a hundred of them: two rows without names."""
    drawn = chart(snapshot({f"j{at}": job(attempts=[attempt(1, at // 2 * 5, 5.0)]) for at in range(100)}))
    assert (drawn.rows, drawn.names) == (2, ())
    assert len(drawn.bars) == 100 > ROWS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 50), st.integers(1, 3)), min_size=1, max_size=30))
def test_a_slot_holds_no_two_attempts_at_once(spans: list[tuple[float, float, int]]) -> None:
    """Bars of one row do not overlap, and no more rows are used than attempts ran at once."""
    jobs = {
        f"j{at}": job(attempts=[attempt(n + 1, start + n * took, took) for n in range(count)])
        for at, (start, took, count) in enumerate(spans)
    }
    drawn = chart(snapshot(jobs), most=0)
    for row in range(drawn.rows):
        there = sorted((bar.start, bar.end) for bar in drawn.bars if bar.row == row)
        assert all(one[1] <= two[0] + 1e-6 for one, two in pairwise(there))
    at_once = [sum(one.start <= bar.start <= one.end + 1e-6 for one in drawn.bars) for bar in drawn.bars]
    assert drawn.rows <= max(at_once)


def test_a_wait_for_a_slot_is_told_where_each_job_has_a_row() -> None:
    """From when on it could have started; between slots it would lie under what ran meanwhile."""
    tries = [attempt(1, 5.0, 2.0, ready_at=AT + 1.0)]
    told = snapshot({"a": job(attempts=[attempt(1, 0, 5.0)]), "b": job(attempts=tries)})
    assert chart(told).waits == (Wait(1, 1.0, 5.0, "slot", 1),)
    assert chart(told, by="slot").waits == ()


def test_a_retry_joins_two_attempts_wherever_they_ran() -> None:
    """Its delay leads from the row of the one to that of the other; the wait for a slot after it is told apart."""
    tries = [attempt(1, 0, 2.0, "failed"), attempt(2, 6.0, 1.0, ready_at=AT + 5.0)]
    told = snapshot({"a": job(attempts=tries), "b": job(attempts=[attempt(1, 2.0, 9.0)])})
    assert chart(told).waits == (Wait(0, 2.0, 5.0, "retry", 0), Wait(0, 5.0, 6.0, "slot", 0))
    assert chart(told, by="slot").waits == (Wait(0, 2.0, 5.0, "retry", 1),)


def test_the_time_before_a_person_asked_again_is_no_wait() -> None:
    """The job had ended; a new generation begins a new story."""
    tries = [attempt(1, 0, 2.0, "failed"), attempt(2, 60.0, 1.0, generation=2)]
    assert chart(snapshot({"a": job(attempts=tries)})).waits == ()


def test_what_the_end_waited_for_is_marked() -> None:
    """Each in turn let the next begin."""
    jobs = {
        "slow": job(attempts=[attempt(1, 0, 9.0)]),
        "quick": job(attempts=[attempt(1, 0, 1.0)]),
        "last": job(needs=("slow", "quick"), attempts=[attempt(1, 9, 2.0)]),
    }
    assert [bar.job for bar in chart(snapshot(jobs)).bars if bar.critical] == ["slow", "last"]


def test_the_sample_of_every_status_is_drawn_whole() -> None:
    """Ten jobs have started, with fourteen attempts."""
    drawn = chart(ten())
    assert len(drawn.names) == 10
    assert len(drawn.bars) == 14


@pytest.mark.parametrize("span", [0.001, 0.3, 7, 52, 400, 9_000, 90_000, 5e6, 1e9])
def test_ticks_are_few_and_not_too_few(span: float) -> None:
    """At most eight on any span, and at least one after nought."""
    assert 1 <= span / step(span, 8) <= 8


def test_ticks_are_said_as_times() -> None:
    """Clock times from a second on, days where the steps are days."""
    assert [tick(at, 3600.0) for at in (0.0, 3600.0, 36000.0)] == ["0:00", "1:00:00", "10:00:00"]


def test_what_followed_an_attempt_is_a_bar_of_its_own_kind() -> None:
    """Recovery script, rollback and fallback stand behind the attempt that they followed, in its row."""
    drawn = chart(mended())
    prices = [bar for bar in drawn.bars if bar.job == "prices"]
    assert [(bar.number, bar.step, bar.came_to) for bar in prices] == [
        (1, None, End.FAILED),
        (2, None, End.FAILED),
        (2, "rollback", End.SUCCEEDED),
        (2, "fallback", End.SUCCEEDED),
    ]
    assert len({bar.row for bar in prices}) == 1
    assert [bar.last for bar in prices] == [False, False, False, True]


def test_a_step_that_runs_reaches_to_now() -> None:
    """As an attempt does; and no wait is drawn where it is."""
    drawn = chart(mended())
    (script,) = [bar for bar in drawn.bars if bar.job == "fetch" and bar.step]
    assert (script.start, script.end, script.came_to) == (14.5, 52.0, End.RUNNING)
    assert Wait(script.row, 14.0, 14.5, "slot", script.row) in drawn.waits
