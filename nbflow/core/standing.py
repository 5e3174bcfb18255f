"""How a run stands, in one line: the same on cards, in the view's header, in tables and in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbflow.core.captions import counts
from nbflow.core.light import letters, span
from nbflow.core.pace import Remaining
from nbflow.core.status import FAILURES, RunVerdict, Status
from nbflow.core.streams import Streams
from nbflow.core.words import about, duration

_TOLD = (
    *(Status.RUNNING, Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK, Status.RETRYING),
    *(*FAILURES, Status.SKIPPED, Status.CANCELLED, Status.WAITING, Status.HELD),
)


def standing(statuses: Iterable[str], left: float | None = None, took: float | None = None) -> str:
    """How jobs stand, by words or letters: what is done and what went wrong by their signs, the rest in words.

    Args:
        statuses: one for each job.
        left: seconds that it goes on, None where nobody knows.
        took: seconds that it has taken, once all is over.

    >>> standing(["succeeded"] * 7 + ["running"] * 2 + ["failed"], left=170.0)
    '7 ✓ · 2 running · 1 ✕ · about 3 m left'
    >>> standing("SSKQW"), standing("SS", took=190.0)
    ('2 ✓ · 1 skipped · 2 waiting', '2 ✓ · 3 m 10 s')
    """
    found = counts(statuses)
    found[Status.WAITING] = found.get(Status.WAITING, 0) + found.pop(Status.READY, 0)
    good = sum(count for status, count in found.items() if status.good)
    said = [f"{good} {Status.SUCCEEDED.glyph}"] if good else []
    for status in _TOLD:
        if count := found.get(status, 0):
            said.append(f"{count} {status.glyph if status is Status.FAILED else status.value}")
    if left is not None and left >= 1:
        said.append(f"about {about(left)} left")
    if took is not None:
        said.append(duration(took))
    return " · ".join(said)


class Stander:
    """Says how a run stands, time and again; what is left is estimated anew only when a status changes."""

    def __init__(self) -> None:
        self._remaining = Remaining()

    def line(self, snapshot: Mapping[str, Any]) -> str:
        """The line on *snapshot* (or a glance), as of its ``now``; empty where there is no job.

        >>> ran = {"status": "succeeded", "attempts": [{"started_at": 0.0, "ended_at": 4.0, "end": "succeeded"}]}
        >>> Stander().line({"verdict": "succeeded", "jobs": {"a": ran}})
        '1 ✓ · 4.0 s'
        """
        jobs = snapshot.get("jobs") or {}
        stand = letters(jobs)
        if snapshot.get("verdict") == RunVerdict.RUNNING:
            return standing(stand, self._left(snapshot, stand))
        start, end = span(jobs)
        return standing(stand, took=max(0.0, end - start) if start is not None and end is not None else None)

    def _left(self, snapshot: Mapping[str, Any], stand: str) -> float | None:
        left_at = self._remaining.left_at(snapshot, stand, lambda: Streams(snapshot).above)
        return None if left_at is None else left_at - float(snapshot.get("now") or 0.0)
