"""What clicks in the view become: requests on what the person saw, and nothing where it has changed since."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from nbflow.core.event import SkipRequested
from nbflow.core.policies import Strict
from nbflow.core.project import project
from nbflow.core.spec import JobNeed, JobSpec
from nbflow.core.state import accepts, evolve
from nbflow.core.status import Status
from nbflow.errors import NbflowError
from nbflow.notebook.clicks import Clicks
from nbflow.testing import ManualClock, ScriptedExecutor, declare, drive
from nbflow.widget.requests import Asked


class Session:
    """A kernel's link to an engine that is a run in memory."""

    def __init__(self, run) -> None:
        self.run, self.asked = run, []
        self.replica = self.client = self
        self.lock = nullcontext()
        self.clicks = Clicks(self)
        self.number = 0

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


def click(session, op: str, **seen: int) -> dict:
    """Ask for *op* of the jobs, each of the generation that was *seen*."""
    session.number += 1
    return session.clicks.act(Asked(op, session.number, tuple(seen), tuple(seen.values())))


def undo(session, number: int | None = None) -> dict:
    """Take back the last request, or the one with that *number*."""
    return session.clicks.act(Asked("undo", 10_000, of=session.number if number is None else number))


def statuses(session) -> dict[str, Status]:
    return {name: job.status for name, job in session.run.jobs.items()}


def test_retry_is_of_one_job() -> None:
    """What was skipped for want of it waits again by itself; others stay as they are."""
    session = played(fit=["failed"])
    assert click(session, "retry", fit=1) == {"count": 1, "of": 1, "undo": False}
    assert statuses(session)["fit"] is Status.READY
    assert statuses(session)["score"] is Status.WAITING
    assert statuses(session)["load"] is Status.SUCCEEDED


def test_retry_with_downstream_is_of_all_that_depends_on_it() -> None:
    """Upstream first, each once, and only what has ended."""
    session = played()
    assert click(session, "retry-downstream", load=1)["count"] == 3
    assert [request.job for request in session.asked] == ["load", "fit", "score"]
    assert statuses(session)["score"] is Status.WAITING


@pytest.mark.parametrize("op", ["retry", "retry-downstream", "skip", "skip-last", "cancel"])
def test_a_stale_click_on_a_job_does_nothing(op: str) -> None:
    """The person saw another generation."""
    session = played(fit=["failed"])
    assert click(session, op, fit=7) == {"count": 0, "of": 1, "undo": False}
    assert session.asked == []


def test_of_many_jobs_those_that_have_changed_are_left_out() -> None:
    """Each goes by the generation that was seen of it, and the answer says how many did."""
    session = played(fit=["failed"], load=["failed"])
    click(session, "retry", load=1)
    assert click(session, "cancel", load=1, other=1) == {"count": 1, "of": 2, "undo": False}
    assert statuses(session)["other"] is Status.CANCELLED
    assert statuses(session)["load"] is Status.READY


def test_the_last_good_outputs_stand_in() -> None:
    """Of an attempt that succeeded before; there is no such thing for a job that never did."""
    session = played(load=["succeeded", "failed"], fit=["failed"])
    assert click(session, "skip-last", fit=1)["count"] == 0
    assert click(session, "retry", load=1)["count"] == 1
    drive(session.run, ScriptedExecutor({"load": ["failed"]}), ManualClock())
    assert click(session, "skip-last", load=2)["count"] == 1
    assert isinstance(session.asked[-1], SkipRequested)
    assert statuses(session)["load"] is Status.SUBSTITUTED


def test_pause_and_unpause_are_of_the_run() -> None:
    """Each takes effect once."""
    session = played()
    assert [click(session, op)["count"] for op in ("pause", "pause", "unpause")] == [1, 0, 1]


def test_pause_is_taken_back() -> None:
    """Once: what has been taken back is not there any more."""
    session = played()
    assert click(session, "pause")["undo"]
    assert undo(session)["count"] == 1
    assert not session.run.paused
    with pytest.raises(NbflowError, match="already"):
        undo(session)


def test_skips_of_what_has_not_run_are_taken_back_together() -> None:
    """What they kept from running waits again."""
    session = Session(declare(*SPECS, groups={"fits": Strict()}))
    assert click(session, "skip", load=1, fit=1)["undo"]
    assert statuses(session)["score"] is Status.SKIPPED
    assert undo(session)["count"] == 2
    assert statuses(session) == {
        "load": Status.READY,
        "fit": Status.WAITING,
        "other": Status.HELD,
        "score": Status.WAITING,
    }


def test_what_cannot_be_put_back_is_not_offered() -> None:
    """A failure that was retried or skipped, what was held, a success."""
    session = played(fit=["failed"])
    offered = [click(session, op, **{job: 1}) for op, job in (("retry", "load"), ("run", "other"), ("skip", "fit"))]
    assert [(one["count"], one["undo"]) for one in offered] == [(1, False)] * 3


def test_a_late_undo_does_nothing_and_says_so() -> None:
    """The job has been tried anew since; the run stays as it is."""
    session = Session(declare(*SPECS))
    click(session, "cancel", load=1)
    number = session.number
    click(session, "retry", load=1)
    before = statuses(session)
    with pytest.raises(NbflowError, match="begun or changed since"):
        undo(session, number)
    assert statuses(session) == before
