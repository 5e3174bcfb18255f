"""What clicks in the view become: requests on what the person saw, and nothing where it has changed since."""

from __future__ import annotations

import pytest

from nbflow.core.event import SkipRequested
from nbflow.core.policies import Strict
from nbflow.core.project import project
from nbflow.core.spec import Call, JobNeed, JobSpec
from nbflow.core.state import accepts, evolve
from nbflow.core.status import Status
from nbflow.notebook.clicks import request
from nbflow.notebook.viewed import Viewed
from nbflow.testing import ManualClock, ScriptedExecutor, declare, drive


class Session:
    """A kernel's link to an engine that is a run in memory."""

    def __init__(self, run) -> None:
        self.run, self.asked = run, []
        self.replica = self.client = self

    def snapshot(self):
        return project(self.run, 0.0)

    def job(self, name):
        return self.run.jobs[name]

    def ask(self, *requests):
        taken = [one for one in requests if accepts(self.run, one)]
        for one in taken:
            evolve(self.run, one)
        self.asked += taken
        return len(taken)

    def log(self, key, stream, last=None):
        return f"{stream} of {key}"


SPECS = (
    JobSpec(name="load", outputs=("df",)),
    JobSpec(name="fit", group="fits", needs=(JobNeed("load"),), outputs=("model",)),
    JobSpec(name="other", group="fits", hold=True),
    JobSpec(name="score", needs=(JobNeed("fit"),)),
)


def played(**ends):
    run = declare(*SPECS, groups={"fits": Strict()})
    drive(run, ScriptedExecutor(ends), ManualClock())
    return Session(run)


def statuses(session) -> dict[str, Status]:
    return {name: job.status for name, job in session.run.jobs.items()}


def test_retry_is_of_one_job() -> None:
    """What was skipped for want of it waits again by itself; others stay as they are."""
    session = played(fit=["failed"])
    assert request(session, "retry", ["fit"], 1) == 1
    assert statuses(session)["fit"] is Status.READY
    assert statuses(session)["score"] is Status.WAITING
    assert statuses(session)["load"] is Status.SUCCEEDED


def test_retry_with_downstream_is_of_all_that_depends_on_it() -> None:
    """Upstream first, each once, and only what has ended."""
    session = played()
    assert request(session, "retry-downstream", ["load"], 1) == 3
    assert [request.job for request in session.asked] == ["load", "fit", "score"]
    assert statuses(session)["score"] is Status.WAITING


@pytest.mark.parametrize("op", ["retry", "retry-downstream", "skip", "skip-last", "cancel"])
def test_a_stale_click_on_a_job_does_nothing(op: str) -> None:
    """The person saw another generation."""
    session = played(fit=["failed"])
    assert request(session, op, ["fit"], 7) == 0
    assert session.asked == []


def test_the_last_good_outputs_stand_in() -> None:
    """Of an attempt that succeeded before; there is no such thing for a job that never did."""
    session = played(load=["succeeded", "failed"], fit=["failed"])
    assert request(session, "skip-last", ["fit"], 1) == 0
    assert request(session, "retry", ["load"], 1) == 1
    drive(session.run, ScriptedExecutor({"load": ["failed"]}), ManualClock())
    assert request(session, "skip-last", ["load"], 2) == 1
    assert isinstance(session.asked[-1], SkipRequested)
    assert statuses(session)["load"] is Status.SUBSTITUTED


def test_a_groups_buttons_mean_some_of_its_members() -> None:
    """Retry those that have failed, cancel those that have not ended."""
    session = played(fit=["failed"])
    assert request(session, "retry-group", ["fits"], 2) == 1
    assert [request.job for request in session.asked] == ["fit"]
    assert request(session, "cancel-group", ["fits"], 3) == 2
    assert {request.job for request in session.asked[1:]} == {"fit", "other"}


def test_a_stale_click_on_a_group_does_nothing() -> None:
    """One of its members has been tried anew since."""
    session = played(fit=["failed"])
    request(session, "retry", ["fit"], 1)
    assert request(session, "cancel-group", ["fits"], 2) == 0


def test_pause_and_unpause_are_of_the_run() -> None:
    """Each takes effect once."""
    session = played()
    assert [request(session, op, [], None) for op in ("pause", "pause", "unpause")] == [1, 0, 1]


def test_the_log_of_a_step_is_its_own() -> None:
    """By the key of the step; what is not there has none."""
    run = declare(JobSpec(name="fit", fallback=Call("=7", expression="7")))
    drive(run, ScriptedExecutor({"fit": ["failed"]}), ManualClock())
    session = Session(run)
    (attempt,) = run.jobs["fit"].attempts
    (step,) = attempt.steps
    assert Viewed(session).log("fit", 1, None).startswith(f"out of {attempt.key}\nerr of {attempt.key}")
    assert Viewed(session).log("fit", 1, 0).startswith(f"out of {step.key}\nerr of {step.key}")
    assert Viewed(session).log("fit", 1, 1) == Viewed(session).log("fit", 2, None) == ""
