"""``%nbflow show``: the live view where widgets can be, and beside it the static picture that stays in the file."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from nbflow.core.event import CancelRequested, Request, RetryRequested, RunRequested, SkipRequested
from nbflow.core.status import Status
from nbflow.engine.client import ERR, OUT
from nbflow.notebook.session import Session
from nbflow.picture.svg import svg
from nbflow.picture.table import table_html, table_text

if TYPE_CHECKING:
    from nbflow.widget.dag import FlowView

PACE = 1.0
"""Seconds at least between two updates of a static picture."""

_REQUESTS: dict[str, Callable[..., Request]] = {
    "retry": RetryRequested,
    "run": RunRequested,
    "skip": SkipRequested,
    "cancel": CancelRequested,
}


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

                self._view = FlowView(snapshot=self.session.snapshot, log=self._log, request=self._request)
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

    def _log(self, job: str, attempt: int) -> str:
        state = self.session.job(job)
        tries = [a for a in state.attempts if a.number == attempt]
        if not tries:
            return ""
        client, key = self.session.client, tries[0].key
        parts = [client.log(key, OUT, last=40_000), client.log(key, ERR, last=20_000), tries[0].traceback]
        return "\n".join(part.rstrip("\n") for part in parts if part)

    def _request(self, op: str, jobs: list[str], generation: int | None) -> int:
        """A click: *generation* is what the person saw; one that is no longer current changes nothing.

        Returns:
            How many requests took effect.
        """
        replica, kind = self.session.replica, _REQUESTS[op]
        at = time.time()
        states = [self.session.job(job) for job in jobs]
        asked = [
            kind(at=at, job=state.spec.name, generation=state.generation)
            for state in states
            if generation in (None, state.generation)
        ]
        return replica.ask(*asked) if asked else 0


def _line(snapshot: dict[str, Any]) -> str:
    counts: dict[str, int] = {}
    for job in snapshot["jobs"].values():
        counts[job["status"]] = counts.get(job["status"], 0) + 1
    parts = [f"{Status(word).glyph} {count} {word}" for word, count in counts.items()]
    return f"{snapshot['flow']}: " + (" · ".join(parts) or "no jobs yet") + " — the picture that stays in the file"
