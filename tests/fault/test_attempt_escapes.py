"""No process of an attempt outlives its end by two seconds, whatever it does to get away.

``NBFLOW_ESCAPES`` sets the number of rounds; each starts every escaper once for each cause.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from nbflow.engine.attempt.supervisor import LEFTOVER_GRACE
from tests.attempts import Runner, until
from tests.fault.escapers import BODIES, gone, start_all, survivors
from tests.leftovers import doomed

pytestmark = pytest.mark.fault


ROUNDS = int(os.environ.get("NBFLOW_ESCAPES", "1"))


@pytest.fixture(params=range(ROUNDS))
def runner(tmp_path):
    runner = Runner(tmp_path)
    yield runner
    runner.close()


def test_cancel_ends_the_whole_tree(runner):
    """Cancelled: grace, and all are gone."""
    trials = start_all(runner, grace=0.3)
    assert survivors(trials).keys() == BODIES.keys()
    for trial in trials.values():
        runner.cancel(trial)
    gone(trials, 2.0)
    assert {name: trial.report().end for name, trial in trials.items()} == dict.fromkeys(BODIES, "cancelled")


def test_timeout_ends_the_whole_tree(runner):
    """Timed out: grace, and all are gone."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    trials = start_all(runner, timeout=min(20.0, 4.0 * max(1.0, busy)), grace=0.3)  # by then all must be up
    ends = {name: (trial.report().end, trial.report().reason.kind) for name, trial in trials.items()}
    assert ends == dict.fromkeys(BODIES, ("failed", "timeout"))
    gone(trials, 2.0)


def test_a_normal_end_takes_the_rest_along(runner):
    """The cell ends well: its result counts, and what it left behind is ended."""
    trials = start_all(runner, then="return")
    waits = {"stops itself", "closes everything", "exec"}
    ends = {name: trial.report().end for name, trial in trials.items() if name not in waits}
    assert set(ends.values()) == {"succeeded"}
    gone({name: trial for name, trial in trials.items() if name not in waits}, LEFTOVER_GRACE + 2.0)


def test_a_crash_takes_the_rest_along(runner):
    """The cell's process dies: the rest of its tree goes before the end is reported."""
    trials = start_all(runner, then="os._exit(7)")
    waits = {"stops itself", "closes everything", "exec"}
    for name in BODIES.keys() - waits:
        report = trials[name].report()
        assert (report.end, report.reason.words(), report.exit_code) == ("failed", "exit 7", 7)
    assert survivors(trials).keys() <= waits


def test_zygote_killed(runner):
    """The supervisor dies: all attempts end, are reported lost, and the next one runs."""
    trials = start_all(runner)
    os.kill(runner.call(lambda: runner.executor._serving.pid), signal.SIGKILL)
    gone(trials, 2.0)
    assert {name: trial.report().end for name, trial in trials.items()} == dict.fromkeys(BODIES, "lost")
    assert runner.run("x = 1", ("x",)).report().end == "succeeded"


STAND_IN = """
import sys, time
from pathlib import Path
from tests.attempts import Runner
from tests.fault.escapers import start_all
trials = start_all(Runner(Path(sys.argv[1])))
print(*(trial.order.key for trial in trials.values()), flush=True)
time.sleep(600)
"""


def test_engine_killed(tmp_path):
    """The engine dies: the zygote kills every attempt and ends as well."""
    engine = subprocess.Popen([sys.executable, "-c", STAND_IN, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        keys = engine.stdout.readline().split()
        assert len(keys) == len(BODIES)
    finally:
        engine.kill()
        engine.communicate()
    until(lambda: not processes_in(tmp_path), "an empty process table", 2.0)


def test_timeout_is_kept(runner):
    """No attempt outlives timeout + grace + 0.5 s, even if it does not listen."""
    deaf = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(time.monotonic())\nwhile True: pass"
    )
    took = []
    while len(took) < 3 and not (took and took[-1] < 0.5 + 0.4 + 0.5):  # the machine may have a busy moment
        submitted_at = time.monotonic()
        trial = runner.submit(deaf, timeout=0.5, grace=0.4)
        report = trial.report()
        assert (report.reason.words(), report.signal) == ("timeout: 0.5 s", "SIGKILL")
        assert trial.reported_at - submitted_at > 0.5 + 0.4
        took.append(trial.reported_at - float(trial.out))
    assert min(took) < 0.5 + 0.4 + 0.5, took


def test_polite_end_within_the_grace(runner):
    """A cell that obeys SIGTERM ends at once, and may clean up."""
    trial = runner.submit(
        "import os, signal, sys, time\n"
        "def bye(*_):\n    os.write(1, b'tidy')\n    sys.exit(1)\n"
        "signal.signal(signal.SIGTERM, bye)\nprint('ready')\n"
        "while True: time.sleep(.01)",  # Python does not hear a signal that comes right before one long sleep
        grace=20.0,
    )
    trial.saw("ready")
    runner.cancel(trial)
    report = trial.report()
    assert (report.end, report.exit_code, report.signal) == ("cancelled", 1, None)
    assert trial.out == "ready\ntidy"


CLEANERS = """
import os, signal, time
name, (up, say) = "cell", os.pipe()
def clean(*_):
    os.write(1, f"{name} asked\\n".encode())
    until = time.monotonic() + .25
    while time.monotonic() < until: time.sleep(.01)
    os._exit(0)
def hang():
    signal.signal(signal.SIGTERM, clean)
    os.write(say, b".")
    while True: time.sleep(.01)
for other in ("child", "apart"):
    if os.fork() == 0:
        name = other
        if name == "apart": os.setsid()
        hang()
for _ in range(2): os.read(up, 1)
"""
"""A cell with two more processes, one in a session of its own; each says when it is asked to end, and is slow at it."""


def test_each_process_is_asked_once(runner):
    """Cancelled: nobody is asked again in the middle of its cleaning up."""
    trial = runner.submit(CLEANERS + "signal.signal(signal.SIGTERM, clean)\nprint('up')\nhang()", grace=20.0)
    trial.saw("up")
    runner.cancel(trial)
    assert trial.report().end == "cancelled"
    assert sorted(trial.out.splitlines()) == ["apart asked", "cell asked", "child asked", "up"]


def test_what_is_left_behind_is_asked_once(runner):
    """The cell ends well: what it left is looked for again and again, but not asked again."""
    trial = runner.run(CLEANERS)
    until(lambda: not trial.processes(), "the end of what was left", LEFTOVER_GRACE + 2.0)
    assert sorted(trial.out.splitlines()) == ["apart asked", "child asked"]


def test_success_while_being_stopped_counts(runner):
    """A result that is in place when the stop comes to act is not thrown away."""
    trial = runner.submit(
        "import signal, time\nasked = []\nsignal.signal(signal.SIGTERM, lambda *_: asked.append(1))\nprint('ready')\n"
        "while not asked: time.sleep(.01)\nx = 1",
        ("x",),
        grace=20.0,
    )
    trial.saw("ready")
    runner.cancel(trial)
    assert trial.report().end == "succeeded"
    assert runner.value(trial, "x") == 1


def processes_in(folder):
    """Processes whose working folder is below *folder*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder) and not doomed(int(process.name)):
                found.append(int(process.name))
    return found
