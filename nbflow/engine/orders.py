"""From a declared job to the order of one attempt or step, complete: values of others filled in, folders absolute."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NamedTuple, assert_never

from msgspec.structs import replace

from nbflow.core.event import AttemptStarted, StepStarted
from nbflow.core.inputs import offered, resolve
from nbflow.core.rules import Failure
from nbflow.core.run import AttemptState, Run
from nbflow.core.spec import JobSpec
from nbflow.engine.attempt.record import AttemptOrder

ATTEMPTS = "attempts"


class Place(NamedTuple):
    """Where a run's attempts live: the *store* and the notebook's folder *cwd*."""

    store: str
    cwd: str


def attempt_folder(store: Path, key: str) -> Path:
    """The folder of the attempt or step *key*; one that is not hexadecimal is refused, for names never become paths.

    >>> attempt_folder(Path(".nbflow"), "0a1b").as_posix()
    '.nbflow/attempts/0a1b'
    """
    if not key or set(key) - set("0123456789abcdef"):
        raise ValueError(f"{key!r} is no attempt's key")
    return store / ATTEMPTS / key


def attempt_order(run: Run, started: AttemptStarted | StepStarted, place: Place) -> AttemptOrder:
    """What an executor needs to run the attempt that *started*."""
    job = run.jobs[started.job]
    spec, inputs = job.spec, resolve(run, started.job)
    return AttemptOrder(
        key=started.key,
        run=run.number,
        flow=run.flow,
        job=spec.name,
        generation=started.generation,
        attempt=started.attempt,
        of=spec.retry.attempts + sum(job.uses.values()),
        folder=_folder(place, started.key),
        store=place.store,
        cwd=os.path.join(place.cwd, spec.cwd) if spec.cwd else place.cwd,  # noqa: PTH118
        env=spec.env,
        path=spec.path,
        source=spec.source,
        shell=spec.shell,
        code=spec.code,
        inputs=inputs.given,
        offered=offered(run, started.job) if spec.offered else {},
        beyond=spec.beyond,
        absent=inputs.absent,
        on_missing=spec.on_missing,
        types=spec.types,
        condition=spec.condition,
        bash=spec.bash,
        memory=job.memory,
        patterns=patterns(spec) if spec.rules else (),
        outputs=spec.outputs,
        passing=spec.passing,
        deletes=spec.deletes,
        closed=spec.closed,
        writes=spec.writes,
        room=run.limits.store,
        timeout=spec.timeout,
        grace=spec.grace,
    )


def step_order(run: Run, started: StepStarted, timeout: float | None, place: Place) -> AttemptOrder:
    """What an executor needs to run the step that *started*, for which it may take *timeout* seconds.

    It finds the files of the attempt that it follows, and in its environment how that ended.
    """
    job = run.jobs[started.job]
    spec, followed = job.spec, job.attempts[-1]
    order = replace(
        attempt_order(run, started, place),
        step=started.step,
        files=os.path.join(_folder(place, followed.key), "files"),  # noqa: PTH118
        env=spec.env | outcome(followed),
        timeout=timeout,
        source="",
        shell=False,
        code="",
        bash=False,
        condition="",
        types={},
        patterns=(),
        outputs=(),
        passing=(),
        offered={},
        beyond=(),
        writes=(),
    )
    match started.step:
        case "recovery":
            assert followed.rule is not None
            return replace(order, source=spec.rules[followed.rule].script, bash=True, memory=None, absent={})
        case "rollback":
            return replace(order, call=spec.rollback)
        case "fallback":
            named = tuple(name for name in spec.outputs if name not in spec.passing)
            return replace(order, call=spec.fallback, outputs=named)
        case _:
            assert_never(started.step)


def outcome(attempt: AttemptState) -> dict[str, str]:
    """How *attempt* ended, for the environment of what follows it; empty where there is nothing to tell.

    The exit code is what a shell would say: 1 for an exception, 137 for SIGKILL.

    >>> ended = AttemptState(number=1, generation=1, key="a1", started_at=0.0, signal="SIGKILL")
    >>> outcome(ended)
    {'NBFLOW_EXIT_CODE': '137', 'NBFLOW_SIGNAL': 'SIGKILL', 'NBFLOW_REASON': ''}
    """
    reason = attempt.reason
    told = Failure(
        kind=reason.kind if reason is not None else "",
        exit_code=attempt.exit_code,
        signal=attempt.signal,
        classes=attempt.classes,
    )
    how = told.exit
    number = getattr(signal, how, None) if how.startswith("SIG") else None
    return {
        "NBFLOW_EXIT_CODE": str(128 + number) if number is not None else how if how.isdigit() else "",
        "NBFLOW_SIGNAL": "" if how.isdigit() else how,
        "NBFLOW_REASON": reason.words() if reason is not None else "",
    }


def patterns(spec: JobSpec) -> tuple[str, ...]:
    """What *spec*'s failure rules ask of the log, each once."""
    return tuple(dict.fromkeys(rule.pattern for rule in spec.rules if rule.on == "log"))


def _folder(place: Place, key: str) -> str:
    return os.path.join(place.store, ATTEMPTS, key)  # noqa: PTH118 - on the way to every attempt
