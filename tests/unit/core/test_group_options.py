"""What a group does besides judging: `--early`, `--fail-fast`, `--cancel-rest`, `--max-parallel`."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from nbflow.core import event as e
from nbflow.core.plan import Record, Stop
from nbflow.core.policies import AtLeast, Both, Critical, Either, Ruled, Strict
from nbflow.core.policy import Member, ruled, text, verdict
from nbflow.core.project import project, project_job, reason_text
from nbflow.core.project import verdict as came_to
from nbflow.core.spec import GroupNeed
from nbflow.core.status import Reason, Status, Verdict
from nbflow.core.tally import Tally
from nbflow.errors import DeclarationError
from nbflow.testing import ManualClock, drive

from .build import ask, came, end, job, orders, reason, run_of, start, starts, status, take

NAMES = "abcd"
HASTY = [
    *[AtLeast(n) for n in (1, 2, 3, 4)],
    AtLeast(70, percent=True),
    Both((AtLeast(2), Critical(("a",)))),
    Either((AtLeast(3), Critical(("b",)))),
]
ENDS = {
    "S": (Status.SUCCEEDED, None),
    "F": (Status.FAILED, Reason("timeout")),
    "X": (Status.SKIPPED, Reason("upstream failed", "z")),
    "E": (Status.SKIPPED, Reason("skipped")),
}


def group(policy, count=3, *more, **options):
    """A run with a group of *count* members, *more* jobs that may need it, and *policy* with *options*."""
    made = Ruled(policy, **options)
    return run_of(*[job(name, group="g") for name in NAMES[:count]], *more, g=made)


def needing(name="z", count=3, **options):
    return job(name, GroupNeed("g", tuple(NAMES[:count]), options.pop("optional", False)), **options)


def decide(run):
    """Commit what the plan wants recorded of groups; the stops it wants then."""
    while decided := [o.event for o in orders(run).orders if isinstance(o, Record) and hasattr(o.event, "verdict")]:
        for event in decided:
            assert take(run, event)
    return [(o.job, o.cause) for o in orders(run).orders if isinstance(o, Stop)]


@pytest.mark.parametrize("policy", HASTY, ids=text)
def test_an_early_verdict_is_decided_once_whatever_the_order(policy):
    """Four members, every end of each, all 24 orders: no verdict is taken back, and the last is the plain policy's."""
    for letters in product(ENDS, repeat=4):
        last = set()
        for order in permutations(range(4)):
            tally, members = Tally(Ruled(policy, early=True), NAMES), {n: Member(n, Status.RUNNING) for n in NAMES}
            decided = Verdict.UNDECIDED
            for place in order:
                name, (how, why) = NAMES[place], ENDS[letters[place]]
                tally.put(name, how, why)
                members[name] = Member(name, how, why)
                assert tally.verdict is verdict(tally.policy, members)
                assert decided in (Verdict.UNDECIDED, tally.verdict)
                decided = tally.verdict
            last.add(decided)
        assert last == {verdict(policy, members)}


@pytest.mark.parametrize(
    ("policy", "after"),
    [
        (AtLeast(1), 1),
        (AtLeast(2), 2),
        (AtLeast(50, percent=True), 2),
        (Both((AtLeast(1), Critical(("b",)))), 2),
        (Either((AtLeast(3), Critical(("a",)))), 1),
    ],
    ids=lambda value: text(value) if not isinstance(value, int) else None,
)
def test_early_dependents_start_as_soon_as_it_is_met(policy, after):
    """a, b and c succeed in turn; without the option the dependent waits for all three."""
    for early in (True, False):
        run = group(policy, 3, needing(), early=early)
        for count, name in enumerate("abc", 1):
            came(run, name)
            assert status(run, "z") == ("ready" if count >= (after if early else 3) else "waiting")


def test_an_optional_need_waits_for_every_end():
    """`--after g?` asks for the end of all, even where a dependent that wants the verdict may start."""
    run = group(AtLeast(1), 2, needing(count=2, optional=True), needing("y", 2, on_missing="none"), early=True)
    came(run, "a")
    assert (status(run, "z"), status(run, "y")) == ("waiting", "ready")


def test_only_a_count_can_be_met_early():
    """`--early` and `--cancel-rest` need an at-least somewhere in the policy."""
    for option in ("early", "cancel_rest"):
        with pytest.raises(DeclarationError, match="needs at-least in its policy, not 'strict'"):
            group(Strict(), 2, **{option: True})
        group(Either((Strict(), AtLeast(1))), 2, **{option: True})


