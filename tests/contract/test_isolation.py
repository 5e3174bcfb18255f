"""What executors owe that give each attempt a process of its own, and what a thread of the kernel does instead.

That whole process trees end, and how a process can die, is tried in ``tests/fault``: it takes a process to kill.
"""

from __future__ import annotations

from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason
from tests.attempts import CANCELLED


# --- values: what others read has to leave a process, and need not leave the kernel
def test_output_that_cannot_leave(isolated):
    """A value that cannot be stored fails the attempt and is named with its type, the cause, and the ways out."""
    report = isolated.run("import threading\nlock = threading.Lock()", ("lock",)).report()
    ways = "leave it out with --outputs or --inputs, or run the job with --in kernel"
    detail = f"lock (lock): cannot pickle '_thread.lock' object: {ways}"
    assert report.reason == Reason("output not storable", detail, 4)


def test_a_passing_output_that_cannot_leave(isolated):
    """A target of a loop or a ``with`` statement is left out where it cannot be stored, and the attempt succeeds."""
    source = "with open('/dev/null') as f:\n    x = f.read()"
    report = isolated.run(source, ("f", "x"), passing=("f",)).report()
    assert (report.end, list(report.outputs), report.missing) == ("succeeded", ["x"], ("f",))


def test_in_the_kernel_it_stays_where_it_is(kernel):
    """The kernel's cells and jobs can have the object itself, so it is no failure; others are told its type."""
    report = kernel.run("import threading\nlock = threading.Lock()", ("lock",)).report()
    assert (report.end, report.outputs, report.missing) == ("succeeded", {"lock": ValueRef(type="lock")}, ())
    assert kernel.run("lock.locked()").displays[0].data == {"text/plain": "False"}


# --- namespace: a process has its own, and the kernel's live one is what its jobs are for
def test_nothing_is_shared(isolated):
    """Attempts that bind the same name at once do not see each other, nor does a later one see either."""
    trials = [isolated.submit(f"x = {number}\nx **= 2", ("x",)) for number in range(5)]
    assert [isolated.value(trial, "x") for trial in trials] == [number**2 for number in range(5)]
    assert isolated.run("x").report().reason == Reason("exception", "NameError: name 'x' is not defined", 4)


def test_kernel_jobs_share_the_live_namespace(kernel):
    """What one binds, the next one and the notebook have: the object, no copy of it."""
    kernel.run("live = []", ("live",))
    live = kernel.executor.namespace["live"]
    kernel.run("live.append(1)")
    assert live == [1]


# --- stops: a process can be killed, a thread only asked, and it hears that in Python alone
def test_what_does_not_listen_is_ended(isolated):
    """A body that is deep in C, and one that catches all it can, end once the grace is over."""
    deaf = "while True:\n    try:\n        print('started')\n        time.sleep(600)\n    except BaseException: pass"
    for body in ("print('started')\nsum(range(10**15))", deaf):
        trial = isolated.submit(f"import time\n{body}")
        trial.saw("started")
        isolated.cancel(trial)
        assert (trial.report().end, trial.report().reason) == ("cancelled", CANCELLED)


def test_a_thread_in_c_is_stopped_when_it_is_back(kernel):
    """Until its call returns, the job is still running, and its end is not told ahead of time."""
    source = "import threading\ngate = threading.Event()\nprint('started')\ngate.wait()\nprint('went on')"
    trial = kernel.submit(source)
    trial.saw("started")
    kernel.cancel(trial)
    assert trial.reports == []
    kernel.executor.namespace["gate"].set()
    assert (trial.report().end, trial.report().reason) == ("cancelled", CANCELLED)
    assert trial.out == "started\n"


# --- streams: a process's files take all that it and its programs write, a thread's only what Python's streams get
def test_programs_write_into_the_attempts_log(isolated):
    """What a program that the body starts writes is the attempt's output."""
    assert isolated.run("import os\nx = os.system('echo from a program')").out == "from a program\n"


def test_the_kernels_own_prints_stay_out_of_a_jobs_log(kernel, capsys):
    """The streams are the kernel's too: what another thread prints while a job runs goes where it would without."""
    trial = kernel.submit("import threading\ngate = threading.Event()\nprint('started')\ngate.wait()")
    trial.saw("started")
    print("from the notebook")
    kernel.executor.namespace["gate"].set()
    assert (trial.report().end, trial.out) == ("succeeded", "started\n")
    assert capsys.readouterr().out == "from the notebook\n"


# --- the end of the process: it takes one attempt along, while a kernel's takes all of its attempts
def test_a_process_that_ends_itself(isolated):
    """An attempt whose process goes has failed with its exit code, and others go on."""
    other = isolated.submit("import time\nprint('started')\ntime.sleep(.3)\nx = 1", ("x",))
    other.saw("started")
    report = isolated.run("import os\nos._exit(7)").report()
    assert (report.end, report.exit_code) == ("failed", 7)
    assert other.report().end == "succeeded"


def test_a_kernel_that_goes_loses_its_attempts(kernel):
    """Nobody saw how they ended: they are lost, no failure, and what their threads say later is not heard."""
    trial = kernel.submit("import threading\ngate = threading.Event()\nprint('started')\ngate.wait()")
    trial.saw("started")
    kernel.call(lambda: kernel.executor.engine_side.gone(kernel.executor.client))
    kernel.executor.namespace["gate"].set()
    assert trial.report().reason == Reason("lost", "the kernel ended or restarted")
    assert kernel.run("pass").report().end == "succeeded"
    assert len(trial.reports) == 1
