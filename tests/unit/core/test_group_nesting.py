"""Groups within groups: an inner group is one member of the outer one."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from nbflow.core import event as e
from nbflow.core import groups
from nbflow.core.graph import check
from nbflow.core.outcome import unexcused
from nbflow.core.plan import Record
from nbflow.core.policies import AtLeast, BestEffort, Critical, Ruled, Strict
from nbflow.core.project import project, verdict
from nbflow.core.spec import GroupNeed, JobSpec
from nbflow.core.status import Verdict
from nbflow.errors import CycleError, DeclarationError
from nbflow.testing import ScriptedExecutor, declare, drive

from .build import came, end, job, orders, reason, start, starts, status, take


def nested(outer=None, inner=None, *more: JobSpec, **options):
    """Jobs a, b in group i, c in group o, which i is a member of."""
    jobs = job("a", group="i"), job("b", group="i"), job("c", group="o")
    made = {"o": outer or Strict(), "i": Ruled(inner or Strict(), parent="o", **options)}
    return declare(*jobs, *more, groups=made)


def need(**options):
    return job("z", GroupNeed("o", ("c",), False, (GroupNeed("i", ("a", "b")),)), **options)


ENDS = {"S": "succeeded", "F": "failed"}


@pytest.mark.parametrize("outer", [Strict(), BestEffort(), AtLeast(1), AtLeast(2), Critical(("i",)), Critical(("c",))])
@pytest.mark.parametrize("inner", [Strict(), BestEffort(), AtLeast(1), Critical(("a",))])
def test_an_inner_group_counts_as_its_verdict_whatever_the_order(outer, inner):
    """Every end of three jobs in every order: met counts as a success, broken as a failure."""
    for ends in product("SF", repeat=3):
        a, b, c = (letter == "S" for letter in ends)
        good = {Strict: a and b, BestEffort: True, AtLeast: a or b, Critical: a}[type(inner)]
        match outer:
            case AtLeast(count=count):
                wanted = good + c >= count
            case Critical(names=("i",)):
                wanted = good
            case Critical():
                wanted = c
            case BestEffort():
                wanted = True
            case _:
                wanted = good and c
        for order in permutations(range(3)):
            run = nested(outer, inner, need())
            for place in order:
                came(run, "abc"[place], ENDS[ends[place]])
            assert run.groups["i"].verdict is (Verdict.MET if good else Verdict.BROKEN)
            assert run.groups["o"].verdict is (Verdict.MET if wanted else Verdict.BROKEN)
            assert status(run, "z") == ("ready" if wanted else "skipped")


def test_an_outer_group_is_broken_as_soon_as_an_inner_one_is():
    """And so what needs the outer one is skipped at once, and names it."""
    run = nested(None, None, need())
    came(run, "a", "failed")
    assert run.groups["o"].verdict is Verdict.BROKEN
    assert reason(run, "z") == "upstream failed: o"


def test_an_outer_group_is_met_only_when_all_jobs_within_have_ended():
    """The inner one is met early; a dependent of the outer one waits for b all the same."""
    run = nested(None, AtLeast(1), need(), early=True)
    came(run, "a")
    came(run, "c")
    assert (run.groups["o"].tally.parts["i"].verdict, run.groups["o"].verdict) == (Verdict.MET, Verdict.UNDECIDED)
    assert status(run, "z") == "waiting"
    came(run, "b", "failed")
    assert status(run, "z") == "ready"


def test_fail_fast_cancels_the_jobs_of_inner_groups():
    """With the outer group as the reason."""
    run = nested(Ruled(Strict(), fail_fast=True))
    start(run, "a")
    came(run, "c", "failed")
    for order in orders(run).orders:
        if isinstance(order, Record):
            take(run, order.event)
    assert (run.jobs["a"].asked, status(run, "b"), reason(run, "b")) == ("policy", "cancelled", "policy: o")
    end(run, "a", "cancelled")
    assert reason(run, "a") == "policy: o"


def test_a_limit_of_the_outer_group_counts_the_jobs_of_inner_ones():
    """One at a time of all three."""
    run = nested(Ruled(Strict(), max_parallel=1))
    assert starts(run, process=5) == ["a"]
    start(run, "c")
    assert starts(run, process=5) == []


def test_the_outer_group_tries_the_failed_jobs_of_a_broken_inner_one_again():
    """The inner one has its own retries first, fresh each time the outer one tries it again: (1+1)·(1+1) tries."""
    run = nested(Ruled(Strict(), retries=1), None, retries=1)
    events = drive(run, ScriptedExecutor({"a": "failed"}))
    tried = [event.group for event in events if isinstance(event, e.GroupRetried)]
    assert tried == ["i", "o", "i"]
    assert (len(run.jobs["a"].attempts), len(run.jobs["c"].attempts)) == (4, 1)
    assert run.groups["o"].verdict is Verdict.BROKEN


def test_a_met_inner_group_excuses_its_failures_in_the_outer_one():
    """And a met outer one those of a broken inner one: the run is degraded, not failed."""
    run = nested(AtLeast(1))
    drive(run, ScriptedExecutor({"a": "failed"}))
    assert (run.groups["i"].verdict, run.groups["o"].verdict) == (Verdict.BROKEN, Verdict.MET)
    assert (verdict(run), unexcused(run)) == ("degraded", {})


def test_a_need_of_a_group_counts_the_members_there_are():
    """Those of groups within, too; what is declared later is not waited for."""
    run = nested()
    assert groups.need(run, "o") == GroupNeed("o", ("c",), False, (GroupNeed("i", ("a", "b")),))
    assert groups.need(run, "o", without="a").jobs == ("c", "b")
    declare(job("z", groups.need(run, "o")), run=run)
    declare(job("d", group="i"), run=run)
    for name in "abc":
        came(run, name)
    assert (status(run, "z"), run.groups["o"].verdict) == ("ready", Verdict.UNDECIDED)


def test_a_group_that_moves_is_counted_where_it_is():
    """From o to p; the job's place in its own group stays."""
    run = nested()
    came(run, "a", "failed")
    take(run, e.GroupDeclared(at=0.0, group="i", policy=Ruled(Strict(), parent="p")))
    came(run, "c")
    assert (run.groups["o"].verdict, run.groups["p"].verdict) == (Verdict.MET, Verdict.BROKEN)
    assert list(run.groups["o"].members) == ["c"]


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ({"o": Ruled(Strict(), parent="i")}, "groups are members of each other in a loop: o → i → o"),
        ({"x": Ruled(Strict(), parent="x")}, "groups are members of each other in a loop: x → x"),
        ({"x": Ruled(Strict(), parent="a")}, "group 'a' has the name of a job: call one of them otherwise"),
    ],
)
def test_groups_that_cannot_be_nested_are_refused(declared, fault):
    """Nothing is declared."""
    with pytest.raises(DeclarationError) as caught:
        check(nested(), [], declared)
    assert str(caught.value) == fault


