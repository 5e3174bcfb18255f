"""The regions that groups take in a layered picture: a run of columns of it, never with a stranger within.

A group is one region where its columns follow each other and no edge of strangers has to pass from above it to below;
else it is in pieces. Groups go by paths: the outermost group's name first, the innermost's last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbflow.core.layering import Layered

Path = tuple[str, ...]
Columns = list[list[int]]
Box = tuple[float, float, float, float]

GROUP_ABOVE, GROUP_BELOW, GROUP_SIDE = 30.0, 12.0, 14.0
"""Room kept around the members of a group: above for its title, below, and at the sides."""


@dataclass(slots=True)
class Region:
    """A piece of the group at *path* in the columns *first* to *last*, with its vertices."""

    path: Path
    first: int
    last: int
    vertices: list[int] = field(default_factory=list)


def paths_of(groups: Mapping[int, str], parents: Mapping[str, str]) -> dict[int, Path]:
    """Node -> the groups that it is in, the outermost first.

    >>> paths_of({0: "inner", 1: "outer"}, {"inner": "outer"})
    {0: ('outer', 'inner'), 1: ('outer',)}
    """
    known: dict[str, Path] = {}

    def path(group: str) -> Path:
        found, at = [group], parents.get(group)
        while at is not None and at not in found:
            found.append(at)
            at = parents.get(at)
        return tuple(reversed(found))

    return {node: known.setdefault(group, path(group)) for node, group in groups.items()}


def common(one: Path, other: Path) -> Path:
    """The groups that hold both.

    >>> common(("a", "b"), ("a", "c"))
    ('a',)
    """
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return one[:count]


def spread(web: Layered, paths: dict[int, Path], ends: Sequence[tuple[int, int]]) -> dict[int, str]:
    """Put crossing points of edges within a group into it, and a vertex into each single column that a group leaps.

    Returns:
        The new vertices, each with its group's name. *web* and *paths* have them too.
    """
    for (a, b), chain in zip(ends, web.chains, strict=True):
        if within := common(paths.get(a, ()), paths.get(b, ())):
            paths |= dict.fromkeys(chain, within)
    columns: dict[Path, set[int]] = {}
    for vertex, path in paths.items():
        for depth in range(len(path)):
            columns.setdefault(path[: depth + 1], set()).add(web.column[vertex])
    made: dict[int, str] = {}
    for path in sorted(columns, key=len, reverse=True):
        here = columns[path]
        for column in sorted(at + 1 for at in here if at + 1 not in here and at + 2 in here):
            vertex = web.add(column)
            paths[vertex], made[vertex] = path, path[-1]
            for depth in range(len(path)):
                columns[path[: depth + 1]].add(column)
    return made


def places(columns: Columns, count: int) -> list[int]:
    """Vertex -> its place in its column.

    >>> places([[2, 0], [1]], 3)
    [1, 0, 0]
    """
    place = [0] * count
    for column in columns:
        for at, vertex in enumerate(column):
            place[vertex] = at
    return place


def regions(columns: Columns, web: Layered, paths: Mapping[int, Path]) -> list[Region]:
    """The regions of all groups, outer ones first."""
    if not paths:
        return []
    torn = tears(columns, web, paths)
    found: dict[Path, list[Region]] = {}
    for at, column in enumerate(columns):
        for vertex in column:
            path = paths.get(vertex, ())
            for depth in range(1, len(path) + 1):
                _join(found.setdefault(path[:depth], []), path[:depth], at, vertex, torn)
    every = [region for pieces in found.values() for region in pieces]
    return sorted(every, key=lambda region: len(region.path))


def _join(pieces: list[Region], path: Path, at: int, vertex: int, torn: set[tuple[Path, int]]) -> None:
    """Put *vertex* of column *at* into the last of *pieces*, or into a new one."""
    last = pieces[-1] if pieces else None
    if last is None or last.last < at - 1 or (last.last == at - 1 and _is_torn(path, at - 1, torn)):
        last = Region(path, at, at)
        pieces.append(last)
    last.last = at
    last.vertices.append(vertex)


def _is_torn(path: Path, gap: int, torn: set[tuple[Path, int]]) -> bool:
    return any((path[:depth], gap) in torn for depth in range(1, len(path) + 1))


def tears(columns: Columns, web: Layered, paths: Mapping[int, Path]) -> set[tuple[Path, int]]:
    """(group, number of the column left of it): the gaps in which a group cannot be one region.

    Either an edge of strangers leads from above it to below, or another group does.
    """
    torn: set[tuple[Path, int]] = set()
    place = places(columns, len(web.column))
    for gap, sides in _sides(columns, paths):
        for path in sides:
            if not _is_torn(path, gap, torn) and _passed(sides[path], columns[gap], web, place):
                torn.add((path, gap))
        kept = [path for path in sides if not _is_torn(path, gap, torn)]
        for path in kept:
            if any(_turned(path, other, sides) for other in kept if not _is_torn(other, gap, torn)):
                torn.add((path, gap))
    return torn


Span = tuple[int, int]
Sides = dict[Path, tuple[Span, Span]]


def _sides(columns: Columns, paths: Mapping[int, Path]) -> Iterator[tuple[int, Sides]]:
    """For each gap: the groups on both sides of it, with the places that they take in the two columns."""
    before: dict[Path, Span] = {}
    for at, column in enumerate(columns):
        now: dict[Path, Span] = {}
        for place, vertex in enumerate(column):
            path = paths.get(vertex, ())
            for depth in range(1, len(path) + 1):
                first, _ = now.get(path[:depth], (place, place))
                now[path[:depth]] = (first, place)
        both = {path: (before[path], span) for path, span in now.items() if path in before}
        if both:
            yield at - 1, dict(sorted(both.items(), key=lambda one: len(one[0])))
        before = now


def _passed(spans: tuple[Span, Span], column: list[int], web: Layered, place: Sequence[int]) -> bool:
    """Whether an edge between strangers of a group leads from above it to below, or the other way."""
    (first, last), (low, high) = spans
    for at, vertex in enumerate(column):
        if first <= at <= last:
            continue
        for other in web.down[vertex]:
            there = place[other]
            if not low <= there <= high and (at < first) != (there < low):
                return True
    return False


def _turned(one: Path, other: Path, sides: Sides) -> bool:
    if one[: len(other)] == other or other[: len(one)] == one:
        return False
    (left, right), (there_left, there_right) = sides[one], sides[other]
    return (left < there_left) != (right < there_right)
