"""The flow of this notebook in Python: the twin of every ``%nbflow`` verb."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nbflow.core import words
from nbflow.core.event import (
    CancelRequested,
    PauseRequested,
    RetryRequested,
    RunRequested,
    SkipRequested,
    UnpauseRequested,
)
from nbflow.core.groups import for_good
from nbflow.core.match import match_names
from nbflow.core.project import unexcused, verdict
from nbflow.core.run import Run
from nbflow.core.status import RunVerdict, Status
from nbflow.core.streams import Streams
from nbflow.errors import NbflowError, RunFailedError
from nbflow.notebook import notifying
from nbflow.notebook.gathering import broken, decided, glance
from nbflow.notebook.handlers import rules_of
from nbflow.notebook.inspecting import Inspecting
from nbflow.notebook.looking import Pumping, named
from nbflow.notebook.planning import Plan, Planner
from nbflow.notebook.references import Made
from nbflow.notebook.session import LAST, Session
from nbflow.notebook.substitutes import substitutes
from nbflow.notebook.target import FlowTarget
from nbflow.notebook.waiting import paused, stuck

NO_VALUE: Any = type("NoValue", (), {"__repr__": lambda _: "no value"})()
"""Stands for a value that was not given, where None is one."""


class Flow(Inspecting):
    """All jobs of this notebook, and what a person can ask of them.

    Get it with `nbflow.flow`. Names may be patterns: ``flow.retry("fit*")``. Every request acts while other jobs run.
    """

    def __init__(
        self,
        session: Session,
        pumping: Pumping,
        settled: Callable[[], None] = lambda: None,
        resumed: Callable[[Run], None] = lambda _: None,
        target: FlowTarget | None = None,
    ) -> None:
        super().__init__(session, pumping, target if target is not None else FlowTarget(session))
        self._settled, self._resumed = settled, resumed
        self.planner = Planner(session)
        self._handlers = self._target.handlers

    # --- acting
    def run(self, *jobs: str | Made) -> int:
        """Let held jobs go, and run failed and cancelled ones again: *jobs*, or all. The number that took effect."""
        names = self._names(jobs)
        states = {name: self._session.job(name).status for name in names}
        held = [name for name in names if states[name] is Status.HELD]
        again = [n for n in names if states[n] in _STARTED_AGAIN or (jobs and states[n].ended)]
        return self._session.ask(RunRequested, held) + self._session.ask(RetryRequested, again)

    def retry(self, *jobs: str | Made, downstream: bool = False, start: str | None = None) -> int:
        """Run jobs that have ended again, with fresh attempts, upstream first. The number that run again.

        Args:
            jobs: names or patterns.
            downstream: and all that needs one of them, at however many removes.
            start: and everything on the ways from this job to them.

        Raises:
            NbflowError: no way leads from *start* to one of *jobs*.
        """
        names = self._names(jobs)
        if downstream or start is not None:
            streams = Streams(self.snapshot())
            before = streams.between(self._one(start), names) if start is not None else names
            names = streams.ordered({*before, *(streams.downstream(names) if downstream else ())})
        ended = [name for name in names if self._session.job(name).status.ended]
        taken = self._session.ask(RetryRequested, ended)
        # One that was skipped for want of another runs again by itself once that does: no request of its own counts.
        return max(taken, sum(not self._session.job(name).status.ended for name in ended)) if taken else 0

    def skip(self, *jobs: str | Made, value: Any = NO_VALUE, last: bool = False) -> int:
        """Go on without jobs: dependents act by their ``--on-missing``, unless there is a value for them.

        Args:
            jobs: names or patterns.
            value: stands for the output; a dict or tuple of the outputs where there are several.
            last: let the outputs of the last attempt that succeeded stand for those of this one.

        Raises:
            NbflowError: *value* does not fit, or there is no attempt that has succeeded.
            ValueNotStorable: *value* cannot leave the kernel.
        """
        names = self._names(jobs)
        if last and value is not NO_VALUE:
            raise NbflowError("skip: value and last say the same thing: give one")
        if value is not NO_VALUE:
            given = {name: substitutes(self._session.job(name).spec, value) for name in names}
            stored = {n: {out: self._session.store(out, each) for out, each in given[n].items()} for n in names}
            return sum(self._session.ask(SkipRequested, [name], outputs=stored[name]) for name in names)
        if last:
            for name in names:
                if self._session.job(name).last_good is None:
                    raise NbflowError(f"job {name!r} has no outputs from before: it has never succeeded in this run")
        return self._session.ask(SkipRequested, names, last=last)

    def plan(self, *jobs: str | Made) -> Plan:
        """What would happen if all that is held or has failed were run now: what runs, what is reused, what is stale.

        Shown by a notebook as a picture; ``print`` gives it in words. Nothing is started.

        Args:
            jobs: names or patterns; none means all.
        """
        return self.planner.plan(self._names(jobs) if jobs else [])

    def pause(self) -> bool:
        """Start nothing new; what runs goes on. Whether that changed anything."""
        return self._session.ask_run(PauseRequested)

    def unpause(self) -> bool:
        """Let jobs start again. Whether that changed anything."""
        return self._session.opened is not None and self._session.ask_run(UnpauseRequested)

    def notify(self, *hooks: str, off: bool = False) -> list[str]:
        """Have people told when the run ends or first fails: ``flow.notify("https://…", "notify-send done")``.

        Args:
            hooks: addresses, or commands for the shell; see docs/ambient.md.
            off: in the place of those there were.

        Returns:
            All that tell people now.

        Raises:
            NbflowError: one of them cannot be called; nothing was changed.
        """
        settings = self._session.settings
        settings.notify = notifying.changed([] if off else settings.notify, *hooks)
        self._session.configure()
        return list(settings.notify)

    def handler(self, name: str, **rules: Any) -> None:
        """Declare failure rules that jobs take with ``--handler``: ``flow.handler("flaky", on_exit="10,11:2")``.

        Args:
            name: the handler's name.
            rules: ``on_exit``, ``on_error``, ``on_log``, ``on_oom``, ``on_timeout``, each with a text as its option
                takes it, or a list of them, in the order in which they are asked; ``recovery_optional=True`` and
                ``recovery_timeout`` (seconds).

        Raises:
            NbflowError: a rule is none.
        """
        self._handlers.declare(name, rules_of(rules))

    def cancel(self, *jobs: str | Made) -> int:
        """Stop jobs with all their processes: *jobs*, or all that have not ended."""
        names = self._names(jobs)
        return self._session.ask(CancelRequested, [n for n in names if not self._session.job(n).status.ended])

    def resume(self, number: int = LAST) -> Flow:
        """Take up the last run, or run *number*, after a restart: its jobs go on, its values can be read.

        Raises:
            NbflowError: this notebook has no run yet.
            StoreError: it has no run *number*.
        """
        session, before = self._session, self._session.opened
        if not session.client.runs(self.name):
            raise NbflowError(f"{self.name} has no run yet: there is nothing to resume")
        replica = session.open(number)
        if replica is not before:
            with replica.lock:
                self._resumed(replica.run)
        return self

    def gc(self) -> str:
        """Remove the values that nothing can read any more, from the store; says what that has freed.

        The engine does so by itself after a while; those of the last run of each notebook stay.
        """
        done = self._session.collect()
        return words.freed(done.count, done.freed, done.left, done.kept)

    def stop(self) -> None:
        """End the engine and every attempt."""
        self._session.stop()

    def wait(self, *jobs: str | Made, timeout: float | None = None) -> RunVerdict:
        """Wait until *jobs*, or all that are not held, have ended.

        Args:
            jobs: names or patterns, of groups too, for which their policy says whether they failed; none means the
                whole run.
            timeout: seconds; None waits as long as it takes.

        Returns:
            The run's verdict.

        Raises:
            GroupError: a group among *jobs* is broken.
            RunFailedError: the run failed, or, where *jobs* are given, one of them did.
            TimeoutError: it took longer than *timeout*.
        """
        if self._session.opened is None:
            return RunVerdict.SUCCEEDED
        names = set(self._names(jobs)) if jobs else None
        groups = self._groups([named(job) for job in jobs])
        done = _ended(names, groups)
        with self._session.replica.lock:
            said = paused(self._session.replica.run, done)
        if said is not None:
            raise NbflowError(said)
        try:
            with self._pumping() as pump:
                if not self._session.wait(done, timeout, pump):
                    raise TimeoutError(f"not ended after {timeout:g} s: {', '.join(self._open(names))}")
        finally:
            self._settled()
        return self._verdict(names, groups)

    def _groups(self, patterns: Sequence[str]) -> list[str]:
        """The groups that *patterns* name."""
        jobs, groups = dict.fromkeys(self._session.names()), dict.fromkeys(self._session.groups())
        meant = match_names(patterns, [*jobs, *groups, *self._session.fans()]) if groups and patterns else ()
        return [name for name in meant if name in groups and name not in jobs]

    def _verdict(self, names: set[str] | None, groups: Sequence[str]) -> RunVerdict:
        replica = self._session.replica
        with replica.lock:
            run = replica.run
            failed = unexcused(run)
            if names is not None:
                failed = {name: reason for name, reason in failed.items() if name in names}
                said = stuck(run, names)
                if said is not None:
                    raise NbflowError(said)
            for group in groups:
                if (error := broken(run, group)) is not None:
                    raise error
            if failed:
                raise RunFailedError(failed)
            return verdict(run)

    def _open(self, names: set[str] | None) -> list[str]:
        jobs = self._session.replica.run.jobs
        return [name for name, job in jobs.items() if not job.status.ended and (names is None or name in names)]


_STARTED_AGAIN = (Status.FAILED, Status.CANCELLED, Status.UNKNOWN)


def _ended(names: set[str] | None, groups: Sequence[str] = ()) -> Callable[[Run], bool]:
    """Whether the jobs *names* have ended, and the *groups* among what was named are decided."""
    if names is None:
        return lambda run: verdict(run) is not RunVerdict.RUNNING

    hopeless = glance(lambda run: stuck(run, names) is not None)

    def done(run: Run) -> bool:
        ended = all(for_good(run, name) for name in names) and all(decided(group)(run) for group in groups)
        return ended or hopeless(run)

    return done
