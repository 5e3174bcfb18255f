"""Why a job stands where it does: the sentence at the top of the drawer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.captions import policy_words
from nbflow.core.status import Reason, Status
from nbflow.core.steps import rule_words


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
        case Status.RECOVERING | Status.ROLLING_BACK | Status.FALLING_BACK:
            return f"{_sentence(_failure(job) or 'the last attempt failed')} {_step(job)}"
        case Status.SUCCEEDED:
            outputs = ", ".join(job.get("outputs") or ())
            made = f"It made {outputs}." if outputs else "It succeeded."
            return f"{made} It was not reused: {job['missed']}." if job.get("missed") else made
        case Status.RECOVERED:
            return f"{_name('Its fallback', job.get('fallback'))} stands in for it{_after(job)}."
        case Status.REUSED:
            return f"It was reused {said}: the same code on the same inputs." if said else "It was reused."
        case Status.SUBSTITUTED:
            return f"{_outputs(job)} given by hand{_after(job)}."
        case Status.UNKNOWN:
            return "Nobody saw how its last attempt ended, and it may not start twice: retry or skip it by hand."
        case Status.FAILED:
            return " ".join(filter(None, [_sentence(said or "it failed"), _group(snapshot, job)]))
        case Status.SKIPPED | Status.CANCELLED as status:
            by_hand = said in ("", "skipped", "cancelled")
            return f"It was {status.value} by hand." if by_hand else _sentence(said)


def _failure(job: Mapping[str, Any]) -> str:
    """Why the last attempt failed, in words."""
    reason = _last(job).get("reason") or job.get("reason") or {}
    return Reason(reason["kind"], reason.get("detail", "")).words() if reason else ""


def _last(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its last attempt, empty if there was none."""
    tries: Sequence[Mapping[str, Any]] = job.get("attempts") or ()
    return tries[-1] if tries else {}


def _after(job: Mapping[str, Any]) -> str:
    """A failure that is made good, for the end of a sentence."""
    failed = _last(job).get("end") == "failed"
    return f", after {_failure(job)}" if failed and _failure(job) else ""


def _step(job: Mapping[str, Any]) -> str:
    """What is being done about a failure, or is about to be."""
    parts = (job.get("reason_text") or "").split("; ")
    does = next((part for part in parts if part.startswith("waits")), "runs")
    match Status(job["status"]):
        case Status.RECOVERING:
            rule = rule_words(job, _last(job))
            return f"A recovery script{f' ({rule})' if rule else ''} {does}, then comes attempt {_next(job)}."
        case Status.ROLLING_BACK:
            return f"{_name('Its rollback', job.get('rollback'))} {does}."
        case _:
            return f"{_name('Its fallback', job.get('fallback'))} {does}."


def _name(word: str, name: str | None) -> str:
    return f"{word} {name}" if name else word


def _outputs(job: Mapping[str, Any]) -> str:
    """What a person gave.

    >>> _outputs({"outputs": ["model"]}), _outputs({"outputs": ["a", "b"]})
    ('Its output model was', 'Its outputs a, b were')
    """
    outputs = list(job.get("outputs") or ())
    return f"Its output {outputs[0]} was" if len(outputs) == 1 else f"Its outputs {', '.join(outputs)} were"


def _waits(snapshot: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    jobs, groups = snapshot["jobs"], snapshot.get("groups") or {}
    said, files = [], job.get("files") or {}
    for need in job.get("waits_for") or job.get("needs") or ():
        behind = f" for {', '.join(files[need])}" if need in files else ""
        if need in jobs:
            said.append(f"{need} ({jobs[need]['status']}){behind}")
        else:
            members = groups.get(need, {}).get("members") or ()
            ended = sum(jobs[m]["status"] in _ENDED for m in members)
            said.append(f"group {need} ({ended} of {len(members)} ended){behind}")
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
