"""The timeline's bars: where each stands, and what a run waited for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nbflow.core.glance import Glance
from nbflow.core.lanes import Lane, critical, lanes
from nbflow.core.project import project
from nbflow.core.spec import JobSpec
from nbflow.core.streams import Streams
from nbflow.testing import declare
from tests.unit.core.build import end, start
from tests.unit.snapshots import AT, attempt, job, mended, snapshot


def spans(times: list[tuple[float, float]]) -> dict:
    return {str(n): job(attempts=[attempt(1, start, took)]) for n, (start, took) in enumerate(times)}


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 20)), max_size=30))
def test_bars_of_one_lane_do_not_overlap(times: list[tuple[float, float]]) -> None:
    """And there are no more lanes than bars ran at the same time."""
    bars = lanes(spans(times))
    for one in bars:
        for other in bars:
            if one is not other and one.lane == other.lane:
                assert one.end <= other.start or other.end <= one.start
    most = max((sum(b.start <= a.start < b.end for b in bars) for a in bars), default=0)
    assert len({bar.lane for bar in bars}) <= max(most, bool(bars))


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 20)), max_size=20))
def test_bars_are_only_added(times: list[tuple[float, float]]) -> None:
    """What has begun keeps its number and its lane while more begins: a page asks only for what it has not."""
    done = sorted(times)
    for count in range(len(done)):
        known, more = lanes(spans(done[:count])), lanes(spans(done[: count + 1]))
        assert more[:count] == known


def test_steps_are_bars_of_their_own() -> None:
    """A recovery script, rollback or fallback says what it is, and which attempt it followed."""
    names = list(mended()["jobs"])
    steps = {(names[bar.job], bar.step, bar.letter) for bar in lanes(mended()["jobs"]) if bar.step}
    assert ("prices", "fallback", "S") in steps
    assert ("rates", "fallback", "R") in steps
    assert ("sites", "fallback", "F") in steps


def test_a_glance_has_the_same_bars() -> None:
    """However the run is read."""
    run = declare(JobSpec(name="a"), JobSpec(name="b"))
    start(run, "a")
    start(run, "b")
    end(run, "a")
    assert lanes(Glance(run, 9.0)["jobs"]) == lanes(project(run, 9.0)["jobs"])


def test_nothing_has_started() -> None:
    """No bars, and nothing that was waited for."""
    assert lanes({"a": job("waiting")}) == []
    assert critical({"a": job("waiting")}, {}) == []


def test_the_critical_path_is_what_the_end_waited_for() -> None:
    """Not the longest chain of needs, but the one in which each let the next begin."""
    jobs = {
        "slow": job(attempts=[attempt(1, 0, 9.0)]),
        "quick": job(attempts=[attempt(1, 0, 1.0)]),
        "middle": job(needs=("quick",), attempts=[attempt(1, 1, 1.0)]),
        "last": job(needs=("slow", "middle"), attempts=[attempt(1, 9, 2.0)]),
        "aside": job(attempts=[attempt(1, 0, 10.0)]),
    }
    path = critical(jobs, Streams(snapshot(jobs)).above)
    assert [list(jobs)[at] for at in path] == ["slow", "last"]


def test_a_job_that_runs_ends_last() -> None:
    """While something runs, what it waited for is the path."""
    jobs = {"a": job(attempts=[attempt(1, 0, 1.0)]), "b": job("running", ("a",), [attempt(1, 1, None)])}
    assert critical(jobs, Streams(snapshot(jobs)).above) == [0, 1]
    assert lanes(jobs)[1] == Lane(1, 1, "", None, AT + 1, AT + 1, None, "R", 0)
