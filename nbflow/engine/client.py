"""The only door to the engine for notebooks and the command line: connect, open runs, declare, ask, read.

Example:
    >>> client = Client.connect(getfixture("tmp_path") / ".nbflow")
    >>> replica = client.open("analysis")
    >>> replica.declare([JobSpec(name="hello", source="x = 6 * 7", outputs=("x",))])
    >>> replica.wait(lambda run: run.jobs["hello"].status.ended, timeout=30)
    True
    >>> client.values.load(replica.run.jobs["hello"].outputs["x"])
    42
    >>> client.stop()
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from nbflow.core.spec import JobSpec
from nbflow.core.status import Reason
from nbflow.engine import again, hidden, log_parts, preview, shown
from nbflow.engine.attempt.cell import makes_tasks, remember
from nbflow.engine.attempt.cell import split as split_cell
from nbflow.engine.attempt.displays import DisplayFile
from nbflow.engine.attempt.failures import exit_code
from nbflow.engine.attempt.functions import Function
from nbflow.engine.attempt.noted import with_found
from nbflow.engine.attempt.record import ERR, OUT, AttemptOrder, AttemptReport, Display
from nbflow.engine.attempt.results import from_record
from nbflow.engine.attempt.work import Work
from nbflow.engine.imports import Import, imported
from nbflow.engine.link import Answer, Link, LinkLost, dial, raised
from nbflow.engine.locate import find_store
from nbflow.engine.logs import read_log, read_progress, read_since
from nbflow.engine.orders import attempt_folder
from nbflow.engine.reach import end_engine, reach
from nbflow.engine.replica import Replica
from nbflow.engine.taking import take
from nbflow.engine.trust import trust, trusted
from nbflow.engine.values import INLINE_LIMIT, Values
from nbflow.engine.wire import (
    Collect,
    Committed,
    Configure,
    Goodbye,
    Open,
    Opened,
    Read,
    Reply,
    Report,
    RunHere,
    RunInfo,
    Runs,
    Stop,
    StopHere,
    ToClient,
    ToEngine,
)
from nbflow.errors import EngineError, NbflowError, StoreError

__all__ = [
    "ERR", "INLINE_LIMIT", "OUT", "AttemptOrder", "AttemptReport", "Client", "Display", "DisplayFile", "Function",
    "Import", "JobSpec", "Replica", "Reply", "RunInfo", "Values", "Work", "again", "attempt_folder", "exit_code",
    "find_store", "from_record", "hidden", "imported", "log_parts", "makes_tasks", "preview", "read_progress",
    "remember", "shown", "split_cell", "take", "trust", "trusted", "with_found",
]  # fmt: skip
M = TypeVar("M", Open, Read)
_ANSWER_PATIENCE, _TRIES = 60.0, 10
_REVIVALS = (0.0, *(min(2.0, 0.05 * 1.5**n) for n in range(20)))


class Client:
    """A connection to the engine of one store, safe to use from any thread; made by `Client.connect`.

    Where the engine dies it is started again: at once if jobs were under way, else at the next request. Replicas live
    on.

    Attributes:
        store: the ``.nbflow`` folder.
        failure: why there is no engine any more, once it was stopped or could not be started again.
    """

    def __init__(self, store: Path, start: bool, attached: bool) -> None:
        self.store = store
        self.failure: EngineError | None = None
        self._start, self._attached = start, attached
        self._link: Link | None = None
        self._linking = threading.RLock()
        self._replicas: list[Replica] = []
        self._opening: dict[int, Replica] = {}
        self._closed = False
        self._here: set[str] = set()
        """Attempts under way in this process."""
        self._run_here: Callable[[AttemptOrder], None] | None = None
        self._stop_here: Callable[[str], None] = lambda _key: None

    @classmethod
    def connect(cls, store: str | os.PathLike[str], start: bool = True, attached: bool = True) -> Client:
        """Connect to the engine of *store*, which is made if need be, and the engine started.

        Args:
            store: the ``.nbflow`` folder, as `find_store` gives it.
            start: False: only an engine that is running already.
            attached: whether this client keeps the engine from ending when nothing is left to do.

        Raises:
            EngineError: there is no engine, or it does not answer.
            StoreError: the store cannot be made, or its log not be read.
        """
        client = cls(Path(os.path.realpath(store)), start, attached)
        client._linked()
        return client

    # --- runs
    def open(self, flow: str, number: int = 0, cwd: str | os.PathLike[str] = "") -> Replica:
        """Take up a run of *flow* and follow it.

        Args:
            flow: the flow's name.
            number: which run: 0 the last (a first one is made if there is none), -1 a new one, else its number.
            cwd: the notebook's folder, where attempts run; the folder of the store if empty.

        Raises:
            StoreError: there is no such run.
        """
        folder = os.path.realpath(cwd or self.store.parent)
        replica = Replica(self)
        self._request(lambda ref: self._open(ref, replica, flow, number, folder))
        if not replica.wait(lambda _: replica.complete, _ANSWER_PATIENCE):
            raise EngineError(f"the history of {flow!r} did not arrive: see {self.store / 'engine.log'}")
        return replica

    def read(self, flow: str, number: int) -> Replica:
        """Run *number* of *flow* as it stands in the log: nothing is taken up for that, and nothing is followed.

        Raises:
            StoreError: there is no such run.
        """
        replica = Replica(self)
        self._request(lambda ref: self._awaited(ref, replica, Read(ref=ref, flow=flow, number=number)))
        if not replica.wait(lambda _: replica.complete, _ANSWER_PATIENCE):
            raise EngineError(f"run {number} of {flow!r} did not arrive: see {self.store / 'engine.log'}")
        self._replicas.remove(replica)
        return replica

    def runs(self, flow: str = "") -> tuple[RunInfo, ...]:
        """The runs of *flow*, or of all flows of the store, oldest first."""
        return self.call(lambda ref: Runs(ref=ref, flow=flow)).runs

    def warm(self, modules: Sequence[str]) -> None:
        """Have *modules*, installed packages that jobs will import, loaded before the next attempts start."""
        self.call(lambda ref: Configure(ref=ref, run=0, modules=tuple(modules)))

    def call(self, make: Callable[[int], ToEngine], done: Callable[[], bool] = lambda: False) -> Reply:
        """Send a request; where the engine ends meanwhile, send it again unless *done* says that it was carried out."""
        answer = self._request(make, done)
        assert isinstance(answer, Reply)
        return answer

    def collect(self) -> Reply:
        """Have the values swept that nothing can read any more; tells how many, and what is left."""
        return self.call(lambda ref: Collect(ref=ref))

    @property
    def pid(self) -> int:
        """The engine's process."""
        return self._linked().welcome.pid

    # --- values and files
    @property
    def trusted(self) -> bool:
        """Whether this store's jobs may run and its values be loaded: it was made by this user here, or is trusted."""
        return trusted(self.store)

    @cached_property
    def values(self) -> Values:
        """The store's values.

        Raises:
            StoreError: the store is gone, or not trusted, and loading a value can run code.
        """
        if not self.store.exists():
            raise StoreError(f"{self.store} is gone, and with it what its jobs made")
        if not self.trusted:
            raise StoreError(f"{self.store} was not made by you here, so its values are not loaded: see %nbflow trust")
        return Values(self.store)

    def attempt_folder(self, key: str) -> Path:
        """The folder of an attempt's files."""
        return attempt_folder(self.store, key)

    def log(self, key: str, stream: str = OUT, last: int | None = None) -> str:
        """What the attempt has written so far to *stream*, ``out`` or ``err``; of the *last* so many bytes only."""
        return read_log(attempt_folder(self.store, key), stream, last)

    def log_since(self, key: str, stream: str, start: int) -> tuple[bytes, int]:
        """What the attempt has written to *stream* from byte *start* on, and where to go on next time."""
        return read_since(attempt_folder(self.store, key), stream, start)

    def shown(self, key: str, last: int) -> list[shown.Shown]:
        """What the attempt has printed, of each stream the *last* so many bytes, and displayed, in its order."""
        return shown.read_shown(attempt_folder(self.store, key), last)

    def on_run_here(self, run: Callable[[AttemptOrder], None], stop: Callable[[str], None] = lambda _key: None) -> None:
        """Offer this process for jobs of executor ``kernel``.

        *run* gets each order, and must see to it that `report` is called once for it; *stop* gets the key of an attempt
        that should end. Both are called on the client's own thread: they must be brief and make no requests.
        """
        self._run_here, self._stop_here = run, stop

    def report(self, report: AttemptReport) -> None:
        """Tell the end of an attempt that ran in this process."""
        self.call(lambda ref: Report(ref=ref, report=report))
        self._here.discard(report.key)

    # --- ends
    def stop(self) -> None:
        """End the engine and all it runs; jobs under way end cancelled, and can be retried. None running is fine."""
        with self._linking:
            try:
                link = self._link if self._link and self._link.alive else dial(self.store, attached=False)
            except EngineError:
                end_engine(self.store)
                return
            if link is None:
                return
            if link is not self._link:
                link.listen(lambda _message: None, lambda: None)
        with suppress(LinkLost):
            link.call(lambda ref: Stop(ref=ref), _ANSWER_PATIENCE)
        link.join(_ANSWER_PATIENCE)

    def close(self) -> None:
        """Disconnect. The engine goes on with what is under way."""
        self._closed = True
        if self._link is not None:
            self._link.close()
            self._link.join(1.0)

    # --- the connection
    def _request(self, make: Callable[[int], ToEngine], done: Callable[[], bool] = lambda: False) -> Answer:
        asked = False
        for _ in range(_TRIES):
            with suppress(LinkLost):
                link = self._linked()
                if asked and done():
                    return Reply(ref=0)
                asked = True
                answer = link.call(make, _ANSWER_PATIENCE)
                if isinstance(answer, Reply) and answer.error:
                    raise raised(answer)
                return answer
        raise EngineError(f"the engine ended {_TRIES} times while it was asked: see {self.store / 'engine.log'}")

    def _linked(self) -> Link:
        """The connection, made anew if it is gone; replicas are up to date again then."""
        with self._linking:
            if self._closed:
                raise EngineError("this client is closed: connect again")
            if self._link is None or not self._link.alive:
                self._opening.clear()
                self._link = reach(self.store, self._start, self._attached)
                self.failure = None
                self._link.listen(self._push, self._lost)
                for replica in self._replicas:
                    self._open_again(self._link, replica)
            return self._link

    def _open(self, ref: int, replica: Replica, flow: str, number: int, cwd: str) -> Open:
        return self._awaited(ref, replica, Open(ref, flow, number, cwd, tuple(self._here)))

    def _awaited(self, ref: int, replica: Replica, asked: M) -> M:
        """*asked*, the answer to which is for *replica*."""
        self._opening[ref] = replica
        return asked

    def _open_again(self, link: Link, replica: Replica) -> None:
        link.call(lambda ref: self._open(ref, replica, replica.info.flow, replica.info.number, ""), _ANSWER_PATIENCE)
        replica.wait(lambda _: replica.complete or not link.alive, _ANSWER_PATIENCE)
        if replica.settings:
            link.call(lambda ref: replica.setting(ref), _ANSWER_PATIENCE)

    # --- on the client's thread
    def _push(self, message: ToClient) -> None:
        match message:
            case Opened(ref=ref):
                replica = self._opening.pop(ref)
                if replica not in self._replicas:
                    self._replicas.append(replica)
                replica.begin(message)
            case Committed(run=run):
                for replica in self._replicas:
                    if replica.info.run == run:
                        replica.commit(message)
            case RunHere(order=order):
                self._run(order)
            case StopHere(key=key):
                self._stop_here(key)
            case Goodbye(why=why):
                self.failure = EngineError(f"the engine {why}; whatever is asked next starts it again")

    def _run(self, order: AttemptOrder) -> None:
        if self._run_here is not None:
            self._here.add(order.key)
            self._run_here(order)
            return
        reason = Reason("executor unavailable", "this client runs no jobs itself")
        report = AttemptReport(key=order.key, end="failed", reason=reason)
        assert self._link is not None
        self._link.ask(lambda ref: Report(ref=ref, report=report))

    def _lost(self) -> None:
        """The engine has gone. If jobs were under way another one is started, to take them up."""
        if not self._closed and self.failure is None and self._start and any(r.active for r in self._replicas):
            self._revive()
        for replica in self._replicas:
            replica.wake()

    def _revive(self) -> None:
        failure: NbflowError | None = None
        for pause in _REVIVALS:
            time.sleep(pause)
            try:
                self._linked()
            except StoreError as error:
                failure = error
                break
            except EngineError as error:
                failure = error
            else:
                return
        if self._link is None or not self._link.alive:
            self.failure = EngineError(f"the engine ended and could not be started again: {failure}")
