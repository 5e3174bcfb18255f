"""What cannot be declared: unknown needs, loops, policies that can never be met, numbers out of range."""

from __future__ import annotations

import pytest

from nbflow.core.graph import check
from nbflow.core.policies import AtLeast, Critical
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec, Retry
from nbflow.errors import CycleError, DeclarationError, UnknownJob

from .build import job, run_of


def refused(run, *jobs, **groups) -> DeclarationError | UnknownJob:
    """The error of a declaration, which has changed nothing."""
    before = run.seq, list(run.jobs), list(run.groups)
    with pytest.raises((DeclarationError, UnknownJob)) as caught:
        check(run, jobs, groups)
    assert (run.seq, list(run.jobs), list(run.groups)) == before
    return caught.value


def test_a_need_nobody_declared_is_unknown_and_the_nearest_name_is_told():
    """A typo is answered with the word that was meant."""
    error = refused(run_of(job("load"), job("clean")), job("fit", "claen"))
    assert isinstance(error, UnknownJob)
    assert str(error) == "no job 'claen' in this flow (did you mean 'clean'?)"


def test_an_unknown_group_is_unknown():
    """The nearest group is told."""
    error = refused(run_of(job("a", group="fits")), job("b", GroupNeed("fit", ())))
    assert (error.name, error.near) == ("fit", "fits")


def test_jobs_of_one_declaration_may_need_each_other_in_any_order():
    """A batch is checked as a whole."""
    check(run_of(), [job("b", "a"), job("a")], {})


def test_a_job_that_needs_itself_is_a_loop():
    """The shortest one."""
    assert refused(run_of(), job("a", "a")).cycle == ("a", "a")


def test_a_loop_within_one_declaration_is_found():
    """Two new jobs."""
    assert refused(run_of(), job("a", "b"), job("b", "a")).cycle == ("a", "b", "a")


def test_a_redeclaration_that_closes_a_loop_is_refused():
    """a ← b ← c; now a is to need c."""
    run = run_of(job("a"), job("b", "a"), job("c", "b"))
    error = refused(run, job("a", "c"))
    assert isinstance(error, CycleError)
    assert str(error) == "jobs need each other in a loop: a → c → b → a"


def test_a_loop_through_a_group_is_found():
    """A member is to need what needs its group."""
    run = run_of(job("a", group="g"), job("b", GroupNeed("g", ("a",))))
    assert refused(run, job("a", "b", group="g")).cycle == ("a", "b", "a")


def test_a_redeclaration_with_fewer_needs_is_taken():
    """Nothing new can close a loop."""
    run = run_of(job("a"), job("b", "a"), job("c", "a", "b"))
    check(run, [job("c", "b")], {})


def test_a_loop_that_is_opened_in_the_same_declaration_is_none():
    """b no longer needs a, so a may need b."""
    check(run_of(job("a"), job("b", "a")), [job("a", "b"), job("b")], {})


def test_a_job_cannot_need_its_own_group():
    """It would wait for itself."""
    run = run_of(job("a", group="g"))
    assert refused(run, job("b", GroupNeed("g", ("a",)), group="g")).cycle == ("b", "g", "b")


def test_a_group_cannot_take_in_its_own_dependent():
    """The dependent declared anew as a member."""
    need = GroupNeed("g", ("a",))
    run = run_of(job("a", group="g"), job("b", need))
    assert refused(run, job("b", need, group="g")).cycle == ("b", "g", "b")


def test_a_later_member_may_need_a_dependent_of_the_earlier_ones():
    """a dependent needs the members declared before it: cells in phases are no loop."""
    run = run_of(job("a", group="g"), job("b", GroupNeed("g", ("a",))))
    check(run, [job("c", "b", group="g")], {})


def test_a_cycle_error_shows_at_most_20_names():
    """A loop of 50,000 jobs is found without recursion and told in one short line."""
    count = 50_000
    jobs = [job(f"j{i}", f"j{(i + 1) % count}") for i in range(count)]
    with pytest.raises(CycleError) as caught:
        check(run_of(), jobs, {})
    assert len(caught.value.cycle) == count + 1
    shown = str(caught.value).removeprefix("jobs need each other in a loop: ").split(" → ")
    assert (len(shown), shown[0], shown[-1]) == (21, "j0", "j0")
    assert shown[-2] == f"… {count + 1 - 20} more …"


def test_more_members_needed_than_there_are_is_refused_where_the_group_is_needed():
    """`at-least:3` may be declared before its members; needing it over two may not."""
    members = job("a", group="fits"), job("b", group="fits")
    check(run_of(), members, {"fits": AtLeast(3)})
    error = refused(run_of(*members, fits=AtLeast(3)), job("c", GroupNeed("fits", ("a", "b"))))
    assert str(error) == "job 'c' needs group 'fits', whose policy 'at-least:3' cannot be met with 2 members"


def test_unknown_critical_members_are_refused_where_the_group_is_needed():
    """With the nearest member."""
    run = run_of(job("ridge", group="fits"), fits=Critical(("rigde",)))
    error = refused(run, job("c", GroupNeed("fits", ("ridge",))))
    assert str(error) == (
        "job 'c' needs group 'fits', whose policy 'critical:rigde' names no member 'rigde' (did you mean 'ridge'?)"
    )


def test_a_policy_that_dependents_could_never_have_met_is_refused():
    """The group is needed already, over two members."""
    run = run_of(job("a", group="g"), job("b", group="g"), job("c", GroupNeed("g", ("a", "b"))))
    assert isinstance(refused(run, g=AtLeast(3)), DeclarationError)
    check(run, [], {"g": AtLeast(2)})


def test_a_malformed_policy_is_refused_at_once():
    """Whether or not anybody needs the group."""
    assert "at least 1 member" in str(refused(run_of(), fits=AtLeast(0)))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (JobSpec(name=""), "a job needs a name"),
        (job("a", retry=Retry(attempts=0)), "job 'a' needs at least 1 attempt"),
        (job("a", retry=Retry(delay=-1)), "job 'a' needs a delay of 0 s or more"),
        (job("a", retry=Retry(delay=float("nan"))), "job 'a' needs a delay of 0 s or more"),
        (job("a", retry=Retry(max_delay=-1)), "job 'a' needs a longest delay of 0 s or more"),
        (job("a", retry=Retry(backoff=0)), "job 'a' needs a backoff factor above 0"),
        (job("a", retry=Retry(jitter=1.5)), "job 'a' needs a jitter from 0 to 1"),
        (job("a", timeout=0), "job 'a' needs a timeout above 0 s"),
        (job("a", grace=-1), "job 'a' needs a grace of 0 s or more"),
    ],
)
def test_a_number_out_of_range_is_refused(spec, message):
    """In one line that says which."""
    assert str(refused(run_of(), spec)) == message


def test_one_name_is_not_declared_twice_at_once():
    """Which of the two would be meant?"""
    assert str(refused(run_of(), job("a"), job("a"))) == "job 'a' is declared twice at once"


@pytest.mark.parametrize("taken", [[job("g")], [job("a", group="a")]], ids=["a job like a group", "a group like a job"])
def test_a_job_and_a_group_cannot_share_a_name(taken):
    """`--after g` has to mean one thing."""
    assert "the name of a" in str(refused(run_of(job("b", group="g")), *taken))


def test_one_bad_job_refuses_the_whole_declaration():
    """All or nothing."""
    refused(run_of(), job("a"), job("b", JobNeed("nowhere")))
