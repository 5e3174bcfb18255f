"""Recovery scripts, rollbacks and fallbacks, as the loop sends them out and takes their ends in."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.core.event import CancelRequested, JobDeclared, kind
from nbflow.core.rules import Rule
from nbflow.core.spec import Call, Captured, JobSpec, Retry, ValueRef
from nbflow.core.status import Reason
from nbflow.engine.orders import outcome
from tests.unit.engine.bench import Bench, HandExecutor

UNDO, INSTEAD = Call(label="undo", function=ValueRef(inline=b"1")), Call(label="=0", expression="0")
MENDED = JobSpec(
    name="a",
    inputs={"n": Captured(ValueRef(inline=b"n", type="int"))},
    outputs=("x",),
    condition="n > 0",
    types={"n": "int"},
    memory=100,
    timeout=7.0,
    env={"MINE": "yes"},
    rules=(Rule(exits=("10",), script="./mend.sh", timeout=3.0), Rule(on="log", pattern="nan", retries=1)),
    rollback=UNDO,
    fallback=INSTEAD,
    retry=Retry(delay=0.0),
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / ".nbflow")


def fail(bench: Bench, code: int = 10) -> None:
    bench.end("a", "failed", reason=Reason("exit code", str(code)), exit_code=code)


def kinds(bench: Bench, run: int) -> list[str]:
    return [kind(event) for event in bench.store.events(run)][2:]


def test_an_attempts_order_has_all_that_was_declared(bench: Bench) -> None:
    """Memory, types, condition, and the patterns that its rules ask for."""
    bench.declare(bench.open(), MENDED)
    order = bench.executor.orders[0]
    assert (order.memory, order.types, order.condition, order.patterns) == (100, {"n": "int"}, "n > 0", ("nan",))
    assert (order.step, order.call, order.bash, order.files) == (None, None, False, "")


def test_a_recovery_script_goes_out_and_the_next_attempt_waits_for_it(bench: Bench) -> None:
    """It is committed, then submitted: a script with its own key and time limit, and the failed attempt's files."""
    run = bench.open()
    bench.declare(run, MENDED)
    fail(bench)
    failed, step = bench.executor.orders
    assert (step.step, step.bash, step.source, step.timeout) == ("recovery", True, "./mend.sh", 3.0)
    assert (step.attempt, step.generation, step.files) == (1, 1, f"{failed.folder}/files")
    assert step.env == {"MINE": "yes", "NBFLOW_EXIT_CODE": "10", "NBFLOW_SIGNAL": "", "NBFLOW_REASON": "exit 10"}
    assert (step.outputs, step.condition, step.types, step.memory, step.patterns) == ((), "", {}, None, ())
    assert step.key != failed.key and Path(step.folder).is_dir()
    assert kinds(bench, run) == ["attempt-started", "attempt-ended", "recovery-started"]
    bench.end("a")
    assert [order.attempt for order in bench.executor.orders] == [1, 1, 2]
    assert bench.executor.orders[2].of == 2


def test_rollback_then_fallback(bench: Bench) -> None:
    """Each is a call with the job's inputs; only the fallback has its outputs, and they become the job's."""
    run = bench.open()
    bench.declare(run, MENDED)
    fail(bench, 3)
    rollback = bench.executor.orders[1]
    assert (rollback.step, rollback.call, rollback.outputs, rollback.bash) == ("rollback", UNDO, (), False)
    bench.end("a", "failed", reason=Reason("exception", "KeyError"))
    fallback = bench.executor.orders[2]
    assert (fallback.step, fallback.call, fallback.outputs) == ("fallback", INSTEAD, ("x",))
    assert set(fallback.inputs) == {"n"}
    value = ValueRef(inline=b"0")
    bench.end("a", outputs={"x": value})
    job = bench.job(run, "a")
    assert (job.status.value, job.outputs) == ("recovered", {"x": value})
    assert [(step.step, step.end) for step in job.attempts[0].steps] == [
        ("rollback", "failed"),
        ("fallback", "succeeded"),
    ]


