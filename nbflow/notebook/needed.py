"""What a job needs, from what it reads and what ``--after`` names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from nbflow.core.elements import fan_names, fan_of
from nbflow.core.groups import chain
from nbflow.core.groups import need as group_need
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Built, Gathered, GroupNeed, Input, JobNeed, Need, Produced


@dataclass(slots=True)
class Needed:
    """What jobs that are about to be declared need, of *run*: each job and group once.

    *readers* are those of them that the run has already; *group* is theirs.
    """

    run: Run
    readers: Collection[str]
    group: str | None
    found: dict[str, Need] = field(default_factory=dict)

    @property
    def known(self) -> list[str]:
        """What ``--after`` may name: jobs, fan-outs and groups."""
        jobs = [name for name, job in list(self.run.jobs.items()) if not job.spec.withdrawn]
        names = dict.fromkeys([*jobs, *fan_names(self.run), *self.run.groups])
        return [name for name in names if name not in self.readers]

    def read(self, source: Input) -> None:
        """Need what makes *source*."""
        match source:
            case Produced(job=job):
                self.found.setdefault(job, JobNeed(job))
            case Gathered(parts=parts) if parts:
                self._all_of([part.job for part in parts], optional=False)
            case Built(parts=parts):
                for part in parts:
                    self.read(part)
            case _:
                pass

    def wait_for(self, name: str, optional: bool) -> None:
        """Need the job, fan-out or group *name*."""
        if name in self.run.jobs and not self.run.jobs[name].spec.withdrawn:
            self.found.setdefault(name, JobNeed(name, optional))
        elif (fan := fan_of(self.run, name)) is not None:
            self._all_of(list(fan.elements), optional)
        else:
            self._group(name, optional, self.readers)

    def _all_of(self, elements: list[str], optional: bool) -> None:
        """Need a fan-out: by its group, unless the jobs are of that group themselves."""
        group = self.run.jobs[elements[0]].spec.group
        around = chain(self.run, self.group) if self.group in self.run.groups else [self.group]
        if group is not None and group not in around:
            self._group(group, optional, self.later())
        else:
            for name in elements:
                self.found.setdefault(name, JobNeed(name, optional))

    def _group(self, name: str, optional: bool, without: Collection[str]) -> None:
        if name not in self.found:
            self.found[name] = _without(group_need(self.run, name, optional), without)

    def later(self) -> Collection[str]:
        """The jobs that come later than those to be declared: they themselves, and what needs them."""
        dependents: dict[str, list[str]] = {}
        for name, job in list(self.run.jobs.items()) if self.readers else ():
            for target in dict.fromkeys(target for each in job.spec.needs for target in _targets(each)):
                dependents.setdefault(target, []).append(name)
        found, ahead = set(self.readers), list(self.readers)
        while ahead:
            new = [name for name in dependents.get(ahead.pop(), ()) if name not in found]
            found.update(new)
            ahead += new
        return found


def _without(need: GroupNeed, names: Collection[str]) -> GroupNeed:
    members = tuple(name for name in need.members if name not in names)
    return GroupNeed(need.group, members, need.optional, tuple(_without(part, names) for part in need.parts))


def follows(jobs: Mapping[str, JobState], some: Iterable[str], others: Collection[str]) -> bool:
    """Whether one of *some* jobs is one of *others*, or needs one, at however many removes."""
    ahead = list(some)
    seen = set(ahead)
    while ahead:
        name = ahead.pop()
        if name in others:
            return True
        state = jobs.get(name)
        for need in state.spec.needs if state is not None else ():
            names = set(_targets(need)) - seen
            ahead += names
            seen |= names
    return False


def _targets(need: Need) -> tuple[str, ...]:
    return (need.job,) if isinstance(need, JobNeed) else need.jobs
