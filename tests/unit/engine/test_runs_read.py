"""Runs read from the log, to be looked at: nothing is taken up for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.core.event import JobDeclared
from nbflow.core.history import history, notes
from nbflow.errors import EngineError, StoreError
from tests.unit.engine.processes import chain, connected, finish


def test_an_earlier_run_is_read_whole(tmp_path: Path) -> None:
    """Its events, its state, its past; the present run is another one and goes on."""
    with connected(tmp_path) as client:
        earlier = client.open("flow")
        earlier.declare(chain("x = 1", "x = x + 1"))
        finish(earlier)
        present = client.open("flow", -1)
        read = client.read("flow", 1)
        assert (read.info.number, present.info.number) == (1, 2)
        assert read.events() == earlier.events()
        assert history(notes(read.run)).letters(read.events()[-1].at) == "SS"
        present.declare(chain("y = 1"))
        finish(present)
        assert read.events() == earlier.events()


def test_what_is_only_read_is_not_followed(tmp_path: Path) -> None:
    """A run that is read goes on without telling, and takes no requests by way of that."""
    with connected(tmp_path) as client:
        client.open("flow").declare(chain("x = 1"))
        finish(client.open("flow"))
    with connected(tmp_path) as client:
        read = client.read("flow", 1)
        with pytest.raises(EngineError, match="not open"):
            read.declare(chain("y = 2"))
        assert [event.job for event in read.events() if isinstance(event, JobDeclared)] == ["j0"]


def test_a_run_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With how many there are."""
    with connected(tmp_path) as client:
        client.open("flow")
        with pytest.raises(StoreError, match="has no run 7: it has 1"):
            client.read("flow", 7)


def test_runs_are_told_with_their_times(tmp_path: Path) -> None:
    """From the first start to the last end; a run without jobs has neither."""
    with connected(tmp_path) as client:
        first = client.open("flow")
        first.declare(chain("x = 1", "x = x + 1"))
        finish(first)
        client.open("flow", -1)
        one, other = client.runs("flow")
        tries = [attempt for job in first.run.jobs.values() for attempt in job.attempts]
        assert (one.began_at, one.ended_at) == (tries[0].started_at, tries[-1].ended_at)
        assert (one.verdict, one.counts) == ("succeeded", {"succeeded": 2})
        assert (other.began_at, other.ended_at, other.counts) == (None, None, {})
