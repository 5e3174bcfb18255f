"""Kill the engine at any instant while failures are being handled: each is handled to its end, and only once at a time.

Whatever runs for a job holds the job's lock file meanwhile, and says so in a ledger if somebody else has it: that is
the oracle, not the engine's own word. ``NBFLOW_KILLS`` sets the dose (a third of it).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from nbflow.core.event import AttemptStarted, Event, StepEnded, StepStarted
from nbflow.core.rules import Rule
from nbflow.core.run import JobState
from nbflow.core.spec import Call, JobSpec, Retry
from nbflow.core.state import LOST_RESTARTS, replay
from nbflow.engine.client import Client
from tests.fault.test_engine_kills import Killer
from tests.unit.engine.processes import connected, finish

pytestmark = pytest.mark.fault
KILLS = max(8, int(os.environ.get("NBFLOW_KILLS", "30")) // 3)
ALONE = """
import fcntl, os, time
job = os.environ["NBFLOW_JOB"]
lock = os.open(f"{folder}/{{job}}.lock", os.O_RDWR | os.O_CREAT, 0o600)
def note(word):
    ledger = os.open("{folder}/ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(ledger, f"{{job}} {{word}}\\n".encode())
    os.close(ledger)
try: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError: note("overlap")
note("begin {what}")
time.sleep({seconds})
note("end {what}")
"""
SCRIPT = """
exec 9>"{folder}/$NBFLOW_JOB.lock"
flock -n 9 || echo "$NBFLOW_JOB overlap" >> "{folder}/ledger"
echo "$NBFLOW_JOB begin recovery" >> "{folder}/ledger"
sleep {seconds}
touch "{folder}/$NBFLOW_JOB.mended"
echo "$NBFLOW_JOB end recovery" >> "{folder}/ledger"
"""


def jobs(client: Client, folder: Path, chance: random.Random, count: int) -> list[JobSpec]:
    """A third each: mended by a script and then well, saved by a fallback after a rollback, failed after a rollback."""

    def body(what: str, then: str) -> str:
        return ALONE.format(folder=folder, what=what, seconds=chance.uniform(0, 0.08)) + then

    def call(what: str, then: str) -> Call:
        space: dict = {"__name__": "__main__"}
        exec(f"def f():\n    exec({body(what, '')!r}, {{}})\n    return {then}", space)
        return Call(label="f", function=client.values.dump(space["f"]))

    specs = []
    for n in range(count):
        specs += [
            JobSpec(
                name=f"mended{n}",
                source=body("attempt", f"os.path.exists(f'{folder}/{{job}}.mended') or os._exit(10)\nx = 1"),
                outputs=("x",),
                rules=(Rule(exits=("10",), script=SCRIPT.format(folder=folder, seconds=chance.uniform(0, 0.08))),),
                retry=Retry(delay=0.01),
            ),
            JobSpec(
                name=f"saved{n}",
                source=body("attempt", "x = 1 / 0"),
                outputs=("x",),
                rollback=call("rollback", "None"),
                fallback=call("fallback", "42"),
            ),
            JobSpec(name=f"failed{n}", source=body("attempt", "1 / 0"), rollback=call("rollback", "None")),
        ]
    return specs


def test_kill_the_engine_while_failures_are_handled(tmp_path: Path) -> None:
    """No attempt or step of a job overlaps another, none is done again once its end is known, each job ends right."""
    seed = int(os.environ.get("NBFLOW_SEED", "7"))
    chance, killed, rounds = random.Random(seed), 0, 0
    while killed < KILLS:
        rounds += 1
        folder = tmp_path / str(rounds)
        folder.mkdir()
        killed += one_round(folder, chance, min(KILLS - killed, 12))
    print(f"kills {killed}, rounds {rounds}, seed {seed}, violations 0")


def one_round(folder: Path, chance: random.Random, kills: int) -> int:
    with connected(folder) as client:
        replica = client.open("flow")
        replica.declare(jobs(client, folder, chance, 8))
        killer = Killer(client.store, kills, chance)
        killer.start()
        finish(replica, 90.0)
        killer.over.set()
        killer.join()
        again = Client.connect(client.store)  # the last kill may have come after the last end
        events = again.open("flow").events()
        run = replay(events)
        assert "overlap" not in (folder / "ledger").read_text()
        assert_history(events)
        assert_ledger((folder / "ledger").read_text(), events)
        for name, job in run.jobs.items():
            assert worn_out(job) or job.status.value == expected(name), (name, job.status, job.reason)
            if name.startswith("saved") and not worn_out(job):
                assert client.values.load(job.outputs["x"]) == 42
        again.close()
    return kills - killer.left


def expected(name: str) -> str:
    return {"m": "succeeded", "s": "recovered", "f": "failed"}[name[0]]


def worn_out(job: JobState) -> bool:
    """So many of its ends were lost that it was given up."""
    lost = Counter(step.step for attempt in job.attempts for step in attempt.steps if step.end == "lost")
    return max([job.lost, *lost.values()]) > LOST_RESTARTS


def assert_history(events: list[Event]) -> None:
    """A step is started only when nothing of its job is under way, and never again after an end that was seen."""
    going: dict[str, str] = {}
    done: set[tuple[str, int, str]] = set()
    for event in events:
        match event:
            case AttemptStarted(job=job, key=key):
                assert job not in going
                going[job] = key
            case StepStarted(job=job, key=key, attempt=attempt, step=step):
                assert job not in going
                assert (job, attempt, step) not in done, f"{step} of {job} was done again"
                going[job] = key
            case StepEnded(job=job, key=key, attempt=attempt, step=step, end=end):
                assert going.pop(job) == key
                if end != "lost":
                    done.add((job, attempt, step))
            case _ if type(event).__name__ == "AttemptEnded":
                going.pop(event.job)


def assert_ledger(ledger: str, events: list[Event]) -> None:
    """What succeeded has been done to its end, and as often."""
    ended = Counter(line for line in ledger.splitlines() if " end " in line)
    for event in events:
        if isinstance(event, StepEnded) and event.end == "succeeded":
            assert ended[f"{event.job} end {event.step}"] >= 1
