"""What the browser is told of a run: a few whole values, made from a snapshot. No clock, no kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbflow.core.captions import caption, counts
from nbflow.core.icons import ICONS
from nbflow.core.scene import Frame, Node, Scene, path_data, scene
from nbflow.core.shape import Shape, members_of, shape
from nbflow.core.status import RunVerdict, Status
from nbflow.core.steps import fallback
from nbflow.core.streams import Streams
from nbflow.widget.details import details

State = dict[str, Any]
Place = tuple[str, int] | tuple[str, int, int | None]
"""Job and attempt, or job, attempt and the place of a step among those that followed it."""
Logs = Mapping[Place, str]
"""The texts to be shown."""

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
        "marks": _marks(drawn, jobs),
        "head": head(snapshot),
        "details": _details(snapshot, logs),
    }


def _details(snapshot: Mapping[str, Any], logs: Logs) -> dict[str, Any]:
    streams = Streams(snapshot) if logs else None
    looked_at = dict.fromkeys(place[0] for place in logs)
    return {job: details(snapshot, job, _of(logs, job), streams) for job in looked_at}


def _generations(jobs: Mapping[str, Any]) -> dict[str, int]:
    """Job's number -> generation, where that is not the first: what a click is made on."""
    return {str(at): job["generation"] for at, job in enumerate(jobs.values()) if job.get("generation", 1) > 1}


def _marks(drawn: Scene, jobs: Mapping[str, Any]) -> dict[str, str]:
    """Node's number -> the letter of what the fallback in its last row has come to, where it was needed."""
    told = {str(at): fallback(jobs[node.job]) for at, node in enumerate(drawn.nodes) if node.note}
    return {at: one.status.letter for at, one in told.items() if one and one.status}


def _of(logs: Logs, job: str) -> dict[str, str]:
    """Attempt, or attempt/step -> text."""
    return {_where(place): text for place, text in logs.items() if place[0] == job}


def _where(place: Place) -> str:
    return "/".join(str(part) for part in place[1:] if part is not None)


def graph(drawn: Scene) -> dict[str, Any]:
    """A scene in JSON.

    Nodes are ``[job, x, y, width, height, label, form]``, and ``note`` where there is one; frames are ``[group, x, y,
    width, height, title]``.
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
    return [node.job, *place, node.label, node.form, *([node.note] if node.note else [])]


def _frame(frame: Frame) -> list[Any]:
    place = (round(side, 1) for side in (frame.x, frame.y, frame.width, frame.height))
    return [frame.group, *place, frame.title]


def _caption(node: Node, job: Mapping[str, Any]) -> list[Any] | None:
    """``[text, tick, at]``; for small cells, which show none, only where it says more than the status does."""
    if node.form != "node" and job["status"] not in _TELLING:
        return None
    said = caption(job)
    return [said.text, said.tick, said.at] if said.tick else [said.text]


_TELLING = (Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.RECOVERED)


def head(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The header: what run it is, how many jobs stand where, and from when to when it went.

    >>> head({"flow": "a", "run": 3, "verdict": "succeeded", "jobs": {"x": {"status": "succeeded"}}})["counts"]
    [['S', 1]]
    """
    jobs, groups = snapshot.get("jobs") or {}, snapshot.get("groups") or {}
    tries = [attempt for job in jobs.values() for attempt in job.get("attempts") or ()]
    parts = [part for attempt in tries for part in (attempt, *(attempt.get("steps") or ()))]
    starts = [part["started_at"] for part in parts if part.get("started_at") is not None]
    ends = [part["ended_at"] for part in parts if part.get("ended_at") is not None]
    going = snapshot.get("verdict") == RunVerdict.RUNNING
    tally = counts([job["status"] for job in jobs.values()])
    return {
        "flow": snapshot.get("flow", ""),
        "run": snapshot.get("run", 0),
        "verdict": snapshot.get("verdict", ""),
        "counts": [[status.letter, count] for status, count in tally.items()],
        "started_at": min(starts, default=None),
        "ended_at": None if going else max(ends, default=None),
        "paused": bool(snapshot.get("paused")),
        "groups": {name: _group(name, groups, jobs) for name in groups},
    }


def _group(name: str, groups: Mapping[str, Any], jobs: Mapping[str, Any]) -> list[Any]:
    """``[verdict, succeeded, members, why it broke, not ended, failed, sum of the members' generations]``"""
    members = [jobs[name] for name in members_of(groups, name) if name in jobs]
    group, statuses = groups[name], [Status(job["status"]) for job in members]
    going, failed = sum(not status.ended for status in statuses), sum(status in FAILED for status in statuses)
    why, generation = group.get("reason_text") or "", sum(job.get("generation", 1) for job in members)
    return [group.get("verdict", ""), len(group.get("succeeded") or ()), len(members), why, going, failed, generation]


FAILED = (Status.FAILED, Status.UNKNOWN)
