"""How wide a text is, roughly, and how it is shortened: for pictures made without a browser's measure."""

from __future__ import annotations

import unicodedata

from nbflow.core.graphemes import graphemes

_NARROW = frozenset("iljtfrI.,:;|!'`()[]{}/\\ ·-")
_BROAD = frozenset("mwMW@%&#+<>=~—…✓✕◐○◔◌↻⤼⊘⚙↶↴☑≈⧉")


def width(text: str, size: float) -> float:
    """The estimated width of *text* in pixels at a font of *size* pixels; errs on the wide side for common fonts.

    >>> 40 < width("fit[alpha=0.1]", 12.5) < 110
    True
    >>> width("", 12)
    0
    """
    return sum(map(_em, text if text.isascii() else graphemes(text))) * size


def _em(sign: str) -> float:
    sign = sign[0]
    if sign in _NARROW:
        return 0.36
    if sign in _BROAD:
        return 0.88
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.04
    return 0.7 if sign.isupper() else 0.6


def shorten(text: str, room: float, size: float) -> str:
    """*text* if it fits in *room* pixels, else with an ellipsis in the middle: both ends of a name tell it from others.

    >>> shorten("load", 100, 12)
    'load'
    >>> shorten("fit_the_big_model_with_every_column[alpha=0.1]", 120, 12)
    'fit_the_b…pha=0.1]'
    """
    text = " ".join(text.split())
    if width(text, size) <= room:
        return text
    signs = list(graphemes(text))
    head, tail, used, turn = 0, 0, width("…", size), 0
    while head + tail < len(signs):
        sign = signs[head] if turn % 2 == 0 else signs[-1 - tail]
        used += width(sign, size)
        if used > room:
            break
        head, tail, turn = head + (turn % 2 == 0), tail + (turn % 2), turn + 1
    return f"{''.join(signs[:head])}…{''.join(signs[len(signs) - tail :])}"


def clip(text: str, room: float, size: float) -> str:
    """*text* if it fits in *room* pixels, else its beginning and an ellipsis: for sentences.

    >>> clip("needs the whole world", 60, 11)
    'needs th…'
    """
    text = " ".join(text.split())
    if width(text, size) <= room:
        return text
    used, kept = width("…", size), ""
    for sign in graphemes(text):
        used += width(sign, size)
        if used > room:
            break
        kept += sign
    return f"{kept.rstrip()}…"
