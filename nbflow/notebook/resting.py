"""Whether the notebook's own code has run since: what nothing ran between, need not be looked at again.

IPython tells of cells and of widgets' callbacks. Whatever else may run code of the notebook's (threads, tasks of the
event loop, jobs in the kernel, the loop of a window) is looked for; in doubt nothing is at rest.
"""

from __future__ import annotations

import asyncio
import functools
import re
import threading
from collections.abc import Callable
from typing import Any

_OURS = re.compile(r"\s*%%job\s+(?!.*(?:--for|--policy|=|\{))")
"""A cell that only declares a job: its header evaluates nothing."""
_FRAMEWORK = ("ipykernel", "IPython", "nbflow", "zmq", "tornado", "jupyter_client", "debugpy", "_pydevd", "pydevd")
"""Packages whose threads and tasks run no code of the notebook's, but for what IPython tells of."""
_ON_BEHALF = ("nbflow.notebook.kernel_jobs", "nbflow.notebook.following")
"""Modules of nbflow whose threads run code of the notebook's."""
_FOLDERS = re.compile(r"[/\\](?:" + "|".join(_FRAMEWORK) + r")[/\\]")


class Rest:
    """Counts the times at which code of the notebook's may have run.

    >>> rest = Rest()
    >>> before = rest.epoch
    >>> rest.stirred()
    >>> rest.epoch == before, rest.now is None
    (False, True)
    """

    def __init__(self, kernel: Any = None) -> None:
        self.epoch = 0
        self._kernel = kernel
        self._ordinary: dict[int, Any] = {}
        self._ours: dict[int, Any] = {}

    def stirred(self, *_: object) -> None:
        """Code of the notebook's runs, or has run."""
        self.epoch += 1

    @property
    def now(self) -> int | None:
        """The present epoch, while a cell runs that only declares a job and nothing else does; else None.

        Where it is the same twice, no code of the notebook's ran in between.
        """
        if not self._ours or self._ordinary or not _alone(self._kernel):
            return None
        return self.epoch

    def watch(self, events: Any) -> None:
        """Hear of what IPython runs."""
        for name, hear in self._hooks():
            events.register(name, hear)

    def leave(self, events: Any) -> None:
        """Hear of it no more."""
        for name, hear in self._hooks():
            events.unregister(name, hear)

    def _hooks(self) -> list[tuple[str, Callable[..., None]]]:
        return [("pre_execute", self.before), ("pre_run_cell", self.begins), ("post_run_cell", self.ended)]

    def before(self) -> None:
        """A cell or a widget's callback is about to run."""
        self.epoch += 1

    def begins(self, info: Any) -> None:
        """A cell begins: one that only declares a job does not count."""
        if ours(info.raw_cell):
            self.epoch -= 1  # what `before` counted was this one
            self._ours[id(info)] = info
        else:
            self._ordinary[id(info)] = info

    def ended(self, result: Any = None) -> None:
        """A cell has ended."""
        info = getattr(result, "info", None)
        if self._ours.pop(id(info), None) is None:
            self._ordinary.pop(id(info), None)
            self.epoch += 1


def ours(cell: str) -> bool:
    """Whether *cell* only declares a job.

    >>> ours("%%job a --retries 2\\nx = {1}"), ours("%%job a[k] --for k=ks.pop()\\nx"), ours("x = 1")
    (True, False, False)
    """
    head, _, body = cell.lstrip().partition("\n")
    more = [line for line in body.splitlines() if line.lstrip().startswith("#|")]
    return all(_OURS.match(line) is not None for line in (head, *(f"%%job x {line}" for line in more)))


def _alone(kernel: Any) -> bool:
    """Whether nothing but the framework is at work beside the cell."""
    if getattr(kernel, "eventloop", None) is not None or any(map(_foreign_thread, threading.enumerate())):
        return False
    try:
        loop: Any = asyncio.get_running_loop()
    except RuntimeError:
        loop = getattr(getattr(kernel, "io_loop", None), "asyncio_loop", None)
    if loop is None:
        return True
    handles = [*getattr(loop, "_scheduled", ()), *getattr(loop, "_ready", ())]
    tasks = asyncio.all_tasks(loop)
    return not any(map(_foreign_task, tasks)) and not any(_foreign_call(h._callback, h._args) for h in handles)


def _foreign_thread(thread: threading.Thread) -> bool:
    if thread is threading.main_thread():
        return False
    target = getattr(thread, "_target", None)
    target = target.func if isinstance(target, functools.partial) else target
    module = getattr(target, "__module__", None) or type(thread).__module__
    if module in _ON_BEHALF:
        return True
    return not (thread.name.startswith("nbflow-") or _framework(type(thread).__module__) or _framework(module))


def _foreign_task(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is None or _FOLDERS.search(code.co_filename) is None


def _foreign_call(callback: Any, args: Any) -> bool:
    """Whether what the event loop is to call may be the notebook's."""
    while isinstance(callback, functools.partial):
        callback, args = callback.func, callback.args
    owner: Any = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Future):
        return False  # tasks are looked at themselves
    if type(owner).__name__ == "PeriodicCallback":
        return _foreign_call(owner.callback, ())
    module = getattr(callback, "__module__", None) or type(owner).__module__
    if module == "asyncio.futures":
        return False
    return not _framework(module) or any(callable(each) and _foreign_call(each, ()) for each in args or ())


def _framework(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in _FRAMEWORK
