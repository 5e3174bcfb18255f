"""`@nbflow.job`: functions whose calls are jobs, in notebooks, scripts and from inside of jobs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, overload

from nbflow.errors import DeclarationError
from nbflow.notebook import quantities
from nbflow.notebook.calling import bound
from nbflow.notebook.handles import Handle, current
from nbflow.notebook.keywords import words
from nbflow.notebook.line import header_of


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
        if (flow := current()) is not None:
            flow.add(handle)
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


def _outputs(given: Any) -> tuple[str, ...]:
    """The names of the outputs, given as a text or a sequence."""
    try:
        return quantities.variables(given if isinstance(given, str) else ",".join(given))
    except (TypeError, ValueError):
        raise DeclarationError(f"--outputs takes variables' names, not {given!r}") from None
