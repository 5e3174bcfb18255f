"""What a person may do that the first example does not show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests import leftovers
from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel
FLOW = "__import__('nbflow').flow()"
SLEEP = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"


def declare(nb: Kernel, code: str) -> Cell:
    cell = nb.run(code)
    assert cell.ok, cell.error
    return cell


def engines(nb: Kernel) -> list[psutil.Process]:
    """The engine of the notebook's store, if it runs."""
    return [process for process in leftovers.belonging_to(nb.folder) if "nbflow.engine" in process.cmdline()]


# --- an empty flow


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("run", "no job to be started"),
        ("wait", ""),
        ("status", "no jobs yet"),
        ("cancel", "no job to be cancelled"),
        ("unpause", "not paused"),
        ("handler", "no handlers"),
        ("resume", "analysis has no run yet"),
        ("events", ""),
        ("stop", "the engine has ended"),
        ("show", "no jobs yet"),
    ],
)
def test_verbs_on_an_empty_flow(nb: Kernel, verb: str, said: str) -> None:
    """Every verb that needs no job works before there is one, and makes no run."""
    cell = declare(nb, f"%nbflow {verb}")
    assert said in cell.text
    assert nb.value(f"{FLOW}.snapshot()['run']") == 0


# --- declared again


def test_run_all_a_second_time(nb: Kernel) -> None:
    """All cells again in the same kernel: new generations, the new values, and older cards that end as they should."""
    first, second = [], []
    for cards, factor in ((first, 1), (second, 10)):
        declare(nb, f"k = {factor}")
        cards.append(declare(nb, "%%job a\nx = [k]"))
        cards.append(declare(nb, "%%job b\ny = x + [1]"))
        assert nb.value("(x, y)") == ([factor], [factor, 1])
    nb.until(lambda: all("succeeded" in card.text for card in first + second), 10, "the cards")
    assert nb.value(f"[j['generation'] for j in {FLOW}.snapshot()['jobs'].values()]") == [2, 2]


def test_a_failed_job_of_a_chain_on_one_variable_is_mended(nb: Kernel) -> None:
    """``x = f(x)`` in job after job: the failed one, declared again, starts where it started before, and all go on."""
    declare(nb, "x = 1")
    declare(nb, "%%job a\nx = x + 'oops'")
    declare(nb, "%%job b\nx = x * 10")
    assert "upstream failed: a" in nb.run("x").error
    declare(nb, "%%job a\nx = x + 1")
    declare(nb, "%nbflow wait")
    assert nb.value(f"list({FLOW}.status().values())") == ["succeeded", "succeeded"]
    declare(nb, "%%job b\nx = x * 100")
    assert nb.value("x") == 2000
    declare(nb, "%%job a\nx = x + 1")
    assert nb.value("x") == 2001


def test_a_job_declared_again_while_it_runs(nb: Kernel) -> None:
    """The running attempt is stopped, its card says why, and the new declaration's value counts."""
    older = declare(nb, "%%job slow\nprint('first')\nimport time; time.sleep(60)\nz = 1")
    nb.until(lambda: "first" in older.text, 20, "the first attempt to run")
    newer = declare(nb, "%%job slow\nz = 2")
    assert nb.value("z") == 2
    nb.until(lambda: "declared again" in older.text and "succeeded" in newer.text, 10, "the cards")
    assert "cancelled" in older.text


def test_a_waiting_job_declared_again(nb: Kernel) -> None:
    """The card of a declaration that never began says so, too."""
    declare(nb, f"%%job a\n{SLEEP}x = 1")
    older = declare(nb, "%%job b\ny = x + 1")
    declare(nb, "%%job b\ny = x + 2")
    (nb.folder / "go").touch()
    assert nb.value("y") == 3
    nb.until(lambda: "declared again" in older.text, 10, "the card")


def test_a_retry_is_followed_by_the_jobs_card(nb: Kernel) -> None:
    """The card of a failed job that is retried shows how that went."""
    card = declare(nb, "%%job a\nimport os\nif not os.path.exists('go'): raise OSError('not there')\nx = 1")
    nb.until(lambda: "failed" in card.text, 10, "the failure")
    (nb.folder / "go").touch()
    declare(nb, "%nbflow retry a")
    assert nb.value("x") == 1
    nb.until(lambda: "succeeded" in card.text, 10, "the card")


# --- the engine ends


