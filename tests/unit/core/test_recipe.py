"""What an output is made from, and in words what is not the same any more."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nbflow.core.recipe import Recipe, differences, lines_changed, normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x=1   # one"),
        ("f(a,\n  b)", "f(a, b)"),
        ("x = 'a'", 'x = "a"'),
        ("if a:\n  b", "if a:\n\n    b\n"),
    ],
)
def test_form_does_not_matter(one, other):
    """Comments, spaces, quotes and empty lines."""
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"), [("x = 1", "x = 2"), ("x = 1", "x = 1.0"), ("f(a, b)", "f(b, a)"), ("a\nb", "b\na"), ("(", "( ")]
)
def test_meaning_does(one, other):
    """What is no Python counts as it is."""
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("a\nb\nc", "a\nd\nc", "line 2 changed"),
        ("a\nb\nc", "a\nb\nc\nd", "line 4 changed"),
        ("a\nb\nc", "a\nc", "line 2 removed"),
        ("a\nb\nc\nd", "a\nx\ny\nz", "lines 2 to 4 changed"),
        ("a\nb\nc", "x\nb\ny", "lines 1 and 3 changed"),
        ("a\nb\nc\nd\ne\nf", "v\nb\nw\nd\nx\ny", "lines 1, 3 and 2 more changed"),
        ("for i in a:\n    b\n    c", "for i in a:\n    b\n    d", "line 3 changed"),
        ("for i in a:\n    b", "for i in z:\n    b", "line 1 changed"),
        ("try:\n    a\nexcept E:\n    b", "try:\n    a\nexcept F:\n    b", "line 3 changed"),
        ("match a:\n    case 1:\n        b", "match a:\n    case 2:\n        b", "line 2 changed"),
        ("!ls a", "!ls b", "line 1 changed"),
        ("a", "a  # the same", "its code changed"),
    ],
)
def test_lines_that_changed(before, now, said):
    """By their numbers in the present text; comments move them, and do not count."""
    assert lines_changed(before, now) == said


OLD = Recipe(
    code="1",
    source="a",
    inputs={"df": "1", "<numpy.random>": "1", "gone": "1"},
    options={"env": "1"},
    python="3.11.7",
    packages={"pandas": "2.2"},
    modules={"helper": "1"},
    files={"in.csv": "1"},
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"inputs": {"df": "2", "<numpy.random>": "1", "gone": "1"}}, ["input df changed"]),
        ({"inputs": {"df": "1", "<numpy.random>": "2", "gone": "1"}}, ["numpy.random state changed"]),
        ({"inputs": {"df": "1", "<numpy.random>": "1", "new": "1"}}, ["input new is new", "input gone is gone"]),
        ({"files": {"in.csv": "2"}}, ["file in.csv changed"]),
        ({"modules": {"helper": "2"}}, ["module helper changed"]),
        ({"packages": {"pandas": "2.3"}}, ["pandas 2.2 → 2.3"]),
        ({"python": "3.12.1"}, ["Python 3.11.7 → 3.12.1"]),
        ({"options": {"env": "2"}}, ["--env changed"]),
    ],
)
def test_each_difference_has_words(changes, said):
    """None where nothing differs."""
    assert differences(OLD, replace(OLD, **changes)) == said


def test_many_of_a_kind_are_counted():
    """Not all are named."""
    files = {f"{n}.csv": "1" for n in range(9)}
    said = differences(Recipe(code="1", files=files), Recipe(code="1", files=dict.fromkeys(files, "2")))
    assert said == ["file 0.csv changed", "file 1.csv changed", "7 more like that"]


def test_the_text_of_a_function_is_told_by_its_lines():
    """A call of it has always the same text."""
    old = Recipe(code="1", source="def f(x):\n    return x", inputs={"f": "1", "x": "1"}, options={"function": '"f"'})
    new = Recipe(code="1", source="def f(x):\n    return -x", inputs={"f": "2", "x": "1"}, options={"function": '"f"'})
    assert differences(old, new) == ["line 2 changed"]
    same_text = Recipe(code="1", source=old.source, inputs={"f": "3", "x": "1"}, options=old.options)
    assert differences(old, same_text) == ["what function f uses changed"]
