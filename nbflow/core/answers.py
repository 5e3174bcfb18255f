"""What an object of one's own answers when it is asked for a group's verdict: `Met`, `Broken` or `Undecided`.

Example:
    >>> class Quorum:
    ...     def __init__(self, count):
    ...         self.count = count
    ...
    ...     def verdict(self, members):
    ...         good = sum(member.status.good for member in members)
    ...         still_open = sum(not member.ended for member in members)
    ...         if good >= self.count:
    ...             return Met
    ...         if good + still_open < self.count:
    ...             return Broken(f"{self.count} needed, {good} succeeded")
    ...         return Undecided
    >>> said(Quorum(2).verdict([]))
    'broken: 2 needed, 0 succeeded'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbflow.core.status import Verdict


@dataclass(frozen=True, slots=True)
class Met:
    """The group has what it needs: what depends on it may run, whoever of its members has not ended."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The group will never have what it needs, because of *reason*: what depends on it is skipped."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """More members have to end first. After all have, it counts as broken."""


def said(answer: Any) -> str:
    """*answer* in one line of text: ``met``, ``undecided``, ``broken`` or ``broken: REASON``.

    The three may be given as they are, without parentheses. Anything else is a slip, and broken: a ``return`` that was
    forgotten must not pass for a verdict.

    >>> said(Met), said(Undecided()), said(Broken)
    ('met', 'undecided', 'broken')
    >>> said(None)
    'broken: its verdict is None: it has to be nbflow.Met, nbflow.Broken(reason) or nbflow.Undecided'
    """
    match answer() if any(answer is each for each in (Met, Broken, Undecided)) else answer:
        case Met():
            return Verdict.MET.value
        case Undecided():
            return Verdict.UNDECIDED.value
        case Broken(reason=reason):
            words = " ".join(str(reason).split())
            return f"{Verdict.BROKEN.value}: {words}" if words else Verdict.BROKEN.value
        case _:
            shown = "None" if answer is None else f"{answer!r:.80}"
            return f"broken: its verdict is {shown}: it has to be nbflow.Met, nbflow.Broken(reason) or nbflow.Undecided"


def heard(text: str) -> tuple[Verdict, str]:
    """The verdict and the reason that `said` has put in *text*.

    >>> heard("broken: too few")
    (<Verdict.BROKEN: 'broken'>, 'too few')
    """
    word, _, reason = text.partition(": ")
    return Verdict(word), reason
