"""A run read as a snapshot is, but only where somebody looks: a view of 10,000 jobs asks most of them for a letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbflow.core.project import GROUP, JOB, RUN, groups_shown, shown
from nbflow.core.run import GroupState, JobState, Run


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


class GroupGlance(Mapping[str, Any]):
    """One group as `nbflow.core.project.project_group` gives it; each part is made when it is asked for."""

    __slots__ = ("_group", "_run")

    def __init__(self, run: Run, group: GroupState) -> None:
        self._run, self._group = run, group

    def __getitem__(self, key: str) -> Any:
        return GROUP[key](self._run, self._group)

    def __iter__(self) -> Iterator[str]:
        return iter(GROUP)

    def __len__(self) -> int:
        return len(GROUP)


class _Groups(Mapping[str, GroupGlance]):
    def __init__(self, run: Run) -> None:
        self._run, self._names = run, groups_shown(run)

    def __getitem__(self, name: str) -> GroupGlance:
        return GroupGlance(self._run, self._run.groups[name])

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
    >>> glance["jobs"]["a"]["status"], dict(glance)["declarations"]
    ('ready', 2)
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
