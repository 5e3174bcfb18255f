"""Ordinary cells that read what jobs make, in real kernels."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel
PATIENT = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"
"""How a job begins that ends when the test says `go`."""
SOON = 3.0
"""Seconds in which an interrupted cell has ended. The promise is 1 s; busy machines that run tests get some more."""


def go(nb: Kernel) -> None:
    (nb.folder / "go").touch()


def declare(nb: Kernel, code: str) -> None:
    cell = nb.run(code)
    assert cell.ok, cell.error


@pytest.mark.each_ipykernel
def test_a_job_cell_returns_at_once_and_the_reader_waits_for_its_value(nb: Kernel) -> None:
    """The next cell that reads a job's variable waits for it and gets it; the job's own cell does not block."""
    declare(nb, f"%%job load\n{PATIENT}raw = [1, 2, 3]")
    cell = nb.start("sum(raw)")
    nb.until(lambda: "waits for load" in cell.text, 20, "the waiting line")
    go(nb)
    assert nb.wait(cell).ok, cell.error
    assert cell.text.endswith("6")


def test_needs_are_inferred_from_names(nb: Kernel) -> None:
    """A job that reads another's output waits for it without being told."""
    declare(nb, "%%job load\nraw = list(range(5))")
    declare(nb, "%%job double\ndoubled = [2 * x for x in raw]")
    assert nb.value("doubled") == [0, 2, 4, 6, 8]
    assert nb.value("__import__('nbflow').flow().snapshot()['jobs']['double']['needs']") == ["load"]


def test_a_job_reads_the_version_of_its_declaration(nb: Kernel) -> None:
    """What the kernel assigns after the declaration does not reach the job: write-after-read cannot hurt."""
    declare(nb, "k = 1")
    declare(nb, "%%job slow\nimport time\ntime.sleep(0.5)\nseen = k")
    declare(nb, "k = 2")
    assert nb.value("(seen, k)") == (1, 2)


@pytest.mark.each_ipykernel
def test_a_failed_jobs_variable_raises_with_the_jobs_traceback(nb: Kernel) -> None:
    """Reading a failed job's variable is a JobFailedError that shows the job's own line."""
    declare(nb, "%%job bad\nd = {}\nq = d['missing key']")
    cell = nb.run("q + 1")
    assert not cell.ok
    assert cell.reply["ename"] == "JobFailedError"
    assert "KeyError: 'missing key'" in cell.reply["evalue"]
    assert "q = d['missing key']" in cell.reply["evalue"]


def test_a_stale_value_is_never_read(nb: Kernel) -> None:
    """A name that a job will write is not readable in its old version meanwhile, nor after the job has failed."""
    declare(nb, "x = 'old'")
    declare(nb, "%%job renew\nx = 1 / 0")
    assert nb.run("print(x)").reply["ename"] == "JobFailedError"


def test_an_assignment_takes_the_name_back(nb: Kernel) -> None:
    """After an ordinary cell assigned the name, the kernel's value counts, in cells and in later jobs."""
    declare(nb, "%%job bad\nx = 1 / 0")
    declare(nb, "x = 5")
    declare(nb, "%%job use\ny = x + 1")
    assert nb.value("(x, y)") == (5, 6)


@pytest.mark.each_ipykernel
def test_changing_a_jobs_value_in_place_makes_it_the_kernels(nb: Kernel) -> None:
    """A later job reads what the ordinary cell has made of the value."""
    declare(nb, "%%job start\nrows = [1]")
    declare(nb, "rows.append(2)")
    declare(nb, "%%job use\ntotal = sum(rows)")
    assert nb.value("total") == 3


def test_functions_of_the_notebook_travel_by_value_with_what_they_use(nb: Kernel) -> None:
    """A notebook function, its globals and a lambda work inside a job, and one made in a job works in a cell."""
    declare(nb, "scale = 3\ndef times(x): return scale * x\nplus = lambda x: x + scale\nclass Box:\n    size = 7")
    declare(nb, "%%job use\nresult = [times(2), plus(1), Box().size]\ndef thrice(x): return times(x)")
    assert nb.value("result") == [6, 4, 7]
    assert nb.value("thrice(5)") == 15


