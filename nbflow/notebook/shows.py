"""``%nbflow show``: the live view where widgets can be, and beside it the static picture that stays in the file."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from nbflow.core.status import Status
from nbflow.notebook.earlier import Earlier
from nbflow.notebook.session import Session
from nbflow.notebook.viewed import Viewed, ViewedEarlier
from nbflow.picture.image import image
from nbflow.picture.table import LISTED, table_html, table_text

if TYPE_CHECKING:
    from nbflow.widget.dag import FlowView

PACE = 1.0
"""Seconds at least between two updates of static pictures."""
SHARE = 0.05
"""While a run goes on they take no more than this share of a processor: ten thousand jobs are half a second's work."""
BYTES_PER_SECOND = 20_000
"""Nor more than this of what a server lets through, which the live view needs."""


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
    _earlier: dict[int, FlowView] = field(default_factory=dict)
    _pictures: list[str] = field(default_factory=list)
    _due: threading.Timer | None = None
    _pause: float = PACE
    """Seconds until the next update, while the run goes on."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def show(self, run: int | None = None) -> None:
        """Show the flow under the cell that runs now; with *run*, an earlier run of it.

        Raises:
            StoreError: there is no such run.
        """
        if run is not None:
            self._show_earlier(Earlier(self.session, run))
            return
        picture = uuid.uuid4().hex
        if self.widgets:
            self.publish(self.view()._repr_mimebundle_(), uuid.uuid4().hex, False)
        if self.live:
            with self._lock:
                self._pictures.append(picture)
        self.publish(self.bundle(), picture, False)

    def _show_earlier(self, run: Earlier) -> None:
        """Its pictures stay as they are: nothing changes in it."""
        if self.widgets:
            self.publish(self._view_of(run)._repr_mimebundle_(), uuid.uuid4().hex, False)
        self.publish(self.bundle(run.snapshot()), uuid.uuid4().hex, False)

    def _view_of(self, run: Earlier) -> FlowView:
        """The view of an earlier run, made once."""
        number = run.replica.info.number
        with self._lock:
            if number not in self._earlier:
                from nbflow.widget.dag import FlowView

                self._earlier[number] = FlowView(ViewedEarlier(run), past=True)
            return self._earlier[number]

    def view(self) -> FlowView:
        """The live view of this session's run, made once."""
        with self._lock:
            if self._view is None:
                from nbflow.widget.dag import FlowView  # widgets are loaded by those who show some

                self._view = FlowView(Viewed(self.session))
            return self._view

    def changed(self) -> None:
        """Something happened in the run."""
        if self._view is not None:
            self._view.changed()
        goes_on = self.session.opened is not None and self.session.opened.active
        with self._lock:
            pause = self._pause if goes_on else PACE
            if self._due is not None and self._due.interval > pause:
                self._due.cancel()
                self._due = None
            if self._pictures and self._due is None:
                self._due = threading.Timer(pause, self.flush)
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
        began = time.thread_time()
        bundle = self.bundle()
        for picture in pictures:
            self.publish(bundle, picture, True)
        sent = len(pictures) * sum(map(len, bundle.values()))
        self._pause = max(PACE, (time.thread_time() - began) / SHARE, sent / BYTES_PER_SECOND)

    def close(self) -> None:
        """End the views; the pictures stay."""
        with self._lock:
            if self._due is not None:
                self._due.cancel()
            views, self._view = [*self._earlier.values(), *([self._view] if self._view is not None else [])], None
            self._earlier.clear()
            self._pictures.clear()
        for view in views:
            view.close()

    def bundle(self, snapshot: dict[str, Any] | None = None) -> dict[str, Any]:
        """The static picture, of *snapshot* or of the run as it stands.

        Where the live view stands above it, it can be folded away (and JupyterLab hides it).
        """
        snapshot = snapshot if snapshot is not None else self.session.snapshot()
        body = image(snapshot) + table_html(snapshot)
        if self.widgets:
            body = f"{_ALONE}<details open><summary>{escape(_line(snapshot))}</summary>{body}</details>"
        return {"text/html": f'<div class="nbflow-static">{body}</div>', "text/plain": table_text(snapshot, LISTED)}


_ALONE = (
    "<style>.jp-OutputArea-child:not(:has(.nbflow-view, [data-mime-type]))"
    ":has(+ .jp-OutputArea-child .nbflow-static) { display: none }</style>"
)
"""Where the live view should be and is not, JupyterLab loads for ever, or says "model not found": instead stands the
picture alone. (What else a cell has shown has a type.)"""


def _line(snapshot: dict[str, Any]) -> str:
    counts: dict[str, int] = {}
    for job in snapshot["jobs"].values():
        counts[job["status"]] = counts.get(job["status"], 0) + 1
    parts = [f"{Status(word).glyph} {count} {word}" for word, count in counts.items()]
    return f"{snapshot['flow']}: " + (" · ".join(parts) or "no jobs yet") + " — the picture that stays in the file"
