"""The course of a run: when each status and verdict changed, noted while its events are folded."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbflow.core.status import Status, Verdict


@dataclass(slots=True)
class Course:
    """What has changed when. Jobs go by their place in the order of declaration, instants are seconds since the epoch.

    A run has one only if somebody wants to look back: see `nbflow.core.history`.
    """

    statuses: list[tuple[float, int, Status]] = field(default_factory=list)
    verdicts: list[tuple[float, str, Verdict]] = field(default_factory=list)
    """Of groups, as they were recorded."""
