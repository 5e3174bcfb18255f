"""Counts over a group's members, from which its policy's verdict follows without a look at all of them.

`nbflow.core.policy.verdict` says the same from scratch; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from nbflow.core.policy import excused
from nbflow.core.spec import AtLeast, BestEffort, Both, Critical, Either, Policy, Strict
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

    __slots__ = ("counts", "dependents", "members", "policy", "seen")

    def __init__(self, policy: Policy, members: Iterable[str] = ()) -> None:
        self.policy = policy
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
        self.policy = policy

    @property
    def ended(self) -> bool:
        """Every member has ended."""
        return self.counts[OPEN] == 0

    @property
    def verdict(self) -> Verdict:
        """What the policy says."""
        if self._broken(self.policy):
            return Verdict.BROKEN
        return Verdict.MET if self.ended else Verdict.UNDECIDED

    @property
    def answer(self) -> tuple[Verdict, bool]:
        """All that a dependent can tell of these members."""
        return self.verdict, self.ended

    def changed(self) -> bool:
        """Whether *answer* is another one than when last asked."""
        before, self.seen = self.seen, self.answer
        return before != self.seen

    def _broken(self, policy: Policy) -> bool:
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
