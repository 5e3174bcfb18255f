"""Flows of job functions in scripts: without IPython, through a real engine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

import nbflow
from nbflow import Flow, JobFailedError, NbflowError, RunFailedError, job


@job
def one(n=1):
    return n


@job(outputs=("low", "high"))
def halves(n):
    return {"low": n // 2, "high": n - n // 2}


@job
def add(numbers, *, scale=1):
    return scale * sum(n for n in numbers if n is not None)


@job
def fails(message="boom"):
    raise KeyError(message)


@pytest.fixture
def flow(folder: Path) -> Flow:
    return Flow("script", store=folder)


def test_a_script_runs_without_ipython(folder: Path) -> None:
    """From the first import to the last result, and its functions' own module is there for its jobs."""
    script = folder / "script.py"
    script.write_text(
        dedent("""
        import sys
        from dataclasses import dataclass
        import nbflow

        @dataclass
        class Point:
            x: int
            y: int

        @nbflow.job
        def move(point, by):
            return Point(point.x + by, point.y)

        if __name__ == "__main__":
            with nbflow.Flow("points") as flow:
                moved = move(Point(1, 2), 3)
                there = move(moved, moved.output.x)
            assert isinstance(there.result(), Point)
            print(there.result(), flow.status(), "IPython" in sys.modules)
        """)
    )
    done = subprocess.run(
        [sys.executable, script], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (
        "Point(x=8, y=2) {'move': 'succeeded', 'move-2': 'succeeded'} False\n",
        "",
    )


def test_values_go_from_job_to_job(flow: Flow) -> None:
    """Whole, in parts, inside of containers; results are read from the handles."""
    with flow:
        low, high = halves(9).output
        total = add([low, high, one(5)], scale=one(2))
    assert (total.result(), total.status, flow.result("halves")) == (28, "succeeded", {"low": 4, "high": 5})


def test_a_failing_flow_raises_at_the_end_of_its_block(flow: Flow) -> None:
    """With the jobs that failed; a handle gives the job's own error; an error in the block comes first."""
    with pytest.raises(RunFailedError, match=r"fails \(KeyError: 'boom'\)"), flow:
        bad = fails()
    with pytest.raises(JobFailedError, match="raise KeyError"):
        bad.result()
    with pytest.raises(ZeroDivisionError), flow:
        one(1 / 0)


def test_missing_values_are_none_where_a_job_can_do_without(flow: Flow) -> None:
    """Also inside of an argument, as jobflow has it."""
    with flow:
        parts = [one(), one(), fails()]
        total = add.options(on_missing="none")([part.output for part in parts])
    assert (total.result(), flow.snapshot()["verdict"]) == (2, "degraded")


def test_calls_made_elsewhere_are_added(flow: Flow) -> None:
    """All that they refer to comes along, in one declaration; a call that is declared is passed over."""
    total = add([one(2), one(3)])
    assert not total.declared
    flow.add(total)
    flow.add([total])
    assert total.result(30) == 5
    assert flow.status() == {"one": "succeeded", "one-2": "succeeded", "add": "succeeded"}


def test_a_script_that_goes_on_runs_only_what_has_to(folder: Path) -> None:
    """What is as it was is kept, what failed or changed runs again, and so does what needs that."""

    def script(fixed: bool, scale: int = 1) -> dict[str, int]:
        flow = Flow("again", store=folder, resume=True)
        first, second = one(2), one(3)
        last = add([first, second], scale=scale)
        mended = add([last, one(4)] if fixed else [last, "four"])
        flow.add(mended)
        try:
            flow.wait(timeout=30)
        except RunFailedError:
            assert not fixed
        else:
            assert mended.result() == scale * 5 + 4
        made = {name: state["generation"] for name, state in flow.snapshot()["jobs"].items()}
        flow.close()
        return made

    assert script(fixed=False) == {"one": 1, "one-2": 1, "add": 1, "add-2": 1}
    assert script(fixed=True) == {"one": 1, "one-2": 1, "add": 1, "one-3": 1, "add-2": 2}
    assert script(fixed=True) == {"one": 1, "one-2": 1, "add": 1, "one-3": 1, "add-2": 2}
    assert script(fixed=True, scale=2) == {"one": 1, "one-2": 1, "add": 2, "one-3": 1, "add-2": 3}


def test_a_script_that_runs_twice_begins_a_new_run(folder: Path) -> None:
    """Each has its own history."""
    for number in (1, 2):
        with Flow("twice", store=folder) as flow:
            one()
        assert (flow.snapshot()["run"], flow.status()) == (number, {"one": "succeeded"})
        flow.close()


@job
def spread(n):
    attempt = nbflow.attempt()
    for done in range(n):
        attempt.progress(done + 1, n, "making")
    parts = [one(number) for number in range(n)]
    attempt.replace(add([part.output for part in parts]))


@job
def countdown(n):
    if n:
        nbflow.attempt().replace(countdown(n - 1))
    return n


@job
def careful(attempts_that_fail):
    attempt = nbflow.attempt()
    attempt.detour(one(attempt.number))
    if attempt.number <= attempts_that_fail:
        raise ValueError("not yet")
    return attempt.number


def test_jobs_make_jobs(flow: Flow) -> None:
    """A job is replaced by those that it makes, however deep; readers get what they made."""
    with flow:
        total, zero = spread(3), countdown(2)
        after = add([total, 10])
    assert (total.result(), after.result(), zero.result()) == (3, 13, 0)
    made = flow.snapshot()["jobs"]
    assert {name: made[name]["maker"] for name in made if made[name]["maker"]} == {
        "spread/one": "spread", "spread/one-2": "spread", "spread/one-3": "spread", "spread/add": "spread",
        "countdown/countdown": "countdown", "countdown/countdown/countdown": "countdown/countdown",
    }  # fmt: skip
    assert flow.progress("spread")["done"] == 3


def test_an_attempt_that_fails_leaves_no_jobs(flow: Flow) -> None:
    """Only what the one that succeeded asked for is declared."""
    with flow:
        handle = careful.options(retries=2, delay=0)(2)
    assert handle.result() == 3
    assert flow.result("careful/one") == 3


@job
def stops(what):
    getattr(nbflow.attempt(), what)()


def test_a_job_stops_others(flow: Flow) -> None:
    """Its children, or whatever has not started; the run is as good as before."""
    with flow:
        stopper = stops.options(hold=True)("stop_children")
        child, free = add([stopper]), one()
        flow.run("stops")
    assert (child.status, free.status, flow.snapshot()["verdict"]) == ("skipped", "succeeded", "succeeded")
    assert flow.why("add") == "add was skipped: stopped by stops."


@job
def clashing():
    nbflow.attempt().add(one.options(name="taken")())


def test_what_cannot_be_declared_fails_the_job(flow: Flow) -> None:
    """Its reason says what, and nothing was declared."""
    with pytest.raises(RunFailedError, match="there is a job 'taken' already, which 'clashing' did not make"), flow:
        one.options(name="taken")()
        clashing()
    assert list(flow.status()) == ["taken", "clashing"]


def test_groups_take_their_options_by_keyword(flow: Flow) -> None:
    """As the verb does."""
    with flow:
        flow.group("some", policy="at-least:1", max_parallel=1)
        for call in (one, fails):
            call.options(group="some")()
        last = one.options(after="some")(7)
    assert (last.result(), flow.snapshot()["groups"]["some"]["verdict"]) == (7, "met")


def test_a_script_has_no_kernel(flow: Flow) -> None:
    """A job that asks for one is refused; one that is not declared has nothing to say."""
    with pytest.raises(NbflowError, match="cannot run in the kernel"), flow:
        one.options(in_="kernel")()
    with pytest.raises(NbflowError, match="is not declared"):
        one().result()


def test_events_are_heard(flow: Flow) -> None:
    """By plain and async callbacks."""
    plain, later = [], []

    async def note(event):
        later.append(event["kind"])

    flow.on_event(plain.append)
    flow.on_event(note)
    with flow:
        one()
    wanted = ["run-opened", "job-declared", "attempt-started", "attempt-ended", "job-ended"]
    until = time.monotonic() + 10
    while (len(plain), len(later)) != (5, 5) and time.monotonic() < until:
        time.sleep(0.01)
    assert [event["kind"] for event in plain] == later == wanted


def test_functions_may_be_async_and_decorated_elsewhere(flow: Flow) -> None:
    """An async one is awaited; one of a module goes by its name; calls with other options are other jobs."""
    import math

    @job
    async def wait(seconds):
        import asyncio

        await asyncio.sleep(seconds)
        return seconds

    with flow:
        root = job(math.sqrt).options(name="root")(wait(0.25))
    assert (root.result(), root.name, root.status) == (0.5, "root", "succeeded")


def test_verbs_take_handles(flow: Flow) -> None:
    """As they take names and patterns."""
    with flow:
        handle = one(3)
    assert flow.retry(handle) == 1
    flow.wait(handle, timeout=30)
    assert (flow.snapshot()["jobs"]["one"]["generation"], handle.result()) == (2, 3)


DOCS = Path(__file__).parent.parent / "docs/functions.md"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (0, "{'alpha': 10, 'score': 31600} succeeded {'split': 'succeeded', 'fit': 'succeeded'"),
        (1, "14 ['squares', 'squares/square', 'squares/square-2', "),
    ],
)
def test_the_examples_of_the_page_run(place: int, said: str, folder: Path) -> None:
    """As scripts, as they stand."""
    script = folder / "example.py"
    script.write_text(re.findall(r"^```python\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)[place])
    done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith(said)


@job
def naps(*seconds):
    nbflow.attempt().detour([job(time.sleep)(each) for each in seconds])
    return len(seconds)


def test_jobs_that_were_made_outlive_the_engine(flow: Flow) -> None:
    """Killed while they run, it is followed by one that knows of them, and of the job that waits for them."""
    with flow:
        handle = naps(0.8, 0.1)
        until = time.monotonic() + 20
        while flow.status().get("naps/sleep") != "running" and time.monotonic() < until:
            time.sleep(0.01)
        assert flow.status()["naps"] == "waiting"
        os.kill(flow._session.client.pid, signal.SIGKILL)
    assert (handle.result(), set(flow.status().values())) == (2, {"succeeded"})
