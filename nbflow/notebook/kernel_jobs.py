"""Jobs with ``--in kernel``: a thread of the kernel runs the body in the live namespace.

It can be stopped, by a person or its timeout, only between two lines of Python: not while it sleeps or computes in C.
"""

from __future__ import annotations

import ast
import asyncio
import contextvars
import inspect
import io
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from nbflow.core.hidden import is_hidden
from nbflow.core.inputs import Given, Whole
from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason
from nbflow.engine.client import (
    AttemptOrder,
    AttemptReport,
    Client,
    Display,
    DisplayFile,
    Work,
    exit_code,
    from_record,
    hidden,
    remember,
    split_cell,
    take,
    with_found,
)
from nbflow.errors import ValueNotStorable
from nbflow.notebook.stopping import Stopped, Stops, TimedOut

ERRORS = 3
"""Errors that are remembered: each keeps the variables of its frames."""
Bring = Callable[[Iterable[str]], None]
_log: contextvars.ContextVar[Path | None] = contextvars.ContextVar("nbflow_kernel_job_folder", default=None)


class Tee(io.TextIOBase):
    """Stands for ``sys.stdout`` or ``sys.stderr``: what a kernel job's thread writes goes to its log, all else on."""

    def __init__(self, stream: TextIO, which: str) -> None:
        self.stream, self.which = stream, which

    def write(self, text: str) -> int:
        """Write *text* to the job's log, or on to the stream."""
        folder = _log.get()
        if folder is None:
            return self.stream.write(text)
        with (folder / self.which).open("a", encoding="utf-8") as log:
            return log.write(text)

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class KernelJobs:
    """Runs the attempts that the engine sends to this kernel, a thread each.

    *bring* puts job-made inputs into *namespace*; *shell* formats what the cell shows; *stirred* is told when a job
    has begun to run in the namespace, and when it has ended.
    """

    def __init__(self, client: Client, shell: Any, bring: Bring, stirred: Callable[[], None] = lambda: None) -> None:
        self.client, self.shell, self.bring, self.stirred = client, shell, bring, stirred
        self.errors: dict[str, BaseException] = {}
        """What ended the last few attempts that failed, by key, for the debugger."""
        self._tees: list[tuple[str, Tee]] = []
        self._stops = Stops()
        client.on_run_here(self.start, self._stops.stop)

    def start(self, order: AttemptOrder) -> None:
        """Run *order* in a thread of its own; its end is reported once."""
        self._redirect()
        self._stops.expect(order.key)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, order), name=f"nbflow-{order.job}", daemon=True).start()

    def close(self) -> None:
        """Give the streams back, where nobody has replaced them since."""
        for name, tee in self._tees:
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.stream)
        self._tees.clear()

    def _redirect(self) -> None:
        """Have our own streams in place, also where somebody has replaced them since the last job."""
        for name, which in (("stdout", "out"), ("stderr", "err")):
            stream = getattr(sys, name)
            if not any(stream is tee for _, tee in self._tees):
                tee = Tee(stream, which)
                setattr(sys, name, tee)
                self._tees.append((name, tee))

    def _run(self, order: AttemptOrder) -> None:
        _log.set(Path(order.folder))
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
        record = DisplayFile(Path(work.order.folder))
        hook = self._capture_displays(record)
        try:
            with self._stops.open(work.order.key, work.order.timeout):
                return work.run(lambda: self._cell(work, record))
        finally:
            hook()
            record.close()

    def _cell(self, work: Work, record: DisplayFile) -> None:
        """Run the body; ``sys.exit(0)`` is an end like another."""
        try:
            self._execute(work.order, work.filename, record)
        except SystemExit as error:
            if exit_code(error):
                raise

    def _bring(self, work: Work, name: str, given: Given) -> None:
        """Have an input in the namespace: one that this job will write itself, or that is made of others, is loaded."""
        namespace = self.shell.user_ns
        if is_hidden(name):
            hidden.put(name, take(self.client.values, given, namespace), work.order.job)
        elif isinstance(given, Whole) and name not in (*work.order.outputs, *work.order.deletes):
            self.bring([name])
        elif not (isinstance(given, Whole) and _unstored(given.value)):  # what never left the kernel is where it was
            namespace[name] = take(self.client.values, given, namespace, work.stand_in)

    def _execute(self, order: AttemptOrder, filename: str, record: DisplayFile) -> None:
        code, namespace = order.code or order.source, self.shell.user_ns
        remember(code, filename, order.source)
        body, last = split_cell(code, filename)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        _evaluate(compile(body, filename, "exec", flags=flags, dont_inherit=True), namespace)
        if last is not None:
            expression = ast.Expression(last.body[0].value)  # type: ignore[attr-defined]
            value = _evaluate(compile(expression, filename, "eval", flags=flags, dont_inherit=True), namespace)
            if value is not None:
                data, metadata = self.shell.display_formatter.format(value)
                record(Display(data=data, metadata=metadata))

    def _capture_displays(self, record: DisplayFile) -> Callable[[], object]:
        """Have this thread's ``display`` calls recorded; the result ends that. Only kernels have such hooks."""
        publisher = self.shell.display_pub
        if not hasattr(publisher, "register_hook"):
            return lambda: None

        def hook(message: dict[str, Any]) -> None:
            content, kind = message["content"], message["header"]["msg_type"]
            if kind in ("display_data", "update_display_data"):
                transient = content.get("transient") or {}
                update = kind == "update_display_data"
                record(
                    Display(
                        data=content["data"],
                        metadata=content["metadata"],
                        display_id=transient.get("display_id", ""),
                        update=update,
                    )
                )

        publisher.register_hook(hook)
        return lambda: publisher.unregister_hook(hook)

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


def _evaluate(code: Any, namespace: dict[str, Any]) -> Any:
    """Run *code*; one that awaits gets an event loop of this thread's own. The kernel's loop is never nested."""
    result = eval(code, namespace)
    if not code.co_flags & inspect.CO_COROUTINE:
        return result
    with asyncio.Runner() as runner:
        return runner.run(result)
