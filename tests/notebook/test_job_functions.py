"""Functions whose calls are jobs, and jobs that make jobs, in real kernels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel

FUNCTIONS = """
import nbflow

factor = 10

@nbflow.job(outputs=("train", "test"))
def split(rows, at=2):
    return rows[:at], rows[at:]

@nbflow.job
def scale(rows):
    return [row * factor for row in rows]
"""


def run(nb: Kernel, code: str) -> Any:
    cell = nb.run(code)
    assert cell.ok, cell.error
    return cell


def test_calls_are_jobs_of_the_notebook(nb: Kernel) -> None:
    """They are declared at once, wait for each other, and take their globals along; functions run here and now too."""
    run(nb, FUNCTIONS)
    run(nb, "parts = split([1, 2, 3], at=1); scaled = scale([*[parts.output['test'][0]], 5]); factor = 0")
    assert nb.value("(scaled.result(), parts.result())") == ([20, 50], {"train": [1], "test": [2, 3]})
    assert nb.value("(scale.fn([1]), scaled.status.value, parts.name)") == ([0], "succeeded", "split")
    assert nb.value("'output' in globals() or 'train' in globals()") is False


def test_a_cell_that_runs_again_means_the_same_jobs(nb: Kernel) -> None:
    """Its calls take the names that they had; another cell's get new ones."""
    run(nb, FUNCTIONS)
    for _ in range(2):
        nb.run("a = scale([1]); b = scale([2])", cell_id="one")
    nb.run("c = scale([3])", cell_id="two")
    assert nb.value("(a.name, b.name, c.name)") == ("scale", "scale-2", "scale-3")
    assert nb.value("c.result()") == [30]
    jobs = nb.value("{n: j['generation'] for n, j in nbflow.flow().snapshot()['jobs'].items()}")
    assert jobs == {"scale": 2, "scale-2": 2, "scale-3": 1}


def test_a_reference_is_not_a_value(nb: Kernel) -> None:
    """Whatever needs the value says what to do."""
    run(nb, FUNCTIONS)
    cell = nb.run("if scale([1]).output: pass")
    assert "scale.output is not there yet" in cell.error


def test_a_cell_can_be_replaced_by_jobs_it_makes(nb: Kernel) -> None:
    """Its variable is what they made; they are in the flow, and ordinary cells wait for all of it."""
    run(nb, FUNCTIONS)
    run(
        nb,
        "%%job spread\n"
        "import nbflow\n"
        "attempt = nbflow.attempt()\n"
        "attempt.progress(1, 2, 'half')\n"
        "found = None\n"
        "first = scale([1, 2])\n"
        "found = scale([first.output[1], 3])\n"
        "attempt.replace(found)",
    )
    assert nb.value("found") == [200, 30]
    made = ["spread", "spread/scale", "spread/scale-2"]
    assert nb.value("nbflow.flow().status()") == dict.fromkeys(made, "succeeded")
    assert nb.value("nbflow.flow().progress('spread')['text']") == "half"


def test_async_callbacks_go_on_while_a_cell_waits(nb: Kernel) -> None:
    """They may await, and so may tasks that they start, though the kernel's own loop stands still."""
    run(nb, FUNCTIONS)
    run(
        nb,
        "import asyncio, time\n"
        "heard, ticks, tasks = [], [], []\n"
        "async def tick():\n"
        "    while True:\n"
        "        ticks.append(time.monotonic())\n"
        "        await asyncio.sleep(0.02)\n"
        "async def hear(event):\n"
        "    await asyncio.sleep(0.01)\n"
        "    heard.append(event['kind'])\n"
        "    if not tasks:\n"
        "        tasks.append(asyncio.create_task(tick()))\n"
        "stop = nbflow.flow().on_event(hear)",
    )
    run(nb, "slow = nbflow.job(time.sleep)(0.5)\nbefore = time.monotonic()\n%nbflow wait\nafter = time.monotonic()")
    assert nb.value("sum(before < tick < after for tick in ticks) > 5")
    assert nb.value("heard[:3]") == ["run-opened", "job-declared", "attempt-started"]
    run(nb, "stop()")


def test_a_job_cell_that_reads_a_reference_gets_the_value(nb: Kernel) -> None:
    """It needs the job, and finds what the reference stands for under the variable's name."""
    run(nb, FUNCTIONS)
    run(nb, "first = split([4, 5, 6]).output['train'][0]")
    run(nb, "%%job report\nsaid = f'first is {first}'")
    assert nb.value("said") == "first is 4"
    assert nb.value("nbflow.flow().snapshot()['jobs']['report']['needs']") == ["split"]


def test_a_run_that_is_taken_up_leaves_functions_jobs_to_their_handles(start_kernel: Any) -> None:
    """What they made is no variable of the notebook, there or in the next kernel; results are read by name."""
    nb = start_kernel()
    run(nb, "%load_ext nbflow")
    run(nb, FUNCTIONS)
    run(nb, "scale([1])\n%nbflow wait")
    nb.restart()
    run(nb, "%load_ext nbflow\n%nbflow resume")
    assert nb.value("'output' in dir()") is False
    assert nb.value("__import__('nbflow').flow().result('scale')") == [10]
    assert "NameError" in nb.run("output").error
