"""Which groups can be drawn as one box: those that nothing leaves and comes back into."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from nbflow.core.layering import Pair, forward


class Folding(NamedTuple):
    """*plain*: groups that a person may fold or open, each with its jobs; *closed*: job -> the folded one it is in."""

    plain: dict[str, list[int]]
    closed: dict[int, str]


def folding(
    members: Mapping[str, Sequence[int]], box_of: Sequence[str], links: Sequence[Pair], turned: Collection[str]
) -> Folding:
    """The groups, outer ones first, that can be folded, and those of *turned* that are.

    Args:
        members: group -> its jobs, those of groups within included.
        box_of: for each job what it is drawn in already; jobs of one fan-out may share a box.

    >>> folding({"g": [0, 2], "h": [0, 1]}, ["a", "b", "c"], [(0, 1), (1, 2)], ["h"])
    Folding(plain={'h': [0, 1]}, closed={0: 'h', 1: 'h'})
    """
    number: dict[str, int] = {}
    of = [number.setdefault(box, len(number)) for box in box_of]
    pairs = list(dict.fromkeys((of[a], of[b]) for a, b in links if of[a] != of[b]))
    held = {name: {of[job] for job in jobs} for name, jobs in members.items()}
    plain = {name: list(members[name]) for name, boxes in held.items() if len(boxes) > 1}
    plain = {name: jobs for name, jobs in plain.items() if _sound(len(number), dict.fromkeys(held[name], name), pairs)}
    closed: dict[int, str] = {}
    for name in sorted(plain, key=lambda name: -len(plain[name])):
        more = dict.fromkeys(held[name], name)
        if name in turned and not closed.keys() & more.keys() and _sound(len(number), closed | more, pairs):
            closed |= more
    return Folding(plain, {job: closed[box] for job, box in enumerate(of) if box in closed})


def _sound(count: int, closed: Mapping[int, str], pairs: Sequence[Pair]) -> bool:
    """Whether none of *count* boxes would need itself in a loop if those *closed* were one each."""
    first: dict[str, int] = {}
    of = [first.setdefault(closed[box], box) if box in closed else box for box in range(count)]
    joined = [pair for pair in dict.fromkeys((of[a], of[b]) for a, b in pairs) if pair[0] != pair[1]]
    return len(forward(count, joined)[1]) == len(joined)
