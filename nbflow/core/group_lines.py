"""The line over a group's members: its name, what its policy asks for, how its members stand, what that came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbflow.core.policies import AtLeast, BestEffort, Critical, Custom, Strict
from nbflow.core.policy import bare
from nbflow.core.policy_text import parse
from nbflow.core.status import Status, Verdict
from nbflow.errors import NbflowError

SUCCEEDED, FAILED = Status.SUCCEEDED.glyph, Status.FAILED.glyph


class Asked(NamedTuple):
    """What a policy asks for: in words, and in fewer."""

    words: str = ""
    short: str = ""


def asked(policy: str, members: int) -> Asked:
    """What *policy*, as a snapshot has it, asks of so many members.

    >>> asked("at-least:2", 3), asked("at-least:70%", 9)
    (Asked(words='2 of 3 needed', short='2 of 3'), Asked(words='7 of 9 needed', short='7 of 9'))
    >>> asked("strict", 3).words, asked("best-effort", 3).words, asked("critical:a,b", 5).words
    ('all 3 needed', 'best effort, 3', 'a, b of 5 needed')
    >>> asked("=quorum", 5), asked("at-least:2 & critical:a", 3).words
    (Asked(words='=quorum decides, 5', short='=quorum'), 'at-least:2 & critical:a of 3 needed')
    """
    try:
        judge = bare(parse(policy))
    except NbflowError:  # of an object that only its notebook has
        judge = Custom(policy, None)  # type: ignore[arg-type]
    match judge:
        case Strict():
            return Asked(f"all {members:,} needed", f"all {members:,}")
        case AtLeast():
            found = f"{judge.of(members):,} of {members:,}"
            return Asked(f"{found} needed", found)
        case BestEffort():
            return Asked(f"best effort, {members:,}", "best effort")
        case Critical(names=names):
            return Asked(f"{', '.join(names)} of {members:,} needed", ", ".join(names))
        case Custom():
            return Asked(f"{policy} decides, {members:,}", policy)
        case _:
            return Asked(f"{policy} of {members:,} needed", policy)


class Stand(NamedTuple):
    """How many members, groups within being one each, have succeeded, and how many have failed for good."""

    good: int
    failed: int

    @property
    def said(self) -> str:
        """With signs; empty as long as there is neither.

        >>> Stand(1, 2).said, Stand(0, 0).said
        ('1 ✓ 2 ✕', '')
        """
        told = [f"{self.good:,} {SUCCEEDED}"] * bool(self.good) + [f"{self.failed:,} {FAILED}"] * bool(self.failed)
        return " ".join(told)


def stand(group: Mapping[str, Any], groups: Mapping[str, Any], jobs: Mapping[str, Any]) -> Stand:
    """How the members of a snapshot's *group* stand.

    >>> jobs = {"a": {"status": "succeeded"}, "b": {"status": "failed"}}
    >>> stand({"members": ["a", "b", "g"]}, {"g": {"verdict": "met"}}, jobs)
    Stand(good=2, failed=1)
    """
    found: Counter[str] = Counter()
    for name in group.get("members") or ():
        if name in groups:
            found[str(groups[name].get("verdict"))] += 1
        elif name in jobs:
            found[str(jobs[name]["status"])] += 1
    return Stand(
        sum(found[status] for status in Status if status.good) + found[Verdict.MET],
        found[Status.FAILED] + found[Status.UNKNOWN] + found[Verdict.BROKEN],
    )


def lines(name: str, wanted: Asked, standing: Stand, verdict: str) -> list[tuple[str, str]]:
    """What the line may say, the most first: the beginning, and the verdict that ends it. The first that fits is shown.

    >>> lines("fits", asked("at-least:2", 3), Stand(1, 1), "undecided")[0]
    ('fits · 2 of 3 needed: 1 ✓ 1 ✕', '')
    >>> [begin + end for begin, end in lines("fits", asked("at-least:2", 3), Stand(2, 1), "met")][1:]
    ['fits · 2 of 3 needed · met', 'fits · 2 of 3 · met', 'fits · met', 'fits ✓']
    """
    end = "" if verdict in ("", Verdict.UNDECIDED) else f" · {verdict}"
    sign = {Verdict.MET: f" {SUCCEEDED}", Verdict.BROKEN: f" {FAILED}"}.get(verdict, "")  # type: ignore[call-overload]
    tally = standing.said
    parts = [f"{wanted.words}: {tally}"] if tally and wanted.words else []
    parts += [] if end or not tally or not wanted.short else [f"{wanted.short}: {tally}"]
    parts += [tally] if tally and not end else [wanted.words, wanted.short]
    told = [(f"{name} · {part}", end) for part in dict.fromkeys(parts) if part]
    return [*told, (name, end), *([(name, sign)] if sign else [])]
