import json
import os
import shutil
import signal
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from textwrap import dedent

import pytest

from nbflow.core.event import CancelRequested, JobDeclared, RetryRequested, RunRequested
from nbflow.core.spec import JobNeed, JobSpec, Produced, Retry
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.client import Client, find_store, trust
from nbflow.errors import CycleError, EngineError, StoreError, UnknownJob
from tests.unit.engine.processes import PATIENCE, alive, chain, connected, eventually, finish, kill_engine


def test_jobs_run_and_their_values_come_back(tmp_path: Path) -> None:
    """Declare, follow, read: a reader gets what its need left, and so does the client."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(chain("x = 20\nprint('hello')", "x = x + 1"))
        assert finish(replica) == {"j0": "succeeded", "j1": "succeeded"}
        assert client.values.load(replica.run.jobs["j1"].outputs["x"]) == 21
        assert client.log(replica.run.jobs["j0"].attempts[0].key) == "hello\n"
        assert replica.snapshot()["verdict"] == "succeeded"


def test_a_declaration_that_cannot_be_taken_raises_and_declares_nothing(tmp_path: Path) -> None:
    """The error is the core's own, with its data."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        with pytest.raises(UnknownJob) as unknown:
            replica.declare([JobSpec(name="a", needs=(JobNeed("b"),))])
        assert unknown.value.name == "b"
        with pytest.raises(CycleError):
            replica.declare([JobSpec(name="a", needs=(JobNeed("b"),)), JobSpec(name="b", needs=(JobNeed("a"),))])
        assert not replica.run.jobs


def test_two_clients_see_one_run(tmp_path: Path) -> None:
    """A second kernel or terminal is a second view, and may act on what the first declared."""
    with connected(tmp_path) as one:
        mine = one.open("flow")
        two = Client.connect(find_store(tmp_path))
        yours = two.open("flow")
        mine.declare([JobSpec(name="a", source="import time; time.sleep(60)", grace=0.1)])
        assert yours.wait(lambda run: "a" in run.jobs and run.jobs["a"].running, PATIENCE)
        assert yours.ask(CancelRequested(at=0, job="a", generation=1)) == 1
        assert finish(mine) == {"a": "cancelled"}
        assert yours.wait(lambda run: run.seq == mine.run.seq, PATIENCE)
        assert yours.events() == mine.events()
        two.close()


def test_runs_are_opened_by_number(tmp_path: Path) -> None:
    """0 is the last, -1 a new one, n that one; another number is an error that says how many there are."""
    with connected(tmp_path) as client:
        first, second = client.open("flow"), client.open("flow", -1)
        first.declare([JobSpec(name="a", source="pass")])
        finish(first)
        assert [client.open("flow", n).run.number for n in (0, 1, 2)] == [2, 1, 2]
        assert second.run.number == 2
        with pytest.raises(StoreError, match="no run 7: it has 2"):
            client.open("flow", 7)
        infos = client.runs("flow")
        assert [(info.number, info.verdict, info.counts) for info in infos] == [
            (1, "succeeded", {"succeeded": 1}),
            (2, "succeeded", {}),
        ]
        assert client.runs("other") == ()


def test_a_long_history_arrives_whole(tmp_path: Path) -> None:
    """More events than one message holds: a later client has every one of them, in order."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare([JobSpec(name=f"j{n}", hold=True) for n in range(1200)])
        other = Client.connect(find_store(tmp_path))
        again = other.open("flow")
        assert len(again.run.jobs) == 1200
        assert again.events() == replica.events()
        other.close()


def test_listeners_hear_each_event_once(tmp_path: Path) -> None:
    """In order, without gaps; none after they have signed off."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        heard: list[object] = []
        sign_off = replica.on_events(heard.extend)
        replica.declare(chain("x = 1", "x = 2"))
        finish(replica)
        assert eventually(lambda: [replica.events()[0], *heard] == replica.events())
        sign_off()
        replica.ask(RetryRequested(at=0, job="j0", generation=1))
        assert len(heard) < len(replica.events())


