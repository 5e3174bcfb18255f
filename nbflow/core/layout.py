"""One layered layout, from left to right, for every picture of a flow: widget, static SVG and matplotlib.

Sizes and positions are in pixels; y grows downwards. The recipe: columns by longest path, crossing points for long
edges, an order with few crossings (`nbflow.core.ordering`), heights by isotonic regression towards the neighbours'
medians (`nbflow.core.placing`), regions of groups that hold their members and nothing else (`nbflow.core.regions`);
parts of the graph that do not touch are laid out apart and stacked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nbflow.core.layering import Layered, Pair, columns, cut
from nbflow.core.ordering import arrange
from nbflow.core.placing import ROW_GAP, Room, heights
from nbflow.core.regions import (
    GROUP_ABOVE,
    GROUP_BELOW,
    GROUP_SIDE,
    Box,
    Columns,
    Path,
    Region,
    paths_of,
    regions,
    spread,
)  # fmt: skip

Point = tuple[float, float]
Size = tuple[float, float]
Key = str | tuple[str, str]

PART_GAP = 30.0
LEAST_GAP = 40.0
"""Pixels at least between the frames of two columns, in which wires bend."""
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands.

    Attributes:
        positions: node -> its top left corner.
        paths: for each edge, in the order given, the points from its source's right side to its target's left side.
        width: of the whole picture.
        height: of the whole picture.
        order: each column from top to bottom: nodes by name, and edges that only cross it by their (source, target);
            give the layout as *previous* to keep the next one stable.
        frames: (group, (left, top, right, bottom)), outer ones first; a group may have several. In none of them is a
            stranger, nor does an edge between strangers pass under one.
    """

    positions: dict[str, Point] = field(default_factory=dict)
    paths: tuple[tuple[Point, ...], ...] = ()
    width: float = 0.0
    height: float = 0.0
    order: tuple[tuple[Key, ...], ...] = ()
    frames: tuple[tuple[str, Box], ...] = ()


def layout(
    nodes: Sequence[str],
    edges: Iterable[tuple[str, str]],
    *,
    sizes: Mapping[str, Size],
    groups: Mapping[str, str] | None = None,
    parents: Mapping[str, str] | None = None,
    previous: Layout | None = None,
) -> Layout:
    """Lay out a graph from left to right.

    Args:
        nodes: the names, in the order in which they were declared.
        edges: (needed, dependent) pairs of names; an edge that closes a loop is drawn but not heeded.
        sizes: node -> (width, height) in pixels.
        groups: node -> the group it is drawn with; members of a group stand together and have room for a frame.
        parents: group -> the group that it is within.
        previous: an earlier layout of the same flow: nodes known from there keep their order where that is no worse.

    >>> picture = layout(["a", "b"], [("a", "b")], sizes={"a": (100, 40), "b": (100, 40)})
    >>> picture.positions, picture.height
    ({'a': (0.0, 0.0), 'b': (148.0, 0.0)}, 40.0)
    """
    number = {name: at for at, name in enumerate(nodes)}
    pairs = [(number[a], number[b]) for a, b in edges]
    group = {number[name]: title for name, title in (groups or {}).items() if name in number}
    paths = paths_of(group, parents or {})
    before = {
        (at, key): place
        for at, column in enumerate(previous.order if previous else ())
        for place, key in enumerate(column)
    }
    whole = _Whole(nodes, pairs, paths, before)
    outer = {node: path[0] for node, path in paths.items()}
    parts = [_part(whole, part, [sizes[nodes[node]] for node in part]) for part in _parts(len(nodes), pairs, outer)]
    return _stack(nodes, len(pairs), parts)


@dataclass(frozen=True, slots=True)
class _Whole:
    """The whole graph in numbers; *before* says where a key stood in its column in an earlier layout."""

    nodes: Sequence[str]
    pairs: list[Pair]
    paths: dict[int, Path]
    before: dict[tuple[int, Key], int]


@dataclass(frozen=True, slots=True)
class _Part:
    """A laid out part: *nodes* are its numbers in the whole graph; *edges* numbers of edges there -> their paths."""

    nodes: list[int]
    places: list[Point]
    edges: dict[int, list[Point]]
    columns: list[list[Key]]
    frames: list[tuple[str, Box]]
    width: float
    height: float


def _parts(count: int, pairs: Sequence[Pair], group: Mapping[int, str]) -> list[list[int]]:
    """The nodes of each part that no edge and no group joins to another, in the order of their first nodes."""
    root = list(range(count))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    first: dict[str, int] = {}
    joins = [(first.setdefault(title, node), node) for node, title in sorted(group.items())]
    for a, b in (*pairs, *joins):
        low, high = sorted((find(a), find(b)))
        root[high] = low
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(find(node), []).append(node)
    return list(parts.values())


