"""Into a failure and through it again: debug and reproduce, in real kernels."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel

FAILS = """\
def share(part, *, of):
    left = [of[part]]
    return part / left[0]
shares = [share(part, of=parts) for part in (1, 2)]
"""


def declare(nb: Kernel, code: str) -> Cell:
    cell = nb.run(code)
    assert cell.ok, cell.error
    return cell


def settle(nb: Kernel, *jobs: str) -> None:
    """Wait for the jobs to end, well or not."""
    nb.run(f"%nbflow wait {' '.join(jobs)} --timeout 30s")


def type_in(nb: Kernel, code: str, *lines: str) -> Cell:
    """Run a cell that asks, and answer each time; a prompt that is left over is an error."""
    cell, waiting = nb.start(code), list(lines)
    deadline = time.monotonic() + 60
    while not cell.done:
        assert time.monotonic() < deadline, cell.text
        if nb.client.stdin_channel.msg_ready():
            nb.client.stdin_channel.get_msg(timeout=1)
            assert waiting, cell.text
            nb.client.input(waiting.pop(0))
        nb._take(0.02)
    assert not waiting, f"never asked for: {waiting}\n{cell.text}"
    return cell


def plain(cell: Cell) -> str:
    """All that the cell shows, without colours, tracebacks included."""
    shown = [cell.text, *("\n".join(o["traceback"]) for o in cell.outputs if o["output_type"] == "error")]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown))


def runs(nb: Kernel) -> int:
    """How often the jobs' code has run, by its own account."""
    file = nb.folder / "ran"
    return len(file.read_text()) if file.exists() else 0


@pytest.mark.each_ipykernel
def test_the_debugger_opens_at_the_failing_line_without_a_second_run(nb: Kernel) -> None:
    """Frames of the job, its locals, up and down; the code has run once, and the inputs are variables."""
    declare(nb, "parts = {1: 2, 2: 0}")
    declare(nb, "%%job split\nopen('ran', 'a').write('x')\n" + FAILS)
    settle(nb, "split")
    cell = type_in(nb, "%nbflow debug split", "p ('here', part, left, of)", "up", "up", "p sorted(parts)", "q")
    told = plain(cell)
    assert "split, attempt 1: ZeroDivisionError: division by zero" in told
    assert "return part / left[0]" in told and "shares = [share(part, of=parts) for part in (1, 2)]" in told
    assert "('here', 2, [0], {1: 2, 2: 0})" in told
    assert "[1, 2]" in told
    assert runs(nb) == 1


@pytest.mark.each_ipykernel
def test_debug_after_reading_a_failed_jobs_variable_opens_the_jobs_frames(nb: Kernel) -> None:
    """IPython's own %debug stands at the job's line, not in nbflow; the error that was shown is the job's."""
    declare(nb, "parts = {1: 2, 2: 0}")
    declare(nb, "%%job split\n" + FAILS)
    failed = nb.run("shares")
    assert failed.error.startswith("JobFailedError: job 'split' has no value: ZeroDivisionError")
    told = plain(type_in(nb, "%debug", "p ('here', part, left)", "up", "up", "up", "p 'the cell'", "q"))
    assert "('here', 2, [0])" in told
    assert "nbflow/notebook" not in told


def test_inputs_take_the_place_of_other_versions_and_are_given_back(nb: Kernel) -> None:
    """What the notebook has under a name since is replaced, which is said, and put back on demand."""
    declare(nb, "limit, factor = 3, 2")
    declare(nb, "%%job bad\ntotal = limit * factor / 0")
    declare(nb, "limit = 'mine'")
    settle(nb, "bad")
    told = plain(type_in(nb, "%nbflow debug bad", "q"))
    assert "its inputs are variables here: factor, limit" in told
    assert "in the place of the notebook's limit until %nbflow debug --restore" in told
    assert nb.value("(limit, factor)") == (3, 2)
    assert nb.run("%nbflow debug --restore").text == "put back: limit\n"
    assert nb.value("(limit, factor)") == ("mine", 2)
    assert nb.run("%nbflow debug --restore").text == "nothing to put back\n"


