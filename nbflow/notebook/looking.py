"""Looking at the flow of this notebook in Python: what it is, how it stands, what its jobs said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from nbflow.core.event import Step
from nbflow.core.match import match_names, nearest
from nbflow.core.run import Run
from nbflow.errors import NbflowError, UnknownJob
from nbflow.notebook.earlier import Earlier, runs
from nbflow.notebook.explain import explain
from nbflow.notebook.following import Follower, Listener, told
from nbflow.notebook.gathering import Fans, Result
from nbflow.notebook.references import Made
from nbflow.notebook.session import Session
from nbflow.picture.runs import Runs

if TYPE_CHECKING:
    import networkx
    from matplotlib.figure import Figure

    from nbflow.picture.bars import Rows

Pumping = Callable[[], AbstractContextManager[Callable[[float], object] | None]]


class Look:
    """What can be seen of the jobs of a notebook. Names may be patterns where several are meant."""

    def __init__(self, session: Session, pumping: Pumping) -> None:
        self._session, self._pumping = session, pumping

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
        """Have *callback* called with each event from now on, in order; the result ends that.

        It may be async. Either way it runs in a thread of its own, whose loop goes on while cells run or wait: what
        belongs to another loop, an HTTP session say, has to be made in there.
        """
        return Listener(self._session, callback).close

    def log(self, job: str, attempt: int | None = None, *, err: bool = False, step: Step | None = None) -> str:
        """What *job* printed in its last attempt, or in attempt number *attempt*; with *err*, on stderr.

        With *step*, what the last ``recovery``, ``rollback`` or ``fallback`` printed, or that of *attempt*.

        Raises:
            NbflowError: there is no such attempt, or no such step followed it.
        """
        name = self._one(job)
        state = self._session.job(name)
        tries = [a for a in state.attempts if attempt in (None, a.number)]
        if not tries and attempt is not None:
            raise NbflowError(f"job {name!r} has no attempt {attempt}: it has {len(state.attempts)}")
        client, stream = self._session.client, "err" if err else "out"
        if step is None:
            key = state.shown if attempt is None else tries[-1].key
            return client.log(key, stream) if key else ""
        ran = [each for a in tries for each in a.steps if each.step == step]
        if not ran:
            after = f" after attempt {attempt}" if attempt is not None else ""
            raise NbflowError(f"job {name!r} had no {step}{after}: %nbflow events {name} tells what it had")
        last = ran[-1]
        text = (client.log(last.key, stream) if last.key else "") + last.traceback
        return text or (f"{last.reason.words()}\n" if last.reason else "")

    def follow(self, job: str, attempt: int | None = None, *, err: bool = False) -> Iterator[str]:
        """What *job* prints until it has ended, piece by piece; attempt after attempt, or of number *attempt* alone."""
        name, stream = self._one(job), "err" if err else "out"
        follower = Follower(self._session, stream)
        with self._pumping() as pump:
            while True:
                state = self._session.job(name)
                ended = state.status.ended
                reused = [state.shown] if attempt is None and state.reuse is not None else []
                yield from follower.news(reused or [a.key for a in state.attempts if attempt in (None, a.number)])
                if ended:
                    return
                self._session.wait(lambda run: run.jobs[name].status.ended, 0.2, pump)

    def gather(self, name: str, timeout: float | None = None) -> Iterator[Result]:
        """What the elements of fan-out *name* leave, as they end: ``for key, outputs in flow.gather("fit"): …``.

        *key* is the element's in the dicts, *outputs* maps its variables to their values; what failed is passed over.
        Of a group that is no fan-out, *key* is a job's name. It ends when all have ended.

        Args:
            name: a fan-out or group.
            timeout: seconds; None waits as long as it takes.

        Raises:
            UnknownJob: there is none.
            GroupError: at the end, the group is broken.
            TimeoutError: it took longer than *timeout*.
        """
        known = [*self._session.fans(), *self._session.groups()]
        if name not in known:
            raise UnknownJob(name, nearest(name, known))
        until = time.monotonic() + timeout if timeout is not None else None

        def wait(done: Callable[[Run], bool]) -> bool:
            with self._pumping() as pump:
                left = max(0.0, until - time.monotonic()) if until is not None else None
                return self._session.wait(done, left, pump)

        return Fans(self._session).results(name, wait)

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

    def plot(self, file: str | None = None, *, run: int | None = None) -> Figure:
        """The picture of the flow as a matplotlib figure, saved to *file* if given (its ending says how).

        Args:
            file: where it is saved: ``flow.svg``, ``flow.pdf``, ``flow.png``.
            run: the number of an earlier run, to be drawn as it ended.

        Raises:
            StoreError: there is no such run.
        """
        from nbflow.picture.mpl import plot

        return _saved(plot(self._at(run)), file)

    def timeline(self, file: str | None = None, *, run: int | None = None, by: Rows | None = None) -> Figure:
        """The attempts along time as a matplotlib figure, saved to *file* if given (its ending says how).

        Args:
            file: where it is saved: ``flow.svg``, ``flow.pdf``, ``flow.png``.
            run: the number of an earlier run.
            by: ``job``: a row for each job; ``slot``: as many as ran side by side. By default by job up to 40.

        Raises:
            StoreError: there is no such run.
        """
        from nbflow.picture.mpl import timeline

        return _saved(timeline(self._at(run), by=by), file)

    def history(self) -> Runs:
        """The runs of this flow, oldest first; a notebook shows them as a table.

        Each is a dict with ``run`` (its number), ``verdict``, ``opened_at``, ``began_at`` and ``ended_at`` (seconds
        since the epoch, the latter two None where nothing has started or ended), and ``counts``, status -> jobs. What
        is done with one: ``flow.earlier(11).snapshot()``, ``flow.timeline(run=11)``.
        """
        return Runs(runs(self._session))

    def earlier(self, run: int) -> Look:
        """Run number *run* of this flow, to be looked at as the present one is; nothing can be asked of it.

        Raises:
            StoreError: there is no such run.
        """
        return Look(Earlier(self._session, run), self._pumping)

    def _at(self, run: int | None) -> dict[str, Any]:
        return self.snapshot() if run is None else self.earlier(run).snapshot()

    def _names(self, meant: Sequence[str | Made]) -> list[str]:
        """The jobs that names, patterns and handles mean, each once; a group or fan-out stands for its members."""
        patterns = [named(each) for each in meant]
        known = dict.fromkeys(self._session.names())
        if not patterns:
            return list(known)
        matched = match_names(patterns, dict.fromkeys([*known, *self._session.groups(), *self._session.fans()]))
        members = ([name] if name in known else self._session.members(name) for name in matched)
        return list(dict.fromkeys(job for jobs in members for job in jobs))

    def _one(self, job: str | Made) -> str:
        return match_names([named(job)], self._session.names())[0]


def named(job: str | Made) -> str:
    """The name that is meant: of a handle, its own."""
    return job if isinstance(job, str) else job.name


def _saved(figure: Figure, file: str | None) -> Figure:
    if file:
        try:
            figure.savefig(file, bbox_inches="tight")
        except (OSError, ValueError) as error:
            raise NbflowError(f"cannot save {file!r}: {getattr(error, 'strerror', None) or error}") from None
    return figure
