"""Needs: what a job waits for, what happens when that never comes, and what it does without."""

from __future__ import annotations

import pytest

from nbflow.core import event as e
from nbflow.core.policies import AtLeast, BestEffort, Strict
from nbflow.core.spec import GroupNeed
from nbflow.core.state import empty, evolve

from .build import ask, came, job, reason, retry_due, run_of, start, starts, status, take


def test_a_job_without_needs_is_ready():
    """Nothing to wait for: ready at once."""
    assert status(run_of(job("a")), "a") == "ready"


def test_a_job_waits_for_all_it_needs():
    """Two needs: waiting until the second is met."""
    run = run_of(job("a"), job("b"), job("c", "a", "b"))
    came(run, "a")
    assert status(run, "c") == "waiting"
    came(run, "b")
    assert status(run, "c") == "ready"


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_need_that_never_comes_skips_the_dependent(how):
    """A needed job ended without success: skipped, and the reason names it."""
    run = run_of(job("a"), job("b", "a"))
    came(run, "a", how)
    assert (status(run, "b"), reason(run, "b")) == ("skipped", "upstream failed: a")


def test_the_reason_names_the_root_of_a_chain():
    """However long the chain, people are sent to the job that failed."""
    run = run_of(job("a"), job("b", "a"), job("c", "b"), job("d", "c"))
    came(run, "a", "failed")
    assert [reason(run, name) for name in "bcd"] == ["upstream failed: a"] * 3


def test_the_first_of_several_lost_needs_is_named():
    """In the order of the needs, not of the events."""
    run = run_of(job("a"), job("b"), job("c", "a", "b"))
    came(run, "b", "failed")
    assert reason(run, "c") == "upstream failed: b"
    came(run, "a", "failed")
    assert reason(run, "c") == "upstream failed: a"


def test_independent_jobs_go_on():
    """A failed job stops only what needs it."""
    run = run_of(job("a"), job("b"), job("c", "b"))
    came(run, "a", "failed")
    came(run, "b")
    assert starts(run) == ["c"]


def test_a_skipped_dependent_waits_again_when_the_root_is_retried():
    """Derived skips are undone by themselves, all the way down."""
    run = run_of(job("a"), job("b", "a"), job("c", "b"))
    came(run, "a", "failed")
    assert ask(run, "retry", "a")
    assert [status(run, name) for name in "abc"] == ["ready", "waiting", "waiting"]
    came(run, "a")
    assert starts(run) == ["b"]


def test_on_missing_none_runs_without_the_need():
    """`--on-missing none`: the need's end is enough, whatever it is."""
    run = run_of(job("a"), job("b", "a", on_missing="none"))
    came(run, "a", "failed")
    assert status(run, "b") == "ready"


def test_on_missing_none_still_waits():
    """Tolerant is not impatient."""
    run = run_of(job("a"), job("b", "a", on_missing="none"))
    start(run, "a")
    assert status(run, "b") == "waiting"


def test_an_optional_need_only_waits_for_the_end():
    """`--after A?` beside a real need."""
    run = run_of(job("a"), job("b"), job("c", "a?", "b"))
    came(run, "a", "failed")
    assert status(run, "c") == "waiting"
    came(run, "b")
    assert status(run, "c") == "ready"


def test_a_skip_by_a_person_is_no_success_for_a_dependent():
    """Plain skip: dependents act by their own `--on-missing`."""
    run = run_of(job("a"), job("b", "a"), job("c", "a", on_missing="none"))
    ask(run, "skip", "a")
    assert (status(run, "b"), status(run, "c")) == ("skipped", "ready")


def fits(*members: str, optional: bool = False) -> GroupNeed:
    return GroupNeed("fits", members, optional)


def test_a_group_need_waits_for_every_member():
    """at-least:1 of 2: dependents still wait for the other member to end."""
    run = run_of(job("a", group="fits"), job("b", group="fits"), job("c", fits("a", "b")), fits=AtLeast(1))
    came(run, "a")
    assert status(run, "c") == "waiting"
    came(run, "b", "failed")
    assert status(run, "c") == "ready"


def test_a_broken_group_skips_the_dependent_as_soon_as_it_is_broken():
    """No need to wait for the last member to end."""
    run = run_of(job("a", group="fits"), job("b", group="fits"), job("c", fits("a", "b")))
    came(run, "a", "failed")
    assert (status(run, "c"), reason(run, "c")) == ("skipped", "upstream failed: fits")


