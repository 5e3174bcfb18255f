"""What a picture of a flow consists of and where it stands: nodes, wires, frames of groups. Colours are not its thing.

Widget, static SVG and matplotlib all paint this one scene, made from a snapshot (`nbflow.core.project`). Many jobs with
the same needs and the same dependents are folded into a block of small cells, so that a fan-out of 300 stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nbflow.core.layout import GROUP_ABOVE, GROUP_BELOW, GROUP_SIDE, Layout, Point, Size, layout
from nbflow.core.lettering import clip, shorten, width
from nbflow.core.shape import Link, Shape

NAME_SIZE, SMALL_SIZE = 12.5, 10.5
NODE_HEIGHT, CELL_HEIGHT, DOT = 44.0, 26.0, 22.0
NOTE_HEIGHT = 20.0
"""A row more, for the job's fallback."""
NARROWEST, WIDEST = 148.0, 196.0
CELL_GAP = 6.0
BESIDE = 16.0
"""Pixels that a group's title needs more than a name: its verdict and buttons stand beside it."""
FOLDED = 9
"""At least so many jobs alike are folded into a block."""
NAMED = 60
"""A block of more jobs than this shows glyphs only; names are in the tooltips."""
MARGIN = 20.0


@dataclass(frozen=True, slots=True)
class Node:
    """One job's box. *label* fits into it; *form* is ``node`` (two lines), ``cell`` (one line) or ``dot`` (no text).

    *note* names the job's fallback, in a row of its own at the bottom of a ``node`` that has one.
    """

    job: str
    x: float
    y: float
    width: float
    height: float
    label: str
    form: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A soft region behind some jobs. *title* fits; it is empty for a group's second region, and where *group* is."""

    group: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn flow.

    Attributes:
        nodes: one a job, in the snapshot's order.
        links: (needed, dependent) as numbers of *nodes*: what arrow keys follow.
        wires: the lines to draw, as points; fewer than links where jobs are folded.
        frames: regions, to be painted first.
        width, height: of the whole.
        layout: give the scene as *previous* to keep the next one stable.
    """

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    wires: tuple[tuple[Point, ...], ...] = ()
    frames: tuple[Frame, ...] = ()
    width: float = 0.0
    height: float = 0.0
    layout: Layout = field(default_factory=Layout)


def scene(shape: Shape, previous: Scene | None = None) -> Scene:
    """Lay out and measure everything to be drawn.

    >>> drawn = scene(Shape(("a", "b"), ((0, 1),), (None, None), ()))
    >>> [(node.label, node.x) for node in drawn.nodes], len(drawn.wires)
    ([('a', 20.0), ('b', 216.0)], 1)
    """
    if not shape.jobs:
        return Scene()
    blocks = _blocks(shape)
    stands = _stands(shape, blocks)
    picture = layout(
        list(stands.sizes),
        stands.edges,
        sizes=stands.sizes,
        groups=stands.groups,
        previous=previous.layout if previous else None,
    )
    nodes = _nodes(shape, blocks, stands, picture)
    return Scene(
        nodes,
        shape.links,
        tuple(tuple((x + MARGIN, y + MARGIN) for x, y in path) for path in picture.paths),
        _frames(shape, stands, picture),
        picture.width + 2 * MARGIN,
        picture.height + 2 * MARGIN,
        picture,
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """Jobs drawn as one grid of cells, by their numbers."""

    members: tuple[int, ...]
    across: int
    cell: Size

    @property
    def size(self) -> Size:
        down = -(-len(self.members) // self.across)
        return tuple(n * (side + CELL_GAP) + CELL_GAP for n, side in zip((self.across, down), self.cell, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Stands:
    """What is laid out: jobs and blocks under unique names. *of* says which of them a job is, or is in."""

    of: tuple[str, ...]
    sizes: dict[str, Size]
    edges: list[tuple[str, str]]
    groups: dict[str, str]


def _blocks(shape: Shape) -> list[_Block]:
    """Jobs alike: elements of a fan-out, or jobs of one group with the same needs and the same dependents."""
    needs: list[list[int]] = [[] for _ in shape.jobs]
    serves: list[list[int]] = [[] for _ in shape.jobs]
    for a, b in shape.links:
        needs[b].append(a)
        serves[a].append(b)
    alike: dict[tuple[object, ...], list[int]] = {}
    fans = shape.fan_of or (None,) * len(shape.jobs)
    for job, (group, fan) in enumerate(zip(shape.group_of, fans, strict=True)):
        if fan is not None:
            alike.setdefault((group, fan), []).append(job)
        elif group or needs[job] or serves[job]:
            alike.setdefault((group, tuple(needs[job]), tuple(serves[job])), []).append(job)
    return [_block(shape, members) for members in alike.values() if len(members) >= FOLDED]


def _block(shape: Shape, members: list[int]) -> _Block:
    labels = shape.labels
    if len(members) > NAMED:
        cell, ratio = (DOT, DOT), 2.2
    else:
        wide = max(width(labels[job], SMALL_SIZE) for job in members) + 30
        cell, ratio = (min(140.0, max(64.0, wide)), CELL_HEIGHT), 1.5
    across = max(1, round((len(members) * ratio * (cell[1] + CELL_GAP) / (cell[0] + CELL_GAP)) ** 0.5))
    return _Block(tuple(members), across, cell)


def _stands(shape: Shape, blocks: list[_Block]) -> _Stands:
    names = [f"job {name}" for name in shape.jobs]
    of = list(names)
    sizes: dict[str, Size] = {}
    for block in blocks:
        for job in block.members:
            of[job] = f"block {shape.jobs[block.members[0]]}"
        sizes[of[block.members[0]]] = block.size
    alone = [at for at, stand in enumerate(of) if stand not in sizes]
    notes, labels = shape.notes or ("",) * len(of), shape.labels
    needed = [max(width(labels[at], NAME_SIZE), width(notes[at], SMALL_SIZE)) for at in alone]
    grouped = {shape.group_of[at] for at in alone}
    needed += [width(title, SMALL_SIZE) + BESIDE for name, title in shape.titles if name in grouped]
    wide = min(WIDEST, max(NARROWEST, round(max(needed, default=0)) + 42.0))
    noted = {stand for stand, note in zip(of, notes, strict=True) if note}
    high = {stand: NODE_HEIGHT + NOTE_HEIGHT * (stand in noted) for stand in of}
    ordered = {stand: sizes.get(stand, (wide, high[stand])) for stand in of}
    edges = list({(of[a], of[b]): None for a, b in shape.links})
    groups = {stand: group for stand, group in zip(of, shape.group_of, strict=True) if group}
    groups |= {stand: groups.get(stand, f"\0{stand}") for stand in sizes}
    return _Stands(tuple(of), ordered, edges, groups)


def _nodes(shape: Shape, blocks: list[_Block], stands: _Stands, picture: Layout) -> tuple[Node, ...]:
    nodes: dict[int, Node] = {}
    labels = shape.labels
    for block in blocks:
        left, top = picture.positions[stands.of[block.members[0]]]
        wide, high = block.cell
        for at, job in enumerate(block.members):
            x = left + CELL_GAP + at % block.across * (wide + CELL_GAP) + MARGIN
            y = top + CELL_GAP + at // block.across * (high + CELL_GAP) + MARGIN
            form = "dot" if wide == DOT else "cell"
            label = "" if form == "dot" else shorten(labels[job], wide - 28, SMALL_SIZE)
            nodes[job] = Node(shape.jobs[job], x, y, wide, high, label, form)
    for job, name in enumerate(shape.jobs):
        if job not in nodes:
            (x, y), (wide, high) = picture.positions[stands.of[job]], stands.sizes[stands.of[job]]
            label = shorten(labels[job], wide - 38, NAME_SIZE)
            note = clip(shape.notes[job], wide - 36, SMALL_SIZE) if shape.notes else ""
            nodes[job] = Node(name, x + MARGIN, y + MARGIN, wide, high, label, "node", note)
    return tuple(nodes[job] for job in range(len(shape.jobs)))


Box = tuple[float, float, float, float]


def _frames(shape: Shape, stands: _Stands, picture: Layout) -> tuple[Frame, ...]:
    """One frame a group where no stranger stands in it, else one for each of its columns."""
    titles = dict(shape.titles)
    boxes = {
        stand: (x, y, x + stands.sizes[stand][0], y + stands.sizes[stand][1])
        for stand, (x, y) in picture.positions.items()
    }
    frames: list[Frame] = []
    for group in dict.fromkeys(stands.groups.values()):
        members = {stand for stand, title in stands.groups.items() if title == group}
        title = "" if group.startswith("\0") else titles.get(group, group)
        areas = [_around([boxes[stand] for stand in members])]
        if any(_meet(areas[0], box) for stand, box in boxes.items() if stand not in members):
            columns = [[boxes[key] for key in column if key in members] for column in picture.order]
            areas = [_around(column) for column in columns if column]
        for area in areas:
            frames.append(_frame(group, area, title))
            title = ""
    return tuple(frames)


def _around(boxes: Sequence[Box]) -> Box:
    left, top, right, bottom = (list(sides) for sides in zip(*boxes, strict=True))
    return (min(left) - GROUP_SIDE, min(top) - GROUP_ABOVE, max(right) + GROUP_SIDE, max(bottom) + GROUP_BELOW)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _frame(group: str, area: Box, title: str) -> Frame:
    left, top, right, bottom = area
    top += 0.0 if title else GROUP_ABOVE - GROUP_BELOW
    shown = clip(title, right - left - 22, SMALL_SIZE)
    name = "" if group.startswith("\0") else group
    return Frame(name, left + MARGIN, top + MARGIN, right - left, bottom - top, shown)


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
