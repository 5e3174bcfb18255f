"""The layered layout: nothing overlaps, needs stand to the left, and small changes stay small."""

from __future__ import annotations

import random
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.core.layering import columns, cut, forward
from nbflow.core.layout import Layout, Point, layout
from nbflow.core.ordering import arrange, crossings
from nbflow.core.regions import paths_of
from nbflow.core.scene import bends

SIZE = (130.0, 44.0)


def draw(nodes, edges, groups=None, previous=None) -> Layout:
    return layout(nodes, edges, sizes=dict.fromkeys(nodes, SIZE), groups=groups, previous=previous)


def random_flow(count: int, seed: int = 1) -> tuple[list[str], list[tuple[str, str]]]:
    """A layered flow in which most jobs need one or two jobs of the layers just before."""
    dice = random.Random(seed)
    names = [f"job{i}" for i in range(count)]
    width = max(3, int(count**0.5))
    edges = {
        (dice.randrange(max(0, i - 3 * width), i), i) for i in range(width, count) for _ in range(dice.choice([1, 2]))
    }
    return names, [(names[a], names[b]) for a, b in sorted(edges)]


@st.composite
def flows(draw_):
    count = draw_(st.integers(0, 24))
    names = [f"j{i}" for i in range(count)]
    pairs = draw_(st.sets(st.tuples(st.integers(0, 23), st.integers(0, 23)), max_size=50))
    edges = [(names[a], names[b]) for a, b in sorted(pairs) if a < b < count]
    groups = {name: draw_(st.sampled_from("gh")) for name in names if draw_(st.booleans())}
    return names, edges, groups


def overlaps(picture: Layout) -> list[tuple[str, str]]:
    placed = list(picture.positions.items())
    return [
        (a, b)
        for i, (a, (ax, ay)) in enumerate(placed)
        for b, (bx, by) in placed[i + 1 :]
        if abs(ax - bx) < SIZE[0] - 0.01 and abs(ay - by) < SIZE[1] - 0.01
    ]


@settings(max_examples=80, deadline=None)
@given(flows())
def test_nothing_overlaps_and_needs_stand_to_the_left(flow) -> None:
    """In any flow no two nodes overlap, every edge runs to the right, and all is inside the picture."""
    names, edges, groups = flow
    picture = draw(names, edges, groups)
    assert not overlaps(picture)
    assert set(picture.positions) == set(names)
    for (a, b), path in zip(edges, picture.paths, strict=True):
        assert picture.positions[a][0] + SIZE[0] < picture.positions[b][0]
        assert [x for x, _ in path] == sorted(x for x, _ in path)
        assert path[0] == pytest.approx((picture.positions[a][0] + SIZE[0], picture.positions[a][1] + SIZE[1] / 2))
        assert path[-1] == pytest.approx((picture.positions[b][0], picture.positions[b][1] + SIZE[1] / 2))
    for x, y in picture.positions.values():
        assert -0.01 <= x <= picture.width - SIZE[0] + 0.01
        assert -0.01 <= y <= picture.height - SIZE[1] + 0.01


@settings(max_examples=60, deadline=None)
@given(flows())
def test_members_of_a_group_stand_together(flow) -> None:
    """Within a column no other node stands between two members of one group."""
    names, edges, groups = flow
    picture = draw(names, edges, groups)
    for column in picture.order:
        titles = [groups.get(key, key) for key in column if isinstance(key, str)]
        runs = [title for i, title in enumerate(titles) if i == 0 or titles[i - 1] != title]
        assert len([t for t in runs if t in "gh"]) == len({t for t in runs if t in "gh"})


@st.composite
def grouped(draw_):
    """A flow, its groups, and which of them are within others."""
    names, edges, _ = draw_(flows())
    parents = {inner: outer for inner, outer in (("h", "g"), ("i", "h"), ("k", "g")) if draw_(st.booleans())}
    return names, edges, {name: draw_(st.sampled_from("ghikl")) for name in names if draw_(st.integers(0, 2))}, parents


def points(path: tuple[Point, ...]) -> list[Point]:
    """A wire as it is drawn, in small steps."""
    found = []
    for curve in bends(path):
        for step in range(17):
            t = step / 16
            share = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
            found.append(tuple(sum(s * end[side] for s, end in zip(share, curve, strict=True)) for side in (0, 1)))
    return found


def inside(box: tuple[float, float, float, float], point: Point) -> bool:
    left, top, right, bottom = box
    return left + 0.1 < point[0] < right - 0.1 and top + 0.1 < point[1] < bottom - 0.1


@settings(max_examples=150, deadline=None)
@given(grouped())
def test_no_edge_passes_under_a_node_or_a_region_of_strangers(flow) -> None:
    """Whatever the groups: an edge meets nothing but its ends and their groups; no stranger is in a region."""
    names, edges, groups, parents = flow
    picture = layout(names, edges, sizes=dict.fromkeys(names, SIZE), groups=groups, parents=parents)
    around = {name: set(paths_of({0: group}, parents)[0]) for name, group in groups.items()}
    boxes = {name: (x, y, x + SIZE[0], y + SIZE[1]) for name, (x, y) in picture.positions.items()}
    for ends, path in zip(edges, picture.paths, strict=True):
        drawn = points(path)
        met = [name for name, box in boxes.items() if name not in ends and any(inside(box, at) for at in drawn)]
        own = around.get(ends[0], set()) | around.get(ends[1], set())
        met += [group for group, box in picture.frames if group not in own and any(inside(box, at) for at in drawn)]
        assert met == []
    for group, (left, top, right, bottom) in picture.frames:
        for name, (x, y, end, low) in boxes.items():
            if group not in around.get(name, ()):
                assert end <= left or x >= right or low <= top or y >= bottom
            else:
                assert inside((left, top, right, bottom), (x, y)) or end <= left or x >= right
    assert {group for group, _ in picture.frames} == set().union(*around.values())


