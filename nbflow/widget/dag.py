"""The live DAG: an anywidget that shows a run and passes on what a person asks with a click."""

from __future__ import annotations

import hashlib
import logging
import queue
import re
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from nbflow.core.history import History
from nbflow.core.log_part import LogPart
from nbflow.core.log_part import Place as LogPlace
from nbflow.core.status import Status
from nbflow.core.steps import looked_at, part_of
from nbflow.errors import NbflowError
from nbflow.widget.drawing import Drawing
from nbflow.widget.foretelling import foretold
from nbflow.widget.looking_back import LookingBack, Readable, read_log
from nbflow.widget.publisher import Publisher
from nbflow.widget.requests import ACTIONS, TOLD, Asked, RefusedError, read_request
from nbflow.widget.state import LOOKS, Place, State, view_state

_log = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
LOOKED_AT = 8
"""Details of so many (job, attempt) are kept up to date, the last ones asked for."""

REPEATED = ["graph", "status", "captions", "generations", "marks", "progress", "head", "details", "chosen"]
"""What is sent again once nothing changes any more: all but what never changes, and the names, which may be long."""
BARS_SEEN = 32
"""Running jobs whose progress is looked at."""


class Source(Protocol):
    """What a view shows, and whom it asks. Any of it may raise `NbflowError`, which the person sees."""

    def glance(self) -> AbstractContextManager[Mapping[str, Any]]:
        """The run as `nbflow.core.project` gives it, to be read while the context lasts and no longer."""

    def log(self, job: str, attempt: int, step: int | None) -> LogPart:
        """The end of what an attempt printed, or the step at that place among those that followed it, as it stands."""

    def log_part(
        self, job: str, attempt: int, step: int | None, start: LogPlace | None, end: LogPlace | None
    ) -> LogPart:
        """A part of it that begins at *start* or, without one, ends at *end*."""

    def progress(self, job: str) -> Mapping[str, Any] | None:
        """How far a job has said its last attempt is, ``done``, ``total`` and ``text``; None if it has not."""

    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]:
        """What is told of one job when somebody looks closely; *what*: one of `nbflow.widget.requests.CLOSEUPS`."""

    def history(self) -> History:
        """How the run's statuses came about."""

    def runs(self) -> list[dict[str, Any]]:
        """The runs of the flow, oldest first.

        Each has ``run`` (its number), ``verdict``, ``opened_at``, ``began_at``, ``ended_at`` and ``counts``.
        """

    def earlier(self, run: int) -> Readable:
        """Number *run* of them, to be read only."""

    def act(self, asked: Asked) -> dict[str, Any]:
        """Do what a click asks for, one of `nbflow.widget.requests.ACTIONS`.

        ``count`` of ``of`` requests took effect; ``undo``: they can be taken back. Called, as `closeup` is, on a thread
        of its own, one after another.
        """


