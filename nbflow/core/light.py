"""What is read of every job at every look, once from a run's records and once from a snapshot: this table has both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from nbflow.core.glance import Jobs
from nbflow.core.run import JobState
from nbflow.core.status import Status

T = TypeVar("T")
Told = Mapping[str, Any]
"""A job as a snapshot has it."""


class Part(NamedTuple):
    """An attempt, by its number, or the *step* that followed it; instants in seconds since the epoch.

    *after*: when what was before it in the same generation ended, None if nothing was. *ready*: from when on it could
    have started, had there been a slot: between the two lies a retry's delay. *end* and *came_to* are None while it
    goes on.
    """

    attempt: int
    step: str
    after: float | None
    ready: float
    start: float
    end: float | None
    came_to: str | None


@dataclass(frozen=True)
class Light(Generic[T]):
    """One thing to be read of a job."""

    record: Callable[[JobState], T]
    told: Callable[[Told], T]

    def of(self, jobs: Mapping[str, Told]) -> list[T]:
        """It, of each of *jobs*, of a snapshot or a glance, in their order."""
        if isinstance(jobs, Jobs):
            return list(map(self.record, jobs.states))
        return list(map(self.told, jobs.values()))


def _kind(job: JobState) -> str:
    return job.spec.element.fan if job.spec.element is not None else job.spec.group or ""


def _parts(job: JobState) -> list[Part]:
    found, generation = list[Part](), 0
    for one in job.attempts:
        after = found[-1].end if one.generation == generation else None
        generation = one.generation
        found.append(Part(one.number, "", after, one.ready_at, one.started_at, one.ended_at, one.end))
        for step in one.steps:
            ready = found[-1].end or step.started_at
            found.append(Part(one.number, step.step, None, ready, step.started_at, step.ended_at, step.end))
    return found


def _parts_told(job: Told) -> list[Part]:
    found, generation = list[Part](), 0
    for attempt in job.get("attempts") or ():
        number, before = attempt.get("number", 1), generation
        generation = attempt.get("generation", 1)
        after = found[-1].end if found and before == generation else None
        for part in (attempt, *(attempt.get("steps") or ())):
            start = part.get("started_at")
            if start is not None:
                step = part.get("step") or ""
                ready = part.get("ready_at", start) if not step else found[-1].end or start
                end, came_to = part.get("ended_at"), part.get("end")
                found.append(Part(number, step, None if step else after, ready, start, end, came_to))
    return found


def _took(job: JobState) -> float | None:
    for one in reversed(job.attempts):
        if one.end == "succeeded" and one.ended_at is not None:
            return one.ended_at - one.started_at
    return None


def _took_told(job: Told) -> float | None:
    good = [one for one in _parts_told(job) if not one.step and one.came_to == "succeeded" and one.end is not None]
    return good[-1].end - good[-1].start if good and good[-1].end is not None else None


def _since_told(job: Told) -> float | None:
    tries = job.get("attempts") or ()
    return tries[-1]["started_at"] if tries and tries[-1].get("ended_at") is None else None


LETTER = Light[str](lambda job: job.status.letter, lambda job: Status(job["status"]).letter)
STATUS = Light[Status](lambda job: job.status, lambda job: Status(job["status"]))
GENERATION = Light[int](lambda job: job.generation, lambda job: job.get("generation", 1))
KIND = Light[str](_kind, lambda job: job.get("fan") or job.get("group") or "")
"""What it is alike to: its fan-out, or its group."""
PARTS = Light[list[Part]](_parts, _parts_told)
TOOK = Light[float | None](_took, _took_told)
"""Seconds that its last success took."""
SINCE = Light[float | None](lambda job: job.running.started_at if job.running is not None else None, _since_told)
"""Since when its attempt under way runs."""


def letters(jobs: Mapping[str, Told]) -> str:
    """The letter of each job's status, in the order of *jobs*, of a snapshot or a glance."""
    return "".join(LETTER.of(jobs))


def generations(jobs: Mapping[str, Told]) -> dict[int, int]:
    """Place of a job -> its generation, where that is not the first."""
    return {at: generation for at, generation in enumerate(GENERATION.of(jobs)) if generation > 1}


def parts(jobs: Mapping[str, Told]) -> Iterator[Part]:
    """The attempts and steps of *jobs* that have started."""
    return chain.from_iterable(PARTS.of(jobs))


def span(jobs: Mapping[str, Told]) -> tuple[float | None, float | None]:
    """When the first attempt started and when the last attempt or step ended; None where none has.

    >>> span({"a": {"attempts": [{"started_at": 1.0, "ended_at": 3.0}, {"started_at": 4.0, "ended_at": None}]}})
    (1.0, 3.0)
    """
    found = list(parts(jobs))
    starts, ends = [part.start for part in found], [part.end for part in found if part.end is not None]
    return min(starts, default=None), max(ends, default=None)
