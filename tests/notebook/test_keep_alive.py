"""A real server that ends idle kernels, and a kernel of it whose jobs run in the background."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from tests import leftovers
from tests.browser.jupyter import Server
from tests.interpreters import interpreters

IDLE = 3
"""Seconds after which the server takes a kernel for idle."""
SLOW = """
%load_ext nbflow
%config NBFlow.keep_alive = {every}
import nbflow, pathlib, time
@nbflow.job
def slow():
    import pathlib, time
    while not pathlib.Path("gate").exists():
        time.sleep(0.05)
slow()
"""


@pytest.fixture(scope="module")
def culling(jupyter_folders: Path) -> Iterator[Server]:
    """A server that ends a kernel without connections that has been idle for `IDLE` seconds."""
    home = Path(tempfile.mkdtemp(prefix="nbflow-"))
    options = [f"cull_idle_timeout={IDLE}", "cull_interval=1"]
    server = Server(home, *(f"--MappingKernelManager.{option}" for option in options))
    yield server
    server.stop()
    left = leftovers.clear(home)
    shutil.rmtree(home, ignore_errors=True)
    assert not left, "left running: " + "; ".join(left)


def start(server: Server, name: str, every: float) -> str:
    """A kernel of *server* whose one job waits for a file, and that nobody is connected to; its id."""
    (server.root / name).mkdir()
    spec = {"kernel": {"name": interpreters()[0].name}, "type": "notebook", "name": name, "path": f"{name}/a.ipynb"}
    kernel = server.api("POST", "/api/sessions", spec)["kernel"]["id"]
    client = BlockingKernelClient(
        connection_file=str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / f"kernel-{kernel}.json")
    )
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    reply = client.execute_interactive(SLOW.format(every=every), timeout=60, output_hook=lambda _: None)
    client.stop_channels()
    assert reply["content"]["status"] == "ok", reply["content"]
    return str(kernel)


def culled(server: Server, kernel: str, within: float) -> bool:
    """Whether the server ends *kernel* within so many seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if kernel not in {each["id"] for each in server.api("GET", "/api/kernels")}:
            return True
        time.sleep(0.2)
    return False


def test_a_kernel_whose_jobs_run_is_not_taken_for_idle(culling: Server) -> None:
    """As long as they do; then the server ends it as it would any other."""
    kernel = start(culling, "alive", every=0.5)
    assert not culled(culling, kernel, within=3 * IDLE)
    (culling.root / "alive" / "gate").touch()
    assert culled(culling, kernel, within=20 * IDLE)


def test_without_signs_of_life_it_is(culling: Server) -> None:
    """Switched off, nothing is sent for it; the job goes on in the engine."""
    kernel = start(culling, "idle", every=0)
    assert culled(culling, kernel, within=20 * IDLE)
    (culling.root / "idle" / "gate").touch()
