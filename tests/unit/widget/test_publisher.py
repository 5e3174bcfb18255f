"""When the state is sent, by a clock of the test's own."""

from __future__ import annotations

import json
import threading

import pytest

from nbflow.widget.publisher import AGAIN, BYTES_PER_SECOND, LOG_PACE, PACE, PIECE, Publisher


class Screen:
    """Notes what is sent."""

    def __init__(self) -> None:
        self.state, self.grows = {"status": "W"}, False
        self.shown, self.again, self.told = [], 0, []
        self.sent = threading.Event()

    def look(self):
        return dict(self.state), self.grows

    def show(self, changed):
        self.shown.append(changed)
        self.sent.set()

    def show_again(self, whole=False):
        self.again += 1
        self.whole = whole

    def tell(self, message):
        self.told.append(message)


def published() -> tuple[Screen, Publisher]:
    screen = Screen()
    return screen, Publisher(screen, screen.state, clock=lambda: 0.0)


def test_nothing_is_sent_when_nothing_changed():
    """A change of the run that nobody would see is not sent, and no repetition either."""
    screen, publisher = published()
    publisher.changed()
    assert publisher.turn(100.0) is None
    assert screen.shown == [] and screen.again == 0


def test_only_what_is_new_is_sent():
    """Of several values the changed ones go, whole."""
    screen, publisher = published()
    screen.state |= {"head": {"run": 1}}
    publisher.changed()
    publisher.turn(100.0)
    assert screen.shown == [{"head": {"run": 1}}]


def test_changes_come_at_most_ten_times_a_second():
    """Of many changes in a row the first goes at once, the last when its time has come."""
    screen, publisher = published()
    for at in range(100):  # a millisecond apart
        screen.state["status"] = str(at)
        publisher.changed()
        due = publisher.turn(100.0 + at / 1000)
    assert [sent["status"] for sent in screen.shown] == ["0"]
    assert due == 100.0 + PACE
    publisher.turn(due)
    assert screen.shown[-1] == {"status": "99"}


def test_a_big_message_is_followed_by_a_longer_pause():
    """The server would drop what comes faster than it likes."""
    screen, publisher = published()
    screen.state["details"] = "x" * BYTES_PER_SECOND
    publisher.changed()
    publisher.turn(100.0)
    screen.state["status"] = "S"
    publisher.changed()
    due = publisher.turn(100.2)
    assert len(screen.shown) == 1 and due is not None and due > 101.0


def test_a_look_that_had_to_wait_is_followed_by_as_long_a_pause():
    """The next message comes a tenth of a second after the last one was sent, not after it was begun."""
    clock = iter([0.0, 0.4])
    screen = Screen()
    publisher = Publisher(screen, screen.state, clock=lambda: next(clock), work=lambda: 0.0)
    screen.state["status"] = "S"
    publisher.changed()
    publisher.turn(100.0)
    publisher.changed()
    assert publisher.turn(100.2) == pytest.approx(100.4 + PACE)


def test_a_look_that_is_dear_is_taken_less_often():
    """It costs the kernel a quarter of its time at most; what it takes by the processor's clock counts."""
    worked = iter([0.0, 0.5])
    screen = Screen()
    publisher = Publisher(screen, screen.state, clock=lambda: 0.0, work=lambda: next(worked))
    screen.state["status"] = "S"
    publisher.changed()
    publisher.turn(100.0)
    publisher.changed()
    assert publisher.turn(100.2) == 101.5


def test_everything_is_sent_once_more_after_the_last_change():
    """A page that missed a message is right again after seconds; then there is silence."""
    screen, publisher = published()
    screen.state["status"] = "S"
    publisher.changed()
    assert publisher.turn(100.0) == 100.0 + AGAIN
    assert publisher.turn(100.0 + AGAIN) is None
    assert screen.again == 1


def test_a_page_that_slept_gets_one_snapshot():
    """All of it, once, however many pages ask; then there is silence."""
    screen, publisher = published()
    for _ in range(5):
        publisher.again()
    publisher.turn(100.0)
    assert publisher.turn(101.0) is None
    assert (screen.again, screen.whole) == (1, True)


def test_a_log_that_grows_is_looked_at_again():
    """A log tells nobody that it grew: while one is looked at, the publisher looks by itself."""
    screen, publisher = published()
    screen.grows = True
    publisher.changed()
    due = publisher.turn(100.0)
    assert due == 100.0 + LOG_PACE
    screen.state["details"] = {"fit": "more"}
    publisher.turn(due)
    assert screen.shown == [{"details": {"fit": "more"}}]


def test_an_answer_goes_at_once():
    """An acknowledgement waits for no change, and no change for longer than a message takes."""
    screen, publisher = published()
    publisher.answer({"kind": "ack"})
    screen.state["status"] = "S"
    publisher.changed()
    due = publisher.turn(100.0)
    assert screen.told == [{"kind": "ack"}] and screen.shown == []
    publisher.answer({"kind": "ack", "number": 2})
    assert due == 100.0 + PACE
    publisher.turn(due)
    assert screen.shown == [{"status": "S"}]


def test_answers_that_come_together_go_in_one_message():
    """Many pages may ask at the same time; each knows its own."""
    screen, publisher = published()
    for number in range(30):
        publisher.answer({"kind": "ack", "number": number})
    publisher.turn(100.0)
    (message,) = screen.told
    assert [one["number"] for one in message["several"]] == list(range(30))


def test_a_long_answer_comes_in_pieces_and_holds_up_nothing():
    """State and other answers go between them; put together they are the answer."""
    screen, publisher = published()
    publisher.answer({"kind": "output", "number": 7, "shown": "x" * 5 * PIECE})
    publisher.answer({"kind": "ack", "number": 8})
    screen.state["status"] = "S"
    publisher.changed()
    now = 100.0
    for turn in range(20):
        publisher.turn(now + turn * PACE)
    assert screen.told[0] == {"kind": "ack", "number": 8} and screen.shown == [{"status": "S"}]
    pieces = screen.told[1:]
    assert [(one["number"], one["at"], one["of"]) for one in pieces] == [(7, at, 6) for at in range(6)]
    assert json.loads("".join(one["text"] for one in pieces))["shown"] == "x" * 5 * PIECE


def test_half_a_character_does_not_silence_the_view():
    """No message can carry one: a sign stands for it."""
    screen, publisher = published()
    screen.state |= {"head": {"why": ["caf\udcc3"]}}
    publisher.changed()
    publisher.turn(100.0)
    assert screen.shown == [{"head": {"why": ["caf\ufffd"]}}]


def test_the_thread_sends_what_it_is_told_of():
    """Started, the publisher sends after `changed` without anybody calling it, and ends on `close`."""
    screen, publisher = published()
    publisher.start()
    screen.state["status"] = "S"
    publisher.changed()
    assert screen.sent.wait(5)
    publisher.close()
