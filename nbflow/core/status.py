"""The words a person sees. Each status owns its glyph, its letter on the wire and what it means for others."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Status(StrEnum):
    """Where a job stands; derived from the events, never stored."""

    HELD = "held"
    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    RETRYING = "retrying"
    RECOVERING = "recovering"
    ROLLING_BACK = "rolling back"
    FALLING_BACK = "falling back"
    SUCCEEDED = "succeeded"
    RECOVERED = "recovered"
    SUBSTITUTED = "substituted"
    REUSED = "reused"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def glyph(self) -> str:
        """One character that tells the status without colour."""
        return _LOOK[self][0]

    @property
    def letter(self) -> str:
        """One ASCII letter for the widget's status string."""
        return _LOOK[self][1]

    @property
    def ended(self) -> bool:
        """Nothing more happens to the job unless a person or a new declaration asks for it."""
        return self in _ENDED

    @property
    def active(self) -> bool:
        """The job runs, or will without anybody's doing or another job's end."""
        return self in _ACTIVE

    @property
    def good(self) -> bool:
        """The job's outputs can be read."""
        return self in _GOOD


_LOOK = {
    Status.HELD: ("◌", "H"),
    Status.WAITING: ("○", "W"),
    Status.READY: ("◔", "Q"),
    Status.RUNNING: ("◐", "R"),
    Status.RETRYING: ("↻", "T"),
    Status.RECOVERING: ("⚙", "V"),
    Status.ROLLING_BACK: ("↶", "B"),
    Status.FALLING_BACK: ("↴", "L"),
    Status.SUCCEEDED: ("✓", "S"),
    Status.RECOVERED: ("☑", "D"),
    Status.SUBSTITUTED: ("≈", "U"),
    Status.REUSED: ("⧉", "M"),
    Status.FAILED: ("✕", "F"),
    Status.SKIPPED: ("⤼", "K"),
    Status.CANCELLED: ("⊘", "C"),
    Status.UNKNOWN: ("?", "N"),
}
_STEPS = frozenset({Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK})
_ACTIVE = frozenset({Status.READY, Status.RUNNING, Status.RETRYING}) | _STEPS
_GOOD = frozenset({Status.SUCCEEDED, Status.RECOVERED, Status.SUBSTITUTED, Status.REUSED})
FAILURES = (Status.FAILED, Status.UNKNOWN)
"""What counts as failed: nobody saw how an unknown one ended."""
_ENDED = _GOOD | {Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.UNKNOWN}


class Verdict(StrEnum):
    """What a group's policy says."""

    UNDECIDED = "undecided"
    MET = "met"
    BROKEN = "broken"


class RunVerdict(StrEnum):
    """What a run has come to."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEGRADED = "degraded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why a status: *kind* is one of a closed list of words, *detail* free text, *attempt* its number.

    Kinds used: ``exception``, ``assertion``, ``invalid argument``, ``invalid type``, ``invalid input``, ``import``,
    ``syntax``, ``timeout``, ``deadline``, ``exit code``, ``signal``, ``out of memory``, ``output not storable``,
    ``input not loadable``, ``missing need``, ``upstream failed``, ``recovery failed``, ``condition``, ``policy``,
    ``cancelled``, ``skipped``, ``substituted``, ``withdrawn``, ``stopped`` (by a job, from inside), ``replaced``,
    ``lost``, ``executor unavailable``, ``forbidden``, ``attempt limit``, ``queue limit``, ``missing output``,
    ``missing file``.
    """

    kind: str
    detail: str = ""
    attempt: int | None = None

    def words(self) -> str:
        """The reason as a person reads it.

        >>> Reason("exit code", "10").words()
        'exit 10'
        >>> Reason("exception", "ValueError: bad").words()
        'ValueError: bad'
        >>> Reason("upstream failed", "clean").words()
        'upstream failed: clean'
        """
        match self.kind:
            case "exit code":
                return f"exit {self.detail}"
            case "stopped" if self.detail:
                return f"stopped by {self.detail}"
            case "exception" | "assertion" | "invalid argument" | "invalid type" | "import" | "syntax" | "signal":
                return self.detail or self.kind
            case _:
                return f"{self.kind}: {self.detail}" if self.detail else self.kind
