"""`--retries` of a group: its failed members are tried again when they alone would break it, once all have ended."""

from __future__ import annotations

from itertools import permutations

import pytest

from nbflow.core import event as e
from nbflow.core.groups import for_good
from nbflow.core.plan import Record
from nbflow.core.policies import AtLeast, BestEffort, Critical, Ruled, Strict
from nbflow.core.project import project, verdict
from nbflow.core.spec import GroupNeed, JobNeed
from nbflow.core.status import Reason, Verdict
from nbflow.testing import ScriptedExecutor, drive

from .build import ask, came, end, job, orders, reason, run_of, start, status, take


def group(policy=None, retries=1, count=3, *more, **options):
    """Members a, b, …, all of group g; *more* jobs."""
    made = Ruled(policy or Strict(), retries=retries, **options)
    return run_of(*[job(name, group="g") for name in "abcd"[:count]], *more, g=made)


def needing(count=3, **options):
    return job("z", GroupNeed("g", tuple("abcd"[:count])), **options)


def decide(run) -> list[e.Event]:
    """Carry out what the plan has recorded, to the end; the retries among it."""
    found = []
    while records := [order.event for order in orders(run).orders if isinstance(order, Record)]:
        for event in records:
            assert take(run, event)
            found.append(event)
    return [event for event in found if isinstance(event, e.GroupRetried)]


def test_the_failed_members_are_tried_again_once_all_have_ended():
    """Not before: while c runs, a's failure is neither final nor mended."""
    run = group(None, 1, 3, needing())
    came(run, "a", "failed")
    came(run, "b")
    start(run, "c")
    assert (run.groups["g"].verdict, decide(run), status(run, "z")) == (Verdict.UNDECIDED, [], "waiting")
    assert not for_good(run, "a")
    said = "exception: ValueError: boom (tried again once all of group g have ended, if that needs it)"
    assert project(run, 0.0)["jobs"]["a"]["reason_text"] == said.removeprefix("exception: ")
    end(run, "c", "failed")
    assert [event.members for event in decide(run)] == [("a", "c")]
    assert [run.jobs[name].generation for name in "abc"] == [2, 1, 2]
    assert (status(run, "a"), status(run, "b"), status(run, "c")) == ("ready", "succeeded", "ready")
    came(run, "a")
    came(run, "c")
    assert (run.groups["g"].verdict, status(run, "z"), verdict(run)) == (Verdict.MET, "ready", "running")


def test_a_group_that_has_used_its_retries_is_broken():
    """Two more tries each, then it is as without them; the reason is the last failure's."""
    run = group(None, 2, 2, needing(2))
    drive(run, ScriptedExecutor({"a": "failed"}))
    assert [run.jobs[name].generation for name in "ab"] == [3, 1]
    assert (run.groups["g"].verdict, status(run, "z")) == (Verdict.BROKEN, "skipped")
    found = project(run, 0.0)["groups"]["g"]
    assert (found["retries"], found["retries_used"], found["retries_left"]) == (2, 2, 0)


def test_each_try_has_fresh_attempts():
    """`--retries 1` of the job and of the group: 2 attempts, twice."""
    run = run_of(job("a", group="g", retries=1), g=Ruled(Strict(), retries=1))
    drive(run, ScriptedExecutor({"a": "failed"}))
    assert len(run.jobs["a"].attempts) == 4


@pytest.mark.parametrize(
    ("policy", "failed", "tried"),
    [
        (Strict(), "a", "a"),
        (Strict(), "abc", "abc"),
        (BestEffort(), "abc", ""),
        (AtLeast(2), "a", ""),
        (AtLeast(2), "ab", "ab"),
        (AtLeast(70, percent=True), "b", "b"),
        (Critical(("a",)), "bc", ""),
        (Critical(("a",)), "ab", "ab"),
    ],
)
def test_nothing_is_tried_again_where_the_policy_is_met_without(policy, failed, tried):
    """Three members; those that failed are tried again only if they break the group."""
    run = group(policy, 1)
    for name in "abc":
        came(run, name, "failed" if name in failed else "succeeded")
    assert "".join(name for event in decide(run) for name in event.members) == tried
    assert run.groups["g"].verdict is (Verdict.UNDECIDED if tried else Verdict.MET)