def _part(whole: _Whole, part: list[int], sizes: list[Size]) -> _Part:
    local = {node: at for at, node in enumerate(part)}
    edges = {at: (local[a], local[b]) for at, (a, b) in enumerate(whole.pairs) if a in local}
    paths = {local[node]: whole.paths[node] for node in part if node in whole.paths}
    pairs = list(edges.values())
    column, order = columns(len(part), pairs)
    web = cut(len(part), pairs, column)
    leapt = spread(web, paths, pairs)
    keys = _keys(whole.nodes, part, pairs, web, leapt)
    known = {
        v: whole.before[at, key]
        for v, (at, key) in enumerate(zip(web.column, keys, strict=True))
        if (at, key) in whole.before
    }
    stand = arrange(web, order, paths, known)
    areas = regions(stand, web, paths)
    middle = heights(stand, Room(web, sizes, paths), areas)
    frame = _frame(stand, web, sizes, areas, middle, GROUP_SIDE if whole.paths else 0.0)
    places = [(frame.left[web.column[v]], frame.middle[v] - sizes[v][1] / 2) for v in range(len(part))]
    wires = {
        at: _path(a, b, chain, web, sizes, frame) for (at, (a, b)), chain in zip(edges.items(), web.chains, strict=True)
    }
    return _Part(part, places, wires, [[keys[v] for v in c] for c in stand], frame.frames, frame.width, frame.height)


def _keys(
    nodes: Sequence[str], part: list[int], pairs: list[Pair], web: Layered, leapt: Mapping[int, str]
) -> list[Key]:
    """What a vertex is called in an order: a node's name, or what a crossing point belongs to, an edge or a group."""
    names = [nodes[node] for node in part]
    keys: list[Key] = [*names, *[""] * (len(web.column) - len(names))]
    for (a, b), chain in zip(pairs, web.chains, strict=True):
        for point in chain:
            keys[point] = (names[a], names[b])
    for vertex, group in leapt.items():
        keys[vertex] = ("", group)
    return keys


@dataclass(frozen=True, slots=True)
class _Frame:
    """The coordinates of one part: the middle of each vertex, the sides of each column, and where wires run level."""

    middle: list[float]
    left: list[float]
    right: list[float]
    level: list[tuple[float, float]]
    frames: list[tuple[str, Box]]
    width: float
    height: float


def _frame(
    stand: Columns, web: Layered, sizes: list[Size], areas: list[Region], middle: list[float], inset: float
) -> _Frame:
    half = [size[1] / 2 for size in sizes] + [0.0] * (len(middle) - web.count)
    held = _frames(areas, web, sizes, middle)
    left, right, level = _sides(stand, web, sizes, held, inset)
    top = min(min(y - h for y, h in zip(middle, half, strict=True)), *(frame.top for frame in held), math.inf)
    bottom = max(max(y + h for y, h in zip(middle, half, strict=True)), *(frame.bottom for frame in held), -math.inf)
    frames = []
    for one in held:
        x, end = left[one.first] - one.over * GROUP_SIDE, left[one.last] + one.wide + one.beyond * GROUP_SIDE
        frames.append((one.group, (x, one.top - top, end, one.bottom - top)))
    return _Frame([y - top for y in middle], left, right, level, frames, level[-1][1] + inset, bottom - top)


@dataclass(frozen=True, slots=True)
class _Held:
    """The frame of a region: from the left of column *first* to *wide* pixels into *last*; *over* and *beyond* say how
    many frames end there, with those within."""

    group: str
    first: int
    last: int
    over: int
    beyond: int
    wide: float
    top: float
    bottom: float


def _frames(areas: list[Region], web: Layered, sizes: list[Size], middle: list[float]) -> list[_Held]:
    """The frames of the regions in which there are nodes, outer ones first."""
    half = [size[1] / 2 for size in sizes] + [0.0] * (len(middle) - web.count)
    found: dict[int, _Held] = {}
    holder: dict[tuple[Path, int], int] = {(a.path, v): at for at, a in enumerate(areas) for v in a.vertices}
    inner: dict[int, list[_Held]] = {}
    for at in range(len(areas) - 1, -1, -1):
        area = areas[at]
        columns = [web.column[v] for v in area.vertices if v < web.count]
        if not columns:
            continue
        first, last = min(columns), max(columns)
        within = inner.get(at, [])
        seen = [v for v in area.vertices if first <= web.column[v] <= last]
        found[at] = frame = _Held(
            area.path[-1],
            first,
            last,
            1 + max((one.over for one in within if one.first == first), default=0),
            1 + max((one.beyond for one in within if one.last == last), default=0),
            max(sizes[v][0] for v in area.vertices if v < web.count and web.column[v] == last),
            min([middle[v] - half[v] for v in seen] + [one.top for one in within]) - GROUP_ABOVE,
            max([middle[v] + half[v] for v in seen] + [one.bottom for one in within]) + GROUP_BELOW,
        )
        if len(area.path) > 1:
            inner.setdefault(holder[area.path[:-1], area.vertices[0]], []).append(frame)
    return [found[at] for at in sorted(found)]


