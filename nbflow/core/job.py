"""What is known of a job: a plain record that `nbflow.core.state` keeps up to date. Read it, never write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Literal

from nbflow.core.attempt import AttemptState, StepState
from nbflow.core.event import CacheMissed, JobReused, Step
from nbflow.core.followers import Followers
from nbflow.core.spec import JobSpec, Response, ValueRef
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
    step: StepState | None = None
    """The step under way; of an older generation while that is being stopped, or its rollback awaited."""
    due_at: float | None = None
    """When the next attempt is due, after a failed one."""
    deadline_at: float | None = None
    """From when on no attempt of this generation may start or run; None before its first one, or without limit."""
    outputs: dict[str, ValueRef] = field(default_factory=dict)
    """What this generation has made: its succeeded attempt, its fallback, or a person in its place."""

    response: Response | None = None
    """What its succeeded attempt of this generation asked for from inside."""
    followers: Followers | None = None
    """The jobs that, by its *response*, have to succeed before it has."""
    made: dict[str, None] = field(default_factory=dict)
    """The jobs that it has made, in whatever generation."""

    end: Status | None = None
    """The end this generation came to by itself or by a person's hand; None while it has none."""
    end_reason: Reason | None = None
    asked: Literal["", "skip", "cancel", "deadline", "policy", "stop"] = ""
    """What a person, its deadline, its group's policy or a job from inside wants, until that has come about."""
    standin: dict[str, ValueRef] | None = None
    """With ``skip``: the values that a person gave in the place of its outputs."""
    owed: Step | None = None
    """The step to be done before anything else, under way or not."""
    closing: tuple[Status, Reason] | None = None
    """What the generation comes to when the steps owed are done: no attempt is left, or none is wanted."""
    rolled_back: bool = False
    """The rollback of this generation is done, well or not."""
    fell_back: bool = False
    """The fallback of this generation is done, without success."""
    step_losses: int = 0
    """How often the end of the step that is owed has been lost."""
    cut_by: str = ""
    """With ``policy``: the group whose verdict ends it; with ``stop``: the job that does from inside."""
    retried: dict[str, int] = field(default_factory=dict)
    """Group around it -> generations that the group has given it since a person declared it or asked for it."""
    released: bool = False
    """A person let the held job go."""
    failures: int = 0
    """Failed attempts of this generation."""
    unruled: int = 0
    """Those of them that no failure rule matched."""
    uses: dict[int, int] = field(default_factory=dict)
    """Place of a failure rule -> attempts it has granted in this generation."""
    withheld: str = ""
    """Why the last failure was given no further attempt although some option might have allowed one, in words."""
    lost: int = 0
    """Lost attempts of this generation."""
    failure: Reason | None = None
    """Why the last attempt failed, while there is another one to come."""
    unscheduled: int | None = None
    """The failed attempt after which no next one has been scheduled yet."""
    recorded: tuple[Status, Reason | None] | None = None
    """The end last recorded for people in this generation."""

    fresh: bool = False
    """A person has asked for this generation: it runs, whatever the cache has."""
    missed: CacheMissed | None = None
    """The cache has nothing for it, as its inputs are now."""
    reused: list[JobReused] = field(default_factory=list)
    """What has stood for its outputs, in whatever generations."""

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
    def current_step(self) -> StepState | None:
        """The step under way, if it is of this generation."""
        step = self.step
        return step if step is not None and step.generation == self.generation else None

    @property
    def busy(self) -> bool:
        """An attempt or step is under way, of whatever generation."""
        return self.running is not None or self.step is not None

    @property
    def began(self) -> bool:
        """An attempt of this generation has started."""
        return bool(self.attempts) and self.attempts[-1].generation == self.generation

    @property
    def held(self) -> bool:
        """Declared with *hold* and not let go yet."""
        return self.spec.hold and not self.released

    @property
    def tries(self) -> int:
        """Attempts of this generation that count against its budget, the running one included."""
        return self.failures + (self.current is not None or self.end is Status.SUCCEEDED)

    @property
    def allowed(self) -> int:
        """Attempts this generation may have in all, as things stand: those of ``--retries``, and what rules added."""
        return self.spec.retry.attempts + sum(self.uses.values())

    @property
    def memory(self) -> int | None:
        """Bytes that the next attempt may take: rules about memory make it more within a generation."""
        if self.spec.memory is None:
            return None
        return int(self.spec.memory * prod(self.spec.rules[place].memory ** n for place, n in self.uses.items()))

    @property
    def last_good(self) -> dict[str, ValueRef] | None:
        """What its newest attempt or fallback to succeed made, or stood for that, in whatever generation; or None."""
        for attempt in reversed(self.attempts):
            made = next((step.outputs for step in attempt.steps if step.step == "fallback" and step.good), None)
            if made is not None or attempt.end == "succeeded":
                found = attempt.outputs if made is None else made
                later = self.reused and self.reused[-1].generation > attempt.generation
                return self.reused[-1].outputs if later else found
        return self.reused[-1].outputs if self.reused else None

    @property
    def reuse(self) -> JobReused | None:
        """What stands for its outputs now."""
        return self.reused[-1] if self.end is Status.REUSED else None

    @property
    def shown(self) -> str:
        """The key of the attempt whose log and displays are its own: the last, or the one that is reused; or empty."""
        if (reuse := self.reuse) is not None:
            return reuse.attempt
        return self.attempts[-1].key if self.attempts else ""

    @property
    def to_look(self) -> bool:
        """It would start, but the cache has to be asked first."""
        return self.spec.cache and self.missed is None and self.status is Status.READY and not self.busy

    @property
    def stop_cause(self) -> str:
        """Why what is under way has to stop, as a kind of reason; empty if it has not. A rollback is never stopped."""
        under = self.running or self.step
        if under is None or (self.step is not None and self.step.step == "rollback"):
            return ""
        if under.generation != self.generation:
            return "replaced"
        return {"skip": "skipped", "cancel": "cancelled"}.get(self.asked, self.asked)

    @property
    def own(self) -> tuple[Status, Reason | None] | None:
        """Status and reason that follow from its own history, whatever its needs; None where its needs decide."""
        if self.end is Status.SUCCEEDED and self.followers is not None:
            return self.followers.standing
        if self.end is not None:
            return self.end, self.end_reason
        if self.current is not None:
            return Status.RUNNING, None
        if self.owed is not None:
            return _DOING[self.owed], self.closing[1] if self.closing is not None else self.failure
        return None

    @property
    def queued(self) -> bool:
        """Nothing but a slot, and perhaps the time, keeps its next attempt from starting."""
        due = self.status is Status.RETRYING and self.due_at is not None
        return not self.busy and (due or self.status is Status.READY) and not self.to_look

    def startable(self, now: float) -> bool:
        """Nothing but a slot keeps its next attempt from starting at *now*."""
        return self.ripe(now) and not self.overdue(now)

    def ripe(self, now: float) -> bool:
        """It waits for a slot at *now*, be it in vain because its deadline has passed."""
        return self.queued and (self.due_at is None or self.due_at <= now)

    @property
    def due_step(self) -> Step | None:
        """The step that only waits for a slot."""
        return None if self.busy else self.owed

    def step_may_go(self, now: float, paused: bool) -> bool:
        """Nothing but a slot keeps the step that is due from starting at *now*."""
        if paused and self.owed != "rollback":
            return False
        return self.due_step is not None and (self.closing is not None or not self.overdue(now))

    @property
    def revocable(self) -> bool:
        """It has succeeded, and its rollback, which its group may ask for, is not done or under way."""
        wanted = self.end is Status.SUCCEEDED and self.spec.rollback is not None and self.began
        return wanted and not self.rolled_back and not self.busy

    @property
    def limited(self) -> bool:
        """Its deadline may yet pass and mean something."""
        settled = self.status.ended or self.end is not None or self.closing is not None
        return self.deadline_at is not None and not settled and not self.asked

    def overdue(self, now: float) -> bool:
        """Its deadline has passed at *now*."""
        return self.deadline_at is not None and self.deadline_at <= now

    @property
    def untold(self) -> bool:
        """What was last recorded for people is not how the job stands."""
        if self.status.ended:
            return self.recorded != (self.status, self.reason)
        return self.recorded is not None


_DOING: dict[Step, Status] = {
    "recovery": Status.RECOVERING,
    "rollback": Status.ROLLING_BACK,
    "fallback": Status.FALLING_BACK,
}
