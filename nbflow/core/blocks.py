"""What stands for what in a picture: a box for each job, one for a fan-out, a block for jobs alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nbflow.core.boxes import (
    ALIKE,
    BADGE,
    BESIDE,
    CELL_GAP,
    CELL_HEIGHT,
    NAME_SIZE,
    NAMED,
    NODE_HEIGHT,
    NOTE_HEIGHT,
    SMALL_SIZE,
    STRIP_LEAST,
    STRIP_SIDE,
    STRIP_TOP,
    WIDTHS,
    Cells,
)
from nbflow.core.layout import Size
from nbflow.core.lettering import width
from nbflow.core.shape import Shape


@dataclass(frozen=True, slots=True)
class Block:
    """Jobs that stand together: named cells of width *cell*, or, with *cells*, a strip called *name*."""

    name: str
    jobs: tuple[int, ...]
    across: int
    cell: float = 0.0
    cells: Cells | None = None

    @property
    def size(self) -> Size:
        """Its width and height."""
        down = -(-len(self.jobs) // self.across)
        if self.cells is None:
            return (
                self.across * (self.cell + CELL_GAP) + CELL_GAP,
                down * (CELL_HEIGHT + CELL_GAP) + CELL_GAP,
            )
        grid = self.cells
        wide = self.across * (grid.width + grid.gap) - grid.gap + 2 * STRIP_SIDE
        return max(STRIP_LEAST, wide), STRIP_TOP + down * (grid.height + grid.gap) - grid.gap + STRIP_SIDE


@dataclass(slots=True)
class Stands:
    """What is laid out, under unique names: *blocks*, and the jobs *alone*, each with its size.

    *groups* says which of them stand in a group's frame, and in which; a block without one has a frame of its own.
    """

    of: tuple[str, ...] = ()
    """What each job stands in."""
    sizes: dict[str, Size] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    made: frozenset[tuple[str, str]] = frozenset()
    """Those of *edges* that lead from jobs to what they made, and nothing else."""
    blocks: dict[str, Block] = field(default_factory=dict)
    alone: dict[int, str] = field(default_factory=dict)


def stands_of(shape: Shape) -> Stands:
    """What stands in the picture of *shape*, in the order of its first jobs.

    >>> jobs, fans = tuple(f"f[a={n}]" for n in range(20)), ("f",) * 20
    >>> stands = stands_of(Shape(jobs, (), fans, (), fan_of=fans, folded=frozenset("f")))
    >>> [(block.name, block.across) for block in stands.blocks.values()]
    [('f', 10)]
    """
    blocks = {block.jobs[0]: block for block in _blocks(shape)}
    of = [f"job {name}" for name in shape.jobs]
    for first, block in blocks.items():
        for job in block.jobs:
            of[job] = f"block {shape.jobs[first]}"
    inside = {job for block in blocks.values() for job in block.jobs}
    found = Stands(tuple(of), alone={job: of[job] for job in range(len(of)) if job not in inside})
    wide, notes = _width(shape, list(found.alone)), shape.notes or ("",) * len(of)
    titled = _titled(shape, found.alone)
    for job, stand in enumerate(of):
        if job in blocks:
            found.blocks[stand], found.sizes[stand] = blocks[job], blocks[job].size
        elif job in found.alone:
            across = max(wide, titled.get(shape.group_of[job], 0.0))
            found.sizes[stand] = (across, NODE_HEIGHT + NOTE_HEIGHT * bool(notes[job]))
    found.edges = list({(of[a], of[b]): None for a, b in shape.links if of[a] != of[b]})
    made = set(shape.made)
    needed = {(of[a], of[b]) for a, b in shape.links if (a, b) not in made}
    found.made = frozenset((of[a], of[b]) for a, b in made) - needed
    found.groups = _groups(shape, of, found.blocks)
    return found


def _groups(shape: Shape, of: list[str], blocks: dict[str, Block]) -> dict[str, str]:
    """Stand -> the group whose frame it stands in; a strip that is all of its group, and says so, needs none."""
    groups = {stand: group for stand, group in zip(of, shape.group_of, strict=True) if group}
    policies, members = dict(shape.asked), dict[str, set[str]]()
    for stand, group in groups.items():
        members.setdefault(group, set()).add(stand)
    for stand, block in blocks.items():
        if block.cells is None:
            groups.setdefault(stand, f"\0{stand}")
            continue
        told = policies.get(block.name)
        if groups.get(stand) == block.name and len(members[block.name]) == 1 and not (told and told.words):
            del groups[stand]
    return groups


def _width(shape: Shape, alone: list[int]) -> float:
    """How wide the boxes of single jobs are: all alike, as the longest name needs it, in few steps.

    One job more seldom changes the width of all others; what a group's title needs more, only its members' boxes have.
    """
    labels, notes = shape.labels, shape.notes or ("",) * len(shape.jobs)
    badges = shape.badges or ((),) * len(shape.jobs)
    needed = [max(width(labels[at], NAME_SIZE) + BADGE * len(badges[at]), width(notes[at], SMALL_SIZE)) for at in alone]
    return _step(max(needed, default=0.0))


def _titled(shape: Shape, alone: Iterable[int]) -> dict[str | None, float]:
    """Group -> how wide the boxes of its members are for its title to stand over them."""
    grouped = {shape.group_of[at] for at in alone}
    lines = {name: f"{name} · {asked.short}" for name, asked in shape.asked if name in grouped}
    return {name: _step(width(line, SMALL_SIZE) + BESIDE) for name, line in lines.items()}


def _step(needed: float) -> float:
    """The narrowest width in which a text of *needed* pixels has its icon beside it, or the widest."""
    return next((wide for wide in WIDTHS if wide >= needed + 42.0), WIDTHS[-1])


def _blocks(shape: Shape) -> list[Block]:
    """The elements of a fan-out; and jobs of one group with the same needs and the same dependents."""
    needs: list[list[int]] = [[] for _ in shape.jobs]
    serves: list[list[int]] = [[] for _ in shape.jobs]
    for a, b in shape.links:
        needs[b].append(a)
        serves[a].append(b)
    alike: dict[tuple[object, ...], list[int]] = {}
    fans = shape.fan_of or (None,) * len(shape.jobs)
    for job, (group, fan) in enumerate(zip(shape.group_of, fans, strict=True)):
        if fan is not None:
            alike.setdefault((group, fan), []).append(job)
        elif group or needs[job] or serves[job]:
            alike.setdefault((group, tuple(needs[job]), tuple(serves[job])), []).append(job)
    blocks = []
    for jobs in alike.values():
        fan_out: str | None = fans[jobs[0]]
        if fan_out is not None and fan_out in shape.folded:
            blocks.append(_strip(fan_out, jobs))
        elif len(jobs) > NAMED and fan_out is None:
            blocks.append(_strip(f"{shape.jobs[jobs[0]]} … {shape.jobs[jobs[-1]]}", jobs))
        elif len(jobs) >= ALIKE:
            blocks.append(_named(shape, jobs))
    return blocks


def _named(shape: Shape, jobs: list[int]) -> Block:
    wide = min(140.0, max(64.0, max(width(shape.labels[job], SMALL_SIZE) for job in jobs) + 30))
    across = max(1, round((len(jobs) * 1.5 * (CELL_HEIGHT + CELL_GAP) / (wide + CELL_GAP)) ** 0.5))
    return Block("", tuple(jobs), across, wide)


_GRIDS = ((60, 12.0, 18.0, 4.0, 4.0), (300, 9.0, 12.0, 3.0, 2.4), (1200, 7.0, 8.0, 2.0, 2.0))
"""Up to so many cells: their width, height and gap, and how much wider than high their grid is."""


def _strip(name: str, jobs: list[int]) -> Block:
    count = len(jobs)
    wide, high, gap, ratio = next((grid[1:] for grid in _GRIDS if count <= grid[0]), (4.0, 4.0, 1.0, 1.6))
    across = min(count, max(1, round((count * ratio * (high + gap) / (wide + gap)) ** 0.5)))
    return Block(name, tuple(jobs), across, cells=Cells(STRIP_SIDE, STRIP_TOP, across, wide, high, gap))
