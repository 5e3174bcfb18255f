"""The picture that a view shows: kept while the flow keeps its shape, and told to the browser once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.boxes import Frame, Node
from nbflow.core.pace import Remaining
from nbflow.core.scene import Scene, path_data, scene
from nbflow.core.shape import Shape, members_of, shape
from nbflow.core.streams import Streams


class Drawing:
    """The picture of a flow, drawn again only when its shape changes, and then much as it stood.

    *turned* are the fan-outs that a person has opened, or folded, where they are not so by themselves.
    """

    def __init__(self) -> None:
        self.turned: frozenset[str] = frozenset()
        self._known: object = None
        self._shape = Shape((), (), (), ())
        self.scene = Scene()
        self.graph = graph(self.scene, self._shape)
        self.jobs: tuple[str, ...] = ()
        self.names = ""
        self.members: dict[str, list[int]] = {}
        """Group -> the numbers of its jobs, those of groups within included."""
        self._streams: Streams | None = None
        self._remaining = Remaining()

    def of(self, snapshot: Mapping[str, Any]) -> Scene:
        """The scene of *snapshot*; the other attributes tell the same to the browser."""
        declared = snapshot.get("declarations")
        known = (snapshot.get("run"), declared, self.turned)
        if declared is not None and known == self._known:
            return self.scene
        self._known, now, self._streams = known, shape(snapshot, self.turned), None
        if now != self._shape:
            self._shape, self.scene = now, scene(now, previous=self.scene)
            self.graph = graph(self.scene, now)
            self.jobs = now.jobs
            self.names = "\n".join(name.replace("\n", " ") for name in now.jobs)
        number, groups = {name: at for at, name in enumerate(now.jobs)}, snapshot.get("groups") or {}
        self.members = {name: [number[job] for job in members_of(groups, name) if job in number] for name in groups}
        told = {name: _runs(jobs) for name, jobs in (_elements(now) | self.members).items()}
        if told != self.graph["members"]:
            self.graph = self.graph | {"members": told}
        return self.scene

    def left_at(self, snapshot: Mapping[str, Any], status: str) -> float | None:
        """The instant at which the run is over, as far as can be told; estimated anew when a status changes.

        As many jobs run side by side from now on as do now.
        """
        return self._remaining.left_at(snapshot, status, lambda: self.streams(snapshot).above)

    def streams(self, snapshot: Mapping[str, Any]) -> Streams:
        """What needs what in *snapshot*, which was drawn last."""
        if self._streams is None:
            self._streams = Streams(snapshot)
        return self._streams


def graph(drawn: Scene, of: Shape) -> dict[str, Any]:
    """A scene in JSON.

    Nodes are ``[name, x, y, width, height, label, form, jobs, note, cells, badges]``, the last three only where there
    are any.
    *jobs* are numbers of jobs, for a strip as runs: first, count, first, count, …. *cells* are ``[x, y, across, width,
    height, gap]``. *ends* say where each wire leads from and to, in the numbers that *stands* has for nodes. Frames are
    ``[group, x, y, width, height, title, asked, asked in fewer words]``. *made* are the numbers of wires to jobs that
    others made while they ran; *makers* has those others by nodes. *fans* are fan-outs, and groups that
    can be folded as those can: ``[group, jobs, folded, is a group]``.
    *members*, of groups and fan-outs, are runs of numbers too; `Drawing` tells them.
    """
    counted = Counter(fan for fan in of.fan_of if fan is not None)
    plain = {name for name, _ in of.plain}
    group = dict(zip(of.fan_of, of.group_of, strict=False))
    return {
        "nodes": [_node(node) for node in drawn.nodes],
        "links": [list(link) for link in drawn.links],
        "wires": [path_data(path) for path in drawn.wires],
        "stands": list(drawn.stands),
        "ends": [list(end) for end in drawn.ends],
        "frames": [_frame(frame) for frame in drawn.frames],
        "fans": {name: [name, count, False, True] for name, count in sorted(of.plain)}
        | {fan: [group[fan] or fan, count, fan in of.folded, fan in plain] for fan, count in counted.items()},
        "made": sorted(drawn.made),
        "makers": _makers(drawn, of),
        "members": {},
        "width": drawn.width,
        "height": drawn.height,
    }


def _makers(drawn: Scene, of: Shape) -> dict[str, str]:
    """Node's number -> the job that made its job."""
    maker = {made: of.jobs[maker] for maker, made in of.made}
    return {str(at): maker[node.jobs[0]] for at, node in enumerate(drawn.nodes) if node.jobs[0] in maker}


def _elements(of: Shape) -> dict[str, list[int]]:
    """Fan-out -> the numbers of its jobs."""
    found: dict[str, list[int]] = {}
    for at, fan in enumerate(of.fan_of):
        if fan is not None:
            found.setdefault(fan, []).append(at)
    return found


def _node(node: Node) -> list[Any]:
    place = (round(side, 1) for side in (node.x, node.y, node.width, node.height))
    told = [node.name, *place, node.label, node.form, _runs(node.jobs) if node.cells else [node.jobs[0]]]
    grid = node.cells
    cells = [grid.x, grid.y, grid.across, grid.width, grid.height, grid.gap] if grid is not None else None
    more = [node.note, cells, list(node.badges)]
    while more and not more[-1]:
        more.pop()
    return [*told, *more]


def _runs(jobs: Sequence[int]) -> list[int]:
    """Numbers as runs: first, count, first, count.

    >>> _runs([3, 4, 5, 9])
    [3, 3, 9, 1]
    """
    found: list[int] = []
    for job in jobs:
        if found and found[-2] + found[-1] == job:
            found[-1] += 1
        else:
            found += [job, 1]
    return found


def _frame(frame: Frame) -> list[Any]:
    place = (round(side, 1) for side in (frame.x, frame.y, frame.width, frame.height))
    return [frame.group, *place, frame.title, *frame.asked]
