"""What the live view is given to look at, and to ask: one session's run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from nbflow.core.course import Course
from nbflow.core.history import History, Notes, history, notes
from nbflow.core.log_part import LogPart, Place
from nbflow.core.steps import REUSED
from nbflow.engine.client import log_parts, read_progress
from nbflow.errors import NbflowError
from nbflow.notebook.clicks import Clicks
from nbflow.notebook.closeups import closeup
from nbflow.notebook.earlier import Earlier, runs
from nbflow.notebook.session import Session
from nbflow.widget.requests import Asked


class Viewed:
    """The `nbflow.widget.dag.Source` of a live view: the run of *session*."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._clicks = Clicks(session)

    def glance(self) -> AbstractContextManager[Mapping[str, Any]]:
        """The run, to be read while the context lasts."""
        return self.session.glance()

    def log(self, job: str, attempt: int, step: int | None) -> LogPart:
        """The end of what an attempt, or the step at that place after it, printed; with its traceback."""
        key, traceback = self._part(job, attempt, step)
        found = log_parts.tail(self.session.client.attempt_folder(key)) if key else LogPart()
        return replace(found, traceback=traceback)

    def log_part(self, job: str, attempt: int, step: int | None, start: Place | None, end: Place | None) -> LogPart:
        """A part of it that begins at *start* or, without one, ends at *end*."""
        key, _ = self._part(job, attempt, step)
        return log_parts.part(self.session.client.attempt_folder(key), start, end) if key else LogPart()

    def _part(self, job: str, attempt: int, step: int | None) -> tuple[str, str]:
        """The key of an attempt or step, empty if there is none or it never began; and its traceback."""
        state = self.session.job(job)
        if attempt == REUSED:
            return (state.reuse.attempt if state.reuse is not None else ""), ""
        tries = [one for one in state.attempts if one.number == attempt]
        if not tries or (step is not None and step >= len(tries[0].steps)):
            return "", ""
        part = tries[0] if step is None else tries[0].steps[step]
        return part.key, part.traceback

    def progress(self, job: str) -> Mapping[str, Any] | None:
        """How far the job has said its last attempt is."""
        attempts = self.session.job(job).attempts
        return read_progress(self.session.client.attempt_folder(attempts[-1].key)) if attempts else None

    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]:
        """What a tab of the drawer tells."""
        return closeup(self.session, what, job, attempt)

    def act(self, asked: Asked) -> dict[str, Any]:
        """Do what a click asks for."""
        return self._clicks.act(asked)

    def history(self) -> History:
        """How the run came to stand as it does."""
        replica = self.session.opened
        if replica is None:
            return history(Notes((), (), Course()))
        with replica.lock:
            found = notes(replica.run)
        return history(found)

    def runs(self) -> list[dict[str, Any]]:
        """The runs of the flow, oldest first."""
        return runs(self.session)

    def earlier(self, run: int) -> ViewedEarlier:
        """An earlier run."""
        return ViewedEarlier(Earlier(self.session, run))


class ViewedEarlier(Viewed):
    """An earlier run, which can only be looked at."""

    def progress(self, job: str) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Nothing goes on any more."""
        return None

    def act(self, asked: Asked) -> dict[str, Any]:  # noqa: ARG002
        """Refused."""
        raise NbflowError("this is an earlier run: it can be looked at, not changed")
