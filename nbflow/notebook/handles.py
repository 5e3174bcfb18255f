"""Calls of job functions as people hold them: what they will make, how they stand, and the flows they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, NoReturn, Protocol

from nbflow.core.status import Status
from nbflow.errors import DeclarationError, NbflowError
from nbflow.notebook.building import Batch, Target
from nbflow.notebook.references import Outputs, Reference, output_of


class Declaring(Protocol):
    """A flow, as far as jobs know it."""

    def add(self, *jobs: Any) -> None:
        """Declare jobs."""

    def result(self, job: str, timeout: float | None = None) -> Any:
        """What a job has made."""

    def status_of(self, job: str) -> Status:
        """How it stands."""


_loaded: list[Declaring] = []
"""The flow of this notebook, if there is one."""
_entered: ContextVar[tuple[Declaring, ...]] = ContextVar("nbflow_flows", default=())
"""The flows whose ``with`` blocks the code is in, the innermost last; each thread and task has its own."""


def load(flow: Declaring) -> None:
    """Calls outside of any ``with flow:`` declare their jobs in *flow* from now on."""
    _loaded.append(flow)


def unload(flow: Declaring) -> None:
    """Undo `load`; none is fine."""
    _loaded[:] = [each for each in _loaded if each is not flow]


def enter(flow: Declaring) -> None:
    """A ``with flow:`` begins."""
    _entered.set((*_entered.get(), flow))


def leave(flow: Declaring) -> None:
    """The innermost ``with flow:`` of *flow* ends."""
    flows = [*_entered.get()]
    place = max((place for place, each in enumerate(flows) if each is flow), default=None)
    if place is not None:
        del flows[place]
    _entered.set(tuple(flows))


def current() -> Declaring | None:
    """The flow that a call declares its job in now."""
    return next(reversed((*_loaded, *_entered.get())), None)


class Handle:
    """One call of a job function: a job that is declared in a flow, or is yet to be.

    Made by calling a function that `job` has decorated. As an argument of another call it stands for its output.
    """

    is_job_call = True

    def __init__(
        self,
        function: Callable[..., Any],
        options: Mapping[str, Any],
        name: str,
        outputs: tuple[str, ...],
        arguments: dict[str, Any],
    ) -> None:
        self.function, self.options, self.arguments = function, options, arguments
        self.name = name
        """The job's name: final once it is declared, for until then another may have it."""
        self.outputs = outputs
        """The names of what it makes."""
        self.declared = False
        """It is a job of a flow."""
        self._flow: Declaring | None = None

    def __repr__(self) -> str:
        return f"<job {self.name}: {self.status.value if self.declared and self._flow else 'not declared'}>"

    @property
    def output(self) -> Reference | Outputs:
        """What it will make, to be given to other jobs: ``clean.output["train"].shape[0]``; of several, by name."""
        return output_of(self)

    @property
    def status(self) -> Status:
        """How the job stands.

        Raises:
            NbflowError: it is not declared.
        """
        return self._in_flow().status_of(self.name)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the job, and get what it has made: its output, or a dict of them where there are several.

        Args:
            timeout: seconds; None waits as long as it takes.

        Raises:
            JobFailedError: it ended without success.
            TimeoutError: it took longer than *timeout*.
            NbflowError: it is not declared, or held.
        """
        return self._in_flow().result(self.name, timeout)

    def _in_flow(self) -> Declaring:
        if not self.declared:
            raise NbflowError(f"job {self.name!r} is not declared: add it to a flow with flow.add, or call it in one")
        flow = self._flow or current()
        if flow is None:
            raise NbflowError(f"there is no flow here to ask about job {self.name!r}")
        return flow

    def check(self) -> None:
        """Raise unless it can be declared: one that has travelled from another process cannot."""
        if self.function is _gone:
            _gone()

    def declared_in(self, flow: Any, name: str) -> None:
        """It is job *name* of *flow* from now on; None: of the flow that the code runs in."""
        self.name, self.declared, self._flow = name, True, flow
        self.arguments = {}  # what they refer to can be let go

    def declare_inside(self, asking: Any) -> None:
        """Have it declared by the attempt that the code runs in; called by ``nbflow.attempt().add`` and its kind."""
        from nbflow.notebook.inside import declare

        declare(self, asking)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.name, self.outputs, self.declared)


def _restored(name: str, outputs: tuple[str, ...], declared: bool) -> Handle:
    """A handle that has travelled: it knows its job by name only."""
    handle = Handle(_gone, {}, name, outputs, {})
    handle.declared = declared
    return handle


def _gone(*_: Any, **__: Any) -> NoReturn:
    raise NbflowError("this handle comes from another process: it cannot be declared")


def gathered(jobs: tuple[Any, ...], target: Target) -> Batch:
    """*jobs*, handles or lists of them, and all that they refer to, ready to be declared in *target*.

    Raises:
        DeclarationError: one of them is no handle, or cannot be declared.
    """
    batch, ahead = Batch(target), list(jobs)
    while ahead:
        each = ahead.pop(0)
        if isinstance(each, Handle):
            batch.add(each)
        elif isinstance(each, list | tuple | set | frozenset):
            ahead[:0] = each
        elif isinstance(each, dict):
            ahead[:0] = each.values()
        else:
            raise DeclarationError(f"a value of type {type(each).__name__} is no job: call a function of nbflow.job")
    return batch
