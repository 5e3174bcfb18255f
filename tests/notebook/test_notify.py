"""People are told of a run, from a notebook that may be closed."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.leftovers import belonging_to
from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel
GATED = """%%job gated
import os, time
while not os.path.exists("gate"):
    time.sleep(0.02)
assert os.path.exists("good"), "not good"
"""


def told(folder: Path, calls: int, within: float = 20.0) -> list[dict]:
    """What a hook that appends to ``told`` was given, as soon as it was called so often."""
    file, until = folder / "told", time.monotonic() + within
    while not file.exists() or len(file.read_text().splitlines()) < calls:
        assert time.monotonic() < until, f"not told within {within:g} s"
        time.sleep(0.05)
    return [json.loads(line) for line in file.read_text().splitlines()]


APPEND = "%nbflow notify '(cat; echo) >> told'"


def test_who_is_told_is_said_without_secrets(nb: Kernel) -> None:
    """Hooks add up, and are forgotten together; ``%config`` sets the same."""
    said = nb.run("%nbflow notify https://hooks.example.com/services/secret").text
    assert said == "told when the run ends or first fails: https://hooks.example.com/…\n"
    assert nb.run('%nbflow notify "notify-send done"').text.endswith("https://hooks.example.com/…, notify-send …\n")
    assert len(nb.value("get_ipython().magics_manager.registry['NBFlow'].notify")) == 2
    assert nb.run("%nbflow notify --off").text.startswith("nobody is told when the run ends")
    assert nb.value("__import__('nbflow').flow().notify('true', 'true')") == ["true"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%nbflow notify htps://secret", "htps://… is no address that can be told"),
        ("%nbflow notify notify-send done", "unexpected 'done': %nbflow notify [HOOK]"),
        ("%config NBFlow.notify = ['https://']", "NBFlow.notify: https://… has no host"),
    ],
)
def test_what_cannot_be_told_is_one_line(nb: Kernel, line: str, said: str) -> None:
    """And nothing of an address that may be secret."""
    told = {*nb.run(line).text.strip().splitlines()}  # once for each handler of logging that other cells have set
    assert len(told) == 1 and said in "".join(told) and "secret" not in "".join(told)


def test_the_engine_tells_when_the_notebook_is_closed(nb: Kernel) -> None:
    """What has failed, why, and all of it in a line; once, also if the engine is killed afterwards."""
    assert nb.run(APPEND).ok
    assert nb.run(GATED).ok
    folder = nb.folder
    nb.run("%unload_ext nbflow")
    (folder / "gate").touch()
    [said] = told(folder, 1)
    assert said["verdict"] == "failed" and said["failed"] == {"gated": "AssertionError: not good"}
    assert said["text"].startswith("analysis run 1 has failed: 1 ✕ · ")
    for process in [each for each in belonging_to(folder) if "nbflow.engine" in each.cmdline()]:
        os.kill(process.pid, signal.SIGKILL)
    nb.run("%load_ext nbflow")
    nb.run(APPEND)
    (folder / "good").touch()
    nb.run("%nbflow resume")
    assert nb.run("%nbflow retry gated").ok
    assert [each["verdict"] for each in told(folder, 2)] == ["failed", "succeeded"]


def test_status_says_which_hook_failed(nb: Kernel) -> None:
    """Without its secrets, and the run has succeeded all the same."""
    assert nb.run("%nbflow notify http://127.0.0.1:9/secret").ok
    assert nb.run("%%job a\nx = 1").ok
    line = "hook http://127.0.0.1/… failed: no connection: Connection refused"
    nb.until(lambda: line in nb.run("%nbflow status").text, 20, "the hook to fail")
    status = nb.run("%nbflow status").text
    assert "· succeeded" in status and "secret" not in status
    assert "hook-failed" in nb.run("%nbflow events").text
