"""Random schedules of random runs, every step of which is checked (`NBFLOW_SCHEDULES` and `NBFLOW_SEED` say which)."""

from __future__ import annotations

import os

import pytest

from .world import World

SCHEDULES = int(os.environ.get("NBFLOW_SCHEDULES", "10000"))
SEED = int(os.environ.get("NBFLOW_SEED", "0"))
PARTS = 10


def play(seed: int) -> World:
    world = World(seed)
    try:
        world.play()
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error} (again with NBFLOW_SEED={seed} NBFLOW_SCHEDULES=1)") from error
    return world


@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_schedule_ends_and_keeps_the_rules(part):
    """Every run ends, keeps the rules at every step, and is the same when replayed after a crash."""
    for seed in range(SEED + part, SEED + SCHEDULES, PARTS):
        play(seed)
