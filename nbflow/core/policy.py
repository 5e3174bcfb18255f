"""What a group's policy says about its members: from their statuses alone, whatever the order they came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, assert_never

from msgspec.structs import replace

from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Custom, Either, Judge, Policy, Ruled, Strict
from nbflow.core.policy_text import parse, text
from nbflow.core.status import Reason, Status, Verdict

__all__ = [
    "Judged", "Member", "bare", "broken_words", "customs", "cuts", "excused", "extends", "hasty", "letter", "parse",
    "retried", "ruled", "text", "unasked", "verdict",
]  # fmt: skip

OPEN_LETTER, EXCUSED_LETTER = ".", "E"


class Member(NamedTuple):
    """A member of a group, as a policy sees it: a job, or a group within the group.

    Of a group within, *status* is ``succeeded`` when it is met, ``failed`` when it is broken, else ``waiting``.
    """

    name: str
    status: Status
    reason: Reason | None = None
    again: bool = False
    """It failed, and the group has a retry for it."""
    going: bool = False
    """A group within that is decided while jobs of it go on."""

    @property
    def ended(self) -> bool:
        """Nothing more happens to it unless a person asks."""
        return self.status.ended and not self.going

    @property
    def excused(self) -> bool:
        """A person skipped it: a strict group does without it."""
        return excused(self.status, self.reason)


class Judged(NamedTuple):
    """What a custom policy said of members that stood as *standings* says: a `letter` each."""

    standings: str
    verdict: Verdict
    reason: str = ""


Said = Mapping[Custom, Judged]


def excused(status: Status, reason: Reason | None) -> bool:
    """Whether a person skipped the job, rather than a need that was never met, or declares it no longer."""
    kind = reason.kind if reason is not None else ""
    return (status, kind) in ((Status.SKIPPED, "skipped"), (Status.CANCELLED, "withdrawn"))


def letter(status: Status, reason: Reason | None) -> str:
    """How a member stands, in one letter: a dot until it has ended, ``E`` if excused, else that of its status.

    >>> letter(Status.RUNNING, None), letter(Status.SUCCEEDED, None), letter(Status.SKIPPED, Reason("skipped"))
    ('.', 'S', 'E')
    """
    if not status.ended:
        return OPEN_LETTER
    return EXCUSED_LETTER if excused(status, reason) else status.letter


def extends(now: str, before: str) -> bool:
    """Whether members that stood as *before* can have come to stand as *now* by ends alone.

    >>> extends("SF", "S."), extends(".F", "S.")
    (True, False)
    """
    return len(now) == len(before) and all(b in (OPEN_LETTER, n) for n, b in zip(now, before, strict=True))


def bare(policy: Policy) -> Judge:
    """The *policy* without its options."""
    return policy.policy if isinstance(policy, Ruled) else policy


def customs(policy: Policy) -> tuple[Custom, ...]:
    """The objects of the notebook that *policy* asks, each once, in the order typed."""
    match policy:
        case Ruled(policy=judge):
            return customs(judge)
        case Custom():
            return (policy,)
        case Both(policies=policies) | Either(policies=policies):
            return tuple(dict.fromkeys(found for each in policies for found in customs(each)))
        case _:
            return ()


def hasty(policy: Policy, whole: bool) -> bool:
    """Whether *policy* is met before all have ended: to a dependent, or, if *whole*, to the group itself."""
    return isinstance(policy, Ruled) and (policy.early or (whole and policy.cancel_rest))


def ruled(present: Policy, policy: Judge | None, options: Mapping[str, Any]) -> Policy:
    """*present* with another *policy*, unless that is None, and with more *options* (fields of `Ruled`).

    >>> ruled(AtLeast(1), AtLeast(2), {"early": True}) == Ruled(AtLeast(2), early=True)
    True
    >>> ruled(Strict(), BestEffort(), {})
    BestEffort()
    """
    made = present if isinstance(present, Ruled) else Ruled(present)
    made = replace(made, policy=policy or made.policy, **options)
    return made if made != Ruled(made.policy) else made.policy


def cuts(policy: Policy, came_to: Verdict) -> bool:
    """Whether the verdict *came_to* ends the members that are still open."""
    if not isinstance(policy, Ruled):
        return False
    return (policy.fail_fast and came_to is Verdict.BROKEN) or (policy.cancel_rest and came_to is Verdict.MET)


def verdict(policy: Policy, members: Mapping[str, Member], whole: bool = False, said: Said | None = None) -> Verdict:
    """What *policy* says about *members* (name -> member); if *whole*, about the group itself.

    Members that may be tried again count as open as long as their failure would break the group. *said*: what custom
    policies answered last.

    >>> a, b = Member("a", Status.SUCCEEDED), Member("b", Status.RUNNING)
    >>> verdict(Strict(), {"a": a, "b": b}).value, verdict(AtLeast(3), {"a": a, "b": b}).value
    ('undecided', 'broken')
    >>> verdict(Strict(), {"a": a, "b": Member("b", Status.FAILED, again=True)}).value
    'undecided'
    """
    hoped, real = _both(policy, members, whole, said or {})
    return Verdict.MET if hoped is Verdict.UNDECIDED and real is Verdict.MET else hoped


def retried(policy: Policy, members: Mapping[str, Member], whole: bool = False, said: Said | None = None) -> bool:
    """Whether the failed members are to be tried again now: all have ended, and they alone break the group."""
    hoped, real = _both(policy, members, whole, said or {})
    return all(m.ended for m in members.values()) and hoped is Verdict.UNDECIDED and real is Verdict.BROKEN


def unasked(policy: Policy, members: Mapping[str, Member], whole: bool = False, said: Said | None = None) -> list[int]:
    """The places among `customs` of those that have yet to be asked about *members* as they stand."""
    now = _standings(members)
    if not set(now) - {OPEN_LETTER} or verdict(policy, members, whole, said) is not Verdict.UNDECIDED:
        return []
    known = said or {}
    return [place for place, each in enumerate(customs(policy)) if not _answered(known.get(each), now)]


def _answered(found: Judged | None, now: str) -> bool:
    if found is None or not extends(now, found.standings):
        return False
    return found.verdict is not Verdict.UNDECIDED or found.standings == now


def _standings(members: Mapping[str, Member]) -> str:
    return "".join(letter(m.status, m.reason) for m in members.values())


def _both(policy: Policy, members: Mapping[str, Member], whole: bool, said: Said) -> tuple[Verdict, Verdict]:
    """The verdict if members that may be tried again were still open, and the one on all as they are."""
    judge, soon, now = bare(policy), hasty(policy, whole), _standings(members)
    answers = {each: _answer(said.get(each), now) for each in customs(judge)}
    real = _say(judge, members, soon, answers)
    if not any(m.again for m in members.values()):
        return real, real
    hoped = {n: m._replace(status=Status.RETRYING, again=False) if m.again else m for n, m in members.items()}
    mended = {each: Verdict.UNDECIDED if a is Verdict.BROKEN else a for each, a in answers.items()}
    return _say(judge, hoped, soon, mended), real


def _answer(found: Judged | None, now: str) -> Verdict:
    if not now:
        return Verdict.MET
    if found is None or not extends(now, found.standings):
        return Verdict.UNDECIDED
    if found.verdict is Verdict.UNDECIDED and found.standings == now and OPEN_LETTER not in now:
        return Verdict.BROKEN
    return found.verdict


def _say(policy: Judge, members: Mapping[str, Member], soon: bool, answers: Mapping[Custom, Verdict]) -> Verdict:
    bad = [m for m in members.values() if m.status.ended and not m.status.good]
    good = {m.name for m in members.values() if m.status.good}
    broken, enough = False, False
    match policy:
        case Strict():
            broken = not all(m.excused for m in bad)
        case BestEffort():
            pass
        case AtLeast():
            wanted = policy.of(len(members))
            broken, enough = len(members) - len(bad) < wanted, len(good) >= wanted
        case Critical(names=names):
            broken, enough = any(m.name in names for m in bad), set(names) <= good
        case Custom():
            return answers[policy]
        case Both(policies=policies):
            return both(_say(each, members, soon, answers) for each in policies)
        case Either(policies=policies):
            return either(_say(each, members, soon, answers) for each in policies)
        case _:
            assert_never(policy)
    if broken:
        return Verdict.BROKEN
    ended = all(m.ended for m in members.values())
    return Verdict.MET if ended or (soon and enough) else Verdict.UNDECIDED


def both(said: Iterable[Verdict]) -> Verdict:
    """``&``: broken as soon as one is, met when all are."""
    found = set(said)
    if Verdict.BROKEN in found:
        return Verdict.BROKEN
    return Verdict.UNDECIDED if Verdict.UNDECIDED in found else Verdict.MET


def either(said: Iterable[Verdict]) -> Verdict:
    """``|``: met as soon as one is, broken when all are."""
    found = set(said)
    if Verdict.MET in found:
        return Verdict.MET
    return Verdict.UNDECIDED if Verdict.UNDECIDED in found else Verdict.BROKEN


def broken_words(policy: Policy, total: int, succeeded: int, bad: int) -> str:
    """What the group needs and has, in words: *bad* of its *total* members have ended without success.

    >>> broken_words(AtLeast(2), total=3, succeeded=1, bad=2)
    '2 of 3 needed: 1 succeeded, 2 did not'
    """
    tally = f"{succeeded} succeeded, {bad} did not"
    policy = bare(policy)
    match policy:
        case AtLeast():
            return f"{policy.of(total)} of {total} needed: {tally}"
        case Both() | Either() | Custom():
            return f"{text(policy)} needed: {tally}"
        case Critical(names=names):
            return f"{', '.join(names)} needed: {tally}"
        case Strict():
            return f"all {total} needed: {tally}"
        case BestEffort():
            return f"none of {total} needed: {tally}"
        case _:
            assert_never(policy)
