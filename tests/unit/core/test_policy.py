"""Group policies: every outcome of up to four members, in every order."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from nbflow.core import policy as policies
from nbflow.core.policy import Member, broken_words, parse, text, verdict
from nbflow.core.spec import AtLeast, BestEffort, Critical, Strict
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
POLICIES = [Strict(), BestEffort(), *[AtLeast(n) for n in (1, 2, 3, 4)], Critical(("a",)), Critical(("a", "b"))]


def members(seen: str) -> dict[str, Member]:
    return {name: Member(name, *SEEN[letter]) for name, letter in zip(NAMES, seen, strict=False)}


def expected(policy, seen: str) -> Verdict:
    """The table of the specification, in its own letters."""
    undecided = [letter for letter in seen if letter in "HWQRT"]
    succeeded = seen.count("S")
    match policy:
        case Strict():
            broken = any(letter in "FXC" for letter in seen)
        case BestEffort():
            broken = False
        case AtLeast(count=count):
            broken = succeeded + len(undecided) < count
        case Critical(names=names):
            broken = any(letter in "FXCE" for name, letter in zip(NAMES, seen, strict=False) if name in names)
    if broken:
        return Verdict.BROKEN
    return Verdict.UNDECIDED if undecided else Verdict.MET


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
        (Critical(("a", "b")), 5, 3, 1, "a, b needed: 3 succeeded, 1 did not"),
    ],
)
def test_a_broken_group_says_why(policy, total, succeeded, bad, words):
    """What was needed, and how it stands."""
    assert broken_words(policy, total, succeeded, bad) == words


@pytest.mark.parametrize("typed", ["strict", "best-effort", "at-least:2", "critical:a", "critical:a,b"])
def test_a_policy_reads_as_it_is_typed(typed):
    """`text` and `parse` are each other's inverse."""
    assert text(parse(typed)) == typed


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("strikt", "no policy 'strikt' (did you mean 'strict'?)"),
        ("zzz", "no policy 'zzz' (it is one of strict, best-effort, at-least:N, critical:NAME,…)"),
        ("at-least:two", "policy 'at-least:two' needs a whole number of members, as in at-least:2"),
        ("at-least:0", "policy 'at-least:0' needs a whole number of members, as in at-least:2"),
        ("at-least", "policy 'at-least' needs a whole number of members, as in at-least:2"),
        ("critical:,", "policy 'critical:,' needs the names of members, as in critical:a,b"),
        ("strict:2", "no policy 'strict:2' (it is one of strict, best-effort, at-least:N, critical:NAME,…)"),
    ],
)
def test_a_malformed_policy_is_an_error_of_one_line(typed, message):
    """It says what is wrong and what would be right."""
    with pytest.raises(DeclarationError) as caught:
        parse(typed)
    assert str(caught.value) == message


@pytest.mark.parametrize("policy", [AtLeast(0), AtLeast(-1), Critical(())], ids=text)
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
