"""What an order can ask besides running a cell: calls after a failure, values for needs never met, checks, patterns."""

from __future__ import annotations

import asyncio
import functools

import pytest

from nbflow import Missing
from nbflow.core.spec import Call
from nbflow.core.status import Reason


def calling(runner, what, label="undo", step="fallback", **options):
    """Run a step that calls *what*: a function, or the text of an expression."""
    if isinstance(what, str):
        call = Call(label=f"={what}", expression=what)
    else:
        call = Call(label=label, function=runner.values.dump(what))
    return runner.run("", step=step, call=call, **options)


def in_notebook(source):
    """The function ``f`` of a notebook cell with the text *source*: it travels by value."""
    space = {"__name__": "__main__"}
    exec(source, space)
    return space["f"]


# --- calls
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): return 'nothing'", "nothing"),
        ("def f(a): return a", 1),
        ("def f(b, a): return (a, b)", (1, 2)),
        ("def f(a, c=7): return (a, c)", (1, 7)),
        ("def f(a, b=7): return (a, b)", (1, 2)),
        ("def f(a, /, *, b): return (a, b)", (1, 2)),
        ("def f(a, *rest): return (a, rest)", (1, ())),
        ("def f(**all): return all", {"a": 1, "b": 2}),
        ("def f(a, **rest): return (a, rest)", (1, {"b": 2})),
        ("async def f(a):\n import asyncio\n await asyncio.sleep(0)\n return a", 1),
        ("k = 3\ndef f(a): return a + k", 4),
    ],
)
def test_a_function_gets_the_inputs_that_its_parameters_name(runner, source, expected):
    """By name, wherever they stand; defaults hold, ``**kwargs`` takes all the rest, async functions are awaited."""
    trial = calling(runner, in_notebook(source), inputs={"a": 1, "b": 2}, outputs=("y",))
    assert trial.report().end == "succeeded", trial.report()
    assert runner.value(trial, "y") == expected


@pytest.mark.parametrize(
    ("inputs", "said"),
    [({"a": 1}, "undo needs 'z', which is no input of the job: it has a"),
     ({}, "undo needs 'z', which is no input of the job: it has none")],
)  # fmt: skip
def test_a_parameter_that_is_no_input_is_named(runner, inputs, said):
    """A parameter that has no default and names no input is an error before anything is called."""
    report = calling(runner, in_notebook("def f(z): print('called')"), inputs=inputs).report()
    assert (report.end, report.reason) == ("failed", Reason("invalid argument", said, 4))


def test_only_the_inputs_that_are_wanted_are_loaded(runner):
    """An input that cannot be loaded, perhaps the very cause of the failure, keeps no fallback from its work."""
    trial = calling(runner, in_notebook("def f(a): return a"), inputs={"a": 5, "bad": Gone()}, outputs=("y",))
    assert trial.report().end == "succeeded"
    report = calling(runner, in_notebook("def f(bad): return 1"), inputs={"a": 5, "bad": Gone()}).report()
    assert report.reason.kind == "input not loadable"


class Gone:
    """Loads nowhere."""

    def __reduce__(self):
        return _gone, ()


def _gone():
    raise LookupError("gone")


@pytest.mark.parametrize("what", [functools.partial(pow, 2), asyncio.sleep])
def test_what_is_no_plain_function_can_be_called(runner, what):
    """Partials of C functions and functions of a library do as well."""
    inputs = {"exp": 5, "delay": 0, "result": 32}
    trial = calling(runner, what, inputs=inputs, outputs=("y",))
    assert trial.report().end == "succeeded", trial.report()
    assert runner.value(trial, "y") == 32


@pytest.mark.parametrize("what", ["[a * i for i in range(b)]", "(lambda n: [0, n])(a)", " [0, a]"])
def test_an_expression(runner, what):
    """``=expression`` is evaluated on the job's inputs."""
    trial = calling(runner, what, inputs={"a": 1, "b": 2, "bad": Gone()}, outputs=("y",))
    assert trial.report().end == "succeeded", trial.report()
    assert runner.value(trial, "y") == [0, 1]


ONE, TWO = ("y",), ("y", "z")


@pytest.mark.parametrize(
    ("result", "outputs", "expected"),
    [
        ("(1, 2)", (), {}),
        ("(1, 2)", ONE, {"y": (1, 2)}),
        ("{'y': 1}", ONE, {"y": {"y": 1}}),
        ("None", ONE, {"y": None}),
        ("(1, 2)", TWO, {"y": 1, "z": 2}),
        ("{'z': 2, 'y': 1}", TWO, {"y": 1, "z": 2}),
        ("{'z': 2, 'y': 1, 'more': 3}", TWO, {"y": 1, "z": 2}),
        ("(1, 2, 3)", TWO, "the fallback gave a tuple of 3"),
        ("{'y': 1}", TWO, "the fallback gave a dict without z"),
        ("[1, 2]", TWO, "the fallback gave a value of type list"),
        ("None", TWO, "the fallback gave None"),
    ],
)
def test_a_fallbacks_result_becomes_the_outputs(runner, result, outputs, expected):
    """One output is the result itself; several are a dict by name or a tuple in order; else it says so."""
    trial = calling(runner, result, outputs=outputs)
    report = trial.report()
    if isinstance(expected, dict):
        assert {name: runner.value(trial, name) for name in report.outputs} == expected
    else:
        wanted = "expected a dict with the keys y, z, or a tuple of 2 in that order, or fewer --outputs"
        assert report.reason == Reason("invalid type", f"{expected}: {wanted}", 4)


