"""Traces of real workflows, and how fast they could run at best."""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """One task: *seconds* long, startable when all *parents* have ended."""

    name: str
    parents: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Trace:
    """A workflow that once ran, its tasks in an order in which no task precedes a parent."""

    name: str
    tasks: tuple[Task, ...]

    @classmethod
    def read(cls, file: Path) -> Trace:
        """The trace in *file*, its tasks named t0, t1, … in the file's own order where parents allow it."""
        tasks = {task["id"]: task for task in json.loads(file.read_text())["tasks"]}
        ordered = list(TopologicalSorter({i: task["parents"] for i, task in tasks.items()}).static_order())
        names = {i: f"t{number}" for number, i in enumerate(ordered)}
        return cls(
            file.stem,
            tuple(
                Task(names[i], tuple(names[p] for p in tasks[i]["parents"]), float(tasks[i]["runtime_s"]))
                for i in ordered
            ),
        )

    def scaled(self, work: float, shortest: float) -> Trace:
        """All times by one factor, so that they sum to *work* seconds; none is then left shorter than *shortest*."""
        factor = work / self.work
        return Trace(self.name, tuple(Task(t.name, t.parents, max(shortest, t.seconds * factor)) for t in self.tasks))

    @property
    def work(self) -> float:
        """Seconds of all tasks together."""
        return sum(task.seconds for task in self.tasks)

    @property
    def critical_path(self) -> float:
        """Seconds of the longest chain: no number of slots is faster.

        >>> Trace("y", (Task("a", (), 1), Task("b", ("a",), 2), Task("c", ("a",), 3))).critical_path
        4
        """
        ends: dict[str, float] = {}
        for task in self.tasks:
            ends[task.name] = task.seconds + max((ends[p] for p in task.parents), default=0)
        return max(ends.values())

    def list_schedule(self, slots: int) -> float:
        """Seconds with *slots* slots, no overhead, and always the first startable task in order next.

        >>> Trace("y", (Task("a", (), 1), Task("b", ("a",), 2), Task("c", ("a",), 3))).list_schedule(1)
        6.0
        """
        order = {task.name: index for index, task in enumerate(self.tasks)}  # also the priority
        unmet = {task.name: len(task.parents) for task in self.tasks}
        ready = [order[name] for name, count in unmet.items() if not count]
        running: list[tuple[float, int]] = []
        now = 0.0
        while ready or running:
            while ready and len(running) < slots:
                index = heapq.heappop(ready)
                heapq.heappush(running, (now + self.tasks[index].seconds, index))
            now, ended = heapq.heappop(running)
            for child in _released(self.children.get(self.tasks[ended].name, ()), unmet):
                heapq.heappush(ready, order[child])
        return now

    @cached_property
    def children(self) -> Mapping[str, list[str]]:
        """Task -> the tasks that wait for it."""
        found: dict[str, list[str]] = {}
        for task in self.tasks:
            for parent in task.parents:
                found.setdefault(parent, []).append(task.name)
        return found


def _released(children: list[str] | tuple[()], unmet: dict[str, int]) -> list[str]:
    """Count one parent less for each of *children*; those that have none left."""
    for child in children:
        unmet[child] -= 1
    return [child for child in children if not unmet[child]]