def test_a_tolerant_dependent_of_a_broken_group_waits_for_its_end():
    """With `--on-missing none` the values of late members are not lost."""
    members = job("a", group="fits"), job("b", group="fits")
    run = run_of(*members, job("c", fits("a", "b"), on_missing="none"), job("d", fits("a", "b", optional=True)))
    came(run, "a", "failed")
    assert (status(run, "c"), status(run, "d")) == ("waiting", "waiting")
    came(run, "b")
    assert (status(run, "c"), status(run, "d")) == ("ready", "ready")


def test_a_dependent_needs_the_members_declared_before_it():
    """A member that joins later is none of its business."""
    run = run_of(job("a", group="fits"), job("b", fits("a")), job("c", group="fits"))
    came(run, "a")
    assert status(run, "b") == "ready"
    came(run, "c", "failed")
    assert run.groups["fits"].verdict == "broken"
    assert status(run, "b") == "ready"


def test_the_present_policy_counts():
    """A group's policy declared anew decides for dependents declared before."""
    run = run_of(job("a", group="fits"), job("b", group="fits"), job("c", fits("a", "b")))
    came(run, "a", "failed")
    came(run, "b")
    assert status(run, "c") == "skipped"
    assert take(run, e.GroupDeclared(at=0.0, group="fits", policy=BestEffort()))
    assert status(run, "c") == "ready"
    assert take(run, e.GroupDeclared(at=0.0, group="fits", policy=Strict()))
    assert status(run, "c") == "skipped"


def test_a_member_that_can_never_start_counts_as_not_met():
    """A member skipped for a need of its own breaks the group; else dependents would wait for ever."""
    run = run_of(job("x"), job("a", "x", group="fits"), job("b", fits("a")))
    came(run, "x", "failed")
    assert status(run, "a") == "skipped"
    assert run.groups["fits"].verdict == "broken"
    assert status(run, "b") == "skipped"


def test_a_broken_group_can_break_other_groups_to_a_fixed_point():
    """g breaks, so h's member never starts, so h breaks, so what needs h never starts."""
    run = run_of(
        job("a", group="g"),
        job("b", GroupNeed("g", ("a",)), group="h"),
        job("c", GroupNeed("h", ("b",)), group="i"),
        job("d", GroupNeed("i", ("c",))),
    )
    came(run, "a", "failed")
    assert [group.verdict.value for group in run.groups.values()] == ["broken"] * 3
    assert reason(run, "d") == "upstream failed: i"


def test_a_job_in_backoff_checks_its_needs_again():
    """Its need is made anew while it waits for its next attempt: it waits for that, and keeps its time."""
    run = run_of(job("a"), job("b", "a", retries=1))
    came(run, "a")
    came(run, "b", "failed")
    retry_due(run, "b", due_at=5.0)
    ask(run, "retry", "a")
    assert status(run, "b") == "waiting"
    assert starts(run, 10.0) == ["a"]
    came(run, "a")
    assert status(run, "b") == "retrying"
    assert starts(run, 4.0) == []
    assert starts(run, 5.0) == ["b"]


def test_jobs_may_be_declared_before_what_they_need():
    """A log whose events come in another order than the needs reads the same."""
    run = empty()
    evolve(run, e.JobDeclared(at=0.0, spec=job("b", "a", GroupNeed("g", ("a",)))))
    assert status(run, "b") == "waiting"
    evolve(run, e.JobDeclared(at=0.0, spec=job("a", group="g")))
    came(run, "a")
    assert status(run, "b") == "ready"


def test_a_redeclared_job_forgets_its_old_needs():
    """The old need's end no longer matters."""
    run = run_of(job("a"), job("b"), job("c", "a"))
    take(run, e.JobDeclared(at=0.0, spec=job("c", "b")))
    came(run, "a", "failed")
    assert status(run, "c") == "waiting"
    came(run, "b")
    assert status(run, "c") == "ready"


def test_a_job_that_moves_to_another_group_leaves_the_old_one():
    """Membership is that of the newest declaration; the place in a group that is kept stays."""
    run = run_of(job("a", group="g"), job("b", group="g"))
    take(run, e.JobDeclared(at=0.0, spec=job("a", group="g")))
    assert list(run.groups["g"].members) == ["a", "b"]
    take(run, e.JobDeclared(at=0.0, spec=job("a", group="h")))
    assert (list(run.groups["g"].members), list(run.groups["h"].members)) == (["b"], ["a"])
