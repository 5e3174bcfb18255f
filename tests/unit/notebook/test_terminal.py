"""What a terminal shows of a text."""

from __future__ import annotations

import time

import pytest

from nbflow.notebook import terminal
from nbflow.notebook.terminal import Screen, lines, screen

SHOWN = [
    ("a\nb", "a\nb"),
    ("10 %\r100 %\n", "100 %\n"),
    ("downloading\rdone", "doneloading"),
    ("abc\b\bx", "axc"),
    ("windows\r\nlines\r\n", "windows\nlines\n"),
    ("one\n\x1b[Atwo\x1b[K", "two\n"),
    ("outer 1\ninner 1\x1b[A\router 2\n\rinner 2", "outer 2\ninner 2"),
    ("long line\r\x1b[2Kshort", "short"),
    ("abc\x1b[1Dx", "abx"),
    ("a\x1b[5Gb", "a   b"),
    ("gone\n\x1b[2J\x1b[Hnew", "new"),
    ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "textlink"),
    ("bell\x07 null\x00", "bell null"),
    ("open \x1b[", "open "),
    ("\x1b[99999999999Aup\x1b[99999C!", "up" + " " * 2000 + "!"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_the_screen_shows_how_it_ended(text: str, shown: str) -> None:
    """Lines rewritten, cursor moved, erased, and codes that show nothing."""
    assert screen(text) == shown


@pytest.mark.parametrize(
    ("codes", "css"),
    [
        ("31", "color:#c8402f"),
        ("1;32", "color:#2f8a4a;font-weight:600"),
        ("38;5;196", "color:#ff0000"),
        ("38;2;1;2;3", "color:#010203"),
        ("38;5;244", "color:#808080"),
        ("41", "color:#ffffff;background:#cd3131"),
        ("4;3", "font-style:italic;text-decoration:underline"),
        ("31;39", ""),
        ("1;22;38", ""),
        ("31;0", ""),
    ],
)
def test_looks_become_styles(codes: str, css: str) -> None:
    """Of 8, 16, 256 and all colours; taken back by their own codes and by 0."""
    assert lines(f"\x1b[{codes}mx\x1b[0my") == ([[("x", css), ("y", "")]] if css else [[("xy", "")]])


def test_no_code_leaves_its_style() -> None:
    """Whatever stands in a text, HTML has only what this module writes."""
    hostile = '\x1b[31;"><script>m<script>\x1b[38;5;x"mend'
    assert "<script" not in "".join(map(terminal.html, lines(hostile)))


def test_a_row_knows_when_it_was_last_written() -> None:
    """By the place of the piece of text, for the order among several streams."""
    screen = Screen()
    screen.feed("bar 1\n", 1)
    screen.feed("\x1b[Abar 2", 5)
    assert [row.at for row in screen.rows] == [5, 1]


def test_many_rewritten_lines_are_quick() -> None:
    """64 kB of a progress bar, as much as a card reads, take far less than the time between two of its looks."""
    text = "\r\x1b[32m" + "#" * 60 + "\x1b[0m 50 %"
    began = time.process_time()
    assert lines(text * 900)[0][0] == ("#" * 60, "color:#2f8a4a")
    assert time.process_time() - began < 0.5