def test_a_broken_group_that_fails_fast_cancels_the_others():
    """What runs is stopped, what waits ends at once, what has ended stays: reason `policy`."""
    run = group(Strict(), 4, needing(count=4), fail_fast=True)
    came(run, "a")
    start(run, "b")
    came(run, "c", "failed")
    assert [order.event.verdict for order in orders(run).orders] == [Verdict.BROKEN]
    assert decide(run) == [("b", Reason("policy", "g"))]
    assert reason_text(run, run.jobs["b"]) == "being cancelled by its group's policy"
    end(run, "b", "cancelled")
    assert {name: status(run, name) for name in "abcdz"} == {
        "a": "succeeded",
        "b": "cancelled",
        "c": "failed",
        "d": "cancelled",
        "z": "skipped",
    }
    assert (reason(run, "b"), reason(run, "d")) == ("policy: g", "policy: g")
    assert reason_text(run, run.jobs["d"]) == "policy: g (all 4 needed: 1 succeeded, 3 did not)"
    assert came_to(run) == "failed"


def test_without_the_option_the_others_go_on():
    """A broken group only decides about what needs it."""
    run = group(Strict(), 3)
    came(run, "a", "failed")
    decide(run)
    assert starts(run) == ["b", "c"]


def test_a_member_that_succeeds_while_it_is_being_cancelled_has_succeeded():
    """Nobody loses work."""
    run = group(Strict(), 2, fail_fast=True)
    start(run, "a")
    came(run, "b", "failed")
    decide(run)
    end(run, "a", "succeeded")
    assert status(run, "a") == "succeeded"


@pytest.mark.parametrize("how", ["failed", "lost", "cancelled"])
def test_a_cancelled_member_is_not_tried_again(how):
    """Whatever the end of the stopped attempt is called."""
    run = run_of(job("a", group="g", retries=3), job("b", group="g"), g=Ruled(Strict(), fail_fast=True))
    start(run, "a")
    came(run, "b", "failed")
    decide(run)
    end(run, "a", how)
    assert (status(run, "a"), starts(run)) == ("cancelled", [])


def test_a_person_may_run_a_cancelled_member_again():
    """The group has decided once: a retry runs, though the group is still broken."""
    run = group(Strict(), 2, fail_fast=True)
    came(run, "a", "failed")
    decide(run)
    ask(run, "retry", "b")
    decide(run)
    assert starts(run) == ["b"]


def test_a_group_that_breaks_again_cancels_again():
    """A retry of all members opens it; the next failure breaks it anew."""
    run = group(Strict(), 2, fail_fast=True)
    for _ in range(2):
        came(run, "a", "failed")
        decide(run)
        assert status(run, "b") == "cancelled"
        for name in "ab":
            ask(run, "retry", name)
        decide(run)
        assert (status(run, "a"), status(run, "b")) == ("ready", "ready")


def test_members_that_are_yet_to_be_declared_are_no_failure():
    """`at-least:2` of one member so far is broken, but nobody failed: nothing is cancelled."""
    run = group(AtLeast(2), 1, fail_fast=True)
    assert run.groups["g"].verdict is Verdict.BROKEN
    decide(run)
    assert starts(run) == ["a"]


def test_a_persons_skip_breaks_no_strict_group():
    """It is excused: the others go on."""
    run = group(Strict(), 2, fail_fast=True)
    ask(run, "skip", "a")
    decide(run)
    assert starts(run) == ["b"]


def test_a_met_group_cancels_the_rest():
    """Two of four have succeeded: what runs is stopped, what waits ends, and the dependent runs when all have ended."""
    run = group(AtLeast(2), 4, needing(count=4), cancel_rest=True)
    start(run, "c")
    came(run, "a")
    assert decide(run) == []
    came(run, "b")
    assert decide(run) == [("c", Reason("policy", "g"))]
    assert (status(run, "d"), status(run, "z")) == ("cancelled", "waiting")
    end(run, "c", "cancelled")
    decide(run)
    assert (run.groups["g"].verdict, status(run, "z")) == (Verdict.MET, "ready")
    assert reason_text(run, run.jobs["d"]) == "policy: g (met without it)"


def test_early_and_cancel_rest_together():
    """The dependent does not even wait for the stopped ones to end."""
    run = group(AtLeast(1), 2, needing(count=2), cancel_rest=True, early=True)
    start(run, "b")
    came(run, "a")
    assert decide(run) == [("b", Reason("policy", "g"))]
    assert status(run, "z") == "ready"


