"""Ordinary cells that read what a job makes: they wait for it, and get its value or the job's own error."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from nbflow.core import words
from nbflow.core.run import JobState, Run
from nbflow.core.status import Status
from nbflow.engine.client import imported
from nbflow.errors import JobFailedError, NbflowError
from nbflow.notebook.interrupt import plainly, uninterrupted
from nbflow.notebook.owners import ByImport, ByJob, Owners
from nbflow.notebook.session import Session

PATIENCE = 0.3
"""Seconds after which a waiting cell says so."""

Pump = Callable[[float], object]
Pumping = Callable[[], AbstractContextManager[Pump]]
Notice = Callable[[str], Callable[[str], None]]
"""Shows a line under the running cell; the result replaces it."""


class Waiting:
    """Brings jobs' values into *namespace*, waiting for them where they are not there yet."""

    def __init__(
        self, session: Session, owners: Owners, namespace: dict[str, Any], pumping: Pumping, notice: Notice
    ) -> None:
        self.session, self.owners, self.namespace = session, owners, namespace
        self.pumping, self.notice = pumping, notice

    def bring(self, names: Iterable[str], sure: Iterable[str] = ()) -> None:
        """Have the present version of each of *names* in the namespace; those of *sure* have to be there.

        Raises:
            JobFailedError: a job that should make one ended without success.
            NameError: a job ended well but left no such variable, and it is of *sure*.
        """
        wanted: dict[str, str] = {}
        for name in names:
            match self.owners.maker(name):
                case ByImport() as maker:
                    self._import(name, maker)
                case ByJob(job=job):
                    wanted[name] = job
                case None:
                    pass
        jobs = dict.fromkeys(wanted.values())
        try:
            if jobs:
                self._wait(jobs)
            for name, job in wanted.items():
                self._bring(name, job, name in sure)
        except KeyboardInterrupt as error:
            raise plainly(error, f"no longer waiting for {', '.join(jobs)}: jobs go on") from None

    def bring_all(self) -> None:
        """Have everything that jobs make and that can be had in the namespace: held and failed jobs are passed over."""
        jobs = dict.fromkeys(maker.job for maker in self.owners.makers.values() if isinstance(maker, ByJob))

        def done(run: Run) -> bool:
            return all(run.jobs[job].status.ended or stuck(run, [job]) for job in jobs)

        self._until(done, jobs)
        good = [job for job in jobs if self.session.job(job).status is Status.SUCCEEDED]
        self.bring([name for name in self.owners.makers if self.owners.job_of(name) in good])

    def _import(self, name: str, maker: ByImport) -> None:
        value = imported(maker.module, maker.attribute)
        with uninterrupted():
            self.namespace[name] = value
            self.owners.release(name)

    def _wait(self, jobs: Collection[str]) -> None:
        def done(run: Run) -> bool:
            return all(run.jobs[job].status.ended for job in jobs) or stuck(run, jobs) is not None

        self._until(done, jobs)
        with self.session.replica.lock:
            said = stuck(self.session.replica.run, jobs)
        if said is not None:
            raise NbflowError(said)

    def _until(self, done: Callable[[Run], bool], jobs: Collection[str]) -> None:
        if not self.session.replica.wait(done, timeout=0):
            with self._said(jobs), self.pumping() as pump:
                self.session.wait(done, None, pump)

    @contextmanager
    def _said(self, jobs: Collection[str]) -> Any:
        start, names = time.monotonic(), ", ".join(jobs)
        if self.session.wait(lambda run: all(run.jobs[j].status.ended for j in jobs), PATIENCE, None):
            yield
            return
        say = self.notice(f"waits for {names}")
        try:
            yield
        finally:
            say(f"waited {words.duration(time.monotonic() - start)} for {names}")

    def _bring(self, name: str, job: str, sure: bool) -> None:
        state = self.session.job(job)
        if state.status is not Status.SUCCEEDED:
            raise failure(state)
        made_by = (state.generation, state.attempts[-1].number)
        brought = self.owners.brought.get(name)
        if brought is not None and brought.made_by == made_by and name in self.namespace:
            return
        if name not in state.outputs:
            if sure:
                raise plainly(NameError(f"name {name!r} is not defined: job {job!r} ended without leaving it"))
            return  # where the cell reads it after all, that is Python's own NameError, as without jobs
        ref = state.outputs[name]
        if state.spec.executor == "kernel" and name in self.namespace:  # made here: the object itself
            value = self.namespace[name]
        else:
            value = self.session.client.values.load(ref, self.namespace)
        with uninterrupted():
            self.namespace[name] = value
            self.owners.bring(name, value, made_by)


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
