"""Kill the engine at any instant while jobs are looked for, reused and kept: what is reused is right, and is there.

The jobs themselves append to a ledger: it, and the values, are the oracle. ``NBFLOW_KILLS`` sets the dose.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from nbflow.core.event import AttemptStarted, JobReused
from nbflow.core.spec import JobSpec
from nbflow.engine.cache import Cache
from tests.fault.test_engine_kills import Killer, expected, finish_again, layered
from tests.unit.engine.processes import connected

pytestmark = pytest.mark.fault
KILLS = int(os.environ.get("NBFLOW_KILLS", "30"))
RUNS = 3


def cached(ledger: Path, chance: random.Random, jobs: int) -> list[JobSpec]:
    """Jobs that leave a number, and a value that is a file of its own."""
    specs = [replace(spec, cache=True) for spec in layered(ledger, chance, jobs)]
    return [
        replace(spec, source=f"{spec.source}\nbig{n} = '{n:06}' * 20_000", outputs=(*spec.outputs, f"big{n}"))
        for n, spec in enumerate(specs)
    ]


def test_kills_leave_the_cache_true(tmp_path: Path) -> None:
    """Run after run of the same flow under fire: every value is right, and the last run, in peace, reuses all."""
    seed = int(os.environ.get("NBFLOW_SEED", "7"))
    chance, ledger = random.Random(seed), tmp_path / "ledger"
    specs, killed, reused = cached(ledger, chance, 20), 0, 0
    with connected(tmp_path) as client:
        for turn in range(RUNS + 2):
            fire = turn < RUNS
            if turn > RUNS:
                client.collect()
            replica = client.open("flow", -1)
            killer = Killer(client.store, max(1, KILLS // RUNS) if fire else 0, chance)
            dose = killer.left
            killer.start()
            replica.declare(specs)
            statuses = finish_again(replica, 90.0)
            killer.over.set()
            killer.join()
            killed += dose - killer.left
            assert set(statuses.values()) <= {"succeeded", "reused"}
            outputs = {name: job.outputs for name, job in replica.run.jobs.items()}
            assert {name: client.values.load(made[f"x{name[1:]}"]) for name, made in outputs.items()} == expected(specs)
            for n, made in enumerate(outputs.values()):
                assert client.values.load(made[f"big{n}"]) == f"{n:06}" * 20_000
            events = replica.events()
            started = Counter(e.job for e in events if isinstance(e, AttemptStarted))
            reused = sum(isinstance(e, JobReused) for e in events)
            assert not {e.job for e in events if isinstance(e, JobReused)} & started.keys(), "reused, and run as well"
        assert statuses == dict.fromkeys(statuses, "reused")
        cache = Cache(client.store)
        assert len(list(cache._paths())) == len(specs), "an entry for each job, and nothing half written"
    print(f"kills {killed}, reused in the last run {reused}, seed {seed}, violations 0")
