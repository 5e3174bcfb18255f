"""When the state is sent, by a clock of the test's own."""

from __future__ import annotations

import threading

from nbflow.widget.publisher import AGAIN, BYTES_PER_SECOND, LOG_PACE, PACE, Publisher


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

    def show_again(self):
        self.again += 1

    def tell(self, message):
        self.told.append(message)


def published() -> tuple[Screen, Publisher]:
    screen = Screen()
    return screen, Publisher(screen, screen.state)


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


def test_everything_is_sent_once_more_after_the_last_change():
    """A page that missed a message is right again after seconds; then there is silence."""
    screen, publisher = published()
    screen.state["status"] = "S"
    publisher.changed()
    assert publisher.turn(100.0) == 100.0 + AGAIN
    assert publisher.turn(100.0 + AGAIN) is None
    assert screen.again == 1


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


def test_answers_do_not_wait():
    """An acknowledgement goes at once, however recently state was sent."""
    screen, publisher = published()
    screen.state["status"] = "S"
    publisher.changed()
    publisher.turn(100.0)
    publisher.answer({"kind": "ack"})
    publisher.turn(100.001)
    assert screen.told == [{"kind": "ack"}]


def test_the_thread_sends_what_it_is_told_of():
    """Started, the publisher sends after `changed` without anybody calling it, and ends on `close`."""
    screen, publisher = published()
    publisher.start()
    screen.state["status"] = "S"
    publisher.changed()
    assert screen.sent.wait(5)
    publisher.close()
