"""How high everything in a layered picture stands: near to what it is joined to; no stranger in a group's region."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbflow.core.layering import Layered, forward
from nbflow.core.regions import GROUP_ABOVE, GROUP_BELOW, Columns, Path, Region, common

ROW_GAP = 18.0
WIRE_GAP = 12.0
SLIGHT = 6.0
"""Pixels: a node stands where it is drawn to if it is so near."""
ROUNDS = 6
"""How often regions are cleared and what is in them is drawn to its neighbours again."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much room vertices need: *sizes* of the nodes, and the groups around each."""

    web: Layered
    sizes: Sequence[tuple[float, float]]
    paths: Mapping[int, Path]

    def half(self, vertex: int) -> float:
        """Half its height."""
        return self.sizes[vertex][1] / 2 if vertex < self.web.count else 0.0

    def gap(self, upper: int, lower: int) -> float:
        """The least distance of two neighbours' borders."""
        return ROW_GAP if upper < self.web.count and lower < self.web.count else WIRE_GAP

    def between(self, upper: int, lower: int) -> float:
        """The least distance of two neighbours' middles."""
        above, below = self.paths.get(upper, ()), self.paths.get(lower, ())
        both = len(common(above, below))
        ends, begins = (len(above) - both) * GROUP_BELOW, (len(below) - both) * GROUP_ABOVE
        return self.half(upper) + ends + self.gap(upper, lower) + begins + self.half(lower)


def heights(stand: Columns, room: Room, regions: Sequence[Region]) -> list[float]:
    """The middle of every vertex: packed at first, then drawn towards its neighbours, order and distances kept."""
    web = room.web
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
    if any(region.last > region.first for region in regions):
        _clear(stand, room, regions, middle, both)
    _straighten(stand, room, regions, middle, both)
    return middle


def _straighten(
    stand: Columns, room: Room, regions: Sequence[Region], middle: list[float], near: list[list[int]]
) -> None:
    """Let long edges run level over as many columns as there is room for, at the height of an end where possible.

    What is joined to one neighbour only stands at its height, and slight steps are taken away.
    """
    web, bounds = room.web, _neighbours(stand)
    wide = {vertex for region in regions if region.last > region.first for vertex in region.vertices}
    for vertex in range(web.count):
        wanted = _wanted(vertex, near, middle)
        low, high = _free(vertex, bounds[vertex], room, wide, middle)
        if abs(wanted - middle[vertex]) < SLIGHT and low <= wanted <= high:
            middle[vertex] = wanted
    chains = {tuple(chain): None for chain in web.chains if chain}
    for chain in sorted(chains, key=len, reverse=True):
        start, end = middle[web.up[chain[0]][0]], middle[web.down[chain[-1]][0]]
        run: list[int] = []
        low, high = -math.inf, math.inf
        for vertex in (*chain, -1):
            free = _free(vertex, bounds[vertex], room, wide, middle) if vertex >= 0 else (math.inf, -math.inf)
            if max(low, free[0]) <= min(high, free[1]):
                low, high = max(low, free[0]), min(high, free[1])
                run.append(vertex)
                continue
            _level(run, low, high, (start if run and run[0] == chain[0] else None, end if vertex < 0 else None), middle)
            run, (low, high) = [vertex], free
    for vertex in range(web.count):
        if len(near[vertex]) == 1:
            low, high = _free(vertex, bounds[vertex], room, wide, middle)
            middle[vertex] = min(high, max(low, middle[near[vertex][0]]))


def _level(
    run: list[int], low: float, high: float, ends: tuple[float | None, float | None], middle: list[float]
) -> None:
    """Put all of *run* at one height between *low* and *high*: that of one of the *ends*, else about where it is."""
    if not run:
        return
    mean = sum(middle[vertex] for vertex in run) / len(run)
    wanted = next((y for y in ends if y is not None and low <= y <= high), mean)
    for vertex in run:
        middle[vertex] = min(high, max(low, wanted))


