"""What a picture of a flow consists of and where it stands: boxes, wires, frames of groups. Colours are not its thing.

Widget, static SVG and matplotlib all paint this one scene. A fan-out is one box with a strip of cells, one a job, so
that 10,000 jobs stay readable, unless somebody has opened it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nbflow.core.blocks import Block, Stands, stands_of
from nbflow.core.boxes import BADGE, CELL_GAP, CELL_HEIGHT, MARGIN, NAME_SIZE, SMALL_SIZE, Frame, Node
from nbflow.core.group_lines import Asked
from nbflow.core.layout import Layout, Point, layout
from nbflow.core.lettering import clip, shorten
from nbflow.core.regions import GROUP_ABOVE, GROUP_BELOW
from nbflow.core.shape import Link, Shape


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn flow.

    Attributes:
        nodes: the boxes, in the order of their first jobs.
        links: (needed, dependent) as numbers of *nodes*: what arrow keys follow.
        wires: the lines to draw, as points; fewer than links where cells of a block share one.
        stands: for each node the number of what it stands in: itself, or the block that it is a cell of.
        ends: for each wire where it leads from and to, as such numbers.
        frames: regions, to be painted first.
        width, height: of the whole.
        layout: give the scene as *previous* to keep the next one stable.
    """

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    wires: tuple[tuple[Point, ...], ...] = ()
    stands: tuple[int, ...] = ()
    ends: tuple[Link, ...] = ()
    frames: tuple[Frame, ...] = ()
    width: float = 0.0
    height: float = 0.0
    layout: Layout = field(default_factory=Layout)
    made: frozenset[int] = frozenset()
    """Those of *wires* that lead to what a job made while it ran."""


def scene(shape: Shape, previous: Scene | None = None) -> Scene:
    """Lay out and measure everything to be drawn.

    >>> drawn = scene(Shape(("a", "b"), ((0, 1),), (None, None), ()))
    >>> [(node.label, node.x) for node in drawn.nodes], len(drawn.wires)
    ([('a', 20.0), ('b', 192.0)], 1)
    """
    if not shape.jobs:
        return Scene()
    stands = stands_of(shape)
    picture = layout(
        list(stands.sizes),
        stands.edges,
        sizes=stands.sizes,
        groups=stands.groups,
        parents=dict(shape.within),
        previous=previous.layout if previous else None,
    )
    nodes = sorted(_nodes(shape, stands, picture), key=lambda node: node.jobs[0])
    number = {stand: at for at, stand in enumerate(stands.sizes)}
    return Scene(
        tuple(nodes),
        _links(shape, nodes),
        tuple(tuple((x + MARGIN, y + MARGIN) for x, y in path) for path in picture.paths),
        tuple(number[stands.of[node.jobs[0]]] for node in nodes),
        tuple((number[a], number[b]) for a, b in stands.edges),
        tuple(_frames(shape, picture)),
        picture.width + 2 * MARGIN,
        picture.height + 2 * MARGIN,
        picture,
        frozenset(at for at, edge in enumerate(stands.edges) if edge in stands.made),
    )


def _links(shape: Shape, nodes: Sequence[Node]) -> tuple[Link, ...]:
    at = {job: number for number, node in enumerate(nodes) for job in node.jobs}
    return tuple(dict.fromkeys((at[a], at[b]) for a, b in shape.links if at[a] != at[b]))


def _nodes(shape: Shape, stands: Stands, picture: Layout) -> Iterator[Node]:
    for stand, block in stands.blocks.items():
        x, y = (side + MARGIN for side in picture.positions[stand])
        if block.cells is not None:
            yield _strip(block, x, y)
            continue
        for place, job in enumerate(block.jobs):
            across, down = place % block.across, place // block.across
            left, top = x + CELL_GAP + across * (block.cell + CELL_GAP), y + CELL_GAP + down * (CELL_HEIGHT + CELL_GAP)
            label = shorten(shape.labels[job], block.cell - 28, SMALL_SIZE)
            yield Node(shape.jobs[job], left, top, block.cell, CELL_HEIGHT, label, "cell", (job,))
    for job, stand in stands.alone.items():
        (x, y), (wide, high) = picture.positions[stand], stands.sizes[stand]
        badges = shape.badges[job] if shape.badges else ()
        label = shorten(shape.labels[job], wide - 38 - BADGE * len(badges), NAME_SIZE)
        note = clip(shape.notes[job], wide - 36, SMALL_SIZE) if shape.notes else ""
        yield Node(shape.jobs[job], x + MARGIN, y + MARGIN, wide, high, label, "node", (job,), note, None, badges)


def _strip(block: Block, x: float, y: float) -> Node:
    wide, high = block.size
    label = shorten(block.name, wide - 38, NAME_SIZE)
    return Node(block.name, x, y, wide, high, label, "strip", block.jobs, cells=block.cells)


def _frames(shape: Shape, picture: Layout) -> Iterator[Frame]:
    """The regions of groups, outer ones first; each group's title stands once."""
    policies = dict(shape.asked)
    told: set[str] = set()
    for group, (left, top, right, bottom) in picture.frames:
        name = "" if group.startswith("\0") else group
        title = "" if group in told else name
        top += 0.0 if title else GROUP_ABOVE - GROUP_BELOW  # no line of text
        told.add(group)
        place = (left + MARGIN, top + MARGIN, right - left, bottom - top)
        yield Frame(name, *place, title, policies.get(group, Asked()))


def bends(path: Sequence[Point]) -> list[tuple[Point, Point, Point, Point]]:
    """A wire as cubic curves (start, two controls, end), level where it meets a node.

    >>> bends([(0, 0), (10, 8)])
    [((0, 0), (5.0, 0), (5.0, 8), (10, 8))]
    """
    curves = []
    for (x0, y0), (x1, y1) in pairwise(path):
        middle = (x0 + x1) / 2
        curves.append(((x0, y0), (middle, y0), (middle, y1), (x1, y1)))
    return curves


def path_data(path: Sequence[Point]) -> str:
    """A wire as SVG path data.

    >>> path_data([(0, 0), (10, 8)])
    'M0,0C5,0 5,8 10,8'
    """
    if not path:
        return ""
    curves = "".join(
        f"C{_point(one)} {_point(two)} {_point(end)}" if one[1] != end[1] else f"L{_point(end)}"
        for _, one, two, end in bends(path)
    )
    return f"M{_point(path[0])}{curves}"


def _point(point: Point) -> str:
    return f"{point[0]:.4g},{point[1]:.4g}" if max(map(abs, point)) < 1000 else f"{point[0]:.0f},{point[1]:.0f}"
