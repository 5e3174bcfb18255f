"""What followed a job's attempts, as a snapshot tells it: recovery scripts, rollbacks, fallbacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nbflow.core.status import Status


def present(job: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The steps of the job's present generation, oldest first: of older ones a person wanted no more.

    >>> [step["step"] for step in present({"attempts": [{"steps": [{"step": "recovery"}]}, {}]})]
    ['recovery']
    """
    now = job.get("generation")
    for attempt in job.get("attempts") or ():
        if attempt.get("generation", now) == now:
            yield from attempt.get("steps") or ()


class Fallback(NamedTuple):
    """A job's fallback, named by its *label*, and what it has come to; None while nobody has needed it."""

    label: str
    status: Status | None

    @property
    def words(self) -> str:
        """It as a row under a job's name."""
        return f"fallback: {self.label}"


def fallback(job: Mapping[str, Any]) -> Fallback | None:
    """The fallback of *job*, if it has one.

    >>> tried = [{"steps": [{"step": "fallback", "end": "succeeded"}]}]
    >>> fallback({"fallback": "use_cache", "attempts": tried})
    Fallback(label='use_cache', status=<Status.SUCCEEDED: 'succeeded'>)
    >>> fallback({"fallback": "use_cache"}).status is fallback({}) is None
    True
    """
    label = job.get("fallback")
    if not label:
        return None
    runs = [step for step in present(job) if step["step"] == "fallback"]
    return Fallback(label, ended(runs[-1]) if runs else None)


REUSED = 0
"""Stands, as the number of an attempt, for the one of another run or generation that is reused."""


def looked_at(job: Mapping[str, Any]) -> tuple[int, int | None] | None:
    """The attempt of *job* that a person wants to see first, and the place of that step of it which is under way.

    >>> looked_at({"attempts": [{"number": 4, "steps": [{"end": "failed"}, {"end": None}]}]}), looked_at({})
    ((4, 1), None)
    """
    tries = job.get("attempts") or ()
    if job.get("reused"):
        return REUSED, None
    if not tries:
        return None
    going = [place for place, step in enumerate(tries[-1].get("steps") or ()) if step.get("end") is None]
    return tries[-1]["number"], going[-1] if going else None


def part_of(job: Mapping[str, Any], number: int, place: int | None) -> Mapping[str, Any] | None:
    """Attempt *number* of *job*, or the step at *place* among those that followed it; None if there is no such thing.

    >>> part_of({"attempts": [{"number": 4, "steps": [{"step": "recovery"}]}]}, 4, 0)
    {'step': 'recovery'}
    """
    if number == REUSED:
        return job.get("reused")
    for attempt in job.get("attempts") or ():
        if attempt["number"] == number:
            steps: Sequence[Mapping[str, Any]] = attempt.get("steps") or ()
            found: Mapping[str, Any] = attempt
            return found if place is None else steps[place] if place < len(steps) else None
    return None


def ended(step: Mapping[str, Any]) -> Status:
    """What one step has come to, as the status that says so.

    >>> ended({"step": "recovery", "end": None}).value, ended({"step": "rollback", "end": "lost"}).value
    ('running', 'unknown')
    """
    match step.get("end"):
        case None:
            return Status.RUNNING
        case "succeeded":
            return Status.SUCCEEDED
        case "cancelled":
            return Status.CANCELLED
        case "lost":
            return Status.UNKNOWN
        case _:
            return Status.FAILED


def rule_words(job: Mapping[str, Any], attempt: Mapping[str, Any]) -> str:
    """The failure rule that *attempt* of *job* ran into, in words; empty if none did.

    >>> rule_words({"rules": [{"on": "exit 10"}]}, {"rule": 0})
    'rule exit 10'
    """
    rules, place = job.get("rules") or (), attempt.get("rule")
    return f"rule {rules[place]['on']}" if place is not None and place < len(rules) else ""
