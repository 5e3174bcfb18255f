"""What an attempt that starts now gets to read."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from msgspec import Struct

from nbflow.core.run import Run
from nbflow.core.spec import Attribute, Captured, Gathered, Item, Produced, ValueRef
from nbflow.core.status import Reason


class Absent(Struct, frozen=True):
    """An input without a value, because of *job*, which has none for *reason*."""

    job: str
    reason: Reason


class Taken(Struct, frozen=True, tag="taken"):
    """A part of a stored *value*: what *path* leads to."""

    value: ValueRef
    path: tuple[Attribute | Item, ...]


class Dict(Struct, frozen=True, tag="dict"):
    """A dict made of stored values: (key, value) pairs."""

    entries: tuple[tuple[ValueRef, ValueRef], ...]


class Whole(Struct, frozen=True, tag="whole"):
    """A stored value as it is."""

    value: ValueRef


Given = Whole | Taken | Dict


class Inputs(NamedTuple):
    """The variables of a job that have a value, and those that have none because of a need that was never met."""

    given: dict[str, Given]
    absent: dict[str, Absent]


def resolve(run: Run, job: str) -> Inputs:
    """What *job* reads, as the run stands.

    A variable that its job succeeded without leaving behind is left out: reading it is a NameError, as without jobs.
    """
    found = Inputs({}, {})
    for name, source in run.jobs[job].spec.inputs.items():
        match source:
            case Captured(value=value):
                found.given[name] = Whole(value)
            case Produced():
                _produced(run, name, source, found)
            case Gathered():
                found.given[name] = Dict(tuple(_entries(run, source)))
            case _:
                assert_never(source)
    return found


def _produced(run: Run, name: str, source: Produced, found: Inputs) -> None:
    maker = run.jobs.get(source.job)
    if maker is None or not maker.status.good:
        reason = maker.reason if maker is not None else None
        found.absent[name] = Absent(source.job, reason or Reason("missing need"))
    elif source.output in maker.outputs:
        value = maker.outputs[source.output]
        found.given[name] = Taken(value, source.path) if source.path else Whole(value)


def _entries(run: Run, source: Gathered) -> list[tuple[ValueRef, ValueRef]]:
    return [
        (part.key, run.jobs[part.job].outputs[source.output])
        for part in source.parts
        if part.job in run.jobs and source.output in run.jobs[part.job].outputs and run.jobs[part.job].status.good
    ]
