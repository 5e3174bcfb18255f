"""Where the lines of a scene run: beside boxes, never through them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.core.boxes import Node
from nbflow.core.layout import Point
from nbflow.core.scene import Scene, bends, scene
from nbflow.core.shape import shape
from tests.unit.snapshots import fan, job, layered, long_names, snapshot, ten

SAMPLES = {"ten": ten(), "long": long_names(), "layered": layered(60), "fan": fan(40), "wide fan": fan(300)}


def along(curve: tuple[Point, Point, Point, Point], steps: int = 24) -> list[Point]:
    """Points of a cubic curve."""
    found = []
    for step in range(steps + 1):
        t = step / steps
        parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        found.append(tuple(sum(p * point[axis] for p, point in zip(parts, curve, strict=True)) for axis in (0, 1)))
    return found


def inside(node: Node, point: Point) -> bool:
    x, y = point
    return node.x + 0.5 < x < node.x + node.width - 0.5 and node.y + 0.5 < y < node.y + node.height - 0.5


def crossed(drawn: Scene) -> list[tuple[str, Point]]:
    points = [point for wire in drawn.wires for curve in bends(wire) for point in along(curve)]
    return [(node.job, point) for node in drawn.nodes for point in points if inside(node, point)]


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_no_line_crosses_a_box(sample: dict) -> None:
    """In every sample flow each line runs in the gaps between boxes."""
    assert not crossed(scene(shape(sample)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.integers(0, 30), max_size=4), max_size=26), st.lists(st.sampled_from(["", "g", "h"])))
def test_no_line_crosses_a_box_in_any_flow(needs: list[set[int]], groups: list[str]) -> None:
    """However jobs need each other, and whatever groups they are in."""
    jobs = {
        f"j{at}": job(
            needs=tuple(f"j{n}" for n in sorted(wanted) if n < at), group=(dict(enumerate(groups)).get(at) or None)
        )
        for at, wanted in enumerate(needs)
    }
    policies = {name: "strict" for name in ("g", "h") if any(told["group"] == name for told in jobs.values())}
    assert not crossed(scene(shape(snapshot(jobs, policies))))


def test_a_line_begins_and_ends_at_boxes() -> None:
    """From the right side of the needed job to the left side of the dependent, at their middles."""
    drawn = scene(shape(snapshot({"a": job(), "b": job(needs=("a",))})))
    (wire,), (a, b) = drawn.wires, drawn.nodes
    assert wire[0] == (a.x + a.width, a.y + a.height / 2)
    assert wire[-1] == (b.x, b.y + b.height / 2)


def test_jobs_of_the_first_column_stand_in_line() -> None:
    """A job that touches nothing begins where the first column does, groups or not."""
    nodes = {node.name: node for node in scene(shape(ten())).nodes}
    assert nodes["old"].x == nodes["load"].x == nodes["params"].x
