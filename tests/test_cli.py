"""``nbflow status``, ``log``, ``ps`` and ``stop`` on a store whose notebook is not open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbflow.cli import main
from nbflow.core.rules import Rule
from nbflow.core.spec import Call, JobSpec, Retry
from nbflow.engine.client import Client, Replica, Values, find_store

NBFLOW = Path(sys.executable).parent / "nbflow"
TALK = "import sys; print('out loud'); print('aside', file=sys.stderr); x = 1"
FLAKY = "import os; n = os.environ['NBFLOW_ATTEMPT']; print('try', n); assert n != '1'"
PATIENT = (
    "import os, time\nprint('waiting', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.02)\nprint('gone')"
)


@pytest.fixture
def replica(folder, monkeypatch) -> Replica:
    """A run of flow ``analysis`` in the current folder, with nothing in it yet."""
    monkeypatch.chdir(folder)
    return Client.connect(find_store(folder)).open("analysis", cwd=folder)


def ended(replica: Replica, *specs: JobSpec) -> None:
    """Declare jobs and wait for their ends."""
    replica.declare(specs)
    assert replica.wait(lambda run: all(run.jobs[spec.name].status.ended for spec in specs), 30)


def test_status_is_the_table_of_the_newest_run(replica, capsys):
    """Without more words it is the last run of the flow that ran last."""
    ended(replica, JobSpec(name="talk", source=TALK))
    assert main(["status"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "talk" in line)
    assert "succeeded" in line


def test_status_as_json_is_the_snapshot(replica, capsys):
    """Programs read the same as in the notebook."""
    ended(replica, JobSpec(name="talk", source=TALK))
    assert main(["status", "--json", "--flow", "analysis"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == json.loads(json.dumps(replica.snapshot()["jobs"]))


def test_log_prints_either_stream(replica, capsys):
    """stdout, or with ``--err`` stderr, and nothing else."""
    ended(replica, JobSpec(name="talk", source=TALK))
    assert main(["log", "talk"]) == 0
    assert capsys.readouterr().out == "out loud\n"
    assert main(["log", "talk", "--err"]) == 0
    assert capsys.readouterr().out == "aside\n"


def test_log_prints_the_attempt_asked_for(replica, capsys):
    """Each attempt has a log of its own; the last one's is the default."""
    ended(replica, JobSpec(name="flaky", source=FLAKY, retry=Retry(attempts=2, delay=0)))
    main(["log", "flaky"])
    main(["log", "flaky", "--attempt", "1"])
    assert capsys.readouterr().out == "try 2\ntry 1\n"
    assert main(["log", "flaky", "--attempt", "3"]) == 1
    assert "has no attempt 3" in capsys.readouterr().err


def test_log_prints_what_a_step_printed(replica, capsys):
    """The recovery script's output after an attempt; a step that never ran is told."""
    mends = Rule(exits=("1",), script="echo mended $NBFLOW_JOB")
    spec = JobSpec(
        name="flaky", source=FLAKY, retry=Retry(delay=0), rules=(mends,), fallback=Call("=1", expression="1")
    )
    ended(replica, spec)
    assert main(["log", "flaky", "--recovery"]) == 0
    assert capsys.readouterr().out == "mended flaky\n"
    assert main(["log", "flaky", "--recovery", "--attempt", "2"]) == 1
    assert main(["log", "flaky", "--fallback"]) == 1
    assert "had no fallback" in capsys.readouterr().err


def test_log_follows_to_the_end(replica, folder):
    """``-f`` shows what is printed as it comes, and ends with the job."""
    replica.declare([JobSpec(name="patient", source=PATIENT)])
    with subprocess.Popen([NBFLOW, "log", "patient", "-f"], cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        (folder / "go").touch()
        assert process.stdout.read() == "gone\n"
    assert process.returncode == 0


def test_ps_lists_what_runs(replica, folder, capsys):
    """A line for each attempt under way; after its end none."""
    replica.declare([JobSpec(name="patient", source=PATIENT)])
    assert replica.wait(lambda run: run.jobs["patient"].running, 30)
    assert main(["ps"]) == 0
    assert "patient  attempt 1" in capsys.readouterr().out
    (folder / "go").touch()
    assert replica.wait(lambda run: run.jobs["patient"].status.ended, 30)
    assert main(["ps"]) == 0
    assert capsys.readouterr().out == "nothing is running\n"


def test_gc_removes_values_that_nothing_can_read(replica, folder, capsys):
    """And says how many, and what is left."""
    ended(replica, JobSpec(name="a", source="x = 'x' * 100_000", outputs=("x",)))
    useless = Values(folder / ".nbflow").dump("x" * 100_000)
    os.utime(folder / ".nbflow" / "values" / useless.file, (0, 0))
    assert main(["gc"]) == 0
    assert capsys.readouterr().out == "freed 1 value (100 kB); 1 value (100 kB) can still be read\n"


def test_stop_ends_the_engine(replica, capsys):
    """After ``stop`` nothing is running, and to stop again is no mistake."""
    replica.declare([JobSpec(name="patient", source=PATIENT)])
    assert main(["stop"]) == 0
    assert "has ended" in capsys.readouterr().out
    assert main(["ps"]) == main(["stop"]) == 0
    assert capsys.readouterr().out == "nothing is running\nnothing is running\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["log", "talc"], "did you mean 'talk'"),
        (["status", "--flow", "analysys"], "the flows are analysis"),
        (["status", "--run", "9"], "no run 9"),
    ],
)
def test_a_wrong_name_is_answered_by_the_right_one(replica, capsys, arguments, told):
    """One line on stderr, exit status 1."""
    ended(replica, JobSpec(name="talk", source=TALK))
    assert main(arguments) == 1
    assert told in capsys.readouterr().err


def test_a_folder_without_flows_is_said_so(folder, monkeypatch, capsys):
    """Nothing is made where nothing was."""
    monkeypatch.chdir(folder)
    assert main(["status"]) == 1
    assert "no flow has run in" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_wrong_duration_is_a_usage_error(capsys):
    """``--timeout`` says what it takes."""
    with pytest.raises(SystemExit) as error:
        main(["run", "x.ipynb", "--timeout", "soon"])
    assert error.value.code == 2
    assert "write 90, 90s, 5m or 2h" in capsys.readouterr().err
