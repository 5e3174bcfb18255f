"""A person's hand: run, retry, skip, cancel, on a job in every status."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.plan import Stop
from nbflow.core.status import Reason, Status

from .build import ask, came, end, job, orders, reason, retry_due, run_of, start, starts, status, take


def held():
    return run_of(job("x"), job("a", hold=True))


def waiting():
    return run_of(job("x"), job("a", "x"))


def ready():
    return run_of(job("a"))


def running():
    run = run_of(job("a"))
    start(run, "a")
    return run


def retrying():
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    retry_due(run, "a", due_at=9.0)
    return run


def succeeded():
    run = run_of(job("a"))
    came(run, "a")
    return run


def failed():
    run = run_of(job("a"))
    came(run, "a", "failed")
    return run


def upstream_failed():
    run = run_of(job("x"), job("a", "x"))
    came(run, "x", "failed")
    return run


def skipped():
    run = run_of(job("a"))
    ask(run, "skip", "a")
    return run


def cancelled():
    run = run_of(job("a"))
    ask(run, "cancel", "a")
    return run


MAKERS = [held, waiting, ready, running, retrying, succeeded, failed, upstream_failed, skipped, cancelled]
# What each request makes of a job in each of these situations, in the order of MAKERS; "-" is a no-op.
AFTER = {
    "run": "ready - - - - - - - - -",
    "retry": "- - - - - ready ready skipped ready ready",
    "skip": "skipped skipped skipped running skipped - skipped skipped - skipped",
    "cancel": "cancelled cancelled cancelled running cancelled - - - - -",
}


@pytest.mark.parametrize("what", AFTER)
@pytest.mark.parametrize("place", range(len(MAKERS)), ids=[maker.__name__ for maker in MAKERS])
def test_a_request_on_a_job(what, place):
    """Taken where it means something, a no-op elsewhere."""
    run, wanted = MAKERS[place](), AFTER[what].split()[place]
    before = status(run, "a"), run.jobs["a"].reason, run.jobs["a"].generation, run.seq
    taken = ask(run, what, "a")
    if wanted == "-":
        assert not taken
        assert (status(run, "a"), run.jobs["a"].reason, run.jobs["a"].generation, run.seq) == before
    else:
        assert taken
        assert status(run, "a") == wanted
        assert run.jobs["a"].generation == before[2] + (what == "retry")


@pytest.mark.parametrize("what", AFTER)
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_a_request_for_an_older_generation_is_stale(maker, what):
    """A click on what is no longer there does nothing."""
    run = maker()
    take(run, e.JobDeclared(at=0.0, spec=run.jobs["a"].spec))
    assert not ask(run, what, "a", generation=1)


@pytest.mark.parametrize(("what", "kind"), [("skip", "skipped"), ("cancel", "cancelled")])
def test_a_running_job_is_stopped_first(what, kind):
    """The status stays running until the attempt has ended, then tells what the person asked for."""
    run = run_of(job("a", retries=5))
    start(run, "a")
    ask(run, what, "a")
    assert orders(run).orders == (Stop("a", 1, 1, Reason(kind)),)
    assert not ask(run, what, "a"), "asked twice"
    end(run, "a", "cancelled")
    assert (status(run, "a"), reason(run, "a")) == (kind, kind)


@pytest.mark.parametrize("how", ["failed", "lost", "cancelled"])
@pytest.mark.parametrize(("what", "wanted"), [("skip", "skipped"), ("cancel", "cancelled")])
def test_no_retry_of_a_job_that_was_asked_to_stop(what, wanted, how):
    """However the attempt ends, short of success."""
    run = run_of(job("a", retries=5))
    start(run, "a")
    ask(run, what, "a")
    end(run, "a", how)
    assert status(run, "a") == wanted


@pytest.mark.parametrize("what", ["skip", "cancel"])
def test_a_success_that_comes_although_a_stop_was_asked_counts(what):
    """Nobody loses work."""
    run = running()
    ask(run, what, "a")
    end(run, "a")
    assert status(run, "a") == "succeeded"


def test_the_last_of_two_requests_counts():
    """Cancel, then skip, of a running job: skipped."""
    run = running()
    ask(run, "cancel", "a")
    assert ask(run, "skip", "a")
    end(run, "a", "cancelled")
    assert status(run, "a") == "skipped"


def test_cancelling_a_declared_anew_job_leaves_its_old_attempt_to_be_stopped():
    """The new generation is cancelled at once; the old attempt is still under way."""
    run = running()
    take(run, e.JobDeclared(at=0.0, spec=job("a")))
    ask(run, "cancel", "a")
    assert status(run, "a") == "cancelled"
    assert [order.cause.kind for order in orders(run).orders if isinstance(order, Stop)] == ["replaced"]
    ask(run, "retry", "a")
    assert starts(run) == []
    end(run, "a", "cancelled")
    assert starts(run) == ["a"]


def test_a_retried_success_runs_again_and_its_dependents_keep_theirs():
    """Retry is of one job; what has succeeded downstream stays."""
    run = run_of(job("a"), job("b", "a"))
    came(run, "a")
    came(run, "b")
    ask(run, "retry", "a")
    assert (status(run, "a"), status(run, "b")) == ("ready", "succeeded")


def test_retry_lets_a_held_job_go():
    """Held, then cancelled, then asked to run again: it runs."""
    run = held()
    ask(run, "cancel", "a")
    ask(run, "retry", "a")
    assert status(run, "a") == "ready"


def test_a_held_job_declared_anew_is_held_again():
    """Letting go was about the old declaration."""
    run = held()
    ask(run, "run", "a")
    take(run, e.JobDeclared(at=0.0, spec=job("a", hold=True)))
    assert status(run, "a") == "held"


def test_a_skipped_job_that_is_retried_is_no_longer_excused():
    """A new generation forgets the skip."""
    run = skipped()
    ask(run, "retry", "a")
    came(run, "a", "failed")
    assert run.jobs["a"].status is Status.FAILED


def test_the_wait_for_the_next_attempt_is_dropped_by_a_skip():
    """Skip in backoff: nothing is due any more."""
    run = retrying()
    ask(run, "skip", "a")
    assert run.jobs["a"].due_at is None
    assert orders(run).wake_at is None
