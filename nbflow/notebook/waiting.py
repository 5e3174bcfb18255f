"""Ordinary cells that read what a job makes: they wait for it, and get its value or the job's own error."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from nbflow.core import words
from nbflow.core.elements import Fan
from nbflow.core.groups import for_good
from nbflow.core.hidden import is_hidden
from nbflow.core.run import JobState, Run
from nbflow.core.spec import ValueRef
from nbflow.core.status import Status
from nbflow.engine.client import hidden, imported
from nbflow.errors import EngineError, JobFailedError, NbflowError, StoreError
from nbflow.notebook.gathering import Fans, broken, decided, glance
from nbflow.notebook.interrupt import plainly, uninterrupted
from nbflow.notebook.owners import ByFan, ByImport, ByJob, Maker, Owners
from nbflow.notebook.session import Session

PATIENCE = 0.3
"""Seconds after which a waiting cell says so."""

_LATE = 1.0
"""Seconds by which news of the run may come late."""

Pump = Callable[[float], object]
Pumping = Callable[[], AbstractContextManager[Pump]]
Notice = Callable[[str], Callable[[str], None]]
"""Shows a line under the running cell; the result replaces it."""


class Awaited(Protocol):
    """What is waited for; its text says so to people."""

    def done(self, run: Run) -> bool:
        """It is there."""

    def stuck(self, run: Run) -> str | None:
        """What to say if it will never be, unless a person does something; else None."""


class Waiting:
    """Brings jobs' values into *namespace*, waiting for them where they are not there yet."""

    def __init__(
        self, session: Session, owners: Owners, namespace: dict[str, Any], pumping: Pumping, notice: Notice
    ) -> None:
        self.session, self.owners, self.namespace = session, owners, namespace
        self.pumping, self.notice = pumping, notice
        self.fans = Fans(session)
        self.trace: Callable[[JobState], tuple[BaseException | None, TracebackType | None]] = lambda _: (None, None)
        """What the error for reading a failed job's variable leads to: for ``%debug``."""

    def bring(self, names: Iterable[str], sure: Iterable[str] = ()) -> None:
        """Have the present version of each of *names* in the namespace; those of *sure* have to be there.

        Raises:
            JobFailedError: a job that should make one ended without success.
            GroupError: one is made by a fan-out whose group is broken.
            NameError: a job ended well but left no such variable, and it is of *sure*.
        """
        __tracebackhide__ = True
        wanted: dict[str, str] = {}
        gathered: dict[str, str] = {}
        for name in names:
            match self.owners.maker(name):
                case ByImport() as maker:
                    self._import(name, maker)
                case ByJob(job=job):
                    wanted[name] = job
                case ByFan(fan=fan):
                    gathered[name] = fan
                case None:
                    pass
        awaited = _Awaited(tuple(dict.fromkeys(wanted.values())), self._fans(gathered.values()))
        try:
            if wanted or gathered:
                self.wait_for(awaited)
            for name, job in wanted.items():
                self._bring(name, job, name in sure)
            for name, fan in gathered.items():
                self._gather(name, awaited.fans[fan])
        except KeyboardInterrupt as error:
            raise plainly(error, f"no longer waiting for {awaited}: jobs go on") from None

    def bring_all(self) -> None:
        """Have everything that jobs make and that can be had in the namespace: held and failed jobs are passed over."""
        makers = self.owners.makers.values()
        jobs = dict.fromkeys(maker.job for maker in makers if isinstance(maker, ByJob))
        fans = self._fans(maker.fan for maker in makers if isinstance(maker, ByFan))
        awaited = _Awaited(tuple(jobs), fans)

        def done(run: Run) -> bool:
            ended = all(for_good(run, job) or stuck(run, [job]) for job in jobs)
            return ended and all(decided(fan.group)(run) or stuck_fan(run, fan) for fan in fans.values())

        self._until(done, awaited)
        with self.session.replica.lock:
            run = self.session.replica.run
            good = {job for job in jobs if run.jobs[job].status.good}
            met = {name for name, fan in fans.items() if decided(fan.group)(run) and not broken(run, fan.group)}
        self.bring([name for name, maker in self.owners.makers.items() if _of(maker, good, met)])

    def _fans(self, names: Iterable[str]) -> dict[str, Fan]:
        return {name: self.fans.of(name) for name in dict.fromkeys(names)}

    def _import(self, name: str, maker: ByImport) -> None:
        value = imported(maker.module, maker.attribute)
        with uninterrupted():
            self.namespace[name] = value
            self.owners.release(name)

    def wait_for(self, awaited: Awaited) -> None:
        """Wait until *awaited* is done, saying so.

        Raises:
            NbflowError: it will never be.
        """
        with self.session.replica.lock:
            said = paused(self.session.replica.run, awaited.done)
        if said is not None:
            raise NbflowError(said)
        looked = glance(lambda run: awaited.stuck(run) is not None)
        self._until(lambda run: awaited.done(run) or looked(run), awaited)
        with self.session.replica.lock:
            said = awaited.stuck(self.session.replica.run)
        if said is not None:
            raise NbflowError(said)

    def _until(self, done: Callable[[Run], bool], awaited: Awaited) -> None:
        if not self.session.replica.wait(done, timeout=0):
            with self._said(awaited), self.pumping() as pump:
                self.session.wait(done, None, pump)

    @contextmanager
    def _said(self, awaited: Awaited) -> Any:
        start = time.monotonic()
        if self.session.wait(awaited.done, PATIENCE, None):
            yield
            return
        say = self.notice(f"waits for {awaited}")
        try:
            yield
        finally:
            say(f"waited {words.duration(time.monotonic() - start)} for {awaited}")

    def _gather(self, name: str, fan: Fan) -> None:
        """Have the dict of what *fan* leaves as *name* in the namespace."""
        self.fans.check(fan.group)
        made_by = self.fans.made_by(fan, name)
        brought = self.owners.brought.get(name)
        if brought is not None and brought.made_by == made_by and name in self.namespace:
            return
        value = self.fans.gathered(fan, name)
        with uninterrupted():
            self.namespace[name] = value
            self.owners.bring(name, value, made_by)

    def _bring(self, name: str, job: str, sure: bool) -> None:
        state = self.session.job(job)
        if not state.status.good:
            __tracebackhide__ = True
            cause, trace = self.trace(state)
            raise failure(state).with_traceback(trace) from cause
        if is_hidden(name):
            self._put(name, state)
            return
        made_by = (state.generation, len(state.attempts), state.outputs.get(name))
        brought = self.owners.brought.get(name)
        if brought is not None and brought.made_by == made_by and name in self.namespace:
            return
        if name not in state.outputs:
            if sure:
                raise plainly(NameError(f"name {name!r} is not defined: job {job!r} ended without leaving it"))
            return  # where the cell reads it after all, that is Python's own NameError, as without jobs
        ref = state.outputs[name]
        made_here = state.spec.executor == "kernel" and state.status is Status.SUCCEEDED
        if made_here and name in self.namespace:  # the object itself
            value = self.namespace[name]
        else:
            try:
                value = self.session.client.values.load(ref, self.namespace)
            except StoreError:
                if not self._superseded(name, job, ref):
                    raise
                self.bring([name], [name] if sure else ())
                return
            self.session.captures.know(value, ref)
        with uninterrupted():
            self.namespace[name] = value
            self.owners.bring(name, value, made_by)

    def _superseded(self, name: str, job: str, ref: ValueRef) -> bool:
        """Whether *ref* is gone because the job was declared anew, by somebody else, a moment ago."""
        try:
            return self.session.replica.wait(lambda run: run.jobs[job].outputs.get(name) != ref, timeout=_LATE)
        except EngineError:  # it is gone with its store: nothing newer will come
            return False

    def _put(self, name: str, state: JobState) -> None:
        """Have hidden state in place as a job left it; it is the kernel's own then."""
        if name in state.outputs:
            hidden.put(name, self.session.client.values.load(state.outputs[name]))
        self.owners.release(name)


