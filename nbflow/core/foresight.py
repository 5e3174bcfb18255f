"""What would become of each job, put together from what is known of it from outside: see `nbflow.core.outlook`.

The cache, the notebook's present values and its text are not known here; they are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from nbflow.core.outlook import Fate, Line, Outlook
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Captured, JobNeed, Need
from nbflow.core.status import Status

BIG = 1_000_000
"""Bytes from which a value that is copied is told of."""


class Foreseen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What would become of *job* if it were started now.

    It is *reused*: what *run* (of *flow*) has made in *seconds* stands for its outputs. Or it runs; with *cache*, *why*
    says what is different from the last time. Or that depends on what the job *unknown* makes.
    """

    job: str
    cache: bool = False
    reused: bool = False
    unknown: str = ""
    why: str = ""
    run: int = 0
    flow: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a job from outside. Times in seconds, *copied* in bytes."""

    reused: str = ""
    """Where what it would be given is from; empty: it is not reused."""
    seconds: float | None = None
    """What it took the last time."""
    unknown: str = ""
    """The job on whose outputs it depends whether it is reused."""
    why: tuple[str, ...] = ()
    """What is different from the last time."""
    stale: tuple[str, ...] = ()
    """What has changed since it was made."""
    faults: tuple[str, ...] = ()
    """Why it cannot go well."""


AGAIN = (Status.FAILED, Status.CANCELLED, Status.UNKNOWN)
"""What ``%nbflow run`` runs again."""


def undone(run: Run, names: Iterable[str] = ()) -> list[str]:
    """The jobs that would start, now or once their needs are met, if all that is held or has failed were run."""
    wanted = dict.fromkeys(names or run.jobs)
    found = [name for name in wanted if _starts(run.jobs[name])]
    return [name for name in found if not run.jobs[name].spec.withdrawn]


def _starts(job: JobState) -> bool:
    upstream = job.reason is not None and job.reason.kind == "upstream failed"
    waits = job.status in (Status.HELD, Status.WAITING, Status.READY) and not job.busy
    return waits or job.status in AGAIN or (job.status is Status.SKIPPED and upstream)


def outlook(run: Run, told: Mapping[str, Told], names: Iterable[str] = (), new: Iterable[str] = ()) -> Outlook:
    """What would happen to the jobs *names* of *run* (all, if none are given), with what is *told* of them.

    *new* are jobs of the notebook of which the cells have not been run.
    """
    lines: dict[str, Line] = {}
    starting = set(undone(run))
    for name in run.jobs:
        if not run.jobs[name].spec.withdrawn:
            lines[name] = _line(run, name, told.get(name, Told()), starting, lines)
    for name in new:
        lines[name] = Line(name, Fate.NEW, "its cell has not been run")
    wanted = set(names or lines)
    return Outlook(tuple(line for name, line in lines.items() if name in wanted))


def _line(run: Run, name: str, told: Told, starting: set[str], lines: Mapping[str, Line]) -> Line:
    job = run.jobs[name]
    copies = {n: s.value.size for n, s in job.spec.inputs.items() if isinstance(s, Captured) and s.value.size >= BIG}
    if name not in starting:
        return _settled(name, job, told, lines)
    if lost := _lost(job, lines):
        return Line(name, Fate.SKIPPED, f"{lost} {lines[lost].fate}")
    if told.faults:
        return Line(name, Fate.FAILS, ", ".join(told.faults), told.seconds)
    if told.reused:
        return Line(name, Fate.REUSED, told.reused, told.seconds)
    if job.spec.cache and told.unknown:
        return Line(name, Fate.MAYBE, f"that depends on what {told.unknown} makes", told.seconds, copies)
    why = ", ".join(told.why) or (f"it {job.status} before" if job.status in AGAIN else "")
    return Line(name, Fate.RUNS, why, told.seconds, copies)


def _settled(name: str, job: JobState, told: Told, lines: Mapping[str, Line]) -> Line:
    """What becomes of a job that would not start: nothing, but what it made may be out of date."""
    if not job.status.ended:
        return Line(name, Fate.GOES, job.status.value)
    before = [f"{maker} {lines[maker].fate}" for maker in _jobs(job.spec.needs) if _stale(lines.get(maker))]
    since = (*told.stale, *before)
    if since and job.status.good:
        return Line(name, Fate.STALE, ", ".join(dict.fromkeys(since)), told.seconds)
    return Line(name, Fate.STAYS, job.status.value)


def _stale(line: Line | None) -> bool:
    return line is not None and line.fate in (Fate.STALE, Fate.RUNS, Fate.MAYBE)


def _lost(job: JobState, lines: Mapping[str, Line]) -> str:
    """A job without which this one is skipped, and which will not do well."""
    if job.spec.on_missing != "error":
        return ""
    needed = [need.job for need in job.spec.needs if isinstance(need, JobNeed) and not need.optional]
    return next((name for name in needed if name in lines and lines[name].fate in (Fate.FAILS, Fate.SKIPPED)), "")


def _jobs(needs: Sequence[Need]) -> list[str]:
    return [name for need in needs for name in ((need.job,) if isinstance(need, JobNeed) else need.jobs)]
