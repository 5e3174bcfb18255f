"""The engine's one loop: facts in, one transaction, then orders out. No socket, no clock, no process of its own.

A turn takes everything that has happened, plans until nothing more follows from it, commits it all at once, and only
then acts: submits attempts, tells followers, answers requests. So whatever anybody sees or runs is already in the log,
and a restart is replay, then plan.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from secrets import token_hex
from typing import assert_never

from msgspec.structs import replace

from nbflow.core.event import AttemptStarted, Event, GroupDeclared, JobDeclared, Request, RetryScheduled
from nbflow.core.graph import check
from nbflow.core.plan import Order, Record, Schedule, Start, Stop, plan
from nbflow.core.spec import JobSpec, Policy
from nbflow.core.state import accepts, evolve, replay
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.executors import Executor
from nbflow.engine.live import LiveRun, Turn, Underway, lost_report
from nbflow.engine.orders import Place, attempt_order
from nbflow.engine.store import DiskFull, Row, RunRow, Store
from nbflow.errors import DeclarationError, NbflowError

_log = logging.getLogger(__name__)
_RETRY_COMMIT = 1.0
Recover = Callable[[Sequence[str]], None]


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
        self.executors: dict[str, Executor] = {}
        self.slots: dict[str, int] = {}
        self.recovers: dict[str, Recover] = {}
        self.runs: dict[int, LiveRun] = {}
        self.underway: dict[str, Underway] = {}
        self.stuck = False
        """The disk is full: what happened waits in memory to be committed, nothing is told or started."""
        self.reachable: Callable[[int, str], bool] = lambda _run, _executor: True
        """Whether an executor can take attempts of a run now."""
        self._place = str(store.path)
        self._stopping: set[str] = set()
        self._turn = Turn()
        self._turns = 0

    def add_executor(self, name: str, executor: Executor, slots: int, recover: Recover | None = None) -> None:
        """Let *executor* run up to *slots* attempts of the jobs that ask for *name*.

        *recover* is given the keys of attempts that an earlier engine started, and sees to it that each is reported
        once, when it cannot be running any more. Without it they are lost.
        """
        self.executors[name], self.slots[name] = executor, slots
        if recover is not None:
            self.recovers[name] = recover

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
        live = self.load(row)
        orphans: dict[str, list[str]] = {}
        for name, job in live.run.jobs.items():
            if job.running is None or job.running.key in self.underway:
                continue
            attempt = job.running
            under = Underway(row.id, name, attempt.generation, attempt.number, job.spec.executor)
            self.underway[attempt.key] = under
            orphans.setdefault(under.executor, []).append(attempt.key)
        for executor, keys in orphans.items():
            self.recovers.get(executor, self._give_up)(keys)
        self.stir()

    def _give_up(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.ended(lost_report(key, "the engine ended meanwhile"))

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
            if spec.executor not in self.executors:
                known = ", ".join(sorted(self.executors))
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

    def ended(self, report: AttemptReport) -> None:
        """Take an executor's report; one that is not awaited is ignored."""
        under = self.underway.pop(report.key, None)
        if under is None:
            _log.warning("stale report of attempt %s ignored", report.key)
            return
        self._stopping.discard(report.key)
        self._apply(self.runs[under.run], under.end(report, self.now()))

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
    def quiet(self) -> bool:
        """Nothing is running, due later, or waiting to be committed: only a client can make more happen."""
        pending = self._turn.rows or self._turn.acts or self.stuck
        return not self.underway and not pending and all(live.wake_at is None for live in self.runs.values())

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
            made = plan(live.run, self.now(), self._free(live))
            acted = sum(self._obey(live, order) for order in made.orders) > 0
            live.wake_at, live.idle = made.wake_at, made.idle

    def _free(self, live: LiveRun) -> dict[str, int]:
        """Free slots of each executor within reach; none while the disk has no room for what an attempt would write."""
        used = Counter(under.executor for under in self.underway.values())
        return {
            name: 0 if self.store.tight else max(0, slots - used[name])
            for name, slots in self.slots.items()
            if self.reachable(live.row.id, name)
        }

    def _obey(self, live: LiveRun, order: Order) -> bool:
        """Do what *order* says; whether that changed anything."""
        match order:
            case Start():
                return self._start(live, order)
            case Stop():
                return self._stop(live, order)
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
        key = token_hex(12)
        at = self.now()
        started = AttemptStarted(at=at, job=order.job, generation=order.generation, attempt=order.attempt, key=key)
        if not self._apply(live, started):
            return False
        executor = live.run.jobs[order.job].spec.executor
        under = Underway(live.row.id, order.job, order.generation, order.attempt, executor)
        self.underway[key] = under
        made = attempt_order(live.run, started, Place(self._place, live.cwd))
        self._turn.acts.append(partial(self._submit, self.executors[executor], made))
        return True

    def _stop(self, live: LiveRun, order: Stop) -> bool:
        attempt = live.run.jobs[order.job].running
        if attempt is None or attempt.number != order.attempt or attempt.key in self._stopping:
            return False
        under = self.underway.get(attempt.key)
        if under is None:
            return False
        self._stopping.add(attempt.key)
        self._turn.acts.append(partial(self.executors[under.executor].cancel, attempt.key, order.cause))
        return True

    def _submit(self, executor: Executor, order: AttemptOrder) -> None:
        try:
            os.mkdir(order.folder, 0o700)  # noqa: PTH102 - on the way to every attempt
        except OSError as error:
            self.ended(lost_report(order.key, f"its folder cannot be made ({error})"))
            return
        try:
            executor.submit(order)
        except (OSError, NbflowError) as error:
            reason = Reason("executor unavailable", str(error), order.attempt)
            self.ended(AttemptReport(key=order.key, end="failed", reason=reason))

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