@pytest.mark.parametrize("how", ["cancel", "syntax", "once"])
def test_what_no_retry_can_mend_breaks_the_group_at_once(how):
    """A member that a person cancelled, one that cannot be parsed, and one that must not start twice."""
    run = run_of(job("a", group="g", once=how == "once"), job("b", group="g"), g=Ruled(Strict(), retries=1))
    if how == "cancel":
        ask(run, "cancel", "a")
    elif how == "syntax":
        came(run, "a", "failed", reason=Reason("syntax"))
    else:
        came(run, "a", "lost")
        assert status(run, "a") == "unknown"
    start(run, "b")
    assert run.groups["g"].verdict is Verdict.BROKEN
    end(run, "b", "failed")
    assert decide(run) == []


def test_nobody_waits_for_what_is_hopeless():
    """b was cancelled: that a could be tried again does not help, and `--fail-fast` cuts the rest at once."""
    run = group(None, 1, 4, fail_fast=True)
    came(run, "a", "failed")
    assert not run.groups["g"].about_to_cut
    start(run, "c")
    ask(run, "cancel", "b")
    assert run.groups["g"].verdict is Verdict.BROKEN
    decide(run)
    assert (run.jobs["c"].asked, status(run, "d")) == ("policy", "cancelled")


def test_an_optional_need_waits_until_nothing_is_tried_again():
    """`--after g?` and `--on-missing none` ask for the end of all for good."""
    run = group(None, 1, 1, job("y", GroupNeed("g", ("a",), True)), needing(1, on_missing="none"))
    came(run, "a", "failed")
    assert (status(run, "y"), status(run, "z")) == ("waiting", "waiting")
    decide(run)
    came(run, "a", "failed")
    assert (status(run, "y"), status(run, "z")) == ("ready", "ready")


def test_a_dependent_of_fewer_members_has_them_tried_again_before_the_others_end():
    """z needs a alone; c, declared later, runs on."""
    members = job("a", group="g"), job("z", GroupNeed("g", ("a",))), job("c", group="g")
    run = run_of(*members, g=Ruled(Strict(), retries=1))
    start(run, "c")
    came(run, "a", "failed")
    assert [event.members for event in decide(run)] == [("a",)]
    came(run, "a")
    assert status(run, "z") == "ready"
    end(run, "c", "failed")
    assert [event.members for event in decide(run)] == [("c",)]


def test_a_person_s_retry_and_a_new_declaration_give_the_group_its_retries_back():
    """They are counted for each member, since a person last asked for it."""
    for again in ("retry", "declare"):
        run = group(None, 1, 1)
        drive(run, ScriptedExecutor({"a": "failed"}))
        assert run.groups["g"].verdict is Verdict.BROKEN
        if again == "retry":
            ask(run, "retry", "a")
        else:
            take(run, e.JobDeclared(at=0.0, spec=job("a", group="g")))
        came(run, "a", "failed")
        assert len(decide(run)) == 1


def test_a_direct_dependent_of_a_member_runs_after_the_second_try():
    """It was skipped for a moment, and nobody heard of it."""
    run = group(None, 1, 1, job("y", JobNeed("a")))
    came(run, "a", "failed")
    assert reason(run, "y") == "upstream failed: a"
    events = drive(run, ScriptedExecutor())
    assert status(run, "y") == "succeeded"
    assert not any(isinstance(event, e.JobReopened) for event in events)


@pytest.mark.parametrize("outcomes", ["FFS", "SFS", "FFF", "SSS"])
def test_the_order_of_ends_does_not_matter(outcomes):
    """What is tried again, and what it comes to, is the same in all six."""
    found = set()
    for order in permutations(range(3)):
        run = group(AtLeast(2), 1, 3, needing())
        for place in order:
            came(run, "abc"[place], {"F": "failed", "S": "succeeded"}[outcomes[place]])
        tried = tuple(event.members for event in decide(run))
        for name in tried[0] if tried else ():
            came(run, name, "failed" if name == "a" else "succeeded")
        decide(run)
        found.add((tried, run.groups["g"].verdict, status(run, "z")))
    assert len(found) == 1


def test_a_retry_that_is_not_due_is_not_taken():
    """Neither too early, nor of others, nor twice."""
    run = group(None, 1, 2)
    event = e.GroupRetried(at=0.0, group="g", members=("a",))
    assert not take(run, event)
    came(run, "a", "failed")
    assert not take(run, event)
    came(run, "b")
    assert not take(run, e.GroupRetried(at=0.0, group="g", members=("a", "b")))
    assert take(run, event)
    assert not take(run, event)