def test_a_retry_by_the_rules_happens_without_the_client(tmp_path: Path) -> None:
    """Fails once, succeeds in the second attempt."""
    mark = tmp_path / "ran"
    source = (
        f"from pathlib import Path\nif not Path({str(mark)!r}).exists():\n    Path({str(mark)!r}).touch()\n    1 / 0"
    )
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare([JobSpec(name="a", source=source, retry=Retry(attempts=2, delay=0.05))])
        assert finish(replica) == {"a": "succeeded"}
        assert [attempt.end for attempt in replica.run.jobs["a"].attempts] == ["failed", "succeeded"]


def test_attempts_run_in_the_notebooks_folder(tmp_path: Path) -> None:
    """Wherever the engine itself lives."""
    with connected(tmp_path) as client:
        replica = client.open("flow", cwd=tmp_path)
        replica.declare([JobSpec(name="a", source="import os; print(os.getcwd())")])
        finish(replica)
        assert client.log(replica.run.jobs["a"].attempts[0].key) == f"{tmp_path}\n"


def test_an_engine_that_died_comes_back_by_itself(tmp_path: Path) -> None:
    """With jobs under way the client starts another one at once: they are run to their end, the replica lives on."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        began = tmp_path / "began"
        first = f"""
            import pathlib, time
            if not (began := pathlib.Path({str(began)!r})).exists():
                began.touch()
                time.sleep(60)
            x = 1
        """
        replica.declare(chain(dedent(first), "x += 1"))
        assert eventually(began.exists)
        kill_engine(client.store)
        assert finish(replica) == {"j0": "succeeded", "j1": "succeeded"}
        assert [attempt.end for attempt in replica.run.jobs["j0"].attempts] == ["lost", "succeeded"]
        assert client.values.load(replica.run.jobs["j1"].outputs["x"]) == 2


def test_the_next_request_starts_an_engine_that_died_idle(tmp_path: Path) -> None:
    """Nothing was under way: nobody is in a hurry, and nothing is lost."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(chain("x = 1"))
        finish(replica)
        kill_engine(client.store)
        replica.declare([JobSpec(name="b", source="y = 1")])
        assert finish(replica) == {"j0": "succeeded", "b": "succeeded"}
        assert len(replica.run.jobs["j0"].attempts) == 1


def test_settings_outlive_the_engine(tmp_path: Path) -> None:
    """What a session configured is told to the next engine, too."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.configure(slots=1)
        kill_engine(client.store)
        replica.declare([JobSpec(name=name, source="import time; time.sleep(0.2)") for name in "ab"])
        finish(replica)
        times = sorted((j.attempts[0].started_at, j.attempts[0].ended_at) for j in replica.run.jobs.values())
        assert times[0][1] <= times[1][0]


def test_stop_cancels_what_runs_and_it_can_be_retried(tmp_path: Path) -> None:
    """The engine and its attempts are gone; the next request starts another, which does not start them by itself."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        pid_file = tmp_path / "pid"
        source = f"""
            import os, time
            if not os.path.exists({str(pid_file)!r}):
                open({str(pid_file)!r}, 'w').write(str(os.getpid()))
                time.sleep(60)
            x = 1
        """
        replica.declare(chain(dedent(source), "x = 2", grace=0.1))
        assert eventually(lambda: pid_file.exists() and pid_file.read_text())
        client.stop()
        assert not Path(f"/proc/{pid_file.read_text()}").exists()
        assert not (client.store / "engine.json").exists()
        with pytest.raises(EngineError, match="was stopped"):
            replica.wait(lambda run: False, PATIENCE)
        again = client.open("flow")
        assert {name: job.status.value for name, job in again.run.jobs.items()} == {
            "j0": "cancelled",
            "j1": "cancelled",
        }
        replica.ask(*(RetryRequested(at=0, job=name, generation=1) for name in ("j0", "j1")))
        assert finish(replica) == {"j0": "succeeded", "j1": "succeeded"}


def test_stopping_where_nothing_runs_is_fine(tmp_path: Path) -> None:
    """Twice is the same as once."""
    with connected(tmp_path) as client:
        client.stop()
        client.stop()


