"""Real engines for tests: started by the client under test, ended with it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbflow.core.spec import JobNeed, JobSpec, Produced
from nbflow.engine.client import Client, Replica
from nbflow.engine.locate import find_store

PATIENCE = 30.0


@contextmanager
def connected(folder: Path) -> Iterator[Client]:
    """A client of a fresh engine for notebooks in *folder*; everything is stopped at the end."""
    client = Client.connect(find_store(folder))
    try:
        yield client
    finally:
        client.stop()
        client.close()


def engine_pid(store: Path) -> int:
    """The engine's process; ProcessLookupError if that has ended."""
    pid = int(json.loads((store / "engine.json").read_text())["pid"])
    if str(store).encode() not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
        raise ProcessLookupError(pid)
    return pid


def kill_engine(store: Path) -> int:
    """End the engine the hard way, and wait until it is gone."""
    pid = engine_pid(store)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not alive(pid))
    return pid


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def eventually(predicate: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Whether *predicate* comes true; for facts outside of any process that could tell."""
    ends_at = time.monotonic() + patience
    while not predicate():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.005)
    return True


def chain(*sources: str, **extra: object) -> list[JobSpec]:
    """Jobs j0, j1, … each of which reads x of the one before and leaves x."""
    specs = []
    for n, source in enumerate(sources):
        need = f"j{n - 1}"
        inputs = {"x": Produced(job=need, output="x")} if n else {}
        needs = (JobNeed(need),) if n else ()
        specs.append(JobSpec(name=f"j{n}", source=source, outputs=("x",), inputs=inputs, needs=needs, **extra))
    return specs


def finish(replica: Replica, patience: float = PATIENCE) -> dict[str, str]:
    """Wait for every job's end; the statuses."""
    done = replica.wait(lambda run: all(job.status.ended for job in run.jobs.values()), patience)
    statuses = {name: job.status.value for name, job in replica.run.jobs.items()}
    assert done, statuses
    return statuses
