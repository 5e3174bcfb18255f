"""What an attempt's end leads to at once where its job asked for something from inside: jobs are declared with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from nbflow.core.event import AttemptEnded, Event, JobDeclared, StepEnded
from nbflow.core.followups import declared, left_over
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec, Response
from nbflow.core.status import Reason
from nbflow.errors import DeclarationError, NbflowError, QueueLimit


def unfolded(run: Run, ended: AttemptEnded | StepEnded, executors: Collection[str] | None = None) -> Sequence[Event]:
    """The events to commit for *ended*, in one turn: jobs that it declares first, then itself without them.

    What cannot be declared makes a failure of it, in the words of the error. Of an attempt that no longer counts, as
    its job was declared anew or asked to run again meanwhile, nothing counts. *executors*: those there are; None: any.
    """
    job = run.jobs.get(ended.job)
    if isinstance(ended, StepEnded) or job is None:
        return [ended]
    if ended.end != "succeeded" or job.current is None or job.current.number != ended.attempt:
        return [replace(ended, response=None)]
    if ended.response is None and not job.made:
        return [ended]
    asked = ended.response or Response()
    try:
        jobs = declared(run, ended.job, asked)
        _check_executors(jobs, executors)
    except QueueLimit:
        return [_failed(ended, Reason("queue limit", f"{run.limits.jobs} jobs", ended.attempt))]
    except NbflowError as error:
        return [_failed(ended, Reason("invalid argument", str(error), ended.attempt))]
    made = [JobDeclared(at=ended.at, spec=spec) for spec in (*left_over(run, ended.job, jobs), *jobs)]
    kept = replace(asked, jobs=())
    return [*made, replace(ended, response=kept if kept != Response() else None)]


def _check_executors(jobs: Sequence[JobSpec], known: Collection[str] | None) -> None:
    for spec in jobs:
        if known is not None and spec.executor not in known:
            there = ", ".join(sorted(known))
            raise DeclarationError(f"job {spec.name!r} asks for executor {spec.executor!r}, there are: {there}")


def _failed(ended: AttemptEnded, reason: Reason) -> AttemptEnded:
    return replace(ended, end="failed", reason=reason, outputs={}, missing=(), changed=(), response=None)
