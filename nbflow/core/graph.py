"""Whether a declaration can be taken: known needs, no loops, policies that can be met. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from nbflow.core import policy_check as policies
from nbflow.core.match import nearest
from nbflow.core.policies import Policy, Ruled, Strict
from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec
from nbflow.errors import CycleError, DeclarationError, QueueLimit, UnknownJob


def check(run: Run, jobs: Sequence[JobSpec], groups: Mapping[str, Policy]) -> None:
    """Raise unless *jobs* and *groups* can be declared in *run*, together.

    Raises:
        UnknownJob: a job or group is needed that neither *run* nor this declaration has.
        CycleError: jobs would need each other in a loop.
        QueueLimit: there would be more jobs than the run's limits allow.
        DeclarationError: a number is out of range, a name is taken, or a policy is malformed or can never be met.

    >>> from nbflow.core.spec import JobNeed
    >>> check(Run(), [JobSpec(name="a", needs=(JobNeed("b"),)), JobSpec(name="b", needs=(JobNeed("a"),))], {})
    Traceback (most recent call last):
    nbflow.errors.CycleError: jobs need each other in a loop: a → b → a
    """
    new: dict[str, JobSpec] = {}
    for spec in jobs:
        if spec.name in new:
            raise DeclarationError(f"job {spec.name!r} is declared twice at once")
        _check_numbers(spec)
        new[spec.name] = spec
    _check_limit(run, new)
    for group, policy in groups.items():
        policies.check(group, policy)
    _check_names(run, new, groups)
    parents = _parents(run, groups)
    _check_needs(run, new, groups)
    _check_policies(run, new, groups)
    _check_loops(run, new, parents)


def _parents(run: Run, groups: Mapping[str, Policy]) -> dict[str, str | None]:
    """Group -> the group that it will be a member of.

    Raises:
        DeclarationError: groups would be members of each other in a loop.
    """
    parents = {name: group.parent for name, group in run.groups.items()}
    parents |= {name: policy.parent if isinstance(policy, Ruled) else None for name, policy in groups.items()}
    for name in groups:
        if len(around := _around(parents, name)) > 1 and around[-1] == name:
            raise DeclarationError(f"groups are members of each other in a loop: {' → '.join(around)}")
    return parents


def _around(parents: Mapping[str, str | None], name: str | None) -> list[str]:
    """The group *name* and those around it; one that comes again is the last."""
    found: list[str] = []
    while name is not None:
        found.append(name)
        name = parents.get(name) if found.count(name) == 1 else None
    return found


def _check_limit(run: Run, new: Mapping[str, JobSpec]) -> None:
    most = run.limits.jobs
    if most is None or all(spec.withdrawn for spec in new.values()):
        return
    after = {name: job.spec for name, job in run.jobs.items()} | dict(new)
    if sum(not spec.withdrawn for spec in after.values()) > most and not new.keys() <= run.jobs.keys():
        raise QueueLimit(most)


def _check_numbers(spec: JobSpec) -> None:
    retry = spec.retry
    faults = {
        "a job needs a name": not spec.name,
        "needs at least 1 attempt": retry.attempts < 1,
        "needs a delay of 0 s or more": not retry.delay >= 0,
        "needs a longest delay of 0 s or more": not retry.max_delay >= 0,
        "needs a backoff factor above 0": not retry.backoff > 0,
        "needs a jitter from 0 to 1": not 0 <= retry.jitter <= 1,
        "needs a timeout above 0 s": spec.timeout is not None and not spec.timeout > 0,
        "needs a deadline above 0 s": spec.deadline is not None and not spec.deadline > 0,
        "needs a grace of 0 s or more": not spec.grace >= 0,
        "needs memory above 0 bytes": spec.memory is not None and not spec.memory > 0,
        "has a failure rule with fewer than 0 retries": any(rule.retries < 0 for rule in spec.rules),
        "has a failure rule with a time limit of 0 s or less": any(
            rule.timeout is not None and not rule.timeout > 0 for rule in spec.rules
        ),
        "has a failure rule with a factor of memory of 0 or less": any(not rule.memory > 0 for rule in spec.rules),
    }
    for fault, there in faults.items():
        if there:
            raise DeclarationError(f"job {spec.name!r} {fault}" if spec.name else fault)


def _check_names(run: Run, new: Mapping[str, JobSpec], groups: Mapping[str, Policy]) -> None:
    named = {*groups, *(spec.group for spec in new.values() if spec.group is not None)}
    named |= {policy.parent for policy in groups.values() if isinstance(policy, Ruled) and policy.parent is not None}
    specs = {name: run.jobs[name].spec for name in named if name in run.jobs} | dict(new)
    for name in named:
        if name in specs and not specs[name].withdrawn:
            raise DeclarationError(f"group {name!r} has the name of a job: call one of them otherwise")
    for name, spec in new.items():
        if name in run.groups and not spec.withdrawn and not _emptied(run, name, new):
            raise DeclarationError(f"job {name!r} has the name of a group: call one of them otherwise")


def _emptied(run: Run, group: str, new: Mapping[str, JobSpec]) -> bool:
    """Whether all members of *group* leave it."""
    members = run.groups[group].members
    return bool(members) and all(name in new and new[name].group != group for name in members)


def _check_needs(run: Run, new: Mapping[str, JobSpec], groups: Mapping[str, Policy]) -> None:
    made = {*groups, *(spec.group for spec in new.values())}
    for spec in new.values():
        for need in spec.needs:
            wanted = (need.job,) if isinstance(need, JobNeed) else need.jobs
            for name in wanted:
                if name not in new and name not in run.jobs:
                    raise UnknownJob(name, nearest(name, (*new, *run.jobs)))
            if isinstance(need, GroupNeed) and need.group not in made and need.group not in run.groups:
                known = (*run.groups, *(group for group in made if group is not None))
                raise UnknownJob(need.group, nearest(need.group, known))


def _check_policies(run: Run, new: Mapping[str, JobSpec], groups: Mapping[str, Policy]) -> None:
    for spec in _affected(run, new, groups):
        for need in spec.needs:
            if isinstance(need, GroupNeed):
                present = run.groups.get(need.group)
                policy = groups.get(need.group, present.policy if present else Strict())
                policies.check_members(need.group, policy, need.names, spec.name)


def _affected(run: Run, new: Mapping[str, JobSpec], groups: Mapping[str, Policy]) -> Iterator[JobSpec]:
    """The specs whose group needs have to be looked at: the new ones, and all others if a policy changes."""
    yield from new.values()
    if any(name in run.groups and run.groups[name].policy != policy for name, policy in groups.items()):
        yield from (job.spec for name, job in run.jobs.items() if name not in new)


def _check_loops(run: Run, new: Mapping[str, JobSpec], parents: Mapping[str, str | None]) -> None:
    for spec in new.values():
        around = _around(parents, spec.group)
        for need in spec.needs:
            if isinstance(need, GroupNeed) and need.group in around:
                raise CycleError([spec.name, need.group, spec.name])
    # A loop runs through a need that is new. Jobs nobody knew before are needed by this declaration's jobs only, so
    # the rest of the run has to be searched only if a known job gains a need.
    everywhere = any(name in run.jobs and _gains(spec, run.jobs[name].spec) for name, spec in new.items())

    def targets(name: str) -> Sequence[str]:
        if name in new:
            return needed_by(new[name])
        return waited_for(run, name) if everywhere else ()

    if cycle := find_cycle(new, targets):
        raise CycleError(cycle)


def _gains(spec: JobSpec, old: JobSpec) -> bool:
    return spec.needs != old.needs and not set(needed_by(spec)) <= set(needed_by(old))


def waited_for(run: Run, name: str) -> list[str]:
    """The jobs that *name* waits for: those it needs, and those it made to come before its end."""
    job = run.jobs[name]
    return [*needed_by(job.spec), *(job.followers.places if job.followers is not None else ())]


def needed_by(spec: JobSpec) -> list[str]:
    """The jobs that *spec* needs, members of groups included."""
    return [n for need in spec.needs for n in ((need.job,) if isinstance(need, JobNeed) else need.jobs)]


def find_cycle(starts: Iterable[str], targets: Callable[[str], Iterable[str]]) -> list[str]:
    """A loop that can be reached from *starts*, its first name repeated at the end; empty if there is none.

    >>> find_cycle("a", {"a": "b", "b": "c", "c": "ab"}.__getitem__)
    ['a', 'b', 'c', 'a']
    """
    done: set[str] = set()
    for start in starts:
        path: dict[str, Iterator[str]] = {}  # the names under way, in order, each with what is left to look at
        if start not in done:
            path[start] = iter(targets(start))
        while path:
            name, left = next(reversed(path.items()))
            below = next((n for n in left if n not in done), None)
            if below is None:
                done.add(name)
                del path[name]
            elif below in path:
                names = list(path)
                return [*names[names.index(below) :], below]
            else:
                path[below] = iter(targets(below))
    return []
