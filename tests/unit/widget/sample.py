"""A source of a view that shows a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any


class Sample:
    """Shows what *snapshot* gives; *log* reads logs; asked for anything, it does nothing."""

    def __init__(self, snapshot: Callable[[], Mapping[str, Any]], log: Callable[..., str]) -> None:
        self.snapshot, self.log = snapshot, log
        self.far: dict[str, Any] = {}

    def glance(self) -> nullcontext[Mapping[str, Any]]:
        return nullcontext(self.snapshot())

    def progress(self, job: str) -> Any:
        return self.far.get(job)

    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]:
        return {}

    def request(self, op: str, names: list[str], generation: int | None) -> int:
        return 0
