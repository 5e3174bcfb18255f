"""What an attempt printed and displayed, in its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.engine.attempt.displays import DisplayFile
from nbflow.engine.attempt.record import Display
from nbflow.engine.shown import Text, read_shown


class Attempt:
    """Writes as an attempt does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.record = folder, DisplayFile(folder)

    def write(self, text: str, stream: str = "out") -> None:
        with (self.folder / stream).open("a") as log:
            log.write(text)

    def display(self, text: str, **more: object) -> None:
        self.record(Display(data={"text/plain": text}, **more))  # type: ignore[arg-type]

    def clear(self, wait: bool = False) -> None:
        self.record(Display(clear=True, wait=wait))

    def shown(self, last: int = 1000) -> list[str]:
        found = read_shown(self.folder, last)
        return [each.text if isinstance(each, Text) else f"<{each.data['text/plain']}>" for each in found]


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    return Attempt(tmp_path)


def test_nothing_is_there_yet(attempt: Attempt) -> None:
    """No log, no display."""
    assert attempt.shown() == []


def test_displays_stand_among_texts(attempt: Attempt) -> None:
    """Where the logs stood when they were shown."""
    attempt.write("a")
    attempt.display("x")
    attempt.write("b")
    attempt.display("y")
    assert attempt.shown() == ["a", "<x>", "b", "<y>"]


def test_marks_keep_the_order_of_the_streams(attempt: Attempt) -> None:
    """Each change from one to the other is noted."""
    attempt.write("1", "out")
    attempt.record.turned()
    attempt.write("2", "err")
    attempt.record.turned()
    attempt.write("3", "out")
    assert attempt.shown() == ["1", "2", "3"]


def test_updates_change_what_is_there(attempt: Attempt) -> None:
    """In its place."""
    attempt.display("x", display_id="d")
    attempt.write("a")
    attempt.display("y", display_id="d", update=True)
    assert attempt.shown() == ["<y>", "a"]


def test_clearing_drops_texts_and_displays(attempt: Attempt) -> None:
    """All that came before it."""
    attempt.write("a")
    attempt.display("x")
    attempt.clear()
    assert attempt.shown() == []
    attempt.write("b")
    assert attempt.shown() == ["b"]


@pytest.mark.parametrize("then", ["text", "display"])
def test_clearing_may_wait(attempt: Attempt, then: str) -> None:
    """Until something comes after it, be it printed or displayed."""
    attempt.write("a")
    attempt.clear(wait=True)
    assert attempt.shown() == ["a"]
    if then == "text":
        attempt.write("b")
    else:
        attempt.display("b")
    assert attempt.shown() in (["b"], ["<b>"])


def test_the_end_of_a_long_log_begins_with_a_line(attempt: Attempt) -> None:
    """And says that something is missing."""
    attempt.write("one\ntwo\nthree\n")
    attempt.display("x")
    found = read_shown(attempt.folder, 8)
    assert found[0] == Text("out", "three\n", cut=True)
    assert isinstance(found[1], Display)


def test_a_line_that_is_no_display_is_passed_over(attempt: Attempt) -> None:
    """User code can write to the file, and a line may be half written."""
    attempt.display("x")
    with (attempt.folder / "display").open("ab") as file:
        file.write(b"nonsense\n{")
    assert attempt.shown() == ["<x>"]


def test_a_log_that_was_cut_is_shown_before_displays(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    """The places do not hold any more."""
    monkeypatch.setattr("nbflow.engine.shown.LIMIT", 2)
    attempt.display("x")
    attempt.write("abc")
    assert attempt.shown() == ["abc", "<x>"]
