"""The widget itself, without a kernel."""

from __future__ import annotations

import base64
import threading
import zlib
from contextlib import nullcontext

import pytest

from nbflow.core.log_part import LogPart
from nbflow.errors import UnknownJob
from nbflow.widget.dag import FlowView, model_id
from tests.unit import snapshots
from tests.unit.widget.sample import Pastless, texts


class Comm:
    """Takes what is sent, as ipykernel 7.4's comm would."""

    comm_id = "c"

    def __init__(self) -> None:
        self.sent = []
        self.came = threading.Condition()

    def send(self, data=None, *rest, **more):
        with self.came:
            self.sent.append(data)
            self.came.notify_all()

    def on_msg(self, handler):
        pass

    def close(self, *rest, **more):
        pass

    def messages(self, kind):
        told = [s["content"] for s in self.sent if s["method"] == "custom"]
        return [one for message in told for one in message.get("several", [message]) if one["kind"] == kind]

    def wait(self, kind):
        with self.came:
            assert self.came.wait_for(lambda: self.messages(kind), 5), self.sent
        return self.messages(kind)[-1]


class Run(Pastless):
    """A run to look at, and what was asked of it."""

    def __init__(self) -> None:
        self.snapshot = snapshots.ten()
        self.asked, self.threads = [], []
        self.logs = []
        self.count: int | Exception = 1

    def glance(self):
        return nullcontext(self.snapshot)

    def progress(self, job):
        return None

    def closeup(self, what, job, attempt):
        return {"of": attempt}

    def log(self, job, attempt, step):
        self.logs.append((job, attempt))
        return LogPart.of(f"log of {job} {attempt}")

    def log_part(self, job, attempt, step, start, end):
        return LogPart.of(f"{job} {attempt} {step} from {start} to {end}")

    def act(self, asked):
        self.asked.append((asked.op, asked.jobs, asked.generations))
        self.threads.append(threading.current_thread())
        if isinstance(self.count, Exception):
            raise self.count
        return {"count": self.count, "of": 1, "undo": False}


@pytest.fixture
def run():
    return Run()


@pytest.fixture
def view(run):
    view = FlowView(run)
    view.comm = Comm()
    yield view
    view.close()


def click(view, **content):
    view._handle_custom_msg(content, [])


def test_a_new_view_has_its_state_at_once(view):
    """The first thing a browser gets is the run as it stands."""
    assert view.status == "SSSSSFRRWTKHQC"
    assert view.head["flow"] == "analysis"


def test_a_click_is_acknowledged_and_passed_on(view, run):
    """The handler only takes notes; another thread asks, and the browser hears both times."""
    click(view, op="retry", number=5, jobs=["fit_lasso"], generations=[1])
    assert view.comm.wait("ack")["number"] == 5
    done = view.comm.wait("done")
    assert (done["number"], done["count"]) == (5, 1)
    assert run.asked == [("retry", ("fit_lasso",), (1,))]
    assert run.threads[0] is not threading.current_thread()


def test_what_went_wrong_is_said(view, run):
    """An error of the engine is told to the one who clicked."""
    run.count = UnknownJob("fit_lasso")
    click(view, op="retry", number=5, jobs=["fit_lasso"], generations=[1])
    assert "fit_lasso" in view.comm.wait("refused")["said"]


def test_a_fault_is_said_and_later_clicks_are_heard(view, run):
    """Whatever one request meets, the next one has its answer."""
    run.count = ZeroDivisionError("by nobody")
    click(view, op="retry", number=5, jobs=["fit_lasso"], generations=[1])
    assert "ZeroDivisionError: by nobody" in view.comm.wait("refused")["said"]
    run.count = 1
    click(view, op="retry", number=6, jobs=["fit_lasso"], generations=[1])
    assert view.comm.wait("done")["number"] == 6


def test_what_a_retry_takes_is_told(view):
    """As data, when somebody asks; nobody knows how long a job takes that never succeeded."""
    click(view, op="foretell", number=5, jobs=["load"])
    told = view.comm.wait("foretold")
    assert (told["number"], told["seconds"], told["follow"], told["below"]) == (5, [12.4, None, None], 2, 5)
    assert told["last"] == [0]


def test_a_group_is_told_of(view):
    """Its policy, how it stands, and why members failed."""
    click(view, op="members", number=5, jobs=["fits"])
    told = view.comm.wait("members")
    assert told["why"] == "Policy: at least 2 of 3. Not decided yet: 1 succeeded, 1 failed, 1 to go."
    assert told["failed"] == [["fit_lasso", "LinAlgError: SVD did not converge"]]


def test_nonsense_is_refused_and_asks_nothing(view, run):
    """A message that is no request changes nothing."""
    click(view, op="__import__('os')", number=5, jobs=["fit_lasso"])
    assert view.comm.wait("refused")["number"] == 5
    assert run.asked == []


def test_details_come_for_the_job_that_is_looked_at(view, run):
    """Only selected jobs cost anything: their details and the log of the chosen attempt."""
    assert view.details == {}
    click(view, op="select", number=1, jobs=["load"], attempt=1)
    view.comm.wait("ack")
    with view.comm.came:
        assert view.comm.came.wait_for(lambda: "load" in view.details, 5)
    assert texts(view.details["load"]["logs"]) == {"1": "log of load 1"}
    assert view.chosen == [["load", 1, None]]


def test_the_log_of_an_ended_attempt_is_read_once(view, run):
    """However often something else changes."""
    view._chosen.append(("load", 1, None))
    for _ in range(3):
        view.look()
    assert run.logs == [("load", 1)]


def test_an_engine_that_is_gone_is_said_in_the_header(view, run):
    """The picture stays, and the reason stands under it."""

    def gone():
        raise UnknownJob("everything")

    run.glance = gone
    state, _ = view.look()
    assert "everything" in state["head"]["fault"] and state["head"]["flow"] == "analysis"


def test_clicks_keep_the_route_that_the_front_end_chose(run):
    """On ipykernel 7.4 a comm would send them to the shell that last published on it: the view undoes that."""
    from nbflow.widget.dag import keep_route

    class Routed:
        def _reply_subshell_for(self, data, default):
            return "the shell that runs a cell"

    comm = Routed()
    keep_route(comm)
    assert comm._reply_subshell_for({}, "subshell") == "subshell"
    plain = object()
    keep_route(plain)  # other kernels have nothing to undo


def test_ids_are_a_flows_own():
    """The same flow has the same id in every kernel; other flows have others; only plain ASCII."""
    names = ["a", "b", "分析", "分析2", "x" * 300, "a/b", "a b"]
    ids = [model_id(name) for name in names]
    assert len(set(ids)) == len(names) and ids == [model_id(name) for name in names]
    assert all(len(each) < 80 and each.replace("-", "").replace("_", "").isalnum() and each.isascii() for each in ids)


def test_where_no_widget_is_shown_there_is_a_line(view):
    """The bundle has the view, and text that is still true in a file opened next year."""
    bundle = view._repr_mimebundle_()
    assert bundle["text/plain"] == "live view of analysis"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id


def test_a_part_of_a_log_is_answered_by_a_message(view, run):
    """Nothing of it is kept in the view: a log may be long."""
    click(view, op="log", number=9, jobs=["load"], attempt=1, start=[3, 0])
    answer = view.comm.wait("log")
    assert (answer["number"], answer["job"], answer["attempt"], answer["step"]) == (9, "load", 1, None)
    text = "load 1 None from (3, 0) to None"
    assert zlib.decompress(base64.b64decode(answer["packed"])).decode() == text
    assert answer["spans"] == [["out", len(text)]]