def _free(vertex: int, beside: tuple[int, int], room: Room, wide: set[int], middle: list[float]) -> tuple[float, float]:
    """From where to where *vertex* may stand while all others stay."""
    if vertex in wide or any(other in wide for other in beside):
        return middle[vertex], middle[vertex]
    above, below = beside
    low = middle[above] + room.between(above, vertex) if above >= 0 else -math.inf
    high = middle[below] - room.between(vertex, below) if below >= 0 else math.inf
    return min(low, middle[vertex]), max(high, middle[vertex])


def _neighbours(stand: Columns) -> dict[int, tuple[int, int]]:
    """Vertex -> what stands above it and below it, -1 for nothing."""
    return {
        vertex: (above, below)
        for column in stand
        for above, vertex, below in zip([-1, *column[:-1]], column, [*column[1:], -1], strict=True)
    }


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


def _clear(stand: Columns, room: Room, regions: Sequence[Region], middle: list[float], near: list[list[int]]) -> None:
    """Move strangers out of the regions that span several columns."""
    apart = _distances(stand, room, regions)
    count = len(middle)
    before: dict[int, list[tuple[int, float]]] = {item: [] for item in range(count + 2 * len(regions))}
    after: dict[int, list[tuple[int, float]]] = {item: [] for item in before}
    for (upper, lower), gap in apart.items():
        before[lower].append((upper, gap))
        after[upper].append((lower, gap))
    order, _ = forward(count + 2 * len(regions), list(apart))
    for turn in range(ROUNDS):
        drawn = [(y + _wanted(vertex, near, middle)) / 2 for vertex, y in enumerate(middle)] if turn else list(middle)
        low = _pushed(order, before, drawn, max, 1.0)
        high = _pushed(list(reversed(order)), after, drawn, min, -1.0)
        middle[:] = [(low[vertex] + high[vertex]) / 2 for vertex in range(count)]


def _pushed(
    order: list[int],
    pushing: Mapping[int, list[tuple[int, float]]],
    wanted: list[float],
    most: Callable[..., float],
    way: float,
) -> dict[int, float]:
    """Every distance kept by moving only downwards, or only upwards. Between two such answers all are kept too."""
    found: dict[int, float] = {}
    for item in order:
        bounds = [found[other] + way * gap for other, gap in pushing[item]]
        if item < len(wanted):
            bounds.append(wanted[item])
        found[item] = most(bounds) if bounds else -way * math.inf
    return found


def _distances(stand: Columns, room: Room, regions: Sequence[Region]) -> dict[tuple[int, int], float]:
    """(upper, lower) -> how far apart they are at least: of vertices, then of each region's top and bottom."""
    count = len(room.web.column)
    tops = {
        (region.path, at): count + 2 * number
        for number, region in enumerate(regions)
        for at in range(region.first, region.last + 1)
    }
    found: dict[tuple[int, int], float] = {}
    for at, column in enumerate(stand):
        last, reach = -1, 0.0
        for item, join in _down(column, at, room, tops):
            half = room.half(item) if item < count else 0.0
            if last >= 0:
                found[last, item] = max(found.get((last, item), 0.0), reach + join + half)
            last, reach = item, half
    return found


def _down(column: list[int], at: int, room: Room, tops: Mapping[tuple[Path, int], int]) -> Iterator[tuple[int, float]]:
    """What one meets from the top of *column* to its bottom, each with the room that is kept over it."""
    upper, above = -1, ()  # type: tuple[int, Path]
    for vertex in (*column, -1):
        path = room.paths.get(vertex, ())
        both = len(common(above, path))
        for depth in range(len(above), both, -1):
            yield tops[above[:depth], at] + 1, GROUP_BELOW
        join = room.gap(upper, vertex)
        for depth in range(both + 1, len(path) + 1):
            yield tops[path[:depth], at], join
            join = GROUP_ABOVE
        if vertex >= 0:
            yield vertex, join
        upper, above = vertex, path
