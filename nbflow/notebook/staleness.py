"""What has changed since a job was declared or started: values of the notebook, files, its cell's text, other jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbflow.core.files import is_pattern, remote, shown
from nbflow.core.hidden import is_hidden
from nbflow.core.inputs import makers
from nbflow.core.job import JobState
from nbflow.core.recipe import lines_changed, normal
from nbflow.core.run import Run
from nbflow.core.spec import Captured, JobSpec
from nbflow.errors import NbflowError
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import Owners
from nbflow.notebook.session import Session

COMPARED = 200_000_000
"""Bytes of a value up to which it is compared with what a job was given."""


def values_changed(job: JobState, session: Session, owners: Owners, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Values of the notebook that are others now than when the cell of *job* was declared."""
    for name, source in job.spec.inputs.items():
        kernels = isinstance(source, Captured) and owners.maker(name) is None and not is_hidden(name)
        if not kernels or job.spec.function or job.spec.element is not None:
            continue
        assert isinstance(source, Captured)
        if name not in namespace:
            yield f"input {name} is gone"
        elif source.value.size <= COMPARED and not _same(session, name, namespace[name], source):
            yield f"input {name} changed"


def _same(session: Session, name: str, value: Any, source: Captured) -> bool:
    """Whether *value* still is what was captured; where it cannot be stored any more it is not."""
    values = session.client.values
    try:
        return values.same(source.value, value) or session.replica.alike(values.dump(value, name), source.value)
    except NbflowError:
        return False


def edited(spec: JobSpec, cells: Mapping[str, JobHeader]) -> Iterator[str]:
    """How the cell in the notebook's file is not the one that was run."""
    cell = cells.get(spec.element.fan if spec.element is not None else spec.name)
    if cell is None or spec.function or cell.body == spec.source:
        return
    if spec.bash or normal(cell.body) != normal(spec.source):
        yield f"{lines_changed(spec.source, cell.body, 2)} in the saved notebook"


def run_since(run: Run, job: JobState) -> Iterator[str]:
    """Jobs that have made what it reads anew since it was started."""
    began = _began_at(job)
    for name in dict.fromkeys(makers(job.spec)):
        maker = run.jobs.get(name)
        if maker is not None and maker.status.good and _made_at(maker) > began:
            yield f"{name} was run again"


def touched(job: JobState) -> Iterator[str]:
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
