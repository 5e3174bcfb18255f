"""The past of what a view shows: attempts along time, how statuses came about, earlier runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from nbflow.core.history import History
from nbflow.core.lanes import laid, waited_for
from nbflow.core.light import PARTS
from nbflow.core.log_part import LogPart, Place
from nbflow.core.steps import looked_at, part_of
from nbflow.errors import NbflowError
from nbflow.widget import columns
from nbflow.widget.columns import dense
from nbflow.widget.details import details
from nbflow.widget.drawing import Drawing
from nbflow.widget.members import members
from nbflow.widget.packing import packed
from nbflow.widget.requests import CLOSEUPS, Asked
from nbflow.widget.state import placed, view_state

KEPT = 4
"""Earlier runs that are held open, the last ones looked at."""


class Readable(Protocol):
    """What is read of one run; see `nbflow.widget.dag.Source`."""

    def glance(self) -> Any: ...
    def log(self, job: str, attempt: int, step: int | None) -> LogPart: ...
    def log_part(self, job: str, attempt: int, step: int | None, start: Place | None, end: Place | None) -> LogPart: ...
    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]: ...
    def history(self) -> History: ...
    def runs(self) -> list[dict[str, Any]]: ...
    def earlier(self, run: int) -> Readable: ...


class LookingBack:
    """Answers what is asked about the past of *source* and of earlier runs; on whichever thread asks, one at a time."""

    def __init__(self, source: Readable, drawing: Drawing) -> None:
        self._present = source, drawing
        self._earlier: dict[int, tuple[Readable, Drawing]] = {}

    def answer(self, asked: Asked) -> dict[str, Any]:
        """What *asked* asks for; *run* says of which run.

        Raises:
            NbflowError: the run cannot be read.
        """
        match asked.op:
            case "runs":
                return {"kind": "runs", "runs": self._present[0].runs()}
            case "past":
                return self._open(asked.run or 0)
            case "timeline":
                return self._bars(*self._of(asked.run), asked)
            case "history":
                return self._history(*self._of(asked.run), asked)
            case "select":
                return self._details(*self._of(asked.run), asked) | {"of": asked.run}
            case "members":
                with self._of(asked.run)[0].glance() as snapshot:
                    return {"kind": "members", **members(snapshot, asked.jobs[0])}
            case "log":
                return _log_part(self._of(asked.run)[0], asked)
            case what if what in CLOSEUPS:
                job = asked.jobs[0]
                return {"kind": what, "job": job} | self._of(asked.run)[0].closeup(what, job, asked.attempt)
            case _:
                raise NbflowError("an earlier run can be looked at, not changed")

    def known(self, run: int) -> tuple[frozenset[str], frozenset[str], frozenset[str]] | None:
        """The jobs, groups and fan-outs of an earlier run that is open; None: it is not."""
        if run not in self._earlier:
            return None
        drawing = self._earlier[run][1]
        return frozenset(drawing.jobs), frozenset(drawing.members), frozenset(drawing.graph["fans"])

    def _of(self, run: int | None) -> tuple[Readable, Drawing]:
        if run is None:
            return self._present
        found = self._earlier.pop(run, None) or self._read(run)
        self._earlier[run] = found  # the last one looked at stands last
        while len(self._earlier) > KEPT:
            del self._earlier[next(iter(self._earlier))]
        return found

    def _read(self, run: int) -> tuple[Readable, Drawing]:
        source, drawing = self._present[0].earlier(run), Drawing()
        with source.glance() as snapshot:
            drawing.of(snapshot)
        return source, drawing

    def _open(self, run: int) -> dict[str, Any]:
        """An earlier run as it ended, all that a view shows of it."""
        source, drawing = self._of(run)
        with source.glance() as snapshot:
            state = view_state(snapshot, drawing, {})
        return {"kind": "past", "of": run, "state": state}

    def _bars(self, source: Readable, drawing: Drawing, asked: Asked) -> dict[str, Any]:
        """The bars of the timeline from number *since* on, and the critical path."""
        with source.glance() as snapshot:
            jobs, run = snapshot.get("jobs") or {}, snapshot.get("run", 0)
            parts, names, needs = PARTS.of(jobs), list(jobs), drawing.streams(snapshot).above
        path = waited_for(parts, names, needs)
        since = asked.since or 0
        told = {"kind": "bars", "run": run, "of": asked.run, "since": since, "critical": path}
        return dense(told | columns.bars(laid(parts), since))

    def _history(self, source: Readable, drawing: Drawing, asked: Asked) -> dict[str, Any]:
        """How statuses and verdicts came about, from shift number *since* on; and whose the verdicts are."""
        past, since = source.history(), asked.since or 0
        told = {"kind": "history", "of": asked.run, "since": since, "all": len(past.jobs)}
        return dense(told | {"members": drawing.members} | columns.shifts(past, since))

    def _details(self, source: Readable, drawing: Drawing, asked: Asked) -> dict[str, Any]:
        """What the drawer tells of one job of an earlier run."""
        job = asked.jobs[0]
        with source.glance() as snapshot:
            told = snapshot["jobs"][job]
            place = looked_at(told) if asked.attempt is None else (asked.attempt, asked.step)
            place = place if place is not None and part_of(told, *place) is not None else None
        logs: Mapping[str, LogPart] = {}
        if place is not None:
            logs = {placed((job, *place)): read_log(source, job, *place)}
        with source.glance() as snapshot:
            found = details(snapshot, job, logs, drawing.streams(snapshot))
        return {"kind": "details", "job": job, "details": found}


def read_log(source: Readable, job: str, attempt: int, step: int | None) -> LogPart:
    """What an attempt or step printed; a log that cannot be read says so, and stops nothing else."""
    try:
        return source.log(job, attempt, step)
    except (NbflowError, OSError) as error:
        return LogPart.of(f"The log cannot be read: {error}")


def _log_part(source: Readable, asked: Asked) -> dict[str, Any]:
    """The part of a log that is asked for."""
    job, number = asked.jobs[0], asked.attempt or 0
    try:
        part = source.log_part(job, number, asked.step, asked.start, asked.end)
    except OSError as error:
        raise NbflowError(f"the log cannot be read: {error}") from error
    return {"kind": "log", "job": job, "attempt": number, "step": asked.step} | packed(part)