def test_a_function_that_uses_a_jobs_variable_waits_when_it_is_called(nb: Kernel) -> None:
    """Defining the function does not wait; the cell that calls it does."""
    declare(nb, f"%%job slow\n{PATIENT}base = 10")
    declare(nb, "def shifted(x): return base + x")
    cell = nb.start("shifted(1)")
    nb.until(lambda: "waits for slow" in cell.text, 20, "the waiting line")
    go(nb)
    assert nb.wait(cell).ok, cell.error
    assert cell.text.endswith("11")


@pytest.mark.each_ipykernel
@pytest.mark.parametrize(
    "cell",
    ["%%time\nprint(v * 2)", "%time print(v * 2)", "import asyncio\nawait asyncio.sleep(0)\nprint(v * 2)"],
    ids=["cell-magic", "line-magic", "await"],
)
def test_waiting_works_in_every_kind_of_cell(nb: Kernel, cell: str) -> None:
    """Bodies of %%time, %time and cells with await wait like any other."""
    declare(nb, "%%job make\nimport time\ntime.sleep(0.5)\nv = 21")
    done = nb.run(cell)
    assert done.ok, done.error
    assert "42" in done.text


@pytest.mark.each_ipykernel
def test_a_waiting_cell_says_so(nb: Kernel) -> None:
    """After a moment the cell names the job it waits for; at the end it says how long that took."""
    declare(nb, f"%%job make\n{PATIENT}v = 21")
    cell = nb.start("v")
    nb.until(lambda: "waits for make" in cell.text, 20, "the waiting line")
    go(nb)
    nb.wait(cell)
    assert "waits for make" not in cell.text
    assert "waited" in cell.text
    assert "21" in cell.text


@pytest.mark.each_ipykernel
def test_interrupt_ends_the_wait_and_not_the_job(nb: Kernel) -> None:
    """■ returns within a second; the job goes on and its value can be read afterwards."""
    declare(nb, f"%%job slow\n{PATIENT}v = 1")
    cell = nb.start("v")
    nb.until(lambda: "waits for slow" in cell.text, 20, "the waiting line")
    nb.interrupt()
    nb.wait(cell, SOON)
    assert cell.reply["ename"] == "KeyboardInterrupt"
    go(nb)
    assert nb.value("v") == 1


def test_a_held_job_is_not_waited_for(nb: Kernel) -> None:
    """Reading a held job's variable says how to start it instead of waiting for ever."""
    declare(nb, "%%job later --hold\nv = 1")
    cell = nb.run("v")
    assert "%nbflow run later" in cell.error
    declare(nb, "%nbflow run later")
    assert nb.value("v") == 1


def test_an_import_in_a_job_is_there_for_all_without_waiting(nb: Kernel) -> None:
    """A module that a job imports can be used at once by cells and jobs that need nothing else of it."""
    declare(nb, f"%%job slow\nimport statistics\n{PATIENT}v = 1")
    assert nb.value("statistics.mean([1, 3])") == 2
    declare(nb, "%%job other\nm = statistics.mean([1, 5])")
    assert nb.value("m") == 3
    assert nb.value("__import__('nbflow').flow().status()['slow']") == "running"


def test_a_variable_that_the_job_never_bound_is_a_name_error(nb: Kernel) -> None:
    """A job that ended well without binding the name: Python's own NameError, as without jobs."""
    declare(nb, "%%job maybe\nif len('') > 1:\n    v = 1")
    cell = nb.run("v")
    assert cell.reply["ename"] == "NameError"


@pytest.mark.each_ipykernel
def test_a_variable_that_cannot_leave_the_kernel_is_named(nb: Kernel) -> None:
    """The error names the variable, its type and the ways out, and nothing is declared."""
    declare(nb, "import threading\nlock = threading.Lock()")
    cell = nb.run("%%job use\nheld = lock.locked()")
    assert not cell.ok
    assert "'lock'" in cell.text
    assert "--in kernel" in cell.text
    assert nb.value("__import__('nbflow').flow().status()") == {}
    declare(nb, "%%job use --in kernel\nheld = lock.locked()")
    assert nb.value("held") is False


