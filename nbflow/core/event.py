"""What happened: the closed set of facts that a run is made of. Past tense, frozen, and the only thing that is stored.

``at`` is in seconds since the epoch. *generation* grows when a job is declared anew or asked to run again; an event
that names a generation or attempt which is no longer current is stale, and changes nothing.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nbflow.core.policies import Policy
from nbflow.core.spec import GroupNeed, JobSpec, Limits, Response, ValueRef
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
    """An attempt's one end. *lost*: nobody saw it; *skipped*: the job's condition was false.

    Memory in bytes, *cpu_seconds* of the whole tree.
    """

    at: float
    job: str
    generation: int
    attempt: int
    end: Literal["succeeded", "failed", "cancelled", "lost", "skipped"]
    reason: Reason | None = None
    exit_code: int | None = None
    signal: str | None = None
    outputs: dict[str, ValueRef] = {}
    missing: tuple[str, ...] = ()
    """Names the body deleted or never bound, though it was expected to leave them."""
    changed: tuple[str, ...] = ()
    """Those of *outputs* that are inputs which the body changed in place, unseen by its text."""
    traceback: str = ""
    classes: tuple[str, ...] = ()
    """Full names of the exception's class and its bases, for rules that name some; empty if it was none."""
    found: tuple[str, ...] = ()
    """The patterns of the job's rules that its log holds."""
    response: Response | None = None
    """What the job asked for from inside; the jobs of it are declared by events of their own."""
    peak_memory: int = 0
    cpu_seconds: float = 0.0


Step = Literal["recovery", "rollback", "fallback"]
"""What may follow an attempt that failed or was stopped."""


class StepStarted(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="step-started"):
    """A recovery script, rollback or fallback is about to run, after *attempt*. *key* names its folder."""

    at: float
    job: str
    generation: int
    attempt: int
    step: Step
    key: str


class StepEnded(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="step-ended"):
    """The one end of a step. *outputs* are those of a fallback."""

    at: float
    job: str
    generation: int
    attempt: int
    step: Step
    key: str
    end: Literal["succeeded", "failed", "cancelled", "lost"]
    reason: Reason | None = None
    exit_code: int | None = None
    signal: str | None = None
    outputs: dict[str, ValueRef] = {}
    traceback: str = ""


class JobRefused(Struct, frozen=True, kw_only=True, tag_field="kind", tag="job-refused"):
    """The job's next attempt may not start: a limit of the run, or an executor that is switched off."""

    at: float
    job: str
    generation: int
    reason: Reason


class CacheMissed(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="cache-missed"):
    """What earlier attempts made cannot stand for the job's outputs, so it has to run. *key* is what it was looked for.

    *why* says in words what is different from the last time; empty: there was no last time.
    """

    at: float
    job: str
    generation: int
    key: str = ""
    why: str = ""


class JobReused(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="job-reused"):
    """What an earlier attempt made of the same code and inputs stands for the job's outputs; nothing was run.

    *run* is the number of the run that it was made in, of *flow* where that is another one; *attempt* names its folder.
    """

    at: float
    job: str
    generation: int
    outputs: dict[str, ValueRef] = {}
    missing: tuple[str, ...] = ()
    """Names that the body deleted or never bound."""
    run: int = 0
    flow: str = ""
    attempt: str = ""
    made_at: float = 0.0
    seconds: float = 0.0
    """What it took then."""


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


class GroupRetried(Struct, frozen=True, kw_only=True, tag_field="kind", tag="group-retried"):
    """The failed *members* of a group get a generation more each, rather than break it."""

    at: float
    group: str
    members: tuple[str, ...]


class GroupJudged(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="group-judged"):
    """A custom policy was asked about *members* as they stood (*standings*: a letter each), and answered."""

    at: float
    group: str
    members: tuple[str, ...]
    standings: str
    verdict: Verdict
    reason: str = ""
    place: int = 0
    """Which of the custom policies, where several are combined, in the order typed."""
    parts: tuple[GroupNeed, ...] = ()
    """Where a dependent needs them: the groups within, each with those of its members that it needs."""


class LimitsSet(Struct, frozen=True, kw_only=True, tag_field="kind", tag="limits-set"):
    """What the run as a whole may use, from now on."""

    at: float
    limits: Limits


Occasion = Literal["ended", "first failure"]
"""When people are told: the run has come to rest, or a job of it has failed and others go on."""


class HooksCalled(Struct, frozen=True, kw_only=True, tag_field="kind", tag="hooks-called"):
    """What tells people of an *occasion* is about to be called; committed before it is, so that it is called once."""

    at: float
    occasion: Occasion


class HookFailed(Struct, frozen=True, kw_only=True, tag_field="kind", tag="hook-failed"):
    """A hook could not tell. *hook* is what it may be called in public, *detail* why."""

    at: float
    hook: str
    detail: str


class PauseRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="pause-requested"):
    """A person wants nothing new to start."""

    at: float


class UnpauseRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="unpause-requested"):
    """A person lets things start again."""

    at: float


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


class SkipRequested(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="skip-requested"):
    """A person excused a job that has not succeeded, or put a value in the place of its own."""

    at: float
    job: str
    generation: int
    outputs: dict[str, ValueRef] = {}
    """The values that stand for its outputs; empty: it has none, unless *last* says otherwise."""
    last: bool = False
    """The outputs of its last attempt that succeeded, in whatever generation, stand for those of this one."""


class CancelRequested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="cancel-requested"):
    """A person stopped a job that has not ended."""

    at: float
    job: str
    generation: int


Request = RunRequested | RetryRequested | SkipRequested | CancelRequested | PauseRequested | UnpauseRequested
Event = (
    RunOpened
    | JobDeclared
    | GroupDeclared
    | AttemptStarted
    | AttemptEnded
    | StepStarted
    | StepEnded
    | RetryScheduled
    | CacheMissed
    | JobReused
    | DeadlinePassed
    | JobRefused
    | JobEnded
    | JobReopened
    | GroupDecided
    | GroupRetried
    | GroupJudged
    | LimitsSet
    | HooksCalled
    | HookFailed
    | PauseRequested
    | UnpauseRequested
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
    if isinstance(event, StepStarted | StepEnded):
        return f"{event.step}-{'started' if isinstance(event, StepStarted) else 'ended'}"
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
