"""What holds for every group policy, by itself and combined: the table, order of ends, counts, text, log.

A new kind of policy is one more line in `KINDS`.
"""

from __future__ import annotations

from itertools import permutations, product

import msgspec
import pytest

from nbflow.core import event as e
from nbflow.core import policy as policies
from nbflow.core.answers import heard, said
from nbflow.core.group_plan import Question, seen
from nbflow.core.plan import Ask, Record, plan
from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Custom, Either, Ruled, Strict
from nbflow.core.policy import Judged, Member, customs, letter, parse, text, verdict
from nbflow.core.policy_check import check
from nbflow.core.spec import GroupNeed, JobSpec, ValueRef
from nbflow.core.state import accepts, evolve
from nbflow.core.status import Reason, Status, Verdict
from nbflow.core.tally import Tally
from nbflow.testing import declare

NAMES = "abcde"
QUORUM = Custom("=quorum(2)", ValueRef(inline=b"2"))
"""Met once two have succeeded, broken once that cannot happen: what it says does not depend on who asks when."""
KINDS = [Strict(), BestEffort(), AtLeast(1), AtLeast(2), AtLeast(4), AtLeast(70, percent=True), Critical(("a",)),
         Critical(("b", "c")), QUORUM]  # fmt: skip
COMBINED = [
    Both((AtLeast(2), Critical(("a",)))),
    Either((AtLeast(3), Critical(("b",)))),
    Either((Strict(), Both((AtLeast(1), Critical(("a",)))))),
    Both((Either((AtLeast(2), Strict())), BestEffort())),
    Both((QUORUM, Critical(("a",)))),
    Either((QUORUM, Strict())),
]
ALL = [*KINDS, *COMBINED]
every_policy = pytest.mark.parametrize("policy", ALL, ids=text)

LOOKS = {
    ".": (Status.RUNNING, None),
    "S": (Status.SUCCEEDED, None),
    "E": (Status.SKIPPED, Reason("skipped")),
    "F": (Status.FAILED, Reason("timeout")),
    "f": (Status.FAILED, Reason("timeout")),  # the group has a retry for it
}
"""One look for each thing that a member can count as."""
STATUSES = {
    **{status.letter: (status, None) for status in Status if not status.ended},
    **{status.letter: (status, Reason("condition")) for status in Status if status.ended},
    "E": (Status.SKIPPED, Reason("skipped")),
    "w": (Status.CANCELLED, Reason("withdrawn")),
}
"""Every status a member can have, with the reasons that make a difference."""


def answered(members: dict[str, Member]) -> Verdict:
    """What `QUORUM` says."""
    good = sum(member.status.good for member in members.values())
    if good >= 2:
        return Verdict.MET
    hopeful = good + sum(not member.ended for member in members.values())
    return Verdict.BROKEN if hopeful < 2 else Verdict.UNDECIDED


def expected(policy, members: dict[str, Member], spare: bool = True) -> Verdict:
    """The table of the specification, read aloud: S, F, X, U as it has them; *spare*: what has a retry is open."""
    status = {name: Status.RETRYING if spare and m.again else m.status for name, m in members.items()}
    good = [name for name, each in status.items() if each.good]
    open_ = [name for name, each in status.items() if not each.ended]
    bad = [name for name in status if name not in good and name not in open_]
    match policy:
        case Strict():
            broken = any(not members[name].excused for name in bad)
        case BestEffort():
            broken = False
        case AtLeast(count=count, percent=percent):
            broken = 100 * (len(good) + len(open_)) < count * len(status) if percent else len(good + open_) < count
        case Critical(names=names):
            broken = any(name in bad for name in names)
        case Custom():
            if not members:
                return Verdict.MET
            came_to = answered(members)
            if came_to is Verdict.UNDECIDED and all(member.ended for member in members.values()):
                came_to = Verdict.BROKEN
            hopes = spare and any(member.again for member in members.values())
            return Verdict.UNDECIDED if hopes and came_to is Verdict.BROKEN else came_to
        case Both(policies=each):
            found = {expected(one, members, spare) for one in each}
            return next(v for v in (Verdict.BROKEN, Verdict.UNDECIDED, Verdict.MET) if v in found)
        case Either(policies=each):
            found = {expected(one, members, spare) for one in each}
            return next(v for v in (Verdict.MET, Verdict.UNDECIDED, Verdict.BROKEN) if v in found)
    return Verdict.BROKEN if broken else Verdict.UNDECIDED if open_ else Verdict.MET


def table(policy, members: dict[str, Member]) -> Verdict:
    """Met without another try, if it can be: else as if those that may have one were open."""
    hoped = expected(policy, members)
    return (
        Verdict.MET if expected(policy, members, spare=False) is Verdict.MET and hoped is not Verdict.BROKEN else hoped
    )


def members_of(looks: str, kinds=LOOKS) -> dict[str, Member]:
    return {name: Member(name, *kinds[look], again=look == "f") for name, look in zip(NAMES, looks, strict=False)}


def tally_of(policy, members: dict[str, Member]) -> Tally:
    """The counts of *members*, put in one by one, with what custom policies say of them."""
    tally = Tally(policy, members, group="g")
    for name, member in members.items():
        tally.put(name, member.status, member.reason, frozenset("g") if member.again else frozenset())
    for custom in customs(policy):
        tally.hear(custom, Judged(tally.standings, answered(members)))
    return tally


def known(policy, members: dict[str, Member]) -> dict[Custom, Judged]:
    standings = "".join(letter(member.status, member.reason) for member in members.values())
    return {custom: Judged(standings, answered(members)) for custom in customs(policy)}


