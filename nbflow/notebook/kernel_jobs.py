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
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason
from nbflow.engine.client import (
    AttemptOrder,
    AttemptReport,
    Client,
    Display,
    DisplayFile,
    failure_text,
    reason_for,
    remember,
    split_cell,
)
from nbflow.errors import NbflowError, ValueNotStorable
from nbflow.notebook.stopping import Stopped, Stops, TimedOut

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

    *bring* puts job-made inputs into *namespace*; *shell* formats what the cell shows.
    """

    def __init__(self, client: Client, shell: Any, bring: Bring) -> None:
        self.client, self.shell, self.bring = client, shell, bring
        self._tees: list[tuple[str, Tee]] = []
        self._stops = Stops()
        client.on_run_here(self.start, self._stops.stop)

    def start(self, order: AttemptOrder) -> None:
        """Run *order* in a thread of its own; its end is reported once."""
        if not self._tees:
            self._redirect()
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, order), name=f"nbflow-{order.job}", daemon=True).start()

    def close(self) -> None:
        """Give the streams back, where nobody has replaced them since."""
        for name, tee in self._tees:
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.stream)
        self._tees.clear()

    def _redirect(self) -> None:
        for name, which in (("stdout", "out"), ("stderr", "err")):
            tee = Tee(getattr(sys, name), which)
            setattr(sys, name, tee)
            self._tees.append((name, tee))

    def _run(self, order: AttemptOrder) -> None:
        _log.set(Path(order.folder))
        self.client.report(self._attempt(order))

    def _attempt(self, order: AttemptOrder) -> AttemptReport:
        filename = f"<job {order.job}>"
        record = DisplayFile(Path(order.folder))
        hook = self._capture_displays(record)
        try:
            with self._stops.open(order.key, order.timeout):
                self._load(order)
                self._execute(order, filename, record)
        except TimedOut:
            reason = Reason("timeout", f"{order.timeout:g} s", order.attempt)
            return AttemptReport(key=order.key, end="failed", reason=reason)
        except Stopped:
            return AttemptReport(key=order.key, end="cancelled", reason=Reason("cancelled"))
        except SystemExit as error:
            if error.code not in (None, 0):
                return self._failed(order, error, filename)
        except BaseException as error:  # the user's code may raise anything
            return self._failed(order, error, filename)
        finally:
            hook()
        return self._succeeded(order)

    def _load(self, order: AttemptOrder) -> None:
        """Have the inputs in the namespace: those that this job will write itself are loaded for it."""
        namespace, names = self.shell.user_ns, []
        for name, ref in order.inputs.items():
            if ref is None:
                namespace[name] = None
            elif name not in order.outputs:
                names.append(name)
            elif ref.inline is not None or ref.file is not None:
                namespace[name] = self.client.values.load(ref, namespace)
        self.bring(names)

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

    def _failed(self, order: AttemptOrder, error: BaseException, filename: str) -> AttemptReport:
        text = failure_text(error, filename)
        ours = isinstance(error, NbflowError) and not text  # raised by none of the user's lines
        reason = Reason("input not loadable", str(error)) if ours else reason_for(error)
        return AttemptReport(key=order.key, end="failed", reason=reason, traceback=text)

    def _succeeded(self, order: AttemptOrder) -> AttemptReport:
        namespace, outputs = self.shell.user_ns, {}
        for name in order.outputs:
            if name in namespace:
                outputs[name] = self._store(name, namespace[name])
        missing = tuple(name for name in order.outputs if name not in namespace)
        return AttemptReport(key=order.key, end="succeeded", outputs=outputs, missing=missing)

    def _store(self, name: str, value: object) -> ValueRef:
        """The value for other jobs, or, where it cannot leave the kernel, its type alone."""
        try:
            return self.client.values.dump(value, name)
        except ValueNotStorable:
            return ValueRef(type=type(value).__name__)


def _evaluate(code: Any, namespace: dict[str, Any]) -> Any:
    """Run *code*; one that awaits gets an event loop of this thread's own. The kernel's loop is never nested."""
    result = eval(code, namespace)
    if not code.co_flags & inspect.CO_COROUTINE:
        return result
    with asyncio.Runner() as runner:
        return runner.run(result)
