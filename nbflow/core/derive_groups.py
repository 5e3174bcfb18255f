"""Verdicts on groups computed from scratch: the simple reading of the rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nbflow.core import policy as policies
from nbflow.core.ending import NEVER_RETRIED
from nbflow.core.policies import Strict
from nbflow.core.policy import Member
from nbflow.core.run import GroupState, JobState, Run
from nbflow.core.spec import GroupNeed
from nbflow.core.status import Reason, Status, Verdict


class Facts(NamedTuple):
    """What follows from a run: each job's status and reason, each group's verdict over all its members."""

    status: dict[str, Status]
    reason: dict[str, Reason | None]
    verdict: dict[str, Verdict]


class Found(NamedTuple):
    """What members come to: the *verdict*, whether all have *ended* for good, and who could be tried again."""

    verdict: Verdict
    ended: bool
    again: frozenset[str]
    """The groups that have a retry for a failed one of them, if that breaks the group."""


def whole(run: Run, name: str) -> GroupNeed:
    """All that the group *name* has, as if somebody needed it."""
    members = run.groups[name].members
    parts = [member for member in members if member in run.groups and run.groups[member].parent == name]
    jobs = [member for member in members if member not in parts]
    return GroupNeed(name, tuple(jobs), parts=tuple(whole(run, part) for part in parts))


def judge(run: Run, need: GroupNeed, facts: Facts, whole: bool = False) -> Found:
    """What the members that *need* is about come to; if *whole*, for the group itself."""
    group = run.groups.get(need.group)
    policy = group.policy if group is not None else Strict()
    members = members_of(run, need, facts, whole)
    found = {name: member for name, (member, _) in members.items()}
    said = _said(group, found, need, whole)
    came_to = policies.verdict(policy, found, whole, said)
    again = frozenset[str]()
    if came_to is Verdict.BROKEN:
        again = frozenset(each for _, groups in members.values() for each in groups) - {need.group}
    ended = all(member.ended for member in found.values())
    hopes = any(member.again for member in found.values()) and came_to is Verdict.UNDECIDED
    return Found(came_to, ended and not hopes, again)


def retried(run: Run, need: GroupNeed, facts: Facts, whole: bool = False) -> bool:
    """Whether the failed ones of these members are to be tried again now."""
    group = run.groups[need.group]
    found = {name: member for name, (member, _) in members_of(run, need, facts, whole).items()}
    return policies.retried(group.policy, found, whole, _said(group, found, need, whole))


def unasked(run: Run, need: GroupNeed, facts: Facts, whole: bool = False) -> list[int]:
    """Which custom policies are to be asked about these members."""
    group = run.groups[need.group]
    found = {name: member for name, (member, _) in members_of(run, need, facts, whole).items()}
    return policies.unasked(group.policy, found, whole, _said(group, found, need, whole))


def members_of(
    run: Run, need: GroupNeed, facts: Facts, whole: bool = False
) -> dict[str, tuple[Member, frozenset[str]]]:
    """The members as the policy sees them, each with the groups that have a retry for it; in the group's order."""
    made: dict[str, tuple[Member, frozenset[str]]] = {}
    for name in need.members:
        status, reason = facts.status.get(name, Status.WAITING), facts.reason.get(name)
        again = frozenset(_retries_left(run, run.jobs[name], status, reason)) if name in run.jobs else frozenset[str]()
        made[name] = Member(name, status, reason, need.group in again), again
    for part in need.parts:
        inner = judge(run, part, facts, whole)
        status = _LOOK[inner.verdict]
        going = inner.verdict is not Verdict.UNDECIDED and not inner.ended
        made[part.group] = Member(part.group, status, None, need.group in inner.again, going), inner.again
    order = run.groups[need.group].members if whole and need.group in run.groups else need.names
    return {name: made[name] for name in order}


_LOOK = {Verdict.MET: Status.SUCCEEDED, Verdict.BROKEN: Status.FAILED, Verdict.UNDECIDED: Status.WAITING}


def _retries_left(run: Run, job: JobState, status: Status, reason: Reason | None) -> list[str]:
    """The groups around *job* that have a retry for it, if it has failed."""
    kind = reason.kind if reason is not None else ""
    if status is not Status.FAILED or kind in NEVER_RETRIED or kind in ("attempt limit", "queue limit"):
        return []
    found, name = [], job.spec.group
    while name is not None:
        group = run.groups[name]
        if job.retried.get(name, 0) < group.options.retries:
            found.append(name)
        name = group.parent
    return found


def _said(group: GroupState | None, members: Iterable[str], need: GroupNeed, whole: bool) -> policies.Said:
    about = tuple(members), () if whole else need.parts
    return group.judged.get(about, {}) if group is not None else {}
