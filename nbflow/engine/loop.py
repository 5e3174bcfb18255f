"""The engine's one loop: facts in, one transaction, then orders out. No socket, no clock, no process of its own.

A turn takes everything that has happened, plans until nothing more follows from it, commits it all at once, and only
then acts: submits attempts, tells followers, answers requests. So whatever anybody sees or runs is already in the log,
and a restart is replay, then plan.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import assert_never

from msgspec.structs import replace

from nbflow.core.event import (
    AttemptEnded,
    AttemptStarted,
    CacheMissed,
    Event,
    GroupDeclared,
    GroupJudged,
    HookFailed,
    HooksCalled,
    JobDeclared,
    JobReused,
    LimitsSet,
    Request,
    RetryScheduled,
    StepStarted,
)
from nbflow.core.graph import check
from nbflow.core.plan import Ask, Look, Order, Record, Schedule, Start, StartStep, Stop, plan
from nbflow.core.policies import Policy
from nbflow.core.references import files
from nbflow.core.spec import JobSpec, Limits
from nbflow.core.state import accepts, evolve, replay
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.dispatch import Dispatch, Recover, executor_of
from nbflow.engine.executors import Executor
from nbflow.engine.judging import Judging, unasked
from nbflow.engine.live import LiveRun, Turn, Underway
from nbflow.engine.lookups import Lookups
from nbflow.engine.orders import Place, attempt_order, step_order
from nbflow.engine.responses import unfolded
from nbflow.engine.store import DiskFull, Row, RunRow, Store
from nbflow.errors import DeclarationError

_log = logging.getLogger(__name__)
_RETRY_COMMIT = 1.0


class Loop:
    """All live runs of one store and their attempts.

    Args:
        store: the log.
        now: seconds since the epoch, never going back.
        draw: a number in [0, 1), for jitter.
        tell: called with a run's id, the first sequence number and events that are now in the log.
        stir: called when a turn is due; the caller then calls `turn` soon.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], float],
        draw: Callable[[], float],
        tell: Callable[[int, int, Sequence[Event]], None],
        stir: Callable[[], None],
    ) -> None:
        self.store, self.now, self.draw, self.tell, self.stir = store, now, draw, tell, stir
        self.dispatch = Dispatch(self.ended)
        self.judging = Judging(self.dispatch)
        self.lookups: Lookups | None = None
        """Who asks the cache; None: nothing is reused."""
        self.runs: dict[int, LiveRun] = {}
        self.stuck = False
        """The disk is full: what happened waits in memory to be committed, nothing is told or started."""
        self._place = str(store.path)
        self.spared: Callable[[], Iterable[str]] = tuple
        """Files of values that somebody may yet ask for, though no run refers to them."""
        self._turn = Turn()
        self._turns = 0

    def add_executor(self, name: str, executor: Executor, slots: int, recover: Recover | None = None) -> None:
        """Let *executor* run up to *slots* attempts of the jobs that ask for *name*.

        *recover* is given the keys of attempts that an earlier engine started, and sees to it that each is reported
        once, when it cannot be running any more. Without it they are lost.
        """
        self.dispatch.add(name, executor, slots, recover)

    @property
    def underway(self) -> Mapping[str, Underway]:
        """The attempts and steps that were started and have not ended, by key."""
        return self.dispatch.underway

    # --- runs
    def open_run(self, flow: str, cwd: str) -> LiveRun:
        """A new run of *flow*."""
        return self.load(self.store.open_run(flow, self.now(), cwd))

    def load(self, row: RunRow) -> LiveRun:
        """The run of *row*, replayed from the log unless it is in memory."""
        live = self.runs.get(row.id)
        if live is None:
            live = LiveRun(row, replay(self.store.events(row.id)), row.cwd)
            self.runs[row.id] = live
        return live

    def resume(self, row: RunRow) -> None:
        """Take up a run after a start: attempts whose end nobody recorded are asked after, the rest goes by plan."""
        self.dispatch.recover(row.id, self.load(row).run)
        self.stir()

    def forget(self, run: int) -> None:
        """Drop a run in which nothing is left to do from memory."""
        live = self.runs.get(run)
        if live is not None and live.idle and live.settled == live.run.seq:
            del self.runs[run]

    # --- facts
    def declare(self, run: int, jobs: Sequence[JobSpec], groups: Mapping[str, Policy]) -> None:
        """Declare jobs and group policies, all or nothing.

        Raises:
            DeclarationError, UnknownJob: nothing was declared.
        """
        live = self.runs[run]
        for spec in jobs:
            if spec.executor not in self.dispatch.executors:
                known = ", ".join(sorted(self.dispatch.executors))
                raise DeclarationError(f"job {spec.name!r} asks for executor {spec.executor!r}, there are: {known}")
        check(live.run, jobs, groups)
        at = self.now()
        for group, policy in groups.items():
            self._apply(live, GroupDeclared(at=at, group=group, policy=policy))
        for spec in jobs:
            self._apply(live, JobDeclared(at=at, spec=spec))

    def ask(self, run: int, requests: Iterable[Request]) -> int:
        """Take a person's requests; the number that were not stale."""
        live, at = self.runs[run], self.now()
        return sum(self._apply(live, replace(request, at=at)) for request in requests)

    def limit(self, run: int, limits: Limits) -> None:
        """What the run as a whole may use, from now on."""
        live = self.runs[run]
        if limits != live.run.limits:
            self._apply(live, LimitsSet(at=self.now(), limits=limits))

    def ended(self, report: AttemptReport) -> None:
        """Take an executor's report; one that is not awaited is ignored."""
        if (said := self.judging.over(report, self.now())) is not None:
            self._judged(*said)
            return
        under = self.dispatch.over(report.key)
        if under is None:
            _log.warning("stale report of attempt %s ignored", report.key)
            return
        live, end = self.runs[under.run], under.end(report, self.now())
        for event in unfolded(live.run, end, self.dispatch.executors):
            self._apply(live, event)
        if self.lookups is not None and isinstance(end, AttemptEnded):
            self._act(self.lookups.ended(live, end))

    def found(self, run: int, event: JobReused | CacheMissed | HooksCalled | HookFailed | None) -> None:
        """Take what a look at the cache has come to, or hooks have; None: it is out of date, and asked for again."""
        if event is not None and run in self.runs:
            self._apply(self.runs[run], event)
        self.stir()

    def _judged(self, run: int, event: GroupJudged | None) -> None:
        """Take what a policy said; what is lost or out of date is asked for again."""
        if event is not None:
            self._apply(self.runs[run], event)
        self.stir()

    def answer(self, callback: Callable[[], None]) -> None:
        """Call *callback* once everything taken so far is in the log and told."""
        self._turn.answers.append(callback)
        self.stir()

    # --- turns
    def turn(self) -> float | None:
        """Plan, commit, act. Returns when the next turn is due at the latest; None if only a new fact makes one due."""
        if not self.stuck:
            self._plan_all()
        done, settled = self._turn, self._settled()
        try:
            if done.rows or settled:
                self.store.append(done.rows, settled)
        except DiskFull as error:
            if not self.stuck:
                _log.warning("%s", error)
            self.stuck = True
            return self.now() + _RETRY_COMMIT
        self._turn = Turn()
        for run, seq in settled:
            self.runs[run].settled = seq
        self._tell(done.rows)
        for act in (*done.acts, *done.answers):
            act()
        return self._next()

    @property
    def unsettled(self) -> bool:
        """What is in memory may be ahead of the log, or more is known to somebody who is being asked."""
        return bool(self._turn.rows or self._turn.acts or self.stuck or self.judging.busy)

    @property
    def quiet(self) -> bool:
        """Nothing is running, due later, or waiting to be committed: only a client can make more happen."""
        pending = self._turn.rows or self._turn.acts or self.stuck
        looking = self.lookups is not None and self.lookups.busy
        busy = self.underway or self.judging.busy or looking or pending
        return not busy and all(live.wake_at is None for live in self.runs.values())

    def _next(self) -> float | None:
        if self.stuck:
            self.stuck = False
            self.stir()
        if self.store.tight:
            self.store.restock()
            if self.store.tight:
                return self.now() + _RETRY_COMMIT
            self.stir()
        return min((live.wake_at for live in self.runs.values() if live.wake_at is not None), default=None)

    def _plan_all(self) -> None:
        """Ask every run for its orders; each turn another run comes first to the free slots."""
        lives = list(self.runs.values())
        self._turns += 1
        first = self._turns % len(lives) if lives else 0
        for live in (*lives[first:], *lives[:first]):
            self._plan(live)

    def _plan(self, live: LiveRun) -> None:
        """Obey the run's plan until it asks for nothing new."""
        acted = True
        while acted:
            made = plan(live.run, self.now(), self.dispatch.free(live.row.id, self.store.tight))
            acted = sum(self._obey(live, order) for order in made.orders) > 0
            live.wake_at, live.idle = made.wake_at, made.idle

    def _obey(self, live: LiveRun, order: Order) -> bool:
        """Do what *order* says; whether that changed anything."""
        match order:
            case Start():
                return self._start(live, order)
            case StartStep():
                return self._start_step(live, order)
            case Stop():
                return self._stop(live, order)
            case Ask():
                return self._ask(live, order)
            case Look():
                return self._look(live, order)
            case Schedule():
                at = self.now()
                due_at = at + order.low + (order.high - order.low) * self.draw()
                scheduled = RetryScheduled(
                    at=at, job=order.job, generation=order.generation, attempt=order.attempt, due_at=due_at
                )
                return self._apply(live, scheduled)
            case Record():
                return self._apply(live, order.event)
            case _:
                assert_never(order)

    def _start(self, live: LiveRun, order: Start) -> bool:
        started = AttemptStarted(
            at=self.now(), job=order.job, generation=order.generation, attempt=order.attempt, key=token_hex(12)
        )
        if not self._apply(live, started):
            return False
        self._send(live, attempt_order(live.run, started, Place(self._place, live.cwd)))
        return True

    def _start_step(self, live: LiveRun, order: StartStep) -> bool:
        started = StepStarted(
            at=self.now(),
            job=order.job,
            generation=order.generation,
            attempt=order.attempt,
            step=order.step,
            key=token_hex(12),
        )
        if not self._apply(live, started):
            return False
        self._send(live, step_order(live.run, started, order.timeout, Place(self._place, live.cwd)))
        return True

    def _send(self, live: LiveRun, order: AttemptOrder) -> None:
        executor = executor_of(order.step, live.run.jobs[order.job].spec.executor)
        given = files((order.inputs, order.offered, order.call))
        under = Underway(live.row.id, order.job, order.generation, order.attempt, executor, order.step, given)
        self._turn.acts.append(self.dispatch.start(under, order))

    def _ask(self, live: LiveRun, order: Ask) -> bool:
        if self.store.tight:
            return False
        if "process" in live.run.limits.forbidden:
            return self._apply(live, unasked(order, self.now()))
        self._act(self.judging.ask(live.row.id, live.run, order, Place(self._place, live.cwd)))
        return False  # nothing has changed yet

    def _look(self, live: LiveRun, order: Look) -> bool:
        if self.lookups is None:
            return self._apply(live, CacheMissed(at=self.now(), job=order.job, generation=order.generation))
        if self.dispatch.reachable(live.row.id, "process"):  # an untrusted store is left as it is
            self._act(self.lookups.ask(live, order))
        return False

    def _stop(self, live: LiveRun, order: Stop) -> bool:
        job = live.run.jobs[order.job]
        going = job.running if order.step is None else job.step
        return self._act(self.dispatch.stop(going.key, order.cause) if going is not None else None)

    def _act(self, act: Callable[[], None] | None) -> bool:
        """Have *act* done once this turn is in the log; whether there is something to do."""
        if act is not None:
            self._turn.acts.append(act)
        return act is not None

    # --- the log
    def _apply(self, live: LiveRun, event: Event) -> bool:
        """Fold *event* and note it for the log; False if it is stale."""
        if not accepts(live.run, event):
            return False
        evolve(live.run, event)
        self._turn.rows.append(Row(live.row.id, live.run.seq, event))
        self.stir()
        return True

    def _settled(self) -> list[tuple[int, int]]:
        """Runs that have come to rest since that was last noted."""
        return [
            (live.row.id, live.run.seq) for live in self.runs.values() if live.idle and live.settled != live.run.seq
        ]

    def _tell(self, rows: Sequence[Row]) -> None:
        by_run: dict[int, list[Row]] = {}
        for row in rows:
            by_run.setdefault(row.run, []).append(row)
        for run, told in by_run.items():
            self.tell(run, told[0].seq, [row.event for row in told])
