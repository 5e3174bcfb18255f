"""The bounds that the benchmarks compare with are right."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks
from benchmarks.trace import Task, Trace

TRACES = sorted((Path(benchmarks.__file__).parent / "traces").glob("*.json"))
DIAMOND = Trace(
    "diamond",
    (Task("a", (), 1), Task("b", ("a",), 2), Task("c", ("a",), 3), Task("d", ("a",), 4), Task("e", ("b", "c", "d"), 1)),
)


@pytest.mark.parametrize(("slots", "seconds"), [(1, 11), (2, 8), (3, 6), (99, 6)])
def test_a_list_schedule_is_as_long_as_by_hand(slots, seconds):
    """One slot gives the sum; two give 1 + (2 then 4 beside 3) + 1; many give the critical path."""
    assert DIAMOND.list_schedule(slots) == seconds


@pytest.mark.parametrize("file", TRACES, ids=lambda file: file.stem)
def test_the_bounds_of_real_traces_agree(file):
    """max(critical path, work / N) ≤ list schedule ≤ critical path + work / N (Graham), for real traces."""
    trace = Trace.read(file)
    for slots in (1, 2, 8):
        share = trace.work / slots
        assert (
            max(trace.critical_path, share) - 1e-6 <= trace.list_schedule(slots) <= trace.critical_path + share + 1e-6
        )


def test_scaling_keeps_a_floor():
    """Scaled tasks sum to the work asked for, but for those lifted to the floor."""
    assert [task.seconds for task in DIAMOND.scaled(1.1, 0.15).tasks] == pytest.approx([0.15, 0.2, 0.3, 0.4, 0.15])
