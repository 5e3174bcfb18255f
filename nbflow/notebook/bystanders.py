"""What may run code of the notebook's beside its cells: threads, tasks and timers of the event loop, windows."""

from __future__ import annotations

import asyncio
import functools
import re
import threading
from typing import Any

_FRAMEWORK = ("ipykernel", "IPython", "nbflow", "zmq", "tornado", "jupyter_client", "debugpy", "_pydevd", "pydevd")
"""Packages whose threads and tasks run no code of the notebook's, but for what IPython tells of."""
_ON_BEHALF = ("nbflow.notebook.kernel_jobs", "nbflow.notebook.following")
"""Modules of nbflow whose threads run code of the notebook's."""
_FOLDERS = re.compile(r"[/\\](?:" + "|".join(_FRAMEWORK) + r")[/\\]")


def alone(kernel: Any) -> bool:
    """Whether nothing but the framework is at work beside the cell. In doubt it is not so."""
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
