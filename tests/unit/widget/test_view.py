"""The view in the kernel: what it sends, what it passes on, and that nobody waits for it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from nbflow.errors import EngineError
from nbflow.widget import dag
from nbflow.widget.dag import FlowView, model_id
from tests.unit.snapshots import empty, ten


class Kernel:
    """Stands for the rest: what was asked, and what the page was told."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.told: list[dict[str, Any]] = []
        self.fault: Exception | None = None
        self.news = threading.Condition()

    def request(self, op: str, jobs: list[str], generation: int | None) -> int:
        if self.fault:
            raise self.fault
        self.asked.append((op, jobs, generation))
        return len(jobs)

    def send(self, content: dict[str, Any], *_: Any) -> None:
        with self.news:
            self.told.append(content)
            self.news.notify_all()

    def wait(self, kind: str) -> dict[str, Any]:
        """The first answer of *kind*."""
        with self.news:
            found = self.news.wait_for(lambda: next((m for m in self.told if m.get("kind") == kind), None), 5)
        assert found, f"no {kind} within 5 s: {self.told}"
        return found


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def view(kernel: Kernel, monkeypatch):
    made = FlowView(snapshot=ten, log=lambda job, attempt: f"{job} #{attempt}", request=kernel.request)
    monkeypatch.setattr(made, "send", kernel.send)
    yield made
    made.close()


def click(view: FlowView, **content: Any) -> None:
    view._receive(view, {"number": 5, **content}, [])


def test_a_new_view_shows_the_run_at_once(view: FlowView) -> None:
    """The first message has everything: a page that opens late sees no empty picture."""
    assert view.head["flow"] == "analysis"
    assert len(view.status) == len(view.graph["nodes"]) == len(ten()["jobs"])


def test_a_click_is_acknowledged_and_passed_on(view: FlowView, kernel: Kernel) -> None:
    """Op, jobs and the generation the person saw; the page hears both that it arrived and what it did."""
    click(view, op="retry", jobs=["fit_lasso"], generation=1)
    assert kernel.wait("ack")["number"] == 5
    assert kernel.wait("done") | {"now": 0} == {"kind": "done", "number": 5, "count": 1, "now": 0}
    assert kernel.asked == [("retry", ["fit_lasso"], 1)]


def test_a_hostile_message_reaches_nobody(view: FlowView, kernel: Kernel) -> None:
    """Refused with a sentence; the request callback is not called."""
    click(view, op="exec", jobs=["fit_lasso"], code="import os")
    assert "unknown request" in kernel.wait("refused")["said"]
    assert kernel.asked == []


def test_an_error_of_the_engine_is_told_to_the_person(view: FlowView, kernel: Kernel) -> None:
    """In the page, where the click was; the view lives on."""
    kernel.fault = EngineError("the engine has ended")
    click(view, op="skip", jobs=["fit_lasso"], generation=1)
    assert kernel.wait("refused")["said"] == "the engine has ended"
    kernel.fault = None
    click(view, op="cancel", jobs=["plot"], generation=1)
    kernel.wait("done")


def test_a_selection_brings_its_details(view: FlowView, kernel: Kernel) -> None:
    """Selecting asks nobody but the view itself."""
    click(view, op="select", jobs=["plot"], attempt=1)
    state, grows = view.look()
    assert state["details"]["plot"]["logs"]["1"]["text"] == "plot #1"
    assert state["chosen"] == [["plot", 1]]
    assert not grows
    assert kernel.asked == []


def test_the_log_of_a_running_attempt_grows(view: FlowView) -> None:
    """The last attempt is taken where none is named, and looked at again while it runs."""
    click(view, op="select", jobs=["plot"])
    state, grows = view.look()
    assert state["details"]["plot"]["logs"] == {"2": {"text": "plot #2", "cut": 0}}
    assert grows


def test_few_details_are_kept(view: FlowView) -> None:
    """However many jobs were clicked, only the last ones cost anything."""
    for job in ten()["jobs"]:
        click(view, op="select", jobs=[job])
    state, _ = view.look()
    assert len(state["details"]) == dag.LOOKED_AT
    assert list(state["details"])[-1] == "old"


def test_an_engine_that_is_gone_keeps_the_last_picture(kernel: Kernel) -> None:
    """The fault is told in the head; everything else stays as it was."""
    answers: list[Any] = [ten()]

    def snapshot() -> dict[str, Any]:
        if answers:
            return answers.pop()
        raise EngineError("the engine does not answer")

    view = FlowView(snapshot=snapshot, log=lambda job, attempt: "", request=kernel.request)
    try:
        state, _ = view.look()
    finally:
        view.close()
    assert state == {"head": {**view.head, "fault": "the engine does not answer"}}


def test_a_view_of_an_empty_flow(kernel: Kernel) -> None:
    """Nothing declared is no error; the text says so."""
    view = FlowView(snapshot=empty, log=lambda job, attempt: "", request=kernel.request)
    try:
        bundle = view._repr_mimebundle_()
        assert bundle["text/plain"] == "analysis · run 12 · no jobs yet"
        assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    finally:
        view.close()


def test_the_same_flow_has_the_same_model_id(view: FlowView) -> None:
    """After a kernel restart an open page finds its view again; two flows never share one."""
    assert view.model_id == model_id("analysis") == model_id("analysis")
    assert model_id("a/b") != model_id("a-b")
    assert len(model_id("x" * 9999)) < 80


def test_clicks_keep_the_shell_that_the_page_chose() -> None:
    """On ipykernel 7.4 the comm's own choice is overridden; on others nothing is touched."""
    newer, older = SimpleNamespace(_reply_subshell_for=lambda data, default: "main"), SimpleNamespace()
    dag._keep_route(newer)
    dag._keep_route(older)
    assert newer._reply_subshell_for({}, "subshell 1") == "subshell 1"
    assert vars(older) == {}


def test_a_closed_view_leaves_no_thread(kernel: Kernel) -> None:
    """Publisher and clicks end with the view."""
    before = set(threading.enumerate())
    view = FlowView(snapshot=ten, log=lambda job, attempt: "", request=kernel.request)
    started = set(threading.enumerate()) - before
    view.close()
    for thread in started:
        thread.join(5)
    assert started
    assert not any(thread.is_alive() for thread in started)