def test_without_start_no_engine_is_an_error(tmp_path: Path) -> None:
    """A look from the command line starts nothing, and makes no store."""
    with pytest.raises(EngineError, match="no engine is running"):
        Client.connect(find_store(tmp_path), start=False)
    assert not find_store(tmp_path).exists()


def test_a_job_in_the_kernel_runs_in_the_client(tmp_path: Path) -> None:
    """The order comes to the client that follows the run; its report ends the attempt."""
    with connected(tmp_path) as client:
        orders: list[AttemptOrder] = []
        replica = client.open("flow")
        client.on_run_here(orders.append)
        replica.declare([JobSpec(name="a", source="x = 1", executor="kernel")])
        assert eventually(lambda: orders)
        assert orders[0].source == "x = 1"
        client.report(AttemptReport(key=orders[0].key, end="succeeded"))
        assert finish(replica) == {"a": "succeeded"}


def test_a_job_in_the_kernel_survives_the_engine(tmp_path: Path) -> None:
    """The kernel claims it from the next engine: one attempt, one success."""
    with connected(tmp_path) as client:
        orders: list[AttemptOrder] = []
        replica = client.open("flow")
        client.on_run_here(orders.append)
        replica.declare([JobSpec(name="a", executor="kernel")])
        assert eventually(lambda: orders)
        kill_engine(client.store)
        client.report(AttemptReport(key=orders[0].key, end="succeeded"))
        assert finish(replica) == {"a": "succeeded"}
        assert len(orders) == len(replica.run.jobs["a"].attempts) == 1


def test_a_job_for_the_kernel_waits_until_one_is_there(tmp_path: Path) -> None:
    """A client that is only looking runs nothing."""
    with connected(tmp_path) as client:
        watcher = Client.connect(client.store, attached=False)
        replica = watcher.open("flow")
        replica.declare([JobSpec(name="a", executor="kernel"), JobSpec(name="b", source="pass")])
        assert replica.wait(lambda run: run.jobs["b"].status.ended, PATIENCE)
        assert replica.run.jobs["a"].status.value == "ready"
        client.on_run_here(lambda order: threading.Thread(target=succeed, args=(client, order)).start())
        client.open("flow")
        assert finish(replica) == {"a": "succeeded", "b": "succeeded"}
        watcher.close()


def succeed(client: Client, order: AttemptOrder) -> None:
    client.report(AttemptReport(key=order.key, end="succeeded"))


def test_callbacks_must_not_make_requests(tmp_path: Path) -> None:
    """The mistake is told at once, where it would otherwise wait for itself for ever."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        told: list[BaseException] = []

        def listener(_: object) -> None:
            try:
                client.runs()
            except RuntimeError as error:
                told.append(error)

        replica.on_events(listener)
        replica.declare([JobSpec(name="a", hold=True)])
        assert "must not make requests" in str(told[0])


def test_a_store_of_somebody_else_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history can be looked at, nothing runs and no value loads; after the user's word, all of it goes."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare([*chain("x = 1"), JobSpec(name="later", source="y = 1", hold=True)])
        assert replica.wait(lambda run: run.jobs["j0"].status.ended, PATIENCE)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "another user"))
    with connected(tmp_path) as client:
        replica = client.open("flow")
        assert not client.trusted
        assert replica.run.jobs["j0"].status.value == "succeeded"
        request = RunRequested(at=0, job="later", generation=1)
        for forbidden in (
            lambda: client.values,
            lambda: replica.ask(request),
            lambda: replica.declare([JobSpec(name="b", source="z = 1")]),
            lambda: client.open("flow", -1),
        ):
            with pytest.raises(StoreError, match="%nbflow trust"):
                forbidden()
        trust(client.store)
        assert replica.ask(request) == 1
        assert finish(replica) == {"j0": "succeeded", "later": "succeeded"}
        assert client.values.load(replica.run.jobs["j0"].outputs["x"]) == 1


def test_a_newer_store_is_refused_in_words(tmp_path: Path) -> None:
    """The engine's complaint reaches the person who connects."""
    with connected(tmp_path) as client:
        store = client.store
    with sqlite3.connect(store / "log.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer nbflow"):
        Client.connect(store)


