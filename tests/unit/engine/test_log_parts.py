"""A log by parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.engine.attempt.displays import DisplayFile
from nbflow.engine.log_parts import SHORT, STEP, part, tail


class Attempt:
    """Writes as an attempt does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.record = folder, DisplayFile(folder)

    def write(self, text: str, stream: str = "out") -> None:
        with (self.folder / stream).open("ab") as log:
            log.write(text.encode())


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    return Attempt(tmp_path)


def texts(found):
    return [(stream, data.decode()) for stream, data in found.pieces]


def test_an_attempt_that_has_printed_nothing_has_an_empty_log(attempt):
    """No file is there yet."""
    assert tail(attempt.folder).pieces == part(attempt.folder, (0, 0), None).pieces == ()


def test_streams_are_told_apart_in_their_order(attempt):
    """Each change from one to the other is noted by the attempt."""
    for text, stream in (("1", "out"), ("2", "err"), ("3", "out")):
        attempt.write(text, stream)
        attempt.record.turned()
    found = tail(attempt.folder)
    assert texts(found) == [("out", "1"), ("err", "2"), ("out", "3")]
    assert (found.start, found.end) == ((0, 0), (2, 1))


def test_part_by_part_every_byte_comes_once(attempt):
    """Whatever the size of the parts, from the beginning on or from the end back."""
    for n in range(300):
        attempt.write(f"é line {n}\n", "err" if n % 7 == 0 else "out")
        attempt.record.turned()
    whole = part(attempt.folder, (0, 0), None)
    for room in (10, 97, 1000):
        at, forward = (0, 0), []
        while (found := part(attempt.folder, at, None, room)).pieces:
            forward += found.pieces
            at = found.end
        assert b"".join(data for _, data in forward) == b"".join(data for _, data in whole.pieces)
        at, back = whole.size, []
        while at != (0, 0):
            found = part(attempt.folder, None, at, max(room, 100))
            back[:0] = found.pieces
            assert found.end == at
            at = found.start
        assert b"".join(data for _, data in back) == b"".join(data for _, data in whole.pieces)


def test_parts_end_between_characters(attempt):
    """So that each can be read by itself."""
    attempt.write("é" * 100)
    assert texts(part(attempt.folder, (0, 0), None, room=7)) == [("out", "éééé")]


def test_what_comes_between_two_places_can_be_asked_for(attempt):
    """What a view has missed while a log grew."""
    attempt.write("one\ntwo\nthree\n")
    assert texts(part(attempt.folder, (4, 0), (8, 0))) == [("out", "two\n")]


def test_a_tail_begins_with_a_line_and_moves_now_and_then(attempt):
    """A log that grows is told by its last part, which keeps its beginning for a while."""
    line = "x" * 99 + "\n"
    attempt.write(line * 1000)
    first = tail(attempt.folder)
    assert sum(len(data) for _, data in first.pieces) <= SHORT + STEP
    assert first.pieces[0][1].startswith(b"x" * 99 + b"\n")
    attempt.write(line)
    assert tail(attempt.folder).start == first.start
    attempt.write(line * 300)
    assert tail(attempt.folder).start > first.start


def test_a_long_line_is_cut_between_characters(attempt):
    """Where no line begins near."""
    attempt.write("€" * 20_000)
    ((_, text),) = texts(tail(attempt.folder))
    assert set(text) == {"€"}


def test_lines_of_the_display_file_that_are_none_are_passed_over(attempt):
    """The job's code can write to it, too."""
    attempt.write("a")
    (attempt.folder / "display").write_text('{"out": "x"}\nno\n')
    assert texts(tail(attempt.folder)) == [("out", "a")]
