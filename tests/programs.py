"""Random cells on lists, arrays, frames, numbers, objects and functions: under conditions, in loops, with deletes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any

NAMES = ["a", "b", "c", "d"]
BEFORE = {"a": [1, 2], "b": [3], "c": [], "d": [4, 5, 6]}
OLD = "def old():\n    return b + [7]"

KINDS = {"XYZ": NAMES, "AB": ["u", "v"], "FG": ["df", "dg"], "NM": ["n", "m"], "PQ": ["p", "q"], "K": ["k"]}
"""Placeholder -> the names that may stand for it: lists, arrays, frames, numbers, objects, a counting closure."""
VARIABLES = [name for names in KINDS.values() for name in names]

RICH = """\
import contextlib, dataclasses, functools, random
import numpy as np
import pandas as pd
random.seed(5); np.random.seed(6)
rng = np.random.default_rng(7)
u, v = np.arange(4.0), np.array([3.0, 1.0, 2.0])
df, dg = pd.DataFrame({"x": [1, 2, 3], "y": [2.5, 0.5, 1.5]}), pd.DataFrame({"x": [5], "y": [0.0]})
n, m = 1, 2.5
def make(start):
    total = start
    def add(by=1):
        nonlocal total
        total += by
        return total
    return add
k = make(3)
def twice(function):
    @functools.wraps(function)
    def both():
        return function() + function()
    return both
@dataclasses.dataclass
class Box:
    items: list
    n: float = 0
    def put(self, item):
        self.items.append(item)
        self.n += 1
        return self.n
    def total(self):
        return sum(self.items) + self.n
class Bag(Box):
    @property
    def first(self):
        return self.items[:1]
