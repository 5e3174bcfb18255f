"""The values of loop variables in a few characters: for names, for people, and for keys of what can be none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

TEXT = 60
"""Characters of a value's text, for people."""


def can_be_key(value: Any) -> bool:
    """Whether a dict takes it as key."""
    try:
        hash(value)
    except Exception:
        return False
    return True


def unique_texts(values: Iterable[Any], can: Iterable[bool]) -> list[Any]:
    """*values*, of which those that can be no key are told by their text, each by another one."""
    seen, found = dict[str, int](), list[Any]()
    for value, hashable in zip(values, can, strict=True):
        text = value if hashable else _plain(value)
        count = seen[text] = seen.get(text, 0) + 1
        found.append(text if hashable or count == 1 else f"{text} ({count})")
    return found


def text_of(value: Any) -> str:
    """*value* in a few characters, for names and for people.

    >>> [text_of(each) for each in (0.1, 0.1 + 0.2, 1e-05, True, None, "a b", int, [1, 2], object())]
    ['0.1', '0.3', '1e-05', 'True', 'None', 'a b', 'int', '[1, 2]', 'object']
    """
    if isinstance(value, float) or type(value).__name__ in ("float16", "float32"):
        exact = str(value)
        return exact if len(exact) <= 8 else f"{value:.6g}"
    if isinstance(name := getattr(value, "__name__", None), str):
        return name
    text = _plain(value)
    return type(value).__name__ if "\n" in text or re.search(r" at 0x[0-9a-fA-F]+>", text) else text[: 4 * TEXT]


def _plain(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        return type(value).__name__
