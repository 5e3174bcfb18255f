"""What is known of one attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nbflow.core.event import Step
from nbflow.core.spec import ValueRef
from nbflow.core.status import Reason


@dataclass(slots=True)
class AttemptState:
    """One try of a job. *number* counts over the run; instants in seconds since the epoch, memory in bytes."""

    number: int
    generation: int
    key: str
    started_at: float
    ready_at: float = 0.0
    """From when on it could have started, had there been a slot."""
    ended_at: float | None = None
    end: Literal["succeeded", "failed", "cancelled", "lost", "skipped"] | None = None
    reason: Reason | None = None
    exit_code: int | None = None
    signal: str | None = None
    outputs: dict[str, ValueRef] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Those of *outputs* that are inputs which it changed in place, unseen by its text."""
    traceback: str = ""
    classes: tuple[str, ...] = ()
    peak_memory: int = 0
    cpu_seconds: float = 0.0
    rule: int | None = None
    """The place of the failure rule that was first to match its failure."""
    steps: list[StepState] = field(default_factory=list)
    """What followed it: recovery script, rollback, fallback."""


@dataclass(slots=True)
class StepState:
    """A recovery script, rollback or fallback that followed attempt number *attempt*."""

    step: Step
    attempt: int
    generation: int
    key: str
    started_at: float
    ended_at: float | None = None
    end: Literal["succeeded", "failed", "cancelled", "lost"] | None = None
    reason: Reason | None = None
    exit_code: int | None = None
    signal: str | None = None
    traceback: str = ""
    outputs: dict[str, ValueRef] = field(default_factory=dict)
    """Of a fallback."""

    @property
    def good(self) -> bool:
        return self.end == "succeeded"
