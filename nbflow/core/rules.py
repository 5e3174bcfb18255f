"""Failure rules: after which failures a job is tried again, how often, and what is mended before.

The rules of a job are asked in the order written; the first that matches a failure decides, even when its own budget is
used up. Failures that no rule matches are the business of ``--retries``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nbflow.core.classes import named

ANY = "*"
"""In the *exits* of a rule: any failure at all."""


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One failure rule: what it *matches*, its budget, and the script that is run before the next attempt."""

    on: Literal["exit", "error", "log", "oom"] = "exit"
    exits: tuple[str, ...] = ()
    """For ``exit``: exit codes in decimal, names of signals (``SIGKILL``), or ``*``. An exception is exit code 1."""
    classes: tuple[str, ...] = ()
    """For ``error``: names of exception classes; subclasses count."""
    pattern: str = ""
    """For ``log``: a regular expression, searched for in what the attempt wrote."""
    memory: float = 1.0
    """For ``oom``: the next attempt may take so many times the memory."""
    retries: int = 1
    """Attempts it may add in one generation."""
    script: str = ""
    """The recovery script: a command for bash; empty: none."""
    timeout: float | None = None
    """Seconds the script may take; None: as long as an attempt of the job."""
    optional: bool = False
    """A script that fails does not keep the job from its next attempt."""
    label: str = ""
    """The rule as typed, for people."""

    def matches(self, failure: Failure) -> bool:
        """Whether it is about *failure*.

        >>> Rule(exits=("10", "SIGKILL")).matches(Failure(signal="SIGKILL"))
        True
        >>> Rule(exits=("1",)).matches(Failure(classes=("builtins.KeyError",)))
        True
        """
        match self.on:
            case "exit":
                return ANY in self.exits or (failure.exit in self.exits and failure.exit != "")
            case "error":
                return named(self.classes, failure.classes)
            case "log":
                return self.pattern in failure.found
            case "oom":
                return failure.kind == "out of memory"


class Failure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What rules are told of a failed attempt."""

    kind: str = ""
    """The kind of its reason."""
    exit_code: int | None = None
    signal: str | None = None
    classes: tuple[str, ...] = ()
    """Full names of the exception's class and its bases."""
    found: tuple[str, ...] = ()
    """The patterns of the job's rules that its log holds."""

    @property
    def exit(self) -> str:
        """How the process ended, as rules name it: ``10``, ``SIGKILL``; empty after a timeout, whose end was ours."""
        if self.kind in ("timeout", "deadline"):
            return ""
        if self.signal is not None:
            return self.signal
        if self.exit_code is not None:
            return str(self.exit_code)
        return "1" if self.classes else ""


def first(rules: tuple[Rule, ...], failure: Failure) -> int | None:
    """The place of the first of *rules* that matches *failure*.

    >>> first((Rule(exits=("10",)), Rule(exits=("*",))), Failure(exit_code=11))
    1
    """
    return next((place for place, rule in enumerate(rules) if rule.matches(failure)), None)
