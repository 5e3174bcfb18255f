"""Text that matplotlib can set: fonts for every sign of a name as far as this machine has them, and no warnings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

BASE = "DejaVu Sans"
"""Comes with matplotlib."""
MISSING = "\u25a1"

_WORLD = (
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "IPAGothic",
    "NanumGothic",
    "PingFang SC",
    "Hiragino Sans",
    "Heiti TC",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "SimHei",
    "Arial Unicode MS",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Noto Sans Symbols2",
    "Symbola",
)
"""Fonts asked, in this order, for what the first one lacks."""


def settable(text: str) -> str:
    """*text* with a hollow box for each sign that no font here has.

    >>> settable("fit[a=1]")
    'fit[a=1]'
    """
    known = [_signs(family) for family in _families(frozenset(map(ord, text)))]
    return "".join(_settable(sign, any(ord(sign) in signs for signs in known)) for sign in text)


def _settable(sign: str, known: bool) -> str:
    if known or sign == " ":
        return sign
    return "" if unicodedata.category(sign) in ("Cf", "Mn", "Me") else MISSING


def families(texts: Iterable[str]) -> list[str]:
    """The font families to set *texts* in, the most usual first.

    >>> families(["fit", "load"])
    ['DejaVu Sans']
    """
    return list(_families(frozenset(ord(sign) for text in texts for sign in text)))


@cache
def _families(signs: frozenset[int]) -> tuple[str, ...]:
    missing = signs - _signs(BASE) - {ord(MISSING)}
    found = [BASE]
    for family in _WORLD if missing else ():
        if missing & _signs(family):
            found.append(family)
            missing -= _signs(family)
    return tuple(found)


@cache
def _signs(family: str) -> frozenset[int]:
    """The signs that *family* has; none if it is not here, or is of a kind that cannot be read."""
    files = [font.fname for font in fontManager.ttflist if font.name == family and font.style == "normal"]
    return frozenset(FT2Font(files[0]).get_charmap()) if files else frozenset()
