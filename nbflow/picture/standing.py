"""How the boxes of a scene stand in a snapshot: a status and a line for each, one or many jobs behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nbflow.core import tiles
from nbflow.core.boxes import Node
from nbflow.core.captions import caption, of_many, together
from nbflow.core.scene import Scene
from nbflow.core.status import Status
from nbflow.core.tiles import TILES
from nbflow.picture.plain import plain


class Standing(NamedTuple):
    """A *node*, its *status*, the line *said* under its name, the *tip* said of it when pointed at, and its *jobs*."""

    node: Node
    status: Status
    said: str
    tip: str
    jobs: Sequence[Mapping[str, Any]]

    @property
    def job(self) -> Mapping[str, Any]:
        """Its only job, or the first of many."""
        return self.jobs[0]


def standings(drawn: Scene, jobs: Mapping[str, Mapping[str, Any]], now: float) -> list[Standing]:
    """How each box of *drawn* stands."""
    listed = list(jobs.items())
    return [_standing(node, [listed[at] for at in node.jobs], now) for node in drawn.nodes]


def _standing(node: Node, jobs: Sequence[tuple[str, Mapping[str, Any]]], now: float) -> Standing:
    told = [job for _, job in jobs]
    if node.form != "strip":
        ((name, job),) = jobs
        status, said = Status(job["status"]), caption(job).said_at(now)
        why = plain(job.get("reason_text") or "")[:300] or said
        return Standing(node, status, said, f"{plain(name)}: {status.value}" + (f", {why}" if why else ""), told)
    statuses = [job["status"] for job in told]
    said = of_many(statuses)
    return Standing(node, together(statuses), said, f"{plain(node.name)}: {said}", told)


class Tiled(NamedTuple):
    """The cells of one *status* in a strip, as path data: *boxes*, what is *filled* in them, *lines* on them."""

    status: Status
    boxes: str
    filled: str
    lines: str


def tiled(standing: Standing) -> Iterator[Tiled]:
    """A strip's cells, by status; nothing for other boxes."""
    node, grid = standing.node, standing.node.cells
    if grid is None:
        return
    places: dict[Status, list[int]] = {}
    for place, job in enumerate(standing.jobs):
        places.setdefault(Status(job["status"]), []).append(place)
    for status, found in places.items():
        look = TILES[status]
        boxes = tiles.boxes(grid, found, node.x, node.y)
        drawn = tiles.marks(grid, found, look.mark, node.x, node.y)
        half = look.mark == "half"
        yield Tiled(status, boxes, boxes if look.filled else drawn if half else "", "" if half else drawn)