def test_declaring_a_failed_job_again_goes_on_from_there(nb: Kernel) -> None:
    """The same name again is a new generation: upstream is not run again, dependents run."""
    declare(nb, "%%job load\nimport os\nraw = os.getpid()")
    declare(nb, "%%job fit\nmodel = raw + 'x'")
    declare(nb, "%%job report\ntext = model")
    assert "upstream failed: fit" in nb.run("text").error
    declare(nb, "%%job fit\nmodel = str(raw) + 'x'")
    assert nb.value("text == str(raw) + 'x'") is True
    jobs = "__import__('nbflow').flow().snapshot()['jobs']"
    assert nb.value(f"[len({jobs}[j]['attempts']) for j in ('load', 'fit', 'report')]") == [1, 2, 1]
    assert nb.value(f"{jobs}['fit']['generation']") == 2


def test_a_job_that_updates_its_own_input_can_be_declared_again(nb: Kernel) -> None:
    """A body such as ``x = x + 1``, run again after a failure, starts from the version it started from before."""
    declare(nb, "x = 1")
    declare(nb, "%%job step\nx = x + 1\nif x < 5: raise ValueError('not yet')")
    assert nb.run("x").reply["ename"] == "JobFailedError"
    declare(nb, "%%job step\nx = x + 1")
    assert nb.value("x") == 2
    declare(nb, "%%job step\nx = x + 1")
    assert nb.value("x") == 3


@pytest.mark.parametrize(
    "cell",
    ["print(eval('v * 2'))", "exec('print(v * 2)')", "%run -i script.py", "print(globals()['v'] * 2)"],
    ids=["eval", "exec", "run", "globals"],
)
def test_a_cell_that_may_read_anything_waits_for_everything(nb: Kernel, cell: str) -> None:
    """Where the text does not tell which names are read, all jobs that can end are waited for."""
    (nb.folder / "script.py").write_text("print(v * 2)")
    declare(nb, "%%job make\nimport time\ntime.sleep(0.5)\nv = 21")
    declare(nb, "%%job bad\nw = 1 / 0")
    declare(nb, "%%job later --hold\nu = 1")
    done = nb.run(cell)
    assert done.ok, done.error
    assert "42" in done.text


def test_exceptions_that_are_not_to_be_retried(nb: Kernel) -> None:
    """`--retry-on` goes by the class of what the cell raised, in a process as in the kernel."""
    declare(nb, "%%job lost --retries 2 --delay 0 --retry-on LookupError\nraise KeyError('x')")
    declare(nb, "%%job odd --retries 2 --delay 0 --retry-on LookupError\nraise ValueError('x')")
    declare(nb, "%%job live --in kernel --retries 2 --delay 0 --no-retry-on LookupError\nraise KeyError('x')")
    assert not nb.run("%nbflow wait").ok
    jobs = nb.value("__import__('nbflow').flow().snapshot()['jobs']")
    assert {name: len(job["attempts"]) for name, job in jobs.items()} == {"lost": 3, "odd": 1, "live": 1}
    assert "(not retried: --retry-on LookupError)" in nb.run("%nbflow why odd").text


def test_a_deadline_ends_a_job_over_all_its_attempts(nb: Kernel) -> None:
    """Failed attempts and waits count; the running attempt is killed, and the card says why."""
    started = time.monotonic()
    declare(
        nb,
        "%%job slow --retries 9 --delay 100ms --deadline 2s\nimport nbflow, time\n"
        "if nbflow.attempt().number < 3:\n    raise OSError('busy')\ntime.sleep(60)",
    )
    assert not nb.run("%nbflow wait").ok
    assert time.monotonic() - started < 30
    assert "deadline: 2 s" in nb.run("%nbflow why slow").text
    job = nb.value("__import__('nbflow').flow().snapshot()['jobs']['slow']")
    assert (job["status"], job["reason"]["kind"]) == ("failed", "deadline")
    assert len(job["attempts"]) < 4