def test_after_stop_the_run_is_still_there(nb: Kernel) -> None:
    """Values can be read, what was stopped is shown as cancelled and can be retried, and jobs can be declared."""
    declare(nb, "%%job a\nx = 1")
    declare(nb, f"%%job slow\n{SLEEP}z = 5")
    assert nb.value("x") == 1
    assert "the engine has ended, and with it: slow" in declare(nb, "%nbflow stop").text
    assert nb.value(f"{FLOW}.status()") == {"a": "succeeded", "slow": "cancelled"}
    assert nb.run("z").error == "JobFailedError: job 'slow' has no value: cancelled"
    declare(nb, "%%job b\ny = x + 1")
    (nb.folder / "go").touch()
    declare(nb, "%nbflow retry slow")
    assert nb.value("(x, y, z)") == (1, 2, 5)
    assert nb.value(f"{FLOW}.snapshot()['run']") == 1


def test_an_engine_killed_while_a_cell_waits(nb: Kernel) -> None:
    """The wait goes on with the engine that takes over, and gets the value."""
    declare(nb, f"%%job slow\n{SLEEP}v = 1")
    declare(nb, "%%job other\nw = v + 1")
    cell = nb.start("w")
    nb.until(lambda: "waits for" in cell.text, 10, "the wait")
    for process in engines(nb):
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process])
    (nb.folder / "go").touch()
    assert nb.wait(cell, 30).ok, cell.error
    assert cell.text.endswith("2")


def test_a_store_that_was_deleted(nb: Kernel) -> None:
    """Nothing hangs, values that are here stay, others are said to be gone, and the next job starts a store anew."""
    declare(nb, "%%job a\nx = 1")
    declare(nb, "%%job b\nimport numpy\nbig = numpy.ones(100_000)")
    assert nb.value("x") == 1
    declare(nb, "%nbflow wait")
    old = engines(nb)
    declare(nb, "import shutil; shutil.rmtree('.nbflow')")
    assert nb.value("x") == 1
    assert nb.run("big", 20).error == "StoreError: a stored value of type ndarray is gone: run its job again"
    assert "the .nbflow folder was deleted, and run 1 with it" in nb.run("%%job c\ny = x + 1").text
    declare(nb, "%%job c\ny = x + 1")
    assert nb.value("y") == 2
    assert psutil.wait_procs(old, timeout=20)[1] == []


# --- reading along


def test_log_f_shows_every_attempt_and_stops_at_interrupt(nb: Kernel) -> None:
    """-f goes from attempt to attempt; ■ ends it in one line, and not the job."""
    declare(nb, "%%job flaky --retries 2 --delay 0.3\nprint('try')\n1 / 0")
    assert declare(nb, "%nbflow log -f flaky").text.count("try") >= 2
    declare(nb, "%%job endless\nimport time\nwhile True: print('tick', flush=True); time.sleep(0.05)")
    cell = nb.start("%nbflow log -f endless")
    nb.until(lambda: "tick" in cell.text, 10, "a tick")
    nb.interrupt()
    nb.wait(cell, 5)
    (error,) = [output for output in cell.outputs if output["output_type"] == "error"]
    assert error["traceback"] == ["KeyboardInterrupt: the jobs go on"]
    assert nb.value(f"{FLOW}.status()['endless']") == "running"


def test_an_interrupted_wait_is_one_line(nb: Kernel) -> None:
    """No frames of nbflow's stand under a cell whose wait was interrupted, or took too long."""
    declare(nb, f"%%job slow\n{SLEEP}v = 1")
    cell = nb.start("v")
    nb.until(lambda: "waits for slow" in cell.text, 10, "the wait")
    nb.interrupt()
    nb.wait(cell, 5)
    assert cell.outputs[-1]["traceback"] == ["KeyboardInterrupt: no longer waiting for slow: jobs go on"]
    late = nb.run("%nbflow wait --timeout 0.1")
    assert late.outputs[-1]["traceback"] == ["TimeoutError: not ended after 0.1 s: slow"]


