"""Random schedules of groups: nested, retried, rolled back, judged by custom policies."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from .groups import GroupWorld

COUNT = int(os.environ.get("NBFLOW_GROUP_SCHEDULES", "400"))
SHARDS = 5


@pytest.mark.parametrize("shard", range(SHARDS))
def test_any_schedule_of_groups_keeps_the_rules(shard):
    """Each seed is a schedule; a failure names it."""
    seen = Counter[str]()
    for seed in range(shard, COUNT, SHARDS):
        world = GroupWorld(seed)
        try:
            world.play()
        except AssertionError as error:
            raise AssertionError(f"GroupWorld({seed}): {error}") from error
        seen += world.seen
    assert all(seen[kind] > 0 for kind in ("GroupRetried", "GroupJudged", "StepStarted", "GroupDecided")), seen
