"""Who stands above whom in each column: few crossings, groups kept together, and as it was before where possible.

Median sweeps with transposition, from a depth-first order; the best order seen is kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence

from nbflow.core.layering import Layered
from nbflow.core.regions import Columns, Path, places, tears

SWEEPS = 32
STALE = 8
TRANSPOSED = 4000
"""Graphs with more vertices than this are not transposed: it would take longer than it gains."""
TWICE = 600
"""Graphs with more vertices than this are untangled once, not from both sides."""
CLEAR_GAIN = 0.85
"""A known picture is rearranged only if that leaves at most this share of its crossings."""
TEAR = 60
"""So many crossings are taken to keep a group in one piece."""

Paths = Mapping[int, Path]


def crossings(columns: Columns, web: Layered) -> int:
    """How many pairs of edges cross.

    >>> from nbflow.core.layering import cut
    >>> crossings([[0, 1], [2, 3]], cut(4, [(0, 3), (1, 2)], [0, 0, 1, 1]))
    1
    """
    place = places(columns, len(web.column))
    total = 0
    for column in columns[:-1]:
        seen: list[int] = []
        for vertex in column:
            for end in sorted(place[follower] for follower in web.down[vertex]):
                at = bisect_right(seen, end)
                total += len(seen) - at
                seen.insert(at, end)
    return total


def arrange(web: Layered, order: Sequence[int], paths: Paths, previous: Mapping[int, int]) -> Columns:
    """Order the vertices of every column. *previous* gives where vertices stood in an earlier picture.

    Where every vertex is known from before, the order stays; else it changes only for a clear gain.
    """
    columns = _start(web, order, paths, previous)
    if len(previous) == len(web.column):
        return columns
    least = _cost(columns, web, paths)
    if previous:
        return _untangled(columns, web, paths, int(least * CLEAR_GAIN), True) or columns
    ways = (True, False) if len(web.column) <= TWICE else (True,)
    found = [_untangled(columns, web, paths, least, way) or columns for way in ways]
    return min(found, key=lambda one: _cost(one, web, paths))


def _untangled(columns: Columns, web: Layered, paths: Paths, fewest: int, forward: bool) -> Columns | None:
    """*columns* at less than the cost *fewest*, as little as can be found; None if none is; *forward* at first."""
    best: Columns | None = None
    columns, stale = [list(column) for column in columns], 0
    for sweep in range(SWEEPS):
        if not fewest or stale >= STALE:
            break
        _sweep(columns, web, paths, forward=(sweep % 2 == 0) is forward)
        if len(web.column) <= TRANSPOSED:
            _transpose(columns, web, paths)
        cost = _cost(columns, web, paths)
        stale += 1
        if cost < fewest:
            best, fewest, stale = [list(c) for c in columns], cost, 0
    return best


def _cost(columns: Columns, web: Layered, paths: Paths) -> int:
    torn = TEAR * len(tears(columns, web, paths)) if paths else 0
    return crossings(columns, web) + torn


def _start(web: Layered, order: Sequence[int], paths: Paths, previous: Mapping[int, int]) -> Columns:
    """Depth first, so that what belongs together starts together; then nodes known from before in their old order."""
    columns: Columns = [[] for _ in range(web.columns)]
    rank: dict[int, float] = {}
    for source in (*order, *range(web.count, len(web.column))):
        stack = [source]
        while stack:
            vertex = stack.pop()
            if vertex not in rank:
                rank[vertex] = len(rank)
                columns[web.column[vertex]].append(vertex)
                stack.extend(reversed(web.down[vertex]))
    group = _ranks(paths, rank, min)
    for column in columns:
        _gather(column, paths, rank, group)
        if previous:
            _as_before(column, paths, previous)
    return columns


def _ranks(
    paths: Paths, rank: Mapping[int, float], of: Callable[[list[float]], float], among: Iterable[int] | None = None
) -> dict[Path, float]:
    """Group -> where it stands: the least, or the mean, of the *rank* of its members *among* some vertices."""
    found: dict[Path, list[float]] = {}
    for vertex in paths if among is None else among:
        path = paths.get(vertex, ())
        for depth in range(1, len(path) + 1):
            found.setdefault(path[:depth], []).append(rank[vertex])
    return {path: of(ranks) for path, ranks in found.items()}


def _mean(ranks: list[float]) -> float:
    return sum(ranks) / len(ranks)


def _gather(column: list[int], paths: Paths, rank: Mapping[int, float], group: Mapping[Path, float]) -> None:
    """Sort *column* by *rank*, the members of each group together where *group* says that it stands."""
    if not paths:
        column.sort(key=rank.__getitem__)
        return
    own = _ranks(paths, rank, _mean, column)

    def key(vertex: int) -> list[tuple[float, str]]:
        path = paths.get(vertex, ())
        around = [path[:depth] for depth in range(1, len(path) + 1)]
        return [*((group.get(each, own[each]), each[-1]) for each in around), (rank[vertex], "")]

    column.sort(key=key)


def _as_before(column: list[int], paths: Paths, previous: Mapping[int, int]) -> None:
    """Put the known vertices of *column* into their old order, in the places that known vertices have."""
    known = [at for at, vertex in enumerate(column) if vertex in previous]
    if not known:
        return
    for at, vertex in zip(known, sorted((column[at] for at in known), key=previous.__getitem__), strict=True):
        column[at] = vertex
    rank = {vertex: float(at) for at, vertex in enumerate(column)}
    _gather(column, paths, rank, _ranks(paths, rank, _mean, [column[at] for at in known]))


def _sweep(columns: Columns, web: Layered, paths: Paths, *, forward: bool) -> None:
    """Order each column by the medians of the column it was reached from; groups stand there as they do in that one."""
    place = places(columns, len(web.column))
    near = web.up if forward else web.down
    before: list[int] = []
    for column in columns if forward else reversed(columns):
        key = {vertex: _median([place[other] for other in near[vertex]], place[vertex]) for vertex in column}
        rank = {vertex: float(place[vertex]) for vertex in before} if paths else {}
        _gather(column, paths, key, _ranks(paths, rank, _mean, before))
        for at, vertex in enumerate(column):
            place[vertex] = at
        before = column


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


def _transpose(columns: Columns, web: Layered, paths: Paths) -> None:
    """Swap neighbours while that takes crossings away."""
    place = places(columns, len(web.column))
    for _ in range(4):
        swaps = [_transpose_column(column, place, web, paths) for column in columns]
        if not any(swaps):
            return


def _transpose_column(column: list[int], place: list[int], web: Layered, paths: Paths) -> bool:
    swapped = False
    for at in range(len(column) - 1):
        a, b = column[at], column[at + 1]
        if paths.get(a) != paths.get(b):
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
