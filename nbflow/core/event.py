"""What happened: the closed set of facts that a run is made of. Past tense, frozen, and the only thing that is stored.

``at`` is in seconds since the epoch. *generation* grows when a job is declared anew or asked to run again; an event
that names a generation or attempt which is no longer current is stale, and changes nothing.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nbflow.core.spec import JobSpec, Policy, ValueRef
from nbflow.core.status import Reason, Status, Verdict


class RunOpened(Struct, frozen=True, kw_only=True, tag_field="kind", tag="run-opened"):
    """A run began. *number* counts the runs of *flow* from 1."""

    at: float
    flow: str
    number: int


class JobDeclared(Struct, frozen=True, kw_only=True, tag_field="kind", tag="job-declared"):
    """A cell declared the job, first or anew: its generation grows by one, a running attempt is stopped."""

    at: float
    spec: JobSpec

    @property
    def job(self) -> str:
        return self.spec.name


class GroupDeclared(Struct, frozen=True, kw_only=True, tag_field="kind", tag="group-declared"):
    """A group got its policy (again)."""

    at: float
    group: str
    policy: Policy


class AttemptStarted(Struct, frozen=True, kw_only=True, tag_field="kind", tag="attempt-started"):
    """An attempt is about to run; committed before any process exists. *key* names its folder."""

    at: float
    job: str
    generation: int
    attempt: int
    key: str


class AttemptEnded(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="attempt-ended"):
    """An attempt's one end. *lost* is an end that nobody saw. Memory in bytes, *cpu_seconds* of the whole tree."""

    at: float
    job: str
    generation: int
    attempt: int
    end: Literal["succeeded", "failed", "cancelled", "lost"]
    reason: Reason | None = None
    exit_code: int | None = None
    signal: str | None = None
    outputs: dict[str, ValueRef] = {}
    missing: tuple[str, ...] = ()
    """Names the body deleted or never bound, though it was expected to leave them."""
    traceback: str = ""
    classes: tuple[str, ...] = ()
    """Full names of the exception's class and its bases, for rules that name some; empty if it was none."""
    peak_memory: int = 0
    cpu_seconds: float = 0.0


class RetryScheduled(Struct, frozen=True, kw_only=True, tag_field="kind", tag="retry-scheduled"):
    """After failed *attempt*, the next one is due at *due_at*."""

    at: float
    job: str
    generation: int
    attempt: int
    due_at: float


class DeadlinePassed(Struct, frozen=True, kw_only=True, tag_field="kind", tag="deadline-passed"):
    """The job's time was up: no attempt starts any more, a running one is stopped."""

    at: float
    job: str
    generation: int


class JobEnded(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="job-ended"):
    """The job reached an end status: history for people; the status itself is always derived."""

    at: float
    job: str
    generation: int
    status: Status
    reason: Reason | None = None


class JobReopened(Struct, frozen=True, kw_only=True, tag_field="kind", tag="job-reopened"):
    """A job that had ended (say, skipped because of a need) may run after all."""

    at: float
    job: str
    generation: int


class GroupDecided(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="group-decided"):
    """A group's verdict over all its members changed (undecided again after a person's retry)."""

    at: float
    group: str
    verdict: Verdict
    reason: str = ""


class RunRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="run-requested"):
    """A person let a held job go."""

    at: float
    job: str
    generation: int


class RetryRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="retry-requested"):
    """A person asked for a new generation of a job that has ended."""

    at: float
    job: str
    generation: int


class SkipRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="skip-requested"):
    """A person excused a job that has not succeeded."""

    at: float
    job: str
    generation: int


class CancelRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="cancel-requested"):
    """A person stopped a job that has not ended."""

    at: float
    job: str
    generation: int


Request = RunRequested | RetryRequested | SkipRequested | CancelRequested
Event = (
    RunOpened
    | JobDeclared
    | GroupDeclared
    | AttemptStarted
    | AttemptEnded
    | RetryScheduled
    | DeadlinePassed
    | JobEnded
    | JobReopened
    | GroupDecided
    | RunRequested
    | RetryRequested
    | SkipRequested
    | CancelRequested
)


def kind(event: Event) -> str:
    """The event's kind as programs read it: ``job-declared``, ``attempt-ended``, ….

    >>> kind(RunOpened(at=0.0, flow="analysis", number=1))
    'run-opened'
    """
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
