"""What stands for a value that will never be."""

from __future__ import annotations

import copy
import pickle

import pytest

import nbflow
from nbflow import JobFailedError, Missing

GONE = Missing("load", "exit 10")


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x + 1, lambda x: 1 + x, lambda x: sum([x]), lambda x: -x, lambda x: x < 3, lambda x: x >= 3,
        lambda x: x[0], lambda x: len(x), lambda x: list(x), lambda x: 1 in x, lambda x: x(), lambda x: float(x),
        lambda x: range(x), lambda x: [1, 2][x],
    ],
)  # fmt: skip
def test_whatever_needs_a_value_says_which_job_has_none(use):
    """It is never mistaken for a number, a list or a function; the error names the job and why."""
    with pytest.raises(JobFailedError, match="job 'load' has no value: exit 10"):
        use(GONE)


def test_arrays_do_not_swallow_it():
    """Not even as an element of an array of objects."""
    numpy = pytest.importorskip("numpy")
    for use in (lambda: numpy.ones(2) + GONE, lambda: GONE * numpy.ones(2), lambda: numpy.mean(GONE)):
        with pytest.raises(JobFailedError):
            use()


def test_attributes_are_not_there():
    """The error names the job; whoever only asks whether there is one is told no."""
    with pytest.raises(AttributeError, match=r"no 'mean' here: job 'load' has no value: exit 10"):
        GONE.mean()
    assert not hasattr(GONE, "shape")


def test_it_can_be_asked_for():
    """False where a value is tested, equal to its like, with job and reason to read, and frozen."""
    assert (GONE or 5) == 5
    assert (GONE.job, GONE.reason, str(GONE)) == ("load", "exit 10", "missing: load (exit 10)")
    assert GONE == Missing("load", "exit 10") != Missing("load")
    with pytest.raises(AttributeError):
        GONE.job = "other"


def test_it_travels_by_the_name_that_people_know():
    """Stored values find it as `nbflow.Missing`, wherever it is defined."""
    assert pickle.loads(pickle.dumps(GONE)) == copy.deepcopy(GONE) == GONE
    assert (Missing.__module__, nbflow.Missing) == ("nbflow", Missing)
