"""Policies that are objects of the notebook: when they are asked, and how long an answer holds."""

from __future__ import annotations

import pytest

import nbflow
from nbflow.core import event as e
from nbflow.core.answers import heard, said
from nbflow.core.group_plan import broken_text
from nbflow.core.plan import Ask, Record
from nbflow.core.policies import AtLeast, BestEffort, Both, Custom, Either, Ruled, Strict
from nbflow.core.policy import parse
from nbflow.core.project import project
from nbflow.core.spec import GroupNeed, ValueRef
from nbflow.core.status import Verdict
from nbflow.errors import DeclarationError
from nbflow.testing import ScriptedExecutor, drive

from .build import ask, came, job, orders, run_of, start, status, take

MINE = Custom("=mine", ValueRef(inline=b"mine"))
YOURS = Custom("=yours", ValueRef(inline=b"yours"))


def group(policy=MINE, count=3, *more):
    return run_of(*[job(name, group="g") for name in "abcd"[:count]], *more, g=policy)


def asked(run):
    """What the plan asks, after what it records."""
    while records := [order.event for order in orders(run).orders if isinstance(order, Record)]:
        assert all(take(run, event) for event in records)
    return [order for order in orders(run).orders if isinstance(order, Ask)]


def answer(run, order, verdict, reason="so"):
    return take(
        run,
        e.GroupJudged(
            at=0.0,
            group=order.group,
            members=order.members,
            standings=order.standings,
            verdict=verdict,
            reason=reason,
            place=order.place,
            parts=order.parts,
        ),
    )


def test_it_is_asked_when_a_member_has_ended():
    """Not before: nothing has happened; and again whenever members stand otherwise."""
    run = group()
    start(run, "a")
    assert asked(run) == []
    take(run, e.AttemptEnded(at=0.0, job="a", generation=1, attempt=1, end="succeeded"))
    assert asked(run) == [Ask("g", ("a", "b", "c"), "S..")]
    assert answer(run, asked(run)[0], Verdict.UNDECIDED)
    assert asked(run) == []
    came(run, "b", "failed")
    assert [order.standings for order in asked(run)] == ["SF."]


def test_every_way_to_end_has_its_letter():
    """What a person skipped is told from what was skipped for a need."""
    run = run_of(
        job("z"), *[job(name, group="g") for name in "abc"], job("d", "z", group="g"), job("r", group="g"), g=MINE
    )
    came(run, "a")
    came(run, "b", "failed")
    ask(run, "skip", "c")
    ask(run, "cancel", "r")
    came(run, "z", "failed")
    assert asked(run)[0].standings == "SFEKC"


def test_met_lets_dependents_go_while_members_run():
    """Its say is its say: nobody waits for the other members."""
    run = group(MINE, 3, job("z", GroupNeed("g", ("a", "b", "c"))))
    came(run, "a")
    answer(run, asked(run)[0], Verdict.MET)
    assert (run.groups["g"].verdict, status(run, "z")) == (Verdict.MET, "ready")
    came(run, "b", "failed")
    assert (run.groups["g"].verdict, asked(run)) == (Verdict.MET, [])


def test_broken_skips_dependents_and_gives_the_policy_s_reason():
    """Once; more ends do not ask again."""
    run = group(MINE, 3, job("z", GroupNeed("g", ("a", "b", "c"))))
    came(run, "a", "failed")
    answer(run, asked(run)[0], Verdict.BROKEN, "a is dear")
    assert (status(run, "z"), broken_text(run.groups["g"])) == (
        "skipped",
        "=mine needed: 0 succeeded, 1 did not (=mine: a is dear)",
    )
    came(run, "b", "failed")
    assert asked(run) == []


