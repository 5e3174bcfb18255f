"""The scheduler in a hundred lines: what people are promised, with no index, no event and no clock in it."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, OVER = {"succeeded"}, {"succeeded", "failed", "skipped", "cancelled"}


@dataclass
class Job:
    """A job as its cell declared it, and what has become of it."""

    needs: tuple[str, ...] = ()
    attempts: int = 1
    tolerant: bool = False
    end: str = ""
    failed: int = 0
    lost: int = 0
    running: bool = False
    wanted: str = ""
    """What a person wants of it while it runs: ``skipped`` or ``cancelled``."""
    leftovers: bool = False
    """An attempt of an earlier declaration has not ended yet."""


class Model:
    """Jobs by name, in the order of their first declaration."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    # --- what people see
    def status(self, name: str) -> str:
        job = self.jobs[name]
        if job.end or job.running:
            return job.end or "running"
        needs = [self.status(need) for need in job.needs]
        if not job.tolerant and any(status in OVER - GOOD for status in needs):
            return "skipped"
        if not all(status in OVER for status in needs):
            return "waiting"
        return "retrying" if job.failed else "ready"

    def starts(self, slots: int) -> list[str]:
        """The jobs that start now, in order."""
        free = slots - sum(job.running or job.leftovers for job in self.jobs.values())
        able = [n for n, job in self.jobs.items() if self.status(n) in ("ready", "retrying") and not job.leftovers]
        return able[: max(0, free)]

    # --- what people and executors do; each says whether it means anything
    def declare(self, name: str, needs: tuple[str, ...], attempts: int, tolerant: bool) -> None:
        old = self.jobs.get(name)
        new = Job(needs, attempts, tolerant)
        new.leftovers = old is not None and (old.running or old.leftovers)
        self.jobs[name] = new

    def start(self, name: str) -> None:
        self.jobs[name].running = True

    def finish(self, name: str, how: str) -> None:
        """Its attempt ended: succeeded, failed, cancelled or lost."""
        job = self.jobs[name]
        if job.leftovers:
            job.leftovers = False
            return
        job.running = False
        if how == "succeeded":
            job.end = how
        elif job.wanted or how == "cancelled":
            job.end = job.wanted or "cancelled"
        elif how == "lost":
            job.lost += 1
            job.end = "failed" if job.lost > 3 else ""
        else:
            job.failed += 1
            job.end = "failed" if job.failed >= job.attempts else ""
        job.wanted = ""

    def skip(self, name: str) -> bool:
        job = self.jobs[name]
        if job.end in ("succeeded", "skipped") or job.wanted == "skipped":
            return False
        return self._want(job, "skipped")

    def cancel(self, name: str) -> bool:
        if self.status(name) in OVER or self.jobs[name].wanted == "cancelled":
            return False
        return self._want(self.jobs[name], "cancelled")

    def _want(self, job: Job, what: str) -> bool:
        if job.running:
            job.wanted = what
        else:
            job.end = what
        return True

    def retry(self, name: str) -> bool:
        if self.status(name) not in OVER:
            return False
        job = self.jobs[name]
        job.end, job.failed, job.lost = "", 0, 0
        return True
