"""Failure rules: which one decides, their budgets beside `--retries`, waits, and memory."""

from __future__ import annotations

import pytest

from nbflow.core.plan import Schedule
from nbflow.core.project import project_job, reason_text
from nbflow.core.rules import Failure, Rule, first, unreachable
from nbflow.core.spec import Retry
from nbflow.core.status import Reason
from nbflow.testing import Ending

from .build import ask, came, end, job, orders, played, retry_due, run_of, start, status

KEY_ERROR = ("builtins.KeyError", "builtins.LookupError", "builtins.Exception", "builtins.BaseException")


def exits(codes, retries=1, **options):
    return Rule(exits=tuple(codes.split(",")), retries=retries, label=f"--on-exit {codes}:{retries}", **options)


def code(number):
    return Reason("exit code", str(number))


TEN, ELEVEN, ANY = exits("10", 2), exits("11", 1), exits("*", 1)


@pytest.mark.parametrize(
    ("rule", "failure", "matches"),
    [
        (exits("10,11"), Failure(exit_code=11), True),
        (exits("10"), Failure(exit_code=1), False),
        (exits("0"), Failure(exit_code=None), False),
        (exits("SIGKILL"), Failure(signal="SIGKILL", exit_code=137), True),
        (exits("137"), Failure(signal="SIGKILL"), False),
        (exits("1"), Failure(classes=KEY_ERROR), True),
        (exits("1"), Failure(), False),
        (exits("*"), Failure(), True),
        (exits("*"), Failure(kind="timeout"), True),
        (exits("SIGTERM,1"), Failure(kind="timeout", signal="SIGTERM"), False),
        (Rule(on="timeout"), Failure(kind="timeout"), True),
        (Rule(on="timeout"), Failure(exit_code=1), False),
        (Rule(on="error", classes=("LookupError",)), Failure(classes=KEY_ERROR), True),
        (Rule(on="error", classes=("OSError",)), Failure(classes=KEY_ERROR), False),
        (Rule(on="log", pattern="disk full"), Failure(found=("disk full",)), True),
        (Rule(on="log", pattern="disk full"), Failure(found=("other",)), False),
        (Rule(on="oom"), Failure(kind="out of memory", signal="SIGKILL"), True),
        (Rule(on="oom"), Failure(signal="SIGKILL"), False),
    ],
)
def test_what_a_rule_is_about(rule, failure, matches):
    """Codes, signals, anything, exceptions with their subclasses, log patterns, memory, timeouts."""
    assert rule.matches(failure) is matches


@pytest.mark.parametrize(
    ("rules", "retries", "ends", "attempts", "came_to"),
    [
        ((TEN,), 0, [code(10), code(10), code(10)], 3, "failed"),
        ((TEN,), 0, [code(10), code(10), "succeeded"], 3, "succeeded"),
        ((TEN,), 0, [code(11)], 1, "failed"),
        ((TEN,), 1, [code(11), code(10), code(10), "succeeded"], 4, "succeeded"),
        ((TEN,), 1, [code(11), code(10), code(11)], 3, "failed"),  # --retries counts what no rule matched
        ((TEN,), 5, [code(10), code(10), code(10)], 3, "failed"),  # used up: does not fall through to --retries
        ((TEN, ANY), 5, [code(10), code(10), code(10)], 3, "failed"),  # nor to a later rule
        ((TEN, ELEVEN), 0, [code(10), code(11), code(10), code(11)], 4, "failed"),  # budgets of their own
        ((ANY, TEN), 0, [code(10), code(10)], 2, "failed"),  # the first in the order written decides
        ((exits("10", 0),), 3, [code(10)], 1, "failed"),  # no retries after that
        ((exits("*", 3),), 0, [Reason("syntax", "line 1")], 1, "failed"),
        ((exits("*", 3),), 0, [Reason("invalid input", "x")], 1, "failed"),
    ],
)
def test_budgets(rules, retries, ends, attempts, came_to):
    """Each rule has its own; `--retries` is for the rest; syntax and invalid input are mended by none."""
    run = run_of(job("a", rules=rules, retry=Retry(attempts=retries + 1, delay=0)))
    started, _ = played(run, {"a": ends})
    assert (started, status(run, "a")) == (["a"] * attempts, came_to)


def test_waits_count_all_failures():
    """The wait after the k-th failed attempt, whichever rule it fell under: 1, 2, 4 s."""
    run = run_of(job("a", rules=(TEN, ELEVEN), retries=1))
    waits = []
    for exit_code in (10, 11, 12):
        start(run, "a")
        end(run, "a", "failed", reason=code(exit_code), exit_code=exit_code)
        waits += [order.low for order in orders(run).orders if isinstance(order, Schedule)]
        retry_due(run, "a", due_at=0.0)
    assert waits == [1.0, 2.0, 4.0]


