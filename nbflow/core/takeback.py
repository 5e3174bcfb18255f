"""Taking back what a person has just asked for: only where the run then goes on as if nobody had asked.

A failure or a success that was retried cannot be put back, nor can work that was stopped. What has not begun can, and
so can what stood only by a person's hand.

    >>> from nbflow.core.event import CancelRequested
    >>> from nbflow.core.spec import JobSpec
    >>> from nbflow.core.state import evolve
    >>> from nbflow.testing import declare
    >>> run = declare(JobSpec(name="a"))
    >>> cancel = CancelRequested(at=1.0, job="a", generation=1)
    >>> found = takeback(run, [cancel])
    >>> [request.job for request in found.requests(evolve(run, cancel), at=2.0)]
    ['a']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nbflow.core.event import (
    CancelRequested,
    PauseRequested,
    Request,
    RetryRequested,
    RunRequested,
    SkipRequested,
    UnpauseRequested,
)
from nbflow.core.job import JobState
from nbflow.core.membership import chain, jobs_in
from nbflow.core.needs import GONE
from nbflow.core.run import Run
from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason, Status

_BY_HAND = {
    Status.CANCELLED: Reason("cancelled"),
    Status.SKIPPED: Reason("skipped"),
    Status.SUBSTITUTED: Reason("substituted"),
}


class _Target(NamedTuple):
    """One job that was asked for: what it was before, and how it stands while nothing has begun since."""

    job: str
    was: Status
    outputs: dict[str, ValueRef]
    generation: int
    end: Status | None
    began: tuple[int, ...]


@dataclass(frozen=True)
class Takeback:
    """What brings back the run as it was before some requests; made by `takeback`, before they are."""

    targets: tuple[_Target, ...]
    heard: dict[str, tuple[object, ...]]
    """The others who hear of it, each with what must not have come about since."""
    paused: bool | None = None
    """For a request about the whole run: what it made of it."""
    attempts: int = 0

    def requests(self, run: Run, at: float) -> list[Request]:
        """What to ask of *run*, which stands as the requests left it; empty if it no longer does."""
        if self.paused is not None:
            return self._whole(run, at)
        if not all(_untouched(run, target) for target in self.targets):
            return []
        if any(name not in run.jobs or _mark(run.jobs[name], bool(was[0])) != was for name, was in self.heard.items()):
            return []
        return [request for target in self.targets for request in _back(target, at)]

    def _whole(self, run: Run, at: float) -> list[Request]:
        if run.paused is not self.paused or (not self.paused and run.attempts != self.attempts):
            return []
        return [UnpauseRequested(at=at) if self.paused else PauseRequested(at=at)]


def takeback(run: Run, requests: Sequence[Request]) -> Takeback | None:
    """How *requests*, which are about to be made of *run*, could be taken back; None if they could not truly be."""
    match list(requests):
        case [PauseRequested() | UnpauseRequested() as one]:
            return Takeback((), {}, paused=isinstance(one, PauseRequested), attempts=run.attempts)
    targets = [_target(run, request) for request in requests]
    if not targets or any(target is None for target in targets):
        return None
    known = tuple(target for target in targets if target is not None)
    return Takeback(known, _heard(run, [target.job for target in known]))


def _target(run: Run, request: Request) -> _Target | None:
    if isinstance(request, PauseRequested | UnpauseRequested | RunRequested):
        return None  # what was held cannot be held again
    job = run.jobs.get(request.job)
    if job is None or job.generation != request.generation or not _restorable(job):
        return None
    begun, outputs = _begun(job), dict(job.outputs)
    match request:
        case RetryRequested() if job.end is not None:
            return _Target(request.job, job.status, outputs, job.generation + 1, None, begun)
        case SkipRequested():
            given = job.last_good if request.last else request.outputs
            end = Status.SUBSTITUTED if given else Status.SKIPPED
        case CancelRequested():
            end = Status.CANCELLED
        case _:
            return None
    return _Target(request.job, job.status, outputs, job.generation, end, begun)


def _restorable(job: JobState) -> bool:
    """Whether a fresh generation of *job* can be brought to where it stands."""
    if job.busy:
        return False
    if job.end is not None:
        by_hand = job.end is job.status and job.end in _BY_HAND and job.end_reason == _BY_HAND[job.end]
        return by_hand and (job.end is not Status.CANCELLED or not _lost(job))
    looks = job.spec.cache and not job.fresh  # and would not, of what a person asked to run
    waits = job.status in (Status.WAITING, Status.READY)
    return waits and not (job.began or job.asked or looks or job.retried)


def _lost(job: JobState) -> bool:
    """Whether a new generation would be skipped at once, for want of what it needs: that cannot be cancelled."""
    return GONE in job.standings


def _begun(job: JobState) -> tuple[int, ...]:
    return len(job.attempts), sum(len(attempt.steps) for attempt in job.attempts), len(job.reused)


def _untouched(run: Run, target: _Target) -> bool:
    job = run.jobs.get(target.job)
    if job is None or job.spec.withdrawn or job.busy or _begun(job) != target.began:
        return False
    if (job.generation, job.end) != (target.generation, target.end):
        return False
    if target.was is Status.CANCELLED and _lost(job):
        return False
    return target.end is not None or (not job.asked and not job.status.ended)


def _back(target: _Target, at: float) -> Iterable[Request]:
    job, generation = target.job, target.generation
    if target.end is not None:
        yield RetryRequested(at=at, job=job, generation=generation)
        generation += 1
    match target.was:
        case Status.CANCELLED:
            yield CancelRequested(at=at, job=job, generation=generation)
        case Status.SKIPPED:
            yield SkipRequested(at=at, job=job, generation=generation)
        case Status.SUBSTITUTED:
            yield SkipRequested(at=at, job=job, generation=generation, outputs=target.outputs)


# --- those who hear of it
def _heard(run: Run, names: Sequence[str]) -> dict[str, tuple[object, ...]]:
    """What depends on *names*, and who is in a group with one of these; each marked."""
    below = _below(run, names)
    groups = {group for name in (*names, *below) for group in chain(run, run.jobs[name].spec.group)}
    beside = {name for group in groups for name in jobs_in(run, group) if name in run.jobs}
    found = {name: _mark(run.jobs[name], False) for name in beside.difference(names)}
    return found | {name: _mark(run.jobs[name], True) for name in below}


def _below(run: Run, names: Sequence[str]) -> list[str]:
    found, ahead = dict.fromkeys(names), list(names)
    while ahead:
        name = ahead.pop()
        needing = [dependent for dependent, _ in run.links.dependents.get(name, ())]
        needing += [dependent for tally in run.links.tallies.get(name, ()) for dependent, _ in tally.dependents]
        new = [each for each in dict.fromkeys(needing) if each not in found]
        found.update(dict.fromkeys(new))
        ahead += new
    return [name for name in found if name not in names]


def _mark(job: JobState, below: bool) -> tuple[object, ...]:
    """What may not change: of what depends on the targets, that anything begins; of others, what their group does."""
    cut = job.asked in ("policy", "stop") or (job.end_reason or Reason("")).kind in ("policy", "stopped")
    undone = sum(step.step == "rollback" for attempt in job.attempts for step in attempt.steps)
    begun = (job.generation, *_begun(job)) if below else ()
    return (below, cut, undone, sum(job.retried.values()), *begun)
