"""What is to be done about groups now, and how they stand in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nbflow.core import event as e
from nbflow.core.groups import to_retry
from nbflow.core.policy import Member, broken_words, customs
from nbflow.core.run import GroupState, Run
from nbflow.core.spec import GroupNeed
from nbflow.core.status import Status, Verdict
from nbflow.core.tally import Tally


class Question(NamedTuple):
    """A custom policy, the one at *place* of *group*'s, is to be asked about *members*, that stand as *standings*."""

    group: str
    members: tuple[str, ...]
    standings: str
    place: int
    parts: tuple[GroupNeed, ...]


def first(run: Run, now: float) -> Iterator[e.GroupDecided | e.GroupRetried]:
    """What ends members or opens them again: one at a time, for all else follows from it."""
    for group in (run.groups[name] for name in run.work.untold):
        if group.about_to_cut:
            yield decided(group, now)
    for tally in run.work.retried:
        yield e.GroupRetried(at=now, group=tally.group, members=to_retry(run, tally))


def decided(group: GroupState, now: float) -> e.GroupDecided:
    """The verdict on *group*, for the record."""
    return e.GroupDecided(at=now, group=group.name, verdict=group.verdict, reason=broken_text(group))


def questions(run: Run) -> list[Question]:
    """Every custom policy that has yet to be asked, once each."""
    found: dict[Question, None] = {}
    for tally in run.work.unasked:
        for place in tally.unasked:
            members, parts = tally.about
            found[Question(tally.group, members, tally.standings, place, parts)] = None
    return list(found)


def seen(run: Run, question: Question) -> list[Member]:
    """The members that *question* is about, as the policy sees them."""
    group = run.groups[question.group]
    about = question.members, question.parts
    tally = next(each for each in (group.tally, *group.needed) if each.about == about)
    return [_inner(tally, name) if name in tally.parts else _job(run, name) for name in tally.members]


def _job(run: Run, name: str) -> Member:
    job = run.jobs.get(name)
    return Member(name, job.status, job.reason) if job is not None else Member(name, Status.WAITING)


def _inner(tally: Tally, name: str) -> Member:
    looks = {Verdict.MET: Status.SUCCEEDED, Verdict.BROKEN: Status.FAILED, Verdict.UNDECIDED: Status.WAITING}
    return Member(name, looks[tally.parts[name].verdict], going=name in tally.going)


def needed_text(group: GroupState) -> str:
    """What *group* needs and has, in words: ``2 of 3 needed: 1 succeeded, 1 did not``."""
    tally = group.tally
    return broken_words(group.policy, len(tally.members), tally.good, tally.bad)


def broken_text(group: GroupState) -> str:
    """Why *group* is broken, in words; empty if it is not."""
    if group.verdict is not Verdict.BROKEN:
        return ""
    said = [f"{policy.label}: {why}" for policy in customs(group.policy) if (why := group.tally.complaint(policy))]
    return f"{needed_text(group)} ({'; '.join(said)})" if said else needed_text(group)