def test_events_reach_plain_and_async_callbacks(nb: Kernel) -> None:
    """on_event calls both, a callback's fault is shown once and harms nobody, and events() are what JSON can hold."""
    declare(
        nb,
        "import nbflow\nplain, later = [], []\n"
        "async def note(event):\n    later.append(event['kind'])\n"
        "ends = [nbflow.flow().on_event(f) for f in (plain.append, note, lambda event: 1 / 0)]",
    )
    declare(nb, "%%job first\nw = 1")
    declare(nb, "import time\nwhile len(later) < 4: time.sleep(0.01)\ndel plain[:], later[:]")
    declare(nb, "%%job a\nx = 1")
    cell = nb.run("import time\nwhile len(later) < 4: time.sleep(0.01)")
    assert nb.value("later") == ["job-declared", "attempt-started", "attempt-ended", "job-ended"]
    assert nb.value("[e['kind'] for e in plain] == later")
    said = "".join(each.text for each in nb.cells.values())
    assert said.count("ZeroDivisionError") == 1, cell.text
    assert nb.value("[end() for end in ends]") == [None, None, None]
    events = nb.value("nbflow.flow().events('a')")
    assert events == json.loads(json.dumps(events))
    assert [event["seq"] for event in events] == [6, 7, 8, 9]


def test_status_json_is_the_snapshot(nb: Kernel) -> None:
    """%nbflow status --json prints what snapshot() gives."""
    declare(nb, "%%job a\nx = 1")
    declare(nb, "%nbflow wait")
    printed, given = json.loads(declare(nb, "%nbflow status --json").text), nb.value(f"{FLOW}.snapshot()")
    assert {**printed, "now": 0} == {**given, "now": 0}
    assert set(printed["jobs"]["a"]["attempts"][0]) >= {"number", "started_at", "ended_at", "end", "log", "exit_code"}


def test_pictures_that_cannot_be_saved(nb: Kernel) -> None:
    """A wrong ending or folder is a line."""
    declare(nb, "%%job a\nx = 1")
    assert "UsageError: cannot save '/nowhere/x.svg': No such file" in nb.run("%nbflow plot /nowhere/x.svg").text
    assert "UsageError: cannot save 'x.foo': Format 'foo'" in nb.run("%nbflow plot x.foo").text


def test_help_and_completion_in_the_kernel(nb: Kernel) -> None:
    """%%job? and %nbflow? show examples and verbs; Tab knows options, jobs and verbs."""
    declare(nb, "%%job load\nraw = 1")
    for question, answer in (("%%job?", "--retries N"), ("%nbflow?", "log JOB [options]")):
        nb.client.execute(question)
        reply = nb.client.get_shell_msg(timeout=10)
        assert answer in reply["content"]["payload"][0]["data"]["text/plain"]
    for text, found in (("%%job x --re", "--retries"), ("%%job x --after ", "load"), ("%nbflow wh", "why")):
        nb.client.complete(text)
        assert found in nb.client.get_shell_msg(timeout=10)["content"]["matches"]


# --- names and options


def test_names_of_every_alphabet_and_length(nb: Kernel) -> None:
    """A job may be called anything without spaces, up to 200 characters."""
    declare(nb, "%%job Größe-名前.1[a=2]\nu = 1")
    declare(nb, "%%job {'n' * 200}\nv = u + 1")
    assert nb.value("(u, v)") == (1, 2)
    assert "at most 200 characters" in nb.run("%%job {'n' * 201}\nw = 1").text


def test_a_job_cannot_have_a_groups_name(nb: Kernel) -> None:
    """One name means one thing."""
    declare(nb, "%%job a --group fits\nx = 1")
    assert "'fits' has the name of a group" in nb.run("%%job fits\ny = 1").text


def test_environment_and_folder(nb: Kernel) -> None:
    """--env and --cwd hold in the attempt, and nowhere else."""
    (nb.folder / "data").mkdir()
    header = "%%job a --env FOO=bar --env 'B=a b' --cwd data"
    declare(nb, header + "\nimport os\nx = os.environ['FOO'], os.environ['B'], os.getcwd()")
    assert nb.value("x") == ("bar", "a b", str(nb.folder / "data"))
    assert nb.value("'FOO' in __import__('os').environ") is False
    assert "there is no folder" in nb.run("%%job b --cwd nowhere\nx = 1").text


def test_the_notebooks_own_environment_and_path(nb: Kernel) -> None:
    """What a cell has set in os.environ or put on sys.path holds in the jobs declared after it; --env goes first."""
    (nb.folder / "src").mkdir()
    (nb.folder / "src" / "mymodule.py").write_text("answer = 42")
    declare(nb, "import os, sys\nos.environ['KEY'], os.environ['OTHER'] = 'k', 'o'\nsys.path.append('src')")
    body = "import mymodule, os\nx = mymodule.answer, os.environ['KEY'], os.environ['OTHER']"
    declare(nb, f"%%job a --env OTHER=mine\n{body}")
    assert nb.value("x") == (42, "k", "mine")
    declare(nb, "del os.environ['KEY'], os.environ['OTHER']; sys.path.remove('src')")


