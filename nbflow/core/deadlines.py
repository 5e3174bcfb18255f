"""Which jobs have a deadline ahead of them, and whose has passed, without looking at all jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

from nbflow.core.job import JobState


@dataclass(slots=True)
class Deadlines:
    """Deadlines by instant. `note` files a job anew; jobs are known by their place in declaration order."""

    heap: list[tuple[float, int]] = field(default_factory=list)
    """May hold stale entries: those that *of* does not confirm."""
    of: dict[int, float] = field(default_factory=dict)

    def note(self, job: JobState) -> None:
        """File *job* as it stands now."""
        if not job.limited or job.deadline_at is None:
            self.of.pop(job.order, None)
        elif self.of.get(job.order) != job.deadline_at:
            self.of[job.order] = job.deadline_at
            heappush(self.heap, (job.deadline_at, job.order))

    def look(self, now: float) -> tuple[list[int], float | None]:
        """The places of the jobs whose deadline has passed at *now*, and when the next one will. Changes no answer."""
        passed: set[tuple[float, int]] = set()
        while self.heap and (self._stale() or self.heap[0][0] <= now):
            at, order = heappop(self.heap)
            if self.of.get(order) == at:
                passed.add((at, order))
        next_at = self.heap[0][0] if self.heap else None
        for entry in passed:
            heappush(self.heap, entry)
        return sorted(order for _, order in passed), next_at

    def _stale(self) -> bool:
        at, order = self.heap[0]
        return self.of.get(order) != at
