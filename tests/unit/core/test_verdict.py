"""What a run has come to: who saved it, and what counts as by its own choice."""

from __future__ import annotations

import pytest

from nbflow.core.outcome import unexcused, verdict
from nbflow.core.policies import AtLeast, BestEffort
from nbflow.core.rules import Rule
from nbflow.core.spec import Response
from nbflow.core.status import Reason
from nbflow.testing import ScriptedExecutor, drive

from .build import MEND, UNDO, VALUE, ask, came, end, job, run_of, start


def saved(run):
    drive(run, ScriptedExecutor({"a": "failed"}))
    return run


@pytest.mark.parametrize(
    ("run", "came_to"),
    [
        (lambda: run_of(), "succeeded"),
        (lambda: saved(run_of(job("b"))), "succeeded"),
        (lambda: saved(run_of(job("a"), job("b"))), "failed"),
        (lambda: saved(run_of(job("a", fallback=MEND))), "degraded"),
        (lambda: saved(run_of(job("a"), job("b", "a", on_missing="none"))), "degraded"),
        (lambda: saved(run_of(job("a"), job("b", "a", on_missing="pass"))), "degraded"),
        (lambda: saved(run_of(job("a"), job("b", "a", on_missing="=0"))), "degraded"),
        (lambda: saved(run_of(job("a"), job("b", "a?"))), "degraded"),
        (lambda: saved(run_of(job("a", group="g"), g=BestEffort())), "degraded"),
        (lambda: saved(run_of(job("a", group="g"), job("b", group="g"), g=AtLeast(1))), "degraded"),
        (lambda: saved(run_of(job("a", hold=True))), "succeeded"),
    ],
)
def test_verdicts(run, came_to):
    """Saved by a fallback, a policy or a tolerant dependent: degraded."""
    assert verdict(run()) == came_to


@pytest.mark.parametrize("more", [{}, {"outputs": {"x": VALUE}}])
def test_a_person_who_skips_saves_the_run(more):
    """With a value or without: degraded, and nothing is left to excuse."""
    run = saved(run_of(job("a", outputs=("x",))))
    ask(run, "skip", "a", **more)
    assert (verdict(run), unexcused(run)) == ("degraded", {})


def test_an_unknown_end_is_a_failure():
    """Until a person says otherwise."""
    run = run_of(job("a", once=True))
    came(run, "a", "lost")
    assert (verdict(run), list(unexcused(run))) == ("failed", ["a"])
    ask(run, "skip", "a")
    assert verdict(run) == "degraded"


def test_a_choice_of_the_flow_is_no_loss():
    """A false condition, and what is skipped only because of it; what a job stops from inside."""
    run = run_of(job("a", condition="x"), job("b", "a"), job("c", "b"), job("d"))
    came(run, "a", "skipped", reason=Reason("condition", "x"))
    drive(run)
    assert verdict(run) == "succeeded"
    run = run_of(job("a"), job("b", "a"), job("c", "b"))
    start(run, "a")
    end(run, "a", response=Response(stop_children=True))
    assert [run.jobs[name].status.value for name in "bc"] == ["skipped", "skipped"]
    assert verdict(run) == "succeeded"


@pytest.mark.parametrize("under_way", ["recovering", "rolling back", "falling back"])
def test_a_run_with_a_step_ahead_is_running(under_way):
    """Though no attempt is."""

    options = {
        "recovering": {"rules": (Rule(exits=("*",), script="fix.sh"),)},
        "rolling back": {"rollback": UNDO},
        "falling back": {"fallback": MEND},
    }
    run = run_of(job("a", **options[under_way]))
    came(run, "a", "failed")
    assert (run.jobs["a"].status.value, verdict(run)) == (under_way, "running")
