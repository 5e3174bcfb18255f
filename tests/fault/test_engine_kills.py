"""Kill the engine, or the client, at any instant: what succeeded stays so, and the run goes on to its end.

The jobs themselves append to a ledger; it is the oracle, not the engine's own word. ``NBFLOW_KILLS`` sets the dose.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, Event, RetryRequested, RunOpened
from nbflow.core.spec import JobNeed, JobSpec, Produced, Retry
from nbflow.core.state import replay
from nbflow.engine.client import Client, Replica, find_store
from tests.unit.engine.processes import PATIENCE, connected, engine_pid, eventually, finish

pytestmark = pytest.mark.fault
KILLS = int(os.environ.get("NBFLOW_KILLS", "30"))
BODY = """
import os, time
def note(word):
    ledger = os.open({ledger!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    line = f"{{os.environ['NBFLOW_JOB']}} {{os.environ['NBFLOW_ATTEMPT']}} {{word}}\\n"
    os.write(ledger, line.encode())
    os.close(ledger)
note("begin")
time.sleep({seconds})
x = {value}
note("end")
"""


def layered(ledger: Path, chance: random.Random, jobs: int) -> list[JobSpec]:
    """A random graph in which every job adds one to the sum of what it reads."""
    specs = []
    for n in range(jobs):
        makers = sorted(chance.sample(range(max(0, n - 6), n), k=min(n, chance.randint(1, 2)))) if n > 2 else []
        value = " + ".join(["1", *(f"x{maker}" for maker in makers)])
        body = BODY.format(ledger=str(ledger), seconds=chance.uniform(0.0, 0.05), value=value)
        specs.append(
            JobSpec(
                name=f"j{n}",
                source=body.replace("x = ", f"x{n} = "),
                outputs=(f"x{n}",),
                inputs={f"x{m}": Produced(job=f"j{m}", output=f"x{m}") for m in makers},
                needs=tuple(JobNeed(f"j{m}") for m in makers),
                retry=Retry(attempts=2, delay=0.05),
            )
        )
    return specs


def expected(specs: list[JobSpec]) -> dict[str, int]:
    values: dict[str, int] = {}
    for spec in specs:
        values[spec.name] = 1 + sum(values[need.job] for need in spec.needs if isinstance(need, JobNeed))
    return values


class Killer(threading.Thread):
    """Ends the store's engine at random instants, *kills* times."""

    def __init__(self, store: Path, kills: int, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.store, self.left, self.chance = store, kills, chance
        self.over = threading.Event()

    def run(self) -> None:
        pause = 0.0
        while self.left and not self.over.wait(pause):
            with suppress(OSError, ValueError):  # it is just being started
                os.kill(engine_pid(self.store), signal.SIGKILL)
                self.left -= 1
                pause = self.chance.choice((0.0, 0.3, 0.6, 1.2)) * self.chance.random()


def test_kill_the_engine_at_any_instant(tmp_path: Path) -> None:
    """No success is lost or run again, no two attempts of a job overlap, values are right, and the run ends."""
    seed = int(os.environ.get("NBFLOW_SEED", "7"))
    chance, killed, rounds = random.Random(seed), 0, 0
    while killed < KILLS:
        rounds += 1
        folder = tmp_path / str(rounds)
        folder.mkdir()
        killed += one_round(folder, random.Random(chance.random()), KILLS - killed)
    print(f"kills {killed}, rounds {rounds}, seed {seed}, violations 0")


def one_round(folder: Path, chance: random.Random, kills: int) -> int:
    ledger = folder / "ledger"
    specs = layered(ledger, chance, 30)
    with connected(folder) as client:
        replica = client.open("flow")
        shown = watch(replica)
        killer = Killer(client.store, min(kills, 40), chance)
        killer.start()
        for start in range(0, len(specs), 10):  # declaring is under fire, too
            replica.declare(specs[start : start + 10])
        statuses = finish_again(replica, 90.0)
        killer.over.set()
        killer.join()
        # the last kill may have come after the last end
        events = Client.connect(client.store).open("flow").events()
        assert set(statuses.values()) == {"succeeded"}
        assert_history(events, specs)
        assert_ledger(ledger, events)
        assert shown <= {(e.job, e.attempt) for e in events if isinstance(e, AttemptEnded) and e.end == "succeeded"}
        values = {name: client.values.load(job.outputs[f"x{name[1:]}"]) for name, job in replica.run.jobs.items()}
        assert values == expected(specs)
    return min(kills, 40) - killer.left


def watch(replica: Replica) -> set[tuple[str, int]]:
    """Every success that a client was ever told of."""
    shown: set[tuple[str, int]] = set()

    def note(events: list[Event]) -> None:
        shown.update((e.job, e.attempt) for e in events if isinstance(e, AttemptEnded) and e.end == "succeeded")

    replica.on_events(note)
    return shown


def finish_again(replica: Replica, patience: float) -> dict[str, str]:
    """As `finish`; a job that was lost more often than is allowed is let go again."""
    ends_at = time.monotonic() + patience
    while True:
        statuses = finish(replica, ends_at - time.monotonic())
        failed = [name for name, status in statuses.items() if status == "failed"]
        if not failed:
            return statuses
        with replica.lock:
            asked = [RetryRequested(at=0, job=n, generation=replica.run.jobs[n].generation) for n in failed]
        replica.ask(*asked)


def assert_history(events: list[Event], specs: list[JobSpec]) -> None:
    """One success a job, nothing started after it, never two attempts of a job at once; the log replays."""
    assert isinstance(events[0], RunOpened)
    running: dict[str, int] = {}
    done: set[str] = set()
    for event in events:
        if isinstance(event, AttemptStarted):
            assert event.job not in running, f"{event.job} overlaps"
            assert event.job not in done, f"{event.job} ran again"
            running[event.job] = event.attempt
        elif isinstance(event, AttemptEnded):
            assert running.pop(event.job) == event.attempt
            if event.end == "succeeded":
                done.add(event.job)
    assert done == {spec.name for spec in specs}
    assert replay(events).seq == len(events)


def assert_ledger(ledger: Path, events: list[Event]) -> None:
    """What the jobs wrote: an attempt begins once, a success has its end, nobody begins beside or after another."""
    lines = [line.split() for line in ledger.read_text().splitlines()]
    begun = Counter((job, int(attempt)) for job, attempt, word in lines if word == "begin")
    ended = Counter((job, int(attempt)) for job, attempt, word in lines if word == "end")
    assert set(begun.values()) == {1}
    for event in events:
        if isinstance(event, AttemptEnded) and event.end == "succeeded":
            assert ended[event.job, event.attempt] == 1
            later = [a for job, a in begun if job == event.job and a > event.attempt]
            assert not later, f"{event.job} began again after its success"


CLIENT = """
import sys, time
from nbflow.engine.client import Client, find_store
client = Client.connect(find_store(sys.argv[1]))
replica = client.open("flow")
print("attached", len(replica.run.jobs), flush=True)
time.sleep(600)
"""


def test_kill_the_client_while_jobs_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Running attempts, retries and dependents go on without any client; the next one sees the same run."""
    monkeypatch.setenv("NBFLOW_IDLE", "1")
    chance = random.Random(11)
    ledger = tmp_path / "ledger"
    specs = layered(ledger, chance, 12)
    flaky = "import os\nif os.environ['NBFLOW_ATTEMPT'] == '1': raise OSError('once')\ny = 1"
    specs += [JobSpec(name="flaky", source=flaky, retry=Retry(attempts=2, delay=0.3))]
    with connected(tmp_path) as client:
        client.open("flow").declare(specs)
        kills = 5
        client.close()  # from here on only clients that die
        for _ in range(kills):
            command = [sys.executable, "-c", CLIENT, str(tmp_path)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline().split() == ["attached", str(len(specs))]
            process.kill()
            process.communicate()
        last = Client.connect(find_store(tmp_path))
        replica = last.open("flow")
        assert set(finish(replica).values()) == {"succeeded"}
        events = replica.events()
        assert_history(events, specs)
        assert all(len(replica.run.jobs[spec.name].attempts) == 1 for spec in specs[:-1]), "no attempt was lost"
        assert [a.end for a in replica.run.jobs["flaky"].attempts] == ["failed", "succeeded"]
        last.close()
        assert eventually(lambda: not (client.store / "engine.json").exists(), PATIENCE), "alone and idle, it ends"


FORKING = """
import os, sys, time
from nbflow.engine.client import Client, find_store
client = Client.connect(find_store(sys.argv[1]))
client.on_run_here(lambda order: None)
replica = client.open("flow")
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(600)
"""


def test_a_client_that_forked_is_seen_to_end(tmp_path: Path) -> None:
    """A child that holds its socket open does not stand for it: its kernel jobs are lost, and wait for the next one."""
    with connected(tmp_path) as client:
        looker = Client.connect(client.store, attached=False)
        replica = looker.open("flow")
        command = [sys.executable, "-c", FORKING, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        child = int(process.stdout.readline())
        replica.declare([JobSpec(name="a", executor="kernel")])
        assert replica.wait(lambda run: run.jobs["a"].running, PATIENCE)
        process.kill()
        process.wait()
        assert replica.wait(lambda run: run.jobs["a"].attempts[0].end == "lost", PATIENCE)
        assert replica.run.jobs["a"].status.value == "ready"
        os.kill(child, signal.SIGKILL)
        looker.close()
