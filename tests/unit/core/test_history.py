"""A run's past, told in shifts of status."""

from __future__ import annotations

from nbflow.core.event import AttemptStarted, Event, JobDeclared, RetryScheduled, RunOpened
from nbflow.core.history import History, Shift, history, look_back, notes
from nbflow.core.spec import JobNeed, JobSpec, Retry
from nbflow.core.state import empty
from nbflow.testing import declare
from tests.unit.core.build import end, job, run_of, start, take


def past(*events: Event) -> History:
    return history(notes(look_back([RunOpened(at=0.0, flow="f", number=1), *events])))


def test_a_job_is_not_there_before_its_declaration() -> None:
    """It has no status then, which a letter of its own says."""
    found = past(JobDeclared(at=1.0, spec=JobSpec(name="a")), JobDeclared(at=2.0, spec=JobSpec(name="b")))
    assert [found.letters(at) for at in (0.0, 1.0, 2.0)] == ["__", "Q_", "QQ"]


def test_only_what_lasts_is_told() -> None:
    """A job that is declared stands in its first status at once: one shift, not two."""
    found = past(JobDeclared(at=1.0, spec=JobSpec(name="a")))
    assert found.shifts == (Shift(1.0, 0, "Q"),)


def test_a_withdrawn_job_has_no_number() -> None:
    """The numbers are those of a snapshot."""
    specs = JobSpec(name="a", withdrawn=True), JobSpec(name="b", needs=(JobNeed("c"),)), JobSpec(name="c")
    found = past(*(JobDeclared(at=1.0, spec=spec) for spec in specs))
    assert (found.jobs, found.letters(1.0)) == (("b", "c"), "WQ")


def test_a_clock_that_was_set_back_does_not_turn_the_order() -> None:
    """What came later in the log stays later."""
    found = past(
        JobDeclared(at=5.0, spec=JobSpec(name="a")),
        AttemptStarted(at=3.0, job="a", generation=1, attempt=1, key="k"),
    )
    assert [shift.at for shift in found.shifts] == sorted(shift.at for shift in found.shifts)
    assert found.letters(9.0) == "R"


def test_without_a_course_nothing_is_known() -> None:
    """A run that nobody wants to look back at keeps no notes."""
    run = declare(JobSpec(name="a"))
    assert run.course is None
    assert history(notes(run)).shifts == ()
    assert empty().course is None


def test_an_attempt_knows_since_when_it_could_have_started() -> None:
    """A first one since its needs were met, a later one since its backoff was over."""
    run = run_of(job("a"), job("b", "a", retries=1))
    start(run, "a", 1.0)
    end(run, "a", at=4.0)
    start(run, "b", 6.0)
    end(run, "b", "failed", at=7.0)
    take(run, RetryScheduled(at=7.0, job="b", generation=1, attempt=1, due_at=9.0))
    start(run, "b", 9.5)
    assert [attempt.ready_at for attempt in run.jobs["b"].attempts] == [4.0, 9.0]
    assert run.jobs["b"].spec.retry == Retry(attempts=2)
