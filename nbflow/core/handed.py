"""Inputs that a job was found to have changed in place unseen: handed to those who come after it and have not begun.

By their texts they read the version that the job has read too; in plain order they find what it has left.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from nbflow.core.hidden import is_hidden
from nbflow.core.job import JobState
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Input, Produced


def changed(job: JobState) -> tuple[str, ...]:
    """The inputs that the present outputs of *job* have a new version of, though it was not declared to make one."""
    read, outputs = _read(job), job.spec.outputs
    return tuple(name for name in job.outputs if name in read and name not in outputs)


def _read(job: JobState) -> Mapping[str, Input]:
    """What *job* reads, or may have asked for while it ran."""
    if not job.spec.offered:
        return job.spec.inputs
    return {name: source for name, source in job.spec.offered.items() if _counts(name)} | job.spec.inputs


def _counts(name: str) -> bool:
    return name.isidentifier() or is_hidden(name)


def hand_on(run: Run, maker: JobState) -> None:
    """*maker* has succeeded: jobs that were declared after it and have yet to begin read what it has left."""
    read = _read(maker)
    names = [name for name in changed(maker) if _counts(name) and _known(run, maker, read[name])]
    for reader in run.jobs.values() if names else ():
        if reader.declared_at > maker.declared_at and not reader.began and not reader.status.ended:
            inputs, offered = reader.spec.inputs, reader.spec.offered
            new = {name: Captured(maker.outputs[name]) for name in names if inputs.get(name) == read[name]}
            if new:
                reader.spec, reader.missed = replace(reader.spec, inputs=inputs | new), None
            states = {name: Captured(maker.outputs[name]) for name in names if is_hidden(name)}
            states = {name: left for name, left in states.items() if offered.get(name) == read[name]}
            if states:
                reader.spec = replace(reader.spec, offered=offered | states)


def _known(run: Run, maker: JobState, source: Input) -> bool:
    """Whether readers with the same *source* read the same version: not if it may have been made anew since."""
    match source:
        case Captured(version=version):
            return version > 0
        case Produced(job=name):
            before, began = run.jobs.get(name), maker.attempts[-1].started_at if maker.began else maker.declared_at
            return before is not None and before.declared_at < maker.declared_at and before.changed_at <= began
    return False