def test_a_loop_of_groups_in_a_log_is_no_loop_here():
    """A log can hold anything: the link that would close it is left out."""
    run = nested()
    take(run, e.GroupDeclared(at=0.0, group="o", policy=Ruled(Strict(), parent="i")))
    for name in "abc":
        came(run, name)
    assert {run.groups[name].verdict for name in "io"} == {Verdict.MET}


def test_a_member_cannot_need_the_group_around_its_group():
    """It would wait for itself."""
    with pytest.raises(CycleError) as caught:
        check(nested(), [job("y", GroupNeed("o", ("c",)), group="i")], {})
    assert caught.value.cycle == ("y", "o", "y")


def test_the_json_of_nested_groups_names_both():
    """Members are jobs and groups; who failed and succeeded are jobs, those within included."""
    run = nested(None, None)
    drive(run, ScriptedExecutor({"b": "failed"}))
    found = project(run, 0.0)["groups"]
    assert (found["i"]["parent"], found["o"]["parent"]) == ("o", None)
    assert sorted(found["o"]["members"]) == ["c", "i"]
    assert (list(found["o"]["failed"]), sorted(found["o"]["succeeded"])) == (["b"], ["a", "c"])
    assert found["o"]["needed_text"] == "all 2 needed: 1 succeeded, 1 did not"
