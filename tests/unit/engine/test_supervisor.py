"""An attempt under supervision gets one report, in every order of what may be seen, and no end is invented."""

from __future__ import annotations

import resource
import tempfile
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.core.status import Reason
from nbflow.engine.attempt import supervisor, tree
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport, ResultRecord
from nbflow.engine.attempt.results import write_record
from nbflow.engine.attempt.supervisor import Supervised

USAGE = resource.getrusage(resource.RUSAGE_SELF)
KILLED, ABORTED, EXIT_0, EXIT_3 = 9, 6, 0, 3 << 8
CANCELLED = Reason("cancelled", "by a person")


@pytest.fixture(autouse=True)
def no_signals(monkeypatch):
    """No process is touched; nothing is ever left of a tree."""
    for name in ("send", "ask", "end"):
        monkeypatch.setattr(tree, name, lambda *_: 0)


@dataclass
class Stage:
    """An attempt, its clock, and what it has reported."""

    folder: str
    timeout: float | None = 10.0
    step: str | None = None
    now: float = 100.0
    reports: list[AttemptReport] = field(default_factory=list)
    recorded: str = ""
    gone: bool = False

    def __post_init__(self):
        order = AttemptOrder(
            key="ab", run=1, flow="f", job="j", generation=1, attempt=2, folder=self.folder, store=self.folder,
            cwd=self.folder, source="", timeout=self.timeout, grace=5.0, step=self.step,
        )  # fmt: skip
        self.attempt = Supervised(order, 4_000_000, self.now, self.reports.append)

    def record(self, end: str) -> None:
        if not self.recorded and not self.gone:
            self.recorded = end
            reason = None if end == "succeeded" else Reason("exception")
            write_record(self.folder, ResultRecord(key="ab", end=end, reason=reason))

    def exit(self, status: int) -> None:
        if not self.gone:
            self.gone = True
            self.attempt.exited(status, USAGE, self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass; `tick` is called whenever it asked to be."""
        until = self.now + seconds
        while self.attempt.next_at <= until and not (self.gone and self.reports):
            self.now = max(self.now, self.attempt.next_at)
            self.attempt.tick(self.now, set())
            if self.gone:
                break
        self.now = until


@pytest.fixture
def stage(tmp_path):
    return Stage(str(tmp_path))


def only(stage: Stage) -> AttemptReport:
    assert len(stage.reports) == 1
    return stage.reports[0]


def test_timeout_counts_from_ready(stage):
    """Time before the user's code starts does not count."""
    stage.wait(30)
    stage.attempt.ready(stage.now)
    stage.wait(9.9)
    assert stage.attempt._stop is None
    stage.wait(0.2)
    stage.exit(KILLED)
    stage.wait(0.1)
    assert only(stage).reason == Reason("timeout", "10 s", 2)


def test_ready_counts_once(stage):
    """A child that says again that it is ready gets no more time."""
    stage.attempt.ready(stage.now)
    stage.wait(9)
    stage.attempt.ready(stage.now)
    stage.wait(1.1)
    assert stage.attempt._stop is not None


def test_never_ready_is_lost(stage):
    """A child that does not come up is given up; nothing of the user's has run."""
    stage.wait(supervisor.STARTING + 1)
    stage.exit(KILLED)
    stage.wait(0.1)
    assert only(stage).end == "lost"


@pytest.mark.parametrize("status", [EXIT_0, EXIT_3, KILLED, ABORTED])
def test_no_record_is_no_success(stage, status):
    """Without a record an attempt has failed, whatever its exit status."""
    stage.attempt.ready(stage.now)
    stage.exit(status)
    stage.wait(0.1)
    assert only(stage).end == "failed"


@pytest.mark.parametrize("status", [EXIT_0, EXIT_3, KILLED, ABORTED])
def test_a_record_is_believed(stage, status):
    """With a record an attempt ended as it says, whatever its exit status, told or not."""
    stage.attempt.ready(stage.now)
    stage.record("succeeded")
    stage.exit(status)
    stage.wait(0.1)
    assert only(stage).end == "succeeded"


def test_a_failure_while_stopped_is_the_stop(stage):
    """A cell that fails because it was asked to stop was cancelled; nobody is told that it failed."""
    stage.attempt.ready(stage.now)
    stage.attempt.cancel(CANCELLED, stage.now)
    stage.record("failed")
    stage.attempt.done(stage.now)
    stage.exit(EXIT_3)
    stage.wait(0.1)
    assert (only(stage).end, only(stage).reason) == ("cancelled", CANCELLED)


moves = st.lists(
    st.one_of(
        st.sampled_from(["ready", "done", "cancel", "record succeeded", "record failed"]),
        st.sampled_from([EXIT_0, EXIT_3, KILLED, ABORTED]),
        st.floats(0.01, 30.0),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(moves)
def test_any_order_of_events(moves):
    """Exactly one report once the child is gone; a success only by a record; and no recorded success is lost."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(folder)
        for move in [*moves, KILLED, 60.0]:
            match move:
                case "ready" if not stage.gone:
                    stage.attempt.ready(stage.now)
                case "done" if not stage.gone:
                    stage.attempt.done(stage.now)
                case "cancel":
                    stage.attempt.cancel(CANCELLED, stage.now)
                case str() if move.startswith("record"):
                    stage.record(move.removeprefix("record "))
                case int():
                    stage.exit(move)
                case float():
                    stage.wait(move)
        report = only(stage)
        assert (report.end == "succeeded") == (stage.recorded == "succeeded")
        assert report.reason is not None or report.end == "succeeded"


def test_a_success_is_told_at_once_and_a_failure_when_nothing_is_left(stage, tmp_path):
    """What follows a failure, another attempt or its rollback, never meets the process that failed."""
    stage.attempt.ready(stage.now)
    stage.record("failed")
    stage.attempt.done(stage.now)
    assert stage.reports == []
    stage.exit(EXIT_3)
    stage.wait(0.1)
    assert (only(stage).end, only(stage).reason) == ("failed", Reason("exception"))
    (tmp_path / "other").mkdir()
    other = Stage(str(tmp_path / "other"))
    other.attempt.ready(other.now)
    other.record("succeeded")
    other.attempt.done(other.now)
    assert only(other).end == "succeeded"


def test_a_step_is_told_when_nothing_is_left(tmp_path):
    """After a rollback that went well the fallback follows, after a script the next attempt."""
    stage = Stage(str(tmp_path), step="rollback")
    stage.attempt.ready(stage.now)
    stage.record("succeeded")
    stage.attempt.done(stage.now)
    assert stage.reports == []
    stage.exit(EXIT_0)
    stage.wait(0.1)
    assert only(stage).end == "succeeded"


def test_a_failed_child_that_lingers_is_ended(stage):
    """Its exit handlers have a second; then it is killed, and told."""
    stage.attempt.ready(stage.now)
    stage.record("failed")
    stage.attempt.done(stage.now)
    assert stage.attempt.next_at == stage.now + supervisor.LINGER
    stage.wait(supervisor.LINGER + 0.1)
    stage.exit(KILLED)
    stage.wait(0.1)
    assert only(stage).reason == Reason("exception")


def test_too_much_memory_ends_it_without_grace(stage):
    """The reason is that, with the attempt's number, whatever the child leaves behind but a success."""
    stage.attempt.ready(stage.now)
    stage.attempt.overdrawn(Reason("out of memory", "2.1 GB taken, 2.0 GB allowed"), stage.now)
    assert stage.attempt.next_at == stage.now
    stage.record("failed")
    stage.exit(KILLED)
    stage.wait(0.1)
    assert only(stage).reason == Reason("out of memory", "2.1 GB taken, 2.0 GB allowed", 2)
    assert only(stage).signal == "SIGKILL"
