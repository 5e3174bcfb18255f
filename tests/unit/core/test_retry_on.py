"""Which exceptions are tried again: `--retry-on` and `--no-retry-on`."""

from __future__ import annotations

import pytest

from nbflow.core.project import project_job, reason_text
from nbflow.core.spec import Retry
from nbflow.core.status import Reason

from .build import ask, end, job, run_of, start, status

MISSING = ("builtins.FileNotFoundError", "builtins.OSError", "builtins.Exception", "builtins.BaseException")
TIMED_OUT = ("requests.exceptions.Timeout", "requests.exceptions.RequestException", "builtins.OSError")
OWN = ("__main__.outer.<locals>.Own", "builtins.Exception")
NONE = ()


@pytest.mark.parametrize(
    ("on", "never_on", "classes", "again"),
    [
        ((), (), MISSING, True),
        (("FileNotFoundError",), (), MISSING, True),
        (("OSError",), (), MISSING, True),
        (("KeyError",), (), MISSING, False),
        (("KeyError", "OSError"), (), MISSING, True),
        (("NotFoundError",), (), MISSING, False),
        ((), ("OSError",), MISSING, False),
        ((), ("KeyError",), MISSING, True),
        (("OSError",), ("FileNotFoundError",), MISSING, False),
        (("FileNotFoundError",), ("OSError",), MISSING, False),
        (("OSError",), ("FileNotFoundError",), TIMED_OUT, True),
        (("requests.exceptions.Timeout",), (), TIMED_OUT, True),
        (("exceptions.Timeout",), (), TIMED_OUT, True),
        (("urllib.Timeout",), (), TIMED_OUT, False),
        (("Own",), (), OWN, True),
        (("KeyError",), ("OSError",), NONE, True),
    ],
)
def test_which_failures_are_tried_again(on, never_on, classes, again):
    """By class name, whole or its end after a dot, subclasses included; the second option wins; no exception: both."""
    run = run_of(job("a", retry=Retry(attempts=2, on=on, never_on=never_on)))
    start(run, "a")
    end(run, "a", "failed", classes=classes)
    assert status(run, "a") == ("retrying" if again else "failed")


@pytest.mark.parametrize("kind", ["exit code", "signal", "timeout", "out of memory"])
def test_what_is_no_exception_is_for_the_budget_alone(kind):
    """Neither option says anything about exit codes, signals and timeouts."""
    run = run_of(job("a", retry=Retry(attempts=2, on=("KeyError",), never_on=("OSError",))))
    start(run, "a")
    end(run, "a", "failed", reason=Reason(kind, "x"))
    assert status(run, "a") == "retrying"


def test_a_syntax_error_is_never_tried_again():
    """Even where `--retry-on` names it."""
    run = run_of(job("a", retry=Retry(attempts=2, on=("SyntaxError",))))
    start(run, "a")
    end(run, "a", "failed", reason=Reason("syntax", "line 1"), classes=("builtins.SyntaxError",))
    assert status(run, "a") == "failed"


def test_a_rule_does_not_outlast_the_budget():
    """`--retry-on` gives no attempts of its own."""
    run = run_of(job("a", retry=Retry(attempts=1, on=("OSError",))))
    start(run, "a")
    end(run, "a", "failed", classes=MISSING)
    assert status(run, "a") == "failed"


def test_a_person_may_retry_what_a_rule_does_not():
    """A retry by hand opens a new generation."""
    run = run_of(job("a", retry=Retry(attempts=2, never_on=("OSError",))))
    start(run, "a")
    end(run, "a", "failed", classes=MISSING)
    assert ask(run, "retry", "a")
    assert status(run, "a") == "ready"


@pytest.mark.parametrize(
    ("retry", "said"),
    [
        (Retry(attempts=3, on=("KeyError", "Own")), "ValueError: boom (not retried: --retry-on KeyError,Own)"),
        (Retry(attempts=3, never_on=("OSError",)), "ValueError: boom (not retried: --no-retry-on OSError)"),
        (Retry(attempts=1, never_on=("OSError",)), "ValueError: boom"),
    ],
)
def test_the_reason_says_which_option_ended_it(retry, said):
    """Where attempts were left."""
    run = run_of(job("a", retry=retry))
    start(run, "a")
    end(run, "a", "failed", classes=MISSING)
    assert reason_text(run, run.jobs["a"]) == said


def test_programs_read_rules_and_classes():
    """In the job and in its attempts."""
    run = run_of(job("a", retry=Retry(attempts=2, on=("OSError",), never_on=("KeyError",))))
    start(run, "a")
    end(run, "a", "failed", classes=MISSING)
    read = project_job(run, "a")
    assert (read["retry_on"], read["no_retry_on"]) == (["OSError"], ["KeyError"])
    assert read["attempts"][0]["classes"] == list(MISSING)
