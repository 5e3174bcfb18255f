"""The checks of the simulation bite: rules broken on purpose are found within a few thousand schedules."""

from __future__ import annotations

import pytest

from .broken import BROKEN
from .world import World

SCHEDULES = 4000


def found(schedules: int = SCHEDULES) -> str:
    """What the first schedule that breaks a rule says; empty if none does."""
    for seed in range(schedules):
        try:
            World(seed).play()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize("broken", BROKEN, ids=lambda variant: variant.__name__)
def test_a_broken_rule_is_found(broken, monkeypatch):
    """A core with this one fault does not pass."""
    broken(monkeypatch)
    assert found() != "", "no schedule noticed"


def test_the_rules_as_they_are_pass():
    """The same schedules find nothing in the core as it is."""
    assert found(1000) == ""
