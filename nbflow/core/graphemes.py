"""Texts in any script: what a person takes for one sign, and names of which nothing would be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that look like spaces."""
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what follows them: a name holding one would rearrange its neighbours."""


def graphemes(text: str) -> Iterator[str]:
    r"""The signs of *text* as a person counts them, near enough to Unicode's rules (UAX 29) to cut names.

    A letter with its marks is one, so are a flag, a family of emoji, and a syllable of Hangul's parts.

    >>> [len(sign) for sign in graphemes("e\u0301t\u00e9")]
    [2, 1, 1]
    >>> len(list(graphemes("\U0001f469\u200d\U0001f467\U0001f1fa\U0001f1e6")))
    2
    """
    sign = ""
    for char in text:
        if sign and not _continues(sign, char):
            yield sign
            sign = ""
        sign += char
    if sign:
        yield sign


def _continues(sign: str, char: str) -> bool:
    """Whether *char* belongs to the *sign* before it."""
    if char <= "\u02ff" or sign[-1] <= "\x1f":
        return False
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or char in "\u200c\u200d":
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff":  # a colour of skin
        return True
    if sign[-1] == _JOINER or "\U000e0020" <= char <= "\U000e007f":
        return len(sign) > 1
    if _flag(char) and _flag(sign[-1]):
        return len(sign) == 1
    return _jamo(sign[-1], char)


def _flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _jamo(before: str, char: str) -> bool:
    """Whether two parts of a Hangul syllable stand in it beside each other: leading, vowel, trailing."""
    if "\u1160" <= char <= "\u11a7":
        return "\u1100" <= before <= "\u11a7" or (_syllable(before) and (ord(before) - 0xAC00) % 28 == 0)
    if "\u11a8" <= char <= "\u11ff":
        return "\u1160" <= before <= "\u11ff" or _syllable(before)
    return "\u1100" <= char <= "\u115f" and "\u1100" <= before <= "\u115f"


def _syllable(char: str) -> bool:
    return "\uac00" <= char <= "\ud7a3"


def visible(name: str) -> str:
    r"""*name* as it is shown: without signs that turn what follows them around; words for one of which nothing is seen.

    >>> visible("fit"), visible("fit\u202egnp.exe"), visible("\u200b\u3000")
    ('fit', 'fitgnp.exe', '(blank)')
    """
    if name.isascii() and name.isprintable() and name.strip():
        return name
    shown = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name if char not in TURNS)
    return shown if any(map(_seen, shown)) else "(blank)"


def _seen(char: str) -> bool:
    return not (char in _BLANK or char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Mn"))
