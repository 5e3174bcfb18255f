"""One layered layout, from left to right, for every picture of a flow: widget, static SVG and matplotlib.

Sizes and positions are in pixels; y grows downwards. The recipe: columns by longest path, crossing points for long
edges, an order with few crossings (`nbflow.core.ordering`), heights by isotonic regression towards the neighbours'
medians; parts of the graph that do not touch are laid out apart and stacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nbflow.core.layering import Layered, Pair, columns, cut
from nbflow.core.ordering import Columns, arrange

Point = tuple[float, float]
Size = tuple[float, float]
Key = str | tuple[str, str]

ROW_GAP = 18.0
WIRE_GAP = 12.0
PART_GAP = 30.0
GROUP_ABOVE, GROUP_BELOW, GROUP_SIDE = 30.0, 12.0, 14.0
"""Room kept around the members of a group: above for its title, below, and at the sides."""


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
    """

    positions: dict[str, Point] = field(default_factory=dict)
    paths: tuple[tuple[Point, ...], ...] = ()
    width: float = 0.0
    height: float = 0.0
    order: tuple[tuple[Key, ...], ...] = ()


def layout(
    nodes: Sequence[str],
    edges: Iterable[tuple[str, str]],
    *,
    sizes: Mapping[str, Size],
    groups: Mapping[str, str] | None = None,
    previous: Layout | None = None,
) -> Layout:
    """Lay out a graph from left to right.

    Args:
        nodes: the names, in the order in which they were declared.
        edges: (needed, dependent) pairs of names; an edge that closes a loop is drawn but not heeded.
        sizes: node -> (width, height) in pixels.
        groups: node -> the group it is drawn with; members of a group stand together and have room for a frame.
        previous: an earlier layout of the same flow: nodes known from there keep their order where that is no worse.

    >>> picture = layout(["a", "b"], [("a", "b")], sizes={"a": (100, 40), "b": (100, 40)})
    >>> picture.positions, picture.height
    ({'a': (0.0, 0.0), 'b': (148.0, 0.0)}, 40.0)
    """
    number = {name: at for at, name in enumerate(nodes)}
    pairs = [(number[a], number[b]) for a, b in edges]
    group = {number[name]: title for name, title in (groups or {}).items() if name in number}
    before = {
        (at, key): place
        for at, column in enumerate(previous.order if previous else ())
        for place, key in enumerate(column)
    }
    whole = _Whole(nodes, pairs, group, before)
    parts = [_part(whole, part, [sizes[nodes[node]] for node in part]) for part in _parts(len(nodes), pairs, group)]
    return _stack(nodes, len(pairs), parts)


@dataclass(frozen=True, slots=True)
class _Whole:
    """The whole graph in numbers; *before* says where a key stood in its column in an earlier layout."""

    nodes: Sequence[str]
    pairs: list[Pair]
    group: dict[int, str]
    before: dict[tuple[int, Key], int]


@dataclass(frozen=True, slots=True)
class _Part:
    """A laid out part: *nodes* are its numbers in the whole graph; *edges* numbers of edges there -> their paths."""

    nodes: list[int]
    places: list[Point]
    edges: dict[int, list[Point]]
    columns: list[list[Key]]
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
    group = {local[node]: whole.group[node] for node in part if node in whole.group}
    pairs = list(edges.values())
    column, order = columns(len(part), pairs)
    web = cut(len(part), pairs, column)
    keys = _keys(whole.nodes, part, pairs, web)
    known = {
        v: whole.before[at, key]
        for v, (at, key) in enumerate(zip(web.column, keys, strict=True))
        if (at, key) in whole.before
    }
    stand = arrange(web, order, group, known)
    inset = GROUP_SIDE if whole.group else 0.0  # of every part, so that their first columns are in line
    frame = _frame(stand, web, sizes, group, inset)
    places = [(frame.left[web.column[v]], frame.middle[v] - sizes[v][1] / 2) for v in range(len(part))]
    paths = {
        at: _path(a, b, chain, web, sizes, frame) for (at, (a, b)), chain in zip(edges.items(), web.chains, strict=True)
    }
    return _Part(part, places, paths, [[keys[v] for v in c] for c in stand], frame.width, frame.height)


def _keys(nodes: Sequence[str], part: list[int], pairs: list[Pair], web: Layered) -> list[Key]:
    """What a vertex is called in an order: a node's name, or the edge that a crossing point belongs to."""
    names = [nodes[node] for node in part]
    keys: list[Key] = [*names, *[""] * (len(web.column) - len(names))]
    for (a, b), chain in zip(pairs, web.chains, strict=True):
        for point in chain:
            keys[point] = (names[a], names[b])
    return keys


@dataclass(frozen=True, slots=True)
class _Room:
    """How much room vertices need above and below their middles."""

    web: Layered
    sizes: list[Size]
    group: dict[int, str]

    def half(self, vertex: int) -> float:
        return self.sizes[vertex][1] / 2 if vertex < self.web.count else 0.0

    def above(self, vertex: int) -> float:
        return self.half(vertex) + (GROUP_ABOVE if vertex in self.group else 0.0)

    def below(self, vertex: int) -> float:
        return self.half(vertex) + (GROUP_BELOW if vertex in self.group else 0.0)

    def between(self, upper: int, lower: int) -> float:
        """The least distance of two neighbours' middles."""
        gap = ROW_GAP if upper < self.web.count and lower < self.web.count else WIRE_GAP
        if self.group.get(upper) == self.group.get(lower):
            return self.half(upper) + self.half(lower) + gap
        return self.below(upper) + self.above(lower) + gap


