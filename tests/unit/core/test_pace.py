"""How much longer a run goes on."""

from __future__ import annotations

from nbflow.core.event import AttemptEnded, AttemptStarted
from nbflow.core.glance import Glance
from nbflow.core.pace import Pace
from nbflow.core.project import project
from nbflow.core.spec import JobNeed, JobSpec
from nbflow.core.state import evolve
from nbflow.testing import declare
from tests.unit.snapshots import AT, attempt, job


def ran(seconds: float, **more: object) -> dict:
    return job(attempts=[attempt(1, 0, seconds)], **more)


def test_what_nobody_has_seen_end_is_not_guessed() -> None:
    """One job that is unlike any other makes the whole estimate impossible."""
    jobs = {"a": ran(4.0), "b": job("waiting", ("a",))}
    assert Pace(jobs, {"b": ["a"]}, 2).left(AT) is None


def test_what_has_run_a_while_takes_that_much_less() -> None:
    """But never less than nothing."""
    jobs = {"f[1]": ran(10.0, fan="f"), "f[2]": job("running", (), [attempt(1, 20, None)], fan="f")}
    assert Pace(jobs, {}, 2).left(AT + 24) == 6.0
    assert Pace(jobs, {}, 2).left(AT + 99) == 0.0


def test_work_that_shares_slots_takes_longer_than_its_longest_chain() -> None:
    """Ten jobs of two seconds in two slots take ten."""
    jobs = {"f[0]": ran(2.0, fan="f")} | {f"f[{n}]": job("ready", fan="f") for n in range(1, 11)}
    assert Pace(jobs, {}, 2).left(AT) == 10.0


def test_a_chain_takes_as_long_as_its_parts() -> None:
    """However many slots there are."""
    jobs = {name: ran(3.0) for name in "abc"}
    assert Pace(jobs, {"b": ["a"], "c": ["b"]}, 9).again(["a", "b", "c"]) == 9.0


def test_a_run_that_has_ended_has_nothing_left() -> None:
    """Nor one that waits for a person."""
    assert Pace({"a": ran(3.0), "b": job("held")}, {}, 2).left(AT) is None


def test_a_glance_tells_the_same() -> None:
    """However the run is read."""
    run = declare(JobSpec(name="a", group="g"), JobSpec(name="b", group="g", needs=(JobNeed("a"),)))
    evolve(run, AttemptStarted(at=1.0, job="a", generation=1, attempt=1, key="k"))
    evolve(run, AttemptEnded(at=5.0, job="a", generation=1, attempt=1, end="succeeded"))
    evolve(run, AttemptStarted(at=5.0, job="b", generation=1, attempt=1, key="l"))
    for jobs in (Glance(run, 6.0)["jobs"], project(run, 6.0)["jobs"]):
        assert Pace(jobs, {"b": ["a"]}, 2).left(6.0) == 3.0