class FlowView(anywidget.AnyWidget):
    """The live view of one run; any number of cells and browser pages may show it.

    *source* is what it shows and asks; what it only reads is read on the view's own thread. *past*: it is an earlier
    run, which nothing can be done to.

    Example::

        view = FlowView(source)
        view                # in a notebook: shows it
        view.changed()      # after each change of the run
        view.close()
    """

    _esm = STATIC / "view.js"
    _css = STATIC / "view.css"

    looks = traitlets.Dict().tag(sync=True)
    graph = traitlets.Dict().tag(sync=True)
    names = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
    captions: Any = traitlets.List().tag(sync=True)
    generations = traitlets.Dict().tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    head = traitlets.Dict().tag(sync=True)
    details = traitlets.Dict().tag(sync=True)
    chosen: Any = traitlets.List().tag(sync=True)
    clock = traitlets.Float(0.0).tag(sync=True)

    def __init__(self, source: Source, *, past: bool = False, **traits: Any) -> None:
        self._source, self._past = source, past
        self._drawing = Drawing()
        self._back = LookingBack(source, self._drawing)
        self._chosen: list[tuple[str, int | None, int | None]] = []
        self._known: frozenset[str] = frozenset()
        self._groups: frozenset[str] = frozenset()
        self._fans: frozenset[str] = frozenset()
        self._logs: dict[tuple[object, ...], LogPart] = {}
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        state, _ = self.look()
        of = state["head"]
        identity = {"model_id": model_id(of["flow"]) + (f"-run-{of['run']}" if past else "")}
        super().__init__(looks=LOOKS, clock=time.time(), **state, **(identity | traits))
        keep_route(self.comm)
        self.on_msg(self._receive)
        self._publisher = Publisher(self, state)
        self._publisher.start()
        threading.Thread(target=self._pass_on, name="nbflow-clicks", daemon=True).start()

    # --- for those who show it
    def changed(self) -> None:
        """Something happened in the run. Brief; may be called by any thread."""
        self._publisher.changed()

    def close(self) -> None:
        """End the view wherever it is shown."""
        self._publisher.close()
        self._asked.put(None)
        super().close()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        """The widget; and, where there can be none, a line that stays true: beside it stands a picture."""
        bundle: Any = super()._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        return dict(data) | {"text/plain": f"live view of {self.head['flow']}"}

    # --- the screen, for the publisher's thread
    def look(self) -> tuple[State, bool]:
        """The state as it stands, and whether a log in it grows."""
        try:
            with self._source.glance() as snapshot:
                parts, running = self._looked_at(snapshot), self._running(snapshot)
            # Read while nobody waits for the run: a log may take its time.
            logs = {place: self._read(*place, part) for place, part in parts.items()}
            far = {job: told for job in running if (told := self._source.progress(job)) is not None}
            with self._source.glance() as snapshot:
                state = view_state(snapshot, self._drawing, logs, far)
            if self._past:
                state["head"]["past"] = True
        except NbflowError as error:
            return {"head": {**self.head, "fault": str(error)}}, False
        self._known = frozenset(self._drawing.jobs)
        self._groups, self._fans = frozenset(self._drawing.members), frozenset(self._drawing.graph["fans"])
        grows = any(part is not None and part.get("ended_at") is None for part in parts.values())
        return state | {"chosen": [list(choice) for choice in self._chosen]}, grows or bool(far)

    def _running(self, snapshot: Mapping[str, Any]) -> list[str]:
        """The jobs that run and have a box of their own: their progress can be seen."""
        jobs = snapshot.get("jobs") or {}
        drawn = [node.name for node in self._drawing.scene.nodes if node.form == "node" and node.name in jobs]
        return [name for name in drawn if jobs[name]["status"] == Status.RUNNING][:BARS_SEEN]

    def _looked_at(self, snapshot: Mapping[str, Any]) -> dict[Place, Mapping[str, Any] | None]:
        """What is looked at: job, attempt and step -> the part of the snapshot, None where there is none yet."""
        jobs = snapshot.get("jobs") or {}
        found: dict[Place, Mapping[str, Any] | None] = {}
        for job, number, step in list(self._chosen):
            if job in jobs:
                place = looked_at(jobs[job]) if number is None else (number, step)
                part = part_of(jobs[job], *place) if place else None
                found[(job, *place) if place and part is not None else (job, 0, None)] = part
        return found

    def _read(self, job: str, number: int, step: int | None, part: Mapping[str, Any] | None) -> LogPart:
        """The end of what an attempt or step printed; that of an ended one is read once."""
        if part is None:
            return LogPart()
        ended_at = part.get("ended_at")
        if ended_at is None:
            return read_log(self._source, job, number, step)
        key = (job, number, step, ended_at)
        if key not in self._logs:
            while len(self._logs) > LOOKED_AT:
                del self._logs[next(iter(self._logs))]
            self._logs[key] = read_log(self._source, job, number, step)
        return self._logs[key]

    def show(self, changed: State) -> None:
        """Send what is new, in one message."""
        with self.hold_sync():
            for name, value in changed.items():
                setattr(self, name, value)
            self.clock = time.time()

    def show_again(self, whole: bool = False) -> None:
        """Send once more what changes while a run goes on, for a browser that missed something; *whole*: all of it."""
        self.send_state([*REPEATED, *(["names"] if whole else [])])

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to all pages; each knows its own by the number."""
        self.send(message | {"now": time.time()})

    # --- what the browser sends: on whichever thread the kernel uses for it, so only noted here
    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        try:
            asked = read_request(content, *self._meant(content))
        except RefusedError as error:
            self._publisher.answer({"kind": "refused", "number": error.number, "said": str(error)})
            return
        self._publisher.answer({"kind": "ack", "number": asked.number})
        if asked.op in (*ACTIONS, *TOLD) or asked.run is not None:
            self._asked.put(asked)
        elif asked.op == "again":
            self._publisher.again()
        elif asked.op == "select":
            self._choose(asked)
        elif asked.op == "turn":
            self._drawing.turned ^= set(asked.jobs)
            self._publisher.changed()

    def _meant(self, content: Any) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The jobs, groups and fan-outs of the run that a request is about: an earlier one's, as far as it is open."""
        run = content.get("run") if isinstance(content, dict) else None
        known = self._back.known(run) if isinstance(run, int) else None
        return known or (self._known, self._groups, self._fans)

    def _choose(self, asked: Asked) -> None:
        new = [(job, asked.attempt, asked.step) for job in asked.jobs]
        self._chosen = [*(choice for choice in self._chosen if choice not in new), *new][-LOOKED_AT:]
        self._publisher.changed()

    def _pass_on(self) -> None:
        while (asked := self._asked.get()) is not None:
            try:
                answer = self._answer(asked)
            except NbflowError as error:
                answer = {"kind": "refused", "said": str(error)}
            except Exception as error:  # one request's fault must not leave all later clicks without an answer
                _log.exception("a click could not be carried out: %s", asked.op)
                answer = {"kind": "refused", "said": f"it could not be done: {type(error).__name__}: {error}"[:300]}
            self._publisher.answer(answer | {"number": asked.number})

    def _answer(self, asked: Asked) -> dict[str, Any]:
        match asked.op:
            case "foretell":
                with self._source.glance() as snapshot:
                    told = foretold(snapshot, self._drawing.streams(snapshot), asked.jobs)
                return {"kind": "foretold", **told}
            case op if op in ACTIONS:
                done = {"kind": "done"} | self._source.act(asked)
                self._publisher.changed()
                return done
            case _:
                return self._back.answer(asked)


def model_id(flow: str) -> str:
    """A flow's own id for its view, so that a page finds the view again after the kernel was started anew.

    >>> model_id("analysis")[:16], model_id("分析").isascii()
    ('nbflow-analysis-', True)
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", flow).strip("-")[:40] or "flow"
    return f"nbflow-{plain}-{hashlib.sha256(flow.encode('utf-8', 'replace')).hexdigest()[:8]}"


def keep_route(comm: Any) -> None:
    """Let clicks go where the front end sends them.

    ipykernel 7.4 would send them to the shell that last published on the comm, where they wait for the cell that runs.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default
