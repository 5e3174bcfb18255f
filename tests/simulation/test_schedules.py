"""Random schedules of random runs, every step of which is checked (`NBFLOW_SCHEDULES` and `NBFLOW_SEED` say which)."""

from __future__ import annotations

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import pytest

from .coverage import ALL_KINDS, Coverage
from .world import World

SCHEDULES = int(os.environ.get("NBFLOW_SCHEDULES", "100000"))
SEED = int(os.environ.get("NBFLOW_SEED", "0"))
pytestmark = pytest.mark.timeout(0)
ENOUGH = 30_000
"""So many schedules, from the first on, are enough for all rarities."""
PART = 500
KINDS = {
    "run-opened", "job-declared", "group-declared", "attempt-started", "attempt-ended", "retry-scheduled",
    "recovery-started", "recovery-ended", "rollback-started", "rollback-ended", "fallback-started", "fallback-ended",
    "deadline-passed", "job-refused", "job-ended", "job-reopened", "group-decided", "group-retried", "group-judged",
    "limits-set", "pause-requested", "unpause-requested", "run-requested", "retry-requested", "skip-requested",
    "cancel-requested", "cache-missed", "job-reused",
}  # fmt: skip


class Part(NamedTuple):
    """What came of some schedules: the faults found, and what has happened."""

    faults: list[str]
    coverage: Coverage


def play(seeds: range) -> Part:
    """Play the schedules of *seeds*."""
    faults, coverage = list[str](), Coverage()
    gc.disable()
    try:
        for seed in seeds:
            world = World(seed)
            try:
                world.play()
            except Exception as error:
                faults.append(f"seed {seed}: {type(error).__name__}: {error}")
            coverage.add(world)
    finally:
        gc.enable()
        gc.collect()
    return Part(faults, coverage)


@pytest.fixture(scope="module")
def played() -> Part:
    """All schedules, played by as many processes as there are processors."""
    parts = [range(at, min(at + PART, SEED + SCHEDULES)) for at in range(SEED, SEED + SCHEDULES, PART)]
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    whole = Part([], Coverage())
    with ProcessPoolExecutor(min(workers, len(parts)), get_context("spawn")) as pool:
        for part in pool.map(play, parts):
            whole.faults.extend(part.faults)
            whole.coverage.join(part.coverage)
    return whole


def test_every_schedule_ends_and_keeps_the_rules(played):
    """Every run ends, keeps the rules at every step, and is the same when replayed after a crash."""
    again = "again with NBFLOW_SEED=that NBFLOW_SCHEDULES=1"
    assert not played.faults, f"{len(played.faults)} of {SCHEDULES} ({again}): " + "; ".join(played.faults[:5])


needs_all = pytest.mark.skipif(SEED != 0 or SCHEDULES < ENOUGH, reason=f"looks at {ENOUGH} schedules or more")


@needs_all
def test_every_kind_of_event_occurs(played):
    """All that a run can be made of."""
    assert played.coverage.kinds == KINDS
    assert len(KINDS) == ALL_KINDS


@needs_all
def test_every_pair_of_mechanisms_meets(played):
    """Those of jobs in one job, all others in one run."""
    assert played.coverage.missing() == []
