"""What the browser is told of a run: a few whole values, made from a snapshot. No clock, no kernel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.badges import BADGES
from nbflow.core.boxes import Node
from nbflow.core.captions import caption, counts, of_many, together
from nbflow.core.icons import ICONS
from nbflow.core.light import generations, letters, span
from nbflow.core.log_part import LogPart
from nbflow.core.scene import Scene
from nbflow.core.status import FAILURES, RunVerdict, Status, Verdict
from nbflow.core.steps import fallback
from nbflow.core.tiles import TILES
from nbflow.widget.details import details
from nbflow.widget.drawing import Drawing

State = dict[str, Any]
Place = tuple[str, int, int | None]
"""Job, attempt, and the place of a step among those that followed it, or None."""
Progress = Mapping[str, Any]
"""What a job has said of how far it is: ``done``, ``total`` and ``text``."""
Logs = Mapping[Place, LogPart]
"""The ends of the logs to be shown."""

LOOKS = {
    status.letter: {
        "word": status.value,
        "glyph": status.glyph,
        "stroke": icon.stroke,
        "fill": icon.fill,
        "tile": [TILES[status].filled, TILES[status].mark],
    }
    for status, icon in ICONS.items()
} | {
    name: {"word": badge.words, "glyph": "", "stroke": badge.icon.stroke, "fill": badge.icon.fill}
    for name, badge in BADGES.items()
}
"""How each letter of the status string is said and drawn, and each badge of a job."""


def view_state(
    snapshot: Mapping[str, Any], drawing: Drawing, logs: Logs, progress: Mapping[str, Progress] | None = None
) -> State:
    """The traits of the view for *snapshot*, with the details of the jobs whose *logs* are given.

    *progress*: how far jobs have said they are.

    >>> run = {"flow": "a", "run": 1, "verdict": "succeeded", "jobs": {"x": {"status": "held"}}}
    >>> view_state(run, Drawing(), {})["status"]
    'H'
    """
    jobs = snapshot.get("jobs") or {}
    drawn, status, later = drawing.of(snapshot), letters(jobs), generations(jobs)
    alone = [jobs[node.name] if node.form != "strip" else None for node in drawn.nodes]
    return {
        "graph": drawing.graph,
        "names": drawing.names,
        "status": status,
        "captions": [_caption(node, job, status) for node, job in zip(drawn.nodes, alone, strict=True)],
        "generations": {str(at): number for at, number in later.items()},
        "marks": _marks(drawn, alone),
        "progress": _progress(drawn, progress or {}),
        "head": head(snapshot, status, drawing.members) | {"left_at": drawing.left_at(snapshot, status)},
        "details": _details(snapshot, logs, drawing),
    }


def _progress(drawn: Scene, told: Mapping[str, Progress]) -> dict[str, list[Any]]:
    """Node's number -> ``[share, text]``, the share None where nobody knows of how much; of boxes of single jobs."""
    nodes = {node.name: at for at, node in enumerate(drawn.nodes) if node.form == "node"} if told else {}
    return {str(nodes[job]): _bar(one) for job, one in told.items() if job in nodes}


def _bar(told: Progress) -> list[Any]:
    done, total = told.get("done"), told.get("total")
    share = None
    if isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
        share = round(min(1.0, max(0.0, done / total)), 3)
    return [share, str(told.get("text") or "")[:80]]


def _details(snapshot: Mapping[str, Any], logs: Logs, drawing: Drawing) -> dict[str, Any]:
    if not logs:
        return {}
    streams = drawing.streams(snapshot)
    looked_at = dict.fromkeys(place[0] for place in logs)
    return {job: details(snapshot, job, _of(logs, job), streams) for job in looked_at}


def _marks(drawn: Scene, alone: Sequence[Mapping[str, Any] | None]) -> dict[str, str]:
    """Node's number -> the letter of what the fallback in its last row has come to, where it was needed."""
    noted = zip(drawn.nodes, alone, strict=True)
    told = {str(at): fallback(job) for at, (node, job) in enumerate(noted) if node.note and job is not None}
    return {at: one.status.letter for at, one in told.items() if one and one.status}


def _of(logs: Logs, job: str) -> dict[str, LogPart]:
    """Attempt, or attempt/step -> the end of its log."""
    return {placed(place): part for place, part in logs.items() if place[0] == job}


def placed(place: Place) -> str:
    """An attempt or step as the view names it: ``2``, or ``2/0``."""
    return "/".join(str(part) for part in place[1:] if part is not None)


def _caption(node: Node, job: Mapping[str, Any] | None, status: str) -> list[Any] | None:
    """``[text, tick, at]``; for small cells, which show none, only where it says more than the status does."""
    if job is None:
        stand = [status[at] for at in node.jobs]
        return [of_many(stand), "", 0, together(stand).letter]
    if node.form != "node" and job["status"] not in _TELLING:
        return None
    said = caption(job)
    return [said.text, said.tick, said.at] if said.tick else [said.text]


_TELLING = (Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.RECOVERED)


def head(snapshot: Mapping[str, Any], status: str, members: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """The header: what run it is, how many jobs stand where, and from when to when it went.

    *status* has a letter for each job, *members* the numbers of each group's jobs.

    >>> run = {"flow": "a", "run": 3, "verdict": "succeeded", "jobs": {"x": {"status": "succeeded"}}}
    >>> head(run, "S", {})["counts"]
    [['S', 1]]
    """
    groups = snapshot.get("groups") or {}
    going = snapshot.get("verdict") == RunVerdict.RUNNING
    start, end = span(snapshot.get("jobs") or {})
    return {
        "flow": snapshot.get("flow", ""),
        "run": snapshot.get("run", 0),
        "verdict": snapshot.get("verdict", ""),
        "counts": [[found.letter, count] for found, count in counts(status).items()],
        "started_at": start,
        "ended_at": None if going else end,
        "paused": bool(snapshot.get("paused")),
        "groups": _groups(groups, members, status),
    }


def _groups(groups: Mapping[str, Any], members: Mapping[str, Sequence[int]], status: str) -> dict[str, list[Any]]:
    """How each group stands; its two last numbers count what its policy does, a group within as one member."""
    known = {name: groups[name] for name in members}
    told = {name: _group(group, members[name], status) for name, group in known.items()}
    tally = {name: [one[1], one[5]] for name, one in told.items()}
    for name, group in known.items():
        if (parent := group.get("parent")) in tally:
            tally[parent][0] += (group["verdict"] == Verdict.MET) - told[name][1]
            tally[parent][1] += (group["verdict"] == Verdict.BROKEN) - told[name][5]
    return {name: [*one, *tally[name]] for name, one in told.items()}


def _group(group: Mapping[str, Any], members: Sequence[int], status: str) -> list[Any]:
    """``[verdict, succeeded, members, why it broke, not ended, failed]``"""
    stand = Counter(map(status.__getitem__, members))
    good, going, failed = (sum(stand[one.letter] for one in some) for some in (_GOOD, _GOING, FAILURES))
    return [group["verdict"], good, len(members), group.get("reason_text") or "", going, failed]


_GOOD = tuple(status for status in Status if status.good)
_GOING = tuple(status for status in Status if not status.ended)
