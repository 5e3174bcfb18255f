"""Which reads of a fan-out's dict are of single items."""

from __future__ import annotations

import ast

import pytest

from nbflow.core.elements import Fan
from nbflow.core.spec import Element, Gathered, JobNeed, JobSpec, Part, ValueRef
from nbflow.notebook.pairing import Paired, items_read, parts_for


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ("y = m[a] + m[a].b", ("a",)),
        ("y = m[a, b]", ("a", "b")),
        ("y = m[(b, a)][0]", ("b", "a")),
        ("def f():\n    return m[a]\ny = f()", ("a",)),
        ("y = m[a] + m[b]", ()),
        ("y = m[a + 1]", ()),
        ("y = m[c]", ()),
        ("y = m['a']", ()),
        ("y = m", ()),
        ("y = m.get(a)", ()),
        ("y = m[a]; f(m)", ()),
        ("m[a] = 1", ()),
        ("y = m[a]\na = 2", ()),
        ("y = [m[a] for a in c]", ()),
        ("y = map(lambda a: m[a], c)", ()),
        ("def f(m):\n    return m[a]", ()),
        ("import a\ny = m[a]", ()),
        ("match c:\n    case [a]:\n        y = m[a]", ()),
        ("try:\n    y = m[a]\nexcept E as a:\n    pass", ()),
        ("del a\ny = m[a]", ()),
        ("y = 1", ()),
    ],
)
def test_items_are_read_by_the_loop_variables_as_they_are(body: str, items: tuple[str, ...]) -> None:
    """In doubt all of it is read."""
    assert items_read(ast.parse(body), "m", {"a", "b"}) == items


def test_each_element_gets_the_part_whose_key_it_reads() -> None:
    """And needs that part's job, once; where one reads what is not there, nobody does so."""
    keys = [ValueRef(inline=b"x"), ValueRef(inline=b"y")]
    fan = Fan("first", "g", {name: Element("first", {}, key) for name, key in zip(("f1", "f2"), keys, strict=True)})
    parts = parts_for(fan, [(1, "x"), (2, "y")], ("n", "k", "b"), ("k", "b"), [(0, 2, "y"), (9, 1, "x")])
    assert parts == [Part(keys[1], "f2"), Part(keys[0], "f1")]
    assert parts_for(fan, [1, 2], ("k",), ("k",), [(1,), (3,)]) is None
    assert parts_for(fan, [1, 2], ("k",), ("k",), [([],)]) is None
    inputs, needs = Paired({"m": parts, "s": parts}).of(JobSpec(name="second"), 0)
    assert inputs == {"m": Gathered("m", (parts[0],)), "s": Gathered("s", (parts[0],))}
    assert needs == (JobNeed("f2"),)
