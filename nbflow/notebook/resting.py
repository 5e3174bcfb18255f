"""Whether the notebook's own code has run since: what nothing ran between, need not be looked at again.

IPython tells of cells and of widgets' callbacks. Whatever else may run code of the notebook's (threads, tasks of the
event loop, jobs in the kernel, the loop of a window) is looked for; in doubt nothing is at rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nbflow.notebook.bystanders import alone

_OURS = re.compile(r"\s*%%job\s+(?!.*(?:--for|--policy|=|\{))")
"""A cell that only declares a job: its header evaluates nothing."""


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
        if not self._ours or self._ordinary or not alone(self._kernel):
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
