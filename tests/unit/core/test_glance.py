"""A glance says what a snapshot says."""

from __future__ import annotations

from typing import Any

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, RetryRequested
from nbflow.core.glance import Glance
from nbflow.core.light import generations, letters, span
from nbflow.core.project import project
from nbflow.core.run import Run
from nbflow.core.shape import shape
from nbflow.core.spec import JobNeed, JobSpec
from nbflow.core.state import evolve
from nbflow.testing import declare
from tests.unit.snapshots import ten


def plain(view: Any) -> Any:
    """Mappings as dicts."""
    return {key: plain(view[key]) for key in view} if hasattr(view, "keys") else view


@pytest.fixture
def run() -> Run:
    """A run with a job that has succeeded and was asked for again, one that waits, and one that was withdrawn."""
    found = declare(
        JobSpec(name="a", group="g"), JobSpec(name="b", needs=(JobNeed("a"),)), JobSpec(name="c", withdrawn=True)
    )
    evolve(found, AttemptStarted(at=1.0, job="a", generation=1, attempt=1, key="k"))
    evolve(found, AttemptEnded(at=3.0, job="a", generation=1, attempt=1, end="succeeded"))
    evolve(found, RetryRequested(at=4.0, job="a", generation=1))
    return found


def test_a_glance_is_the_snapshot_read_piecemeal(run: Run) -> None:
    """Every key of every job and group, and nothing besides."""
    assert plain(Glance(run, 5.0)) == project(run, 5.0)


def test_letters_and_generations_are_those_of_the_snapshot(run: Run) -> None:
    """However the jobs are held."""
    for jobs in (Glance(run, 5.0)["jobs"], project(run, 5.0)["jobs"]):
        assert (letters(jobs), generations(jobs), span(jobs)) == ("QW", {0: 2}, (1.0, 3.0))


def test_a_withdrawn_job_is_not_there(run: Run) -> None:
    """As in a snapshot."""
    jobs = Glance(run, 5.0)["jobs"]
    assert "c" not in jobs
    assert list(jobs) == ["a", "b"]


def test_the_shape_is_the_same(run: Run) -> None:
    """A picture can be drawn from either."""
    assert shape(Glance(run, 5.0)) == shape(project(run, 5.0))


def test_declarations_are_counted(run: Run) -> None:
    """What is declared changes the flow's shape; what happens does not."""
    before = run.declarations
    evolve(run, AttemptStarted(at=6.0, job="a", generation=2, attempt=2, key="l"))
    assert run.declarations == before


def test_a_span_counts_what_followed_attempts() -> None:
    """Steps are part of the run's time."""
    assert span(ten()["jobs"])[0] is not None
    assert span({}) == (None, None)
