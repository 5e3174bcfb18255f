"""What a person asks of a run with a click: requests to the engine, on what they saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

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
from nbflow.core.streams import Streams
from nbflow.core.takeback import Takeback, takeback
from nbflow.errors import NbflowError
from nbflow.notebook.session import Session
from nbflow.widget.requests import Asked

_OF_JOBS: dict[str, Callable[..., Request]] = {
    "retry": RetryRequested,
    "retry-downstream": RetryRequested,
    "run": RunRequested,
    "skip": SkipRequested,
    "skip-last": partial(SkipRequested, last=True),
    "cancel": CancelRequested,
}
_OF_RUN: dict[str, Callable[..., Request]] = {"pause": PauseRequested, "unpause": UnpauseRequested}
REMEMBERED = 32
"""So many of the last requests can be taken back."""


class Clicks:
    """The clicks on one session's run, and what of them can be taken back."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._done: dict[int, Takeback] = {}

    def act(self, asked: Asked) -> dict[str, Any]:
        """Do what *asked* says, on what the person saw: a job of another generation by now is left out.

        Returns:
            ``count`` of ``of`` requests took effect; ``undo``: they can be taken back, by the request's number.

        Raises:
            NbflowError: nothing was done; says why.
        """
        if asked.op == "undo":
            return self._undo(asked)
        requests = list(self._requests(asked))
        with self._session.replica.lock:
            back = takeback(self._session.replica.run, requests)
        count = self._session.replica.ask(*requests) if requests else 0
        meant = max(len(requests), len(asked.jobs))
        undo = back is not None and count == meant > 0
        if back is not None and undo:
            self._done[asked.number] = back
            while len(self._done) > REMEMBERED:
                del self._done[next(iter(self._done))]
        return {"count": count, "of": meant, "undo": undo}

    def _requests(self, asked: Asked) -> Iterator[Request]:
        at = time.time()
        if asked.op in _OF_RUN:
            yield _OF_RUN[asked.op](at=at)
            return
        make = _OF_JOBS[asked.op]
        seen = dict(zip(asked.jobs, asked.generations, strict=True))
        meant = [
            state for name, generation in seen.items() if (state := self._session.job(name)).generation == generation
        ]
        if asked.op == "retry-downstream":
            meant += self._below([state.spec.name for state in meant], seen)
        for state in meant:
            yield make(at=at, job=state.spec.name, generation=state.generation)

    def _below(self, names: list[str], seen: dict[str, int]) -> list[JobState]:
        """The jobs that depend on those named, as far as they have ended."""
        below = Streams(self._session.snapshot()).downstream(names)
        states = (self._session.job(name) for name in below if name not in seen)
        return [state for state in states if state.status.ended]

    def _undo(self, asked: Asked) -> dict[str, Any]:
        """Take back an earlier request, as a whole, where nothing has come of it yet."""
        back = self._done.pop(-1 if asked.of is None else asked.of, None)
        if back is None:
            raise NbflowError("it has been already, or is too long ago")
        with self._session.replica.lock:
            requests = back.requests(self._session.replica.run, time.time())
        if not requests:
            raise NbflowError("something has begun or changed since")
        count = self._session.replica.ask(*requests)
        if count < len(requests):
            raise NbflowError("something has begun or changed since")
        return {"count": count, "of": count, "undo": False}
