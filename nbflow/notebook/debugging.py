"""``%nbflow debug``: the inputs of a failed attempt are variables again, and a debugger stands where it failed."""

from __future__ import annotations

import pdb
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

from nbflow.core.inputs import Given, Whole
from nbflow.core.run import AttemptState, JobState
from nbflow.core.spec import ValueRef
from nbflow.core.status import Status
from nbflow.engine.client import AttemptOrder, again, take
from nbflow.errors import NbflowError
from nbflow.notebook.interrupt import uninterrupted
from nbflow.notebook.owners import Owners
from nbflow.notebook.rebuilding import Rebuilt
from nbflow.notebook.session import Session

_MISSING = object()


@dataclass(frozen=True)
class Postmortem:
    """A failed attempt, laid open.

    Attributes:
        job: the job's name.
        attempt: the attempt's number in the run.
        reason: why it failed, in words.
        inputs: variable -> the value that the attempt was given.
        error: its exception, with a traceback whose frames have the variables that they had; None where none was kept.
    """

    job: str
    attempt: int
    reason: str
    inputs: dict[str, Any] = field(default_factory=dict, repr=False)
    error: BaseException | None = field(default=None, repr=False)

    @property
    def frames(self) -> list[FrameType]:
        """The frames of *error*, the one that failed last; ``frame.f_locals`` has its variables."""
        found, trace = [], self.error.__traceback__ if self.error is not None else None
        while trace is not None:
            found.append(trace.tb_frame)
            trace = trace.tb_next
        return found


@dataclass
class _Replaced:
    """What a variable was before an attempt's input took its place."""

    value: Any
    maker: Any
    brought: Any
    put: Any


class Debugging:
    """Lays failed attempts of *session*'s run open.

    In a notebook, *namespace* and *owners* are its variables, *shell* is what shows tracebacks and opens the debugger,
    and *interactive* says whether there is somebody who can type. *live* gives the exception of an attempt that ran in
    this very process.
    """

    def __init__(
        self,
        session: Session,
        namespace: dict[str, Any] | None = None,
        owners: Owners | None = None,
        shell: Any = None,
        interactive: bool = True,
        live: Callable[[str], BaseException | None] = lambda _: None,
    ) -> None:
        self.session, self.namespace, self.owners = session, namespace, owners or Owners()
        self.shell, self.interactive, self.live = shell, interactive, live
        self._replaced: dict[str, _Replaced] = {}

    # --- which attempt
    def order(self, job: str, key: str) -> AttemptOrder:
        """What attempt *key* of *job* was given."""
        replica, place = self.session.replica, self.session.place.folder
        found = again.order_again(replica.events(), key, self.session.client.store, place)
        if found is None:
            raise NbflowError(f"the order of an attempt of {job!r} is not in the run's log")
        return found

    def inputs(self, order: AttemptOrder, names: dict[str, Any]) -> dict[str, Any]:
        """The values that *order* gives; functions get *names* as their globals.

        Raises:
            NbflowError: one is gone, or never left the kernel.
        """
        return {name: self._taken(name, given, names) for name, given in order.inputs.items() if name.isidentifier()}

    def _taken(self, name: str, given: Given, names: dict[str, Any]) -> Any:
        try:
            return take(self.session.client.values, given, names)
        except Exception as error:  # loading runs the code of whatever is loaded
            said = error if isinstance(error, NbflowError) else f"{type(error).__name__}: {error}"
            raise NbflowError(f"the input {name!r} of that attempt cannot be had: {said}") from error

    # --- debug
    def lay_open(self, job: str, number: int | None = None) -> Postmortem:
        """The last failed attempt of *job*, or attempt *number*, with its inputs and where it failed.

        Raises:
            NbflowError: there is no such attempt, or it has not failed.
        """
        attempt = failed(self.session.job(job), number)
        return self._laid_open(self.order(job, attempt.key), attempt)

    def _laid_open(self, order: AttemptOrder, attempt: AttemptState) -> Postmortem:
        inputs = self.inputs(order, self.namespace if self.namespace is not None else {})
        reason = attempt.reason.words() if attempt.reason is not None else "failed"
        return Postmortem(order.job, attempt.number, reason, inputs, self.error(attempt))

    def error(self, attempt: AttemptState) -> BaseException | None:
        """The exception that ended *attempt*, with its frames; None if they were not kept."""
        if (error := self.live(attempt.key)) is not None:
            return error
        client = self.session.client
        values = client.values  # says so if the store is not trusted: to load a frame's variables can run code
        kept = again.read_stack(client.attempt_folder(attempt.key), values)
        return Rebuilt(kept).error if kept is not None else None

    def trace(self, state: JobState) -> tuple[BaseException | None, TracebackType | None]:
        """What the error for reading a variable of the failed job of *state* is to lead to, where a person may look."""
        if not self.interactive or self.shell is None or state.status is not Status.FAILED or not state.attempts:
            return None, None
        with suppress(NbflowError):  # what is being told is that the job failed
            error = self.error(state.attempts[-1])
            return error, error.__traceback__ if error is not None else None
        return None, None

    def debug(self, job: str, number: int | None = None) -> Postmortem:
        """Lay the attempt open, have its inputs as variables, say so, and open the debugger where it failed."""
        attempt = failed(self.session.job(job), number)
        order = self.order(job, attempt.key)
        found = self._laid_open(order, attempt)
        print(f"{found.job}, attempt {found.attempt}: {found.reason}")
        for line in self.put(found.inputs, order.inputs):
            print(line)
        error = found.error
        if error is None:
            print(f"it left no frames: %nbflow reproduce {job} --attempt {found.attempt} runs it here, on these inputs")
            return found
        remember(error)
        if self.shell is not None:
            self._show(error)
        if not self.interactive:
            print(_HEADLESS.format(job=job))
        elif self.shell is not None:
            self.shell.debugger(force=True)
        elif sys.stdin is not None and sys.stdin.isatty():
            pdb.post_mortem(error.__traceback__)
        return found

    def _show(self, error: BaseException) -> None:
        self.shell.showtraceback((type(error), error, error.__traceback__))
        self.shell.InteractiveTB.tb = error.__traceback__

    # --- the notebook's variables
    def put(self, inputs: dict[str, Any], given: Mapping[str, Given]) -> list[str]:
        """Have the *inputs*, of which *given* says where they come from, as variables; what to say of it."""
        if self.namespace is None or not inputs:
            return []
        own = getattr(self.shell, "user_ns_hidden", {})  # IPython's own, such as its open()
        inputs = {name: value for name, value in inputs.items() if name not in own or own[name] is not self._now(name)}
        replaced = [name for name, value in inputs.items() if self._put(name, value, given[name])]
        said = [f"its inputs are variables here: {', '.join(inputs)}"]
        if replaced:
            said.append(
                f"they stand in the place of the notebook's {', '.join(replaced)} until %nbflow debug --restore"
            )
        return said

    def _now(self, name: str) -> Any:
        return self.namespace.get(name) if self.namespace is not None else None

    def _put(self, name: str, value: Any, given: Given) -> bool:
        """Have *value* as *name*; whether something else had to make place."""
        assert self.namespace is not None
        before, maker = self.namespace.get(name, _MISSING), self.owners.maker(name)
        if name in self._replaced and before is self._replaced[name].put:
            old = self._replaced[name]
            before, maker, brought = old.value, old.maker, old.brought
        else:
            brought = self.owners.brought.get(name)
            if brought is not None and before is brought.value and given == _whole(brought.made_by[-1]):
                return False  # the very value stands there
            if maker is None and before is not _MISSING and self._same(given, before):
                return False
        with uninterrupted():
            self.namespace[name] = value
            self._replaced[name] = _Replaced(before, maker, brought, value)
        return before is not _MISSING or maker is not None

    def assign(self, made: dict[str, Any]) -> str:
        """Have what an attempt run again has *made* as the notebook's own variables; what to say of it."""
        assert self.namespace is not None
        replaced = [name for name in made if name in self.namespace]
        owned = [name for name in made if self.owners.maker(name) is not None]
        with uninterrupted():
            self.namespace.update(made)
            for name in made:
                self.owners.release(name)
        said = f"assigned: {', '.join(made)}"
        if replaced:
            said += f"; the values that were there are gone: {', '.join(replaced)}"
        if owned:
            said += f"; cells now read these, not what a job makes: {', '.join(owned)}"
        return said

    def _same(self, given: Given, value: Any) -> bool:
        """Whether *value* is still what was captured of it."""
        return isinstance(given, Whole) and self.session.client.values.same(given.value, value)

    def restore(self) -> str:
        """Put back what inputs of attempts have replaced, but for what has been assigned since; what to say of it."""
        assert self.namespace is not None
        back, kept = list[str](), list[str]()
        for name, old in self._replaced.items():
            if self.namespace.get(name, _MISSING) is not old.put:
                kept.append(name)
                continue
            with uninterrupted():
                self.namespace.pop(name)
                if old.value is not _MISSING:
                    self.namespace[name] = old.value
                self.owners.release(name)
                if old.maker is not None:
                    self.owners.makers[name] = old.maker
                if old.brought is not None:
                    self.owners.brought[name] = old.brought
            back.append(name)
        self._replaced.clear()
        said = f"put back: {', '.join(back)}" if back else "nothing to put back"
        return said + (f"; assigned since, and left: {', '.join(kept)}" if kept else "")


