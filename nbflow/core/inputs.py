"""What an attempt that starts now gets to read."""

from __future__ import annotations

from nbflow.core.run import Run
from nbflow.core.spec import Captured, ValueRef


def resolve(run: Run, job: str) -> dict[str, ValueRef | None]:
    """Input variable -> its value, for *job* as it stands; None where a need that has no value is tolerated.

    A variable that its job succeeded without leaving behind is left out: reading it is a NameError, as without jobs.
    """
    found: dict[str, ValueRef | None] = {}
    for name, given in run.jobs[job].spec.inputs.items():
        if isinstance(given, Captured):
            found[name] = given.value
            continue
        maker = run.jobs.get(given.job)
        if maker is None or not maker.status.good:
            found[name] = None
        elif given.output in maker.outputs:
            found[name] = maker.outputs[given.output]
    return found
