"""What a view costs the kernel: few details, looks only while something grows, no thread left behind."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nbflow.widget import dag
from nbflow.widget.dag import FlowView
from tests.unit.snapshots import job, mended, snapshot, ten
from tests.unit.widget.sample import Sample, texts


def log(job: str, attempt: int, step: int | None) -> str:
    return f"{job} #{attempt}" if step is None else f"{job} #{attempt}/{step}"


def made(snapshot=ten) -> FlowView:
    return FlowView(Sample(snapshot, log))


@pytest.fixture
def view():
    shown = made()
    yield shown
    shown.close()


def click(view: FlowView, **content: Any) -> None:
    view._receive(view, {"number": 5, **content}, [])


def test_the_log_of_a_running_attempt_grows(view: FlowView) -> None:
    """The last attempt is taken where none is named, and looked at again while it runs."""
    click(view, op="select", jobs=["plot"])
    state, grows = view.look()
    assert texts(state["details"]["plot"]["logs"]) == {"2": "plot #2"}
    assert grows


def test_the_log_of_an_ended_attempt_does_not(view: FlowView) -> None:
    """An earlier attempt of a job that runs again is read as it is, and not again."""
    click(view, op="select", jobs=["plot"], attempt=1)
    state, grows = view.look()
    assert state["chosen"] == [["plot", 1, None]]
    assert not grows


def test_few_details_are_kept(view: FlowView) -> None:
    """However many jobs were clicked, only the last ones cost anything."""
    for name in ten()["jobs"]:
        click(view, op="select", jobs=[name])
    state, _ = view.look()
    assert len(state["details"]) == dag.LOOKED_AT
    assert list(state["details"])[-1] == "old"


def test_a_closed_view_leaves_no_thread() -> None:
    """Publisher and clicks end with the view."""
    before = set(threading.enumerate())
    view = made()
    started = set(threading.enumerate()) - before
    view.close()
    for thread in started:
        thread.join(5)
    assert started
    assert not any(thread.is_alive() for thread in started)


@pytest.fixture
def mending():
    shown = made(mended)
    yield shown
    shown.close()


def test_the_log_of_a_step_is_read_like_an_attempts(mending: FlowView) -> None:
    """By the attempt and the step's place; that of a step under way grows."""
    click(mending, op="select", jobs=["token"], attempt=1, step=0)
    assert texts(mending.look()[0]["details"]["token"]["logs"]) == {"1/0": "token #1/0"}
    click(mending, op="select", jobs=["fetch"])
    state, grows = mending.look()
    assert texts(state["details"]["fetch"]["logs"]) == {"1/0": "fetch #1/0"}
    assert grows


def test_a_step_that_is_not_there_has_no_log(mending: FlowView) -> None:
    """A place that nobody knows is answered with nothing, not with an error."""
    click(mending, op="select", jobs=["token"], attempt=1, step=7)
    assert texts(mending.look()[0]["details"]["token"]["logs"]) == {"0": ""}


def test_the_log_of_what_is_reused_is_read_once() -> None:
    """It has ended long ago, in another run."""
    reused = {"run": 3, "flow": "", "attempt": "k", "made_at": 9.0, "started_at": 1.0, "ended_at": 9.0, "seconds": 8.0}
    view = made(lambda: snapshot({"load": job("reused", reused=reused)}))
    click(view, op="select", jobs=["load"])
    state, grows = view.look()
    assert texts(state["details"]["load"]["logs"]) == {"0": "load #0"}
    assert not grows
    view.close()