def test_steps_of_a_kernel_job(bench: Bench) -> None:
    """What the notebook wrote runs where the job does; a script always has a process."""
    kernel = HandExecutor()
    bench.loop.add_executor("kernel", kernel, 2)
    spec = JobSpec(name="k", executor="kernel", rules=(Rule(exits=("*",), script="true"),), rollback=UNDO)
    bench.declare(bench.open(), spec)
    for executor, end in ((kernel, "failed"), (bench.executor, "failed"), (kernel, "succeeded")):
        bench.loop.ended(_report(executor, end))
        bench.loop.turn()
    assert [order.step for order in kernel.orders] == [None, "rollback"]
    assert [order.step for order in bench.executor.orders] == ["recovery"]


def _report(executor: HandExecutor, end: str):
    from nbflow.engine.attempt.record import AttemptReport

    return AttemptReport(key=executor.orders[-1].key, end=end, reason=Reason("exit code", "1"), exit_code=1)


def test_a_step_is_stopped_by_its_own_key(bench: Bench) -> None:
    """A cancel stops the script that is under way, once; the rollback that follows is let be."""
    run = bench.open()
    bench.declare(run, MENDED)
    fail(bench)
    for _ in range(2):
        bench.loop.ask(run, [CancelRequested(at=0.0, job="a", generation=1)])
        bench.loop.turn()
    script = bench.executor.orders[1]
    assert bench.executor.cancelled == [(script.key, Reason("cancelled"))]
    bench.end("a", "cancelled")
    assert bench.executor.orders[2].step == "rollback"
    bench.loop.ask(run, [CancelRequested(at=0.0, job="a", generation=1)])
    bench.loop.turn()
    assert len(bench.executor.cancelled) == 1
    bench.end("a")
    assert bench.job(run, "a").status.value == "cancelled"


@pytest.mark.parametrize(("code", "step"), [(10, "recovery"), (3, "rollback")])
def test_a_new_engine_asks_after_a_step(tmp_path: Path, code: int, step: str) -> None:
    """A step whose end nobody recorded is recovered as attempts are; lost, it is run again."""
    old = Bench(tmp_path / ".nbflow")
    run = old.open()
    old.declare(run, MENDED)
    fail(old, code)
    key = old.executor.orders[1].key
    old.store.close()
    new = Bench(tmp_path / ".nbflow")
    new.loop.resume(new.store.runs()[0])
    new.loop.turn()
    assert (new.executor.recovered, new.executor.orders) == ([key], [])
    new.loop.ended(_lost(key))
    new.loop.turn()
    again = new.executor.orders[0]
    assert (again.step, again.attempt) == (step, 1)
    assert again.key != key


def _lost(key: str):
    from nbflow.engine.live import lost_report

    return lost_report(key, "the engine ended before it did")


def test_declared_anew_while_a_script_runs(bench: Bench) -> None:
    """The old generation's script is stopped, and the new one's attempt waits for its end."""
    run = bench.open()
    bench.declare(run, MENDED)
    fail(bench)
    bench.declare(run, MENDED)
    assert bench.executor.cancelled == [(bench.executor.orders[1].key, Reason("replaced"))]
    assert len(bench.executor.orders) == 2
    bench.end("a", "cancelled")
    assert (bench.executor.orders[2].generation, bench.executor.orders[2].step) == (2, None)
    assert isinstance(bench.store.events(run)[1], JobDeclared)


@pytest.mark.parametrize(
    ("ended", "code", "signal"),
    [
        ({"exit_code": 10, "reason": Reason("exit code", "10")}, "10", ""),
        ({"signal": "SIGKILL", "reason": Reason("signal", "SIGKILL")}, "137", "SIGKILL"),
        ({"classes": ("builtins.KeyError",), "reason": Reason("exception", "KeyError")}, "1", ""),
        ({"signal": "SIGTERM", "reason": Reason("timeout", "5 s")}, "", ""),
        ({"signal": "signal 40", "reason": Reason("signal", "signal 40")}, "", "signal 40"),
        ({}, "", ""),
    ],
)
def test_how_a_script_is_told_of_the_failure(ended: dict, code: str, signal: str) -> None:
    """As a shell would say it; after a timeout there is neither, for that end was ours."""
    from nbflow.core.attempt import AttemptState

    told = outcome(AttemptState(number=1, generation=1, key="a1", started_at=0.0, **ended))
    assert (told["NBFLOW_EXIT_CODE"], told["NBFLOW_SIGNAL"]) == (code, signal)
