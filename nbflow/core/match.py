"""Names a person typed: the nearest known word, and the names a pattern means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from nbflow.errors import UnknownJob


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of *words* that *word* was most likely meant to be, or None if none is near.

    >>> nearest("retry", ["retries", "delay"])
    'retries'
    >>> nearest("colour", ["retries", "delay"]) is None
    True
    """
    known = sorted(set(words) - {word})
    begun = [each for each in known if word and each.lower().startswith(word.lower())]
    if begun:
        return min(begun, key=len)
    folded = {each.lower(): each for each in known}
    close = get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def match_names(patterns: Iterable[str], names: Collection[str]) -> tuple[str, ...]:
    """The *names* that *patterns* mean, each once: patterns in their order, names of one pattern in the names' order.

    A pattern that is a name means that name. Else ``*`` stands for any text and ``?`` for one character; brackets mean
    themselves, for names such as ``fit[alpha=1]`` have them.

    Raises:
        UnknownJob: a pattern means none of the names; carries the nearest one.

    >>> match_names(["fit*", "load"], ["load", "fit[a=1]", "fit[a=2]"])
    ('fit[a=1]', 'fit[a=2]', 'load')
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        meant = [pattern] if pattern in names else _matching(pattern, names)
        if not meant:
            raise UnknownJob(pattern, nearest(pattern, names))
        found.update(dict.fromkeys(meant))
    return tuple(found)


def is_pattern(text: str) -> bool:
    """Whether *text* has a wildcard.

    >>> is_pattern("fit*"), is_pattern("fit[a=1]")
    (True, False)
    """
    return "*" in text or "?" in text


def _matching(pattern: str, names: Iterable[str]) -> list[str]:
    if not is_pattern(pattern):
        return []
    wild = {"*": ".*", "?": "."}
    shape = re.compile("".join(wild.get(char) or re.escape(char) for char in pattern), re.DOTALL)
    return [name for name in names if shape.fullmatch(name)]