@dataclass(frozen=True, slots=True)
class _Awaited:
    """What a cell waits for."""

    jobs: tuple[str, ...]
    fans: Mapping[str, Fan]

    def __str__(self) -> str:
        return ", ".join([*self.jobs, *self.fans])

    def done(self, run: Run) -> bool:
        """All jobs have ended, all fan-outs are decided."""
        ended = all(for_good(run, job) for job in self.jobs)
        return ended and all(decided(fan.group)(run) for fan in self.fans.values())

    def stuck(self, run: Run) -> str | None:
        """What to say if that will never be unless a person lets a held job go; else None."""
        said = stuck(run, self.jobs) if self.jobs else None
        open_ = [fan for fan in self.fans.values() if not decided(fan.group)(run)]
        return said or next(filter(None, (stuck_fan(run, fan) for fan in open_)), None)


def _of(maker: Maker, jobs: Collection[str], fans: Collection[str]) -> bool:
    match maker:
        case ByJob(job=job):
            return job in jobs
        case ByFan(fan=fan):
            return fan in fans
    return False


def failure(state: JobState) -> JobFailedError:
    """The error for reading a variable of a job that ended without success."""
    reason = state.reason.words() if state.reason else state.status.value
    if state.status is not Status.FAILED and reason != state.status.value:
        reason = f"{state.status.value}, {reason}"
    traceback = state.attempts[-1].traceback if state.attempts and state.status is Status.FAILED else ""
    return JobFailedError(state.spec.name, reason, traceback)


def stuck(run: Run, jobs: Iterable[str]) -> str | None:
    """What to say if one of *jobs* can never end unless a person lets a held job go; else None."""
    for job in jobs:
        if run.jobs[job].status is Status.HELD:
            return f"job {job!r} is held: start it with %nbflow run {job}"
    waiting = [job for job in jobs if run.jobs[job].status is Status.WAITING]
    held = [name for name, state in run.jobs.items() if state.status is Status.HELD]
    if waiting and held and not any(state.status.active for state in run.jobs.values()):
        return f"job {waiting[0]!r} waits for {held[0]!r}, which is held: start it with %nbflow run {held[0]}"
    return None


def paused(run: Run, done: Callable[[Run], bool]) -> str | None:
    """What to say to one who begins to wait in a run that is paused, with nothing under way; else None."""
    if not run.paused or run.queues.running or done(run):
        return None
    return "the run is paused, so nothing starts: %nbflow unpause lets it go on"


def stuck_fan(run: Run, fan: Fan) -> str | None:
    """The same for the elements of *fan*."""
    if any(run.jobs[name].status is Status.HELD for name in fan.elements):
        return f"the jobs of {fan.name!r} are held: start them with %nbflow run {fan.name}"
    return stuck(run, fan.elements)