def test_an_error_in_a_call_is_told_like_a_cells(runner):
    """Reason, classes and traceback are those of the function's own error."""
    report = calling(runner, in_notebook("def f(a):\n    return 1 / a"), inputs={"a": 0}).report()
    assert (report.end, report.reason.words()) == ("failed", "ZeroDivisionError: division by zero")
    assert "in f" in report.traceback
    assert "nbflow/" not in report.traceback


def test_what_a_call_prints_is_in_its_log(runner):
    """A step has a folder and a log of its own."""
    trial = calling(runner, in_notebook("def f(a):\n    print('undoing', a)"), step="rollback", inputs={"a": 1})
    assert (trial.report().end, trial.out) == ("succeeded", "undoing 1\n")


# --- needs that were never met
def test_missing_needs_as_none_object_or_expression(runner):
    """``none`` gives None, ``pass`` an object that says which job and why, ``=expr`` a value made of other inputs."""
    seen = "seen = x"
    for on_missing, expected in {"none": None, "pass": Missing("load", "exit 10"), "=2 * k": 42}.items():
        trial = runner.run(seen, ("seen",), absent=["x"], on_missing=on_missing, inputs={"k": 21})
        assert runner.value(trial, "seen") == expected


def test_a_call_gets_the_stand_in_too(runner):
    """What a job reads in place of a missing need, its fallback reads as well."""
    trial = calling(runner, in_notebook("def f(x): return repr(x)"), absent=["x"], on_missing="pass", outputs=("y",))
    assert runner.value(trial, "y") == "Missing(job='load', reason='exit 10')"


# --- condition and types
def test_a_false_condition_skips(runner):
    """The body does not run; the reason says what did not hold."""
    trial = runner.run("print('ran')", ("x",), condition="n > 3", inputs={"n": 3})
    assert (trial.report().end, trial.report().reason) == ("skipped", Reason("condition", "n > 3", 4))
    assert trial.out == ""
    assert runner.run("x = n", ("x",), condition="n > 3", inputs={"n": 4}).report().end == "succeeded"


def test_a_condition_that_raises_fails(runner):
    """With its own error, of which the expression is a line of the traceback."""
    report = runner.run("x = 1", condition="len(n) > 3", inputs={"n": 3}).report()
    assert (report.end, report.reason.kind) == ("failed", "invalid type")
    assert "len(n) > 3" in report.traceback


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        ("int", 5, ""),
        ("int", "5", "x: Input should be a valid integer, not str"),
        ("int", True, "x: Input should be a valid integer, not bool"),
        ("float", 5, ""),
        ("str | None", None, ""),
        ("list[int]", [1, 2], ""),
        ("list[int]", [1, "2", None], "x: Input should be a valid integer, not str at [1] (and 1 more)"),
        ("dict[str, list[int]]", {"a": [1.5]}, "x: Input should be a valid integer, not float at ['a'][0]"),
        ("complex", 1j, ""),
        ("slice", slice(3), ""),
        ("slice", 3, "x: Input should be an instance of slice, not int"),
        ("'int'", 5, ""),
        ("NotKnown", 5, ""),
        (
            "__import__('dataclasses').make_dataclass('D', [('a', int)])",
            5,
            "x: Input should be an instance of D, not int",
        ),
    ],
)
def test_typed_inputs(runner, annotation, value, said):
    """Strict: nothing is converted. Any class will do. What the annotation means has to be known before the body."""
    report = runner.run("y = 1", ("y",), types={"x": annotation}, inputs={"x": value}).report()
    if said:
        assert (report.end, report.reason) == ("failed", Reason("invalid input", said, 4))
    else:
        assert report.end == "succeeded", report


def test_the_condition_comes_before_the_types(runner):
    """``--if`` can ask whether there is anything to check."""
    trial = runner.run("y = 1", condition="x is not None", types={"x": "int"}, inputs={"x": None})
    assert trial.report().end == "skipped"


# --- patterns
def test_patterns_are_looked_for_in_out_err_and_traceback(runner):
    """Of a failed attempt: those found, in the order asked for."""
    source = "import sys\nprint('loss is nan')\nprint('CUDA: busy', file=sys.stderr)\nraise OSError('no route')"
    asked = ("no route", "^CUDA", "loss is \\w+$", "absent")
    assert runner.run(source, patterns=asked).report().found == asked[:3]


def test_patterns_are_not_looked_for_after_a_success(runner):
    """Nobody asks then."""
    assert runner.run("print('loss is nan')", patterns=("nan",)).report().found == ()


def test_a_pattern_that_takes_for_ever_stalls_nobody(runner):
    """It counts as not found and the log says so; others are found all the same, and the next attempt runs."""
    trial = runner.run("print('a' * 40 + '!')\nraise KeyError", patterns=("(a+)+$", "KeyError", "("))
    assert trial.report().found == ("KeyError",)
    assert "the pattern '(a+)+$' takes longer than 1 s to look for: it counts as not found" in trial.err
    assert "the pattern '(' is no regular expression" in trial.err
    assert runner.run("pass").report().end == "succeeded"
