"""Executors run attempts. One kind is one module here and one line in `KINDS`."""

from __future__ import annotations

from typing import Protocol

from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder

KINDS = ("process", "kernel")
"""Every kind of executor; the contract tests run over all of them."""


class Executor(Protocol):
    """Runs attempts. Built with ``report``, a function it calls on the loop's thread exactly once per order."""

    def submit(self, order: AttemptOrder) -> None:
        """Start the attempt; returns at once."""

    def cancel(self, key: str, cause: Reason) -> None:
        """Stop that attempt; its report says ``cancelled`` for *cause*, unless it ended otherwise before.

        Unknown and ended keys are ignored, and so is asking again.
        """

    async def close(self) -> None:
        """End everything that runs, without reports, and free what the executor holds."""
