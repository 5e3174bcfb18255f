"""However an attempt ends, its end is told as it was, and the next attempt runs."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from nbflow.core.status import Reason
from nbflow.engine.attempt import lock
from nbflow.engine.attempt.nursery import SPARES
from nbflow.engine.attempt.record import ResultRecord
from nbflow.engine.attempt.results import write_record
from tests.attempts import Runner, until

pytestmark = pytest.mark.fault

DEATHS = [
    ("os._exit(0)", "exit code", "0 without a result"),
    ("os._exit(3)", "exit code", "3"),
    ("os._exit(137)", "exit code", "137"),
    ("os.abort()", "signal", "SIGABRT"),
    ("os.kill(os.getpid(), 9)", "signal", "SIGKILL"),
    ("os.kill(os.getpid(), 15)", "signal", "SIGTERM"),
    ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    ("os.execvp('false', ['false'])", "exit code", "1"),
    ("os.execvp('true', ['true'])", "exit code", "0 without a result"),
    ("def f(): f()\nf()", "exception", "RecursionError: maximum recursion depth exceeded"),
    ("os.kill(os.getpid(), 2)", "exception", "KeyboardInterrupt"),
    ("bytearray(1 << 60)", "out of memory", "MemoryError"),
    ("class E(Exception):\n    def __str__(self): raise E\nraise E", "exception", "E: <its message cannot be shown>"),
    ("raise BaseException('x' * 10_000_000)", "exception", "BaseException: " + "x" * 484 + "…"),
]


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    runner = Runner(tmp_path_factory.mktemp("flow"))
    yield runner
    runner.close()


@pytest.mark.parametrize(("source", "kind", "detail"), DEATHS, ids=[death[0][:30] for death in DEATHS])
def test_ways_to_die(runner, source, kind, detail):
    """No way to die is a success, stalls the executor or is told otherwise than it was."""
    trial = runner.run(f"import os\nprint('began')\n{source}\nprint('still here')")
    assert (trial.report().end, trial.report().reason) == ("failed", Reason(kind, detail, 4))
    assert trial.out == "began\n"
    assert runner.run("x = 1").report().end == "succeeded"


@pytest.mark.parametrize(
    "source",
    [
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "import os; os.closerange(3, 1024)",
        "import os; os.closerange(0, 1024)",
        "import sys; sys.stdout = sys.stderr = None",
        "import os, shutil; os.chdir('/'); del os.environ['NBFLOW_KEY']",
        "import builtins; builtins.open = None",
        "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()",
        "import atexit, time; atexit.register(time.sleep, 600)",
        "import gc, sys; gc.disable(); sys.setrecursionlimit(50)",
        "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    ],
)
def test_success_whatever_the_cell_does_to_its_process(runner, source):
    """A cell that ends well has succeeded, even if it left its process in a bad state."""
    trial = runner.run(f"{source}\nx = 7", ("x",))
    assert trial.report().end == "succeeded", trial.report()
    assert runner.value(trial, "x") == 7


def test_a_thief_of_exits(runner):
    """A cell that waits for any child sees only its own."""
    source = "import os\nif os.fork() == 0: os._exit(5)\ncode = os.waitstatus_to_exitcode(os.wait()[1])"
    assert runner.value(runner.run(source, ("code",)), "code") == 5


def test_forged_result_of_another_attempt(runner):
    """A record with another attempt's key is no result."""
    order = runner.order("import os; os._exit(0)")
    write_record(order.folder, ResultRecord(key="0" * 32, end="succeeded"))
    trial = runner.submit(order.source, folder=order.folder)
    assert trial.report().end == "failed"


def test_torn_result(runner):
    """Half a record is no result."""
    source = "import os\nwith open(os.environ['X'] + '/result', 'wb') as f: f.write(b'\\x86\\xa3key')\nos._exit(0)"
    trial = runner.run(source, folder=str(runner.root), env={"X": str(runner.root)})
    assert trial.report().end == "failed"


