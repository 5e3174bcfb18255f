"""What the drawer's summary tells of a job: times, what it took, what was asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from nbflow.core.status import Status
from nbflow.core.words import duration, size

Fact = tuple[str, str]
FILES = 8
"""Files that are named."""


def facts(job: Mapping[str, Any]) -> list[Fact]:
    """Label and text, of a snapshot's *job*; what is not known, or usual, is left out.

    >>> facts({"executor": "process", "declared_at": 1.0, "started_at": 3.0})
    [('waited', '2.0 s before its first attempt'), ('runs in', 'process')]
    """
    where = ("runs in", str(job.get("executor") or "process"))
    made = [("made by", str(job["maker"]))] if job.get("maker") else []
    return [*_times(job), *_taken(job), *_last_good(job), where, *made, *_asked(job), *_files(job)]


def commands(name: str, job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What can be done with *job* in a cell beyond the buttons: a line to copy, and what it does.

    >>> failed = {"classes": ["builtins.KeyError"], "end": "failed"}
    >>> [command for command, _ in commands("fit", {"status": "failed", "attempts": [failed]})]
    ['%nbflow debug fit', '%nbflow reproduce fit']
    """
    tries = job.get("attempts") or ()
    if tries and tries[-1].get("end") == "failed" and tries[-1].get("classes"):
        yield f"%nbflow debug {name}", "its inputs are variables again, the debugger stands where it failed"
    if tries and tries[-1].get("end") is not None:
        yield f"%nbflow reproduce {name}", "runs the attempt again in the kernel, on what it was given"
    if job.get("outputs") and not Status(job["status"]).good:
        yield f"%nbflow skip {name} --value …", "gives a value in the place of what it would make"


def _times(job: Mapping[str, Any]) -> Iterator[Fact]:
    tries = [one for one in job.get("attempts") or () if one.get("generation", 1) == job.get("generation", 1)]
    ran = [one["ended_at"] - one["started_at"] for one in tries if one.get("ended_at") is not None]
    if ran:
        yield "ran", duration(sum(ran)) + (f" in {len(ran)} attempts" if len(ran) > 1 else "")
    declared, start = job.get("declared_at"), job.get("started_at")
    if declared is not None and start is not None and start - declared >= 0.1:
        yield "waited", f"{duration(start - declared)} before its first attempt"
    pauses = [
        later["started_at"] - one["ended_at"] for one, later in pairwise(tries) if one.get("ended_at") is not None
    ]
    if (paused := sum(max(0.0, pause) for pause in pauses)) >= 0.1:
        yield "between", f"{duration(paused)} from one attempt to the next"


def _taken(job: Mapping[str, Any]) -> Iterator[Fact]:
    last = next(iter((job.get("attempts") or ())[-1:]), None)
    if last is None:
        return
    if last.get("cpu_seconds"):
        yield "processor", f"{duration(last['cpu_seconds'])}{_share(last)}"
    if last.get("peak_memory"):
        yield "peak memory", size(last["peak_memory"])


def _last_good(job: Mapping[str, Any]) -> Iterator[Fact]:
    """Where it stands otherwise: the newest attempt whose outputs are there."""
    good = [one["number"] for one in job.get("attempts") or () if one.get("end") == "succeeded"]
    if good and job.get("status") not in (None, "succeeded"):
        yield "last good", f"attempt {good[-1]}"


def _share(attempt: Mapping[str, Any]) -> str:
    """How many processors it kept busy, where that is not about one."""
    end = attempt.get("ended_at")
    took = end - attempt["started_at"] if end is not None else 0.0
    busy = attempt["cpu_seconds"] / took if took > 1 else 0.0
    return f", {busy:.1f} processors busy" if busy >= 1.5 else f", {busy:.0%} of its time" if 0 < busy < 0.7 else ""


def _asked(job: Mapping[str, Any]) -> Iterator[Fact]:
    if (job.get("of") or 1) > 1:
        yield "attempts", f"{job['of']} at most"
    if job.get("timeout"):
        yield "timeout", f"{duration(job['timeout'])} an attempt"
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


def _files(job: Mapping[str, Any]) -> Iterator[Fact]:
    for label, key in (("reads files", "reads"), ("writes files", "writes")):
        if files := list(job.get(key) or ()):
            yield label, ", ".join(files[:FILES]) + (f", and {len(files) - FILES} more" if len(files) > FILES else "")
