"""Tables as rows of texts."""

from __future__ import annotations

import pandas as pd
import pytest

from nbflow.notebook.tables import ROWS, table


def texts(rows):
    return [[cell[0] for cell in row] for row in rows]


def test_a_frame_is_its_cells():
    """With its index, and heads that span columns."""
    frame = pd.DataFrame({("a", "x"): [1, 2], ("a", "y"): ["<b>no</b>", "two\nlines"]})
    found = table(frame._repr_html_())
    assert texts(found.head) == [["", "a"], ["", "x", "y"]]
    assert found.head[0][1] == ["a", True, 2, 1]
    assert texts(found.body) == [["0", "1", "<b>no</b>"], ["1", "2", "two\\nlines"]]


def test_a_styled_frame_is_one_too():
    """Its style is no text of it."""
    found = table(pd.DataFrame({"a": [1]}).style.to_html())
    assert (texts(found.head), texts(found.body)) == ([["", "a"]], [["0", "1"]])


def test_a_long_one_is_cut():
    """And says how much is missing."""
    found = table(pd.DataFrame({"a": range(ROWS + 5)}).to_html())
    assert (len(found.body), found.left_out) == (ROWS, 5)


@pytest.mark.parametrize("html", ["<b>bold</b>", "<div><svg></svg><table></table></div>", "", "x" * 3_000_000])
def test_what_is_no_table_is_none(html):
    """It is shown as its text."""
    assert table(html) is None


@pytest.mark.parametrize(
    "html",
    ["<table><tr><td>a", "<table></td></tr></table></table>x", "<table><tr><td><table><tr><td>in</table>out</table>"],
)
def test_broken_markup_breaks_nothing(html):
    """What can be read is; what stands in scripts and styles is not."""
    found = table(html)
    assert found is None or all(isinstance(cell[0], str) for row in (*found.head, *found.body) for cell in row)


def test_scripts_and_styles_are_no_texts():
    """Nor are attributes."""
    found = table("<table><tr><td onclick='x'>a<script>b()</script><style>c{}</style>d</td></tr></table>")
    assert texts(found.body) == [["ad"]]


def test_spans_are_bounded():
    """A cell does not fill the page."""
    found = table('<table><tr><td colspan="99999" rowspan="x">a</td></tr></table>')
    assert found.body == [[["a", False, 40, 1]]]
