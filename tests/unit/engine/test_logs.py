from pathlib import Path

import msgspec
import pytest

from nbflow.engine.attempt.record import DISPLAY, Display
from nbflow.engine.logs import read_displays, read_log, read_since
from nbflow.engine.orders import attempt_folder


def write(folder: Path, *displays: Display, tail: bytes = b"") -> None:
    lines = b"".join(msgspec.json.encode(display) + b"\n" for display in displays)
    (folder / DISPLAY).write_bytes(lines + tail)


def shown(folder: Path) -> list[object]:
    return [display.data["text/plain"] for display in read_displays(folder)]


def text(words: str, **extra: object) -> Display:
    return Display(data={"text/plain": words}, **extra)


def test_nothing_written_yet_reads_as_nothing(tmp_path: Path) -> None:
    """An attempt that has just started has neither log nor displays."""
    assert read_log(tmp_path, "out") == ""
    assert read_displays(tmp_path) == []


def test_half_a_character_does_not_hinder(tmp_path: Path) -> None:
    """A log read in the midst of a write still reads."""
    (tmp_path / "out").write_bytes("größe".encode()[:3])
    assert read_log(tmp_path, "out") == "gr�"


def test_only_logs_can_be_named(tmp_path: Path) -> None:
    """A stream's name never becomes a path."""
    with pytest.raises(ValueError, match="no log"):
        read_log(tmp_path, "../../secret")


@pytest.mark.parametrize("key", ["", "..", "a/b", "AB", "0x1", "a\n"])
def test_only_keys_name_folders(tmp_path: Path, key: str) -> None:
    """A key that is not hexadecimal is refused."""
    with pytest.raises(ValueError, match="no attempt's key"):
        attempt_folder(tmp_path, key)


def test_a_line_that_is_not_whole_waits(tmp_path: Path) -> None:
    """The last line counts once its end is there."""
    write(tmp_path, text("one"), tail=b'{"data": {"text/plain": "tw')
    assert shown(tmp_path) == ["one"]


def test_a_line_that_is_garbage_is_passed_over(tmp_path: Path) -> None:
    """The others are still shown."""
    (tmp_path / DISPLAY).write_bytes(b"garbage\n" + msgspec.json.encode(text("two")) + b"\n")
    assert shown(tmp_path) == ["two"]


def test_an_update_takes_the_place_of_its_display(tmp_path: Path) -> None:
    """Other displays stay where they are."""
    write(tmp_path, text("a", display_id="1"), text("b"), text("c", display_id="1", update=True))
    assert shown(tmp_path) == ["c", "b"]


def test_clear_drops_what_came_before(tmp_path: Path) -> None:
    """Only later displays are left."""
    write(tmp_path, text("a"), Display(clear=True), text("b"))
    assert shown(tmp_path) == ["b"]


def test_the_end_of_a_log_is_read_alone(tmp_path: Path) -> None:
    """Of a long log the last lines can be had without reading the rest; a line that was cut is left out."""
    (tmp_path / "out").write_text("one\ntwo\nthree\n")
    assert read_log(tmp_path, "out", last=8) == "three\n"
    assert read_log(tmp_path, "out", last=1000) == "one\ntwo\nthree\n"
    (tmp_path / "out").write_text("x" * 100)
    assert read_log(tmp_path, "out", last=8) == "x" * 8


def test_a_log_is_followed_and_taken_anew_when_it_was_shortened(tmp_path: Path) -> None:
    """Each reading goes on where the last one ended."""
    (tmp_path / "out").write_text("one\n")
    data, place = read_since(tmp_path, "out", 0)
    assert (data, place) == (b"one\n", 4)
    (tmp_path / "out").write_text("one\ntwo\n")
    assert read_since(tmp_path, "out", place) == (b"two\n", 8)
    (tmp_path / "out").write_text("new")
    assert read_since(tmp_path, "out", 8) == (b"new", 3)
    assert read_since(tmp_path, "err", 0) == (b"", 0)
