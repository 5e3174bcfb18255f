"""Kill the engine at any instant while values are swept all the time: nothing that can be read is ever gone.

Every value counts as old as soon as it is written, so that only what is known of it protects it. ``NBFLOW_KILLS`` sets
the dose.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nbflow.core.event import RetryRequested
from nbflow.core.references import references
from nbflow.core.spec import Captured, JobNeed, JobSpec, Produced
from nbflow.engine.client import Client, Replica
from nbflow.errors import EngineError
from tests.fault.test_engine_kills import finish_again
from tests.unit.engine.processes import PATIENCE, connected, engine_pid

pytestmark = pytest.mark.fault
KILLS = int(os.environ.get("NBFLOW_KILLS", "30")) // 3
JOBS = 4
BODY = "import time; time.sleep(0.02); x = [sum(len(v) for v in (y, {reads}'')), 'x' * 100_000]"


def declared(client: Client, replica: Replica, chance: random.Random) -> None:
    """Declare one of the jobs (again): it reads what a notebook has, and what the jobs before it leave."""
    n = chance.randrange(JOBS)
    known = [m for m in range(n) if f"j{m}" in replica.run.jobs]
    with client.values.held():
        captured = client.values.dump("y" * 100_000)
        time.sleep(chance.uniform(0, 0.02))
        reads = "".join(f"x{m}, " for m in known)
        inputs = {f"x{m}": Produced(f"j{m}", "x") for m in known} | {"y": Captured(captured)}
        needs = tuple(JobNeed(f"j{m}") for m in known)
        spec = JobSpec(name=f"j{n}", source=BODY.format(reads=reads), inputs=inputs, outputs=("x",), needs=needs)
        replica.declare([spec])


@contextmanager
def disturbed(store: Path, chance: random.Random, counts: dict[str, int]) -> Iterator[None]:
    """During the block the engine is killed again and again, and values look old at once."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(0.05, 0.6)):
            with suppress(OSError, ValueError, KeyError):
                os.kill(engine_pid(store), signal.SIGKILL)
                counts["kills"] += 1

    def age() -> None:
        while not over.wait(0.005):
            for path in (store / "values").iterdir():
                with suppress(FileNotFoundError):
                    os.utime(path, (0, 0))

    threads = [threading.Thread(target=work) for work in (kill, age)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def sweep(client: Client, counts: dict[str, int]) -> None:
    with suppress(EngineError):
        counts["swept"] += client.collect().count


def check(client: Client, replica: Replica) -> None:
    """All that the jobs of the run read or have made can be loaded."""
    with replica.lock:
        refs = [ref for job in replica.run.jobs.values() for ref in references((job.outputs, job.spec.inputs))]
    for ref in refs:
        client.values.load(ref)


def test_no_value_that_can_be_read_is_swept_however_often_the_engine_dies(folder):
    """Declared, retried, swept and killed at random; at each quiet moment everything is there."""
    counts, chance = {"kills": 0, "swept": 0, "rounds": 0}, random.Random(7)
    with connected(folder) as client:
        replica = client.open("flow")
        while counts["kills"] < KILLS or counts["swept"] < KILLS:
            with disturbed(client.store, chance, counts):
                for _ in range(6):
                    with suppress(EngineError):
                        declared(client, replica, chance)
                    sweep(client, counts)
                names = list(replica.run.jobs)
                with suppress(EngineError):
                    state = replica.run.jobs[chance.choice(names)]
                    replica.ask(RetryRequested(at=0, job=state.spec.name, generation=state.generation))
                sweep(client, counts)
            statuses = finish_again(replica, PATIENCE)
            assert set(statuses.values()) == {"succeeded"}, (statuses, [j.reason for j in replica.run.jobs.values()])
            sweep(client, counts)
            check(client, replica)
            counts["rounds"] += 1
        assert len(list((client.store / "values").glob("*.part"))) <= JOBS
    print(f"\nkills {counts['kills']}, values swept {counts['swept']}, rounds {counts['rounds']}, values lost 0")
