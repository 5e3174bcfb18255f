"""What the drawer's summary tells of a job: times, what it took, what was asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbflow.core.words import duration, size

Fact = tuple[str, str]


def facts(job: Mapping[str, Any]) -> list[Fact]:
    """Label and text, of a snapshot's *job*; what is not known, or usual, is left out.

    >>> facts({"executor": "process", "declared_at": 1.0, "started_at": 3.0})
    [('waited', '2.0 s before its first attempt'), ('runs in', 'process')]
    """
    return [*_times(job), *_taken(job), ("runs in", str(job.get("executor") or "process")), *_asked(job)]


def _times(job: Mapping[str, Any]) -> Iterator[Fact]:
    tries = [one for one in job.get("attempts") or () if one.get("generation", 1) == job.get("generation", 1)]
    ran = [one["ended_at"] - one["started_at"] for one in tries if one.get("ended_at") is not None]
    if ran:
        yield "ran", duration(sum(ran)) + (f" in {len(ran)} attempts" if len(ran) > 1 else "")
    declared, start = job.get("declared_at"), job.get("started_at")
    if declared is not None and start is not None and start - declared >= 0.1:
        yield "waited", f"{duration(start - declared)} before its first attempt"


def _taken(job: Mapping[str, Any]) -> Iterator[Fact]:
    last = next(iter((job.get("attempts") or ())[-1:]), None)
    if last is None:
        return
    if last.get("cpu_seconds"):
        yield "processor", f"{duration(last['cpu_seconds'])}{_share(last)}"
    if last.get("peak_memory"):
        yield "peak memory", size(last["peak_memory"])


def _share(attempt: Mapping[str, Any]) -> str:
    """How many processors it kept busy, where that is not about one."""
    end = attempt.get("ended_at")
    took = end - attempt["started_at"] if end is not None else 0.0
    busy = attempt["cpu_seconds"] / took if took > 1 else 0.0
    return f", {busy:.1f} processors busy" if busy >= 1.5 else f", {busy:.0%} of its time" if 0 < busy < 0.7 else ""


def _asked(job: Mapping[str, Any]) -> Iterator[Fact]:
    if (job.get("of") or 1) > 1:
        yield "attempts", f"{job['of']} at most"
    if job.get("deadline"):
        yield "deadline", duration(job["deadline"])
    if job.get("memory"):
        yield "memory limit", size(job["memory"])
    for key in ("rollback", "fallback", "condition"):
        if job.get(key):
            yield key, str(job[key])
    for rule in job.get("rules") or ():
        yield "on failure", f"{rule['on']}: {rule['retries']} more attempts"
    if job.get("cache"):
        yield "cache", "what an earlier attempt made may be reused"
    if outputs := job.get("outputs"):
        yield "leaves", ", ".join(name for name in outputs if not name.startswith("<")) or "nothing"
