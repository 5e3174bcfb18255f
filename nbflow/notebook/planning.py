"""``%nbflow plan``: what would run, what is reused, what is stale and what cannot go well, before anything is started.

The engine says what the cache has. What only the notebook knows is found here: names that nobody defines, packages that
are not there, values that have changed since a cell was declared, cells that were edited and not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbflow.core.foresight import Foreseen, Told, outlook, undone
from nbflow.core.job import JobState
from nbflow.core.outlook import Outlook
from nbflow.core.run import Run
from nbflow.core.why import saved
from nbflow.notebook.faults import faults
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import Owners
from nbflow.notebook.reading import Reader
from nbflow.notebook.saved import saved_jobs
from nbflow.notebook.session import Session
from nbflow.notebook.staleness import edited, run_since, touched, values_changed
from nbflow.picture.forecast import forecast

COMPARED = 200_000_000
"""Bytes of a value up to which it is compared with what a job was given."""


@dataclass(frozen=True)
class Plan:
    """What would happen: text in a console, a picture with a table in a notebook. *outlook* has it line by line."""

    outlook: Outlook
    snapshot: Mapping[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return self.outlook.text()

    def _repr_html_(self) -> str:
        return forecast(self.snapshot, self.outlook)


@dataclass(slots=True)
class Planner:
    """Plans for one session. In a notebook it is told of *namespace*, *owners* and *reader*; a script has none."""

    session: Session
    namespace: Mapping[str, Any] = field(default_factory=dict)
    owners: Owners = field(default_factory=Owners)
    reader: Reader | None = None

    def plan(self, names: Sequence[str]) -> Plan:
        """What would happen to the jobs *names*, or to all."""
        cells = saved_jobs(self.session.place) if self.reader is not None else {}
        if self.session.opened is None:
            return Plan(outlook(Run(), {}, names, cells), self.session.snapshot())
        replica = self.session.replica
        with replica.lock:
            run = replica.run
            starting = undone(run)
            done = [name for name, job in run.jobs.items() if job.status.good and job.spec.cache]
        foreseen = {each.job: each for each in (*replica.foresee(starting), *replica.foresee(done))}
        with replica.lock:
            told = {name: self._told(run, name, foreseen, cells, set(starting)) for name in run.jobs}
            new = [] if names else [name for name in cells if name not in run.jobs and name not in run.fans]
            return Plan(outlook(run, told, names, new), replica.snapshot())

    def _told(
        self, run: Run, name: str, foreseen: Mapping[str, Foreseen], cells: Mapping[str, JobHeader], starting: set[str]
    ) -> Told:
        job, look = run.jobs[name], foreseen.get(name, Foreseen(job=name))
        seconds = _last_time(job) or look.seconds or None
        texts = tuple(edited(job.spec, cells))
        if name in starting:
            return Told(
                reused=_where(run, look) if look.reused else "",
                seconds=seconds,
                unknown=look.unknown,
                why=tuple(each for each in (look.why, *texts) if each),
                faults=tuple(faults(run, job.spec, self.reader, self.namespace)),
            )
        if not job.status.good:
            return Told(seconds=seconds)
        cached = [look.why] if look.cache and not look.reused and look.why and not look.unknown else []
        changes = [
            *texts,
            *values_changed(job, self.session, self.owners, self.namespace),
            *run_since(run, job),
            *cached,
        ]
        if not look.cache:
            changes += touched(job)
        return Told(seconds=seconds, stale=tuple(dict.fromkeys(changes)))


def _last_time(job: JobState) -> float | None:
    """What its last success took."""
    took = [a.ended_at - a.started_at for a in job.attempts if a.end == "succeeded" and a.ended_at is not None]
    return took[-1] if took else None


def _where(run: Run, look: Foreseen) -> str:
    """Where what is reused is from."""
    of = f" of {look.flow}" if look.flow else ""
    where = "before in this run" if look.run == run.number and not of else f"run {look.run}{of}"
    return f"from {where}, {saved(look.seconds)}"
