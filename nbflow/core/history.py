"""How a run stood at any instant of its past: the same fold as everywhere, which has noted what it changed and when.

Example:
    >>> from nbflow.core.event import AttemptEnded, AttemptStarted, JobDeclared
    >>> from nbflow.core.spec import JobNeed, JobSpec
    >>> run = look_back(
    ...     [
    ...         JobDeclared(at=0.0, spec=JobSpec(name="load")),
    ...         JobDeclared(at=1.0, spec=JobSpec(name="clean", needs=(JobNeed("load"),))),
    ...         AttemptStarted(at=2.0, job="load", generation=1, attempt=1, key="a1"),
    ...         AttemptEnded(at=5.0, job="load", generation=1, attempt=1, end="succeeded"),
    ...     ]
    ... )
    >>> past = history(notes(run))
    >>> [past.letters(at) for at in (0.5, 1.0, 2.0, 5.0)]
    ['Q_', 'QW', 'RW', 'SQ']
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nbflow.core.course import Course
from nbflow.core.event import Event
from nbflow.core.project import shown
from nbflow.core.run import Run
from nbflow.core.state import empty, evolve
from nbflow.core.status import Verdict

NOT_YET = "_"
"""Stands for the status of a job that has not been declared."""


class Notes(NamedTuple):
    """What a fold has noted so far; it may go on meanwhile."""

    jobs: tuple[str, ...]
    orders: tuple[int, ...]
    """Places of *jobs* in the order of declaration, withdrawn ones counted."""
    course: Course


class Shift(NamedTuple):
    """From *at* on (seconds since the epoch), job number *job* stood as *letter* says."""

    at: float
    job: int
    letter: str


class History(NamedTuple):
    """A run's past. Jobs go by their place among *jobs*, those of a snapshot; *verdicts* are of groups."""

    jobs: tuple[str, ...]
    shifts: tuple[Shift, ...]
    verdicts: tuple[tuple[float, str, Verdict], ...]

    def letters(self, at: float) -> str:
        """The letter of each job's status as it was at the instant *at*; `NOT_YET` before its declaration."""
        found = [NOT_YET] * len(self.jobs)
        for shift in self.shifts:
            if shift.at > at:
                break
            found[shift.job] = shift.letter
        return "".join(found)


def look_back(events: Iterable[Event]) -> Run:
    """The run that *events* make, with its `Course`."""
    run = empty(course=Course())
    for event in events:
        evolve(run, event)
    return run


def notes(run: Run) -> Notes:
    """What the fold of *run* has noted, as it stands. Brief: for those who hold the run meanwhile."""
    course, jobs = run.course or Course(), tuple(shown(run))
    orders = tuple([run.jobs[name].order for name in jobs])
    return Notes(jobs, orders, Course(list(course.statuses), list(course.verdicts)))


def history(of: Notes) -> History:
    """The past that *of* tells of; nothing is known of a run that was folded without a `Course`.

    Instants never go back, however clocks were set; of several changes of a job at one instant the last is told.
    """
    number = {order: at for at, order in enumerate(of.orders)}
    shifts = list[Shift]()
    last: dict[int, int] = {}
    now = 0.0
    for at, order, status in of.course.statuses:
        job = number.get(order)
        if job is None:
            continue
        now = max(now, at)
        before = last.get(job)
        if before is not None and shifts[before].at == now:
            shifts[before] = Shift(now, job, status.letter)
        else:
            last[job] = len(shifts)
            shifts.append(Shift(now, job, status.letter))
    return History(of.jobs, tuple(shifts), tuple(of.course.verdicts))
