"""From a declared job to the order of one attempt, complete: values of other jobs filled in, folders absolute."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from nbflow.core.event import AttemptStarted
from nbflow.core.inputs import resolve
from nbflow.core.run import Run
from nbflow.engine.attempt.record import AttemptOrder

ATTEMPTS = "attempts"


class Place(NamedTuple):
    """Where a run's attempts live: the *store* and the notebook's folder *cwd*."""

    store: str
    cwd: str


def attempt_folder(store: Path, key: str) -> Path:
    """The folder of the attempt *key*; a key that is not hexadecimal is refused, for names never become paths.

    >>> attempt_folder(Path(".nbflow"), "0a1b").as_posix()
    '.nbflow/attempts/0a1b'
    """
    if not key or set(key) - set("0123456789abcdef"):
        raise ValueError(f"{key!r} is no attempt's key")
    return store / ATTEMPTS / key


def attempt_order(run: Run, started: AttemptStarted, place: Place) -> AttemptOrder:
    """What an executor needs to run the attempt that *started*."""
    spec = run.jobs[started.job].spec
    inputs = resolve(run, started.job)
    return AttemptOrder(
        key=started.key,
        run=run.number,
        flow=run.flow,
        job=spec.name,
        generation=started.generation,
        attempt=started.attempt,
        of=spec.retry.attempts,
        folder=os.path.join(place.store, ATTEMPTS, started.key),  # noqa: PTH118 - on the way to every attempt
        store=place.store,
        cwd=os.path.join(place.cwd, spec.cwd) if spec.cwd else place.cwd,  # noqa: PTH118
        env=spec.env,
        path=spec.path,
        source=spec.source,
        shell=spec.shell,
        code=spec.code,
        inputs=inputs.given,
        absent=inputs.absent,
        on_missing=spec.on_missing,
        outputs=spec.outputs,
        passing=spec.passing,
        timeout=spec.timeout,
        grace=spec.grace,
    )
