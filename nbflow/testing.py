"""Try out flows, policies and retry rules in a test, without processes, threads or waiting.

A flow is declared into a run, a `ScriptedExecutor` says how each attempt ends, and `drive` plays the engine under a
`ManualClock` until nothing is left to do. Hours pass in microseconds, and the same script gives the same run.

Example:
    >>> from nbflow.core.spec import JobNeed, JobSpec, Retry
    >>> run = declare(
    ...     JobSpec(name="load", retry=Retry(attempts=3, delay=10, backoff=2)),
    ...     JobSpec(name="clean", needs=(JobNeed("load"),)),
    ... )
    >>> clock = ManualClock()
    >>> events = drive(run, ScriptedExecutor({"load": ["failed", "failed", "succeeded"]}), clock)
    >>> run.jobs["clean"].status.value, len(run.jobs["load"].attempts), clock()
    ('succeeded', 3, 34.0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, assert_never

from nbflow.core import event as e
from nbflow.core.answers import heard, said
from nbflow.core.graph import check
from nbflow.core.group_plan import Question, seen
from nbflow.core.plan import Ask, Look, Order, Plan, Record, Schedule, Start, StartStep, Stop, plan
from nbflow.core.policies import Policy
from nbflow.core.policy import customs
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec, Response, ValueRef
from nbflow.core.state import accepts, empty, evolve
from nbflow.core.status import Reason
from nbflow.engine.responses import unfolded

__all__ = ["Ending", "ManualClock", "ScriptedExecutor", "declare", "drive"]

EndWord = Literal["succeeded", "failed", "cancelled", "lost", "skipped"]


class ManualClock:
    """A clock that stands still until it is told. Call it for the present instant, in seconds.

    >>> clock = ManualClock(100.0)
    >>> clock.advance(2.5)
    >>> clock()
    102.5
    """

    def __init__(self, now: float = 0.0) -> None:
        self._now = now

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass.

        Raises:
            ValueError: *seconds* is negative.
        """
        if seconds < 0:
            raise ValueError(f"a clock does not go back by {-seconds} s")
        self._now += seconds

    def advance_to(self, at: float) -> None:
        """Let time pass until the instant *at*; nothing if that is past."""
        self._now = max(self._now, at)


class Ending(NamedTuple):
    """How one attempt or step ends: the *end*, after so many *seconds*, and for a failure its *reason* and more.

    A reason of kind ``exit code`` or ``signal`` also says how the process ended.
    """

    end: EndWord
    seconds: float = 1.0
    reason: Reason | None = None
    classes: tuple[str, ...] = ()
    """Full names of the exception's class and its bases."""
    response: Response | None = None
    """What the job asked for from inside: jobs to be declared, an end to others."""
    found: tuple[str, ...] = ()
    """Patterns of the job's rules that its log holds."""


Script = EndWord | Reason | Ending
_Started = e.AttemptStarted | e.StepStarted
_Ended = e.AttemptEnded | e.StepEnded


