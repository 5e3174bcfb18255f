r"""What a terminal shows of a text: lines rewritten after ``\r`` or by cursor movements as they ended, with colours.

Text in, lines out, as runs of text with one CSS style each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

Run = tuple[str, str]
"""Text, and the CSS of how it looks; empty: as any."""
Cell = tuple[str, str]
FARTHEST = 2000
"""Rows and columns that one movement of the cursor can skip."""
_TOKEN = re.compile(
    r"\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b.?|[\r\n\b]|[^\x1b\r\n\b]+", re.DOTALL
)
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLAIN = ("#7a8087", "#c8402f", "#2f8a4a", "#a97b00", "#2f73c9", "#a0557e", "#1d8a99", "#8a9097")
"""Black, red, green, yellow, blue, magenta, cyan, white: each readable on white and on black."""
_BASE = ("#000000", "#cd3131", "#0dbc79", "#b5a500", "#2472c8", "#bc3fbc", "#11a8cd", "#c5c5c5")


@dataclass(slots=True)
class Look:
    """How text looks from now on."""

    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False
    front: str = ""
    back: str = ""

    @property
    def css(self) -> str:
        """The look as CSS."""
        front, back = (self.back or "#ffffff", self.front or "#555555") if self.inverse else (self.front, self.back)
        if back and not front:
            front = "#111111" if _light(back) else "#ffffff"
        parts = (
            f"color:{front}" if front else "",
            f"background:{back}" if back else "",
            "font-weight:600" if self.bold else "",
            "opacity:0.7" if self.faint else "",
            "font-style:italic" if self.italic else "",
            "text-decoration:underline" if self.underline else "",
        )
        return ";".join(part for part in parts if part)

    def change(self, codes: Iterator[int]) -> None:
        """Take the codes of one "select graphic rendition"."""
        for code in codes:
            match code:
                case 0:
                    self.bold = self.faint = self.italic = self.underline = self.inverse = False
                    self.front = self.back = ""
                case 1 | 2 | 3 | 4 | 7:
                    setattr(self, _FLAGS[code], True)
                case 22:
                    self.bold = self.faint = False
                case 23 | 24 | 27:
                    setattr(self, _FLAGS[code - 20], False)
                case 38:
                    self.front = _extended(codes)
                case 48:
                    self.back = _extended(codes)
                case _ if 30 <= code <= 37 or 90 <= code <= 97:
                    self.front = _PLAIN[code % 10]
                case _ if 40 <= code <= 47 or 100 <= code <= 107:
                    self.back = _BASE[code % 10]
                case 39:
                    self.front = ""
                case 49:
                    self.back = ""


_FLAGS = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse"}


def _extended(codes: Iterator[int]) -> str:
    """A colour of 256, or of three bytes."""
    kind = next(codes, None)
    if kind == 2:
        red, green, blue = (min(255, next(codes, 0)) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    if kind != 5:
        return ""
    number = min(255, next(codes, 0))
    if number < 16:
        return _PLAIN[number % 8]
    if number >= 232:
        return f"#{8 + 10 * (number - 232):02x}" + f"{8 + 10 * (number - 232):02x}" * 2
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return "#" + "".join(f"{levels[place]:02x}" for place in (number // 36, number // 6 % 6, number % 6))


def _light(colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 299 * red + 587 * green + 114 * blue > 128_000


@dataclass(slots=True)
class Row:
    """One line of a screen. *at* is the place of the last piece of text that was written into it."""

    cells: list[Cell] = field(default_factory=list)
    at: int = 0

    @property
    def runs(self) -> list[Run]:
        """Its text, by looks."""
        return [("".join(char for char, _ in run), css) for css, run in groupby(self.cells, lambda cell: cell[1])]


class Screen:
    r"""Takes text piece by piece, as a terminal that is wide enough does.

    >>> screen = Screen()
    >>> screen.feed("load\n 10 %\r100 %\n")
    >>> [row.runs for row in screen.rows]
    [[('load', '')], [('100 %', '')], []]
    """

    def __init__(self) -> None:
        self.rows = [Row()]
        self._y = self._x = 0
        self._look = Look()

    def feed(self, text: str, at: int = 0) -> None:
        """Write *text*, the piece at place *at*."""
        for token in _TOKEN.finditer(text):
            said = token[0]
            if said == "\n":
                self._down(1, at)
            elif said == "\r":
                self._x = 0
            elif said == "\b":
                self._x = max(0, self._x - 1)
            elif said[0] != "\x1b":
                self._put(_ODD.sub("", said), at)
            elif token[2]:
                self._command(token[2], token[1], at)

    def _put(self, text: str, at: int) -> None:
        row, css = self.rows[self._y], self._look.css
        if len(row.cells) < self._x:
            row.cells += [(" ", "")] * (self._x - len(row.cells))
        row.cells[self._x : self._x + len(text)] = [(char, css) for char in text]
        self._x += len(text)
        row.at = at

    def _down(self, count: int, at: int) -> None:
        self._y, self._x = self._y + count, 0
        while len(self.rows) <= self._y:
            self.rows.append(Row(at=at))

    def _command(self, kind: str, parameters: str, at: int) -> None:
        codes = [int(each) if each.isdigit() else 0 for each in re.split("[;:]", parameters.strip("?<=>"))]
        count = min(max(1, codes[0]), FARTHEST)
        match kind:
            case "m":
                self._look.change(iter(codes))
            case "A" | "F":
                self._y, self._x = max(0, self._y - count), 0 if kind == "F" else self._x
            case "B":
                column = self._x
                self._down(count, at)
                self._x = column
            case "E":
                self._down(count, at)
            case "C":
                self._x += count
            case "D":
                self._x = max(0, self._x - count)
            case "G":
                self._x = count - 1
            case "K":
                self._erase(codes[0])
            case "J" if codes[0] == 0:
                self._erase(0)
                del self.rows[self._y + 1 :]
            case "J":
                self.rows, self._y, self._x = [Row(at=at)], 0, 0

    def _erase(self, how: int) -> None:
        """Erase the row the cursor is in: what follows it, what comes before it, or all."""
        cells = self.rows[self._y].cells
        if how == 0:
            del cells[self._x :]
        elif how == 1:
            cells[: self._x] = [(" ", "")] * min(self._x, len(cells))
        else:
            cells.clear()


def lines(text: str) -> list[list[Run]]:
    """The lines that a terminal shows of *text*."""
    if not any(char in text for char in "\r\b\x1b"):
        return [[(_ODD.sub("", line), "")] for line in text.split("\n")]
    screen = Screen()
    screen.feed(text)
    return [row.runs for row in screen.rows]


def screen(text: str) -> str:
    r"""What a terminal shows of *text*, without its colours.

    >>> screen("10 %\r 50 %\r100 %\n\x1b[31mend\x1b[0m")
    '100 %\nend'
    """
    return "\n".join("".join(part for part, _ in line) for line in lines(text))


def html(runs: list[Run]) -> str:
    """One line as HTML.

    >>> html([("a<", ""), ("b", "color:#c8402f")])
    'a&lt;<span style="color:#c8402f">b</span>'
    """
    return "".join(f'<span style="{css}">{escape(text)}</span>' if css else escape(text) for text, css in runs)


def cut(runs: list[Run], limit: int) -> list[Run]:
    """The first *limit* characters of a line; if there are more, an ellipsis is the last of them."""
    if sum(len(text) for text, _ in runs) <= limit:
        return runs
    kept, left = list[Run](), limit - 1
    for text, css in runs:
        kept.append((text[:left], css))
        left -= len(text)
        if left <= 0:
            break
    return [*kept, ("…", "")]
