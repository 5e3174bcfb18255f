"""Which stored values a run can still read: what nothing here names may go."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from nbflow.core.job import JobState
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec, ValueRef


def references(thing: object) -> Iterator[ValueRef]:
    """Every reference to a stored value in *thing*: a spec, an event, an order, or any dict or tuple of such.

    >>> from nbflow.core.spec import Captured
    >>> [ref.file for ref in references(JobSpec(name="a", inputs={"x": Captured(ValueRef(file="f1"))}))]
    ['f1']
    """
    ahead = [thing]
    while ahead:
        match ahead.pop():
            case ValueRef() as ref:
                yield ref
            case Struct() as struct:
                ahead.extend(getattr(struct, name) for name in struct.__struct_fields__)
            case dict() as mapping:
                ahead.extend(mapping.values())
            case tuple() | list() as items:
                ahead.extend(items)
            case _:
                pass


def files(thing: object) -> frozenset[str]:
    """The files of the values that *thing* refers to."""
    return frozenset(ref.file for ref in references(thing) if ref.file)


def readable(run: Run, of_spec: Callable[[JobSpec], frozenset[str]] = files) -> set[str]:
    """The files of all values that *run* may yet read or hand out, whatever a person asks of it.

    *of_spec* gives those that a spec names. An older generation's values are read no more, but for those of the last
    success, which ``skip --last`` puts in the place of newer ones.
    """
    found = set[str]()
    for job in run.jobs.values():
        found |= of_spec(job.spec)
        found |= _made(job)
    for group in run.groups.values():
        found |= files(group.policy)
    return found


def _made(job: JobState) -> set[str]:
    made: list[object] = [job.outputs, job.standin, job.last_good, job.response]
    for attempt in job.attempts[-1:]:
        made += [attempt.outputs, *(step.outputs for step in attempt.steps)]
    return {ref.file for each in made if each for ref in references(each) if ref.file}
