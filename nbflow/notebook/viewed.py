"""What the live view is given to look at, and to ask: one session's run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from nbflow.core.steps import REUSED
from nbflow.engine.client import ERR, OUT, read_progress
from nbflow.notebook import clicks
from nbflow.notebook.closeups import closeup
from nbflow.notebook.session import Session


class Viewed:
    """The `nbflow.widget.dag.Source` of a live view: the run of *session*."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def glance(self) -> AbstractContextManager[Mapping[str, Any]]:
        """The run, to be read while the context lasts."""
        return self.session.glance()

    def log(self, job: str, attempt: int, step: int | None) -> str:
        """What an attempt, or the step at that place after it, printed."""
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

    def progress(self, job: str) -> Mapping[str, Any] | None:
        """How far the job has said its last attempt is."""
        attempts = self.session.job(job).attempts
        return read_progress(self.session.client.attempt_folder(attempts[-1].key)) if attempts else None

    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]:
        """What a tab of the drawer tells."""
        return closeup(self.session, what, job, attempt)

    def request(self, op: str, names: list[str], generation: int | None) -> int:
        """A click; how many requests took effect."""
        return clicks.request(self.session, op, names, generation)

    def _printed(self, key: str, traceback: str = "") -> str:
        client = self.session.client
        parts = [client.log(key, OUT, last=40_000), client.log(key, ERR, last=20_000), traceback]
        return "\n".join(part.rstrip("\n") for part in parts if part)