class ScriptedExecutor:
    """Attempts and steps that run nothing and end as a script says.

    Args:
        script: job -> how its attempts end, in order; the last one stands for all later ones. An end is a word
            (``"succeeded"``, ``"failed"``, ``"lost"``, ``"cancelled"``, ``"skipped"``), a `Reason` to fail for, or an
            `Ending`. Jobs that are not in it succeed. ``"fit/recovery"``, ``"fit/rollback"`` and ``"fit/fallback"``
            say the same of the steps of job ``fit``.
        seconds: how long an attempt or step takes, unless its `Ending` says otherwise.

    Attributes:
        started: (job, attempt) of every attempt started, in order; of a step ``"fit/recovery"``, and the attempt it
            follows.

    >>> from nbflow.core.spec import Call
    >>> run = declare(JobSpec(name="fit", fallback=Call("use_mean")))
    >>> executor = ScriptedExecutor({"fit": Reason("timeout")})
    >>> _ = drive(run, executor)
    >>> run.jobs["fit"].status.value, executor.started
    ('recovered', [('fit', 1), ('fit/fallback', 1)])
    """

    def __init__(self, script: Mapping[str, Script | Sequence[Script]] | None = None, *, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self.started: list[tuple[str, int]] = []
        self._script = {job: self._endings(ends) for job, ends in (script or {}).items()}
        self._due: dict[str, tuple[float, _Ended]] = {}

    def _endings(self, ends: object) -> list[Ending]:
        several = ends if isinstance(ends, list | tuple) and not isinstance(ends, Ending) else [ends]
        return [self._ending(end) for end in several]

    def _ending(self, end: object) -> Ending:
        match end:
            case Ending():
                return end
            case Reason():
                return Ending("failed", self.seconds, end)
            case "succeeded" | "failed" | "cancelled" | "lost" | "skipped":
                return Ending(end, self.seconds)
            case _:
                raise ValueError(
                    f"{end!r} is no end of an attempt: succeeded, failed, cancelled, lost, skipped or a Reason"
                )

    @property
    def busy(self) -> int:
        """Attempts and steps under way."""
        return len(self._due)

    @property
    def next_at(self) -> float | None:
        """When the next one ends; None if none is under way."""
        return min((at for at, _ in self._due.values()), default=None)

    def submit(self, started: _Started, spec: JobSpec) -> None:
        """Begin the attempt or step that *started* of the job *spec*."""
        name = f"{started.job}/{started.step}" if isinstance(started, e.StepStarted) else started.job
        of_job = sum(job == name for job, _ in self.started)
        self.started.append((name, started.attempt))
        script = self._script.get(name) or [Ending("succeeded", self.seconds)]
        ending = script[min(of_job, len(script) - 1)]
        at = started.at + ending.seconds
        self._due[started.key] = at, _ended(started, started.key, ending, at, spec)

    def cancel(self, key: str, at: float) -> bool:
        """End the attempt or step *key* at once, as cancelled; False if it is not under way here."""
        if key not in self._due:
            return False
        cancelled = Ending("cancelled", reason=Reason("cancelled"))
        self._due[key] = at, _ended(self._due[key][1], key, cancelled, at, None)
        return True

    def ended(self, now: float) -> list[_Ended]:
        """The ends that have come by *now*, in the order of their times; each is told once."""
        over = sorted((key for key, (at, _) in self._due.items() if at <= now), key=lambda key: self._due[key][0])
        return [self._due.pop(key)[1] for key in over]


def _ended(of: _Started | _Ended, key: str, ending: Ending, at: float, spec: JobSpec | None) -> _Ended:
    outputs = {name: ValueRef(inline=b"") for name in spec.outputs} if ending.end == "succeeded" and spec else {}
    reason, where = ending.reason, (of.job, of.generation, of.attempt)
    job, generation, attempt = where
    said = reason if reason is not None else Reason("")
    code = int(said.detail) if said.kind == "exit code" and said.detail else None
    signal = said.detail if said.kind == "signal" else None
    if isinstance(of, e.StepStarted | e.StepEnded):
        how: Literal["succeeded", "failed", "cancelled", "lost"] = "failed" if ending.end == "skipped" else ending.end
        return e.StepEnded(
            at=at, job=job, generation=generation, attempt=attempt, step=of.step, key=key, end=how, reason=reason,
            exit_code=code, signal=signal, outputs=outputs if of.step == "fallback" else {},
        )  # fmt: skip
    return e.AttemptEnded(
        at=at, job=job, generation=generation, attempt=attempt, end=ending.end, reason=reason, exit_code=code,
        signal=signal, classes=ending.classes, found=ending.found, outputs=outputs,
        response=ending.response if ending.end == "succeeded" else None,
    )  # fmt: skip


def declare(*jobs: JobSpec, groups: Mapping[str, Policy] | None = None, run: Run | None = None, at: float = 0.0) -> Run:
    """Declare *jobs* and the policies of *groups*, all or nothing, in *run*, or in a new one.

    Raises:
        DeclarationError, UnknownJob: the declaration cannot be taken.
    """
    run = run if run is not None else evolve(empty(), e.RunOpened(at=at, flow="test", number=1))
    check(run, jobs, groups or {})
    for group, policy in (groups or {}).items():
        evolve(run, e.GroupDeclared(at=at, group=group, policy=policy))
    for spec in jobs:
        evolve(run, e.JobDeclared(at=at, spec=spec))
    return run


def drive(
    run: Run,
    executor: ScriptedExecutor | None = None,
    clock: ManualClock | None = None,
    *,
    slots: int = 2,
    until: float | None = None,
    draw: float = 1.0,
    policies: Mapping[str, Any] | None = None,
    cached: Mapping[str, Mapping[str, ValueRef]] | None = None,
) -> list[e.Event]:
    """Play the engine for *run* until nothing is left to do without a person, or the instant *until* is reached.

    Args:
        run: changed in place.
        executor: says how attempts end; by default all succeed after 1 s.
        clock: moved along; a new one by default.
        slots: attempts under way at once, of all jobs together.
        until: stop there; by default go on to the end.
        draw: where in its bounds the wait before a retry falls, from 0 (shortest) to 1 (longest).
        policies: label of a custom policy, as typed (``=mine``) -> the object that is asked for it.
        cached: job with ``cache`` -> the outputs that the cache has for it.

    Returns:
        The events that were added to *run*, in order.
    """
    player = _Player(run, executor or ScriptedExecutor(), clock or ManualClock(), slots, draw)
    player.policies, player.cached = policies or {}, cached or {}
    while (at := player.next_at()) is not None and (until is None or at <= until):
        player.clock.advance_to(at)
        player.take_ends()
    if until is not None:
        player.clock.advance_to(until)
    return player.events


class _Player:
    """The engine's loop, with nothing real in it."""

    def __init__(self, run: Run, executor: ScriptedExecutor, clock: ManualClock, slots: int, draw: float) -> None:
        self.run, self.executor, self.clock, self.slots, self.draw = run, executor, clock, slots, draw
        self.events: list[e.Event] = []
        self.policies: Mapping[str, Any] = {}
        self.cached: Mapping[str, Mapping[str, ValueRef]] = {}

    def next_at(self) -> float | None:
        """Do all that can be done now; when the next thing happens."""
        while True:
            made = self.plan()
            acted = [self.obey(order) for order in made.orders]
            if not any(acted):
                times = [at for at in (made.wake_at, self.executor.next_at) if at is not None]
                return min(times, default=None)

    def plan(self) -> Plan:
        executors = {"process", *(job.spec.executor for job in self.run.jobs.values())}
        free = self.slots - self.executor.busy
        made = plan(self.run, self.clock(), dict.fromkeys(sorted(executors), free))
        starts = [order for order in made.orders if isinstance(order, Start | StartStep)]
        others: list[Order] = [order for order in made.orders if not isinstance(order, Start | StartStep)]
        return Plan((*others, *starts[:free]), made.wake_at, made.idle)

    def take_ends(self) -> None:
        for ended in self.executor.ended(self.clock()):
            for event in unfolded(self.run, ended):
                self.commit(event)

    def commit(self, event: e.Event) -> bool:
        if not accepts(self.run, event):
            return False
        evolve(self.run, event)
        self.events.append(event)
        return True

    def obey(self, order: Order) -> bool:
        at = self.clock()
        match order:
            case Start() | StartStep():
                return self.start(order)
            case Stop(job=job):
                under = self.run.jobs[job].running or self.run.jobs[job].step
                stopped = under is not None and self.executor.cancel(under.key, at)
                self.take_ends()
                return stopped
            case Schedule(job=job, generation=generation, attempt=attempt, low=low, high=high):
                due_at = at + low + (high - low) * self.draw
                return self.commit(
                    e.RetryScheduled(at=at, job=job, generation=generation, attempt=attempt, due_at=due_at)
                )
            case Record(event=event):
                return self.commit(event)
            case Ask():
                return self.ask(order)
            case Look():
                return self.look(order)
            case _:
                assert_never(order)

    def look(self, order: Look) -> bool:
        """See what is cached."""
        about: dict[str, Any] = {"at": self.clock(), "job": order.job, "generation": order.generation}
        made = self.cached.get(order.job) if not order.fresh else None
        return self.commit(e.CacheMissed(**about) if made is None else e.JobReused(**about, outputs=dict(made)))

    def ask(self, order: Ask) -> bool:
        """Ask a custom policy, here and now."""
        asked = customs(self.run.groups[order.group].policy)[order.place]
        if asked.label not in self.policies:
            raise ValueError(f"drive needs the object of policy {asked.label!r}: policies={{{asked.label!r}: …}}")
        question = Question(order.group, order.members, order.standings, order.place, order.parts)
        verdict, reason = heard(said(self.policies[asked.label].verdict(seen(self.run, question))))
        return self.commit(
            e.GroupJudged(
                at=self.clock(),
                group=order.group,
                members=order.members,
                standings=order.standings,
                verdict=verdict,
                reason=reason,
                place=order.place,
                parts=order.parts,
            )
        )

    def start(self, order: Start | StartStep) -> bool:
        at, job = self.clock(), order.job
        key = f"{len(self.executor.started):x}"
        started: _Started
        if isinstance(order, Start):
            started = e.AttemptStarted(at=at, job=job, generation=order.generation, attempt=order.attempt, key=key)
        else:
            started = e.StepStarted(
                at=at, job=job, generation=order.generation, attempt=order.attempt, step=order.step, key=key
            )
        if not self.commit(started):
            return False
        self.executor.submit(started, self.run.jobs[job].spec)
        return True