def _whole(made: object) -> Whole | None:
    return Whole(made) if isinstance(made, ValueRef) else None


_HEADLESS = (
    "nobody can type here, so no debugger opens: open the notebook in JupyterLab and run %nbflow debug {job}, "
    "or look at nbflow.flow().debug({job!r}).frames[-1].f_locals"
)


def failed(state: JobState, number: int | None) -> AttemptState:
    """The failed attempt that is meant.

    Raises:
        NbflowError: there is none.
    """
    name = state.spec.name
    if number is not None:
        attempt = the_attempt(state, number)
        if attempt.end != "failed":
            how = attempt.end or "still running"
            raise NbflowError(f"attempt {number} of {name!r} has not failed, it is {how}: %nbflow reproduce {name}")
        return attempt
    for attempt in reversed(state.attempts):
        if attempt.end == "failed":
            return attempt
    because = f" ({state.reason.words()})" if state.reason is not None else ""
    raise NbflowError(f"job {name!r} has no failed attempt: it is {state.status.value}{because}")


def the_attempt(state: JobState, number: int | None) -> AttemptState:
    """Attempt *number* of the job, or its last.

    Raises:
        NbflowError: there is none.
    """
    name = state.spec.name
    if not state.attempts:
        raise NbflowError(f"job {name!r} has had no attempt yet: it is {state.status.value}")
    found = next((each for each in reversed(state.attempts) if number in (None, each.number)), None)
    if found is None:
        raise NbflowError(f"job {name!r} has no attempt {number}: it has {len(state.attempts)}")
    return found


def remember(error: BaseException) -> None:
    """Be the last error: what ``%debug``, ``%tb`` and `pdb.pm` open."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = error