def test_wrong_folder(runner):
    """A working folder that is not there fails the attempt and says so."""
    report = runner.run("x = 1", cwd=str(runner.root / "nowhere")).report()
    assert report.end == "failed"
    assert "No such file or directory" in report.reason.detail


def test_peak_memory_and_time_are_measured(runner):
    """Peak memory in bytes and processor time in seconds are those of the attempt, however it ends."""
    body = "data = bytearray(200_000_000)\nimport time\nwhile time.process_time() < .2: pass\n"
    for ending in ("", "import os; os._exit(1)"):
        report = runner.run(body + ending).report()
        assert 200e6 < report.peak_memory < 500e6
        assert 0.2 <= report.cpu_seconds < 5


def test_zygote_killed_after_the_record(tmp_path):
    """An attempt whose record is in place counts as what the record says, whatever its supervisor saw."""
    runner = Runner(tmp_path)
    zygote = runner.call(lambda: (runner.executor.warm(), runner.executor._serving.pid)[1])
    try:
        until(lambda: runner.call(lambda: runner.executor._serving.is_ready))
        trial = runner.submit("import os, time\nos.kill(os.getppid(), 19)\nx = 1", ("x",))  # stops the zygote
        until((trial.folder / "result").exists)
        assert trial.reports == []
        os.kill(zygote, signal.SIGKILL)
        assert trial.report().end == "succeeded"
        assert runner.value(trial, "x") == 1
        assert runner.run("y = 2").report().end == "succeeded"
        assert len(trial.reports) == 1
    finally:
        runner.close()


def serving(runner):
    """The pid of the zygote that takes orders now; None between two."""
    link = runner.executor._serving
    return link.pid if link and link.is_ready else None


def test_zygote_killed_again_and_again(tmp_path):
    """Each order gets one report, lost or not, while supervisors die under it."""
    runner = Runner(tmp_path)
    try:
        trials = []
        for number in range(24):
            trials.append(runner.submit(f"import time\ntime.sleep({number % 3} * .05)\nx = {number}", ("x",)))
            if number % 4 == 3:
                time.sleep(0.05 * (number % 5))
                with suppress(ProcessLookupError):  # dead already, and not yet seen to be
                    os.kill(until(lambda: runner.call(lambda: serving(runner))), signal.SIGKILL)
        ends = [trial.report().end for trial in trials]
        assert set(ends) <= {"succeeded", "lost"}
        for number, trial in enumerate(trials):
            if trial.report().end == "succeeded":
                assert runner.value(trial, "x") == number
        assert runner.run("pass").report().end == "succeeded"
        assert {len(trial.reports) for trial in trials} == {1}
    finally:
        runner.close()


def test_recovery_tells_what_became_of_each(tmp_path):
    """A new engine ends what still runs, believes complete records, and calls the rest lost."""
    (tmp_path / "a").mkdir()
    first, second = Runner(tmp_path / "a"), None
    try:
        running = first.submit("import time\nprint('up')\ntime.sleep(600)")
        running.saw("up")
        ended = first.run("x = 1", ("x",))
        second = Runner(tmp_path / "a")
        second.trials = {key: type(trial)(trial.order) for key, trial in first.trials.items()}
        never = second.order("x = 1")
        second.trials[never.key] = type(ended)(never)
        second.call(lambda: second.executor.recover([*second.trials]))
        ends = {trial.order.key: trial.report().end for trial in second.trials.values()}
        assert ends == {running.order.key: "lost", ended.order.key: "succeeded", never.key: "lost"}
        assert running.processes() == []
        assert lock.take(never.folder) is None
    finally:
        first.close()
        if second is not None:
            second.close()


def test_an_attempt_given_up_does_not_start(tmp_path):
    """An order still on its way when a new engine gave the attempt up is not carried out."""
    runner = Runner(tmp_path)
    try:
        order = runner.order("open('ran', 'w')")
        assert lock.give_up(order.folder)
        runner.call(lambda: runner.executor.submit(order))
        runner.run("pass")
        assert not (tmp_path / "ran").exists()
    finally:
        runner.close()


