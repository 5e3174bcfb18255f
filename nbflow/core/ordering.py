"""Who stands above whom in each column: few crossings, groups kept together, and as it was before where possible.

Median sweeps with transposition, from a depth-first order; the best order seen is kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from nbflow.core.layering import Layered

Columns = list[list[int]]

SWEEPS = 32
STALE = 8
TRANSPOSED = 4000
"""Graphs with more vertices than this are not transposed: it would take longer than it gains."""
CLEAR_GAIN = 0.85
"""A known picture is rearranged only if that leaves at most this share of its crossings."""


def crossings(columns: Columns, web: Layered) -> int:
    """How many pairs of edges cross.

    >>> from nbflow.core.layering import cut
    >>> crossings([[0, 1], [2, 3]], cut(4, [(0, 3), (1, 2)], [0, 0, 1, 1]))
    1
    """
    place = _places(columns, len(web.column))
    total = 0
    for column in columns[:-1]:
        seen: list[int] = []
        for vertex in column:
            for end in sorted(place[follower] for follower in web.down[vertex]):
                at = bisect_right(seen, end)
                total += len(seen) - at
                seen.insert(at, end)
    return total


def arrange(web: Layered, order: Sequence[int], group: Mapping[int, str], previous: Mapping[int, int]) -> Columns:
    """Order the vertices of every column. *previous* gives where vertices stood in an earlier picture.

    Where every vertex is known from before, the order stays; else it changes only for a clear gain.
    """
    columns = _start(web, order, previous)
    _gather(columns, group)
    if len(previous) == len(web.column):
        return columns
    best, fewest, stale = [list(c) for c in columns], crossings(columns, web), 0
    if previous:
        fewest = int(fewest * CLEAR_GAIN)
    for sweep in range(SWEEPS):
        if not fewest or stale >= STALE:
            break
        _sweep(columns, web, group, forward=sweep % 2 == 0)
        if len(web.column) <= TRANSPOSED:
            _transpose(columns, web, group)
        count = crossings(columns, web)
        stale += 1
        if count < fewest:
            best, fewest, stale = [list(c) for c in columns], count, 0
    return best


def _start(web: Layered, order: Sequence[int], previous: Mapping[int, int]) -> Columns:
    """Depth first, so that what belongs together starts together; then nodes known from before in their old order."""
    columns: Columns = [[] for _ in range(web.columns)]
    seen = [False] * len(web.column)
    for source in order:
        stack = [source]
        while stack:
            vertex = stack.pop()
            if not seen[vertex]:
                seen[vertex] = True
                columns[web.column[vertex]].append(vertex)
                stack.extend(reversed(web.down[vertex]))
    if previous:
        for column in columns:
            _as_before(column, previous)
    return columns


def _as_before(column: list[int], previous: Mapping[int, int]) -> None:
    """Put the known vertices of *column* into their old order, in the places that known vertices have."""
    known = [at for at, vertex in enumerate(column) if vertex in previous]
    for at, vertex in zip(known, sorted((column[at] for at in known), key=previous.__getitem__), strict=True):
        column[at] = vertex


def _places(columns: Columns, count: int) -> list[int]:
    place = [0] * count
    for column in columns:
        for at, vertex in enumerate(column):
            place[vertex] = at
    return place


def _sweep(columns: Columns, web: Layered, group: Mapping[int, str], *, forward: bool) -> None:
    """Order each column by the medians of the column it was reached from."""
    place = _places(columns, len(web.column))
    near = web.up if forward else web.down
    for column in columns if forward else reversed(columns):
        key = {vertex: _median([place[other] for other in near[vertex]], place[vertex]) for vertex in column}
        column.sort(key=key.__getitem__)
        if group:
            _gather_column(column, group)
        for at, vertex in enumerate(column):
            place[vertex] = at


def _median(places: list[int], otherwise: int) -> float:
    count = len(places)
    if count == 1:
        return places[0]
    if not count:
        return otherwise
    places.sort()
    middle = count // 2
    if count % 2:
        return places[middle]
    if count == 2:
        return (places[0] + places[1]) / 2
    return sum(places) / count


def _gather(columns: Columns, group: Mapping[int, str]) -> None:
    if group:
        for column in columns:
            _gather_column(column, group)


def _gather_column(column: list[int], group: Mapping[int, str]) -> None:
    """Bring the members of each group together, at the mean of where they stand."""
    stand: dict[str, list[int]] = {}
    for at, vertex in enumerate(column):
        if vertex in group:
            stand.setdefault(group[vertex], []).append(at)
    if not stand:
        return
    mean = {name: sum(places) / len(places) for name, places in stand.items()}
    key = {
        vertex: (mean[group[vertex]], group[vertex], at) if vertex in group else (at, "", at)
        for at, vertex in enumerate(column)
    }
    column.sort(key=key.__getitem__)


def _transpose(columns: Columns, web: Layered, group: Mapping[int, str]) -> None:
    """Swap neighbours while that takes crossings away."""
    place = _places(columns, len(web.column))
    for _ in range(4):
        swaps = [_transpose_column(column, place, web, group) for column in columns]
        if not any(swaps):
            return


def _transpose_column(column: list[int], place: list[int], web: Layered, group: Mapping[int, str]) -> bool:
    swapped = False
    for at in range(len(column) - 1):
        a, b = column[at], column[at + 1]
        if group.get(a) != group.get(b):
            continue
        if _gain(web.up[a], web.up[b], place) + _gain(web.down[a], web.down[b], place) > 0:
            column[at], column[at + 1] = b, a
            place[a], place[b] = at + 1, at
            swapped = True
    return swapped


def _gain(first: list[int], second: list[int], place: list[int]) -> int:
    """Crossings saved if the owner of *second* stood above the owner of *first*."""
    if not first or not second:
        return 0
    ends = [place[other] for other in second]
    gain = 0
    for vertex in first:
        at = place[vertex]
        for end in ends:
            gain += (at > end) - (at < end)
    return gain
