"""How much longer a run goes on, as far as what has ended tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from nbflow.core.light import KIND, SINCE, STATUS, TOOK
from nbflow.core.status import RunVerdict, Status

_AHEAD = frozenset(
    {Status.WAITING, Status.READY, Status.RUNNING, Status.RETRYING}
    | {Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK}
)


class Pace:
    """What is known of how long the jobs of a run take, at one moment.

    A job takes as long as its own last success did; else as those of its fan-out or group did at the median; else
    nobody knows.

    Args:
        jobs: those of a snapshot or glance.
        needs: job -> the jobs that it needs.
        slots: how many run at once.
    """

    def __init__(self, jobs: Mapping[str, Mapping[str, Any]], needs: Mapping[str, Sequence[str]], slots: int) -> None:
        self._needs, self._slots = needs, max(1, slots)
        told = map(_Known, STATUS.of(jobs), KIND.of(jobs), TOOK.of(jobs), SINCE.of(jobs))
        self._jobs = dict(zip(jobs, told, strict=True))
        alike: dict[str, list[float]] = {}
        for job in self._jobs.values():
            if job.took is not None:
                alike.setdefault(job.kind, []).append(job.took)
        self._alike = {kind: median(times) for kind, times in alike.items() if kind}

    def left(self, now: float) -> float | None:
        """Seconds until everything that goes on, or waits for nobody but others, has ended; None where that is open.

        The longer of the longest chain, and of all work over the slots.

        >>> ran = {"status": "succeeded", "attempts": [{"started_at": 0.0, "ended_at": 4.0, "end": "succeeded"}]}
        >>> jobs = {"a": ran | {"fan": "f"}, "b": {"status": "waiting", "fan": "f", "needs": ["a"]}}
        >>> Pace(jobs, {"b": ["a"]}, slots=2).left(now=5.0)
        4.0
        """
        ahead = [name for name, job in self._jobs.items() if job.status in _AHEAD]
        return self._together(ahead, now) if ahead else None

    def again(self, names: Sequence[str]) -> float | None:
        """Seconds that running *names* again takes; None where nobody knows of one of them."""
        return self._together(names, 0.0, afresh=True)

    def _together(self, names: Sequence[str], now: float, afresh: bool = False) -> float | None:
        rest: dict[str, float] = {}
        for name in names:
            job = self._jobs[name]
            takes = job.took if job.took is not None else self._alike.get(job.kind)
            if takes is None:
                return None
            rest[name] = takes if afresh or job.since is None else max(0.0, takes - (now - job.since))
        return max(self._chain(rest), sum(rest.values()) / self._slots)

    def _chain(self, rest: Mapping[str, float]) -> float:
        """The longest chain of needs among *rest*."""
        ends: dict[str, float] = {}
        for name, takes in rest.items():  # declared after what they need, but for a few: those wait for nothing here
            needs = self._needs.get(name)
            before = [ends[need] for need in needs if need in ends] if needs else ()
            ends[name] = max(before) + takes if before else takes
        return max(ends.values(), default=0.0)


def alike_left(took: Sequence[float], since: Sequence[float], queued: int, now: float) -> float | None:
    """Seconds until jobs of one kind have ended, *queued* ones included; None where none of them has ended well yet.

    Args:
        took: seconds that each of those took that have ended well.
        since: when each of those started that run: as many run side by side from now on.
        queued: how many have yet to start.
        now: in seconds since the epoch, as *since*.

    >>> alike_left([4.0, 6.0, 5.0], [10.0, 12.0], 3, now=13.0)
    10.5
    """
    if not took:
        return None
    each = median(took)
    rest = [max(0.0, each - (now - start)) for start in since]
    return max([(sum(rest) + each * queued) / max(1, len(rest)), each if queued else 0.0, *rest])


class _Known:
    __slots__ = ("kind", "since", "status", "took")

    def __init__(self, status: Status, kind: str, took: float | None, since: float | None) -> None:
        self.status, self.kind, self.took, self.since = status, kind, took, since


class Remaining:
    """When a run is over, asked time and again; estimated anew only when a status changes."""

    def __init__(self) -> None:
        self._paced: tuple[object, ...] = ()
        self._left_at: float | None = None

    def left_at(
        self, snapshot: Mapping[str, Any], stand: str, above: Callable[[], Mapping[str, Sequence[str]]]
    ) -> float | None:
        """The instant at which the run of *snapshot* (or a glance) is over; None where nobody can tell.

        As many jobs run side by side from now on as do now. *stand* has a letter for each job, *above* tells what each
        needs.

        >>> ran = {"attempts": [{"started_at": 0.0, "ended_at": 4.0, "end": "succeeded"}], "fan": "f"}
        >>> jobs = {"a": ran | {"status": "succeeded"}, "b": {"status": "waiting", "fan": "f", "needs": ["a"]}}
        >>> Remaining().left_at({"verdict": "running", "now": 5.0, "jobs": jobs}, "SW", lambda: {"b": ["a"]})
        9.0
        """
        if snapshot.get("verdict") != RunVerdict.RUNNING or snapshot.get("paused"):
            return None
        known = (snapshot.get("run"), snapshot.get("declarations"), stand)
        if known != self._paced:
            now, jobs = float(snapshot.get("now") or 0.0), snapshot.get("jobs") or {}
            left = Pace(jobs, above(), slots=stand.count(Status.RUNNING.letter)).left(now)
            self._paced, self._left_at = known, None if left is None else now + left
        return self._left_at
