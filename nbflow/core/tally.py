"""Counts over a group's members, from which its policy's verdict follows without a look at all of them.

`nbflow.core.policy.verdict` says the same from scratch; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Custom, Either, Judge, Policy, Strict
from nbflow.core.policy import (
    EXCUSED_LETTER,
    OPEN_LETTER,
    Judged,
    bare,
    both,
    customs,
    either,
    hasty,
    letter,
)
from nbflow.core.spec import GroupNeed
from nbflow.core.status import Reason, Status, Verdict

OPEN, GOOD, EXCUSED, AGAIN, BAD = range(5)
"""What a member counts as: not ended, succeeded, skipped by a person, failed with a retry left, ended otherwise."""
NOBODY = frozenset[str]()
About = tuple[tuple[str, ...], tuple[GroupNeed, ...]]
"""Members, and, where it is what a dependent needs, the groups within with those of theirs."""
UNDECIDED_TO_THE_END = "undecided after all had ended"
_STANDS = {OPEN_LETTER: OPEN, EXCUSED_LETTER: EXCUSED, **{status.letter: GOOD for status in Status if status.good}}
_VERDICT_LETTERS = {
    Verdict.UNDECIDED: OPEN_LETTER,
    Verdict.MET: Status.SUCCEEDED.letter,
    Verdict.BROKEN: Status.FAILED.letter,
}


class Tally:
    """The members of a group, or those of them that one need is about, and what *policy* says about them.

    Members are jobs and groups within the group; of these the tally of their own members is kept in *parts*.
    """

    __slots__ = (
        "_customs", "_hasty", "_judge", "answers", "can", "counts", "dependents", "going", "group", "left",
        "members", "need", "outer", "parts", "policy", "seen", "whole",
    )  # fmt: skip

    def __init__(
        self,
        policy: Policy,
        members: Iterable[str] = (),
        whole: bool = False,
        group: str = "",
        need: GroupNeed | None = None,
    ) -> None:
        self.group, self.whole, self.need = group, whole, need
        """*whole*: it is of the group itself, not of what a dependent needs; else it is that *need*'s."""
        self.members = dict.fromkeys(members, OPEN_LETTER)
        """Each member's letter (`nbflow.core.policy.letter`)."""
        self.counts = [len(self.members), 0, 0, 0, 0]
        self.can: dict[str, frozenset[str]] = {}
        """Failed member -> the groups, this one or outer ones, that have a retry for it."""
        self.left: dict[str, int] = {}
        """Group, this one or an outer one -> how many members it has a retry for."""
        self.parts: dict[str, Tally] = {}
        self.going: set[str] = set()
        """The groups within that are decided while jobs of them go on."""
        self.outer: dict[Tally, None] = {}
        """The tallies of which this one is a part."""
        self.answers: dict[Custom, Answer] = {}
        self.dependents: dict[tuple[str, int], None] = {}
        """Jobs that need these members, each with the place of that need."""
        self.set_policy(policy)
        self.seen = self.answer

    # --- members
    def put(self, name: str, status: Status, reason: Reason | None, can: frozenset[str] = NOBODY) -> None:
        """Count member *name*, new or not, as it stands now; *can*: the groups that have a retry for it."""
        self._count(name, letter(status, reason), can)

    def put_part(self, part: Tally) -> None:
        """Count a group within, new or not, as *part* has it."""
        self.parts[part.group] = part
        came_to, ended, can = part.answer
        if ended or came_to is Verdict.UNDECIDED:
            self.going.discard(part.group)
        else:
            self.going.add(part.group)
        self._count(part.group, _VERDICT_LETTERS[came_to], can)

    def _count(self, name: str, stands: str, can: frozenset[str]) -> None:
        before = self.members.get(name)
        if before is None:
            self.answers.clear()  # they were about other members
        else:
            self._uncount(name)
        self.members[name] = stands
        self._keep(name, can)
        self.counts[self._counts_as(name)] += 1
        for answer in self.answers.values():
            answer.moved(name, before or "", stands)

    def _uncount(self, name: str) -> None:
        self.counts[self._counts_as(name)] -= 1
        if self.can:
            self._keep(name, NOBODY)

    def _counts_as(self, name: str) -> int:
        counted = _STANDS.get(self.members[name], BAD)
        return AGAIN if counted == BAD and self.group in self.can.get(name, NOBODY) else counted

    def _keep(self, name: str, can: frozenset[str]) -> None:
        for group in self.can.pop(name, NOBODY):
            self.left[group] -= 1
        for group in can:
            self.left[group] = self.left.get(group, 0) + 1
        if can:
            self.can[name] = can

    def leave(self, name: str) -> None:
        """*name* is no member any more."""
        self._uncount(name)
        del self.members[name]
        self.parts.pop(name, None)
        self.going.discard(name)
        self.answers.clear()

    def set_policy(self, policy: Policy) -> None:
        """Judge by *policy* from now on; custom ones have to be asked again."""
        self.policy, self._judge, self._hasty = policy, bare(policy), hasty(policy, self.whole)
        self._customs = customs(policy)
        self.answers.clear()

    # --- what custom policies say
    @property
    def standings(self) -> str:
        """A letter for each member, in their order."""
        return "".join(self.members.values())

    @property
    def about(self) -> About:
        """Whom it is about: the same for all tallies whose members stand alike at any time."""
        return tuple(self.members), self.need.parts if self.need is not None else ()

    def hear(self, policy: Custom, said: Judged) -> None:
        """Take what a custom *policy* said about these members."""
        self.answers[policy] = Answer(said, self.members)

    @property
    def unasked(self) -> list[int]:
        """The places among `customs` of those that have yet to be asked about the members as they stand."""
        if not self._customs or self.counts[OPEN] == len(self.members) or self.verdict is not Verdict.UNDECIDED:
            return []
        return [
            place
            for place, each in enumerate(self._customs)
            if (answer := self.answers.get(each)) is None or not answer.stands
        ]

    def complaint(self, policy: Custom) -> str:
        """Why a custom *policy* is broken, in its own words; empty if it is not."""
        answer = self.answers.get(policy)
        if answer is None or answer.said(self.counts[OPEN] == 0) is not Verdict.BROKEN:
            return ""
        return answer.judged.reason if answer.judged.verdict is Verdict.BROKEN else UNDECIDED_TO_THE_END

    # --- the verdict
    @property
    def over(self) -> bool:
        """Every job among them has ended, be it to be tried again."""
        return self.counts[OPEN] == 0 and not self.going

    @property
    def good(self) -> int:
        """How many have succeeded."""
        return self.counts[GOOD]

    @property
    def bad(self) -> int:
        """How many have ended without success, whoever excused it."""
        return self.counts[EXCUSED] + self.counts[AGAIN] + self.counts[BAD]

    @property
    def verdict(self) -> Verdict:
        """What the policy says."""
        hoped = self._say(self._judge, hope=True)
        if hoped is Verdict.UNDECIDED and self.counts[AGAIN] and self._say(self._judge, hope=False) is Verdict.MET:
            return Verdict.MET
        return hoped

    @property
    def retried(self) -> bool:
        """The failed members are to be tried again now: all have ended, and they alone break the group."""
        if not (self.counts[AGAIN] and self.over):
            return False
        hoped, real = self._say(self._judge, hope=True), self._say(self._judge, hope=False)
        return hoped is Verdict.UNDECIDED and real is Verdict.BROKEN

    @property
    def ended(self) -> bool:
        """Every job among them has ended for good."""
        return self.over and not (self.counts[AGAIN] and self.verdict is Verdict.UNDECIDED)

    @property
    def answer(self) -> tuple[Verdict, bool, frozenset[str]]:
        """All that a dependent or an outer group can tell of these members."""
        came_to = self.verdict
        can = NOBODY
        if self.left and came_to is Verdict.BROKEN:
            can = frozenset(group for group, count in self.left.items() if count and group != self.group)
        return came_to, self.ended, can

    def changed(self) -> bool:
        """Whether *answer* is another one than when last asked."""
        before, self.seen = self.seen, self.answer
        return before != self.seen

    def _say(self, policy: Judge, hope: bool) -> Verdict:
        """What *policy* says; with *hope*, as if what may be tried again were still open."""
        broken, enough = False, False
        opened, good, again = self.counts[OPEN], self.counts[GOOD], self.counts[AGAIN] if hope else 0
        match policy:
            case Strict():
                broken = self.counts[BAD] + self.counts[AGAIN] > again
            case BestEffort():
                pass
            case AtLeast():
                wanted = policy.of(len(self.members))
                broken, enough = opened + again + good < wanted, good >= wanted
            case Critical(names=names):
                broken = any(self._lost(name, hope) for name in names)
                enough = all(_STANDS.get(self.members.get(name, OPEN_LETTER)) == GOOD for name in names)
            case Custom():
                return self._custom(policy, hope)
            case Both(policies=policies):
                return both(self._say(each, hope) for each in policies)
            case Either(policies=policies):
                return either(self._say(each, hope) for each in policies)
            case _:
                assert_never(policy)
        if broken:
            return Verdict.BROKEN
        return Verdict.MET if (self.over and not again) or (self._hasty and enough) else Verdict.UNDECIDED

    def _lost(self, name: str, hope: bool) -> bool:
        counted = self._counts_as(name) if name in self.members else OPEN
        return counted in (EXCUSED, BAD) or (counted == AGAIN and not hope)

    def _custom(self, policy: Custom, hope: bool) -> Verdict:
        if not self.members:
            return Verdict.MET
        answer = self.answers.get(policy)
        said = answer.said(self.counts[OPEN] == 0) if answer is not None else Verdict.UNDECIDED
        return Verdict.UNDECIDED if said is Verdict.BROKEN and hope and self.counts[AGAIN] else said


