"""A run as a client sees it: the same fold as the engine's, over the events that the engine streams."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from nbflow.core.course import Course
from nbflow.core.event import Event, JobDeclared, Request
from nbflow.core.foresight import Foreseen
from nbflow.core.graph import check
from nbflow.core.policies import Policy
from nbflow.core.project import project
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec, Limits, ValueRef
from nbflow.core.state import empty, evolve
from nbflow.engine.inert import content
from nbflow.engine.values import Values
from nbflow.engine.wire import Ask, Committed, Configure, Declare, Foresee, Opened, Reply, RunInfo, ToEngine
from nbflow.errors import EngineError

_log = logging.getLogger(__name__)
Listener = Callable[[Sequence[Event]], None]


class Caller(Protocol):
    """What a replica needs of its client."""

    failure: EngineError | None

    @property
    def values(self) -> Values: ...

    def call(self, make: Callable[[int], ToEngine], done: Callable[[], bool] = lambda: False) -> Reply:
        """Send a request; where the engine ends meanwhile, send it again unless *done* says that it was carried out."""


class Replica:
    """One run of a flow, always up to date. Made by `Client.open`.

    Attributes:
        run: the run's state. Read it while holding `lock`.
        lock: a condition, notified whenever *run* has changed.
        info: what the store knows of the run: its id, flow and number.
    """

    def __init__(self, client: Caller) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.run: Run = empty(Course())
        self.info: RunInfo
        self.settings: dict[str, Any] = {}
        self._client = client
        self._events: list[Event] = []
        self._coming: Run = self.run
        """The fold under way; it is *run*, except while a run is read in again after a new engine took over."""
        self._total = 0
        self._listeners: list[Listener] = []

    def __repr__(self) -> str:
        return f"<Replica of run {self.run.number} of {self.run.flow!r}, {len(self.run.jobs)} jobs>"

    @property
    def complete(self) -> bool:
        """Everything that had happened when the run was opened is in `run`."""
        return self._coming is self.run and self.run.seq >= self._total

    @property
    def active(self) -> bool:
        """Something is under way or will be without a person's doing."""
        with self.lock:
            return self.run.queues.busy() or self.run.work.pending

    # --- asking
    def declare(self, jobs: Sequence[JobSpec], groups: Mapping[str, Policy] | None = None) -> None:
        """Declare jobs and group policies, all or nothing; returns when that is in the log.

        Raises:
            DeclarationError, UnknownJob, CycleError: nothing was declared.
            EngineError, StoreError: the engine cannot be reached, or the store is not trusted or full.
        """
        policies = dict(groups or {})
        with self.lock:
            check(self.run, jobs, policies)
            seen = len(self._events)
        self._call(
            lambda ref: Declare(ref=ref, run=self.info.run, jobs=tuple(jobs), groups=policies),
            lambda: bool(jobs) and self._declared_since(seen, jobs[0]),
        )

    def ask(self, *requests: Request) -> int:
        """Make a person's requests; returns how many took effect (a stale one does not)."""
        return self._call(lambda ref: Ask(ref=ref, run=self.info.run, requests=requests)).count

    def foresee(self, jobs: Sequence[str]) -> tuple[Foreseen, ...]:
        """What would become of *jobs*, were they started now; nothing is."""
        return self._call(lambda ref: Foresee(ref=ref, run=self.info.run, jobs=tuple(jobs))).foreseen

    def alike(self, one: ValueRef, other: ValueRef) -> bool:
        """Whether two stored values are the same, functions and classes also where they only stand elsewhere."""
        values = self._client.values
        return content(values.stored(one)).digest == content(values.stored(other)).digest

    def configure(
        self,
        *,
        slots: int | None = None,
        durable: str | None = None,
        modules: Sequence[str] = (),
        on_kernel_exit: str | None = None,
        limits: Limits | None = None,
        cache: tuple[float, int] | None = None,
        notify: Sequence[str] | None = None,
    ) -> None:
        """Set what this session wants; None leaves a setting as it is.

        Args:
            slots: how many process attempts may run at once, over all runs of the store.
            durable: ``process`` or ``power``.
            modules: importable modules worth having loaded before attempts start.
            on_kernel_exit: ``finish`` or ``cancel`` the run's jobs when the last kernel that follows it goes.
            limits: what the run as a whole may use.
            notify: commands and addresses that tell people of the run.
            cache: days for which a cached result that is not used is kept, and bytes that the values of all may take.
        """
        asked: dict[str, Any] = {"slots": slots, "durable": durable, "modules": tuple(modules)}
        asked |= {"on_kernel_exit": on_kernel_exit, "cache": cache}
        self.settings |= {name: value for name, value in asked.items() if value}
        if limits is not None:
            self.settings["limits"] = limits
        if notify is not None:
            self.settings["notify"] = tuple(notify)
        self._call(self.setting)

    def setting(self, ref: int) -> Configure:
        """The message that sets all that was configured so far, for an engine that does not know."""
        return Configure(ref=ref, run=self.info.run, **self.settings)

    def _call(self, make: Callable[[int], ToEngine], done: Callable[[], bool] = lambda: False) -> Reply:
        if self.lock._is_owned():  # type: ignore[attr-defined]
            raise RuntimeError("release the replica's lock before a request: its answer needs it")
        return self._client.call(make, done)

    # --- reading
    def snapshot(self) -> dict[str, Any]:
        """The run as JSON-ready values, as it stands now."""
        with self.lock:
            return project(self.run, time.time())

    def events(self) -> list[Event]:
        """The run's events so far, in order."""
        with self.lock:
            return list(self._events)

    def on_events(self, listener: Listener) -> Callable[[], None]:
        """Call *listener* with the new events after each commit; returns a function that ends that.

        It is called on the client's own thread: it must be brief and make no requests.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wait(self, predicate: Callable[[Run], object], timeout: float | None = None) -> bool:
        """Wait until *predicate* of the run is true, for *timeout* seconds at most; whether it came true.

        Raises:
            EngineError: the engine is gone and did not come back.
        """

        def over() -> bool:
            if predicate(self.run):
                return True
            if self._client.failure:
                raise self._client.failure
            return False

        with self.lock:
            return self.lock.wait_for(over, timeout)

    # --- the stream (on the client's thread)
    def begin(self, opened: Opened) -> None:
        """The run's history is about to arrive, for the first time or anew."""
        with self.lock:
            self.info, self._total = opened.info, opened.total
            self._coming = empty(Course())

    def commit(self, committed: Committed) -> None:
        """Take events that are in the log."""
        self._fold(committed.first, committed.events)

    def wake(self) -> None:
        """Let those who wait look again."""
        with self.lock:
            self.lock.notify_all()

    def _fold(self, first: int, events: Sequence[Event]) -> None:
        with self.lock:
            known = len(self._events)
            if first > self._coming.seq + 1:
                raise EngineError(f"events {self._coming.seq + 1} to {first - 1} did not arrive")
            for event in events[max(0, self._coming.seq + 1 - first) :]:
                evolve(self._coming, event)
            new = events[max(0, known + 1 - first) :]
            self._events.extend(new)
            if self._coming.seq >= self._total:
                self.run = self._coming
            self.lock.notify_all()
        if new:
            for listener in list(self._listeners):
                self._hear(listener, new)

    def _hear(self, listener: Listener, events: Sequence[Event]) -> None:
        try:
            listener(events)
        except Exception:  # one view's fault must not keep the others, or the run, from being up to date
            _log.exception("a listener to events of %r failed", self.run.flow)

    def _declared_since(self, seen: int, spec: JobSpec) -> bool:
        with self.lock:
            return any(isinstance(event, JobDeclared) and event.spec == spec for event in self._events[seen:])
