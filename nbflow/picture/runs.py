"""The runs of a flow, a line each: for terminals, notebooks and the command line."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nbflow.core.captions import counts
from nbflow.core.status import RunVerdict, Status
from nbflow.core.words import duration
from nbflow.picture.palette import ANYWHERE
from nbflow.picture.plain import NO_MATHS, columns, escaped

NOTHING = "no run yet: the first job begins one"
_DAY = 86_400.0
_VERDICTS = {
    RunVerdict.RUNNING: Status.RUNNING,
    RunVerdict.SUCCEEDED: Status.SUCCEEDED,
    RunVerdict.DEGRADED: Status.SUBSTITUTED,
    RunVerdict.FAILED: Status.FAILED,
    RunVerdict.CANCELLED: Status.CANCELLED,
}


class Runs(list[dict[str, Any]]):
    """A list of runs, oldest first, that reads as a table; each as ``flow.history()`` gives it."""

    def __repr__(self) -> str:
        """A line each, the newest last."""
        return runs_text(self, time.time())

    def _repr_html_(self) -> str:
        """The same for a page."""
        return runs_html(self, time.time())


def runs_text(runs: Sequence[Mapping[str, Any]], now: float) -> str:
    """*runs* as aligned text, as it reads at the instant *now*.

    >>> one = {"run": 3, "verdict": "failed", "opened_at": 0.0, "began_at": 0.0, "ended_at": 190.0}
    >>> runs_text([one | {"counts": {"succeeded": 41, "failed": 1}}], 0.0).split(" · ")[2:]
    ['failed', '41 ✓  1 ✕', '3 m 10 s']
    """
    if not runs:
        return NOTHING
    lines = [_cells(run, now) for run in runs]
    wide = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    padded = ([cell + " " * (room - columns(cell)) for cell, room in zip(line, wide, strict=True)] for line in lines)
    return "\n".join(" · ".join(line).rstrip(" ·") for line in padded)


def runs_html(runs: Sequence[Mapping[str, Any]], now: float) -> str:
    """*runs* as an HTML table, the newest first: no script, no style sheet, everything escaped.

    >>> runs_html([], 0.0)[-49:]
    '<p>no run yet: the first job begins one</p></div>'
    """
    opening = f'<div class="nbflow-runs {NO_MATHS}" style="max-width:100%;overflow-x:auto">'
    if not runs:
        return f"{opening}<p>{NOTHING}</p></div>"
    heads = "".join(f'<th scope="col" style="text-align:left">{word}</th>' for word in _COLUMNS)
    body = "".join(_row(run, now) for run in reversed(runs))
    table = '<table cellpadding="4" style="border-collapse:collapse;font-size:inherit;border:0;margin:.6em 0">'
    return f"{opening}{table}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"


_COLUMNS = ("run", "began", "verdict", "jobs", "took")


def _row(run: Mapping[str, Any], now: float) -> str:
    number, *cells = _cells(run, now)
    colour = ANYWHERE[_status(run)]
    look = ["", "", f";font-weight:600;color:{colour}", "", ""]
    glyph = f"{_status(run).glyph} "
    texts = [number.removeprefix("run "), cells[0], glyph + cells[1], *cells[2:]]
    tds = (
        f'<td style="text-align:left;white-space:nowrap{more}">{escaped(text)}</td>'
        for text, more in zip(texts, look, strict=True)
    )
    return f'<tr style="border-bottom:1px solid rgba(128,128,128,.3)">{"".join(tds)}</tr>'


def _cells(run: Mapping[str, Any], now: float) -> list[str]:
    found = counts([word for word, count in run["counts"].items() for _ in range(count)])
    told = "  ".join(f"{count} {status.glyph}" for status, count in found.items()) or "no jobs"
    began, ended = run.get("began_at"), run.get("ended_at")
    last = now if run["verdict"] == RunVerdict.RUNNING else ended
    took = duration(last - began) if began is not None and last is not None else ""
    return [f"run {run['run']}", when(run["opened_at"], now), str(run["verdict"]), told, took]


def _status(run: Mapping[str, Any]) -> Status:
    return _VERDICTS[RunVerdict(run["verdict"])]


def when(at: float, now: float) -> str:
    """An instant as people say it on the day of *now*: ``today 18:20``, ``yesterday 18:20``, ``2026-11-13 18:20``.

    >>> when(1_770_000_000.0, 1_770_000_000.0)[:6]
    'today '
    """
    said, day = datetime.fromtimestamp(at), datetime.fromtimestamp(at).date()
    if day == datetime.fromtimestamp(now).date():
        return f"today {said:%H:%M}"
    if day == datetime.fromtimestamp(now - _DAY).date():
        return f"yesterday {said:%H:%M}"
    return f"{said:%Y-%m-%d %H:%M}"
