"""A run in one line, for the heads of pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbflow.core.captions import counts
from nbflow.core.status import RunVerdict, Status
from nbflow.core.words import duration

BEGIN = "write %%job and a name on the first line of a cell, and run it"
"""How a flow without jobs gets its first."""


def tally(snapshot: Mapping[str, Any]) -> dict[Status, int]:
    """How many jobs of *snapshot* have each status, in the usual order."""
    return counts([job["status"] for job in jobs(snapshot).values()])


def jobs(snapshot: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The jobs of *snapshot* by name."""
    found: Mapping[str, Mapping[str, Any]] = snapshot.get("jobs") or {}
    return found


def run_seconds(snapshot: Mapping[str, Any]) -> float | None:
    """From the first attempt's start to the last one's end, or to now while the run goes on; None before any."""
    tries = [attempt for job in jobs(snapshot).values() for attempt in job.get("attempts") or []]
    parts = [part for attempt in tries for part in (attempt, *(attempt.get("steps") or ()))]
    starts = [part["started_at"] for part in parts if part.get("started_at") is not None]
    ends = [part["ended_at"] for part in parts if part.get("ended_at") is not None]
    if not starts:
        return None
    going = snapshot.get("verdict") == RunVerdict.RUNNING and snapshot.get("now") is not None
    last = snapshot["now"] if going else max(ends, default=None)
    return max(0.0, last - min(starts)) if last is not None else None


def headline(snapshot: Mapping[str, Any]) -> str:
    """Flow, run, what it came to and how long it took.

    >>> headline({"flow": "analysis", "run": 3, "verdict": "running", "jobs": {}})
    'analysis · run 3 · no jobs yet'
    >>> headline({"flow": "analysis", "run": 3, "verdict": "running", "paused": True, "jobs": {"a": {}}})
    'analysis · run 3 · running, paused'
    """
    head = f"{snapshot.get('flow', '')} · run {snapshot.get('run', '')}"
    if not jobs(snapshot):
        return f"{head} · no jobs yet"
    seconds = run_seconds(snapshot)
    verdict = snapshot["verdict"] + (", paused" if snapshot.get("paused") else "")
    return f"{head} · {verdict}" + (f" · {duration(seconds)}" if seconds is not None else "")


def counted(snapshot: Mapping[str, Any]) -> str:
    """The tally in words.

    >>> counted({"jobs": {"a": {"status": "succeeded"}, "b": {"status": "failed"}}})
    '1 succeeded, 1 failed'
    """
    return ", ".join(f"{count} {status.value}" for status, count in tally(snapshot).items())
