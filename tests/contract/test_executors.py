"""What every executor owes the engine: one report per order, and the same words for the same ends.

What only those owe that give each attempt a process of its own is in ``test_isolation.py``.
"""

from __future__ import annotations

import pytest

from nbflow.core.status import Reason
from nbflow.engine.executors import KINDS
from tests.attempts import CANCELLED
from tests.contract.conftest import ISOLATED, MAKERS


def test_every_kind_is_here():
    """No kind of executor is left out of the contract."""
    assert set(MAKERS) == set(KINDS) > ISOLATED


def test_outputs_come_back(runner):
    """An attempt that succeeds reports the outputs it was asked for."""
    trial = runner.run("total = sum(numbers)\nother = 1", ("total",), inputs={"numbers": [1, 2, 3]})
    assert trial.report().end == "succeeded"
    assert list(trial.report().outputs) == ["total"]
    assert runner.value(trial, "total") == 6


def test_missing_outputs_are_named(runner):
    """An output that the body did not bind is listed as missing and is no failure by itself."""
    report = runner.run("a = 1\nif a > 1:\n    unbound = 2", ("a", "unbound")).report()
    assert (report.end, report.missing) == ("succeeded", ("unbound",))


def test_absent_input_is_none(runner):
    """An input whose need is tolerated to be missing is the value None."""
    assert runner.value(runner.run("seen = x is None", ("seen",), absent=["x"]), "seen") is True


@pytest.mark.parametrize(
    ("source", "kind", "detail"),
    [
        ("raise KeyError('x')", "exception", "KeyError: 'x'"),
        ("raise ValueError('bad')", "invalid argument", "ValueError: bad"),
        ("len(5)", "invalid type", "TypeError: object of type 'int' has no len()"),
        ("assert 1 == 2, 'no'", "assertion", "AssertionError: no"),
        ("import no_such_module", "import", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("a = (", "syntax", "SyntaxError: '(' was never closed (line 1)"),
        ("raise MemoryError", "out of memory", "MemoryError"),
        ("import sys; sys.exit(10)", "exit code", "10"),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
    ],
    ids=lambda value: value if " " not in value else None,
)
def test_a_failure_has_a_reason(runner, source, kind, detail):
    """Each way to fail has its kind of reason, the words of the error, and the attempt's number."""
    report = runner.run(source).report()
    assert (report.end, report.reason) == ("failed", Reason(kind, detail, 4))


def test_a_cells_exit_code_is_reported(runner):
    """``sys.exit`` with a text fails as Python would: code 1, and the text in the error stream."""
    trial = runner.run("import sys\nsys.exit('no data')")
    assert (trial.report().end, trial.report().exit_code, trial.err) == ("failed", 1, "no data\n")


@pytest.mark.parametrize(
    ("source", "classes"),
    [
        ("open('/no/such')", ["FileNotFoundError", "OSError"]),
        ("class Own(KeyError): pass\nraise Own", ["Own", "KeyError", "LookupError"]),
        ("raise KeyboardInterrupt", ["KeyboardInterrupt"]),
        ("import sys; sys.exit(10)", []),
    ],
    ids=["builtin", "own", "base", "exit code"],
)
def test_a_failure_names_the_classes_of_its_exception(runner, source, classes):
    """The class first, then its bases; none where it was no exception."""
    report = runner.run(source).report()
    assert report.end == "failed"
    assert [name.rpartition(".")[2] for name in report.classes[: len(classes)]] == classes
    assert bool(report.classes) == bool(classes)


@pytest.mark.parametrize("code", ["0", "None", ""])
def test_exit_zero_is_an_end_like_another(runner, code):
    """``sys.exit(0)`` in a cell ends it, and what was bound until then counts."""
    trial = runner.run(f"import sys\nx = 5\nsys.exit({code})\nx = 6", ("x",))
    assert trial.report().end == "succeeded"
    assert runner.value(trial, "x") == 5


def test_traceback_starts_at_the_users_code(runner):
    """The traceback is plain text, shows the lines as typed, and nothing of ours."""
    trace = runner.run("def f(x):\n    return 1 / x  # here\n\nf(0)").report().traceback
    assert trace.splitlines()[1:3] == ['  File "<job fit>", line 4, in <module>', "    f(0)"]
    assert "return 1 / x  # here" in trace
    assert "nbflow" not in trace
    assert "\x1b" not in trace


def test_input_that_cannot_enter(runner):
    """A value that cannot be loaded fails the attempt before its body runs."""
    trial = runner.run("print('ran')", inputs={"x": Gone()})
    assert trial.report().reason.kind == "input not loadable"
    assert trial.report().reason.detail.startswith("x: LookupError")
    assert trial.out == ""


class Gone:
    """Loads nowhere."""

    def __reduce__(self):
        return _gone, ()


def _gone():
    raise LookupError("gone")


def test_streams_are_the_attempts_own(runner):
    """What is printed goes to the attempt's files, stream by stream."""
    trial = runner.run("import sys\nprint('to out')\nprint('to err', file=sys.stderr)")
    assert (trial.out, trial.err) == ("to out\n", "to err\n")


def test_last_expression_is_shown(runner):
    """The value of a cell's last expression is its rich output; a semicolon silences it."""
    assert [display.data for display in runner.run("1 + 1").displays] == [{"text/plain": "2"}]
    assert runner.run("1 + 1;").displays == []
    assert runner.run("None").displays == []


def test_cancel_ends_it_and_says_why(runner):
    """A cancelled attempt reports ``cancelled`` and the cause it was given."""
    trial = runner.submit("import time\nprint('started')\nfor _ in range(600): time.sleep(.1)")
    trial.saw("started")
    runner.cancel(trial)
    runner.cancel(trial)
    assert (trial.report().end, trial.report().reason) == ("cancelled", CANCELLED)


def test_cancel_right_after_submit_is_not_lost(runner):
    """A cancel that comes before the body has begun ends the attempt all the same."""
    trial = runner.submit("import time\nfor _ in range(600): time.sleep(.1)")
    runner.cancel(trial)
    assert (trial.report().end, trial.report().reason) == ("cancelled", CANCELLED)


def test_a_failure_while_being_stopped_is_the_stops(runner):
    """What the body raises on being stopped does not make its end a failure."""
    source = "import time\ntry:\n    print('started')\n    for _ in range(600): time.sleep(.1)\nfinally:\n    1 / 0"
    trial = runner.submit(source)
    trial.saw("started")
    runner.cancel(trial)
    assert (trial.report().end, trial.report().reason) == ("cancelled", CANCELLED)


def test_a_timeout_fails_it(runner):
    """An attempt that takes longer than it may has failed, and the limit is told."""
    report = runner.run("import time\nfor _ in range(6000): time.sleep(.01)", timeout=0.2).report()
    assert (report.end, report.reason) == ("failed", Reason("timeout", "0.2 s", 4))


def test_cancel_after_the_end_is_ignored(runner):
    """Cancelling what has ended, or was never there, does nothing."""
    trial = runner.run("x = 1", ("x",))
    runner.cancel(trial)
    assert runner.run("pass").report().end == "succeeded"
    assert [report.end for report in trial.reports] == ["succeeded"]


def test_one_report_each(runner):
    """Many attempts at once: each reports once, with its own result."""
    trials = [runner.submit(f"x{number} = {number} ** 2", (f"x{number}",)) for number in range(20)]
    squares = [runner.value(trial, f"x{number}") for number, trial in enumerate(trials)]
    assert squares == [number**2 for number in range(20)]
    assert {len(trial.reports) for trial in trials} == {1}
