"""A run along time: a bar for each attempt and step, in as many lanes as ran side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple

from nbflow.core.light import PARTS, Part
from nbflow.core.status import Status


class Lane(NamedTuple):
    """One bar: *job* by its number, *attempt* by its own; *step* is what followed it, or empty.

    Instants are in seconds since the epoch, *end* is None while it goes on; *after* and *ready* are as in
    `nbflow.core.light.Part`. *letter* says what it came to.
    """

    job: int
    attempt: int
    step: str
    after: float | None
    ready: float
    start: float
    end: float | None
    letter: str
    lane: int


def lanes(jobs: Mapping[str, Mapping[str, Any]]) -> list[Lane]:
    """The bars of a run's *jobs*, of a snapshot or a glance, in the order in which they began.

    A bar stands in the first lane that was free when it began; bars are only ever added, as they begin.

    >>> tried = {"number": 1, "started_at": 0.0, "ended_at": 2.0, "end": "succeeded"}
    >>> late = tried | {"started_at": 1.0, "ended_at": None, "end": None}
    >>> [(bar.job, bar.lane, bar.letter) for bar in lanes({"a": {"attempts": [tried]}, "b": {"attempts": [late]}})]
    [(0, 0, 'S'), (1, 1, 'R')]
    """
    return laid(PARTS.of(jobs))


def laid(parts: Sequence[Sequence[Part]]) -> list[Lane]:
    """The same, of the attempts and steps of each job, as `nbflow.core.light.PARTS` reads them."""
    free: list[int] = []
    going: list[tuple[float, int]] = []
    found = []
    for bar in sorted(_bars(parts), key=lambda bar: bar.start):
        while going and going[0][0] <= bar.start:
            heappush(free, heappop(going)[1])
        lane = heappop(free) if free else len(going)
        heappush(going, (bar.end if bar.end is not None else float("inf"), lane))
        found.append(bar._replace(lane=lane))
    return found


def _bars(parts: Sequence[Sequence[Part]]) -> Iterator[Lane]:
    for job, found in enumerate(parts):
        for one in found:
            yield Lane(job, *one[:-1], _letter(one.came_to), 0)


_LETTERS = {
    None: Status.RUNNING,
    "succeeded": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
}


def _letter(end: str | None) -> str:
    return _LETTERS.get(end, Status.UNKNOWN).letter


def critical(jobs: Mapping[str, Mapping[str, Any]], needs: Mapping[str, list[str]]) -> list[int]:
    """What the run waited for: from the job that ended last, back to the need that let it begin last, and so on.

    Args:
        jobs: those of a snapshot or glance.
        needs: job -> the jobs that it needs.

    Returns:
        The numbers of the jobs, the first to start first; empty where nothing has started.

    >>> def ran(start, end):
    ...     return {"attempts": [{"number": 1, "started_at": start, "ended_at": end, "end": "succeeded"}]}
    >>> critical({"a": ran(0.0, 2.0), "b": ran(0.0, 9.0), "c": ran(9.0, 10.0)}, {"c": ["a", "b"]})
    [1, 2]
    """
    return waited_for(PARTS.of(jobs), list(jobs), needs)


def waited_for(parts: Sequence[Sequence[Part]], names: Sequence[str], needs: Mapping[str, list[str]]) -> list[int]:
    """The same, of the attempts and steps of each of the jobs *names*."""
    found = ((job, one.end) for job, tries in enumerate(parts) for one in tries)
    ends: dict[int, float] = {}
    for job, end in found:
        ends[job] = max(ends.get(job, 0.0), end if end is not None else float("inf"))
    number = {name: at for at, name in enumerate(names)}
    path: list[int] = []
    at = max(ends, key=lambda job: (ends[job], -job), default=None)
    while at is not None and at not in path:
        path.append(at)
        before = [number[need] for need in needs.get(names[at], ()) if number.get(need) in ends]
        at = max(before, key=lambda job: ends[job], default=None)
    return path[::-1]