@settings(max_examples=60, deadline=None)
@given(flows())
def test_the_same_flow_keeps_its_picture(flow) -> None:
    """Laid out again from the earlier layout, nothing moves."""
    names, edges, groups = flow
    first = draw(names, edges, groups)
    assert draw(names, edges, groups, previous=first) == first


def test_a_new_job_keeps_the_order_of_the_others() -> None:
    """A job added by a cell leaves the order of the known jobs in their columns as it was."""
    names, edges = random_flow(40)
    first = draw(names, edges)
    second = draw([*names, "new"], [*edges, (names[0], "new")], previous=first)
    for before, after in zip(first.order, second.order, strict=False):
        known = set(before)
        assert [key for key in after if key in known] == [key for key in before if key in set(after)]


def moved(keep: bool) -> float:
    """Pixels that a node moves on average when a job is declared after it, in a flow of 60 declared one by one."""
    names, edges = random_flow(60)
    picture, pixels, moves = None, 0.0, 0
    for count in range(1, len(names) + 1):
        known = set(names[:count])
        after = draw(
            names[:count], [edge for edge in edges if known.issuperset(edge)], previous=picture if keep else None
        )
        for name, (x, y) in picture.positions.items() if picture else ():
            pixels += abs(after.positions[name][0] - x) + abs(after.positions[name][1] - y)
            moves += 1
        picture = after
    return pixels / moves


def test_jobs_declared_one_by_one_move_the_others_little() -> None:
    """Half a node's height on average, and less than half of what they would without the earlier picture."""
    assert moved(keep=True) < min(22.0, 0.5 * moved(keep=False))


def test_no_jobs_make_an_empty_picture() -> None:
    """An empty flow has no size."""
    assert draw([], []) == Layout()


def test_one_job_stands_at_the_corner() -> None:
    """A single node fills the picture."""
    picture = draw(["only"], [])
    assert picture.positions == {"only": (0.0, 0.0)}
    assert (picture.width, picture.height) == SIZE


def test_a_chain_is_a_straight_line() -> None:
    """Nodes of a chain stand at one height."""
    names = [f"j{i}" for i in range(9)]
    picture = draw(names, list(pairwise(names)))
    assert len({y for _, y in picture.positions.values()}) == 1


def test_a_diamond_is_symmetric() -> None:
    """Source and sink stand at the middle of what is between."""
    picture = draw(list("abcd"), [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    height = {name: y for name, (_, y) in picture.positions.items()}
    assert height["a"] == height["d"] == pytest.approx((height["b"] + height["c"]) / 2)


def test_a_loop_is_drawn_all_the_same() -> None:
    """Edges that close a loop do not hang or break the layout."""
    picture = draw(list("abc"), [("a", "b"), ("b", "c"), ("c", "a")])
    assert not overlaps(picture)
    assert all(len(path) >= 2 for path in picture.paths)


def test_a_layer_of_300_has_no_crossings() -> None:
    """A star of 300 between one source and one sink stays in the declared order."""
    names = ["source", *(f"m{i}" for i in range(300)), "sink"]
    edges = [("source", m) for m in names[1:-1]] + [(m, "sink") for m in names[1:-1]]
    picture = draw(names, edges)
    assert picture.order[1] == tuple(names[1:-1])
    assert not overlaps(picture)


def test_jobs_that_touch_nothing_share_rows() -> None:
    """Forty unrelated jobs make a block, not a tower."""
    picture = draw([f"j{i}" for i in range(40)], [])
    assert not overlaps(picture)
    assert picture.height < 1.2 * picture.width


def test_parts_do_not_mix() -> None:
    """Two unconnected chains stand one under the other."""
    picture = draw(list("abxy"), [("a", "b"), ("x", "y")])
    assert picture.positions["a"][1] == picture.positions["b"][1] < picture.positions["x"][1]


def test_crossings_are_untangled() -> None:
    """Two crossed pairs come out uncrossed."""
    edges = [(0, 3), (1, 2)]
    column, order = columns(4, edges)
    web = cut(4, edges, column)
    assert crossings([[0, 1], [2, 3]], web) == 1
    assert crossings(arrange(web, order, {}, {}), web) == 0


def test_a_chain_of_many_does_not_recurse() -> None:
    """Depth is no limit: 5,000 jobs in a row get 5,000 columns."""
    edges = [(i, i + 1) for i in range(4999)]
    assert columns(5000, edges)[0] == list(range(5000))
    assert forward(2, [(0, 1), (1, 0)])[1] == [(0, 1)]


def steps(count: int) -> int:
    """Calls that laying out a flow of so many jobs takes: the same on every machine, however busy."""
    names, edges = random_flow(count)
    made = 0

    def note(_frame: object, what: str, _about: object) -> None:
        nonlocal made
        made += what in ("call", "c_call")

    sys.setprofile(note)
    try:
        draw(names, edges)
    finally:
        sys.setprofile(None)
    return made


def test_ten_times_as_many_jobs_take_little_more_than_ten_times_as_long() -> None:
    """A flow is laid out anew at each declaration: that may not cost the square of its size."""
    assert steps(1000) < 20 * steps(100)
