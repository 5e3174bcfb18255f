"""However busy a run is, and whatever pages ask: few messages, few bytes, and none when nothing changes."""

from __future__ import annotations

from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.core.log_part import LogPart
from nbflow.widget.drawing import Drawing
from nbflow.widget.publisher import PIECE, Publisher
from nbflow.widget.state import view_state
from tests.unit import snapshots

MESSAGES, BYTES = 10, 100_000
"""At most so many a second."""


class Busy:
    """A screen on a run that changes all the time, with a clock of its own: notes what is sent and when."""

    def __init__(self, jobs: int, looked_at: int) -> None:
        self.now, self.snapshot, self.drawing = 0.0, snapshots.fan(jobs), Drawing()
        self.names = list(self.snapshot["jobs"])
        self.logs = {(name, 1, None): LogPart.of("") for name in self.names[:looked_at]}
        self.grows = bool(self.logs)
        self.sent: list[tuple[float, str, int]] = []
        self.publisher = Publisher(self, self.look()[0], lambda: self.now, lambda: self.now)

    def look(self):
        return view_state(self.snapshot, self.drawing, self.logs), self.grows

    def show(self, changed):
        self.note("state", changed)

    def show_again(self, whole=False):
        self.note("state", self.look()[0])

    def tell(self, message):
        self.note("piece" if message["kind"] == "piece" else "answers", message)

    def note(self, kind, content):
        self.sent.append((self.now, kind, len(msgspec.json.encode(content))))

    # --- what happens
    def job(self, at):
        job = self.snapshot["jobs"][self.names[at % len(self.names)]]
        job["status"] = "succeeded" if job["status"] == "running" else "running"
        self.publisher.changed()

    def log(self, at):
        for place in self.logs:
            self.logs[place] = LogPart.of(f"line {at} of a job that prints without end\n" * 400 * at)
        self.publisher.changed()

    def ask(self, at):
        for number in range(at % 50):
            self.publisher.answer({"kind": "ack", "number": number})

    def wake(self, at):
        self.publisher.again()

    def closeup(self, at):
        self.publisher.answer({"kind": "output", "number": at, "shown": "x" * (at * PIECE // 20)})

    def until(self, end):
        """Let the publisher do what is due until then."""
        due = self.publisher.turn(self.now)
        while due is not None and due <= end:
            self.now = max(self.now, due)
            due = self.publisher.turn(self.now)
        self.now = end

    # --- what is owed
    def check(self):
        times = [at for at, _, _ in self.sent]
        assert all(later - first > 0.9999 for first, later in zip(times, times[MESSAGES:], strict=False))
        state = [(at, size) for at, kind, size in self.sent if kind == "state"]
        for (first, size), (then, _) in pairwise(state):
            assert size <= BYTES * (then - first)  # each is paid for before the next
        assert all(size <= PIECE * 1.1 for _, kind, size in self.sent if kind == "piece")


KINDS, PAUSES = ["job", "log", "ask", "closeup", "wake"], [0, 0.003, 0.05, 0.4]
EVENTS = st.tuples(st.sampled_from(KINDS), st.integers(0, 100), st.sampled_from(PAUSES))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([(3, 1), (60, 8)]), st.lists(EVENTS, max_size=60))
def test_no_run_makes_more_than_ten_messages_and_a_hundred_kilobytes_a_second(size, events):
    """Whatever changes, grows and is asked for, by however many pages: the bounds hold, and nothing is lost."""
    busy = Busy(*size)
    for kind, at, pause in events:
        getattr(busy, kind)(at)
        busy.until(busy.now + pause)
    busy.grows = False
    busy.until(busy.now + 3600)
    busy.check()


def test_thousands_of_jobs_that_change_all_the_time():
    """Five seconds of changes at every look: within the bounds, and often enough to watch."""
    busy = Busy(4_000, 0)
    for at in range(50):
        busy.job(at)
        busy.until(busy.now + 0.1)
    busy.check()
    seconds = busy.now
    assert 30 < len(busy.sent) <= MESSAGES * seconds + 1
    assert sum(size for _, _, size in busy.sent) <= BYTES * seconds


def test_a_run_that_rests_sends_nothing():
    """After the last change everything once more; then, for an hour, not a byte: times tick in the browser."""
    busy = Busy(40, 0)
    busy.job(1)
    busy.until(10)
    count = len(busy.sent)
    busy.publisher.changed()  # something happened that nobody can see
    busy.until(3600)
    assert [kind for _, kind, _ in busy.sent] == ["state", "state"] and len(busy.sent) == count
