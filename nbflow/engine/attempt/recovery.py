"""After the death of a supervisor or of the whole engine: what became of the attempts it had started."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbflow.core.status import Reason
from nbflow.engine.attempt import lock, tree
from nbflow.engine.attempt.noted import with_noted
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.attempt.results import from_record, read_record

ROUND = 0.005
SEARCHES = 5
"""Searches in a row that must find nothing."""
PATIENCE = 30.0
"""Seconds after which an attempt counts as lost although a process of it seems unkillable."""


async def recover(folders: Mapping[str, Path], cause: str) -> list[AttemptReport]:
    """End what is left of each attempt (key -> its folder), then say how it ended.

    An attempt with a complete result record of its own ended as the record says; any other is ``lost``, for *cause*.
    """
    await end(folders.keys())
    await _released(folders.values())
    return [await asyncio.to_thread(with_noted, folder, report(folder, key, cause)) for key, folder in folders.items()]


async def end(keys: Iterable[str]) -> None:
    """Kill every process of the attempts *keys*, until there is none.

    A process that forks and exits all the time can slip through one search, hardly through several.
    """
    tags = {tree.tag(key) for key in keys}
    until = asyncio.get_running_loop().time() + PATIENCE
    clean = 0
    while tags and clean < SEARCHES and asyncio.get_running_loop().time() < until:
        clean = 0 if tree.end(tags) else clean + 1
        await asyncio.sleep(ROUND)


async def _released(folders: Iterable[Path]) -> None:
    """Wait until no attempt holds its lock, and see to it that none will."""
    until = asyncio.get_running_loop().time() + PATIENCE
    waiting = list(folders)
    while waiting := [folder for folder in waiting if not lock.give_up(folder)]:
        if asyncio.get_running_loop().time() >= until:
            return
        await asyncio.sleep(ROUND)


def report(folder: Path, key: str, cause: str) -> AttemptReport:
    """How the attempt ended, from its record alone."""
    record = read_record(folder, key)
    return from_record(record) if record else AttemptReport(key=key, end="lost", reason=Reason("lost", cause))