def test_a_verdict_holds_until_a_member_is_opened_again():
    """Then it is asked anew, once that has ended."""
    run = group(MINE, 2)
    came(run, "a", "failed")
    answer(run, asked(run)[0], Verdict.BROKEN)
    ask(run, "retry", "a")
    assert run.groups["g"].verdict is Verdict.UNDECIDED
    came(run, "a")
    assert [order.standings for order in asked(run)] == ["S."]


def test_undecided_after_all_have_ended_is_broken():
    """Dependents must not wait for ever."""
    run = group(MINE, 1, job("z", GroupNeed("g", ("a",))))
    came(run, "a")
    answer(run, asked(run)[0], Verdict.UNDECIDED)
    assert (run.groups["g"].verdict, status(run, "z")) == (Verdict.BROKEN, "skipped")
    assert broken_text(run.groups["g"]).endswith("(=mine: undecided after all had ended)")


def test_an_answer_that_comes_late_counts_if_it_is_a_verdict():
    """Members that ended meanwhile change nothing about it; an undecided one is out of date."""
    run = group()
    came(run, "a")
    first = asked(run)[0]
    came(run, "b")
    assert not answer(run, first, Verdict.UNDECIDED)
    assert [order.standings for order in asked(run)] == ["SS."]
    assert answer(run, first, Verdict.MET)
    assert run.groups["g"].verdict is Verdict.MET


def test_an_answer_about_a_member_that_was_opened_again_does_not_count():
    """Nor one about others than the members, nor the same twice."""
    run = group()
    came(run, "a", "failed")
    first = asked(run)[0]
    ask(run, "retry", "a")
    assert not answer(run, first, Verdict.BROKEN)
    came(run, "a", "failed")
    assert answer(run, first, Verdict.BROKEN)
    assert not answer(run, first, Verdict.BROKEN)


def test_it_is_not_asked_where_the_rest_of_the_policy_decides():
    """`at-least:3 & =mine` is broken, `best-effort | =mine` met, whatever it would say."""
    run = group(Both((AtLeast(3), MINE)))
    came(run, "a", "failed")
    assert (asked(run), run.groups["g"].verdict) == ([], Verdict.BROKEN)
    run = group(Either((BestEffort(), MINE)), 1)
    came(run, "a", "failed")
    assert (asked(run), run.groups["g"].verdict) == ([], Verdict.MET)


def test_two_of_them_are_asked_each_for_itself():
    """And both have to be met."""
    run = group(Both((MINE, YOURS)), 1)
    came(run, "a")
    first, second = asked(run)
    assert (first.place, second.place) == (0, 1)
    answer(run, second, Verdict.MET)
    assert run.groups["g"].verdict is Verdict.UNDECIDED
    answer(run, first, Verdict.MET)
    assert run.groups["g"].verdict is Verdict.MET


def test_dependents_of_the_same_members_share_an_answer_those_of_others_do_not():
    """z needs a and b, y all three."""
    members = [job(name, group="g") for name in "ab"]
    run = run_of(*members, job("z", GroupNeed("g", ("a", "b"))), g=MINE)
    came(run, "a")
    came(run, "b")
    assert len(asked(run)) == 1
    run = run_of(*members, job("z", GroupNeed("g", ("a", "b"))), job("c", group="g"), g=MINE)
    came(run, "a")
    assert sorted(order.members for order in asked(run)) == [("a", "b"), ("a", "b", "c")]


def test_a_new_policy_knows_nothing_of_the_old_one_s_answers():
    """The object may say something else."""
    run = group(MINE, 1)
    came(run, "a")
    answer(run, asked(run)[0], Verdict.MET)
    take(run, e.GroupDeclared(at=0.0, group="g", policy=YOURS))
    assert len(asked(run)) == 1


def test_a_broken_verdict_waits_for_the_group_s_retries():
    """The failed member is tried again first; what the policy says of the second try counts."""
    run = group(Ruled(MINE, retries=1), 1)
    came(run, "a", "failed")
    answer(run, asked(run)[0], Verdict.BROKEN)
    assert run.groups["g"].verdict is Verdict.UNDECIDED
    asked(run)
    assert run.jobs["a"].generation == 2
    came(run, "a", "failed")
    assert run.groups["g"].verdict is Verdict.BROKEN


