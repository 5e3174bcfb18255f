"""Names and messages made fit for a picture: they come from people and programs, and may hold anything."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from nbflow.core.graphemes import TURNS, graphemes

NO_MATHS = "mathjax_ignore tex2jax_ignore"
"""Classes that keep notebooks from setting what stands between two dollar signs as a formula."""


def plain(text: object) -> str:
    r"""*text* on one line, without control signs: nothing in it can steer a terminal or break markup.

    >>> plain("two\nlines \x1b[31mred\x00")
    'two lines [31mred'
    """
    return " ".join("".join(map(_sign, str(text))).split())


def _sign(sign: str) -> str:
    if sign.isprintable() or unicodedata.category(sign) in ("Mn", "Mc", "Cn", "Co"):
        return "\ufffd" if sign in "\ufffe\uffff" else sign
    match unicodedata.category(sign):
        case "Cs":
            return "\ufffd"
        case "Cf":
            return "" if sign in TURNS else sign
        case _:
            return " "


def escaped(text: object) -> str:
    """*text* as `plain` gives it, escaped for the contents and the quoted attributes of HTML and XML.

    >>> escaped('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return escape(plain(text))


def columns(text: str) -> int:
    """How many columns of a terminal *text* takes.

    >>> columns("fit"), columns("数据"), columns("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def fit(text: str, most: int) -> str:
    """*text* in at most *most* columns, its middle left out where it is longer: both ends tell names apart.

    >>> fit("fit_the_big_model[alpha=0.1]", 17)
    'fit_the_…pha=0.1]'
    """
    if columns(text) <= most:
        return text
    tail = _start(list(graphemes(text))[::-1], (most - 1) // 2)[::-1]
    return f"{start(text, most - 1 - columns(''.join(tail)))}…{''.join(tail)}"


def start(text: str, most: int) -> str:
    """The beginning of *text* that takes at most *most* columns.

    >>> start("数据清洗", 5)
    '数据'
    """
    return "".join(_start(list(graphemes(text)), most))


def _start(signs: Sequence[str], most: int) -> Sequence[str]:
    used = 0
    for at, sign in enumerate(signs):
        used += columns(sign)
        if used > most:
            return signs[:at]
    return signs
