"""A failure handled from end to end: engine, zygote, bash and calls, all real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbflow.core.attempt import StepState
from nbflow.core.event import CancelRequested
from nbflow.core.rules import Rule
from nbflow.core.spec import Call, Captured, JobNeed, JobSpec, Produced, Retry
from nbflow.engine.client import Client, Replica
from tests.unit.engine.processes import PATIENCE, connected, eventually, finish, kill_engine

SOON = Retry(delay=0.0)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with connected(tmp_path) as client:
        yield client


def function(client: Client, source: str) -> Call:
    space: dict = {"__name__": "__main__"}
    exec(source, space)
    return Call(label="f", function=client.values.dump(space["f"]))


def steps(replica: Replica, job: str) -> list[StepState]:
    return [step for attempt in replica.run.jobs[job].attempts for step in attempt.steps]


def test_a_script_mends_what_a_script_broke(client: Client, tmp_path: Path) -> None:
    """The script is told which attempt failed and how, writes into that one's folder, and has its own log."""
    mend = 'echo "mending $NBFLOW_JOB $NBFLOW_ATTEMPT: $NBFLOW_EXIT_CODE"\ntouch fixed "$NBFLOW_OUTPUT_DIR/seen"'
    replica = client.open("flow")
    replica.declare(
        [JobSpec(name="a", bash=True, source="test -e fixed || exit 10", rules=(Rule(exits=("10",), script=mend),),
                 retry=SOON)]
    )  # fmt: skip
    assert finish(replica) == {"a": "succeeded"}
    first, second = replica.run.jobs["a"].attempts
    (script,) = first.steps
    assert (first.exit_code, first.rule, second.steps) == (10, 0, [])
    assert client.log(script.key) == "mending a 1: 10\n"
    assert (client.attempt_folder(first.key) / "files" / "seen").exists()
    assert not (client.attempt_folder(script.key) / "files").exists()


def test_a_script_that_fails_fails_the_job(client: Client) -> None:
    """The reason says how; what first went wrong is still there."""
    replica = client.open("flow")
    replica.declare([JobSpec(name="a", source="1 / 0", rules=(Rule(exits=("1",), script="exit 3"),))])
    assert finish(replica) == {"a": "failed"}
    job = replica.run.jobs["a"]
    assert job.reason is not None and job.reason.words() == "recovery failed: exit 3"
    assert "ZeroDivisionError" in job.attempts[0].traceback


def test_a_fallback_makes_the_outputs(client: Client) -> None:
    """After the rollback; whoever needs the job runs on with its value."""
    undo = function(client, "def f(n, **rest): print('undone', n, sorted(rest))")
    instead = function(client, "async def f(n): return n + 1")
    inputs = {"n": Captured(client.values.dump(1)), "m": Captured(client.values.dump(2))}
    replica = client.open("flow")
    replica.declare(
        [JobSpec(name="a", source="x = 1 / 0", inputs=inputs, outputs=("x",), rollback=undo, fallback=instead),
         JobSpec(name="b", source="y = 10 * x", outputs=("y",), needs=(JobNeed("a"),),
                 inputs={"x": Produced(job="a", output="x")})]
    )  # fmt: skip
    assert finish(replica) == {"a": "recovered", "b": "succeeded"}
    assert client.values.load(replica.run.jobs["b"].outputs["y"]) == 20
    rollback, fallback = steps(replica, "a")
    assert (rollback.step, rollback.end, fallback.step, fallback.end) == (
        "rollback",
        "succeeded",
        "fallback",
        "succeeded",
    )
    assert client.log(rollback.key) == "undone 1 ['m']\n"


def test_a_rule_about_the_log_and_one_about_memory(client: Client) -> None:
    """Each recognises its own failure; after the second one there is more memory."""
    source = "print('nan')\nimport nbflow\nn = nbflow.attempt().number\nif n == 1: raise KeyError\n"
    source += "x = len(bytearray(150_000_000))"
    rules = (Rule(on="oom", memory=4.0), Rule(on="log", pattern="^nan$"))
    replica = client.open("flow")
    replica.declare([JobSpec(name="a", source=source, outputs=("x",), memory=100_000_000, rules=rules, retry=SOON)])
    assert finish(replica) == {"a": "succeeded"}
    assert [attempt.rule for attempt in replica.run.jobs["a"].attempts] == [1, 0, None]


def test_conditions_and_missing_needs(client: Client) -> None:
    """A false condition skips; a need never met is None, or an object, where its reader says so."""
    replica = client.open("flow")
    needs, inputs = (JobNeed("a"),), {"x": Produced(job="a", output="x")}
    replica.declare(
        [JobSpec(name="a", source="x = 1", outputs=("x",), condition="1 > 2"),
         JobSpec(name="b", source="y = x", outputs=("y",), needs=needs, inputs=inputs, on_missing="none"),
         JobSpec(name="c", source="y = x.job, bool(x)", outputs=("y",), needs=needs, inputs=inputs, on_missing="pass"),
         JobSpec(name="d", source="y = x", needs=needs, inputs=inputs)]
    )  # fmt: skip
    assert finish(replica) == {"a": "skipped", "b": "succeeded", "c": "succeeded", "d": "skipped"}
    assert [client.values.load(replica.run.jobs[name].outputs["y"]) for name in "bc"] == [None, ("a", False)]


def test_a_cancel_rolls_back(client: Client, tmp_path: Path) -> None:
    """The attempt is stopped, what it did is undone, and only then the job is cancelled."""
    undo = function(client, "def f(): open('undone', 'w').close()")
    replica = client.open("flow")
    replica.declare([JobSpec(name="a", source="import time; time.sleep(600)", rollback=undo, grace=0.1)])
    assert replica.wait(lambda run: run.jobs["a"].running, PATIENCE)
    replica.ask(CancelRequested(at=0, job="a", generation=1))
    assert finish(replica) == {"a": "cancelled"}
    assert (tmp_path / "undone").exists()


def test_an_engine_killed_while_a_rollback_runs(client: Client, tmp_path: Path) -> None:
    """The next engine runs it again, and the job comes to the end that it was on the way to."""
    undo = function(client, "def f():\n    open('begun', 'a').write('.')\n    import time\n    time.sleep(0.5)")
    replica = client.open("flow")
    replica.declare([JobSpec(name="a", source="1 / 0", rollback=undo)])
    assert eventually(lambda: (tmp_path / "begun").exists())
    kill_engine(client.store)
    assert finish(replica) == {"a": "failed"}
    assert (tmp_path / "begun").read_text() == ".."
    assert [(step.step, step.end) for step in steps(replica, "a")] == [("rollback", "lost"), ("rollback", "succeeded")]
    assert replica.run.jobs["a"].reason.kind == "exception"