@dataclass(frozen=True, slots=True)
class _Frame:
    """The coordinates of one part: the middle of each vertex, the sides of each column."""

    middle: list[float]
    left: list[float]
    right: list[float]
    width: float
    height: float


def _frame(stand: Columns, web: Layered, sizes: list[Size], group: dict[int, str], inset: float) -> _Frame:
    room = _Room(web, sizes, group)
    middle = _heights(stand, web, room)
    left, right = _sides(stand, web, sizes)
    top = min(middle[v] - room.above(v) for v in range(len(middle)))
    bottom = max(middle[v] + room.below(v) for v in range(len(middle)))
    return _Frame(
        [y - top for y in middle],
        [x + inset for x in left],
        [x + inset for x in right],
        right[-1] + 2 * inset,
        bottom - top,
    )


def _heights(stand: Columns, web: Layered, room: _Room) -> list[float]:
    """The middle of every vertex: packed at first, then drawn towards its neighbours, order and distances kept."""
    middle = [0.0] * len(web.column)
    offsets: list[list[float]] = []
    for column in stand:
        at, offset = 0.0, []
        for upper, lower in zip([None, *column[:-1]], column, strict=True):
            at += room.between(upper, lower) if upper is not None else 0.0
            offset.append(at)
        for vertex, y in zip(column, offset, strict=True):
            middle[vertex] = y - at / 2
        offsets.append(offset)
    both = [up + down for up, down in zip(web.up, web.down, strict=True)]
    for turn, near in enumerate((web.up, web.down, web.up, web.down, web.up, both, both)):
        steps = range(len(stand)) if turn % 2 == 0 else range(len(stand) - 1, -1, -1)
        for step in steps:
            _settle(stand[step], offsets[step], near, middle, web.count)
    return middle


def _settle(column: list[int], offset: list[float], near: list[list[int]], middle: list[float], count: int) -> None:
    """Move one column's vertices as near as order and distances allow to the medians of their neighbours.

    Isotonic regression by pooling adjacent violators; a crossing point weighs more than a node, so wires are straight.
    """
    blocks: list[tuple[float, float, int]] = []
    for at, vertex in enumerate(column):
        weight = 1.0 if vertex < count else 2.0
        total = (_wanted(vertex, near, middle) - offset[at]) * weight
        start = at
        while blocks and blocks[-1][0] * weight >= total * blocks[-1][1]:
            above, heavy, start = blocks.pop()
            total, weight = total + above, weight + heavy
        blocks.append((total, weight, start))
    ends = [start for _, _, start in blocks[1:]]
    for (total, weight, start), end in zip(blocks, [*ends, len(column)], strict=True):
        shift = total / weight
        for at in range(start, end):
            middle[column[at]] = shift + offset[at]


def _wanted(vertex: int, near: list[list[int]], middle: list[float]) -> float:
    others = near[vertex]
    if len(others) == 1:
        return middle[others[0]]
    if not others:
        return middle[vertex]
    heights = sorted(middle[other] for other in others)
    half = len(heights) // 2
    return heights[half] if len(heights) % 2 else (heights[half - 1] + heights[half]) / 2


def _sides(stand: Columns, web: Layered, sizes: list[Size]) -> tuple[list[float], list[float]]:
    """Left and right edge of every column; the more wires between two, the further apart."""
    left, right, x = [], [], 0.0
    for column in stand:
        width = max((sizes[v][0] for v in column if v < web.count), default=0.0)
        left.append(x)
        right.append(x + width)
        wires = sum(len(web.down[v]) for v in column)
        x += width + min(96.0, max(48.0, 40.0 + 1.5 * wires))
    return left, right


def _path(a: int, b: int, chain: list[int], web: Layered, sizes: list[Size], frame: _Frame) -> list[Point]:
    """From the right of *a* to the left of *b*, level across every column between and across the rest of its own."""
    left, right, middle = frame.left, frame.right, frame.middle
    start, end = web.column[a], web.column[b]
    points = [(left[start] + sizes[a][0], middle[a])]
    if sizes[a][0] < right[start] - left[start] and end > start:
        points.append((right[start], middle[a]))
    for point in chain:
        at = web.column[point]
        points += [(left[at], middle[point]), (right[at], middle[point])]
    points.append((left[end], middle[b]))
    return points


def _stack(nodes: Sequence[str], edge_count: int, parts: list[_Part]) -> Layout:
    """Parts under each other; nodes that touch nothing share rows at the end."""
    paths: list[tuple[Point, ...]] = [()] * edge_count
    positions: dict[int, Point] = {}
    order: list[list[Key]] = []
    width = height = 0.0
    for part, (x, y) in zip(parts, _corners(parts), strict=True):
        for node, (px, py) in zip(part.nodes, part.places, strict=True):
            positions[node] = (px + x, py + y)
        for edge, points in part.edges.items():
            paths[edge] = tuple((px + x, py + y) for px, py in points)
        for at, column in enumerate(part.columns):
            order += [[]] if at == len(order) else []
            order[at] += column
        width, height = max(width, x + part.width), max(height, y + part.height)
    placed = {nodes[node]: positions[node] for node in range(len(nodes))}
    return Layout(placed, tuple(paths), width, height, tuple(tuple(column) for column in order))


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
