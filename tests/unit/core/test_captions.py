"""What stands under a job's name: the one fact that matters in its status, counted as people count."""

from __future__ import annotations

import pytest

from nbflow.core.captions import Caption, caption, counts, policy_words, took
from nbflow.core.status import Status
from tests.unit.snapshots import AT, attempt, job, mended, ten

SAID = {
    "load": "12.4 s · attempt 2",
    "params": "20 ms",
    "fit_lasso": "LinAlgError · 3 attempts",
    "fit_trees": "0:26",
    "plot": "0:08 · attempt 2 of 3",
    "report": "needs fits",
    "export": "again in 0:04",
    "audit": "fit_lasso failed",
    "upload": "held",
    "queue": "queued",
    "old": "by hand",
}


@pytest.mark.parametrize(("name", "said"), SAID.items())
def test_each_status_says_its_fact(name: str, said: str) -> None:
    """Duration, time so far, time until, what is missing, or why not."""
    snapshot = ten()
    assert caption(snapshot["jobs"][name]).said_at(snapshot["now"]) == said


@pytest.mark.parametrize("status", Status)
def test_a_job_without_any_attempt_has_a_caption(status: Status) -> None:
    """No status needs an attempt, a reason or a due time to be said."""
    assert caption(job(str(status))).said_at(AT)


def test_attempts_of_older_generations_do_not_count() -> None:
    """After a person's retry the first new attempt is not called attempt 4."""
    tries = [attempt(n, n, 1.0, "failed") for n in (1, 2, 3)]
    good = job(attempts=[*tries, attempt(4, 9, 2.0)], generation=2) | {"try": 1}
    going = job("running", (), [*tries, attempt(4, 9, None)], generation=2) | {"try": 1}
    failed = job("failed", (), [*tries, attempt(4, 9, 2.0, "failed")], reason={"kind": "timeout"}) | {"try": 1}
    assert caption(good).text == "2.0 s"
    assert caption(going).said_at(AT + 12) == "0:03"
    assert caption(failed).text == "timeout"


def test_a_job_that_starts_says_so() -> None:
    """Running without a start known yet: no clock."""
    assert caption(job("running")) == Caption("starting")


def test_many_needs_are_counted() -> None:
    """Three names would not fit: one and how many more."""
    assert caption(job("waiting", ("a", "b", "c"))).text == "needs a and 2 more"


def test_a_time_that_is_past_is_not_negative() -> None:
    """Overdue reads as due soon: it waits for a slot."""
    assert caption(job("retrying", due_at=AT)).said_at(AT + 5) == "again soon"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ({"kind": "exit code", "detail": "10"}, "exit 10"),
        ({"kind": "signal", "detail": "SIGKILL"}, "SIGKILL"),
        ({"kind": "exception", "detail": ""}, "exception"),
        ({"kind": "exception", "detail": "KeyError: 'a:b'"}, "KeyError"),
        ({"kind": "out of memory", "detail": "2.1 GB"}, "out of memory"),
        ({}, "failed"),
    ],
)
def test_a_failure_says_why_in_a_word(reason: dict, said: str) -> None:
    """The class or kind only; the sentence is in the drawer and the tooltip."""
    assert caption(job("failed", reason=reason)).text == said


def test_a_clock_that_went_back_makes_no_negative_duration() -> None:
    """An end before its start took no time."""
    assert took(attempt(1, 5, -3.0)) == 0.0
    assert took(attempt(1, 5, None)) is None


def test_counts_keep_the_order_of_the_header() -> None:
    """Good news first, then what moves, what failed, what waits."""
    assert list(counts(["held", "failed", "running", "succeeded"])) == ["succeeded", "running", "failed", "held"]


def test_an_unknown_policy_is_shown_as_written() -> None:
    """A newer engine's policy is no reason to show nothing."""
    assert policy_words("quorum:3", 5) == "quorum:3"


MENDED = {
    "fetch": "recovering: rule exit 10",
    "prices": "recovered by use_cache",
    "rates": "falling back: last_month",
    "orders": "rolling back: drop_orders",
    "sites": "exit 10",
    "fit": "substituted by hand",
    "send": "its end was not seen",
}


@pytest.mark.parametrize(("name", "said"), MENDED.items())
def test_what_is_done_about_a_failure_is_said(name: str, said: str) -> None:
    """By what, where that has a name."""
    snapshot = mended()
    assert caption(snapshot["jobs"][name]).said_at(snapshot["now"]) == said


def test_a_reused_job_says_where_it_is_from() -> None:
    """And a planned one what is planned."""
    assert caption(job("reused", reused={"run": 3})).text == "from run 3"
    assert caption(job("held", planned="to run: line 3 changed")).text == "to run: line 3 changed"


def test_a_job_that_a_pause_holds_back_says_so() -> None:
    """It is not a slot that it waits for."""
    assert caption(job("ready", reason_text="waits: the run is paused")).text == "paused"
    assert caption(job("ready", reason_text="waits for a free slot")).text == "queued"
