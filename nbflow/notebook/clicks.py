"""What a person asks of a run with a click: requests to the engine, on what they saw."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

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
from nbflow.core.streams import Streams
from nbflow.notebook.session import Session

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


def request(session: Session, op: str, names: list[str], generation: int | None) -> int:
    """Ask for *op* of the jobs, groups or run that it is about (see `nbflow.widget.requests`).

    *generation* is what the person saw; one that is no longer current changes nothing.

    Returns:
        How many requests took effect.
    """
    replica, at = session.replica, time.time()
    if op in _OF_RUN:
        return replica.ask(_OF_RUN[op](at=at))
    seen = [session.job(name) for name in _members(session, op, names)]
    if generation not in (None, sum(state.generation for state in seen)):
        return 0
    meant = [state for state in seen if _means(op, state.status)]
    if op == "retry-downstream":
        meant += _below(session, names)
    asked = [_OF_JOBS[op](at=at, job=state.spec.name, generation=state.generation) for state in meant]
    return replica.ask(*asked) if asked else 0


def _members(session: Session, op: str, names: list[str]) -> list[str]:
    """The jobs that a request is about: of groups their members."""
    if op not in ("retry-group", "cancel-group"):
        return names
    snapshot = session.snapshot()
    return [name for group in names for name in members_of(snapshot["groups"], group) if name in snapshot["jobs"]]


def _below(session: Session, names: list[str]) -> list[JobState]:
    """The jobs that depend on those named, as far as they have ended."""
    below = Streams(session.snapshot()).downstream(names)
    states = (session.job(name) for name in below if name not in names)
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
