"""A source of a view that shows a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from nbflow.core.history import History
from nbflow.core.log_part import LogPart
from nbflow.errors import StoreError


class Pastless:
    """Part of a source that has no past to speak of."""

    def history(self) -> History:
        return History((), (), ())

    def runs(self) -> list[dict[str, Any]]:
        return []

    def earlier(self, run: int) -> Any:
        raise StoreError(f"flow 'analysis' has no run {run}: it has 1")


class Sample(Pastless):
    """Shows what *snapshot* gives; *log* reads logs; asked for anything, it does nothing."""

    def __init__(self, snapshot: Callable[[], Mapping[str, Any]], log: Callable[..., str]) -> None:
        self.snapshot, self.text = snapshot, log
        self.far: dict[str, Any] = {}

    def log(self, job: str, attempt: int, step: int | None) -> LogPart:
        return LogPart.of(self.text(job, attempt, step))

    def log_part(self, job: str, attempt: int, step: int | None, start: Any, end: Any) -> LogPart:
        return self.log(job, attempt, step)

    def glance(self) -> nullcontext[Mapping[str, Any]]:
        return nullcontext(self.snapshot())

    def progress(self, job: str) -> Any:
        return self.far.get(job)

    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]:
        return {}

    def act(self, asked: Any) -> dict[str, Any]:
        return {"count": 0, "of": 0, "undo": False}


def texts(logs: Mapping[str, Any]) -> dict[str, str]:
    """What the details tell of *logs*, as one text each."""
    return {place: "".join(text for _, text in log["pieces"]) for place, log in logs.items()}