def test_a_run_whose_group_cancelled_the_rest_is_degraded_not_cancelled():
    """The policy excuses them."""
    run = group(AtLeast(1), 2, cancel_rest=True)
    came(run, "a")
    decide(run)
    assert (status(run, "b"), came_to(run)) == ("cancelled", "degraded")


def test_a_verdict_is_written_once():
    """However often the plan is asked."""
    run = group(AtLeast(1), 2, cancel_rest=True)
    came(run, "a")
    decide(run)
    assert not take(run, e.GroupDecided(at=0.0, group="g", verdict=Verdict.MET))
    assert decide(run) == []


def test_programs_read_the_options_beside_the_policy():
    """The policy reads as it was typed."""
    run = group(AtLeast(1), 2, early=True, fail_fast=True)
    read = project(run, 0.0)["groups"]["g"]
    assert (read["policy"], read["early"], read["fail_fast"], read["cancel_rest"]) == ("at-least:1", True, True, False)


def test_who_needs_an_early_group_waits_for_it_only_until_it_is_met():
    """`waits_for` names what is not met, not what has not ended."""
    run = group(AtLeast(1), 2, job("y"), job("z", GroupNeed("g", ("a", "b")), "y"), early=True)
    assert project_job(run, "z")["waits_for"] == ["g", "y"]
    came(run, "a")
    assert project_job(run, "z")["waits_for"] == ["y"]


def test_cells_add_options_to_a_group():
    """A cell that gives a policy changes that alone; options stay."""
    once = ruled(Strict(), AtLeast(2), {"early": True})
    assert ruled(once, None, {"fail_fast": True}) == Ruled(AtLeast(2), early=True, fail_fast=True)
    assert ruled(once, AtLeast(3), {}) == Ruled(AtLeast(3), early=True)


def test_so_many_members_run_at_once():
    """The first declared first; jobs outside the group take the slots that are left."""
    run = group(Strict(), 4, job("z"), max_parallel=2)
    assert starts(run, process=9) == ["a", "b", "z"]
    start(run, "a")
    assert starts(run, process=9) == ["b", "z"]
    start(run, "b")
    assert starts(run, process=9) == ["z"]
    assert reason_text(run, run.jobs["c"]) == "waits for its turn: 2 of g at once"
    assert reason_text(run, run.jobs["z"]) == "waits for a free slot"
    end(run, "a")
    assert starts(run, process=9) == ["c", "z"]


def test_the_limit_holds_over_executors():
    """A member in the kernel counts like one in a process; declaration order decides."""
    members = [job("a", group="g", executor="kernel"), job("b", group="g"), job("c", group="g", executor="kernel")]
    run = run_of(*members, g=Ruled(Strict(), max_parallel=2))
    assert starts(run, process=5, kernel=5) == ["a", "b"]
    assert starts(run, process=0, kernel=5) == ["a", "c"]


def test_a_member_in_backoff_takes_no_place():
    """It waits for its time; another one may run meanwhile."""
    run = run_of(job("a", group="g", retries=1), job("b", group="g"), g=Ruled(Strict(), max_parallel=1))
    came(run, "a", "failed")
    assert starts(run) == ["b"]


def test_the_limit_may_change_while_members_run():
    """A smaller one stops nobody, and lets nobody start until there is room."""
    run = group(Strict(), 3, max_parallel=2)
    start(run, "a")
    start(run, "b")
    take(run, e.GroupDeclared(at=0.0, group="g", policy=Ruled(Strict(), max_parallel=1)))
    end(run, "a")
    assert starts(run) == []
    take(run, e.GroupDeclared(at=0.0, group="g", policy=Strict()))
    assert starts(run) == ["c"]


def test_a_limit_of_none_at_all_is_refused():
    """Nothing would ever run."""
    with pytest.raises(DeclarationError, match="--max-parallel of group 'g' needs at least 1, not 0"):
        group(Strict(), 1, max_parallel=0)


def test_a_whole_group_comes_through_one_at_a_time():
    """Four members of 1 s take 4 s, though there are more slots."""
    run, clock = group(Strict(), 4, max_parallel=1), ManualClock()
    drive(run, clock=clock, slots=4)
    assert (clock(), run.groups["g"].verdict) == (4.0, Verdict.MET)
