"""What a group's policy says about its members: from their statuses alone, whatever the order they came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, assert_never

from msgspec.structs import replace

from nbflow.core.match import nearest
from nbflow.core.spec import AtLeast, BestEffort, Both, Critical, Either, Judge, Policy, Ruled, Strict
from nbflow.core.status import Reason, Status, Verdict
from nbflow.errors import DeclarationError

WORDS = ("strict", "best-effort", "at-least:N", "at-least:N%", "critical:NAME,…")


class Member(NamedTuple):
    """A member of a group, as a policy sees it."""

    name: str
    status: Status
    reason: Reason | None = None

    @property
    def ended(self) -> bool:
        """Nothing more happens to it unless a person asks."""
        return self.status.ended

    @property
    def excused(self) -> bool:
        """A person skipped it: a strict group does without it."""
        return excused(self.status, self.reason)


def excused(status: Status, reason: Reason | None) -> bool:
    """Whether a person skipped the job, rather than a need that was never met, or declares it no longer."""
    kind = reason.kind if reason is not None else ""
    return (status, kind) in ((Status.SKIPPED, "skipped"), (Status.CANCELLED, "withdrawn"))


def bare(policy: Policy) -> Judge:
    """The *policy* without its options."""
    return policy.policy if isinstance(policy, Ruled) else policy


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


def verdict(policy: Policy, members: Mapping[str, Member], whole: bool = False) -> Verdict:
    """What *policy* says about *members* (name -> member); if *whole*, about the group itself.

    >>> a, b = Member("a", Status.SUCCEEDED), Member("b", Status.RUNNING)
    >>> verdict(Strict(), {"a": a, "b": b}).value, verdict(AtLeast(3), {"a": a, "b": b}).value
    ('undecided', 'broken')
    """
    judge = bare(policy)
    if _broken(judge, members):
        return Verdict.BROKEN
    ended = all(m.status.ended for m in members.values())
    return Verdict.MET if ended or (hasty(policy, whole) and _enough(judge, members)) else Verdict.UNDECIDED


def _enough(policy: Judge, members: Mapping[str, Member]) -> bool:
    good = [m.name for m in members.values() if m.status.good]
    match policy:
        case Strict() | BestEffort():
            return all(m.status.ended for m in members.values())
        case AtLeast():
            return len(good) >= policy.of(len(members))
        case Critical(names=names):
            return set(names) <= set(good)
        case Both(policies=policies):
            return all(_enough(each, members) for each in policies)
        case Either(policies=policies):
            return any(_enough(each, members) for each in policies)
        case _:
            assert_never(policy)


def _broken(policy: Judge, members: Mapping[str, Member]) -> bool:
    bad = [m for m in members.values() if m.status.ended and not m.status.good]
    match policy:
        case Strict():
            return not all(m.excused for m in bad)
        case BestEffort():
            return False
        case AtLeast():
            return len(members) - len(bad) < policy.of(len(members))
        case Critical(names=names):
            return any(m.name in names for m in bad)
        case Both(policies=policies):
            return any(_broken(each, members) for each in policies)
        case Either(policies=policies):
            return all(_broken(each, members) for each in policies)
        case _:
            assert_never(policy)


def broken_words(policy: Policy, total: int, succeeded: int, bad: int) -> str:
    """Why a group is broken, in words: *bad* of its *total* members have ended without success.

    >>> broken_words(AtLeast(2), total=3, succeeded=1, bad=2)
    '2 of 3 needed: 1 succeeded, 2 did not'
    """
    tally = f"{succeeded} succeeded, {bad} did not"
    policy = bare(policy)
    match policy:
        case AtLeast():
            return f"{policy.of(total)} of {total} needed: {tally}"
        case Both() | Either():
            return f"{text(policy)} needed: {tally}"
        case Critical(names=names):
            return f"{', '.join(names)} needed: {tally}"
        case Strict() | BestEffort():
            return f"all {total} needed: {tally}"
        case _:
            assert_never(policy)


def text(policy: Policy) -> str:
    """The policy as it is typed, without its options.

    >>> text(AtLeast(70, percent=True)), text(Critical(("a", "b")))
    ('at-least:70%', 'critical:a,b')
    >>> text(Either((Strict(), Both((AtLeast(2), Critical(("a",)))))))
    'strict | at-least:2 & critical:a'
    """
    policy = bare(policy)
    match policy:
        case Strict():
            return "strict"
        case BestEffort():
            return "best-effort"
        case AtLeast(count=count, percent=percent):
            return f"at-least:{count}{'%' if percent else ''}"
        case Critical(names=names):
            return f"critical:{','.join(names)}"
        case Both(policies=policies):
            return " & ".join(map(text, policies))
        case Either(policies=policies):
            return " | ".join(map(text, policies))
        case _:
            assert_never(policy)


def parse(typed: str) -> Judge:
    """The policy that *typed* names; ``&`` binds more closely than ``|``.

    Raises:
        DeclarationError: it names none; the message says the nearest right word.

    >>> parse("at-least:2")
    AtLeast(count=2, percent=False)
    >>> parse("strict | at-least:50% & critical:a") == Either((Strict(), Both((AtLeast(50, True), Critical(("a",))))))
    True
    """
    for sign, combined in (("|", Either), ("&", Both)):
        if sign in typed:
            return combined(tuple(parse(part) for part in typed.split(sign)))
    return _parse_one(typed.strip())


def _parse_one(typed: str) -> Judge:
    word, _, rest = (part.strip() for part in typed.partition(":"))
    match word:
        case "strict" if not rest:
            return Strict()
        case "best-effort" if not rest:
            return BestEffort()
        case "at-least" if rest.isdecimal() and int(rest):
            return AtLeast(int(rest))
        case "at-least" if (share := rest.removesuffix("%")).isdecimal() and rest != share and 0 < int(share) <= 100:
            return AtLeast(int(share), percent=True)
        case "at-least":
            raise DeclarationError(
                f"policy {typed!r} needs a whole number of members, or of a hundred, as in at-least:2 or at-least:70%"
            )
        case "critical" if names := tuple(dict.fromkeys(n.strip() for n in rest.split(",") if n.strip())):
            return Critical(names)
        case "critical":
            raise DeclarationError(f"policy {typed!r} needs the names of members, as in critical:a,b")
    near = nearest(word, ("strict", "best-effort", "at-least", "critical"))
    hint = f"did you mean {near!r}?" if near else f"it is one of {', '.join(WORDS)}"
    raise DeclarationError(f"no policy {typed!r} ({hint})")


def check(group: str, policy: Policy) -> None:
    """Raise `DeclarationError` if *policy* is malformed, whatever the members."""
    match policy:
        case Ruled(policy=judge, early=early, cancel_rest=cancel_rest, max_parallel=most):
            check(group, judge)
            if most is not None and most < 1:
                raise DeclarationError(f"--max-parallel of group {group!r} needs at least 1, not {most}")
            if (early or cancel_rest) and not _counts(judge):
                option = "--early" if early else "--cancel-rest"
                raise DeclarationError(f"{option} of group {group!r} needs at-least in its policy, not {text(judge)!r}")
        case AtLeast(count=count) if count < 1:
            raise DeclarationError(f"policy {text(policy)!r} of group {group!r} needs at least 1 member")
        case AtLeast(count=count, percent=True) if count > 100:
            raise DeclarationError(f"policy {text(policy)!r} of group {group!r} needs more members than there can be")
        case Critical(names=()):
            raise DeclarationError(f"policy 'critical' of group {group!r} names no member")
        case Both(policies=policies) | Either(policies=policies):
            if not policies:
                raise DeclarationError(f"the policy of group {group!r} combines none")
            for each in policies:
                check(group, each)
        case _:
            pass


def check_members(group: str, policy: Policy, members: tuple[str, ...], job: str) -> None:
    """Raise `DeclarationError` if *policy* could never be met over *members*, which *job* needs."""
    match policy:
        case Ruled(policy=judge):
            check_members(group, judge, members, job)
        case Both(policies=policies):
            for each in policies:
                check_members(group, each, members, job)
        case Either(policies=policies):
            _check_any(group, policies, members, job)
        case AtLeast() if policy.of(there := len(set(members))) > there:
            have = f"{there} member{'' if there == 1 else 's'}"
            raise DeclarationError(
                f"job {job!r} needs group {group!r}, whose policy {text(policy)!r} cannot be met with {have}"
            )
        case Critical(names=names) if unknown := [name for name in names if name not in members]:
            near = nearest(unknown[0], members)
            hint = f" (did you mean {near!r}?)" if near else ""
            raise DeclarationError(
                f"job {job!r} needs group {group!r}, whose policy {text(policy)!r} names no member {unknown[0]!r}{hint}"
            )
        case _:
            pass


def _counts(policy: Judge) -> bool:
    match policy:
        case Both(policies=policies) | Either(policies=policies):
            return any(map(_counts, policies))
        case _:
            return isinstance(policy, AtLeast)


def _check_any(group: str, policies: tuple[Judge, ...], members: tuple[str, ...], job: str) -> None:
    """One of *policies* that can be met is enough, but a name that is none is a slip anywhere."""
    faults: list[tuple[Judge, DeclarationError]] = []
    for each in policies:
        try:
            check_members(group, each, members, job)
        except DeclarationError as error:
            faults.append((each, error))
    for each, fault in faults:
        if len(faults) == len(policies) or isinstance(each, Critical):
            raise fault