def _sides(
    stand: Columns, web: Layered, sizes: list[Size], held: list[_Held], inset: float
) -> tuple[list[float], list[float], list[Point]]:
    """Left and right edge of every column, and from where to where wires run level: across frames' edges too.

    The more wires between two columns, the further apart they are.
    """
    over, beyond = [0.0] * len(stand), [0.0] * len(stand)
    for one in held:
        over[one.first] = max(over[one.first], one.over * GROUP_SIDE)
        beyond[one.last] = max(beyond[one.last], one.beyond * GROUP_SIDE)
    over[0], beyond[-1] = max(over[0], inset), max(beyond[-1], inset)  # first columns of all parts are in line
    left, right, level, x = [], [], [], 0.0
    for at, column in enumerate(stand):
        width = max((sizes[v][0] for v in column if v < web.count), default=0.0)
        wires = sum(len(web.down[v]) for v in column)
        left.append(x + over[at])
        right.append(left[-1] + width)
        level.append((x, right[-1] + beyond[at]))
        framed = over[at + 1] + beyond[at] if at + 1 < len(stand) else 0.0
        x = level[-1][1] + max(LEAST_GAP, min(96.0, max(48.0, 32.0 + 16.0 * (wires // 8))) - framed)
    return left, right, level


def _path(a: int, b: int, chain: list[int], web: Layered, sizes: list[Size], frame: _Frame) -> list[Point]:
    """From the right of *a* to the left of *b*, level across every column and the frames' edges at its sides."""
    middle, level = frame.middle, frame.level
    start, end = web.column[a], web.column[b]
    points = [(frame.left[start] + sizes[a][0], middle[a])]
    if end > start:
        points.append((level[start][1], middle[a]))
        for point in chain:
            at = web.column[point]
            points += [(level[at][0], middle[point]), (level[at][1], middle[point])]
        points.append((level[end][0], middle[b]))
    points.append((frame.left[end], middle[b]))
    return _plain(points)


def _plain(points: list[Point]) -> list[Point]:
    """Without points on the line between their neighbours."""
    found = points[:1]
    for point, after in pairwise(points[1:]):
        straight = abs(found[-1][1] - point[1]) < LEVEL and abs(point[1] - after[1]) < LEVEL
        if not straight and point != found[-1]:
            found.append(point)
    return [*found, points[-1]]


def _stack(nodes: Sequence[str], edge_count: int, parts: list[_Part]) -> Layout:
    """Parts under each other; nodes that touch nothing share rows at the end."""
    paths: list[tuple[Point, ...]] = [()] * edge_count
    positions: dict[int, Point] = {}
    order: list[list[Key]] = []
    frames: list[tuple[str, Box]] = []
    width = height = 0.0
    for part, (x, y) in zip(parts, _corners(parts), strict=True):
        for node, (px, py) in zip(part.nodes, part.places, strict=True):
            positions[node] = (px + x, py + y)
        for edge, points in part.edges.items():
            paths[edge] = tuple((px + x, py + y) for px, py in points)
        frames += [(group, (a + x, b + y, c + x, d + y)) for group, (a, b, c, d) in part.frames]
        for at, column in enumerate(part.columns):
            order += [[]] if at == len(order) else []
            order[at] += column
        width, height = max(width, x + part.width), max(height, y + part.height)
    placed = {nodes[node]: positions[node] for node in range(len(nodes))}
    return Layout(placed, tuple(paths), width, height, tuple(tuple(column) for column in order), tuple(frames))


def _corners(parts: list[_Part]) -> list[Point]:
    """The top left corner of every part."""
    corners: dict[int, Point] = {}
    y = 0.0
    for at, part in enumerate(parts):
        if len(part.nodes) > 1:
            corners[at] = (0.0, y)
            y += part.height + PART_GAP
    single = [at for at, part in enumerate(parts) if len(part.nodes) == 1]
    wide = max((part.width for part in parts), default=0.0)
    limit = max(wide, min(900.0, 240.0 * len(single) ** 0.5))
    x = row = 0.0
    for at in single:
        if x and x + parts[at].width > limit:
            x, y, row = 0.0, y + row + ROW_GAP, 0.0
        corners[at] = (x, y)
        x, row = x + parts[at].width + 48.0, max(row, parts[at].height)
    return [corners[at] for at in range(len(parts))]
