"""`%nbflow why`, in one sentence."""

from typing import Any

import pytest

from nbflow.core import event as e
from nbflow.core.policies import AtLeast
from nbflow.core.rules import Rule
from nbflow.core.run import Run
from nbflow.core.status import Reason
from nbflow.notebook.explain import explain
from tests.unit.core import build
from tests.unit.core.build import MEND, UNDO, VALUE, ask, begin_step, came, did, end, job, retry_due, run_of, start

MENDS = Rule(exits=("10",), retries=2, script="./fix.sh", label="--on-exit 10:2:./fix.sh")
EXIT = Reason("exit code", "10", 1)


def failed(run: Run, at: float = 2.0, **more: Any) -> Run:
    """The one job of *run* has failed with exit code 10."""
    name = next(iter(run.jobs))
    assert start(run, name, 1.0)
    assert end(run, name, "failed", at, EXIT, exit_code=10, **more)
    return run


def recovering() -> Run:
    run = failed(run_of(job("a", rules=(MENDS,))))
    begin_step(run, "a", 2.0)
    return run


def rolling_back() -> Run:
    run = failed(run_of(job("a", rollback=UNDO)))
    begin_step(run, "a", 2.0)
    return run


def falling_back() -> Run:
    run = failed(run_of(job("a", rollback=UNDO, fallback=MEND)))
    did(run, "a", "rollback", "failed", 2.0)
    begin_step(run, "a", 2.0)
    return run


def recovered() -> Run:
    run = failed(run_of(job("a", fallback=MEND)))
    did(run, "a", "fallback", at=3.0)
    return run


def rolled_back_badly() -> Run:
    run = failed(run_of(job("a", rollback=UNDO)))
    did(run, "a", "rollback", "failed", 2.0)
    return run


def recovery_failed() -> Run:
    run = failed(run_of(job("a", rules=(MENDS,))))
    did(run, "a", "recovery", "failed", 2.0)
    return run


def substituted() -> Run:
    run = failed(run_of(job("a", outputs=("x",))))
    assert ask(run, "skip", "a", outputs={"x": VALUE})
    return run


def reused(run_number: int = 3, missed: str = "") -> Run:
    run = run_of(job("a", cache=True))
    about = {"at": 1.0, "job": "a", "generation": 1}
    if missed:
        assert build.take(run, e.CacheMissed(**about, key="k", why=missed))
        came(run, "a")
    else:
        assert build.take(run, e.JobReused(**about, run=run_number, attempt="k1", seconds=190.0))
    return run


def unknown() -> Run:
    run = run_of(job("a", once=True))
    assert start(run, "a")
    assert end(run, "a", "lost")
    return run


def retrying(paused: bool = False) -> Run:
    run = failed(run_of(job("a", retries=2)))
    assert retry_due(run, "a", 12.0, 2.0)
    if paused:
        assert build.take(run, e.PauseRequested(at=3.0))
    return run


def skipped(kind: str) -> Run:
    run = run_of(job("a", condition="x"), job("b", "a"))
    if kind == "condition":
        assert start(run, "a")
        assert end(run, "a", "skipped", reason=Reason("condition", "x"))
    elif kind == "upstream":
        came(run, "a", "failed")
    else:
        assert ask(run, kind, "a")
    return run


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (run_of(job("a", hold=True)), "a is held: %nbflow run a starts it."),
        (run_of(job("a")), "a is ready and waits for a free slot."),
        (recovering(), "a is recovering by rule --on-exit 10:2:./fix.sh, for 0:04: after exit 10."),
        (rolling_back(), "a is rolling back with undo, for 0:04: after exit 10."),
        (falling_back(), "a is falling back with mend, for 0:04: after exit 10."),
        (recovered(), "a was recovered by its fallback mend after attempt 1 of 1 had failed: exit 10."),
        (rolled_back_badly(), "a failed after attempt 1 of 1: exit 10 (its rollback failed: exit 3)."),
        (recovery_failed(), "a failed after attempt 1 of 2: recovery failed: exit 3 (attempt 1 failed: exit 10)."),
        (substituted(), "a was skipped by a person, with other values in the place of its own."),
        (reused(), "a was reused from run 3, 3 m 10 s saved: the same code on the same inputs."),
        (reused(1), "a was reused from before in this run, 3 m 10 s saved: the same code on the same inputs."),
        (reused(missed="line 3 changed"), "a succeeded; it was not reused: line 3 changed."),
        (unknown(), "a has no known end (lost: nobody saw how attempt 1 ended, and it is not to start twice): "
         "%nbflow retry a starts it again."),
        (retrying(), "a failed (exit 10) and runs again in 0:06: attempt 1 of 3 has ended."),
        (retrying(paused=True),
         "a failed (exit 10) and runs again when the run is unpaused: attempt 1 of 3 has ended."),
        (skipped("condition"), "a was skipped: condition: x."),
        (skipped("skip"), "a was skipped."),
        (skipped("cancel"), "a was cancelled."),
    ],
)  # fmt: skip
def test_every_status_is_explained(run: Run, sentence: str) -> None:
    """Status, what follows or what led there, and what one can do, in one sentence."""
    assert explain(run, "a", 6.0) == sentence


def test_a_job_that_is_skipped_because_of_another_names_it() -> None:
    """The root of a cascade, and what a group has come to."""
    assert explain(skipped("upstream"), "b", 1.0) == "b was skipped: upstream failed: a."
    run = run_of(job("m", group="g"), job("b", build.GroupNeed("g", ("m",))), g=AtLeast(1))
    came(run, "m", "failed")
    assert explain(run, "b", 1.0).startswith("b was skipped: upstream failed: g (")


def test_a_running_job_says_when_its_deadline_is() -> None:
    """With the time it has been running for, and what it was asked meanwhile."""
    run = run_of(job("a", deadline=60.0), job("b"))
    start(run, "a", at=10.0)
    start(run, "b", at=10.0)
    assert explain(run, "a", 14.0) == "a is running: attempt 1 of 1, for 0:04, its deadline is in 0:56."
    assert explain(run, "b", 14.0) == "b is running: attempt 1 of 1, for 0:04."
    assert ask(run, "cancel", "b")
    assert explain(run, "b", 14.0) == "b is running: attempt 1 of 1, for 0:04, being cancelled."