def test_a_variable_of_a_job_is_the_jobs_again_after_it_was_given_back(nb: Kernel) -> None:
    """While an input stands in its place the notebook reads that; restored, it reads and waits for the job."""
    declare(nb, "%%job load\nraw = [1, 2]")
    declare(nb, "%%job bad\nraw[5]")
    settle(nb, "bad")
    declare(nb, "%%job load\nraw = [1, 2, 3]")
    settle(nb, "load")
    type_in(nb, "%nbflow debug bad --attempt 1", "q")
    assert nb.value("raw") == [1, 2]
    declare(nb, "%nbflow debug --restore")
    assert nb.value("raw") == [1, 2, 3]


def test_what_cannot_be_stored_is_shown_as_text(nb: Kernel) -> None:
    """A lock and an open file have no value in another process: their text is there, and why; the others are values."""
    declare(
        nb, "%%job bad\nimport threading\ndef inner(n):\n    lock, rows = threading.Lock(), [n]\n    rows[7]\ninner(1)"
    )
    settle(nb, "bad")
    told = plain(type_in(nb, "%nbflow debug bad", "p rows", "p lock", "q"))
    assert "[1]" in told
    assert "unlocked _thread.lock object" in told and "not the value: cannot pickle" in told


def test_the_chain_of_errors_is_there(nb: Kernel) -> None:
    """What led to the error is part of it, with frames of its own."""
    declare(
        nb, "%%job bad\ntry:\n    {}['first']\nexcept KeyError as error:\n    raise RuntimeError('then') from error"
    )
    settle(nb, "bad")
    told = plain(type_in(nb, "%nbflow debug bad", "q"))
    assert "KeyError: 'first'" in told and "direct cause" in told and "RuntimeError: then" in told
    found = "__import__('nbflow').flow().debugging.lay_open('bad').error"
    assert nb.value(f"(repr({found}), repr({found}.__cause__))") == ("RuntimeError('then')", "KeyError('first')")


def test_each_attempt_keeps_its_own(nb: Kernel) -> None:
    """With --attempt, an earlier attempt's frames."""
    declare(nb, "%%job bad --retries 1 --delay 1ms\nimport nbflow\nnumber = nbflow.attempt().number\n1 / 0")
    settle(nb, "bad")
    assert "told 2" in plain(type_in(nb, "%nbflow debug bad", "p 'told', number", "p f'told {number}'", "q"))
    assert "told 1" in plain(type_in(nb, "%nbflow debug bad --attempt 1", "p f'told {number}'", "q"))


def test_what_cannot_be_debugged_is_said(nb: Kernel) -> None:
    """A job that has not failed, has been skipped, has no such attempt, or left no frames; one that is none."""
    declare(nb, "%%job good\nx = 1")
    declare(nb, "%%job killed\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\ny = 1")
    declare(nb, "%%job after\nz = y")
    settle(nb)
    told = {job: nb.run(f"%nbflow debug {job}").text for job in ("good", "after", "goood", "good --attempt 1", "")}
    assert told["good"] == "UsageError: job 'good' has no failed attempt: it is succeeded\n"
    assert told["after"] == ("UsageError: job 'after' has no failed attempt: it is skipped (upstream failed: killed)\n")
    assert told["goood"] == "UsageError: no job 'goood' in this flow (did you mean 'good'?)\n"
    assert "attempt 1 of 'good' has not failed, it is succeeded" in told["good --attempt 1"]
    assert "debug opens a job" in told[""]
    killed = nb.run("%nbflow debug killed").text
    assert "killed, attempt 1: SIGKILL" in killed
    assert "it left no frames: %nbflow reproduce killed --attempt 1 runs it here" in killed


def test_without_a_keyboard_it_says_what_to_do(start_kernel: Callable[..., Kernel]) -> None:
    """Under nbclient and its like no debugger can open: the traceback is shown, the inputs are set, the way is told."""
    nb = start_kernel(stdin=False)
    declare(nb, "%load_ext nbflow")
    declare(nb, "n = 5")
    declare(nb, "%%job bad\nn / 0")
    settle(nb, "bad")
    cell = declare(nb, "%nbflow debug bad")
    assert "nobody can type here, so no debugger opens" in cell.text
    assert "ZeroDivisionError" in plain(cell)
    declare(nb, "import nbflow\nfound = nbflow.flow().debug('bad').frames[-1].f_locals['n']")
    assert nb.value("found") == 5