def test_a_new_generation_has_fresh_rules():
    """A person's retry starts the counting anew."""
    run = run_of(job("a", rules=(ELEVEN,)))
    assert played(run, {"a": code(11)})[0] == ["a", "a"]
    ask(run, "retry", "a")
    assert played(run, {"a": code(11)})[0] == ["a", "a"]


def test_retry_on_is_for_what_no_rule_matches():
    """A rule about an exception is not kept back by `--no-retry-on`."""
    rule = Rule(on="error", classes=("KeyError",), retries=1)
    run = run_of(job("a", rules=(rule,), retry=Retry(attempts=2, delay=0, never_on=("Exception",))))
    started, _ = played(run, {"a": Ending("failed", reason=Reason("exception", "KeyError: 1"), classes=KEY_ERROR)})
    assert started == ["a", "a"]
    other = Ending(
        "failed", reason=Reason("exception", "OSError: 1"), classes=("builtins.OSError", "builtins.Exception")
    )
    run = run_of(job("a", rules=(rule,), retry=Retry(attempts=2, delay=0, never_on=("Exception",))))
    assert played(run, {"a": other})[0] == ["a"]


def test_an_attempt_says_which_rule_it_fell_under():
    """Its place in the order written; none where no rule matched."""
    run = run_of(job("a", rules=(TEN, ELEVEN), retry=Retry(attempts=2, delay=0)))
    played(run, {"a": [code(11), code(5), "succeeded"]})
    assert [each["rule"] for each in project_job(run, "a")["attempts"]] == [1, None, None]


def test_attempts_allowed_grow_with_the_rules_that_were_used():
    """ "attempt 2 of 3": those of `--retries`, and what rules have added so far."""
    run = run_of(job("a", rules=(TEN,), retries=1))
    assert project_job(run, "a")["of"] == 2
    came(run, "a", "failed", reason=code(10))
    assert project_job(run, "a")["of"] == 2
    run = run_of(job("a", rules=(TEN,), retries=1))
    start(run, "a")
    end(run, "a", "failed", reason=code(10), exit_code=10)
    assert project_job(run, "a")["of"] == 3


def test_memory_grows_by_the_rule_about_memory():
    """`--memory 2GB --on-oom memory*2:2`: 2, 4, 8 GB; anew with a new generation."""
    rule = Rule(on="oom", memory=2.0, retries=2)
    run = run_of(job("a", rules=(rule,), memory=2_000, retry=Retry(delay=0)))
    had = []
    for _ in range(3):
        had.append(run.jobs["a"].memory)
        start(run, "a")
        end(run, "a", "failed", reason=Reason("out of memory"))
        retry_due(run, "a", 0.0)
    assert (had, status(run, "a"), run.jobs["a"].reason.kind) == ([2_000, 4_000, 8_000], "failed", "out of memory")
    ask(run, "retry", "a")
    assert run.jobs["a"].memory == 2_000


def test_memory_without_a_limit_does_not_grow():
    """There is nothing to multiply."""
    run = run_of(job("a", rules=(Rule(on="oom", memory=2.0),)))
    came(run, "a", "failed", reason=Reason("out of memory"))
    assert run.jobs["a"].memory is None


def test_a_used_up_rule_is_named():
    """Why a job that has retries left is not tried again."""
    run = run_of(job("a", rules=(exits("10", 1),), retry=Retry(attempts=5, delay=0)))
    played(run, {"a": code(10)})
    assert reason_text(run, run.jobs["a"]) == "exit 10 (not retried: --on-exit 10:1 is used up)"


@pytest.mark.parametrize("kind", ["syntax", "invalid input", "forbidden", "condition"])
def test_what_no_attempt_mends(kind):
    """Neither a rule nor `--retries` tries it again, and no rule is charged with it."""
    run = run_of(job("a", rules=(ANY,), retries=3))
    came(run, "a", "failed", reason=Reason(kind, "x"))
    assert (status(run, "a"), run.jobs["a"].attempts[0].rule) == ("failed", None)


def test_the_first_that_matches():
    """In the order written."""
    assert first((TEN, ANY, ELEVEN), Failure(exit_code=11)) == 1
    assert first((TEN,), Failure(exit_code=11)) is None


def test_rules_that_can_never_be_reached():
    """Each with the earlier one that takes its failures."""
    assert unreachable((TEN, exits("10,11"), exits("11,10"), ANY, Rule(on="oom"))) == [(2, 1), (4, 3)]
