"""Random cells on four lists: under conditions, in loops, in functions, with deletes and aliases."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

NAMES = ["a", "b", "c", "d"]
BEFORE = {"a": [1, 2], "b": [3], "c": [], "d": [4, 5, 6]}
OLD = "def old():\n    return b + [7]"

SIMPLE = [
    "X = Y + [1]",
    "X = list(Y)",
    "X = Y",
    "X += Y[:2]",
    "X.append(8)",
    "X[:1] = Y[:1]",
    "del X",
    "del X[:1]",
    "X = [i + len(Y) for i in Z]",
    "X = (Y := Z + [2])[:3]",
    "X, Y = Y, Z",
    "len(X) > 1 and (Y := [5])",
    "X = old()",
    "X = f()",
    "X = (lambda: Y + [3])()",
    "X = sorted(Y, key=lambda each: each * len(Z))",
    "def f():\n    return X + Y",
    "def f():\n    global X\n    X = Y + [4]\n    return [0]",
    "def f(X=Y):\n    return X + Z",
    "def f():\n    X.append(6)\n    return list(Z)",
    "class C:\n    X = Y + [1]\n    k = X",
]
COMPOUND = [
    "if len(X) > 1:\n    BODY",
    "if len(X) > 1:\n    BODY\nelse:\n    BODY",
    "for i in X[:2]:\n    BODY",
    "for X in [[1], [2]]:\n    BODY",
    "for i in X[:3]:\n    BODY\n    if i > 2: break\n    BODY",
    "for i in X[:3]:\n    if i > 2: continue\n    BODY\nelse:\n    BODY",
    "while len(X) > 2:\n    X = X[1:]\n    BODY\n    break",
    "while True:\n    BODY\n    if X: break\n    BODY\n    break",
    "try:\n    BODY\nexcept NameError:\n    BODY",
    "try:\n    BODY\nfinally:\n    BODY",
    "match X:\n    case [x, *Y]:\n        BODY\n    case _:\n        BODY",
    "def f():\n    BODY\n    return [1]",
]

Choose = Callable[[Sequence[str]], str]
"""Picks one of several."""


def cell(choose: Choose, depth: int = 2, most: int = 5) -> str:
    """One cell of at most *most* statements; X, Y and Z become names, BODY statements."""
    lines = []
    for _ in range(int(choose([str(count) for count in range(1, most + 1)]))):
        text = re.sub(r"\b[XYZ]\b", lambda _: choose(NAMES), choose(SIMPLE + (COMPOUND if depth else [])))
        while match := re.search("^( *)BODY", text, re.MULTILINE):
            body = cell(choose, depth - 1, 2).replace("\n", "\n" + match[1])
            text = text[: match.end(1)] + body + text[match.end() :]
        lines.append(text)
    return "\n".join(lines)
