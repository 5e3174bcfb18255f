"""A flow without a notebook: for scripts, tests and services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from nbflow.core.policies import Policy
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec, Limits
from nbflow.notebook import flow as notebook
from nbflow.notebook import handles
from nbflow.notebook.place import Place
from nbflow.notebook.resuming import outdated
from nbflow.notebook.session import NEW, Session
from nbflow.notebook.target import FlowTarget

STORE = ".nbflow"


@dataclass
class Settings:
    """What a script may set where a notebook has ``%config NBFlow``."""

    parallel: int = 0
    durable: str = "process"
    on_kernel_exit: str = "finish"
    limits: Limits = field(default_factory=Limits)
    cache_days: float = 30.0
    cache_limit: int = 10_000_000_000
    notify: list[str] = field(default_factory=list)


class Flow(notebook.Flow):
    """A flow of job functions, without IPython: all that `nbflow.flow` gives in a notebook, and ``with``.

    In ``with flow:`` each call of a function decorated with `nbflow.job` is declared at once, and starts as soon as
    what it refers to is there; at the end of the block the flow is waited for. ``flow.add`` declares calls that were
    made elsewhere. The engine outlives the script: where the block is left by an error, jobs go on, unless *on_exit*
    says otherwise.

    Args:
        name: the flow's name. Its runs are numbered from 1.
        store: the ``.nbflow`` folder, or the folder that holds it; made if need be.
        resume: go on with the last run instead of beginning a new one: jobs that are declared as they were are not run
            again, unless they failed or what they need is run again. A first run is begun where there is none.
        parallel: jobs that run at the same time; 0: one per processor.
        durable: ``process``: the log is safe against the death of any process; ``power``: against power loss too.
        on_exit: what becomes of jobs under way when the script has ended: ``finish`` or ``cancel``.
        limits: what the run as a whole may use.

    Raises:
        NbflowError: when first used: the engine or the store cannot be had.

    >>> import nbflow
    >>> @nbflow.job(retries=1)
    ... def square(x):
    ...     return x * x
    >>> with nbflow.Flow("sums", store=getfixture("tmp_path")) as flow:
    ...     total = nbflow.job(sum)([square(3).output, square(4).output])
    >>> total.result(), flow.status()
    (25, {'square': 'succeeded', 'square-2': 'succeeded', 'sum': 'succeeded'})
    >>> flow.stop()
    """

    def __init__(
        self,
        name: str,
        store: str | os.PathLike[str] = STORE,
        *,
        resume: bool = False,
        parallel: int = 0,
        durable: Literal["process", "power"] = "process",
        on_exit: Literal["finish", "cancel"] = "finish",
        limits: Limits | None = None,
    ) -> None:
        folder = Path(os.path.realpath(store))
        settings = Settings(parallel, durable, on_exit, limits or Limits())
        session = Session(Place(folder.parent if folder.name == STORE else folder, name), settings)
        super().__init__(session, _sleeping, target=FlowTarget(session))
        self._goes_on = resume
        self._redone: set[str] = set()

    def __enter__(self) -> Self:
        """Calls of job functions are declared in this flow from now on."""
        self._begun()
        handles.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for all jobs.

        Raises:
            RunFailedError: the run failed.
        """
        handles.leave(self)
        if kind is None:
            self.wait()

    def close(self) -> None:
        """Let go of the engine; jobs go on there."""
        self._session.close()

    def _begun(self) -> Run:
        """The run, taken up or begun."""
        session = self._session
        if session.opened is None:
            past = self._goes_on and bool(session.client.runs(self.name))
            session.open(0 if past else NEW)
            self._target.again = past
        return session.replica.run

    def _declare(self, specs: list[JobSpec], policies: dict[str, Policy]) -> None:
        run = self._begun()
        if self._target.again:
            with self._session.replica.lock:
                specs = outdated(run, specs, self._redone)
            self._redone.update(spec.name for spec in specs)
        if specs or policies:
            super()._declare(specs, policies)


@contextmanager
def _sleeping() -> Iterator[None]:
    """There are no clicks to serve: whoever waits is woken by the run."""
    yield None
