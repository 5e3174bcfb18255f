"""Scripts for bash, and limits on memory: where an attempt has processes of its own, and where it has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.core.status import Reason
from tests.attempts import CANCELLED

MB = 1_000_000


def script(runner, source, **options):
    return runner.run(source, bash=True, **options)


# --- scripts
def test_a_script_that_ends_well(isolated):
    """Its output is the attempt's; it runs in the job's folder."""
    trial = script(isolated, "echo to out\necho to err >&2\npwd > here")
    assert (trial.report().end, trial.out, trial.err) == ("succeeded", "to out\n", "to err\n")
    assert Path((isolated.root / "here").read_text().strip()) == isolated.root.resolve()


@pytest.mark.parametrize(
    ("source", "kind", "detail", "code", "signal"),
    [
        ("exit 12", "exit code", "12", 12, None),
        ("false", "exit code", "1", 1, None),
        ("false | cat", "exit code", "1", 1, None),
        ("echo $not_set", "exit code", "1", 1, None),
        ("no_such_command", "exit code", "127", 127, None),
        ("if then", "exit code", "2", 2, None),
        ("bash -c 'exit 139'", "exit code", "139", 139, None),
        ("kill -KILL $$", "signal", "SIGKILL", None, "SIGKILL"),
        ("kill -TERM $$", "signal", "SIGTERM", None, "SIGTERM"),
        ("kill -SEGV $$", "signal", "SIGSEGV", None, "SIGSEGV"),
        ("kill -HUP $$", "signal", "SIGHUP", None, "SIGHUP"),
    ],
)
def test_a_script_fails_as_bash_ends(isolated, source, kind, detail, code, signal):
    """Exit code or signal; the first command that fails ends it, also in a pipe, and so does a variable never set."""
    trial = script(isolated, f"echo began\n{source}\necho went on")
    report = trial.report()
    assert (report.end, report.reason) == ("failed", Reason(kind, detail, 4))
    assert (report.exit_code, report.signal, report.classes) == (code, signal, ())
    assert "went on" not in trial.out


def test_inputs_are_variables(isolated):
    """Text, numbers, true and false, and paths; nothing else, which need not even be loadable."""
    inputs = {"name": "a b", "n": 3, "alpha": 0.5, "fast": True, "slow": False, "out": Path("x/y"), "rows": [1]}
    source = 'echo "$name|$n|$alpha|$fast|$slow|$out|${rows-not there}|${bad-not there}|$MINE|$NBFLOW_JOB"'
    trial = script(isolated, source, inputs=inputs | {"bad": Gone()}, env={"MINE": "yes"})
    assert trial.out == "a b|3|0.5|true|false|x/y|not there|not there|yes|fit\n"


class Gone:
    """Loads nowhere."""

    def __reduce__(self):
        return _gone, ()


def _gone():
    raise LookupError("gone")


def test_a_condition_of_a_script_sees_all_inputs(isolated):
    """``--if`` is Python, also there."""
    assert script(isolated, "echo ran", condition="len(rows) > 1", inputs={"rows": [1]}).report().end == "skipped"
    assert script(isolated, "echo ran", condition="len(rows) > 1", inputs={"rows": [1, 2]}).out == "ran\n"


@pytest.mark.parametrize("size", [10, 200_000])
def test_what_fits_no_variable_or_argument(isolated, size):
    """A value too long for a variable is left out, and the log says so; a script may be as long as it likes."""
    trial = script(isolated, f"echo ${{#text}} # {'.' * size}", inputs={"text": "x" * size})
    assert trial.out == ("10\n" if size == 10 else "")
    assert ("too long" in trial.err) == (size > 10)


def test_messages_call_it_by_the_jobs_name(isolated):
    """An error of bash names the job and the line."""
    assert script(isolated, "true\nno_such_command").err == "fit: line 2: no_such_command: command not found\n"


@pytest.mark.parametrize("how", ["cancel", "timeout"])
def test_the_whole_tree_of_a_script_ends(isolated, how):
    """With time to clean up, and nothing of it is left."""
    source = "trap 'echo cleaned; exit 3' TERM\nsleep 600 &\necho started\nwait"
    limits = {"timeout": 2.0} if how == "timeout" else {}
    trial = isolated.submit(source, bash=True, **limits, grace=5.0)
    trial.saw("started")
    if how == "cancel":
        isolated.cancel(trial)
    expected = ("failed", Reason("timeout", "2 s", 4)) if limits else ("cancelled", CANCELLED)
    assert (trial.report().end, trial.report().reason) == expected
    assert trial.out == "started\ncleaned\n"
    assert trial.processes() == []


def test_a_recovery_script_knows_what_it_is_for(isolated):
    """It is a script like others, with a log of its own, and finds the files of the attempt that failed."""
    files = isolated.root / "failed" / "files"
    files.mkdir(parents=True)
    told = {"NBFLOW_EXIT_CODE": "10", "NBFLOW_SIGNAL": "", "NBFLOW_REASON": "exit 10"}
    source = 'echo "$NBFLOW_ATTEMPT $NBFLOW_EXIT_CODE $NBFLOW_REASON $alpha" > "$NBFLOW_OUTPUT_DIR/seen"'
    trial = script(isolated, source, step="recovery", files=str(files), env=told, inputs={"alpha": 0.1})
    assert trial.report().end == "succeeded"
    assert (files / "seen").read_text() == "4 10 exit 10 0.1\n"


def test_the_kernel_runs_no_scripts(kernel):
    """It says so, and what to do."""
    report = kernel.run("echo", bash=True).report()
    assert report.reason == Reason("executor unavailable", "bash needs a process: leave out --in kernel", 4)


# --- memory
def test_python_that_asks_for_too_much(isolated):
    """One request beyond the limit is a `MemoryError`; the reason names the limit, the next attempt runs."""
    report = isolated.run("x = bytearray(500_000_000)", memory=200 * MB).report()
    assert (report.end, report.reason) == ("failed", Reason("out of memory", "MemoryError (limit 200 MB)", 4))
    assert report.classes[0] == "builtins.MemoryError"
    assert isolated.run("x = len(bytearray(100_000_000))", ("x",), memory=200 * MB).report().end == "succeeded"


SPAWNED = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {body!r}])"
GREEDY = (
    "import mmap, time\nm = mmap.mmap(-1, 300_000_000)\nwhile m.tell() < len(m): m.write(bytes(10**7))\ntime.sleep(60)"
)


@pytest.mark.parametrize(
    ("source", "bash"),
    [
        (GREEDY, False),
        (SPAWNED.format(body=GREEDY), False),
        ("head -c 300000000 /dev/zero | tail -c 300000000 | sleep 60", True),
    ],
    ids=["shared", "a child", "a script's"],
)
def test_what_python_cannot_refuse_is_ended(isolated, source, bash):
    """Memory of any kind, anywhere in the tree: it is killed at once, and the reason says how much there was."""
    trial = isolated.run(source, bash=bash, memory=100 * MB)
    report = trial.report()
    assert (report.end, report.reason.kind, report.signal) == ("failed", "out of memory", "SIGKILL")
    assert report.reason.detail.endswith(" MB taken, 100 MB allowed")
    assert trial.processes() == []


def test_what_is_only_mapped_does_not_count(isolated, tmp_path_factory):
    """An input that is mapped from its file takes no memory until it is written to."""
    numpy = pytest.importorskip("numpy")
    trial = isolated.run("y = float(x[::4096].sum())", ("y",), inputs={"x": numpy.ones(15_000_000)}, memory=80 * MB)
    assert trial.report().end == "succeeded", trial.report()


def test_a_memory_error_of_the_cells_own(isolated):
    """Raised by whoever, with or without a limit, it is what it says."""
    assert isolated.run("raise MemoryError('full')").report().reason.words() == "out of memory: MemoryError: full"
