"""Which column each node of a graph stands in: longest path, tightened, with long edges cut into one piece a column.

Nodes are integers here; `nbflow.core.layout` gives them their names.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

Pair = tuple[int, int]
TURNS = 12


@dataclass(frozen=True, slots=True)
class Layered:
    """A graph whose edges all join neighbouring columns: nodes, then points where long edges cross a column."""

    count: int
    """How many of the vertices are nodes; the others are crossing points."""
    column: list[int]
    up: list[list[int]]
    """Vertex -> its neighbours one column to the left."""
    down: list[list[int]]
    chains: list[list[int]]
    """Edge -> the crossing points it runs through, from left to right."""

    def add(self, column: int) -> int:
        """A vertex more, that no edge meets."""
        self.column.append(column)
        self.up.append([])
        self.down.append([])
        return len(self.column) - 1

    @property
    def columns(self) -> int:
        return max(self.column, default=-1) + 1


def neighbours(count: int, edges: Sequence[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    """For each node, those before it and those after it.

    >>> neighbours(2, [(0, 1)])
    ([[], [0]], [[1], []])
    """
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        after[a].append(b)
        before[b].append(a)
    return before, after


def forward(count: int, edges: Sequence[Pair]) -> tuple[list[int], list[Pair]]:
    """The nodes in an order in which edges point forward, and the edges that do: one that closes a loop is left out.

    >>> forward(3, [(1, 0), (0, 2), (2, 1)])
    ([0, 2, 1], [(0, 2), (2, 1)])
    """
    before, after = neighbours(count, edges)
    open_needs = [len(needs) for needs in before]
    ready = deque(node for node in range(count) if not open_needs[node])
    order: list[int] = []
    place = [-1] * count
    unplaced = iter(range(count))
    while len(order) < count:
        node = ready.popleft() if ready else next(i for i in unplaced if place[i] < 0)
        if place[node] >= 0:
            continue
        place[node] = len(order)
        order.append(node)
        for follower in after[node]:
            open_needs[follower] -= 1
            if open_needs[follower] == 0 and place[follower] < 0:
                ready.append(follower)
    return order, [(a, b) for a, b in edges if place[a] < place[b]]


def columns(count: int, edges: Sequence[Pair]) -> tuple[list[int], list[int]]:
    """The column of each node, and an order in which edges point forward.

    As far left as its needs allow; then each node moves, inside its slack, towards the side where it has more edges,
    which comes close to the shortest edges in linear time.

    >>> columns(3, [(0, 1), (1, 2)])[0]
    [0, 1, 2]
    """
    order, kept = forward(count, edges)
    before, after = neighbours(count, kept)
    column = [0] * count
    for node in order:
        for follower in after[node]:
            column[follower] = max(column[follower], column[node] + 1)
    for turn in range(TURNS):
        ways = (order, 1) if turn % 2 else (reversed(order), -1)
        moved = [_tighten(node, column, before, after, ways[1]) for node in ways[0]]
        if turn % 2 and not any(moved):
            break
    return column, order


def _tighten(node: int, column: list[int], before: list[list[int]], after: list[list[int]], way: int) -> bool:
    """Move *node* within its slack to where it has more edges; where that is no matter, *way* says: 1 left, -1 right.

    One that could stand anywhere makes room for its neighbours by going along.
    """
    pull = len(after[node]) - len(before[node]) - way * bool(before[node] and after[node])
    if pull > 0 and after[node]:
        to = min([column[follower] for follower in after[node]]) - 1
    elif pull < 0 and before[node]:
        to = max([column[need] for need in before[node]]) + 1
    else:
        return False
    moved = to != column[node]
    column[node] = to
    return moved


def cut(count: int, edges: Sequence[Pair], column: list[int]) -> Layered:
    """Cut every edge that spans several columns at each column between.

    >>> cut(2, [(0, 1)], [0, 2]).chains
    [[2]]
    """
    web = Layered(count, list(column), [[] for _ in range(count)], [[] for _ in range(count)], [])
    up, down = web.up, web.down
    for a, b in edges:
        chain: list[int] = []
        last = a
        for between in range(column[a] + 1, column[b]):
            point = web.add(between)
            up[point].append(last)
            down[last].append(point)
            chain.append(point)
            last = point
        web.chains.append(chain)
        if column[a] < column[b]:
            down[last].append(b)
            up[b].append(last)
    return web