@pytest.mark.each_ipykernel
def test_reproduce_runs_on_the_inputs_of_the_attempt(nb: Kernel) -> None:
    """Whatever the notebook has made of its variables since; outputs become the notebook's own; no job is recorded."""
    declare(nb, "n = 3")
    declare(nb, "%%job square\nimport os\nassert n == 3\nsquared = n * n\n'shown'")
    assert nb.value("squared") == 9
    declare(nb, "n = 'other'\nsquared = 0")
    before = nb.value("__import__('nbflow').flow().snapshot()['jobs']['square']['attempts']")
    cell = declare(nb, "%nbflow reproduce square")
    assert "reproduced attempt 1 of square in" in cell.text and "no job, not recorded" in cell.text
    assert "the values that were there are gone: squared" in cell.text
    assert "'shown'" in cell.text
    assert nb.value("(n, squared)") == ("other", 9)
    assert nb.value("__import__('nbflow').flow().snapshot()['jobs']['square']['attempts']") == before


@pytest.mark.each_ipykernel
def test_reproduce_fails_as_the_job_did(nb: Kernel) -> None:
    """The error is the body's own, with live frames for %debug; the notebook's variables are as before."""
    declare(nb, "parts, share = {1: 2, 2: 0}, 'mine'")
    declare(nb, "%%job split\n" + FAILS.replace("share(", "share_("))
    settle(nb, "split")
    cell = nb.run("%nbflow reproduce split")
    assert cell.error.startswith("ZeroDivisionError: division by zero")
    assert "return part / left[0]" in plain(cell) and "reproducing.py" not in plain(cell)
    told = plain(type_in(nb, "%debug", "p ('here', part, left)", "q"))
    assert "('here', 2, [0])" in told
    assert nb.value("(share, sorted(parts))") == ("mine", [1, 2])


def test_reproduce_stands_where_the_job_stood(nb: Kernel) -> None:
    """Folder, environment and shell are the attempt's while it runs, and the notebook's again after it."""
    (nb.folder / "there").mkdir()
    declare(nb, "import os\nhere = os.getcwd()")
    declare(
        nb,
        "%%job where --cwd there --env COLOUR=red\nimport os, nbflow\n"
        "found = os.path.basename(os.getcwd()), os.environ['COLOUR'], nbflow.attempt().job, __name__\n"
        "%time y = 1\nfiles = !echo $COLOUR",
    )
    assert nb.value("(found, y, list(files))") == (("there", "red", "where", "__main__"), 1, ["red"])
    declare(nb, "found = y = files = None")
    declare(nb, "%nbflow reproduce where")
    assert nb.value("(found, y, list(files))") == (("there", "red", "where", "__main__"), 1, ["red"])
    assert nb.value("(os.getcwd() == here, 'COLOUR' in os.environ)") == (True, False)


def test_reproduce_assigns_nothing_on_demand_and_for_elements(nb: Kernel) -> None:
    """What is not assigned is shown instead: with --discard, for an element of a fan-out, for a function's job."""
    declare(nb, "%%job one\nx = 1")
    declare(nb, "%%job each[k] --for k=[1, 2]\ny = k * 10")
    declare(nb, "import nbflow\n@nbflow.job\ndef double(n):\n    return 2 * n\nhandle = double(4)")
    settle(nb)
    declare(nb, "x = 'mine'")
    assert "{'x': 1}" in declare(nb, "%nbflow reproduce one --discard").text
    assert "{'y': 20}" in declare(nb, "%nbflow reproduce each[k=2]").text
    assert "{'output': 8}" in declare(nb, "%nbflow reproduce double").text
    assert nb.value("(x, y)") == ("mine", {1: 10, 2: 20})


def test_reproduced_functions_are_the_notebooks(nb: Kernel) -> None:
    """A function that the body defines sees what the notebook assigns later, as if its cell had run there."""
    declare(nb, "%%job define\nstep = 1\ndef f(x):\n    return x + step")
    settle(nb, "define")
    declare(nb, "%nbflow reproduce define")
    declare(nb, "step = 10")
    assert nb.value("f(1)") == 11


