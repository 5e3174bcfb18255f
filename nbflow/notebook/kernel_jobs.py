"""Jobs with ``--in kernel``: a thread of the kernel runs the body in the live namespace.

It can be stopped, by a person or its timeout, only between two lines of Python: not while it sleeps or computes in C.
"""

from __future__ import annotations

import ast
import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

from nbflow.core.hidden import is_hidden
from nbflow.core.inputs import Given, Whole
from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason
from nbflow.engine.client import (
    AttemptOrder,
    AttemptReport,
    Client,
    Work,
    exit_code,
    from_record,
    hidden,
    makes_tasks,
    remember,
    split_cell,
    take,
    with_found,
)
from nbflow.errors import ValueNotStorable
from nbflow.notebook.kernel_outputs import Doors, Outputs
from nbflow.notebook.stopping import Stopped, Stops, TimedOut

ERRORS = 3
"""Errors that are remembered: each keeps the variables of its frames."""
Bring = Callable[[Iterable[str]], None]


class KernelJobs:
    """Runs the attempts that the engine sends to this kernel, a thread each.

    *bring* puts job-made inputs into *namespace*; *shell* formats what the cell shows; *stirred* is told when a job
    has begun to run in the namespace, and when it has ended.
    """

    def __init__(self, client: Client, shell: Any, bring: Bring, stirred: Callable[[], None] = lambda: None) -> None:
        self.client, self.shell, self.bring, self.stirred = client, shell, bring, stirred
        self.errors: dict[str, BaseException] = {}
        """What ended the last few attempts that failed, by key, for the debugger."""
        self._doors = Doors(shell)
        self._stops = Stops()
        client.on_run_here(self.start, self._stops.stop)

    def start(self, order: AttemptOrder) -> None:
        """Run *order* in a thread of its own; its end is reported once."""
        self._doors.open()
        self._stops.expect(order.key)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, order), name=f"nbflow-{order.job}", daemon=True).start()

    def close(self) -> None:
        """Give the streams back, where nobody has replaced them since."""
        self._doors.close()

    def _run(self, order: AttemptOrder) -> None:
        self.stirred()
        try:
            report = self._attempt(order)
        finally:
            self.stirred()
        self.client.report(with_found(Path(order.folder), order.patterns, report))

    def _attempt(self, order: AttemptOrder) -> AttemptReport:
        """Carry *order* out; a failure while it is being stopped is the stop's, a success counts."""
        if order.bash:
            reason = Reason("executor unavailable", "bash needs a process: leave out --in kernel", order.attempt)
            return AttemptReport(key=order.key, end="failed", reason=reason)
        values, namespace = self.client.values.written_by(order.key), self.shell.user_ns
        work = Work(order, namespace, values, lambda *given: self._bring(work, *given), self._store)
        try:
            return from_record(work.kept(self._made(work)))
        except BaseException as error:  # the user's code may raise anything
            self._remember(order.key, error)
            how = self._stops.asked(order.key)
            return self._stopped(order, how) if how else from_record(work.failed(error))
        finally:
            self._stops.asked(order.key)

    def _remember(self, key: str, error: BaseException) -> None:
        self.errors[key] = error
        for old in list(self.errors)[:-ERRORS]:
            del self.errors[old]

    def _made(self, work: Work) -> Mapping[str, Any]:
        with (
            Outputs(self.shell, Path(work.order.folder)) as outputs,
            self._stops.open(work.order.key, work.order.timeout),
        ):
            return work.run(lambda: self._cell(work, outputs))

    def _cell(self, work: Work, outputs: Outputs) -> None:
        """Run the body; ``sys.exit(0)`` is an end like another."""
        try:
            self._execute(work.order, work.filename, outputs)
        except SystemExit as error:
            if exit_code(error):
                raise

    def _bring(self, work: Work, name: str, given: Given) -> None:
        """Have an input in the namespace: one that this job will write itself, or that is made of others, is loaded."""
        namespace = self.shell.user_ns
        if is_hidden(name):
            hidden.put(name, take(self.client.values, given, namespace), work.order.job)
        elif isinstance(given, Whole) and _unstored(given.value):
            pass  # what never left the kernel is where it was, whichever job is the next to change or delete it
        elif isinstance(given, Whole) and name not in (*work.order.outputs, *work.order.deletes):
            self.bring([name])
        else:
            namespace[name] = take(self.client.values, given, namespace, work.stand_in)

    def _execute(self, order: AttemptOrder, filename: str, outputs: Outputs) -> None:
        code, namespace = order.code or order.source, self.shell.user_ns
        remember(code, filename, order.source)
        body, last = split_cell(code, filename)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        parts = [compile(body, filename, "exec", flags=flags, dont_inherit=True)]
        if last is not None:
            expression = ast.Expression(last.body[0].value)  # type: ignore[attr-defined]
            parts.append(compile(expression, filename, "eval", flags=flags, dont_inherit=True))
        value = _evaluate(parts, namespace, in_loop=makes_tasks(code))
        if value is not None:
            outputs.show(value)

    def _stopped(self, order: AttemptOrder, how: type[Stopped]) -> AttemptReport:
        if issubclass(how, TimedOut):
            reason = Reason("timeout", f"{order.timeout:g} s", order.attempt)
            return AttemptReport(key=order.key, end="failed", reason=reason)
        return AttemptReport(key=order.key, end="cancelled", reason=Reason("cancelled"))

    def _store(self, name: str, value: object) -> ValueRef:
        """The value for other jobs, or, where it cannot leave the kernel, its type alone."""
        try:
            return self.client.values.dump(value, name)
        except ValueNotStorable:
            return ValueRef(type=type(value).__name__)


def _unstored(ref: ValueRef) -> bool:
    """Whether it stands for a value that only the kernel has."""
    return ref.file is None and ref.inline is None


def _evaluate(parts: Sequence[CodeType], namespace: dict[str, Any], in_loop: bool) -> Any:
    """Run *parts*; those that await get an event loop of this thread's own. The kernel's loop is never nested.

    Returns:
        What the last gives.
    """
    if in_loop or any(part.co_flags & inspect.CO_COROUTINE for part in parts):
        with asyncio.Runner() as runner:
            return runner.run(_awaited(parts, namespace))
    return [eval(part, namespace) for part in parts][-1]


async def _awaited(parts: Sequence[CodeType], namespace: dict[str, Any]) -> Any:
    value = None
    for part in parts:
        value = eval(part, namespace)
        if part.co_flags & inspect.CO_COROUTINE:
            value = await value
    return value