@every_policy
@pytest.mark.parametrize("size", range(6))
def test_the_table_holds_for_every_group_of_up_to_five(policy, size):
    """All that five members can count as: from scratch and from counts, the verdict is the table's."""
    for looks in product(LOOKS, repeat=size):
        members = members_of("".join(looks))
        wanted = table(policy, members)
        assert verdict(policy, members, said=known(policy, members)) is wanted, looks
        tally = tally_of(policy, members)
        assert tally.verdict is wanted, looks
        assert tally.retried == policies.retried(policy, members, said=known(policy, members)), looks


@every_policy
def test_every_status_counts_as_one_of_the_table(policy):
    """Two members, all statuses of each: from scratch and from counts, the verdict is the table's."""
    for looks in product(STATUSES, repeat=2):
        members = members_of("".join(looks), STATUSES)
        wanted = table(policy, members)
        assert verdict(policy, members, said=known(policy, members)) is wanted, looks
        assert tally_of(policy, members).verdict is wanted, looks


@every_policy
def test_no_end_takes_a_verdict_back(policy):
    """Three members: once broken or met, a group stays so while the others end."""
    for looks in product(LOOKS, repeat=3):
        before = members_of("".join(looks))
        now = verdict(policy, before, said=known(policy, before))
        for place, look in product(range(3), "SEF"):
            if looks[place] == "." and now is not Verdict.UNDECIDED:
                after = members_of("".join([*looks[:place], look, *looks[place + 1 :]]))
                assert verdict(policy, after, said=known(policy, after)) is now


def settle(run) -> None:
    """Commit what follows, and answer for `QUORUM`, until nothing more does."""
    while True:
        taken = 0
        for order in plan(run, 0.0, {}).orders:
            event = judged(run, order) if isinstance(order, Ask) else getattr(order, "event", None)
            if isinstance(order, Ask | Record) and accepts(run, event):
                evolve(run, event)
                taken += 1
        if not taken:
            return


def judged(run, order: Ask) -> e.GroupJudged:
    question = Question(order.group, order.members, order.standings, order.place, order.parts)
    came_to = answered({member.name: member for member in seen(run, question)})
    where = {"group": order.group, "members": order.members, "standings": order.standings, "place": order.place}
    return e.GroupJudged(at=0.0, **where, verdict=came_to)


def end(run, name: str, look: str) -> None:
    """Member *name*, unless its group has ended it, comes to look so."""
    job = run.jobs[name]
    if job.status.ended:
        return
    if look == "E":
        evolve(run, e.SkipRequested(at=0.0, job=name, generation=job.generation))
        return
    where = {"job": name, "generation": job.generation, "attempt": len(job.attempts) + 1}
    evolve(run, e.AttemptStarted(at=0.0, **where, key="k"))
    how = {"S": "succeeded", "F": "failed"}[look]
    evolve(run, e.AttemptEnded(at=0.0, **where, end=how, reason=LOOKS[look][1]))


@every_policy
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_order_of_ends_changes_nothing(policy, size):
    """Every end of up to four members, in every order: one verdict, recorded once, and one outcome for dependents."""
    names = NAMES[:size]
    if isinstance(policy, Critical) and not set(policy.names) <= set(names):
        return
    needing = [
        JobSpec(name="y", needs=(GroupNeed("g", tuple(names)),)),
        JobSpec(name="z", needs=(GroupNeed("g", tuple(names), optional=True),)),
    ]
    for looks in product("SEF" if size < 4 else "SF", repeat=size):
        found = set()
        for order in permutations(range(size)):
            run = declare(*[JobSpec(name=name, group="g") for name in names])
            evolve(run, e.GroupDeclared(at=0.0, group="g", policy=policy))
            for spec in needing:
                evolve(run, e.JobDeclared(at=0.0, spec=spec))
            for place in order:
                end(run, names[place], looks[place])
                settle(run)
            group = run.groups["g"]
            assert group.recorded is group.verdict
            found.add((group.verdict, run.jobs["y"].status, run.jobs["z"].status))
        members = members_of("".join(looks))
        wanted = table(policy, members)
        met = Status.READY if wanted is Verdict.MET else Status.SKIPPED
        assert found == {(wanted, met, Status.READY)}, looks


@every_policy
def test_it_reads_as_it_is_typed(policy):
    """`parse` is the inverse of `text`, but for the objects, which are put in."""
    assert parse(text(policy), custom=lambda label: ValueRef(inline=label[-2:-1].encode())) == policy


@every_policy
@pytest.mark.parametrize("more", [{}, {"retries": 2, "rollback": True, "parent": "all", "max_parallel": 3}])
def test_it_outlives_the_log(policy, more):
    """What is stored is what was declared, options included; and it is well formed."""
    declared = Ruled(policy, **more) if more else policy
    check("g", declared)
    event = e.GroupDeclared(at=0.0, group="g", policy=declared)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=e.Event) == event
    assert text(declared) == text(policy)


@every_policy
def test_it_says_what_it_needs(policy):
    """Whatever its verdict: how many succeeded, how many did not."""
    assert policies.broken_words(policy, 3, 1, 1).endswith("needed: 1 succeeded, 1 did not")


def test_answers_are_told_and_heard_alike():
    """As text, between the process that asks and the engine."""
    from nbflow import Broken, Met, Undecided

    told = [heard(said(each)) for each in (Met, Broken("a: b"), Undecided)]
    assert told == [(Verdict.MET, ""), (Verdict.BROKEN, "a: b"), (Verdict.UNDECIDED, "")]
