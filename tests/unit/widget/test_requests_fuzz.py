"""A front end of ill will: whatever it sends, nobody is harmed, and nothing is done that was not a request."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbflow.widget.dag import FlowView
from nbflow.widget.requests import ACTIONS, LOOKS, Asked, RefusedError, read_request
from tests.unit.widget.test_dag import Comm, Run

KNOWN, GROUPS, FANS = {"fit", "load", "constructor"}, {"fits"}, {"fan"}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
)
KEYS = ["op", "number", "jobs", "attempt", "step", "since", "of"]
NAMES = st.lists(st.sampled_from(["fit", "load", "fits", "fan", "nobody"]) | ANYTHING, max_size=4)
ALMOST = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from([*ACTIONS, *LOOKS]) | ANYTHING,
        "number": st.integers(0, 2**53) | ANYTHING,
        "jobs": NAMES | ANYTHING,
        "generations": st.lists(st.integers(0, 9) | ANYTHING, max_size=4) | ANYTHING,
        **{key: st.integers(0, 9) | ANYTHING for key in KEYS[3:]},
        "__proto__": ANYTHING,
    },
)
WELL = st.sampled_from([["fit"], ["load", "fit"], ["fits"], ["fan"], []]).flatmap(
    lambda jobs: st.fixed_dictionaries(
        {
            "op": st.sampled_from([*ACTIONS, *LOOKS]),
            "number": st.integers(0, 9),
            "jobs": st.just(jobs),
            "generations": st.lists(st.integers(0, 9), min_size=len(jobs), max_size=len(jobs)),
        },
        optional={key: st.integers(0, 9) for key in KEYS[3:]},
    )
)
SENT = ANYTHING | ALMOST | WELL


@settings(max_examples=400, deadline=None)
@given(SENT)
def test_a_message_is_a_request_or_refused(content):
    """Nothing else: no other error, and what is read names only what is there."""
    try:
        asked = read_request(content, KNOWN, GROUPS, FANS)
    except RefusedError as error:
        assert "\n" not in str(error) and len(str(error)) < 400
        json.dumps({"said": str(error), "number": error.number}).encode()
        return
    assert isinstance(asked, Asked) and asked.op in (*ACTIONS, *LOOKS)
    assert set(asked.jobs) <= KNOWN | GROUPS | FANS
    for number in (asked.number, asked.attempt, asked.step, asked.since, asked.of, *asked.generations):
        assert number is None or (type(number) is int and 0 <= number < 2**53)


def test_some_of_what_is_sent_is_well_formed():
    """Control of the test above: some of what it sends is well formed, for every kind of request."""
    read = set()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(WELL)
    def look(content):
        with suppress(RefusedError):
            read.add(read_request(content, KNOWN, GROUPS, FANS).op)

    look()
    assert len(read & set(ACTIONS)) > 5 and len(read & set(LOOKS)) > 3


def test_a_view_outlives_what_it_is_sent():
    """Through the whole widget: no message raises, only well-formed ones reach the run, and the view answers after."""
    run = Run()
    view = FlowView(run)
    view.comm = Comm()

    @settings(max_examples=150, deadline=None)
    @given(SENT)
    def send(content):
        view._handle_custom_msg(content, [])

    send()
    view._handle_custom_msg({"op": "retry", "number": 2**50, "jobs": ["load"], "generations": [1]}, [])
    with view.comm.came:
        assert view.comm.came.wait_for(lambda: ("retry", ("load",), (1,)) in run.asked, 10)
    view.close()
    assert {op for op, _, _ in run.asked} <= set(ACTIONS)
