"""``%nbflow show``: the live view where widgets can be, and beside it the static picture that stays in the file."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from nbflow.core.event import (
    CancelRequested,
    PauseRequested,
    Request,
    RetryRequested,
    RunRequested,
    SkipRequested,
    UnpauseRequested,
)
from nbflow.core.job import JobState
from nbflow.core.shape import members_of
from nbflow.core.status import Status
from nbflow.core.steps import REUSED
from nbflow.core.streams import Streams
from nbflow.engine.client import ERR, OUT
from nbflow.notebook.closeups import closeup
from nbflow.notebook.session import Session
from nbflow.picture.svg import svg
from nbflow.picture.table import table_html, table_text

if TYPE_CHECKING:
    from nbflow.widget.dag import FlowView

PACE = 1.0
"""Seconds at least between two updates of a static picture."""

_OF_JOBS: dict[str, Callable[..., Request]] = {
    "retry": RetryRequested,
    "retry-downstream": RetryRequested,
    "run": RunRequested,
    "skip": SkipRequested,
    "skip-last": partial(SkipRequested, last=True),
    "cancel": CancelRequested,
    "retry-group": RetryRequested,
    "cancel-group": CancelRequested,
}
_OF_RUN: dict[str, Callable[..., Request]] = {"pause": PauseRequested, "unpause": UnpauseRequested}


@dataclass
class Shows:
    """The views and pictures shown in this kernel.

    *publish* sends a mime bundle under a display id; *live*: what was published can be replaced; *widgets* says whether
    a person with a browser may be there.
    """

    session: Session
    publish: Callable[[dict[str, Any], str, bool], None]
    live: bool
    widgets: bool
    _view: FlowView | None = None
    _pictures: list[str] = field(default_factory=list)
    _due: threading.Timer | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def show(self) -> None:
        """Show the flow under the cell that runs now."""
        picture = uuid.uuid4().hex
        if self.widgets:
            self.publish(self.view()._repr_mimebundle_(), uuid.uuid4().hex, False)
        if self.live:
            with self._lock:
                self._pictures.append(picture)
        self.publish(self.bundle(), picture, False)

    def view(self) -> FlowView:
        """The live view of this session's run, made once."""
        with self._lock:
            if self._view is None:
                from nbflow.widget.dag import FlowView  # widgets are loaded by those who show some

                self._view = FlowView(
                    glance=self.session.glance,
                    log=self._log,
                    closeup=partial(closeup, self.session),
                    request=self._request,
                )
            return self._view

    def changed(self) -> None:
        """Something happened in the run."""
        if self._view is not None:
            self._view.changed()
        with self._lock:
            if self._pictures and self._due is None:
                self._due = threading.Timer(PACE, self.flush)
                self._due.daemon = True
                self._due.start()

    def flush(self) -> None:
        """Bring the static pictures up to date."""
        with self._lock:
            due, self._due = self._due, None
            if due is not None:
                due.cancel()
            pictures = list(self._pictures)
        if not pictures:
            return
        bundle = self.bundle()
        for picture in pictures:
            self.publish(bundle, picture, True)

    def close(self) -> None:
        """End the views; the pictures stay."""
        with self._lock:
            if self._due is not None:
                self._due.cancel()
            view, self._view = self._view, None
            self._pictures.clear()
        if view is not None:
            view.close()

    def bundle(self) -> dict[str, Any]:
        """The static picture; where the live view stands above it, it can be folded away (and JupyterLab hides it)."""
        snapshot = self.session.snapshot()
        body = svg(snapshot) + table_html(snapshot)
        if self.widgets:
            body = f"<details open><summary>{escape(_line(snapshot))}</summary>{body}</details>"
        return {"text/html": f'<div class="nbflow-static">{body}</div>', "text/plain": table_text(snapshot)}

    def _log(self, job: str, attempt: int, step: int | None) -> str:
        if attempt == REUSED:
            reuse = self.session.job(job).reuse
            return self._printed(reuse.attempt) if reuse is not None else ""
        tries = [a for a in self.session.job(job).attempts if a.number == attempt]
        if not tries or (step is not None and step >= len(tries[0].steps)):
            return ""
        part = tries[0] if step is None else tries[0].steps[step]
        if not part.key:  # it never began
            return ""
        return self._printed(part.key, part.traceback)

    def _printed(self, key: str, traceback: str = "") -> str:
        client = self.session.client
        parts = [client.log(key, OUT, last=40_000), client.log(key, ERR, last=20_000), traceback]
        return "\n".join(part.rstrip("\n") for part in parts if part)

    def _request(self, op: str, names: list[str], generation: int | None) -> int:
        """A click: *generation* is what the person saw; one that is no longer current changes nothing.

        Returns:
            How many requests took effect.
        """
        replica, at = self.session.replica, time.time()
        if op in _OF_RUN:
            return replica.ask(_OF_RUN[op](at=at))
        seen = [self.session.job(name) for name in self._members(op, names)]
        if generation not in (None, sum(state.generation for state in seen)):
            return 0
        meant = [state for state in seen if _means(op, state.status)]
        if op == "retry-downstream":
            meant += self._below(names)
        asked = [_OF_JOBS[op](at=at, job=state.spec.name, generation=state.generation) for state in meant]
        return replica.ask(*asked) if asked else 0

    def _members(self, op: str, names: list[str]) -> list[str]:
        """The jobs that a request is about: of groups their members."""
        if op not in ("retry-group", "cancel-group"):
            return names
        snapshot = self.session.snapshot()
        return [name for group in names for name in members_of(snapshot["groups"], group) if name in snapshot["jobs"]]

    def _below(self, names: list[str]) -> list[JobState]:
        """The jobs that depend on those named, as far as they have ended."""
        below = Streams(self.session.snapshot()).downstream(names)
        states = (self.session.job(name) for name in below if name not in names)
        return [state for state in states if state.status.ended]


def _means(op: str, status: Status) -> bool:
    """Whether a request on a group is about a member that stands so."""
    match op:
        case "retry-group":
            return status in (Status.FAILED, Status.UNKNOWN)
        case "cancel-group":
            return not status.ended
        case _:
            return True


def _line(snapshot: dict[str, Any]) -> str:
    counts: dict[str, int] = {}
    for job in snapshot["jobs"].values():
        counts[job["status"]] = counts.get(job["status"], 0) + 1
    parts = [f"{Status(word).glyph} {count} {word}" for word, count in counts.items()]
    return f"{snapshot['flow']}: " + (" · ".join(parts) or "no jobs yet") + " — the picture that stays in the file"
