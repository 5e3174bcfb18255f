"""What the browser is told of a run: a few whole values, made from a snapshot. No clock, no kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbflow.core.captions import caption, counts
from nbflow.core.icons import ICONS
from nbflow.core.scene import Frame, Node, Scene, Shape, path_data, scene, shape
from nbflow.core.status import RunVerdict, Status
from nbflow.widget.details import details

State = dict[str, Any]
Logs = Mapping[tuple[str, int], str]
"""(job, attempt) -> the text to be shown."""

LOOKS = {
    status.letter: {"word": status.value, "glyph": status.glyph, "stroke": icon.stroke, "fill": icon.fill}
    for status, icon in ICONS.items()
}
"""How each letter of the status string is said and drawn."""


class Drawing:
    """The picture of a flow, drawn again only when its shape changes, and then much as it stood."""

    def __init__(self) -> None:
        self._shape = Shape((), (), (), ())
        self._scene = Scene()
        self.graph = graph(self._scene)

    def of(self, snapshot: Mapping[str, Any]) -> Scene:
        """The scene of *snapshot*; `graph` is its form for the browser."""
        now = shape(snapshot)
        if now != self._shape:
            self._shape, self._scene = now, scene(now, previous=self._scene)
            self.graph = graph(self._scene)
        return self._scene


def view_state(snapshot: Mapping[str, Any], drawing: Drawing, logs: Logs) -> State:
    """The traits of the view for *snapshot*, with the details of the jobs whose *logs* are given.

    >>> run = {"flow": "a", "run": 1, "verdict": "succeeded", "jobs": {"x": {"status": "held"}}}
    >>> view_state(run, Drawing(), {})["status"]
    'H'
    """
    jobs = snapshot.get("jobs") or {}
    drawn = drawing.of(snapshot)
    return {
        "graph": drawing.graph,
        "status": "".join(Status(job["status"]).letter for job in jobs.values()),
        "captions": [_caption(node, jobs[node.job]) for node in drawn.nodes],
        "generations": _generations(jobs),
        "head": head(snapshot),
        "details": {job: details(snapshot, job, _of(logs, job)) for job in dict.fromkeys(job for job, _ in logs)},
    }


def _generations(jobs: Mapping[str, Any]) -> dict[str, int]:
    """Job's number -> generation, where that is not the first: what a click is made on."""
    return {str(at): job["generation"] for at, job in enumerate(jobs.values()) if job.get("generation", 1) > 1}


def _of(logs: Logs, job: str) -> dict[int, str]:
    return {number: text for (name, number), text in logs.items() if name == job}


def graph(drawn: Scene) -> dict[str, Any]:
    """A scene in JSON.

    Nodes are ``[job, x, y, width, height, label, form]``, frames ``[group, x, y, width, height, title]``.
    """
    return {
        "nodes": [_node(node) for node in drawn.nodes],
        "links": [list(link) for link in drawn.links],
        "wires": "".join(path_data(path) for path in drawn.wires),
        "frames": [_frame(frame) for frame in drawn.frames],
        "width": drawn.width,
        "height": drawn.height,
    }


def _node(node: Node) -> list[Any]:
    place = (round(side, 1) for side in (node.x, node.y, node.width, node.height))
    return [node.job, *place, node.label, node.form]


def _frame(frame: Frame) -> list[Any]:
    place = (round(side, 1) for side in (frame.x, frame.y, frame.width, frame.height))
    return [frame.group, *place, frame.title]


def _caption(node: Node, job: Mapping[str, Any]) -> list[Any] | None:
    """``[text, tick, at]``; for small cells, which show none, only where it says more than the status does."""
    if node.form != "node" and job["status"] not in _TELLING:
        return None
    said = caption(job)
    return [said.text, said.tick, said.at] if said.tick else [said.text]


_TELLING = (Status.FAILED, Status.SKIPPED, Status.CANCELLED)


def head(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The header: what run it is, how many jobs stand where, and from when to when it went.

    >>> head({"flow": "a", "run": 3, "verdict": "succeeded", "jobs": {"x": {"status": "succeeded"}}})["counts"]
    [['S', 1]]
    """
    jobs = snapshot.get("jobs") or {}
    tries = [attempt for job in jobs.values() for attempt in job.get("attempts") or ()]
    starts = [attempt["started_at"] for attempt in tries if attempt.get("started_at") is not None]
    ends = [attempt["ended_at"] for attempt in tries if attempt.get("ended_at") is not None]
    going = snapshot.get("verdict") == RunVerdict.RUNNING
    tally = counts([job["status"] for job in jobs.values()])
    return {
        "flow": snapshot.get("flow", ""),
        "run": snapshot.get("run", 0),
        "verdict": snapshot.get("verdict", ""),
        "counts": [[status.letter, count] for status, count in tally.items()],
        "started_at": min(starts, default=None),
        "ended_at": None if going else max(ends, default=None),
        "groups": {name: _group(group) for name, group in (snapshot.get("groups") or {}).items()},
    }


def _group(group: Mapping[str, Any]) -> list[Any]:
    """``[verdict, succeeded, members, why it broke]``"""
    succeeded, members = len(group.get("succeeded") or ()), len(group.get("members") or ())
    return [group.get("verdict", ""), succeeded, members, group.get("reason_text") or ""]
