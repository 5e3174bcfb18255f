"""Which jobs a retry means: one, with all that needs it, or everything on the way to it from another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from nbflow.core.shape import needed_links
from nbflow.errors import NbflowError


class Streams:
    """The needs among the jobs of *snapshot*, both ways.

    >>> jobs = {"a": {}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}, "d": {"needs": ["a"]}}
    >>> streams = Streams({"jobs": jobs})
    >>> streams.downstream(["b"]), streams.between("a", ["c"])
    (['b', 'c'], ['a', 'b', 'c'])
    """

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self.jobs = list(snapshot["jobs"])
        self.below: dict[str, list[str]] = {name: [] for name in self.jobs}
        self.above: dict[str, list[str]] = {name: [] for name in self.jobs}
        for needed, dependent in needed_links(snapshot):
            self.below[self.jobs[needed]].append(self.jobs[dependent])
            self.above[self.jobs[dependent]].append(self.jobs[needed])

    def needed_by(self, name: str) -> list[str]:
        """The jobs that wait for *name* itself, or for a group it is in.

        >>> Streams({"jobs": {"a": {}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}}}).needed_by("a")
        ['b']
        """
        return self.below[name]

    def downstream(self, names: Iterable[str]) -> list[str]:
        """*names* and all that needs one of them, at however many removes."""
        return self.ordered(_reached(names, self.below))

    def between(self, start: str, names: Sequence[str]) -> list[str]:
        """Everything on the ways from *start* to each of *names*, both ends included.

        Raises:
            NbflowError: no way leads from *start* to one of them.
        """
        after = _reached([start], self.below)
        for name in names:
            if name not in after:
                raise NbflowError(f"no way leads from {start!r} to {name!r}: {name!r} does not need it")
        return self.ordered(after & _reached(names, self.above))

    def ordered(self, names: Collection[str]) -> list[str]:
        """*names*, each after those of them that it needs."""
        left, found = dict.fromkeys(name for name in self.jobs if name in names), list[str]()
        while left:
            ready = [name for name in left if not any(need in left for need in self.above[name])] or list(left)
            for name in ready:
                del left[name]
            found += ready
        return found


def _reached(names: Iterable[str], links: Mapping[str, Sequence[str]]) -> set[str]:
    ahead = list(names)
    found = set(ahead)
    while ahead:
        new = [name for name in links[ahead.pop()] if name not in found]
        found.update(new)
        ahead += new
    return found
