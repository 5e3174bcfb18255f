"""Failure rules: after which failures a job is tried again, how often, and what is mended before.

The rules of a job are asked in the order written; the first that matches a failure decides, even when its own budget is
used up. Failures that no rule matches are the business of ``--retries``.
"""

from __future__ import annotations

import builtins
from typing import Literal

from msgspec import Struct

from nbflow.core.classes import named

ANY = "*"
"""In the *exits* of a rule: any failure at all."""


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One failure rule: what it *matches*, its budget, and the script that is run before the next attempt."""

    on: Literal["exit", "error", "log", "oom", "timeout"] = "exit"
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

    @property
    def words(self) -> str:
        """What it is about, in a word or two.

        >>> Rule(exits=("10", "11")).words, Rule(on="error", classes=("KeyError",)).words, Rule(on="oom").words
        ('exit 10,11', 'KeyError', 'out of memory')
        """
        match self.on:
            case "exit":
                typed = self.label.partition(" ")[2].partition(":")[0] or ",".join(self.exits)
                return "any failure" if ANY in self.exits else f"exit {typed}"
            case "error":
                return ",".join(self.classes)
            case "log":
                return f"log {self.pattern}"
            case "oom":
                return "out of memory"
            case "timeout":
                return "timeout"

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
            case "timeout":
                return failure.kind == "timeout"


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


def unreachable(rules: tuple[Rule, ...]) -> list[tuple[int, int]]:
    """The rules whose every failure an earlier one takes: their places, each with that of an earlier one to blame.

    Of exceptions it knows how Python's own are related, and that all others are most likely an ``Exception``.

    >>> unreachable((Rule(exits=("10",)), Rule(exits=("*",)), Rule(exits=("11",)), Rule(exits=("10",))))
    [(2, 1), (3, 0)]
    >>> unreachable((Rule(on="error", classes=("OSError",)), Rule(on="error", classes=("TimeoutError", "KeyError"))))
    []
    """
    found = []
    for place, rule in enumerate(rules):
        takers = [_taker(rules[:place], part) for part in _parts(rule)]
        if all(taker is not None for taker in takers):
            found.append((place, max(taker for taker in takers if taker is not None)))
    return found


def _parts(rule: Rule) -> list[Rule]:
    """Rules that match, between them, what *rule* does."""
    match rule.on:
        case "exit":
            return [Rule(exits=(each,)) for each in rule.exits]
        case "error":
            return [Rule(on="error", classes=(each,)) for each in rule.classes]
        case _:
            return [rule]


def _taker(rules: tuple[Rule, ...], part: Rule) -> int | None:
    return next((place for place, rule in enumerate(rules) if _covers(rule, part)), None)


def _covers(rule: Rule, part: Rule) -> bool:
    """Whether *rule* matches every failure that *part*, with one code or class, matches."""
    if rule.on == "exit":
        return (
            ANY in rule.exits
            or (part.on == "exit" and part.exits[0] in rule.exits)
            or (part.on == "error" and "1" in rule.exits)
        )
    if rule.on != part.on:
        return False
    if rule.on == "error":
        return any(_includes(each, part.classes[0]) for each in rule.classes)
    return rule.pattern == part.pattern


def _includes(name: str, other: str) -> bool:
    """Whether the exceptions called *other* are all of class *name* too, as far as their names tell."""
    if other == name or other.endswith(f".{name}"):
        return True
    upper, lower = (getattr(builtins, each.removeprefix("builtins."), None) for each in (name, other))
    if not isinstance(upper, type) or not issubclass(upper, BaseException):
        return False
    return issubclass(lower, upper) if isinstance(lower, type) else upper in (Exception, BaseException)
