"""What a job's own code can ask about the attempt it runs in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbflow.engine.attempt.record import AttemptOrder


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
