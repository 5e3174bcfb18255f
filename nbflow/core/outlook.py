"""What would happen if the flow were run now: one line for each job, before anything is started.

What is known comes from outside (the cache, the notebook's present values and text); here it is put together: who runs,
whose outputs are reused, what has been made of something that has changed since, and what cannot go well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from nbflow.core.run import JobState, Run
from nbflow.core.spec import Captured, JobNeed, Need
from nbflow.core.status import Status
from nbflow.core.why import saved
from nbflow.core.words import duration, size


class Fate(StrEnum):
    """What would become of a job."""

    RUNS = "runs"
    MAYBE = "runs, or is reused"
    REUSED = "is reused"
    STALE = "is stale"
    STAYS = "stays"
    GOES = "is under way"
    FAILS = "fails for sure"
    SKIPPED = "is skipped"
    NEW = "is not declared yet"

    @property
    def short(self) -> str:
        """In a picture, where there is little room, and after a number."""
        return {Fate.RUNS: "to run", Fate.MAYBE: "to run or reuse"}.get(self, self.removeprefix("is "))

    @property
    def status(self) -> Status | None:
        """The status that a picture shows for it; None: the present one."""
        return _SHOWN_AS.get(self)


_SHOWN_AS = {
    Fate.RUNS: Status.READY,
    Fate.MAYBE: Status.WAITING,
    Fate.REUSED: Status.REUSED,
    Fate.STALE: Status.RETRYING,
    Fate.FAILS: Status.FAILED,
    Fate.SKIPPED: Status.SKIPPED,
    Fate.NEW: Status.HELD,
}
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


@dataclass(frozen=True, slots=True)
class Line:
    """What would become of *job*; *copies* are values of the notebook that go along with it, in bytes."""

    job: str
    fate: Fate
    why: str = ""
    seconds: float | None = None
    copies: Mapping[str, int] = field(default_factory=dict)

    @property
    def caption(self) -> str:
        """The line under its name in a picture."""
        if self.fate in (Fate.REUSED, Fate.STAYS, Fate.GOES, Fate.FAILS):
            return self.why or self.fate.short
        return f"{self.fate.short}: {self.why}" if self.why else self.fate.short

    @property
    def words(self) -> str:
        """All that there is to say of it.

        >>> Line("fit", Fate.RUNS, "line 3 changed", 42.0, {"df": 2_100_000_000}).words
        'runs: line 3 changed · took 42.0 s the last time · df is copied (2.1 GB)'
        """
        joint = " " if self.fate in (Fate.REUSED, Fate.STAYS) or not self.why else ": "
        said = [f"{self.fate}{joint}{self.why}"]
        if self.seconds is not None and self.fate in (Fate.RUNS, Fate.MAYBE, Fate.STALE):
            said.append(f"took {duration(self.seconds)} the last time")
        said += [f"{name} is copied ({size(count)})" for name, count in self.copies.items()]
        return " · ".join(each.strip() for each in said)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen, job by job, in declaration order."""

    lines: tuple[Line, ...]

    def of(self, *fates: Fate) -> list[Line]:
        """The lines of those that come to one of *fates*."""
        return [line for line in self.lines if line.fate in fates]

    @property
    def headline(self) -> str:
        """It all in one line.

        >>> Outlook((Line("a", Fate.RUNS, seconds=4.0), Line("b", Fate.REUSED, seconds=42.0))).headline
        '1 runs, about 4.0 s · 1 is reused, 0:42 saved'
        >>> Outlook(()).headline
        'no jobs yet'
        """
        if not self.lines:
            return "no jobs yet"
        counted = ((fate, self.of(fate)) for fate in Fate)
        return " · ".join(self._counted(fate, found) for fate, found in counted if found)

    def _counted(self, fate: Fate, found: Sequence[Line]) -> str:
        word = str(fate) if len(found) == 1 else _PLURAL.get(fate, str(fate))
        known: list[float] = [line.seconds for line in found if line.seconds is not None]
        said = f"{len(found)} {word}"
        if fate is Fate.REUSED and known:
            return f"{said}, {saved(sum(known))}"
        if fate in (Fate.RUNS, Fate.STALE) and len(known) == len(found):
            return f"{said}, about {duration(sum(known))}"
        return said

    def text(self) -> str:
        """A line for each job, what there is to do first said of all."""
        wide = min(max((len(line.job) for line in self.lines), default=0), 40)
        rows = [f"{_glyph(line)} {line.job:<{wide}}  {line.words}" for line in self.lines]
        return "\n".join([self.headline, *rows])


_PLURAL = {
    Fate.RUNS: "run",
    Fate.MAYBE: "run, or are reused",
    Fate.REUSED: "are reused",
    Fate.STALE: "are stale",
    Fate.STAYS: "stay",
    Fate.GOES: "are under way",
    Fate.FAILS: "fail for sure",
    Fate.SKIPPED: "are skipped",
    Fate.NEW: "are not declared yet",
}


def _glyph(line: Line) -> str:
    status = line.fate.status
    return status.glyph if status is not None else "✓" if line.fate is Fate.STAYS else "◐"


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
