"""What would happen if the flow were run now: one line for each job, before anything is started.

Who runs, whose outputs are reused, what was made of something that has changed since, and what cannot go well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

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
