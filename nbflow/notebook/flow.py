"""The flow of this notebook in Python: the twin of every ``%nbflow`` verb."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from nbflow.core.event import CancelRequested, RetryRequested, RunRequested, SkipRequested
from nbflow.core.match import match_names
from nbflow.core.project import unexcused, verdict
from nbflow.core.run import Run
from nbflow.core.spec import Policy
from nbflow.core.status import RunVerdict, Status
from nbflow.errors import NbflowError, RunFailedError
from nbflow.notebook.explain import explain
from nbflow.notebook.following import Follower, Listener, told
from nbflow.notebook.session import LAST, Session
from nbflow.notebook.waiting import stuck

if TYPE_CHECKING:
    import networkx
    from matplotlib.figure import Figure

Pumping = Callable[[], AbstractContextManager[Callable[[float], object]]]


class Flow:
    """All jobs of this notebook, and what a person can ask of them.

    Get it with `nbflow.flow`. Names may be patterns: ``flow.retry("fit*")``. Every request acts while other jobs run.
    """

    def __init__(
        self,
        session: Session,
        pumping: Pumping,
        settled: Callable[[], None] = lambda: None,
        resumed: Callable[[Run], None] = lambda _: None,
    ) -> None:
        self._session, self._pumping, self._settled, self._resumed = session, pumping, settled, resumed

    def __repr__(self) -> str:
        """The table of jobs."""
        from nbflow.picture.table import table_text

        return table_text(self.snapshot())

    @property
    def name(self) -> str:
        """The flow's name: the notebook's, or its folder's."""
        return self._session.place.flow

    # --- looking
    def snapshot(self) -> dict[str, Any]:
        """The run as programs read it; only ever grows. The same as ``%nbflow status --json``."""
        return self._session.snapshot()

    def status(self) -> dict[str, str]:
        """Job -> status word, in the order of declaration."""
        return {name: job["status"] for name, job in self.snapshot()["jobs"].items()}

    def events(self, job: str | None = None) -> list[dict[str, Any]]:
        """The run's events in order, each ``{seq, at, kind, …}``; of one *job* if given."""
        replica = self._session.opened
        events = told(replica.events()) if replica is not None else []
        return [event for event in events if job is None or event.get("job") == job]

    def on_event(self, callback: Callable[[dict[str, Any]], Any]) -> Callable[[], None]:
        """Have *callback* called, on a thread of its own, with each event from now on; the result ends that."""
        return Listener(self._session, callback).close

    def log(self, job: str, attempt: int | None = None, *, err: bool = False) -> str:
        """What *job* printed in its last attempt, or in attempt number *attempt*; with *err*, on stderr."""
        state = self._session.job(self._one(job))
        tries = [a for a in state.attempts if attempt in (None, a.number)]
        if not tries:
            if attempt is not None:
                raise NbflowError(f"job {job!r} has no attempt {attempt}: it has {len(state.attempts)}")
            return ""
        return self._session.client.log(tries[-1].key, "err" if err else "out")

    def follow(self, job: str, attempt: int | None = None, *, err: bool = False) -> Iterator[str]:
        """What *job* prints until it has ended, piece by piece; attempt after attempt, or of number *attempt* alone."""
        name, stream = self._one(job), "err" if err else "out"
        follower = Follower(self._session, stream)
        with self._pumping() as pump:
            while True:
                state = self._session.job(name)
                ended = state.status.ended
                yield from follower.news([a.key for a in state.attempts if attempt in (None, a.number)])
                if ended:
                    return
                self._session.wait(lambda run: run.jobs[name].status.ended, 0.2, pump)

    def why(self, job: str) -> str:
        """Why *job* waits, runs again, or ended as it did: one sentence."""
        name = self._one(job)
        replica = self._session.replica
        with replica.lock:
            return explain(replica.run, name, time.time())

    def graph(self) -> networkx.DiGraph:
        """The flow as a networkx graph: a node per job, with its part of the snapshot as attributes."""
        from nbflow.picture.network import graph

        return graph(self.snapshot())

    def plot(self, file: str | None = None) -> Figure:
        """The picture of the flow as a matplotlib figure, saved to *file* if given (its ending says how)."""
        from nbflow.picture.mpl import plot

        return _saved(plot(self.snapshot()), file)

    def timeline(self, file: str | None = None) -> Figure:
        """The attempts along time as a matplotlib figure, saved to *file* if given."""
        from nbflow.picture.mpl import timeline

        return _saved(timeline(self.snapshot()), file)

    # --- acting
    def run(self, *jobs: str) -> int:
        """Let held jobs go, and run failed and cancelled ones again: *jobs*, or all. The number that took effect."""
        names = self._names(jobs)
        states = {name: self._session.job(name).status for name in names}
        held = [name for name in names if states[name] is Status.HELD]
        again = [n for n in names if states[n] in (Status.FAILED, Status.CANCELLED) or (jobs and states[n].ended)]
        return self._session.ask(RunRequested, held) + self._session.ask(RetryRequested, again)

    def retry(self, *jobs: str) -> int:
        """Run jobs again with fresh attempts. The number of requests that took effect."""
        return self._session.ask(RetryRequested, self._names(jobs))

    def skip(self, *jobs: str) -> int:
        """Go on without jobs: dependents act by their ``--on-missing``."""
        return self._session.ask(SkipRequested, self._names(jobs))

    def cancel(self, *jobs: str) -> int:
        """Stop jobs with all their processes: *jobs*, or all that have not ended."""
        names = self._names(jobs)
        return self._session.ask(CancelRequested, [n for n in names if not self._session.job(n).status.ended])

    def group(self, name: str, policy: Policy) -> None:
        """Set the policy of group *name*, and with a `nbflow.core.spec.Ruled` its options too; those not given go."""
        self._session.declare((), {name: policy})

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

    def stop(self) -> None:
        """End the engine and every attempt."""
        self._session.stop()

    def wait(self, *jobs: str, timeout: float | None = None) -> RunVerdict:
        """Wait until *jobs*, or all that are not held, have ended.

        Args:
            jobs: names or patterns; none means the whole run.
            timeout: seconds; None waits as long as it takes.

        Returns:
            The run's verdict.

        Raises:
            RunFailedError: the run failed, or, where *jobs* are given, one of them did.
            TimeoutError: it took longer than *timeout*.
        """
        if self._session.opened is None:
            return RunVerdict.SUCCEEDED
        names = set(self._names(jobs)) if jobs else None
        done = _ended(names)
        try:
            with self._pumping() as pump:
                if not self._session.wait(done, timeout, pump):
                    raise TimeoutError(f"not ended after {timeout:g} s: {', '.join(self._open(names))}")
        finally:
            self._settled()
        return self._verdict(names)

    def _verdict(self, names: set[str] | None) -> RunVerdict:
        replica = self._session.replica
        with replica.lock:
            run = replica.run
            failed = unexcused(run)
            if names is not None:
                failed = {name: reason for name, reason in failed.items() if name in names}
                said = stuck(run, names)
                if said is not None:
                    raise NbflowError(said)
            if failed:
                raise RunFailedError(failed)
            return verdict(run)

    def _open(self, names: set[str] | None) -> list[str]:
        jobs = self._session.replica.run.jobs
        return [name for name, job in jobs.items() if not job.status.ended and (names is None or name in names)]

    def _names(self, patterns: Sequence[str]) -> list[str]:
        known = self._session.names()
        if not patterns:
            return known
        groups: Mapping[str, Any] = self._session.replica.run.groups if self._session.opened else {}
        matched = match_names(patterns, [*known, *(g for g in groups if g not in known)])
        return list(dict.fromkeys(_members(matched, known, groups)))

    def _one(self, job: str) -> str:
        return match_names([job], self._session.names())[0]


def _members(names: Sequence[str], jobs: Sequence[str], groups: Mapping[str, Any]) -> Iterator[str]:
    """A group stands for its members."""
    for name in names:
        if name in jobs:
            yield name
        else:
            yield from groups[name].members


def _ended(names: set[str] | None) -> Callable[[Run], bool]:
    if names is None:
        return lambda run: verdict(run) is not RunVerdict.RUNNING
    return lambda run: all(run.jobs[n].status.ended for n in names) or stuck(run, names) is not None


def _saved(figure: Figure, file: str | None) -> Figure:
    if file:
        try:
            figure.savefig(file, bbox_inches="tight")
        except (OSError, ValueError) as error:
            raise NbflowError(f"cannot save {file!r}: {getattr(error, 'strerror', None) or error}") from None
    return figure
