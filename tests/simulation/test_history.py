"""What a run's history says of an instant is what replaying the log up to that instant says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nbflow.core.event import Event, GroupDecided
from nbflow.core.history import NOT_YET, history, look_back, notes
from nbflow.core.state import replay
from nbflow.core.status import Verdict

from .snapshots import snapshot
from .world import World

SEEDS = range(60)


def stood(log: list[Event], at: float, jobs: tuple[str, ...]) -> str:
    """The letters of *jobs* at *at*, by replaying what had happened until then."""
    run = replay(event for event in log if event.at <= at)
    return "".join(run.jobs[name].status.letter if name in run.jobs else NOT_YET for name in jobs)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_instant_is_as_it_was(seed: int) -> None:
    """At each event, between any two of them, before the first and after the last."""
    world = World(seed)
    world.play()
    past = history(notes(look_back(world.log)))
    instants = sorted({event.at for event in world.log})
    between = [(one + other) / 2 for one, other in pairwise(instants)]
    for at in (instants[0] - 1, *instants, *between, instants[-1] + 1):
        assert past.letters(at) == stood(world.log, at, past.jobs), at


@pytest.mark.parametrize("seed", SEEDS[:20])
def test_verdicts_of_groups_are_those_recorded(seed: int) -> None:
    """In the order in which they were."""
    world = World(seed)
    world.play()
    recorded = [(each.at, each.group, each.verdict) for each in world.log if isinstance(each, GroupDecided)]
    assert list(history(notes(look_back(world.log))).verdicts) == recorded
    assert all(isinstance(verdict, Verdict) for _, _, verdict in recorded)


def test_looking_back_changes_nothing() -> None:
    """The run that has a course is the run that has none."""
    world = World(3)
    world.play()
    assert snapshot(look_back(world.log)) == snapshot(replay(world.log))
