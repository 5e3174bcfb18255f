"""What a browser may ask."""

from __future__ import annotations

import pytest

from nbflow.widget.requests import JOB_ACTIONS, MANY, RUN_ACTIONS, Asked, RefusedError, read_request

KNOWN = {"fit", "load"}


@pytest.mark.parametrize("op", JOB_ACTIONS)
def test_an_action_is_read(op):
    """Each action comes with its jobs and the generations that the person saw."""
    content = {"op": op, "number": 7, "jobs": ["fit", "load"], "generations": [2, 1]}
    assert read_request(content, KNOWN) == Asked(op, 7, ("fit", "load"), (2, 1))


def test_members_are_of_a_group_or_a_fan_out():
    """A job is neither."""
    assert read_request({"op": "members", "number": 1, "jobs": ["fits"]}, KNOWN, {"fits"}).jobs == ("fits",)
    assert read_request({"op": "members", "number": 1, "jobs": ["fan"]}, KNOWN, {"fits"}, {"fan"}).jobs == ("fan",)
    with pytest.raises(RefusedError, match="no group 'fit'"):
        read_request({"op": "members", "number": 1, "jobs": ["fit"]}, KNOWN, {"fits"})


def test_what_is_taken_back_goes_by_its_number():
    """The browser's own number of the earlier request."""
    assert read_request({"op": "undo", "number": 8, "of": 7}, KNOWN).of == 7


@pytest.mark.parametrize("op", RUN_ACTIONS)
def test_an_action_on_the_run_names_nothing(op):
    """Pause and its end are of the run as a whole."""
    assert read_request({"op": op, "number": 7}, KNOWN) == Asked(op, 7)


def test_a_look_may_name_a_step():
    """The log of what followed an attempt is asked for by its place among the steps."""
    asked = read_request({"op": "select", "number": 1, "jobs": ["fit"], "attempt": 2, "step": 0}, KNOWN)
    assert (asked.attempt, asked.step) == (2, 0)


def test_a_look_may_name_an_attempt():
    """`select` asks for the log of an attempt, or of the last one."""
    assert read_request({"op": "select", "number": 1, "jobs": ["fit"], "attempt": 2}, KNOWN).attempt == 2
    assert read_request({"op": "select", "number": 1, "jobs": ["fit"], "attempt": None}, KNOWN).attempt is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("retry", "is an object"),
        (None, "is an object"),
        ({}, "has a number"),
        ({"number": "1", "op": "retry"}, "number is a whole number"),
        ({"number": True, "op": "retry"}, "number is a whole number"),
        ({"number": -1, "op": "retry"}, "number is a whole number"),
        ({"number": 1, "op": "exec", "jobs": ["fit"]}, "unknown request"),
        ({"number": 1, "op": ["retry"], "jobs": ["fit"]}, "unknown request"),
        ({"number": 1, "op": "retry"}, "retry needs a job"),
        ({"number": 1, "op": "retry", "jobs": "fit"}, "jobs is a list"),
        ({"number": 1, "op": "retry", "jobs": [1]}, "jobs is a list"),
        ({"number": 1, "op": "retry", "jobs": ["fit"] * (MANY + 1)}, "jobs is a list"),
        ({"number": 1, "op": "retry", "jobs": ["nobody"]}, "no job 'nobody'"),
        ({"number": 1, "op": "retry", "jobs": ["fit", "fit"], "generations": [1, 1]}, "names one twice"),
        ({"number": 1, "op": "retry", "jobs": ["fit"]}, "one for each job"),
        ({"number": 1, "op": "retry", "jobs": ["fit"], "generations": ["2"]}, "generations are whole numbers"),
        ({"number": 1, "op": "retry", "jobs": ["fit"], "generations": [True]}, "generations are whole numbers"),
        ({"number": 1, "op": "retry", "jobs": ["fit"], "generations": [1, 1]}, "one for each job"),
        ({"number": 1, "op": "retry", "jobs": ["fit"], "generations": {"fit": 1}}, "generations are whole numbers"),
        ({"number": 1, "op": "undo", "of": "7"}, "of is a whole number"),
        ({"number": 1, "op": "select", "jobs": ["fit"], "attempt": 1.5}, "attempt is a whole number"),
    ],
)
def test_anything_else_is_refused_in_one_line(content, said):
    """Whatever is sent, nothing but a well-formed request on known jobs passes."""
    with pytest.raises(RefusedError, match=said) as caught:
        read_request(content, KNOWN)
    assert "\n" not in str(caught.value)


def test_a_refusal_knows_its_number():
    """The browser can tell which of its requests was refused."""
    with pytest.raises(RefusedError) as caught:
        read_request({"number": 9, "op": "retry", "jobs": ["nobody"]}, KNOWN)
    assert caught.value.number == 9


def test_a_part_of_a_log_is_asked_for_by_its_places():
    """Where it begins or ends, in bytes of both streams."""
    ask = {"op": "log", "number": 1, "jobs": ["fit"], "attempt": 2, "step": None, "start": [5, 0], "end": [9, 3]}
    asked = read_request(ask, KNOWN)
    assert (asked.start, asked.end) == ((5, 0), (9, 3))
    for bad in ([5], "5", [5, -1], [5, 1.5], [True, 0], {"0": 5}):
        with pytest.raises(RefusedError, match="start is"):
            read_request(ask | {"start": bad}, KNOWN)