class Answer:
    """What a custom policy said, and whether that still holds: members end, and may be opened again."""

    __slots__ = ("about", "apart", "judged", "off")

    def __init__(self, judged: Judged, members: Mapping[str, str]) -> None:
        self.judged = judged
        self.about = dict(zip(members, judged.standings, strict=True))
        self.apart = sum(now != then for now, then in zip(members.values(), judged.standings, strict=True))
        """Members that stand otherwise than when it was asked."""
        self.off = sum(
            then not in (OPEN_LETTER, now) for now, then in zip(members.values(), judged.standings, strict=True)
        )
        """Those of them that had ended then."""

    def moved(self, name: str, before: str, now: str) -> None:
        """Member *name* stood as *before*, and stands as *now*."""
        then = self.about[name]
        change = (now != then) - (before != then)
        self.apart += change
        if then != OPEN_LETTER:
            self.off += change

    @property
    def stands(self) -> bool:
        """It need not be asked again."""
        return not self.off and (self.judged.verdict is not Verdict.UNDECIDED or not self.apart)

    def said(self, ended: bool) -> Verdict:
        """What it says of the members as they stand; undecided after all have *ended* is broken."""
        if self.off:
            return Verdict.UNDECIDED
        if self.judged.verdict is Verdict.UNDECIDED and ended and not self.apart:
            return Verdict.BROKEN
        return self.judged.verdict
