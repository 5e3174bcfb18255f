"""Who belongs to which group, jobs and groups within groups."""

from __future__ import annotations

from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed


def chain(run: Run, name: str | None) -> list[str]:
    """The group *name* and those around it, from the inside out."""
    found: list[str] = []
    while name is not None and name not in found:
        found.append(name)
        name = run.groups[name].parent
    return found


def jobs_in(run: Run, name: str) -> list[str]:
    """The jobs of the group *name*, those of groups within included."""
    found, ahead, seen = list[str](), [name], {name}
    while ahead:
        tally = run.groups[ahead.pop()].tally
        found += [member for member in tally.members if member not in tally.parts]
        ahead += [part for part in reversed(tally.parts) if part not in seen]
        seen.update(tally.parts)
    return found


def need(run: Run, name: str, optional: bool = False, without: str = "") -> GroupNeed:
    """The need of the group *name* as it is now, for a job that is not to count itself (*without*)."""
    tally = run.groups[name].tally
    jobs = tuple(member for member in tally.members if member != without and member not in tally.parts)
    return GroupNeed(name, jobs, optional, tuple(need(run, part, without=without) for part in tally.parts))