p, q = Box([1]), Bag([2, 3], 4)
"""
"""What comes first in programs of every kind of variable, after the lists."""

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
RICH_SIMPLE = [
    "A = B * 2",
    "A = np.arange(5.0) + len(X)",
    "A[0] = N",
    "A += 1",
    "A *= B[:1]",
    "A = np.concatenate([A, B])[:6]",
    "A = np.where(B > 2, B, N)",
    "A[A > 3] = N",
    "A.sort()",
    "A = B[::-1].copy()",
    "np.clip(A, 0, 3, out=A)",
    "A = np.random.rand(3)",
    "np.random.shuffle(A)",
    "A = rng.normal(size=2)",
    "rng = np.random.default_rng(3)",
    "X = A.round(2).tolist()",
    "F = G.copy()",
    "F['x'] = F['x'] + N",
    "F = F[F['x'] > 1]",
    "F = F.query('x > @N')",
    "F = G.eval('z = x + 1')",
    "F.loc[0, 'x'] = N",
    "F = G.assign(y=lambda d: d['x'] * 2)",
    "F.drop(columns='y', inplace=True, errors='ignore')",
    "F.rename(columns={'y': 'z'}, inplace=True)",
    "F = pd.concat([F, G], ignore_index=True)",
    "F = G.sort_values('x', ignore_index=True)",
    "F = G.groupby('x', as_index=False).sum()",
    "X = F['x'].tolist()",
    "N = float(F['x'].sum())",
    "N = M + 1",
    "N += len(X)",
    "N = sum(X)",
    "N = random.random()",
    "N = random.randint(0, 5)",
    "N = float(np.random.normal())",
    "random.shuffle(X)",
    "random.seed(4)",
    "np.random.seed(8)",
    "N = eval('M + 1')",
    "N = globals()['M']",
    "N, M = M, N",
    "del N",
    "import math\nN = math.floor(M)",
    "from statistics import mean\nN = mean(X)",
    "P = Box(list(X), N)",
    "P = Bag(X + [1])",
    "P.put(N)",
    "N = P.put(2)",
    "P.items.append(5)",
    "P.items = X[:3]",
    "P.n += 1",
    "P = dataclasses.replace(Q, items=list(Q.items))",
    "N = P.total()",
    "X = [each.n for each in (P, Q)]",
    "K = make(N)",
    "K(); N = K(2); K = K",
    "@twice\ndef f():\n    return X[:2]",
    "@functools.cache\ndef f():\n    return list(X)",
    "f = lambda: X + [N]",
    "def f():\n    def inner():\n        return Y[:1]\n    return X + inner()",
    "def f():\n    return [N for _ in range(2)]",
    "def f():\n    P.put(1)\n    return [P.n]",
    "def f():\n    return [random.randint(0, 9)]",
    "def f():\n    global N\n    N = N + 1\n    return [N]",
    "class C:\n    def __init__(self):\n        self.held = X + [N]\nX = C().held",
    "X = [i for i, j in zip(Y, Z) if i != j]",
    "X = {len(Y): Z}.get(2, [0])",
    "X = list(map(lambda each: each + N, Y))",
    "X = [*Y, *Z][:4]",
    "Y = [i := len(Z), i + 1]",
    "assert isinstance(X, list), f'{Y}'",
]
RICH_COMPOUND = [
    "with contextlib.suppress(KeyError):\n    BODY\n    {}['x']\n    BODY",
    "with contextlib.suppress(NameError):\n    BODY",
    "with np.errstate(all='ignore'):\n    BODY",
    "try:\n    BODY\n    raise ValueError(N)\nexcept ValueError as error:\n    N = error.args[0]",
    "for i, row in F.iterrows():\n    N += row['x']\n    BODY\n    break",
    "for N in range(2):\n    BODY",
    "for P in [Box([1]), Bag([2])]:\n    BODY",
    "match P:\n    case Bag(n=N):\n        BODY\n    case Box(items=[M, *_]):\n        BODY",
    "if N > 1:\n    BODY\nelif X:\n    BODY",
    "def f():\n    BODY\n    return [N]",
]

Choose = Callable[[Sequence[str]], str]
"""Picks one of several."""


def cell(choose: Choose, depth: int = 2, most: int = 5, *, rich: bool = False) -> str:
    """One cell of at most *most* statements; placeholders become names, BODY statements."""
    simple, compound = (SIMPLE + RICH_SIMPLE * 2, COMPOUND + RICH_COMPOUND) if rich else (SIMPLE, COMPOUND)
    lines = []
    for _ in range(int(choose([str(count) for count in range(1, most + 1)]))):
        text = re.sub(
            r"\b[XYZABFGNMPQK]\b", lambda found: choose(_names(found[0])), choose(simple + compound * bool(depth))
        )
        while match := re.search("^( *)BODY", text, re.MULTILINE):
            body = cell(choose, depth - 1, 2, rich=rich).replace("\n", "\n" + match[1])
            text = text[: match.end(1)] + body + text[match.end() :]
        lines.append(text)
    return "\n".join(lines)


def _names(placeholder: str) -> Sequence[str]:
    return next(names for letters, names in KINDS.items() if placeholder in letters)


def shares(namespace: dict[str, Any]) -> bool:
    """Whether something that can be changed has two names.

    Two names of one object are two objects once they have been in another process: a limit that the docs name.
    """
    seen = set[int]()
    for name in [*VARIABLES, "f", "C", "rng", "i", "row", "error"]:
        if name in namespace:
            held = set(_changeable(namespace[name]))
            if seen & held:
                return True
            seen |= held
    return False


def _changeable(value: Any) -> Iterator[int]:
    """The ids of the objects that *value* is or holds, and that can be changed in place."""
    kind = type(value)
    if isinstance(value, list):
        yield id(value)
        for each in value:
            yield from _changeable(each)
    elif isinstance(value, FunctionType):
        for kept in (*(value.__closure__ or ()), *(value.__defaults__ or ())):
            yield id(kept)
            yield from _changeable(getattr(kept, "cell_contents", kept))
    elif kind.__name__ == "ndarray":
        yield id(value if value.base is None else value.base)
    elif kind.__name__ in ("DataFrame", "Series", "Generator"):
        yield id(value)
    elif kind.__name__ == "type":
        for each in vars(value).values():
            yield from _changeable(each) if isinstance(each, list) else ()
    elif kind.__module__ == "__main__":
        yield id(value)
        for each in vars(value).values():
            yield from _changeable(each)
    elif hasattr(value, "__wrapped__"):
        yield id(value)
        yield from _changeable(value.__wrapped__)
