"""A run read as a snapshot is, but only where somebody looks: a view of 10,000 jobs asks most of them for a letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbflow.core.project import JOB, RUN, groups_shown, project_group, shown
from nbflow.core.run import JobState, Run
from nbflow.core.status import Status


class JobGlance(Mapping[str, Any]):
    """One job as `nbflow.core.project.project_job` gives it; each part is made when it is asked for."""

    __slots__ = ("_job", "_run")

    def __init__(self, run: Run, job: JobState) -> None:
        self._run, self._job = run, job

    def __getitem__(self, key: str) -> Any:
        return JOB[key](self._run, self._job)

    def __iter__(self) -> Iterator[str]:
        return iter(JOB)

    def __len__(self) -> int:
        return len(JOB)


class Jobs(Mapping[str, JobGlance]):
    """The jobs of a run that were not withdrawn."""

    def __init__(self, run: Run) -> None:
        self._run, self._names = run, shown(run)

    def __getitem__(self, name: str) -> JobGlance:
        job = self._run.jobs[name]
        if job.spec.withdrawn:
            raise KeyError(name)
        return JobGlance(self._run, job)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def states(self) -> list[JobState]:
        """The jobs' records, in their order."""
        jobs = self._run.jobs
        return [jobs[name] for name in self._names]


class _Groups(Mapping[str, dict[str, Any]]):
    def __init__(self, run: Run) -> None:
        self._run, self._names = run, groups_shown(run)

    def __getitem__(self, name: str) -> dict[str, Any]:
        return project_group(self._run, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Glance(Mapping[str, Any]):
    """*run* at *now*, in the form of `nbflow.core.project.project`. To be read while nobody folds events into *run*.

    >>> from nbflow.core.project import project
    >>> from nbflow.testing import declare
    >>> from nbflow.core.spec import JobSpec
    >>> run = declare(JobSpec(name="a"), JobSpec(name="b"))
    >>> glance = Glance(run, now=5.0)
    >>> letters(glance["jobs"]), glance["jobs"]["a"]["status"], dict(glance)["declarations"]
    ('QQ', 'ready', 2)
    """

    def __init__(self, run: Run, now: float) -> None:
        self.run, self._now = run, now
        self._parts: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._parts:
            self._parts[key] = self._read(key)
        return self._parts[key]

    def _read(self, key: str) -> Any:
        match key:
            case "now":
                return self._now
            case "jobs":
                return Jobs(self.run)
            case "groups":
                return _Groups(self.run)
            case _:
                return RUN[key](self.run)

    def __iter__(self) -> Iterator[str]:
        return iter((*RUN, "now", "jobs", "groups"))

    def __len__(self) -> int:
        return len(RUN) + 3


def letters(jobs: Mapping[str, Mapping[str, Any]]) -> str:
    """The letter of each job's status, in the order of *jobs*, of a snapshot or a glance."""
    if isinstance(jobs, Jobs):
        return "".join([job.status.letter for job in jobs.states])
    return "".join(Status(job["status"]).letter for job in jobs.values())


def generations(jobs: Mapping[str, Mapping[str, Any]]) -> dict[int, int]:
    """Place of a job -> its generation, where that is not the first."""
    if isinstance(jobs, Jobs):
        return {at: job.generation for at, job in enumerate(jobs.states) if job.generation > 1}
    told = enumerate(job.get("generation", 1) for job in jobs.values())
    return {at: generation for at, generation in told if generation > 1}


def span(jobs: Mapping[str, Mapping[str, Any]]) -> tuple[float | None, float | None]:
    """When the first attempt started and when the last attempt or step ended; None where none has.

    >>> span({"a": {"attempts": [{"started_at": 1.0, "ended_at": 3.0}, {"started_at": 4.0, "ended_at": None}]}})
    (1.0, 3.0)
    """
    if isinstance(jobs, Jobs):
        tries = [attempt for job in jobs.states for attempt in job.attempts]
        times = [(one.started_at, one.ended_at) for one in tries]
        times += [(step.started_at, step.ended_at) for one in tries for step in one.steps]
    else:
        told = [attempt for job in jobs.values() for attempt in job.get("attempts") or ()]
        parts = [part for attempt in told for part in (attempt, *(attempt.get("steps") or ()))]
        times = [(part.get("started_at"), part.get("ended_at")) for part in parts]
    starts, ends = [start for start, _ in times if start is not None], [end for _, end in times if end is not None]
    return min(starts, default=None), max(ends, default=None)
