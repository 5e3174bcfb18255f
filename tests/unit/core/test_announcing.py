"""When people are told of a run, and what."""

from __future__ import annotations

from nbflow.core import event as e
from nbflow.core.announcing import announcement, occasion, public
from nbflow.core.run import Run
from nbflow.core.spec import JobNeed, JobSpec
from nbflow.core.status import Reason
from nbflow.testing import declare
from tests.unit.core.build import take

SLOW = JobSpec(name="slow")


def start(run: Run, name: str, at: float = 1.0) -> None:
    job = run.jobs[name]
    number = len(job.attempts) + 1
    assert take(
        run, e.AttemptStarted(at=at, job=name, generation=job.generation, attempt=number, key=f"{name}{number}")
    )


def end(run: Run, name: str, end: str = "succeeded", at: float = 2.0, why: str = "10") -> None:
    last = run.jobs[name].attempts[-1]
    reason = Reason("exit code", why) if end == "failed" else None
    told = {"job": name, "generation": last.generation, "attempt": last.number, "end": end, "reason": reason}
    assert take(run, e.AttemptEnded(at=at, **told))


def called(run: Run, at: float = 3.0) -> str | None:
    """What is to be told, which then is."""
    about = occasion(run)
    assert about is None or take(run, e.HooksCalled(at=at, occasion=about))
    return about


def test_the_end_is_told_once_each_time_that_something_ran() -> None:
    """Not of a run in which nothing has run, not twice, and again after a retry."""
    run = declare(JobSpec(name="a"))
    start(run, "a")
    assert called(run) is None
    end(run, "a")
    assert [called(run), called(run)] == ["ended", None]
    take(run, e.RetryRequested(at=4.0, job="a", generation=1))
    assert called(run) is None
    start(run, "a", 5.0)
    end(run, "a", at=6.0)
    assert [called(run, 7.0), called(run, 8.0)] == ["ended", None]
    assert occasion(declare()) is None


def test_the_first_failure_is_told_while_others_go_on() -> None:
    """The second is not; the end is, after which a failure is a first one again, but not the old one."""
    run = declare(JobSpec(name="a"), JobSpec(name="b"), SLOW)
    for name in ("a", "b", "slow"):
        start(run, name)
    end(run, "a", "failed")
    assert [called(run), called(run)] == ["first failure", None]
    end(run, "b", "failed")
    assert called(run) is None
    end(run, "slow")
    assert called(run, 5.0) == "ended"
    take(run, e.RetryRequested(at=6.0, job="b", generation=1))
    take(run, e.RetryRequested(at=6.0, job="slow", generation=1))
    start(run, "b", 6.0)
    start(run, "slow", 6.0)
    assert called(run, 7.0) is None
    end(run, "b", "failed", 8.0)
    assert called(run, 9.0) == "first failure"


def test_a_failure_that_ends_the_run_is_told_once() -> None:
    """As its end."""
    run = declare(JobSpec(name="a"))
    start(run, "a")
    end(run, "a", "failed")
    assert [called(run), called(run)] == ["ended", None]


def test_a_failure_that_something_excuses_is_none() -> None:
    """What needs it can do without."""
    run = declare(JobSpec(name="a"), JobSpec(name="b", needs=(JobNeed("a"),), on_missing="none"), SLOW)
    start(run, "slow")
    start(run, "a")
    end(run, "a", "failed")
    assert occasion(run) is None


def test_what_is_told_of_a_failed_run() -> None:
    """All that a chat needs in one line, and the facts for programs."""
    run = declare(*(JobSpec(name=name) for name in ("a", "b", "c", "d", "ok")))
    for name in run.jobs:
        start(run, name)
    for name in "abcd":
        end(run, name, "failed", why=f"10\n{name}")
    end(run, "ok", at=191.0)
    told = announcement(run, "ended")
    line = (
        "test run 1 has failed: 1 ✓ · 4 ✕ · 3 m 10 s · a: exit 10 a · b: exit 10 b · c: exit 10 c · and 1 more failed"
    )
    assert (told["text"], told["content"]) == (line, line)
    assert told["counts"] == {"failed": 4, "succeeded": 1} and told["seconds"] == 190.0
    assert list(told["failed"]) == list("abcd") and told["verdict"] == "failed" and told["occasion"] == "ended"


def test_no_secret_is_public() -> None:
    """Paths, queries and passwords of addresses, and what a command is given."""
    hooks = [
        "https://me:pass@hooks.example.com:8443/secret?key=secret",
        "http://host?secret",
        "curl -d secret https://secret",
    ]
    assert [public(hook) for hook in hooks] == ["https://hooks.example.com/…", "http://host/…", "curl …"]
