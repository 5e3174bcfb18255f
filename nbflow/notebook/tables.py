"""Tables that a job has shown, as rows of texts: what a page may show without reading any of it as markup."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

ROWS, COLUMNS, SIGNS = 60, 40, 200
"""Rows and columns of a table, and characters of a cell, that are shown."""
_LONGEST = 2_000_000
"""Characters of HTML that are read."""
_TABLE = re.compile(
    r"""<table[^>]*\bclass=["'][^"'>]*\bdataframe\b|^\s*(<div>\s*)?(<style.*?</style>\s*)?<table\b""", re.S
)
Cell = list[Any]
"""Text, whether it is a heading, columns and rows that it spans."""


@dataclass
class Table:
    """*head* and *body*: rows of cells; *left_out*: rows that are not among them."""

    head: list[list[Cell]] = field(default_factory=list)
    body: list[list[Cell]] = field(default_factory=list)
    left_out: int = 0

    def told(self) -> dict[str, Any]:
        """As values for JSON."""
        return {"head": self.head, "body": self.body, "left_out": self.left_out}


def table(html: str) -> Table | None:
    """The table that *html* is, as pandas, polars and many others show theirs; None if it is something else.

    >>> table('<table border="1" class="dataframe"><tr><th>a</th></tr><tr><td>1 &lt; 2</td></tr></table>').told()
    {'head': [[['a', True, 1, 1]]], 'body': [[['1 < 2', False, 1, 1]]], 'left_out': 0}
    """
    if len(html) > _LONGEST or not _TABLE.search(html):
        return None
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = reader.table
    return found if found.head or found.body else None


class _Reader(HTMLParser):
    """Takes the cells of the first table; what stands around it and within its cells counts as text only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.table = Table()
        self._depth, self._head, self._ended = 0, False, False
        self._row: list[Cell] | None = None
        self._cell: Cell | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        match tag:
            case "table":
                self._depth += 1
            case "style" | "script":
                self._hidden += 1
            case "thead":
                self._head = True
            case "tr" if self._depth == 1 and not self._ended:
                self._close_row()
                self._row = []
            case "td" | "th" if self._depth == 1 and self._row is not None:
                self._cell = ["", tag == "th", _span(told.get("colspan")), _span(told.get("rowspan"))]
                if len(self._row) < COLUMNS:
                    self._row.append(self._cell)
            case "br" if self._cell is not None:
                self._cell[0] += "\n"
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "table":
                self._depth -= 1
                if self._depth <= 0:
                    self._close_row()
                    self._ended = True
            case "style" | "script":
                self._hidden = max(0, self._hidden - 1)
            case "thead":
                self._close_row()
                self._head = False
            case "td" | "th" if self._depth == 1:
                self._cell = None
            case "tr" if self._depth == 1:
                self._close_row()
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden and len(self._cell[0]) <= SIGNS:
            text = (self._cell[0] + data).lstrip()
            self._cell[0] = text if len(text) <= SIGNS else text[: SIGNS - 1] + "…"

    def _close_row(self) -> None:
        row, self._row, self._cell = self._row, None, None
        if not row:
            return
        for cell in row:
            cell[0] = cell[0].strip()
        heads = not self.table.body and all(heading for _, heading, _, _ in row)
        if self._head or heads:
            self.table.head.append(row)
        elif len(self.table.body) < ROWS:
            self.table.body.append(row)
        else:
            self.table.left_out += 1


def _span(told: str | None) -> int:
    return min(int(told), COLUMNS) if told and told.isdecimal() and int(told) > 0 else 1
