"""Real workflows replayed through nbflow with their times scaled, against how fast they could run at best.

``python -m benchmarks.replay [TRACE.json ...] [--slots 4] [--work 40] [--shortest 0.1]``

Each task is a job that sleeps for the task's scaled time. *bound* is max(critical path, work / slots): no schedule is
faster. *list* is the schedule of the same priorities without any overhead, computed offline.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Row, keep, show
from benchmarks.trace import Trace
from nbflow.core.spec import JobNeed, JobSpec
from nbflow.core.status import Status
from nbflow.engine.client import Client, find_store

TRACES = Path(__file__).parent / "traces"


def jobs_of(trace: Trace) -> list[JobSpec]:
    """A job for each task."""
    return [
        JobSpec(
            name=task.name,
            source=f"import time; time.sleep({task.seconds!r})",
            needs=tuple(JobNeed(job=parent) for parent in task.parents),
        )
        for task in trace.tasks
    ]


def replay(trace: Trace, slots: int) -> tuple[float, float]:
    """Run *trace*; seconds from its declaration to its last end, and seconds that the declaration took of it."""
    with tempfile.TemporaryDirectory(prefix="nbflow-", ignore_cleanup_errors=True) as folder:
        client = Client.connect(find_store(folder))
        client.open("warm", -1).configure(slots=slots)
        replica = client.open(trace.name, -1)
        jobs = jobs_of(trace)
        began = time.perf_counter()
        replica.declare(jobs)
        declared = time.perf_counter() - began
        replica.wait(lambda _: not replica.active)
        seconds = time.perf_counter() - began
        wrong = [name for name, job in replica.run.jobs.items() if job.status is not Status.SUCCEEDED]
        client.stop()
    assert not wrong, f"{trace.name}: {wrong} did not succeed"
    return seconds, declared


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Replay, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("traces", nargs="*", type=Path, default=sorted(TRACES.glob("*.json")))
    parser.add_argument(
        "--slots", type=int, default=4, help="jobs that run at once (they sleep: more than CPUs is fine)"
    )
    parser.add_argument("--work", type=float, default=40.0, help="seconds that a trace's tasks are scaled to sum to")
    parser.add_argument("--shortest", type=float, default=0.1, help="seconds that a task takes at least")
    taken = parser.parse_args(arguments)
    rows = [_row(Trace.read(file).scaled(taken.work, taken.shortest), taken.slots) for file in taken.traces]
    show(f"real workflows, {taken.slots} slots, seconds", rows)
    keep("replay", rows)
    return rows


def _row(trace: Trace, slots: int) -> Row:
    best = trace.list_schedule(slots)
    seconds, declared = replay(trace, slots)
    return {
        "trace": trace.name,
        "jobs": len(trace.tasks),
        "work": trace.work,
        "bound": max(trace.critical_path, trace.work / slots),
        "list": best,
        "nbflow": seconds,
        "nbflow ÷ list": seconds / best,
        "ms a job over": (seconds - best) * 1000 * slots / len(trace.tasks),
        "declare": declared,
    }


if __name__ == "__main__":
    main()
