"""What the drawer tells about one job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbflow.core.captions import policy_words
from nbflow.core.status import Reason, Status

LOG_BYTES = 64_000
"""The most of one log that goes to the browser; what is left is in the file, and ``%nbflow log`` prints it."""


def details(snapshot: Mapping[str, Any], name: str, logs: Mapping[int, str]) -> dict[str, Any]:
    """Everything on job *name*, with the *logs* (attempt -> text) of the attempts looked at.

    >>> details({"jobs": {"a": {"status": "held", "needs": []}}}, "a", {})["why"]
    'It is held until somebody runs it.'
    """
    jobs = snapshot["jobs"]
    job = jobs[name]
    return {
        "why": why(snapshot, name),
        "kind": (job.get("reason") or {}).get("kind", ""),
        "asked": job.get("reason_text", "") if job["status"] == Status.RUNNING else "",
        "generation": job.get("generation", 1),
        "tried": job.get("try") or 0,
        "of": job.get("of") or 1,
        "executor": job.get("executor", ""),
        "outputs": list(job.get("outputs") or ()),
        "attempts": [_attempt(attempt) for attempt in job.get("attempts") or ()],
        "needs": list(job.get("needs") or ()),
        "needed_by": needed_by(snapshot, name),
        "members": _members(snapshot, job.get("needs") or ()),
        "logs": {str(number): log_tail(text) for number, text in logs.items()},
    }


def _attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    reason = attempt.get("reason") or {}
    words = Reason(reason["kind"], reason.get("detail", "")).words() if reason else ""
    return {
        "number": attempt["number"],
        "started_at": attempt.get("started_at"),
        "ended_at": attempt.get("ended_at"),
        "end": attempt.get("end") or "",
        "reason": words[:2000],
        "memory": attempt.get("peak_memory") or None,
    }


def needed_by(snapshot: Mapping[str, Any], name: str) -> list[str]:
    """The jobs that need *name* itself or its group.

    >>> needed_by({"jobs": {"a": {}, "b": {"needs": ["a"]}}}, "a")
    ['b']
    """
    group = snapshot["jobs"][name].get("group")
    names = {name, group} - {None}
    return [other for other, job in snapshot["jobs"].items() if other != name and names & set(job.get("needs") or ())]


def _members(snapshot: Mapping[str, Any], needs: Any) -> dict[str, list[str]]:
    """The members of each needed group: what a click on it leads to."""
    groups = snapshot.get("groups") or {}
    return {need: list(groups[need].get("members") or ())[:200] for need in needs if need in groups}


def why(snapshot: Mapping[str, Any], name: str) -> str:
    """Why the job stands where it does: a sentence, with one more on its group where that matters."""
    job = snapshot["jobs"][name]
    said = (job.get("reason_text") or "").strip()
    match Status(job["status"]):
        case Status.HELD:
            return "It is held until somebody runs it."
        case Status.WAITING:
            return _waits(snapshot, job)
        case Status.READY:
            return _sentence(said or "waits for a free slot")
        case Status.RUNNING:
            return _sentence(said) if said else _runs(job)
        case Status.RETRYING:
            return f"{_sentence(said or 'the last attempt failed')} It runs again soon, attempt {_next(job)}."
        case Status.SUCCEEDED:
            outputs = ", ".join(job.get("outputs") or ())
            return f"It made {outputs}." if outputs else "It succeeded."
        case Status.FAILED:
            return " ".join(filter(None, [_sentence(said or "it failed"), _group(snapshot, job)]))
        case Status.SKIPPED | Status.CANCELLED as status:
            by_hand = said in ("", "skipped", "cancelled")
            return f"It was {status.value} by hand." if by_hand else _sentence(said)


def _waits(snapshot: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    jobs, groups = snapshot["jobs"], snapshot.get("groups") or {}
    said = []
    for need in job.get("waits_for") or job.get("needs") or ():
        if need in jobs:
            said.append(f"{need} ({jobs[need]['status']})")
        else:
            members = groups.get(need, {}).get("members") or ()
            said.append(f"group {need} ({sum(jobs[m]['status'] in _ENDED for m in members)} of {len(members)} ended)")
    shown = said if len(said) <= 5 else [*said[:4], f"{len(said) - 4} more"]
    return f"It waits for {', '.join(shown)}." if shown else "It waits."


_ENDED = frozenset(status.value for status in Status if status.ended)


def _runs(job: Mapping[str, Any]) -> str:
    tried = job.get("try") or 1
    return f"It runs in the {job['executor']} executor." if tried <= 1 else f"It runs again: attempt {_of(job, tried)}."


def _next(job: Mapping[str, Any]) -> str:
    return _of(job, (job.get("try") or 0) + 1)


def _of(job: Mapping[str, Any], tried: int) -> str:
    return f"{tried} of {max(job.get('of') or 1, tried)}"


def _group(snapshot: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    """What a member's failure means for its group."""
    group = (snapshot.get("groups") or {}).get(job.get("group") or "")
    if group is None:
        return ""
    policy = policy_words(group["policy"], len(group.get("members") or ()))
    match group["verdict"]:
        case "met":
            return f"Group {job['group']} goes on without it ({policy})."
        case "broken":
            return f"This breaks group {job['group']} ({policy})."
        case _:
            return f"Group {job['group']} is still undecided ({policy})."


def _sentence(said: str) -> str:
    said = said[:1].upper() + said[1:] if said[:1].islower() and " " in said else said
    return said if said[-1:] in ".!?…" else f"{said}."


def log_tail(text: str, limit: int = LOG_BYTES) -> dict[str, Any]:
    """The end of *text* in at most *limit* bytes, from a line's start where one is near; ``cut`` bytes are left out.

    >>> log_tail("first line\\nsecond", limit=9)
    {'text': 'second', 'cut': 11}
    """
    whole = text.encode("utf-8", "replace")
    if len(whole) <= limit:
        return {"text": whole.decode(), "cut": 0}
    kept = whole[-limit:]
    line = kept.find(b"\n") + 1
    kept = kept[line:] if 0 < line < limit // 4 * 3 else kept
    return {"text": kept.decode("utf-8", "ignore"), "cut": len(whole) - len(kept)}
