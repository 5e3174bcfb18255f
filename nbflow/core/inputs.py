"""What an attempt that starts now gets to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from msgspec import Struct

from nbflow.core.hidden import is_hidden
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Attribute, Built, Captured, Gathered, Input, Item, JobSpec, Produced, ValueRef
from nbflow.core.status import Reason


class Absent(Struct, frozen=True, tag="absent"):
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


class Filled(Struct, frozen=True, tag="filled"):
    """A stored *template* with a part put into each of its holes."""

    template: ValueRef
    parts: tuple[Whole | Taken | Dict | Absent, ...]


Given = Whole | Taken | Dict | Filled


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
        match _given(run, source):
            case Absent() as absent:
                found.absent[name] = absent
            case None:
                pass
            case given:
                found.given[name] = given
    return found


def makers(spec: JobSpec) -> Iterator[str]:
    """The jobs whose outputs *spec* reads, or may ask for."""
    ahead: list[Input] = [*spec.inputs.values(), *spec.offered.values()]
    while ahead:
        match ahead.pop(0):
            case Produced(job=job):
                yield job
            case Gathered(parts=parts):
                yield from (part.job for part in parts)
            case Built(parts=within):
                ahead.extend(within)
            case Captured():
                pass


def offered(run: Run, job: str) -> dict[str, Given]:
    """What *job* may ask for while it runs, of that which is there already."""
    found = {name: _given(run, source) for name, source in run.jobs[job].spec.offered.items()}
    return {name: given for name, given in found.items() if given is not None and not isinstance(given, Absent)}


def _given(run: Run, source: Input) -> Given | Absent | None:
    match source:
        case Captured(value=value):
            return Whole(value)
        case Produced():
            return _produced(run, source)
        case Gathered():
            return _gathered(run, source)
        case Built(template=template, parts=parts):
            return Filled(template, tuple(_part(run, part) for part in parts))
        case _:
            assert_never(source)


def _produced(run: Run, source: Produced) -> Whole | Taken | Absent | None:
    maker = run.jobs.get(source.job)
    if is_hidden(source.output):
        source, maker = _left(run, source)
    if maker is None or not maker.status.good:
        reason = maker.reason if maker is not None else None
        return Absent(source.job, reason or Reason("missing need"))
    value = maker.outputs.get(source.output)
    if value is None and is_hidden(source.output):
        before = maker.spec.inputs.get(source.output)
        return Whole(before.value) if isinstance(before, Captured) else None
    if value is None:
        return None
    return Taken(value, source.path) if source.path else Whole(value)


def _left(run: Run, source: Produced) -> tuple[Produced, JobState | None]:
    """The job that leaves the hidden state: one whose fallback or a person stood in for it has left it as it was."""
    maker = run.jobs.get(source.job)
    while maker is not None and maker.status.good and source.output not in maker.outputs:
        before = maker.spec.inputs.get(source.output)
        if not isinstance(before, Produced):
            break
        source, maker = before, run.jobs.get(before.job)
    return source, maker


def _gathered(run: Run, source: Gathered) -> Dict:
    good = (part for part in source.parts if part.job in run.jobs and run.jobs[part.job].status.good)
    values = ((part.key, run.jobs[part.job].outputs.get(source.output)) for part in good)
    return Dict(tuple((key, value) for key, value in values if value is not None))


def _part(run: Run, source: Produced | Gathered) -> Whole | Taken | Dict | Absent:
    if isinstance(source, Gathered):
        return _gathered(run, source)
    return _produced(run, source) or Absent(source.job, Reason("missing output", source.output))
