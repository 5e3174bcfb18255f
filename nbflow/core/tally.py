"""Counts over a group's members, from which its policy's verdict follows without a look at all of them.

`nbflow.core.policy.verdict` says the same from scratch; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from nbflow.core.policy import bare, excused, hasty
from nbflow.core.spec import AtLeast, BestEffort, Both, Critical, Either, Judge, Policy, Strict
from nbflow.core.status import Reason, Status, Verdict

OPEN, GOOD, EXCUSED, BAD = range(4)
"""What a member counts as: not ended, succeeded, skipped by a person, ended otherwise."""


def standing(status: Status, reason: Reason | None) -> int:
    """What a member of *status* counts as."""
    if not status.ended:
        return OPEN
    if status.good:
        return GOOD
    return EXCUSED if excused(status, reason) else BAD


class Tally:
    """The members of a group, or those of them that one need is about, and what *policy* says about them."""

    __slots__ = ("_hasty", "_judge", "counts", "dependents", "members", "policy", "seen", "whole")

    def __init__(self, policy: Policy, members: Iterable[str] = (), whole: bool = False) -> None:
        self.whole = whole
        """It is of the group itself, not of what a dependent needs."""
        self.set_policy(policy)
        self.members = dict.fromkeys(members, OPEN)
        self.counts = [len(self.members), 0, 0, 0]
        self.dependents: dict[tuple[str, int], None] = {}
        """Jobs that need these members, each with the place of that need."""
        self.seen = self.answer

    def put(self, name: str, status: Status, reason: Reason | None) -> None:
        """Count member *name*, new or not, as it stands now."""
        self.drop(name)
        counts_as = standing(status, reason)
        self.members[name] = counts_as
        self.counts[counts_as] += 1

    def drop(self, name: str) -> None:
        """Count *name* no longer; its place among the members is kept if it comes back at once."""
        counted_as = self.members.get(name)
        if counted_as is not None:
            self.counts[counted_as] -= 1

    def leave(self, name: str) -> None:
        """*name* is no member any more."""
        self.drop(name)
        del self.members[name]

    def set_policy(self, policy: Policy) -> None:
        """Judge by *policy* from now on."""
        self.policy, self._judge, self._hasty = policy, bare(policy), hasty(policy, self.whole)

    @property
    def ended(self) -> bool:
        """Every member has ended."""
        return self.counts[OPEN] == 0

    @property
    def verdict(self) -> Verdict:
        """What the policy says."""
        if self._broken(self._judge):
            return Verdict.BROKEN
        met = self.ended or (self._hasty and self._enough(self._judge))
        return Verdict.MET if met else Verdict.UNDECIDED

    @property
    def answer(self) -> tuple[Verdict, bool]:
        """All that a dependent can tell of these members."""
        return self.verdict, self.ended

    def changed(self) -> bool:
        """Whether *answer* is another one than when last asked."""
        before, self.seen = self.seen, self.answer
        return before != self.seen

    def _enough(self, policy: Judge) -> bool:
        match policy:
            case Strict() | BestEffort():
                return self.ended
            case AtLeast():
                return self.counts[GOOD] >= policy.of(len(self.members))
            case Critical(names=names):
                return all(self.members.get(name) == GOOD for name in names)
            case Both(policies=policies):
                return all(map(self._enough, policies))
            case Either(policies=policies):
                return any(map(self._enough, policies))
            case _:
                assert_never(policy)

    def _broken(self, policy: Judge) -> bool:
        match policy:
            case Strict():
                return self.counts[BAD] > 0
            case BestEffort():
                return False
            case AtLeast():
                return self.counts[OPEN] + self.counts[GOOD] < policy.of(len(self.members))
            case Critical(names=names):
                return any(self.members.get(name, OPEN) > GOOD for name in names)
            case Both(policies=policies):
                return any(map(self._broken, policies))
            case Either(policies=policies):
                return all(map(self._broken, policies))
            case _:
                assert_never(policy)
