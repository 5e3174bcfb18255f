"""Group policies: every outcome of up to four members, in every order."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from nbflow.core import policy_check as policies
from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Either, Strict
from nbflow.core.policy import Member, broken_words, parse, text, verdict
from nbflow.core.spec import GroupNeed
from nbflow.core.status import Reason, Status, Verdict
from nbflow.core.tally import Tally
from nbflow.errors import DeclarationError

from .build import ask, came, job, run_of

NAMES = "abcd"
# What can be seen of a member; X is skipped for a need of its own, E is excused by a person's skip.
SEEN = {
    "H": (Status.HELD, None),
    "W": (Status.WAITING, None),
    "Q": (Status.READY, None),
    "R": (Status.RUNNING, None),
    "T": (Status.RETRYING, Reason("timeout")),
    "S": (Status.SUCCEEDED, None),
    "F": (Status.FAILED, Reason("exit code", "1")),
    "X": (Status.SKIPPED, Reason("upstream failed", "z")),
    "C": (Status.CANCELLED, Reason("cancelled")),
    "E": (Status.SKIPPED, Reason("skipped")),
}
PLAIN = [Strict(), BestEffort(), *[AtLeast(n) for n in (1, 2, 3, 4)], Critical(("a",)), Critical(("a", "b"))]
SHARES = [AtLeast(share, percent=True) for share in (1, 50, 70, 100)]
MIXED = [
    Both((AtLeast(2), Critical(("a",)))),
    Either((AtLeast(3), Critical(("b",)))),
    Either((Strict(), Both((AtLeast(1), Critical(("a",)))))),
    Both((Either((AtLeast(2), Critical(("a",)))), AtLeast(50, percent=True), BestEffort())),
]
ONE_OF = "it is one of strict, best-effort, at-least:N, at-least:N%, critical:NAME,…, =EXPRESSION"
AS_IN = "as in at-least:2 or at-least:70%"
POLICIES = [*PLAIN, *SHARES, *MIXED]


def members(seen: str) -> dict[str, Member]:
    return {name: Member(name, *SEEN[letter]) for name, letter in zip(NAMES, seen, strict=False)}


def expected(policy, seen: str) -> Verdict:
    """The table of the specification, in its own letters."""
    undecided = [letter for letter in seen if letter in "HWQRT"]
    if is_broken(policy, seen):
        return Verdict.BROKEN
    return Verdict.UNDECIDED if undecided else Verdict.MET


def is_broken(policy, seen: str) -> bool:
    """The column "broken as soon as"."""
    undecided = [letter for letter in seen if letter in "HWQRT"]
    succeeded = seen.count("S")
    match policy:
        case Strict():
            return any(letter in "FXC" for letter in seen)
        case BestEffort():
            return False
        case AtLeast(count=share, percent=True):
            return 100 * (succeeded + len(undecided)) < share * len(seen)
        case AtLeast(count=count):
            return succeeded + len(undecided) < count
        case Critical(names=names):
            return any(letter in "FXCE" for name, letter in zip(NAMES, seen, strict=False) if name in names)
        case Both(policies=each):
            return any(is_broken(one, seen) for one in each)
        case Either(policies=each):
            return all(is_broken(one, seen) for one in each)
    raise AssertionError(policy)


@pytest.mark.parametrize("size", range(5))
@pytest.mark.parametrize("policy", POLICIES, ids=text)
def test_every_outcome_of_up_to_four_members(policy, size):
    """All statuses of all members: the verdict from scratch, and the one from counts, are the table's."""
    for letters in product(SEEN, repeat=size):
        seen = "".join(letters)
        wanted = expected(policy, seen)
        assert verdict(policy, members(seen)) is wanted, seen
        tally = Tally(policy, NAMES[:size])
        for name, letter in zip(NAMES, seen, strict=False):
            tally.put(name, *SEEN[letter])
        assert tally.verdict is wanted, seen


@pytest.mark.parametrize("policy", POLICIES, ids=text)
def test_the_order_of_ends_does_not_matter(policy):
    """Four members that end in any of 24 orders come to the same verdict."""
    for letters in product("SFXE", repeat=4):
        came_to = set()
        for order in permutations(range(4)):
            tally = Tally(policy, NAMES)
            for place in order:
                tally.put(NAMES[place], *SEEN["R"])
                tally.put(NAMES[place], *SEEN[letters[place]])
            came_to.add(tally.verdict)
        assert came_to == {expected(policy, "".join(letters))}


@pytest.mark.parametrize("policy", POLICIES, ids=text)
def test_broken_stays_broken_while_members_go_on(policy):
    """Short of a person's retry, no further end mends a broken group or breaks one that is met."""
    for letters in product("RSFXE", repeat=3):
        now = expected(policy, "".join(letters))
        for place, letter in product(range(3), "SFXE"):
            if letters[place] == "R" and now is not Verdict.UNDECIDED:
                later = [*letters[:place], letter, *letters[place + 1 :]]
                assert expected(policy, "".join(later)) is now


def test_counts_follow_members_that_join_leave_and_change():
    """A tally that has seen everything is as good as a new one."""
    tally = Tally(AtLeast(2))
    for name in NAMES:
        tally.put(name, *SEEN["S"])
    tally.put("a", *SEEN["F"])
    tally.leave("b")
    tally.leave("c")
    assert (tally.verdict, list(tally.members)) == (Verdict.BROKEN, ["a", "d"])
    tally.put("c", *SEEN["S"])
    assert tally.verdict is Verdict.MET


