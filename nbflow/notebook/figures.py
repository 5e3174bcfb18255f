"""pyplot's open figures, apart for each kernel job: neither shows or draws into those of cells and of other jobs."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

Own = Callable[[], OrderedDict[int, Any] | None]
"""The figures of the job whose code runs; None: it is a cell's."""


class Apart:
    """Stands for the dict of open figures: gives each kernel job one of its own."""

    def __init__(self, shared: Any, own: Own) -> None:
        self.shared, self._own = shared, own

    @property
    def _here(self) -> Any:
        own = self._own()
        return self.shared if own is None else own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._here, name)

    def __getitem__(self, number: int) -> Any:
        return self._here[number]

    def __setitem__(self, number: int, manager: Any) -> None:
        self._here[number] = manager

    def __delitem__(self, number: int) -> None:
        del self._here[number]

    def __contains__(self, number: object) -> bool:
        return number in self._here

    def __iter__(self) -> Iterator[int]:
        return iter(self._here)

    def __reversed__(self) -> Iterator[int]:
        return iter(list(self._here)[::-1])

    def __len__(self) -> int:
        return len(self._here)


def keep_apart(own: Own) -> None:
    """Have the figures of jobs apart from now on, if pyplot is loaded."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is not None and not isinstance(helpers.Gcf.figs, Apart):
        helpers.Gcf.figs = Apart(helpers.Gcf.figs, own)


def together() -> None:
    """Undo `keep_apart`."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is not None and isinstance(helpers.Gcf.figs, Apart):
        helpers.Gcf.figs = helpers.Gcf.figs.shared


def left_open(before: set[int]) -> Iterator[Any]:
    """The open figures but those of *before*, where figures are shown inline; each is closed once it has been used."""
    pyplot, matplotlib = sys.modules.get("matplotlib.pyplot"), sys.modules.get("matplotlib")
    if pyplot is None or matplotlib is None or "inline" not in str(matplotlib.get_backend()):
        return
    for number in sorted(set(pyplot.get_fignums()) - before):
        yield pyplot.figure(number)
        pyplot.close(number)


def open_now() -> set[int]:
    """The open figures, if pyplot is loaded."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot is not None and hasattr(pyplot, "get_fignums") else set()
