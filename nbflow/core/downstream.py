"""What depends on a job, at however many removes, as a snapshot tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from nbflow.core.scene import shape


def downstream(snapshot: Mapping[str, Any], name: str) -> list[str]:
    """The jobs that need *name*, or its group, or a job that does; in the order of declaration.

    >>> downstream({"jobs": {"a": {}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}, "d": {}}}, "a")
    ['b', 'c']
    """
    jobs = list(snapshot["jobs"])
    serves = defaultdict(list)
    for needed, dependent in shape(snapshot).links:
        serves[needed].append(dependent)
    ahead, found = [jobs.index(name)], set[int]()
    while ahead:
        new = [at for at in serves[ahead.pop()] if at not in found]
        found.update(new)
        ahead += new
    return [jobs[at] for at in sorted(found)]
