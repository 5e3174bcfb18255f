"""`@nbflow.job`: functions whose calls are jobs, in notebooks, scripts and from inside of jobs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol, overload

from nbflow.core.status import Status
from nbflow.errors import DeclarationError, NbflowError
from nbflow.notebook import quantities
from nbflow.notebook.building import Batch, Target
from nbflow.notebook.calling import Called, bound
from nbflow.notebook.keywords import words
from nbflow.notebook.line import header_of
from nbflow.notebook.references import Outputs, Reference, output_of


class Declaring(Protocol):
    """A flow, as far as jobs know it."""

    def add(self, *jobs: Any) -> None:
        """Declare jobs."""

    def result(self, job: str, timeout: float | None = None) -> Any:
        """What a job has made."""

    def status_of(self, job: str) -> Status:
        """How it stands."""


_flows: list[Declaring] = []
"""The flows that calls declare their jobs in: the innermost ``with flow:`` last, the notebook's own first."""


def enter(flow: Declaring, innermost: bool = True) -> None:
    """Calls declare their jobs in *flow* from now on; as that of the notebook, where it is not the *innermost*."""
    _flows.insert(len(_flows) if innermost else 0, flow)


def leave(flow: Declaring) -> None:
    """Undo the last `enter` of *flow*; none is fine."""
    for place in reversed(range(len(_flows))):
        if _flows[place] is flow:
            del _flows[place]
            return


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
        flow = self._flow or (_flows[-1] if _flows else None)
        if flow is None:
            raise NbflowError(f"there is no flow here to ask about job {self.name!r}")
        return flow

    def declared_in(self, flow: Declaring | None, name: str) -> None:
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


class Job:
    """A function whose calls are jobs.

    Attributes:
        fn: the function itself: ``clean.fn(data)`` runs it here and now.
    """

    def __init__(self, fn: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self.fn, self._options = fn, dict(options)
        functools.update_wrapper(self, fn)
        self._outputs = _outputs(self._options.get("outputs", "output"))
        self._check()

    def __repr__(self) -> str:
        return f"<job function {self._label}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Handle:
        """Make a job of this call; it is declared at once in the flow that is current, if any.

        Raises:
            TypeError: the function does not take such arguments.
            DeclarationError: the job cannot be declared.
            ValueNotStorable: an argument cannot leave this process.
        """
        handle = Handle(self.fn, self._options, self._label, self._outputs, bound(self.fn, args, kwargs))
        if _flows:
            _flows[-1].add(handle)
        return handle

    def options(self, **options: Any) -> Job:
        """The same function with other *options*, as `job` takes them: ``fit.options(name="fit-a", retries=3)(a)``."""
        return Job(self.fn, {**self._options, **options})

    @property
    def _label(self) -> str:
        name = self._options.get("name") or getattr(self.fn, "__name__", type(self.fn).__name__)
        return str(name) if name != "<lambda>" else "job"

    def _check(self) -> None:
        """Say what is wrong with the options where they are written."""
        rest = {key: value for key, value in self._options.items() if key not in ("name", "outputs", "handler")}
        header_of(words(self._label, rest)[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (), {"fn": self.fn, "_options": self._options, "_outputs": self._outputs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        functools.update_wrapper(self, self.fn)


def _blank() -> Job:
    """A job function that is about to be told what it is: one may be among its own function's globals."""
    return Job.__new__(Job)


@overload
def job(function: Callable[..., Any], /) -> Job: ...
@overload
def job(**options: Any) -> Callable[[Callable[..., Any]], Job]: ...


def job(function: Callable[..., Any] | None = None, /, **options: Any) -> Job | Callable[[Callable[..., Any]], Job]:
    """Make each call of a function a job: ``@job``, or ``@job(retries=2, timeout="5m", fallback=last_good)``.

    A call gives a `Handle`. It is declared at once where a flow is current: in ``with flow:``, or in a notebook that
    has loaded nbflow; elsewhere when it is given to ``flow.add``, and inside of a job to ``nbflow.attempt().add`` and
    its kind. The function and its arguments are taken by value when the job is declared. Handles, and references such
    as ``clean.output["train"].shape[0]``, may stand for any argument and anywhere inside of one: the job waits for what
    they refer to.

    Args:
        function: the function, where there are no options.
        options: those of ``%%job``, with underscores (``on_exit``, ``retry_on``, ``max_delay``; ``if_``), each with the
            text that the option takes or the Python value that it stands for: numbers, seconds or a ``timedelta``,
            exception classes, functions, handles, policies, and lists of them. And ``name``: the job's name, in the
            place of the function's, which is made unique; ``outputs``: the names of several outputs, which the function
            gives as a dict or a tuple (one, ``output``, by default).

    Raises:
        NbflowError: an option is unknown, or has a wrong value.

    >>> @job(retries=2, timeout="5m")
    ... def clean(rows, limit=3):
    ...     return rows[:limit]
    >>> handle = clean([1, 2, 3, 4])
    >>> handle, handle.output[0], clean.fn([1, 2, 3, 4])
    (<job clean: not declared>, <clean.output[0], not there yet>, [1, 2, 3])
    >>> job(retrys=2)(len)
    Traceback (most recent call last):
    ...
    nbflow.notebook.tokens.LineError: unknown option --retrys (did you mean --retries?)
    """
    if function is not None:
        return Job(function, options)
    return lambda decorated: Job(decorated, options)


def declare(batch: Batch, flow: Declaring | None) -> None:
    """The jobs of *batch* are declared in *flow*: their handles know it."""
    for call in batch.calls:
        assert isinstance(call, Handle)
        call.declared_in(flow, batch.names[id(call)])


def gathered(jobs: tuple[Any, ...], target: Target) -> Batch:
    """*jobs*, handles or lists of them, and all that they refer to, ready to be declared in *target*.

    Raises:
        DeclarationError: one of them is no handle, or cannot be declared.
    """
    batch, ahead = Batch(target), list(jobs)
    while ahead:
        each = ahead.pop(0)
        if isinstance(each, Handle):
            batch.add(_checked(each))
        elif isinstance(each, list | tuple | set | frozenset):
            ahead[:0] = each
        elif isinstance(each, dict):
            ahead[:0] = each.values()
        else:
            raise DeclarationError(f"a {type(each).__name__} is no job: call a function decorated with nbflow.job")
    return batch


def _checked(handle: Handle) -> Called:
    if not handle.declared and handle.function is _gone:
        _gone()
    return handle


def _outputs(given: Any) -> tuple[str, ...]:
    """The names of the outputs, given as a text or a sequence."""
    try:
        return quantities.variables(given if isinstance(given, str) else ",".join(given))
    except (TypeError, ValueError):
        raise DeclarationError(f"--outputs takes variables' names, not {given!r}") from None
