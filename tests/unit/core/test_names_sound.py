"""Reading names is sound: a cell that is given only what it needs does what it would have done with everything."""

import copy
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbflow.core.names import Uses, code_uses, read_names

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


@st.composite
def cells(draw, depth=2, most=5):
    """Statements on four lists, some of them under conditions, in loops and in functions."""
    lines = []
    for _ in range(draw(st.integers(1, most))):
        shapes = SIMPLE + (COMPOUND if depth else [])
        text = re.sub("[XYZ]", lambda _: draw(st.sampled_from(NAMES)), draw(st.sampled_from(shapes)))
        while match := re.search("^( *)BODY", text, re.MULTILINE):
            body = draw(cells(depth - 1, 2)).replace("\n", "\n" + match[1])
            text = text[: match.end(1)] + body + text[match.end() :]
        lines.append(text)
    return "\n".join(lines)


def run(text, names):
    """The namespace after *text*, given only *names* of what there was; the error's type if it raised one."""
    space = {key: copy.deepcopy(value) for key, value in BEFORE.items() if key in names}
    if "old" in names:
        exec(OLD, space)
    try:
        exec(text, space)
    except Exception as error:
        return {}, type(error)
    return {key: value for key, value in space.items() if key in {*NAMES, "f", "C", "i", "x"}}, None


def behind(function):
    if function != "old":
        return Uses()
    space = {}
    exec(OLD, space)
    return code_uses(space["old"].__code__)


def value(thing):
    return thing if isinstance(thing, list | int) else type(thing)


@settings(max_examples=500, deadline=None)
@given(cells())
@example("for i in a[:2]:\n    b = c\nb.append(1)")
@example("def f():\n    global a\n    a = a + [4]\n    return [0]\nb = f()")
def test_what_a_cell_needs_is_enough(text):
    """With the needed names alone a cell ends as with all; what it does not write stays; what it promises is there."""
    full, error = run(text, {*NAMES, "old"})
    if error is not None:
        return
    names = read_names(text, behind=behind)
    part, part_error = run(text, names.needed | names.deletes)
    assert part_error is None
    for key in names.writes & full.keys():
        assert value(part[key]) == value(full[key])
    assert full.keys() <= names.writes | BEFORE.keys()
    assert names.certain - {"old"} <= full.keys()
    for key, before in BEFORE.items():
        if key not in full:
            assert key in names.deletes
        elif key not in names.writes:
            assert full[key] == before