def test_nothing_starts_by_itself_without_autostart(nb: Kernel) -> None:
    """Jobs are held until %nbflow run, which starts them in order."""
    declare(nb, "%config NBFlow.autostart = False")
    declare(nb, "%%job a\nx = 1")
    declare(nb, "%%job b\ny = x + 1")
    assert "is held" in nb.run("y").error
    assert "2 jobs started" in declare(nb, "%nbflow run").text
    assert nb.value("y") == 2


def test_names_of_a_star_import(nb: Kernel) -> None:
    """What a job's ``import *`` binds is there for cells and jobs, in place of what the names meant before."""
    declare(nb, "e = 5")
    declare(nb, "%%job star\nfrom math import *\ntau = 7\nroot = sqrt(16)")
    assert nb.value("(round(e, 3), round(pi, 3), tau, root)") == (2.718, 3.142, 7, 4.0)
    declare(nb, "%%job use\narea = floor(pi * 4)")
    assert nb.value("area") == 12


def test_a_kernel_job_changes_what_another_job_made(nb: Kernel) -> None:
    """``x += 1 --in kernel`` on a job's x neither waits for itself nor loses the value."""
    declare(nb, "%%job a\nx = 1")
    declare(nb, "%%job k --in kernel\nx += 1")
    assert nb.value("x", 10) == 2


def test_a_kernel_job_is_stopped_between_two_lines(nb: Kernel) -> None:
    """Cancelled, declared again, or over its timeout: a kernel job that runs Python ends."""
    endless = "%%job k --in kernel{}\nimport time\nwhile True: time.sleep(0.01)"
    declare(nb, endless.format(""))
    declare(nb, "%nbflow cancel k")
    declare(nb, "%nbflow wait --timeout 5")
    assert nb.value(f"{FLOW}.status()") == {"k": "cancelled"}
    declare(nb, endless.format(" --timeout 0.2"))
    assert "1 job failed: k (timeout: 0.2 s)" in nb.run("%nbflow wait --timeout 5").error
    declare(nb, endless.format(""))
    declare(nb, "%%job k --in kernel\nx = 1")
    assert nb.value("x", 10) == 1


def test_a_job_in_the_kernel_reads_what_a_later_one_deletes(nb):
    """It does not wait for the later one, which waits for it."""
    made = "import sqlite3\nconn = sqlite3.connect(':memory:', check_same_thread=False)"
    declare(nb, f"%%job make --in kernel\nimport time\ntime.sleep(0.5)\n{made}")
    declare(nb, "%%job read --in kernel\nfound = list(conn.execute('select 1'))")
    declare(nb, "%%job drop --in kernel\nlast = found[0]\nconn.close()\ndel conn")
    assert nb.value("last") == (1,)


def test_a_job_in_the_kernel_deletes(nb):
    """A cell that reads the name waits for the job, and finds it gone: never an older version."""
    declare(nb, "%%job make --in kernel\nimport threading\nlock = threading.Lock()")
    declare(nb, "%%job drop --in kernel\nimport time\nheld = lock.locked()\ntime.sleep(0.2)\ndel lock")
    assert "NameError: name 'lock' is not defined" in nb.run("lock").error
    assert nb.value("'lock' in globals()") is False


def test_jobs_in_the_kernel_change_what_cannot_leave_it(nb):
    """A database in memory is filled by one job and read by the next, both in the kernel, queued at once."""
    made = "import sqlite3\nconn = sqlite3.connect(':memory:', check_same_thread=False)\n"
    declare(nb, f"%%job make --in kernel\n{made}conn.execute('create table t (a int)')")
    declare(nb, "%%job fill --in kernel\nconn.executemany('insert into t values (?)', [(1,), (2,)])")
    declare(nb, "%%job read --in kernel\nfound = conn.execute('select a from t').fetchall()")
    assert nb.value("found") == [(1,), (2,)]


