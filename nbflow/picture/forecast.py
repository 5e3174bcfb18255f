"""What would happen, as a picture: the flow's own, in which each job shows what would become of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbflow.core.outlook import Fate, Outlook
from nbflow.picture.image import image
from nbflow.picture.plain import escaped

_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"


def planned(snapshot: Mapping[str, Any], outlook: Outlook) -> dict[str, Any]:
    """*snapshot* as if what *outlook* says had come about, to be drawn.

    >>> from nbflow.core.outlook import Line
    >>> now = {"flow": "a", "run": 1, "verdict": "running", "jobs": {"x": {"status": "held", "attempts": []}}}
    >>> planned(now, Outlook((Line("x", Fate.RUNS, "line 3 changed"),)))["jobs"]["x"]["planned"]
    'to run: line 3 changed'
    """
    lines = {line.job: line for line in outlook.lines}
    jobs = {}
    for name, job in snapshot["jobs"].items():
        line = lines.get(name)
        if line is None:
            jobs[name] = job
            continue
        status = line.fate.status
        shown = {"status": status.value if status is not None else job["status"], "planned": line.caption}
        jobs[name] = job | shown | {"attempts": [], "reason_text": line.words}
    called = {fate.status.value: fate.short for fate in Fate if fate.status is not None}
    return {**snapshot, "jobs": jobs, "verdict": "plan", "paused": False, "called": called}


def forecast(snapshot: Mapping[str, Any], outlook: Outlook) -> str:
    """The picture as SVG text, and under it a table with a row for each job, as HTML."""
    rows = "".join(
        f'<tr style="background:transparent"><td style="{_CELL};white-space:nowrap"><b>{escaped(line.job)}</b></td>'
        f'<td style="{_CELL}">{escaped(line.words)}</td></tr>'
        for line in outlook.lines
    )
    head = f'<div style="margin:6px 0 2px">{escaped(outlook.headline)}</div>'
    return f"{image(planned(snapshot, outlook))}{head}<table>{rows}</table>"
