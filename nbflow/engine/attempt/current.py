"""What a job's own code can ask about the attempt it runs in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbflow.engine.attempt.asking import Asking, Declarable
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.errors import NbflowError

if TYPE_CHECKING:
    from nbflow.engine.values import Values

_asking: list[Asking] = []
"""What the attempt of this process asks for: at most one."""


def begin(order: AttemptOrder, values: Values) -> Asking:
    """The attempt of *order* runs in this process: from now on its code can ask for something, if it is no step."""
    asking = Asking(order, values)
    _asking[:] = [asking] if order.step is None else []
    return asking


@dataclass(frozen=True)
class Attempt:
    """One try of a job, seen from inside.

    Attributes:
        flow, run, job: where it belongs; *run* counts the runs of the flow from 1.
        number: the attempt's number in the run, from 1; of: attempts allowed in all.
        generation: grows when the job is declared anew or asked to run again.
        output_dir: a folder of the attempt's own for files; it is there.
        idempotency_key: the same for every attempt of one generation of one job: hand it to services that drop repeats.
        key: the attempt's id.

    The methods are for code inside of a job. What it asks for counts when the attempt has succeeded; an attempt that
    fails leaves nothing. *jobs* is a job that a function decorated with `nbflow.job` gives when it is called in there,
    or several; those that they need are declared with them. A later attempt may make jobs of the same names.
    """

    flow: str
    run: int
    job: str
    number: int
    of: int
    generation: int
    output_dir: Path
    idempotency_key: str
    key: str

    def add(self, jobs: Declarable | Iterable[Declarable]) -> None:
        """Declare *jobs*. Nobody waits for them.

        Raises:
            DeclarationError: they cannot be declared.
            NbflowError: this is no attempt's own process.
        """
        _here().add(jobs)

    def detour(self, jobs: Declarable | Iterable[Declarable]) -> None:
        """Declare *jobs*, which have to succeed before this job has: what needs it comes after them.

        Where one of them fails, this job fails. Raises as `add` does.
        """
        _here().detour(jobs)

    def replace(self, jobs: Declarable | Iterable[Declarable]) -> None:
        """Declare *jobs*, which have to succeed before this job has, and make its outputs in its place.

        A variable of the cell that holds one of *jobs* in the end is what that job makes; any other output comes from
        the last of *jobs* that has one of that name, or, where this job and the last of *jobs* have one each, from that
        one. Outputs that none of them makes stay this job's own. Raises as `add` does.
        """
        _here().replace(jobs)

    def stop_children(self) -> None:
        """Skip whatever needs this job and has nothing under way, but for what this job made."""
        _here().children_stopped = True

    def stop_flow(self) -> None:
        """Skip whatever has nothing under way, but for what this job made."""
        _here().flow_stopped = True

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far this attempt is: *done* of *total*, if that is known, and what it is at.

        Cheap enough for every turn of a loop: it is told to others at most ten times a second. Nobody hears of it in a
        rollback or fallback.
        """
        for asking in _asking:
            asking.progress(done, total, text)


def _here() -> Asking:
    if not _asking:
        raise NbflowError("only a job that runs in a process of its own can ask for something from inside")
    return _asking[0]


def environment(order: AttemptOrder) -> dict[str, str]:
    """The variables by which any program the job starts can know its attempt."""
    return {
        "NBFLOW_FLOW": order.flow,
        "NBFLOW_RUN": str(order.run),
        "NBFLOW_JOB": order.job,
        "NBFLOW_ATTEMPT": str(order.attempt),
        "NBFLOW_ATTEMPTS": str(order.of),
        "NBFLOW_GENERATION": str(order.generation),
        "NBFLOW_OUTPUT_DIR": order.files or str(Path(order.folder) / "files"),
        "NBFLOW_IDEMPOTENCY_KEY": f"{order.flow}/{order.run}/{order.job}/{order.generation}",
        "NBFLOW_KEY": order.key,
    }


def attempt(env: Mapping[str, str] = os.environ) -> Attempt | None:
    """The attempt this code runs in, or None outside of one.

    >>> attempt({}) is None
    True
    """
    if "NBFLOW_KEY" not in env:
        return None
    return Attempt(
        flow=env["NBFLOW_FLOW"],
        run=int(env["NBFLOW_RUN"]),
        job=env["NBFLOW_JOB"],
        number=int(env["NBFLOW_ATTEMPT"]),
        of=int(env["NBFLOW_ATTEMPTS"]),
        generation=int(env["NBFLOW_GENERATION"]),
        output_dir=Path(env["NBFLOW_OUTPUT_DIR"]),
        idempotency_key=env["NBFLOW_IDEMPOTENCY_KEY"],
        key=env["NBFLOW_KEY"],
    )
