"""``%nbflow plan``: what would run, what is reused, what is stale and what cannot go well, before anything is started.

The engine says what the cache has. What only the notebook knows is found here: names that nobody defines, packages that
are not there, values that have changed since a cell was declared, cells that were edited and not run.
"""

from __future__ import annotations

import ast
import importlib.util
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbflow.core.files import is_pattern, meet, remote, shown
from nbflow.core.hidden import is_hidden
from nbflow.core.inputs import makers
from nbflow.core.job import JobState
from nbflow.core.match import nearest
from nbflow.core.outlook import Foreseen, Outlook, Told, outlook, undone
from nbflow.core.recipe import lines_changed, normal
from nbflow.core.run import Run
from nbflow.core.spec import Captured, JobSpec
from nbflow.core.why import saved
from nbflow.errors import NbflowError
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import Owners
from nbflow.notebook.reading import Reader
from nbflow.notebook.saved import saved_jobs
from nbflow.notebook.session import Session
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
        edited = tuple(_edited(job.spec, cells))
        if name in starting:
            return Told(
                reused=_where(run, look) if look.reused else "",
                seconds=seconds,
                unknown=look.unknown,
                why=tuple(each for each in (look.why, *edited) if each),
                faults=tuple(self._faults(run, job.spec)),
            )
        if not job.status.good:
            return Told(seconds=seconds)
        cached = [look.why] if look.cache and not look.reused and look.why and not look.unknown else []
        changes = [*edited, *self._changed(job), *_run_since(run, job), *cached]
        if not look.cache:
            changes += _touched(job)
        return Told(seconds=seconds, stale=tuple(dict.fromkeys(changes)))

    # --- what has changed
    def _changed(self, job: JobState) -> Iterator[str]:
        """Values of the notebook that are others now than when the cell was declared."""
        for name, source in job.spec.inputs.items():
            kernels = isinstance(source, Captured) and self.owners.maker(name) is None and not is_hidden(name)
            if not kernels or job.spec.function or job.spec.element is not None:
                continue
            assert isinstance(source, Captured)
            if name not in self.namespace:
                yield f"input {name} is gone"
            elif source.value.size <= COMPARED and not self._same(name, source):
                yield f"input {name} changed"

    def _same(self, name: str, source: Captured) -> bool:
        """Whether the notebook's value is still what was captured; where it cannot be stored any more it is not."""
        values, value = self.session.client.values, self.namespace[name]
        try:
            if values.same(source.value, value):
                return True
            return self.session.replica.alike(values.dump(value, name), source.value)
        except NbflowError:
            return False

    # --- what cannot go well
    def _faults(self, run: Run, spec: JobSpec) -> Iterator[str]:
        yield from self._undefined(spec)
        yield from _not_installed(spec)
        for path in spec.reads:
            made = any(meet(path, other) for job in run.jobs.values() for other in job.spec.writes)
            if not made and not remote(path) and not is_pattern(path) and not Path(path).exists():
                yield f"file {shown(path, spec.cwd)} is not there"

    def _undefined(self, spec: JobSpec) -> Iterator[str]:
        """Names that the body reads in any case, and that nobody has defined."""
        code = spec.code or spec.source
        if self.reader is None or spec.bash or spec.executor == "kernel":
            return
        names = self.reader.read(code)
        missing = names.sure - spec.inputs.keys() - spec.offered.keys()
        for name in sorted(each for each in missing if not is_hidden(each)):
            near = nearest(name, [*spec.inputs, *self.namespace])
            hint = f", did you mean {near}?" if near and not near.startswith("_") else ""
            yield f"nobody defines {name} ({_line_of(name, code)}{hint})"


def _line_of(name: str, code: str) -> str:
    """Where *name* is read first, as the cell's lines are numbered: that of ``%%job`` is the first."""
    found = [n.lineno for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name) and n.id == name]
    return f"line {min(found) + 1}" if found else "in what it calls"


def _not_installed(spec: JobSpec) -> Iterator[str]:
    """Packages that the body imports in any case, and that are nowhere to be found."""
    code = spec.code or spec.source
    if spec.bash or spec.function:
        return
    for node in ast.parse(code).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
        yield from (f"there is no package {top}" for top in (n.partition(".")[0] for n in names) if _absent(top, spec))


def _absent(top: str, spec: JobSpec) -> bool:
    folders = [Path(folder) for folder in (spec.cwd, *spec.path) if folder]
    if any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for folder in folders):
        return False
    try:
        return importlib.util.find_spec(top) is None
    except (ImportError, ValueError):
        return False


def _edited(spec: JobSpec, cells: Mapping[str, JobHeader]) -> Iterator[str]:
    """How the cell in the notebook's file is not the one that was run."""
    cell = cells.get(spec.element.fan if spec.element is not None else spec.name)
    if cell is None or spec.function or cell.body == spec.source:
        return
    if spec.bash or normal(cell.body) != normal(spec.source):
        yield f"{lines_changed(spec.source, cell.body, 2)} in the saved notebook"


def _run_since(run: Run, job: JobState) -> Iterator[str]:
    """Jobs that have made what it reads anew since it was started."""
    began = _began_at(job)
    for name in dict.fromkeys(makers(job.spec)):
        maker = run.jobs.get(name)
        if maker is not None and maker.status.good and _made_at(maker) > began:
            yield f"{name} was run again"


def _touched(job: JobState) -> Iterator[str]:
    """Files that it reads and that were written since it was started, and files it left that are gone."""
    began, spec = _began_at(job), job.spec
    for path in spec.reads:
        if not remote(path) and not is_pattern(path):
            file = Path(path)
            if not file.exists() or file.stat().st_mtime > began:
                yield f"file {shown(path, spec.cwd)} {'changed' if file.exists() else 'is gone'}"
    for path in spec.writes:
        if not remote(path) and not is_pattern(path) and not Path(path).exists():
            yield f"file {shown(path, spec.cwd)} is gone"


def _began_at(job: JobState) -> float:
    if job.reuse is not None:
        return job.reuse.at
    return job.attempts[-1].started_at if job.attempts else time.time()


def _made_at(job: JobState) -> float:
    if job.reuse is not None:
        return job.reuse.at
    return (job.attempts[-1].ended_at or 0.0) if job.attempts else 0.0


def _last_time(job: JobState) -> float | None:
    """What its last success took."""
    took = [a.ended_at - a.started_at for a in job.attempts if a.end == "succeeded" and a.ended_at is not None]
    return took[-1] if took else None


def _where(run: Run, look: Foreseen) -> str:
    """Where what is reused is from."""
    of = f" of {look.flow}" if look.flow else ""
    where = "before in this run" if look.run == run.number and not of else f"run {look.run}{of}"
    return f"from {where}, {saved(look.seconds)}"

