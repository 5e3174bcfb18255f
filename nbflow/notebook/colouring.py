"""A cell's text by kinds of words, for light colouring."""

from __future__ import annotations

from functools import cache
from typing import Any

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

LONGEST = 100_000
"""Characters of a text that is coloured."""
_KINDS = (
    (Comment, "c"),
    (String, "s"),
    (Number, "n"),
    (Operator.Word, "k"),
    (Keyword, "k"),
    (Name.Decorator, "m"),
    (Name.Builtin, "b"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Generic, "m"),
)


def coloured(text: str, bash: bool = False) -> list[list[str]] | None:
    """The words of *text* with the kind of each, next to one another of one kind together; None if it is too long.

    Kinds: ``k`` keyword, ``s`` text, ``n`` number, ``c`` comment, ``b`` built in, ``f`` what is defined, ``m`` magic;
    empty: any other.

    >>> coloured("x = 1  # one")
    [['', 'x = '], ['n', '1'], ['', '  '], ['c', '# one']]
    """
    if len(text) > LONGEST:
        return None
    found: list[list[str]] = []
    for token, value in _lexer("bash" if bash else "ipython3").get_tokens(text):
        kind = next((letter for of, letter in _KINDS if token in of), "")
        if found and found[-1][0] == kind:
            found[-1][1] += value
        else:
            found.append([kind, value])
    return found if "".join(value for _, value in found) == text else None


@cache
def _lexer(name: str) -> Any:
    try:
        return get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:  # IPython's own is not registered
        return get_lexer_by_name("python", stripnl=False, ensurenl=False)
