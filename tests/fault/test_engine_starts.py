"""Many clients at once, again and again: one engine per store, and it ends when nobody needs it."""

import os
import resource
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbflow.core.spec import JobSpec
from nbflow.engine.client import Client, find_store
from nbflow.errors import EngineError, StoreError
from tests.unit.engine.processes import PATIENCE, alive, connected, engine_pid, eventually, kill_engine

pytestmark = pytest.mark.fault
ROUNDS = int(os.environ.get("NBFLOW_STARTS", "6"))


def engines(store: Path) -> list[int]:
    """Processes that are engines of *store*, whatever its files say."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"nbflow.engine" in words and str(store).encode() in words and alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def connect_at_once(store: Path, count: int) -> list[Client]:
    gate = threading.Barrier(count)

    def connect(_: int) -> Client:
        gate.wait()
        return Client.connect(store)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(connect, range(count)))


def test_racing_clients_get_one_engine(tmp_path: Path) -> None:
    """Four threads connect at the same moment, after the store is made, after a kill and after a stop."""
    store = find_store(tmp_path)
    for round_ in range(ROUNDS):
        clients = connect_at_once(store, 4)
        pids = {client.pid for client in clients}
        assert pids == {engine_pid(store)}
        assert eventually(lambda: engines(store) == [engine_pid(store)], PATIENCE)
        replica = clients[0].open("flow")
        replica.declare([JobSpec(name="a", hold=True)])
        assert {c.open("flow").run.seq for c in clients} == {replica.run.seq}
        kill_engine(store) if round_ % 2 else clients[0].stop()
        for client in clients:
            client.close()
    Client.connect(store).stop()
    assert eventually(lambda: engines(store) == [], PATIENCE)


def test_an_engine_alone_and_idle_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a job runs it stays, though nobody is there; soon after, it leaves neither process, socket nor address."""
    monkeypatch.setenv("NBFLOW_IDLE", "0.2")
    client = Client.connect(find_store(tmp_path))
    replica = client.open("flow")
    done = tmp_path / "done"
    replica.declare([JobSpec(name="a", source=f"import time; time.sleep(1); open({str(done)!r}, 'w').close()")])
    replica.wait(lambda run: run.jobs["a"].running, PATIENCE)
    client.close()
    assert eventually(done.exists)
    assert eventually(lambda: engines(client.store) == [])
    assert not (client.store / "engine.json").exists()
    with connected(tmp_path) as again:
        assert again.open("flow").run.jobs["a"].status.value == "succeeded"


def test_an_engine_somebody_is_attached_to_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle alone is no reason to go."""
    monkeypatch.setenv("NBFLOW_IDLE", "0.1")
    with connected(tmp_path) as client:
        pid = client.pid
        looker = Client.connect(client.store, attached=False)
        assert not eventually(lambda: not alive(pid), 1.0)
        client.close()
        assert eventually(lambda: not alive(pid))
        looker.close()


def test_on_kernel_exit_cancel(tmp_path: Path) -> None:
    """Where that is set, the end of the last kernel that follows the run cancels what has not ended."""
    with connected(tmp_path) as client:
        looker = Client.connect(client.store, attached=False)
        replica = client.open("flow")
        replica.configure(on_kernel_exit="cancel")
        replica.declare([JobSpec(name="a", source="import time; time.sleep(60)", grace=0.1)])
        seen = looker.open("flow")
        client.close()
        assert seen.wait(lambda run: run.jobs["a"].status.ended, PATIENCE)
        assert seen.run.jobs["a"].status.value == "cancelled"
        looker.close()


def test_nothing_is_printed(tmp_path: Path) -> None:
    """The module run by hand says nothing, whether it starts or finds another engine."""
    command = [sys.executable, "-P", "-m", "nbflow.engine", "--store", str(find_store(tmp_path))]
    root = Path(__file__).parents[2]
    with connected(tmp_path):
        done = subprocess.run(command, capture_output=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_start_to_ready_is_quick_and_light(tmp_path: Path) -> None:
    """The engine process loads neither IPython nor numpy, pandas or matplotlib."""
    heavy = ("numpy", "pandas", "IPython", "matplotlib", "psutil", "cloudpickle")
    with connected(tmp_path) as client:
        maps = Path(f"/proc/{client.pid}/maps").read_text()
        assert not [name for name in heavy if f"/{name}/" in maps]
    code = f"import sys, nbflow.engine.process; print([n for n in {heavy!r} if n in sys.modules])"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.stdout == "[]\n"


def test_a_store_that_is_removed_ends_its_engine(tmp_path: Path) -> None:
    """Nobody goes on writing to a folder that is gone; the next request makes a fresh store."""
    with connected(tmp_path) as client:
        replica, pid = client.open("flow"), client.pid
        shutil.rmtree(client.store)
        with pytest.raises(EngineError, match="somebody removed its store"):
            replica.wait(lambda run: False, PATIENCE)
        assert eventually(lambda: not alive(pid))
        client.close()
    with connected(tmp_path) as client:
        assert client.open("flow").run.number == 1


def test_a_full_disk_shows_no_false_end_and_is_got_over(tmp_path: Path) -> None:
    """While the log cannot be written nothing is told and declarations are refused in words; then all goes on."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        full, done = tmp_path / "full", tmp_path / "done"
        wait = f"import os, time\nwhile not os.path.exists({str(full)!r}): time.sleep(0.01)\n"
        source = f"{wait}open({str(done)!r}, 'w').close()\nx = 1"
        replica.declare([JobSpec(name="a", source=source, outputs=("x",))])
        assert replica.wait(lambda run: run.jobs["a"].running, PATIENCE)
        soft, hard = resource.prlimit(client.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        full.touch()
        assert eventually(done.exists)
        assert not replica.wait(lambda run: run.jobs["a"].status.ended, 1.0)
        with pytest.raises(StoreError, match="is full"):
            replica.declare([JobSpec(name="b", source="y = 1")])
        resource.prlimit(client.pid, resource.RLIMIT_FSIZE, (soft, hard))
        assert replica.wait(lambda run: run.jobs["a"].status.good, PATIENCE)
        replica.declare([JobSpec(name="b", source="y = 1")])
        assert replica.wait(lambda run: run.jobs["b"].status.good, PATIENCE)