def test_a_deadline_ends_a_job_in_the_kernel(nb: Kernel) -> None:
    """Between two lines of Python, as a timeout does."""
    declare(nb, "%%job live --in kernel --deadline 500ms --outputs ''\nimport time\nwhile True:\n    time.sleep(0.01)")
    assert not nb.run("%nbflow wait").ok
    assert nb.value("__import__('nbflow').flow().snapshot()['jobs']['live']['reason']")["kind"] == "deadline"


def test_a_share_and_a_combination_decide_for_a_group(nb: Kernel) -> None:
    """Two of three are 66 % of them, and not 67 %; a critical member may save what the number does not."""
    for n, code in enumerate(("x = 1", "x = 1", "x = 1 / 0")):
        declare(nb, f"%%job m{n} --group g --policy at-least:66% --outputs ''\n{code}")
    declare(nb, "%%job enough --after g\nenough = 1")
    assert nb.value("enough") == 1
    declare(nb, "%nbflow group g --policy at-least:67%")
    groups = "__import__('nbflow').flow().snapshot()['groups']['g']"
    assert nb.value(groups)["verdict"] == "broken"
    declare(nb, "%nbflow group g --policy 'at-least:67% | critical:m0'")
    assert (nb.value(groups)["verdict"], nb.value(groups)["policy"]) == ("met", "at-least:67% | critical:m0")


def test_a_group_that_fails_fast_kills_its_other_members(nb: Kernel) -> None:
    """The running one is stopped, the waiting one never starts, and both say why."""
    started = time.monotonic()
    declare(nb, "%%job long --group g --policy strict --fail-fast --outputs ''\nimport time\ntime.sleep(60)")
    declare(nb, "%%job after --group g --after long --outputs ''\npass")
    declare(nb, "%%job bad --group g --outputs ''\n1 / 0")
    assert not nb.run("%nbflow wait").ok
    assert time.monotonic() - started < 30
    jobs = nb.value("__import__('nbflow').flow().snapshot()['jobs']")
    assert {name: job["status"] for name, job in jobs.items()} == {
        "long": "cancelled",
        "after": "cancelled",
        "bad": "failed",
    }
    assert jobs["long"]["reason"]["kind"] == "policy"
    assert "policy: g (all 3 needed" in nb.run("%nbflow why long").text


def test_enough_members_are_enough_at_once(nb: Kernel) -> None:
    """With `--early` the reader starts while a member runs; with `--cancel-rest` that member is ended."""
    started = time.monotonic()
    declare(nb, "%%job long --group g --policy at-least:1 --early --outputs ''\nimport time\ntime.sleep(60)")
    declare(nb, "%%job short --group g --outputs ''\npass")
    declare(nb, "%%job reader --after g\nread = 1")
    assert nb.value("read") == 1
    assert nb.value("__import__('nbflow').flow().status()['long']") == "running"
    declare(nb, "%%job first --group h --policy at-least:1 --cancel-rest --outputs ''\nimport time\ntime.sleep(60)")
    declare(nb, "%%job second --group h --outputs ''\npass")
    declare(nb, "%nbflow cancel long")
    assert nb.run("%nbflow wait h").ok
    assert time.monotonic() - started < 40
    assert nb.value("__import__('nbflow').flow().status()['first']") == "cancelled"


def test_members_of_a_group_take_turns(nb: Kernel) -> None:
    """With `--max-parallel 1` no two of them overlap, though slots are free."""
    for name in "abc":
        more = "--max-parallel 1" if name == "a" else ""
        declare(nb, f"%%job {name} --group g {more} --outputs ''\nimport time\ntime.sleep(0.3)")
    declare(nb, "%nbflow wait")
    jobs = nb.value("__import__('nbflow').flow().snapshot()['jobs']")
    spans = sorted((job["attempts"][0]["started_at"], job["attempts"][0]["ended_at"]) for job in jobs.values())
    assert all(ended <= started for (_, ended), (started, _) in pairwise(spans))
