"""What a job asks for from inside: jobs to be declared, an end to others; and how far it says it is.

All of it is kept here, in the attempt's own process, until the attempt has succeeded; then it leaves with the record.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import GeneratorType
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from nbflow.core.spec import JobSpec, Produced, Response
from nbflow.engine.attempt.record import PROGRESS, AttemptOrder, ResultRecord
from nbflow.errors import DeclarationError

if TYPE_CHECKING:
    from nbflow.engine.values import Values

_PROGRESS_EVERY = 0.1


class Declarable(Protocol):
    """A job that can be asked for: what a function decorated with `nbflow.job` gives when it is called in a job."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """What it makes."""

    def declare_inside(self, asking: Asking) -> None:
        """Have itself, and all jobs that it needs and nobody has declared yet, among the *jobs* of *asking*."""


class Asking:
    """What the attempt of *order* asks for; *jobs* are those to be declared, by name."""

    def __init__(self, order: AttemptOrder, values: Values) -> None:
        self.order, self.values = order, values
        self.jobs: dict[str, JobSpec] = {}
        self.children_stopped = self.flow_stopped = False
        self._replaced: dict[str, Declarable] = {}
        self._detour: dict[str, None] = {}
        self._shown_at = 0.0
        self._unshown: bytes | None = None

    def add(self, jobs: Declarable | Iterable[Declarable]) -> list[Declarable]:
        """Have *jobs* declared.

        Raises:
            DeclarationError: one of them is no job, or was declared elsewhere.
        """
        several = isinstance(jobs, list | tuple | set | frozenset | GeneratorType)
        found: list[Declarable] = list(jobs) if several else [jobs]  # type: ignore[arg-type, list-item]
        for job in found:
            if not hasattr(type(job), "declare_inside"):
                kind = type(job).__name__
                raise DeclarationError(f"a value of type {kind} is no job: call a function of nbflow.job")
            job.declare_inside(self)
        return found

    def detour(self, jobs: Declarable | Iterable[Declarable]) -> None:
        """Have *jobs* declared, and succeed before this one has."""
        self._detour.update(dict.fromkeys(job.name for job in self.add(jobs)))

    def replace(self, jobs: Declarable | Iterable[Declarable]) -> None:
        """Have *jobs* declared, and their outputs for those of this one."""
        self._replaced.update((job.name, job) for job in self.add(jobs))

    def told(self, record: ResultRecord, made: Mapping[str, object]) -> ResultRecord:
        """*record*, of an attempt that has succeeded and *made* these values, with all that was asked for.

        Raises:
            DeclarationError: it was to be replaced by jobs that make none of its outputs.
        """
        self.show()
        asked = self.response(made)
        return replace(record, response=asked) if asked is not None else record

    def response(self, made: Mapping[str, object]) -> Response | None:
        """All that was asked for; None if nothing was."""
        outputs = replaced(self.order.outputs, list(self._replaced.values()), made)
        if self._replaced and self.order.outputs and not outputs:
            names = ", ".join(self.order.outputs)
            raise DeclarationError(f"none of the jobs in its place makes {names}: name an output so, or use detour")
        asked = Response(
            jobs=tuple(self.jobs.values()),
            replaced_by=tuple(self._replaced),
            outputs=outputs,
            detour=tuple(self._detour),
            stop_children=self.children_stopped,
            stop_flow=self.flow_stopped,
        )
        return asked if asked != Response() else None

    def progress(self, done: float, total: float | None, text: str) -> None:
        """Say how far the attempt is; what comes too soon after the last word waits for the next, or for the end."""
        said = {"done": done, "total": total, "text": text, "at": time.time()}
        self._unshown = json.dumps(said).encode()
        if time.monotonic() - self._shown_at >= _PROGRESS_EVERY or done == total:
            self.show()

    def show(self) -> None:
        """Have the last word of `progress` where others can read it."""
        if self._unshown is None:
            return
        place = Path(self.order.folder) / PROGRESS
        part = place.with_name(PROGRESS + ".part")
        part.write_bytes(self._unshown)
        os.replace(part, place)  # noqa: PTH105 - a reader finds all of it or none
        self._shown_at, self._unshown = time.monotonic(), None


def replaced(outputs: Sequence[str], jobs: Sequence[Declarable], made: Mapping[str, object]) -> dict[str, Produced]:
    """Where *outputs* come from when *jobs* make them: see `Attempt.replace`.

    >>> from types import SimpleNamespace
    >>> fit = SimpleNamespace(name="fit", outputs=("output",))
    >>> replaced(["model"], [fit], {}), replaced(["a", "b"], [fit], {}), replaced(["a", "b"], [fit], {"b": fit})
    ({'model': Produced(job='fit', output='output', path=())}, {}, {'b': Produced(job='fit', output='output', path=())})
    """
    found = {}
    for output in outputs:
        held = next((job for job in jobs if job is made.get(output) and len(job.outputs) == 1), None)
        maker = next((job for job in reversed(jobs) if output in job.outputs), None)
        if held is not None:
            found[output] = Produced(held.name, held.outputs[0])
        elif maker is not None:
            found[output] = Produced(maker.name, output)
    if not found and len(outputs) == 1 and jobs and len(jobs[-1].outputs) == 1:
        found[outputs[0]] = Produced(jobs[-1].name, jobs[-1].outputs[0])
    return found
