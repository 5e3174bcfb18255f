"""What is known of a job: a plain record that `nbflow.core.state` keeps up to date. Read it, never write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nbflow.core.attempt import AttemptState
from nbflow.core.spec import JobSpec, ValueRef
from nbflow.core.status import Reason, Status
from nbflow.core.tally import Tally


@dataclass(slots=True)
class JobState:
    """A job of the run: *status* and *reason* are for people, the fields after *outputs* are what they follow from."""

    spec: JobSpec
    order: int
    """Its place among the run's jobs, by first declaration."""
    declared_at: float
    changed_at: float
    """When status or reason last changed."""
    generation: int = 1
    status: Status = Status.WAITING
    reason: Reason | None = None
    attempts: list[AttemptState] = field(default_factory=list)
    running: AttemptState | None = None
    """The attempt under way; of an older generation while that is still being stopped."""
    due_at: float | None = None
    """When the next attempt is due, after a failed one."""
    deadline_at: float | None = None
    """From when on no attempt of this generation may start or run; None before its first one, or without limit."""
    outputs: dict[str, ValueRef] = field(default_factory=dict)
    """Of the newest succeeded attempt of this generation."""

    end: Status | None = None
    """The end this generation came to by itself or by a person's hand; None while it has none."""
    end_reason: Reason | None = None
    asked: Literal["", "skip", "cancel", "deadline", "policy"] = ""
    """What a person, its deadline or its group's policy asked for while an attempt of this generation was running."""
    released: bool = False
    """A person let the held job go."""
    failures: int = 0
    """Failed attempts of this generation."""
    lost: int = 0
    """Lost attempts of this generation."""
    failure: Reason | None = None
    """Why the last attempt failed, while there is another one to come."""
    unscheduled: int | None = None
    """The failed attempt after which no next one has been scheduled yet."""
    recorded: tuple[Status, Reason | None] | None = None
    """The end last recorded for people in this generation."""

    standings: bytearray = field(default_factory=bytearray)
    """How each need stands (`nbflow.core.needs`), in the order of *spec.needs*."""
    unmet: int = 0
    """Needs that are not decided yet."""
    gone: list[int] = field(default_factory=list)
    """Heap of the places of needs that will never be met; may hold some that are no longer so."""
    tallies: list[Tally | None] = field(default_factory=list)
    """For each need of a group, the tally of its members."""

    @property
    def current(self) -> AttemptState | None:
        """The running attempt, if it is of this generation."""
        running = self.running
        return running if running is not None and running.generation == self.generation else None

    @property
    def held(self) -> bool:
        """Declared with *hold* and not let go yet."""
        return self.spec.hold and not self.released

    @property
    def tries(self) -> int:
        """Attempts of this generation that count against its budget, the running one included."""
        return self.failures + (self.current is not None or self.end is Status.SUCCEEDED)

    @property
    def stop_cause(self) -> str:
        """Why the running attempt has to stop, as a kind of reason; empty if it has not."""
        if self.running is None:
            return ""
        if self.current is None:
            return "replaced"
        return {"skip": "skipped", "cancel": "cancelled"}.get(self.asked, self.asked)

    @property
    def queued(self) -> bool:
        """Nothing but a slot, and perhaps the time, keeps its next attempt from starting."""
        due = self.status is Status.RETRYING and self.due_at is not None
        return self.running is None and (due or self.status is Status.READY)

    def startable(self, now: float) -> bool:
        """Nothing but a slot keeps its next attempt from starting at *now*."""
        return self.ripe(now) and not self.overdue(now)

    def ripe(self, now: float) -> bool:
        """It waits for a slot at *now*, be it in vain because its deadline has passed."""
        return self.queued and (self.due_at is None or self.due_at <= now)

    @property
    def limited(self) -> bool:
        """Its deadline may yet pass and mean something."""
        return self.deadline_at is not None and not self.status.ended and not self.asked

    def overdue(self, now: float) -> bool:
        """Its deadline has passed at *now*."""
        return self.deadline_at is not None and self.deadline_at <= now

    @property
    def untold(self) -> bool:
        """What was last recorded for people is not how the job stands."""
        if self.status.ended:
            return self.recorded != (self.status, self.reason)
        return self.recorded is not None
