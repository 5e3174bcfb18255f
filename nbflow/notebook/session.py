"""One kernel's link to its engine and run: connected in the background, a run opened at the first need."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from typing import Any, Protocol

from nbflow.core.elements import fan_names, fan_of
from nbflow.core.event import Request
from nbflow.core.glance import Glance
from nbflow.core.groups import jobs_in
from nbflow.core.match import nearest
from nbflow.core.policies import Policy, Strict
from nbflow.core.run import JobState, Run
from nbflow.core.spec import JobSpec, Limits, ValueRef
from nbflow.engine.client import Client, Replica, Reply
from nbflow.errors import EngineError, NbflowError, StoreError, UnknownJob
from nbflow.notebook.capturing import Captures
from nbflow.notebook.place import Place

NEW, LAST = -1, 0
_OWN = {"nbflow", "ipykernel", "ipywidgets", "anywidget", "debugpy", "pydevd", "zmq", "tornado", "jupyter_client"}
"""What a kernel has loaded for itself."""
_INSIDE = frozenset({"nbflow.notebook.jobs", "nbflow.notebook.inside"})
"""What jobs that make jobs import."""


class Settings(Protocol):
    """What the session reads of ``%config NBFlow``."""

    parallel: int
    durable: str
    on_kernel_exit: str
    cache_days: float
    cache_limit: int
    notify: list[str]

    @property
    def limits(self) -> Limits:
        """What the run as a whole may use."""


class Session:
    """The kernel's link to the engine. Threads may call anything here; only `wait` blocks for long.

    The client connects in a background thread from the start (`warm`), so that the first job need not wait for an
    engine; the run is opened by the first declaration (a new one) or by `resume`.
    """

    def __init__(self, place: Place, settings: Settings, namespace: dict[str, Any] | None = None) -> None:
        self.place, self.settings, self.namespace = place, settings, namespace
        self.keys: dict[str, tuple[list[ValueRef], list[Any]]] = {}
        """Fan-out -> the keys of its elements, as stored and as this kernel has them."""
        self.captures = Captures(namespace if namespace is not None else {}, lambda: self.client.values)
        self._client: Client | None = None
        self._replica: Replica | None = None
        self._lock, self.closed = threading.RLock(), False
        self._listeners: list[Callable[[], None]] = []
        self._prepare: list[Callable[[Client], None]] = []
        self._store: tuple[int, int] | None = None
        self._unfollow: Callable[[], None] = lambda: None
        self._loaded, self._warmed = 0, frozenset[str]()

    # --- connecting
    def preload(self) -> None:
        """Tell the engine, in the background, which packages the kernel has loaded since it was last told."""
        if self._client is None or self._client.failure or self._loaded == len(sys.modules):
            return
        self._loaded, found = len(sys.modules), preloads(sys.modules) | _INSIDE
        if not found - self._warmed:
            return
        self._warmed = found
        replica, client = self._replica, self._client
        # An engine that takes over is told what a run was configured with.
        tell = partial(replica.configure, modules=sorted(found)) if replica else partial(client.warm, sorted(found))
        threading.Thread(target=tell, name="nbflow-preload", daemon=True).start()

    def warm(self, then: Callable[[Client], None] | None = None) -> threading.Thread:
        """Connect in the background; *then* is called with the client if that went well."""

        def connect() -> None:
            try:
                client = self.client
            except NbflowError:
                return  # said again, to the person, by the first cell that needs the engine
            if then is not None:
                then(client)

        context = contextvars.copy_context()  # what it prints belongs to the cell that asked
        thread = threading.Thread(target=context.run, args=(connect,), name="nbflow-warm", daemon=True)
        thread.start()
        return thread

    def on_connect(self, prepare: Callable[[Client], None]) -> None:
        """Have *prepare* called with each client as soon as it is connected."""
        self._prepare.append(prepare)

    @property
    def client(self) -> Client:
        """The connection, made if there is none.

        Raises:
            EngineError, StoreError: the engine cannot be had.
        """
        with self._lock:
            self._check_open()
            return self._client or self._connected(Client.connect(self.place.folder / ".nbflow"))

    def _check_open(self) -> None:
        if self.closed:
            raise EngineError("nbflow was unloaded here: load it again with %load_ext nbflow, then ask nbflow.flow()")

    def _connected(self, client: Client) -> Client:
        self._client = client
        self._limit(client)
        for prepare in self._prepare:
            prepare(client)
        return client

    @property
    def replica(self) -> Replica:
        """The run of this session, a new one if none was opened."""
        with self._lock:
            return self._replica or self.open(NEW)

    @property
    def opened(self) -> Replica | None:
        """The run of this session if there is one."""
        return self._replica

    def open(self, number: int = LAST) -> Replica:
        """Take up run *number* of this notebook's flow: the last (0), a new one (-1), or that one."""
        with self._lock:
            if number == LAST and (past := self.client.runs(self.place.flow)):
                number = past[-1].number
            if self._replica is not None and self._replica.info.number == number:
                return self._replica
            replica = self.client.open(self.place.flow, number, cwd=str(self.place.folder))
            self._configure(replica)
            self._unfollow()
            self._unfollow = replica.on_events(lambda _events: self._changed())
            self._replica, self._store = replica, self._identity()
        self._changed()
        return replica

    def held(self) -> AbstractContextManager[None]:
        """For a block that stores values for jobs that it will declare: none is collected in between."""
        return self.client.values.held() if self.client.trusted else nullcontext()

    def collect(self) -> Reply:
        """Have the values swept that nothing can read any more: how many, their bytes, and what is left."""
        return self.client.collect()

    def _limit(self, client: Client) -> None:
        if client.trusted:
            client.values.limit = self.settings.limits.store

    def configure(self) -> None:
        """Tell the engine what the settings are now, if a run is open; one opened later is told them then."""
        if self._client is not None:
            self._limit(self._client)
        if self._replica is not None and not self.closed:
            self._configure(self._replica)

    def _configure(self, replica: Replica) -> None:
        settings = self.settings
        replica.configure(
            slots=settings.parallel or None,
            cache=(settings.cache_days, settings.cache_limit),
            **{name: getattr(settings, name) for name in ("durable", "on_kernel_exit", "limits", "notify")},
            modules=sorted(self._warmed),
        )

    def check_store(self) -> None:
        """Let go of a run whose store was deleted: whatever is asked next begins a new one, in a new store.

        Raises:
            StoreError: so it is.
        """
        if self._replica is None or self._store == self._identity():
            return
        with self._lock:
            number, client = self._replica.info.number, self._client
            self._client, self._replica = None, None
        if client is not None:
            client.close()
        raise StoreError(f"the .nbflow folder was deleted, and run {number} with it: run all cells, in a new run")

    def _identity(self) -> tuple[int, int] | None:
        """Tells the present store from one that was deleted."""
        try:
            found = (self.place.folder / ".nbflow").stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Let go of the engine; jobs go on there."""
        with self._lock:
            client, self._client, self._replica = self._client, None, None
        self.closed = True
        self._changed()
        self._listeners.clear()
        if client is not None:
            client.close()

    def stop(self) -> None:
        """End the engine and every attempt. Whatever is asked next starts it again, and the run goes on then."""
        with self._lock:
            if self._client is None:
                with suppress(EngineError):  # none is running
                    self._connected(Client.connect(self.place.folder / ".nbflow", start=False))
            client = self._client
        if client is not None:
            client.stop()

    # --- watching
    def on_change(self, listener: Callable[[], None]) -> None:
        """Have *listener* called, on another thread, after each change of the run."""
        self._listeners.append(listener)

    def off_change(self, listener: Callable[[], None]) -> None:
        """Do not call *listener* any more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _changed(self) -> None:
        for listener in list(self._listeners):
            listener()

    def snapshot(self) -> dict[str, Any]:
        """The run as programs read it (page "what programs read" of the docs); of an empty run if none was opened."""
        self._check_open()
        if self._replica is not None:
            self._catch_up()
            return self._replica.snapshot()
        return empty_snapshot(self.place.flow)

    @contextmanager
    def glance(self) -> Iterator[Mapping[str, Any]]:
        """The same, made only where it is read; the run stands still meanwhile, so be brief."""
        self._check_open()
        if self._replica is None:
            yield empty_snapshot(self.place.flow)
            return
        self._catch_up()
        with self._replica.lock:
            yield Glance(self._replica.run, time.time())

    def _catch_up(self) -> None:
        """Where the engine was stopped and somebody else has started it again, follow that one."""
        client = self._client
        if client is not None and client.failure:
            with suppress(NbflowError):
                Client.connect(client.store, start=False, attached=False).close()
                client.runs(self.place.flow)

    def job(self, name: str) -> JobState:
        """The job's present state.

        Raises:
            UnknownJob: this run has no such job.
        """
        jobs = self._replica.run.jobs if self._replica is not None else {}
        if name not in jobs:
            raise UnknownJob(name, nearest(name, jobs))
        return jobs[name]

    def names(self) -> list[str]:
        """The jobs of the run in the order of their declaration."""
        self._check_open()
        jobs = self._replica.run.jobs if self._replica is not None else {}
        return [name for name, job in list(jobs.items()) if not job.spec.withdrawn]

    def fans(self) -> list[str]:
        """The fan-outs of the run."""
        return fan_names(self._replica.run) if self._replica is not None else []

    def members(self, name: str) -> list[str]:
        """The jobs of the group, or else of the fan-out, *name*."""
        run = self.replica.run
        fan = fan_of(run, name) if name not in run.groups or not run.groups[name].members else None
        return list(fan.elements) if fan is not None else jobs_in(run, name)

    def groups(self) -> list[str]:
        """The groups of the run."""
        return list(self._replica.run.groups) if self._replica is not None else []

    def policy(self, group: str) -> Policy:
        """The present policy of *group*, options included; strict where nobody has said otherwise."""
        run = self._replica.run if self._replica is not None else None
        return run.groups[group].policy if run is not None and group in run.groups else Strict()

    # --- acting
    def declare(self, jobs: Iterable[JobSpec], groups: Mapping[str, Policy]) -> None:
        """Declare jobs and group policies, all or nothing."""
        self.replica.declare(tuple(jobs), dict(groups))
        self.preload()

    def ask(self, kind: Callable[..., Request], names: Iterable[str], **more: Any) -> int:
        """Ask for one thing for each of the jobs; the number of requests that changed something."""
        at = time.time()
        requests = [kind(at=at, job=name, generation=self.job(name).generation, **more) for name in names]
        return self.replica.ask(*requests) if requests else 0

    def ask_run(self, kind: Callable[..., Request]) -> bool:
        """Ask for something that is about the run as a whole; whether that changed anything."""
        return self.replica.ask(kind(at=time.time())) > 0

    def store(self, name: str, value: Any) -> ValueRef:
        """Put *value* of the kernel into the store; *name* is what errors call it.

        Raises:
            ValueNotStorable: it cannot leave the kernel.
        """
        return self.captures.dump(value, name)

    def wait(self, done: Callable[[Run], bool], timeout: float | None, pump: Callable[[float], object] | None) -> bool:
        """Wait until *done* says so of the run; False after *timeout* seconds. *pump* is called between looks."""
        replica, start, step = self.replica, time.monotonic(), 0.002
        while True:
            if replica.wait(done, timeout=step if pump is not None else 0.2):
                return True
            if timeout is not None and time.monotonic() - start >= timeout:
                return False
            if pump is not None:
                pump(step)
                step = min(step * 1.2, 0.025)


def preloads(modules: Mapping[str, object]) -> frozenset[str]:
    """Top-level packages from site-packages that the kernel has loaded: the zygote imports them too."""
    found = []
    for name in list(modules):
        file = getattr(modules[name], "__file__", None)
        if "." not in name and name not in _OWN and file and "site-packages" in file and not name.startswith("_"):
            found.append(name)
    return frozenset(found)


def empty_snapshot(flow: str) -> dict[str, Any]:
    """The snapshot of a flow that has not begun a run."""
    return {"schema": 1, "flow": flow, "run": 0, "verdict": "succeeded", "jobs": {}, "groups": {}}
