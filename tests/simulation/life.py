"""One generation of a job, told as the contract tells it: a coroutine that is sent what happens to the job.

It shares no code with `nbflow.core.ending`, which keeps the same story as a record; the simulation compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

from nbflow.core import event as e
from nbflow.core.spec import JobSpec, Limits

Told = e.Event | str
"""An event of the job; or a word for what an event of another one does to it: ``policy``, ``stopped``."""
End = tuple[str, str]
"""Status and kind of reason."""
Story = Generator[str, Told, End]

HOPELESS = ("syntax", "invalid input", "forbidden", "condition")
WISHES: dict[str, End] = {
    "skip": ("skipped", "skipped"),
    "value": ("substituted", "substituted"),
    "cancel": ("cancelled", "cancelled"),
    "policy": ("cancelled", "policy"),
    "stopped": ("skipped", "stopped"),
    "deadline": ("failed", "deadline"),
}


@dataclass
class Budget:
    """What the whole run has for retries."""

    limits: Limits
    used: int = 0

    def take(self) -> bool:
        if self.limits.retries is not None and self.used >= self.limits.retries:
            return False
        self.used += 1
        return True


def wished(told: Told, before: str = "") -> str:
    """What somebody wants now, who wanted *before*: the last wish counts, a policy only where nobody spoke."""
    match told:
        case str():
            return before or told
        case e.SkipRequested(outputs=outputs, last=last):
            return "value" if outputs or last else "skip"
        case e.CancelRequested():
            return "cancel"
        case e.DeadlinePassed():
            return "deadline"
        case _:
            return before


def generation(spec: JobSpec, budget: Budget) -> Story:
    """Attempts, with recovery scripts between them, until one ends well, none is left or none is wanted."""
    lost = unruled = 0
    uses, deadline = Counter[int](), None
    began = False
    while True:
        told = yield "pending"
        if isinstance(told, e.JobRefused):
            kind = told.reason.kind
            return ("failed", kind) if kind == "forbidden" else (yield from close(spec, began, ("failed", kind)))
        if isinstance(told, e.JobReused):
            return "reused", ""
        overdue = isinstance(told, e.RetryScheduled) and deadline is not None and deadline <= told.due_at
        if wish := "deadline" if overdue else wished(told):
            return (yield from close(spec, began, WISHES[wish], wish))
        if not isinstance(told, e.AttemptStarted):
            continue
        if not began and spec.deadline is not None:
            deadline = told.at + spec.deadline
        began = True
        while not isinstance(told := (yield "running"), e.AttemptEnded):
            wish = wished(told, wish)
        if told.end == "succeeded":
            return "succeeded", ""
        if told.end == "skipped" and wish not in ("skip", "value"):
            return "skipped", "condition"
        if wish:
            return (yield from close(spec, began, WISHES[wish], wish))
        if told.end == "cancelled":
            return (yield from close(spec, began, ("cancelled", reason_of(told))))
        if told.end == "lost":
            lost += 1
            if spec.once:
                return "unknown", reason_of(told)
            if lost == 4:
                return (yield from close(spec, began, ("failed", reason_of(told))))
            continue
        rule = ruled(spec, told)
        unruled += rule is None
        if reason_of(told) in HOPELESS or not _left(spec, told, rule, unruled, uses) or not budget.take():
            return (yield from close(spec, began, ("failed", reason_of(told))))
        if rule is not None:
            uses[rule] += 1
        if rule is not None and spec.rules[rule].script:
            wish, end = yield from step("recovery")
            if wish:
                return (yield from close(spec, began, WISHES[wish], wish))
            if end == "cancelled":
                return (yield from close(spec, began, ("cancelled", "cancelled")))
            if end != "succeeded" and not spec.rules[rule].optional:
                return (yield from close(spec, began, ("failed", "recovery failed")))


def close(spec: JobSpec, began: bool, came_to: End, wish: str = "") -> Story:
    """No attempt any more: the rollback, then after a failure the fallback, then the end."""
    wish = "" if wish == "deadline" else wish
    if spec.rollback is not None and began:
        wish, _ = yield from step("rollback", wish)
        came_to = WISHES[wish] if wish else came_to
    if spec.fallback is not None and began and came_to[0] == "failed":
        wish, end = yield from step("fallback")
        if end == "succeeded":
            return "recovered", came_to[1]
        came_to = WISHES[wish] if wish else came_to
    return came_to


def step(name: str, wish: str = "") -> Generator[str, Told, tuple[str, str]]:
    """Run it to its end, again if nobody saw that: what somebody wants now, and how it ended."""
    under, losses = False, 0
    while True:
        told = yield name
        wish = wished(told, wish)
        if isinstance(told, e.StepStarted):
            under = True
        elif isinstance(told, e.JobRefused):
            return wish, "failed"
        elif isinstance(told, e.StepEnded):
            under = False
            losses += told.end == "lost"
            again = told.end == "lost" and losses <= 3 and (name == "rollback" or not wish)
            if not again:
                return wish, told.end
        elif wish and not under and name != "rollback":
            return wish, "dropped"


def reason_of(told: e.AttemptEnded) -> str:
    usual = {"failed": "exception", "lost": "lost", "cancelled": "cancelled"}
    return told.reason.kind if told.reason is not None else usual[told.end]


def ruled(spec: JobSpec, told: e.AttemptEnded) -> int | None:
    """The place of the first rule that speaks of this failure."""
    if reason_of(told) in HOPELESS:
        return None
    code = (
        ""
        if reason_of(told) == "timeout"
        else told.signal or (str(told.exit_code) if told.exit_code is not None else "")
    )
    code = code or ("1" if told.classes and reason_of(told) != "timeout" else "")
    short = {name.rpartition(".")[2] for name in told.classes}
    for place, rule in enumerate(spec.rules):
        speaks = {
            "exit": "*" in rule.exits or (code != "" and code in rule.exits),
            "error": bool(short & set(rule.classes)),
            "log": rule.pattern in told.found,
            "oom": reason_of(told) == "out of memory",
            "timeout": reason_of(told) == "timeout",
        }
        if speaks[rule.on]:
            return place
    return None


def _left(spec: JobSpec, told: e.AttemptEnded, rule: int | None, unruled: int, uses: Counter[int]) -> bool:
    if rule is not None:
        return uses[rule] < spec.rules[rule].retries
    names = {name.rpartition(".")[2] for name in told.classes} | set(told.classes)
    barred = bool(names & set(spec.retry.never_on)) or bool(names and spec.retry.on and not names & set(spec.retry.on))
    return unruled < spec.retry.attempts and not barred


class Life:
    """A job through its generations: how it *stands* is what the story of the present one is at, or how it ended."""

    def __init__(self, spec: JobSpec, budget: Budget) -> None:
        self.spec, self.budget, self.generation = spec, budget, 0
        self.begin(spec)

    def begin(self, spec: JobSpec) -> None:
        """A new generation."""
        self.spec, self.generation = spec, self.generation + 1
        self._story = generation(spec, self.budget)
        self.stands: str | End = next(self._story)
        if spec.withdrawn:
            self.stands = "cancelled", "withdrawn"

    def hear(self, told: Told) -> None:
        """Something happened to the job."""
        if isinstance(told, e.AttemptEnded | e.StepEnded) and told.generation != self.generation:
            return
        if isinstance(told, e.RetryRequested):
            self.begin(self.spec)
        elif isinstance(self.stands, str):
            try:
                self.stands = self._story.send(told)
            except StopIteration as end:
                self.stands = end.value
        elif wish := wished(told):
            self.stands = WISHES[wish]
