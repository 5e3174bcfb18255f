"""What the drawer tells of a group, or of a fan-out: its policy and how it stands, and why members failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.captions import policy_words
from nbflow.core.shape import members_of
from nbflow.core.status import FAILURES, Status

SHOWN = 50
"""So many failed members are told with their reasons."""


def members(snapshot: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What *name*, a group or a fan-out, has come to: a sentence, and its failed members, each with its reason.

    >>> run = {"jobs": {"a": {"status": "failed", "reason_text": "exit 10"}, "b": {"status": "succeeded"}},
    ...     "groups": {"g": {"policy": "at-least:1", "verdict": "met", "members": ["a", "b"]}}}
    >>> told = members(run, "g")
    >>> told["why"], told["failed"]
    ('Policy: at least 1 of 2. Met: 1 succeeded, 1 failed.', [['a', 'exit 10']])
    """
    jobs, groups = snapshot.get("jobs") or {}, snapshot.get("groups") or {}
    names = _names(jobs, groups, name)
    group = groups.get(name) or groups.get(_group(jobs, names)) or {}
    bad = [job for job in names if jobs[job]["status"] in FAILURES]
    told = [[job, str(jobs[job].get("reason_text") or jobs[job]["status"])[:300]] for job in bad[:SHOWN]]
    return {"name": name, "why": _why(group, name in groups, jobs, names), "failed": told, "all": len(bad)}


def _names(jobs: Mapping[str, Any], groups: Mapping[str, Any], name: str) -> list[str]:
    if name in groups:
        return [job for job in members_of(groups, name) if job in jobs]
    return [job for job, told in jobs.items() if told.get("fan") == name]


def _group(jobs: Mapping[str, Any], names: Sequence[str]) -> str:
    """The group that a fan-out's elements are in."""
    return (jobs[names[0]].get("group") or "") if names else ""


def _why(group: Mapping[str, Any], own: bool, jobs: Mapping[str, Any], names: Sequence[str]) -> str:
    stand = Counter(Status(jobs[job]["status"]) for job in names)
    good = sum(count for status, count in stand.items() if status.good)
    bad = sum(stand[status] for status in FAILURES)
    left_out, going = stand[Status.SKIPPED] + stand[Status.CANCELLED], sum(stand[s] for s in stand if not s.ended)
    parts = [(good, "succeeded"), (bad, "failed"), (left_out, "skipped or cancelled"), (going, "to go")]
    counts = ", ".join(f"{count} {word}" for count, word in parts if count) or "it has no members yet"
    if not group or not own:
        return f"{counts[:1].upper()}{counts[1:]}."
    policy = policy_words(str(group.get("policy", "")), len(names))
    verdict = str(group.get("verdict") or "undecided")
    said = "Not decided yet" if verdict == "undecided" else verdict.capitalize()
    reason = f" ({group['reason_text']})" if verdict == "broken" and group.get("reason_text") else ""
    return f"Policy: {policy}. {said}{reason}: {counts}."