class AllOr:
    """Met if all but *spare* members succeed."""

    def __init__(self, spare):
        self.spare, self.seen = spare, []

    def verdict(self, members):
        self.seen.append([(m.name, m.status.value, m.ended, m.reason and m.reason.words()) for m in members])
        bad = [m.name for m in members if m.ended and not m.status.good]
        if len(bad) > self.spare:
            return nbflow.Broken(", ".join(bad))
        return nbflow.Met if all(m.ended for m in members) else nbflow.Undecided


@pytest.mark.parametrize(("spare", "came_to"), [(0, "broken"), (1, "met")])
def test_drive_asks_objects(spare, came_to):
    """`nbflow.testing` plays them, too."""
    run, policy = group(MINE, 2), AllOr(spare)
    drive(run, ScriptedExecutor({"b": "failed"}), slots=1, policies={"=mine": policy})
    assert project(run, 0.0)["groups"]["g"]["verdict"] == came_to
    assert policy.seen[-1] == [("a", "succeeded", True, None), ("b", "failed", True, "exception")]


def test_a_policy_without_its_object_cannot_be_declared():
    """It was typed where nobody could evaluate it."""
    with pytest.raises(DeclarationError, match="policy '=mine' of group 'g' comes without its object"):
        group(parse("=mine"))


@pytest.mark.parametrize(
    ("answered", "text"),
    [
        (nbflow.Met, "met"),
        (nbflow.Met(), "met"),
        (nbflow.Undecided, "undecided"),
        (nbflow.Broken, "broken"),
        (nbflow.Broken("too\nfew"), "broken: too few"),
        (True, "broken: its verdict is True: it has to be nbflow.Met, nbflow.Broken(reason) or nbflow.Undecided"),
        ("met", "broken: its verdict is 'met': it has to be nbflow.Met, nbflow.Broken(reason) or nbflow.Undecided"),
    ],
)
def test_answers_are_what_they_say_and_nothing_else(answered, text):
    """A slip is broken, and says so."""
    assert said(answered) == text
    assert heard(text)[0].value == text.partition(":")[0]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("(strict)", Strict()),
        ("(strict | at-least:2) & best-effort", Both((Either((Strict(), AtLeast(2))), BestEffort()))),
        ("strict | (at-least:2 & best-effort)", Either((Strict(), Both((AtLeast(2), BestEffort()))))),
        ("((strict))&((at-least:1))", Both((Strict(), AtLeast(1)))),
        ("=mine", Custom("=mine", ValueRef())),
        ("=f(1, 'a & b) |') | strict", Either((Custom("=f(1, 'a & b) |')", ValueRef()), Strict()))),
        ("(=x[1:2]) & = y . z", Both((Custom("=x[1:2]", ValueRef()), Custom("=y . z", ValueRef())))),
    ],
)
def test_policies_in_parentheses_and_expressions(typed, meant):
    """What stands in brackets or quotes of an expression is its own."""
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("(strict", "policy '(strict' has a ( that is not closed"),
        ("strict)", "policy 'strict)' has a ) too many"),
        ("(strict) best-effort", "policy '(strict) best-effort' needs & or | after a )"),
        ("strict &", "policy 'strict &' needs a policy on both sides of & and |"),
        ("()", "policy '()' needs a policy on both sides of & and |"),
        ("=1 +", "policy '=1 +' is no Python expression: invalid syntax"),
        ("(" * 60 + "strict" + ")" * 60, "a policy has at most 50 parentheses within each other"),
    ],
)
def test_a_policy_that_cannot_be_read_says_where(typed, fault):
    """One line."""
    with pytest.raises(DeclarationError) as caught:
        parse(typed)
    assert str(caught.value) == fault