def test_reproduce_draws_the_jobs_numbers_and_leaves_the_notebooks(nb: Kernel) -> None:
    """A seeded generator is as the attempt found it while it runs, and goes on afterwards as if nothing had been."""
    declare(nb, "import random\nrandom.seed(4)")
    declare(nb, "%%job draw\nimport random\na = random.random()")
    declare(nb, "%%job more\nimport random\nb = random.random()")
    first = nb.value("(a, b)")
    declare(nb, "c = random.random()")
    declare(nb, "random.seed(9)\na = b = None\nstate = random.getstate()")
    declare(nb, "%nbflow reproduce more")
    declare(nb, "%nbflow reproduce draw")
    assert nb.value("(a, b)") == first
    assert nb.value("random.getstate() == state") is True


def test_awaiting_and_bash_jobs_are_reproduced_too(nb: Kernel) -> None:
    """A body with a top-level await, and one in bash."""
    declare(nb, "n = 2")
    declare(nb, "%%job waits\nimport asyncio\nawait asyncio.sleep(0.01)\nm = n + 1")
    declare(nb, "%%job script --shell --inputs n\necho n is $n\n[ $n = 3 ]")
    settle(nb)
    declare(nb, "m = 0")
    declare(nb, "%nbflow reproduce waits")
    assert nb.value("m") == 3
    cell = nb.run("%nbflow reproduce script")
    assert "n is 2" in cell.text and "UsageError: the script ended with exit code 1" in cell.text


def test_a_kernel_jobs_live_frames_are_opened(nb: Kernel) -> None:
    """What ran in the kernel is still there: nothing need be stored, and it cannot be reproduced but by its cell."""
    declare(nb, "import threading\nlock = threading.Lock()")
    declare(nb, "%%job bad --in kernel\nheld = lock\n1 / 0")
    settle(nb, "bad")
    assert "held is True" in plain(type_in(nb, "%nbflow debug bad", "p f'held is {held is lock}'", "q"))
    assert "run its cell without its %%job line" in nb.run("%nbflow reproduce bad").text


def test_breakpoints_of_the_jobs_cell_hold_in_a_reproduction(start_kernel: Callable[..., Kernel]) -> None:
    """What JupyterLab's debugger sets in the very `%%job` cell stops there, on the job's values."""
    nb = start_kernel()
    text = "%%job add --retries 1\n#| --delay 1ms\nm = n + 1\n\nk = m * 2"
    declare(nb, "%load_ext nbflow\nn = 4")
    declare(nb, text)
    assert nb.value("k") == 10
    control = Debugger(nb)
    file = control.ask("dumpCell", code=text)["sourcePath"]
    control.ask("setBreakpoints", source={"path": file}, breakpoints=[{"line": 5}], lines=[5], sourceModified=False)
    control.ask("configurationDone")
    cell = nb.start("%nbflow reproduce add")
    thread = control.stopped()
    frame = control.ask("stackTrace", threadId=thread)["stackFrames"][0]
    assert (frame["source"]["path"], frame["line"]) == (file, 5)
    seen = control.ask("evaluate", expression="(n, m)", frameId=frame["id"], context="repl")["result"]
    control.ask("continue", threadId=thread)
    assert seen == "(4, 5)"
    assert nb.wait(cell).ok, cell.error


class Debugger:
    """What a front end's debugger does: requests on the control channel, events from iopub."""

    def __init__(self, nb: Kernel) -> None:
        self.nb, self.number = nb, 0
        self.ask("initialize", clientID="test", adapterID="", linesStartAt1=True, columnsStartAt1=True)
        self.ask("attach", justMyCode=False)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        self.number += 1
        content = {"type": "request", "seq": self.number, "command": command, "arguments": arguments}
        message = self.nb.client.session.msg("debug_request", content)
        self.nb.client.control_channel.send(message)
        while True:
            reply = self.nb.client.control_channel.get_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                assert reply["content"].get("success", True), reply["content"]
                found: dict[str, Any] = reply["content"].get("body") or {}
                return found

    def stopped(self) -> int:
        """Wait until a thread has stopped; its id."""
        while True:
            message = self.nb.client.iopub_channel.get_msg(timeout=30)
            if message["msg_type"] == "debug_event" and message["content"]["event"] == "stopped":
                return int(message["content"]["body"]["threadId"])
            self.nb._route(message)
