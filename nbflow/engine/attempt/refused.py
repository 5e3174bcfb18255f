"""Ends of an attempt that nbflow itself decides on, before or after the person's code."""

from __future__ import annotations

from typing import Literal

from nbflow.core.status import Reason
from nbflow.errors import NbflowError


class Refused(Exception):
    """The attempt ends so, for *reason*; *cause* is the exception that led to it, if any."""

    end: Literal["failed", "skipped"] = "failed"
    exit_code: int | None = None

    def __init__(self, kind: str, detail: str, cause: BaseException | None = None) -> None:
        self.reason, self.cause = Reason(kind, detail), cause
        super().__init__(self.reason.words())


class ConditionFalse(Refused):
    """The job's condition does not hold: it is skipped."""

    end = "skipped"

    def __init__(self, condition: str) -> None:
        super().__init__("condition", condition)


class InputNotLoadable(Refused):
    """An input's value could not be brought back."""

    def __init__(self, name: str, error: Exception) -> None:
        said = str(error) if isinstance(error, NbflowError) else f"{type(error).__name__}: {error}"
        super().__init__("input not loadable", f"{name}: {said}", error)


class InvalidInput(Refused):
    """An input's value does not fit its annotation."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__("invalid input", f"{name}: {' '.join(said.split())}")
