"""What executors owe that give each attempt a process: what its code asks for from inside comes with its success."""

from __future__ import annotations

import pytest

from nbflow.core.inputs import Absent, Filled, Whole
from nbflow.core.spec import Produced
from nbflow.core.status import Reason
from nbflow.engine.client import Values, read_progress

JOB = """
import nbflow

@nbflow.job
def square(n):
    return n * n

attempt = nbflow.attempt()
"""


def test_jobs_come_with_the_report(isolated):
    """Named by their maker, after all that they refer to, with values that others can load."""
    report = isolated.run(JOB + "x = square(square(3))\nattempt.replace(x)", ("x",), job="make").report()
    asked = report.response
    assert [spec.name for spec in asked.jobs] == ["make/square", "make/square-2"]
    assert (asked.replaced_by, asked.outputs) == (("make/square-2",), {"x": Produced("make/square-2", "output")})
    first, second = asked.jobs
    assert Values(isolated.store).load(first.inputs["n"].value) == 3
    assert second.inputs["n"] == Produced("make/square", "output")


def test_a_failed_attempt_asks_for_nothing(isolated):
    """Whatever it had asked for before."""
    report = isolated.run(JOB + "attempt.add(square(1))\nattempt.stop_flow()\n1 / 0").report()
    assert (report.end, report.response) == ("failed", None)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("attempt.add(3)", "a value of type int is no job"),
        ("attempt.add(square(1).output)", "a value of type Reference is no job"),
        ("a = b = 1\nattempt.replace(square(1))", "none of the jobs in its place makes a, b"),
        ("f = square.options(name='f'); attempt.add([f(1), f(2)])", "there is a job 'f' already"),
        ("attempt.add(square.options(after='fit*')(1))", "'fit*' cannot be looked up: name the jobs"),
        ("attempt.add(square.options(group='g', policy='strict')(1))", "the policy of group 'g' cannot be set inside"),
    ],
)
def test_what_cannot_be_asked_for_fails_the_attempt(isolated, code, said):
    """With one line that says what is wrong."""
    outputs = ("a", "b") if "a = b" in code else ()
    assert said in isolated.run(JOB + code, outputs).report().reason.detail


def test_progress_can_be_read_while_it_runs_and_after(isolated):
    """The last word counts, however soon after another it comes."""
    trial = isolated.run(JOB + "for n in range(1000): attempt.progress(n, 2000, 'half')")
    trial.report()
    assert {**read_progress(trial.folder), "at": 0} == {"done": 999, "total": 2000, "text": "half", "at": 0}


def test_parts_of_an_input_are_put_into_their_places(isolated):
    """Those that have no value are what on-missing says."""
    values = Values(isolated.store)
    holes = [object(), object()]
    template = values.dump({"all": holes}, "x", lambda each: holes.index(each) if type(each) is object else None)
    given = Filled(template, (Whole(values.dump(1)), Absent("load", Reason("exit code", "3"))))
    trial = isolated.run("y = x['all']", ("y",), inputs={"x": given}, on_missing="=[]")
    assert isolated.value(trial, "y") == [1, []]


def test_a_progress_bar_of_tqdm_is_progress(isolated):
    """Used as anywhere; the outermost bar counts."""
    outer, inner = "tqdm(range(4), desc='rows', mininterval=0)", "tqdm(range(9))"
    trial = isolated.run(f"from tqdm import tqdm\nfor n in {outer}:\n    for m in {inner}: pass")
    assert trial.report().end == "succeeded"
    assert {**read_progress(trial.folder), "at": 0} == {"done": 4, "total": 4, "text": "rows", "at": 0}