def test_a_policy_declared_anew_judges_what_is_there():
    """Critical members are counted again."""
    tally = Tally(BestEffort(), "ab")
    tally.put("a", *SEEN["F"])
    tally.put("b", *SEEN["S"])
    tally.set_policy(Critical(("a",)))
    assert tally.verdict is Verdict.BROKEN
    tally.set_policy(Critical(("b",)))
    assert tally.verdict is Verdict.MET


@pytest.mark.parametrize(
    ("policy", "total", "succeeded", "bad", "words"),
    [
        (AtLeast(2), 3, 1, 2, "2 of 3 needed: 1 succeeded, 2 did not"),
        (Strict(), 3, 0, 1, "all 3 needed: 0 succeeded, 1 did not"),
        (AtLeast(70, percent=True), 3, 1, 1, "3 of 3 needed: 1 succeeded, 1 did not"),
        (MIXED[0], 3, 1, 2, "at-least:2 & critical:a needed: 1 succeeded, 2 did not"),
        (Critical(("a", "b")), 5, 3, 1, "a, b needed: 3 succeeded, 1 did not"),
    ],
)
def test_a_broken_group_says_why(policy, total, succeeded, bad, words):
    """What was needed, and how it stands."""
    assert broken_words(policy, total, succeeded, bad) == words


@pytest.mark.parametrize(
    "typed",
    ["strict", "best-effort", "at-least:2", "critical:a", "critical:a,b", "at-least:70%", *map(text, MIXED[:3])],
)
def test_a_policy_reads_as_it_is_typed(typed):
    """`text` and `parse` are each other's inverse."""
    assert text(parse(typed)) == typed


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("strikt", "no policy 'strikt' (did you mean 'strict'?)"),
        ("zzz", f"no policy 'zzz' ({ONE_OF})"),
        ("at-least:two", f"policy 'at-least:two' needs a whole number of members, or of a hundred, {AS_IN}"),
        ("at-least:0", f"policy 'at-least:0' needs a whole number of members, or of a hundred, {AS_IN}"),
        ("at-least", f"policy 'at-least' needs a whole number of members, or of a hundred, {AS_IN}"),
        ("at-least:0%", f"policy 'at-least:0%' needs a whole number of members, or of a hundred, {AS_IN}"),
        ("at-least:101%", f"policy 'at-least:101%' needs a whole number of members, or of a hundred, {AS_IN}"),
        ("strict & bestefort", "no policy 'bestefort' (did you mean 'best-effort'?)"),
        ("critical:,", "policy 'critical:,' needs the names of members, as in critical:a,b"),
        ("strict:2", f"no policy 'strict:2' ({ONE_OF})"),
    ],
)
def test_a_malformed_policy_is_an_error_of_one_line(typed, message):
    """It says what is wrong and what would be right."""
    with pytest.raises(DeclarationError) as caught:
        parse(typed)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "policy", [AtLeast(0), AtLeast(-1), AtLeast(101, True), Critical(()), Both((Strict(), AtLeast(0)))], ids=text
)
def test_a_malformed_policy_cannot_be_declared(policy):
    """Even when it was not typed but made."""
    with pytest.raises(DeclarationError):
        policies.check("fits", policy)


def test_a_person_s_skip_excuses_a_member_of_a_strict_group():
    """Strict is met by success or a person's skip."""
    run = run_of(job("a", group="fits"), job("b", group="fits"))
    came(run, "a")
    came(run, "b", "failed")
    assert run.groups["fits"].verdict is Verdict.BROKEN
    ask(run, "skip", "b")
    assert run.groups["fits"].verdict is Verdict.MET


@pytest.mark.parametrize(("members", "wanted"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (9, 7), (10, 7), (100, 70)])
def test_a_share_is_rounded_up(members, wanted):
    """70 % of so many members are at least so many."""
    assert AtLeast(70, percent=True).of(members) == wanted


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        (AtLeast(100, percent=True), ""),
        (Both((AtLeast(2), Critical(("a",)))), ""),
        (Both((AtLeast(3), Critical(("a",)))), "policy 'at-least:3' cannot be met with 2 members"),
        (Either((AtLeast(3), Critical(("a",)))), ""),
        (Either((AtLeast(3), AtLeast(4))), "policy 'at-least:3' cannot be met with 2 members"),
        (Either((AtLeast(1), Critical(("c",)))), "policy 'critical:c' names no member 'c'"),
    ],
    ids=lambda value: value if isinstance(value, str) else text(value),
)
def test_what_can_never_be_met_is_refused_where_it_is_needed(policy, fault):
    """One way to meet it is enough; a name that is none is a slip everywhere."""
    members, needs = [job(name, group="g") for name in "ab"], GroupNeed("g", ("a", "b"))
    if not fault:
        assert run_of(*members, job("z", needs), g=policy).groups["g"].policy == policy
        return
    with pytest.raises(DeclarationError, match=fault):
        run_of(*members, job("z", needs), g=policy)


def test_the_other_way_is_open_until_it_closes_too():
    """`at-least:2 | critical:a`: the loss of a alone breaks nothing, nor does that of the two others."""
    policy = Either((AtLeast(2), Critical(("a",))))
    for lost, came_to in (("a", Verdict.MET), ("bc", Verdict.MET), ("ab", Verdict.BROKEN)):
        run = run_of(*[job(name, group="g") for name in "abc"], g=policy)
        for name in "abc":
            came(run, name, "failed" if name in lost else "succeeded")
        assert run.groups["g"].verdict is came_to