def test_no_zygote_to_be_had(tmp_path, monkeypatch):
    """Where the helper process cannot start, attempts fail and say where to look."""
    runner = Runner(tmp_path)
    monkeypatch.setattr("nbflow.engine.attempt.link.sys.executable", "/bin/false")
    try:
        report = runner.run("pass").report()
        assert report.reason.kind == "executor unavailable"
        assert "zygote.log" in report.reason.detail
    finally:
        runner.close()


FULL = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (%d, resource.RLIM_INFINITY))\n"


def test_an_output_too_big_for_the_disk(runner):
    """A value that cannot be written fails the attempt with the system's own words, and leaves nothing behind."""
    report = runner.run(FULL % 10_000 + "data = b'x' * 10_000_000", ("data",)).report()
    assert report.reason.kind == "output not storable"
    assert report.reason.detail.startswith("data (bytes): File too large: ")
    folder = runner.store / "values"
    assert not folder.exists() or not list(folder.glob("*.part"))


def test_a_result_that_cannot_be_written(runner):
    """An attempt whose result finds no room on the disk has failed, and says so."""
    report = runner.run(FULL % 0 + "x = 1", ("x",)).report()
    assert report.end == "failed"
    assert report.reason.detail.startswith("the result could not be written: [Errno 27] File too large")


def test_a_folder_that_is_gone(runner):
    """An attempt whose folder cannot be used fails with the system's words; the next one runs."""
    order = runner.order("x = 1")
    Path(order.folder).rmdir()
    report = runner.submit(order.source, folder=order.folder).report()
    assert (report.end, report.reason.kind) == ("failed", "executor unavailable")
    assert "No such file or directory" in report.reason.detail
    assert runner.run("x = 1").report().end == "succeeded"


def test_an_environment_that_cannot_be(runner):
    """A variable that no process can have fails the attempt, not its supervisor."""
    report = runner.run("x = 1", env={"A": "nul\0"}).report()
    assert report.reason == Reason("invalid argument", "ValueError: embedded null byte", 4)


def test_a_big_order(runner):
    """Orders may be as big as they like."""
    inputs = {f"x{number}": bytes([number]) * 60_000 for number in range(100)}
    source = "total = " + " + ".join(f"len({name})" for name in inputs) + "  # " + "." * 3_000_000
    assert runner.value(runner.run(source, ("total",), inputs=inputs), "total") == 6_000_000


def test_nothing_piles_up(runner):
    """After many attempts of all kinds there are as many descriptors and processes as before."""

    def held():
        zygote = runner.call(lambda: runner.executor._serving.pid)
        children = Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()
        return [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in (zygote, os.getpid())] + [len(children)]

    runner.run("pass")
    before = until(lambda: (now := held())[2] == SPARES and now, "three spares and no other child")
    for _ in range(10):
        runner.run("import subprocess; subprocess.Popen(['sleep', '600'])")
        runner.run("import os; os._exit(1)")
        hanging = runner.submit("import time; print('up'); time.sleep(600)")
        hanging.saw("up")
        runner.cancel(hanging)
        hanging.report()
    until(lambda: held() == before, f"{before}, not {held()}", 10)


def test_recovery_looks_for_patterns(tmp_path):
    """What a failed attempt's log holds is found out also where its supervisor died before it could tell."""
    runner = Runner(tmp_path)
    zygote = runner.call(lambda: (runner.executor.warm(), runner.executor._serving.pid)[1])
    try:
        until(lambda: runner.call(lambda: runner.executor._serving.is_ready))
        source = (
            "import os, time\nos.kill(os.getppid(), 19)\nprint('loss is nan')\nraise KeyError('x')"  # stops the zygote
        )
        trial = runner.submit(source, patterns=("nan$", "inf", "KeyError"))
        until((trial.folder / "result").exists)
        os.kill(zygote, signal.SIGKILL)
        assert (trial.report().end, trial.report().found) == ("failed", ("nan$", "KeyError"))
    finally:
        runner.close()
