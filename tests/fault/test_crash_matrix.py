"""A failing job never kills, hangs or corrupts the kernel or the engine: phases × ways to die × executors.

Each job of the matrix dies in one phase in one way: while its condition is evaluated (start), its input is loaded, its
body runs, its output is stored, its exit handlers run (end), or while its rollback or fallback runs. For each the
reason has to be the right one, others go on beside it, and afterwards engine, zygote and kernel are the same as before.
What ends a whole process is no business of jobs ``--in kernel``. ``NBFLOW_CRASHES`` sets how often it is all done.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

from nbflow.core.run import JobState
from nbflow.core.spec import Call, Captured, JobSpec
from nbflow.core.status import Reason, Status
from nbflow.engine.client import Client, Replica
from nbflow.notebook.kernel_jobs import KernelJobs
from tests.unit.engine.processes import connected, finish

pytestmark = pytest.mark.fault
ROUNDS = int(os.environ.get("NBFLOW_CRASHES", "1"))
PATIENCE = 90.0
MEMORY = 100_000_000

IMPORTS = "import ctypes, os, sys, time\n"
GROW = "held = [b'x' * 50_000_000 for _ in range(4)]\ntime.sleep(20)"
WAYS = {
    "raise": ("raise ValueError('boom')", "invalid argument", "ValueError: boom"),
    "recursion": ("def f(): f()\nf()", "exception", "RecursionError"),
    "exit 3": ("sys.exit(3)", "exit code", "3"),
    "too much": ("bytearray(1 << 60)", "out of memory", "MemoryError"),
    "interrupt": ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
    "_exit 0": ("os._exit(0)", "exit code", "0 without a result"),
    "_exit 7": ("os._exit(7)", "exit code", "7"),
    "abort": ("os.abort()", "signal", "SIGABRT"),
    "segv": ("ctypes.string_at(0)", "signal", "SIGSEGV"),
    "kill": ("os.kill(os.getpid(), 9)", "signal", "SIGKILL"),
    "term": ("os.kill(os.getpid(), 15); time.sleep(9)", "signal", "SIGTERM"),
    "grow": (GROW, "out of memory", ""),
}
"""How it dies: what is run, and the kind and the beginning of the detail of its reason."""
GENTLE = ("raise", "recursion", "exit 3", "too much", "interrupt")
"""Ways that do not end a whole process."""
STAYS = ("raise", "recursion", "too much")
"""Ways to fail at being stored."""
PHASES = ("start", "load", "run", "store", "end", "rollback", "fallback")
WRAPPED = {"load": "input not loadable", "store": "output not storable"}


class Dies:
    """Runs *text* when it is loaded."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self.text, {})


def spec(client: Client, executor: str, phase: str, way: str) -> JobSpec:
    """A job that dies in *phase* in *way*."""
    text = IMPORTS + WAYS[way][0]
    options: dict[str, Any] = {"source": "x = 1"}
    match phase:
        case "start":
            options["condition"] = f"exec({text!r}, {{}})"
        case "load":
            options["inputs"] = {"given": Captured(client.values.dump(Dies(text)))}
            options["outputs"] = ("given", "x")
        case "run":
            options["source"] = text
        case "store":
            body = f"class Out:\n    def __reduce__(self): exec({text!r}, {{}})\nx = Out()"
            options |= {"source": body, "outputs": ("x",)}
        case "end":
            options["source"] = f"import atexit\natexit.register(exec, {text!r}, {{}})\nx = 1"
        case _:
            options |= {"source": "1 / 0", phase: Call(label="f", expression=f"exec({text!r}, {{}})")}
    memory = MEMORY if way == "grow" else None
    name = f"{executor}-{phase}-{way}".replace(" ", "_")
    return JobSpec(name=name, executor=executor, grace=0.2, memory=memory, **options)


def wrong(job: JobState, executor: str, phase: str, way: str) -> str:
    """What is wrong with how *job* has ended; empty if nothing is."""
    _, kind, detail = WAYS[way]
    if phase == "end":
        return "" if job.status is Status.SUCCEEDED else f"is {job.status}: {job.reason}"
    if executor == "kernel" and phase == "store" and way in STAYS:  # the value is where it was
        return "" if job.status is Status.SUCCEEDED else f"is {job.status}: {job.reason}"
    reason = job.reason
    if phase in ("rollback", "fallback"):
        if job.status is not Status.FAILED or reason is None or "ZeroDivisionError" not in reason.detail:
            return f"its own error is gone: {job.status}, {reason}"
        reason = job.attempts[-1].steps[-1].reason
    if phase in WRAPPED and way in ("raise", "recursion"):
        kind, detail = WRAPPED[phase], "given" if phase == "load" else "x (Out)"
    right = reason is not None and reason.kind == kind and reason.detail.startswith(detail)
    return "" if right else f"is {job.status}: {reason}, not {Reason(kind, detail)}"


class Kernel:
    """The kernel's side of ``--in kernel`` in this process."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        shell = SimpleNamespace(user_ns=self.namespace, display_formatter=DisplayFormatter(), display_pub=None)
        self.jobs = KernelJobs(client, shell, lambda _names: None)


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    with connected(tmp_path) as client:
        kernel = Kernel(client)
        yield client.open("flow")
        kernel.jobs.close()


def matrix() -> list[tuple[str, str, str]]:
    process = [("process", phase, way) for phase in PHASES for way in WAYS]
    kernel = [("kernel", phase, way) for phase in PHASES if phase != "end" for way in GENTLE]
    return process + kernel


def test_nothing_that_fails_takes_others_along(replica: Replica) -> None:
    """Every cell of the matrix has its reason; beside and after them jobs run, in the same engine and this process."""
    client, violations, crashes = replica._client, [], 0
    seed = random.randrange(1 << 32)
    chance, engine = random.Random(seed), client.pid
    for _ in range(ROUNDS):
        cells = matrix()
        chance.shuffle(cells)
        replica.declare([spec(client, *cell) for cell in cells])
        finish(replica, PATIENCE)
        for cell in cells:
            job = replica.run.jobs[spec(client, *cell).name]
            if said := wrong(job, *cell):
                violations.append(f"{cell}: {said}")
        crashes += len(cells)
        after = [
            JobSpec(name=f"next-{each}", source="x = 6 * 7", outputs=("x",), executor=each)
            for each in ("process", "kernel")
        ]
        replica.declare(after)
        finish(replica, PATIENCE)
        for job in (replica.run.jobs[each.name] for each in after):
            if job.status is not Status.SUCCEEDED or client.values.load(job.outputs["x"]) != 42:
                violations.append(f"{job.spec.name}: {job.status}, {job.reason}")
    assert client.pid == engine
    print(f"crashes {crashes}, seed {seed}, violations {len(violations)}")
    assert not violations, "\n".join([f"seed {seed}", *violations])
