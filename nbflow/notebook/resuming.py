"""Whether a job that a script declares is the one that its last run has: then it is not run again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed, JobSpec
from nbflow.core.status import Status

_RUN_AGAIN = frozenset({Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.UNKNOWN})


def outdated(run: Run, specs: Sequence[JobSpec], redone: Collection[str]) -> list[JobSpec]:
    """Those of *specs* that have to be declared: new ones, other ones, failed ones, and what needs such or *redone*.

    Two jobs are the same if all that declares them is: function, arguments and options.
    """
    found, again = list[JobSpec](), set(redone)
    for spec in specs:
        needed = {n for need in spec.needs for n in (need.members if isinstance(need, GroupNeed) else (need.job,))}
        state = run.jobs.get(spec.name)
        if state is None or state.status in _RUN_AGAIN or needed & again or not same(state.spec, spec):
            found.append(spec)
            again.add(spec.name)
    return found


def same(one: JobSpec, other: JobSpec) -> bool:
    """Whether two specs declare the same job, wherever their values are stored.

    >>> from nbflow.core.spec import Captured, ValueRef
    >>> a, b = (JobSpec(name="a", inputs={"x": Captured(ValueRef(file=f, digest="d"))}) for f in ("1", "2"))
    >>> same(a, b), same(a, JobSpec(name="a"))
    (True, False)
    """
    return bool(_told(one) == _told(other))


def _told(spec: JobSpec) -> Any:
    return _by_digest(to_builtins(replace(spec, cell_id=""), enc_hook=repr))


def _by_digest(data: Any) -> Any:
    """*data* with stored values known by their digests, where they have one."""
    if isinstance(data, dict):
        if data.get("digest"):
            return "value", data["digest"], data.get("size")
        return {key: _by_digest(value) for key, value in data.items()}
    return [_by_digest(each) for each in data] if isinstance(data, list | tuple) else data