def test_a_value_that_stays_in_the_kernel(nb: Kernel) -> None:
    """A process job that reads it fails with the way out; a kernel job reads it."""
    declare(nb, "%%job make --in kernel\nimport threading\nlock = threading.Lock()")
    declare(nb, "%%job use\nheld = lock.locked()")
    assert "lock cannot leave the kernel that made it: read it --in kernel" in nb.run("held").error
    declare(nb, "%%job use --in kernel\nheld = lock.locked()")
    assert nb.value("held") is False


def test_an_output_that_cannot_be_stored(nb: Kernel) -> None:
    """The error names the variable, its type and the ways out, and shows no frames of nbflow's own."""
    declare(nb, "%%job make\nlines = (line for line in 'ab')")
    error = nb.run("lines").error
    assert "variable 'lines' (generator) cannot leave its process" in error
    assert "nbflow/" not in error


def test_a_long_log_costs_little(nb: Kernel) -> None:
    """The card of a job that prints megabytes stays small, and the whole log is still to be had."""
    cell = declare(nb, "%%job loud\nfor i in range(60_000): print('line', i, 'x' * 80)\nn = i")
    assert nb.value("n") == 59_999
    nb.until(lambda: "succeeded" in cell.text, 10, "the card")
    assert "line 59999" in cell.text and "… more above: %nbflow log loud" in cell.text
    assert len(cell.html) < 20_000
    assert nb.value(f"{FLOW}.log('loud').count('line ')") == 60_000


# --- without a notebook


def test_in_a_terminal(folder) -> None:
    """In plain IPython a card is a line, show is the table once, and everything else works."""
    cells = [
        "%load_ext nbflow",
        "%%job a\nimport time; time.sleep(0.2)\nprint('hello')\nx = 1",
        "print('x is', x)",
        "%nbflow show",
        "%%job bad\n1 / 0",
        "%nbflow wait",
        "%nbflow why bad",
        "%unload_ext nbflow",
    ]
    program = f"""
from IPython.terminal.ipapp import TerminalIPythonApp
app = TerminalIPythonApp.instance()
app.initialize(["--simple-prompt", "--no-banner", "--colors=NoColor"])
for cell in {cells!r}:
    app.shell.run_cell(cell)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60)
    said = done.stdout
    assert "a  running" in said or "a  ready" in said
    assert "x is 1" in said
    assert said.count("✓  a ") == 1
    assert "RunFailedError: 1 job failed: bad (ZeroDivisionError: division by zero)" in said
    assert "bad failed after attempt 1 of 1" in said
    assert "Traceback" not in said + done.stderr


# --- loaded again


def test_reloading_takes_the_run_up_again(nb: Kernel) -> None:
    """%reload_ext keeps the run: its values are read, its jobs go on, new jobs belong to it."""
    declare(nb, "%%job a\nx = 1")
    slow = declare(nb, f"%%job slow\n{SLEEP}z = 5")
    declare(nb, "%unload_ext nbflow")
    assert "not followed any more" in slow.text
    declare(nb, "%load_ext nbflow")
    assert "still going" not in declare(nb, "%reload_ext nbflow").text
    nb.until(lambda: "not followed" not in slow.text, 10, "the card to live again")
    (nb.folder / "go").touch()
    declare(nb, "%%job b\ny = x + z")
    assert nb.value("(x, y, z)") == (1, 6, 5)
    assert nb.value(f"({FLOW}.snapshot()['run'], list({FLOW}.status()))") == (1, ["a", "slow", "b"])
    nb.until(lambda: "succeeded" in slow.text, 10, "the card")


def test_unloading_leaves_no_thread_and_no_file_open(nb: Kernel) -> None:
    """After jobs, waits and a view, %unload_ext gives back every thread and descriptor."""
    count = "(len(os.listdir('/proc/self/fd')), sorted(t.name for t in threading.enumerate() if 'nbflow' in t.name))"
    declare(nb, "import os, threading")
    declare(nb, "%unload_ext nbflow")
    for round_ in range(4):
        if round_ == 1:  # what the first use of anything opens for good is not a leak
            before = nb.value(count)
        declare(nb, "%load_ext nbflow")
        declare(nb, "%%job a\nx = 1")
        declare(nb, "%nbflow wait")
        declare(nb, "%unload_ext nbflow")
    started = time.monotonic()
    while (after := nb.value(count))[0] > before[0] and time.monotonic() - started < 20:  # ipykernel sweeps each 10 s
        time.sleep(0.1)
    assert after[1] == []
    assert after[0] <= before[0] + 1
