"""Progress bars of `tqdm`, used in a job as anywhere: what they show is told as the attempt's progress, too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbflow.engine.after_import import after_import

Progress = Callable[[float, "float | None", str], None]
"""Takes how much is done, of how much, and what it is about."""


def listen(progress: Progress) -> None:
    """Have *progress* told by every outermost bar from now on, whenever it would be drawn anew."""
    after_import("tqdm.std", lambda: _wrap(sys.modules["tqdm.std"].tqdm, progress))


def _wrap(bar: Any, progress: Progress) -> None:
    update, close = bar.update, bar.close

    def updated(self: Any, n: float | None = 1) -> Any:
        result = update(self, n)
        tell(self)
        return result

    def closed(self: Any) -> None:
        tell(self)
        close(self)

    def tell(self: Any) -> None:
        if not getattr(self, "disable", True) and getattr(self, "pos", 0) == 0:
            total = self.total if isinstance(self.total, int | float) else None
            progress(self.n, total, str(getattr(self, "desc", "") or "").removesuffix(": "))

    bar.update, bar.close = updated, closed
