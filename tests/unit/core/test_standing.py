"""How a run stands, in a line."""

from __future__ import annotations

from typing import Any

import pytest

from nbflow.core.standing import Stander, standing
from nbflow.core.status import Status


def ran(start: float, end: float | None) -> dict[str, Any]:
    return {"started_at": start, "ended_at": end, "end": "succeeded" if end is not None else None, "generation": 1}


def test_every_status_is_told_once() -> None:
    """By its sign or its word: nothing that a job can be is passed over."""
    said = standing([status.value for status in Status])
    assert sum(int(part.split()[0]) for part in said.split(" · ")) == len(Status)


@pytest.mark.parametrize("left", [None, 0.0, 0.4])
def test_what_is_over_at_once_is_not_said(left: float | None) -> None:
    """Nor what nobody knows."""
    assert standing("SR", left) == "1 ✓ · 1 running"


def test_what_is_left_shrinks_while_nothing_else_changes() -> None:
    """It is estimated once; a paused run goes on for nobody knows how long."""
    jobs = {
        "a": {"status": "succeeded", "group": "g", "attempts": [ran(0.0, 60.0)]},
        "b": {"status": "running", "group": "g", "attempts": [ran(60.0, None)], "needs": ["a"]},
    }
    run = {"verdict": "running", "run": 1, "declarations": 2, "jobs": jobs, "groups": {}}
    stander = Stander()
    assert stander.line(run | {"now": 61.0}) == "1 ✓ · 1 running · about 1 m left"
    assert stander.line(run | {"now": 81.0}) == "1 ✓ · 1 running · about 40 s left"
    assert stander.line(run | {"now": 82.0, "paused": True}) == "1 ✓ · 1 running"