def test_the_input_of_a_reader_is_a_value_by_reference(tmp_path: Path) -> None:
    """A value too big to ride in the log reaches reader and client through its file."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        reader = JobSpec(
            name="b",
            source="n = len(x)",
            inputs={"x": Produced(job="j0", output="x")},
            outputs=("n",),
            needs=(JobNeed("j0"),),
        )
        replica.declare([*chain("x = bytes(300_000)"), reader])
        assert finish(replica) == {"j0": "succeeded", "b": "succeeded"}
        jobs = replica.run.jobs
        assert jobs["j0"].outputs["x"].file
        assert client.values.load(jobs["b"].outputs["n"]) == 300_000


def test_a_declaration_is_logged_once(tmp_path: Path) -> None:
    """The client's copy of the history has exactly the declarations made."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(chain("x = 1", "x = 2"))
        assert [e.job for e in replica.events() if isinstance(e, JobDeclared)] == ["j0", "j1"]


def test_durable_power_tells_after_the_value_is_on_the_disk(tmp_path: Path) -> None:
    """The slower road gives the same run."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.configure(durable="power")
        replica.declare(chain("x = bytes(200_000)", "x = len(x)"))
        assert finish(replica) == {"j0": "succeeded", "j1": "succeeded"}


def test_a_listener_that_fails_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its fault is logged; the replica and the others go on."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        heard: list[object] = []
        replica.on_events(lambda events: 1 / 0)
        replica.on_events(heard.extend)
        replica.declare([JobSpec(name="a", hold=True)])
        assert heard
        assert "a listener to events of 'flow' failed" in caplog.text


def test_an_engine_of_another_version_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It refuses to talk, in words; stop ends it all the same, and the next one is this version's."""
    with connected(tmp_path) as client:
        pid = client.pid
        monkeypatch.setattr("nbflow.engine.link.PROTOCOL", 99)
        with pytest.raises(EngineError, match="%nbflow stop"):
            other = Client.connect(client.store)
        other = Client(client.store, start=True, attached=True)
        other.stop()
        assert eventually(lambda: not alive(pid))
        monkeypatch.undo()


def test_an_engine_on_another_machine_is_named(tmp_path: Path) -> None:
    """On a shared disk the lock is held, and the address says where."""
    with connected(tmp_path) as client:
        path = client.store / "engine.json"
        address = json.loads(path.read_text())
        path.write_text(json.dumps(address | {"host": "elsewhere", "path": "/nowhere"}))
        with pytest.raises(EngineError, match="runs on elsewhere"):
            Client.connect(client.store)
        path.write_text(json.dumps(address))


def test_an_engine_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there but does not answer: the error says where to look."""
    with connected(tmp_path) as client:
        monkeypatch.setattr("nbflow.engine.link._PATIENCE", 0.1)
        monkeypatch.setattr("nbflow.engine.reach._PATIENCE", 0.3)
        os.kill(client.pid, signal.SIGSTOP)
        with pytest.raises(EngineError, match=r"does not answer: see .*engine\.log"):
            Client.connect(client.store)
        os.kill(client.pid, signal.SIGCONT)


def test_the_log_is_carried_to_the_disk_within_seconds(tmp_path: Path) -> None:
    """The main file alone, as a power loss might leave it, soon holds what has happened."""

    def logged() -> int:
        copy = tmp_path / "copy.sqlite"
        shutil.copy(client.store / "log.sqlite", copy)
        with closing(sqlite3.connect(copy)) as database, suppress(sqlite3.DatabaseError):
            return int(database.execute("SELECT count(*) FROM events").fetchone()[0])
        return 0

    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(chain("x = bytes(100_000)"))
        finish(replica)
        assert eventually(lambda: logged() == len(replica.events()), 15.0)


def test_a_request_under_the_lock_is_refused(tmp_path: Path) -> None:
    """The answer would have to wait for the lock, for ever: the mistake is told at once."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        with replica.lock, pytest.raises(RuntimeError, match="release the replica's lock"):
            replica.declare([JobSpec(name="a", hold=True)])
