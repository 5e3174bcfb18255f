"""What the drawer tells about one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.log_part import LogPart
from nbflow.core.status import Reason, Status
from nbflow.core.steps import REUSED, looked_at, rule_words
from nbflow.core.streams import Streams
from nbflow.widget.facts import commands, facts
from nbflow.widget.sentences import why


def details(snapshot: Mapping[str, Any], name: str, logs: Mapping[str, LogPart], streams: Streams) -> dict[str, Any]:
    """Everything on job *name*, with the ends of the *logs* (attempt, or attempt/step) of what is looked at.

    >>> run = {"jobs": {"a": {"status": "held", "needs": []}}}
    >>> details(run, "a", {}, Streams(run))["why"]
    'It is held until somebody runs it.'
    """
    jobs = snapshot["jobs"]
    job = jobs[name]
    return {
        "why": why(snapshot, name),
        "kind": (job.get("reason") or {}).get("kind", ""),
        "asked": _asked(job),
        "generation": job.get("generation", 1),
        "tried": job.get("try") or 0,
        "of": job.get("of") or 1,
        "executor": job.get("executor", ""),
        "outputs": list(job.get("outputs") or ()),
        "attempts": [*(_attempt(job, attempt) for attempt in job.get("attempts") or ()), *_reused(job)],
        "current": list(looked_at(job) or ()),
        "last_good": last_good(job),
        "follow": _follow(snapshot, name, streams),
        "needs": list(job.get("needs") or ()),
        "needed_by": streams.needed_by(name),
        "facts": [list(fact) for fact in facts(job)],
        "members": _members(snapshot, job.get("needs") or ()),
        "commands": [list(command) for command in commands(name, job)],
        "declared_at": job.get("declared_at"),
        "logs": {place: part.told() for place, part in logs.items()},
    }


def _attempt(job: Mapping[str, Any], attempt: Mapping[str, Any]) -> dict[str, Any]:
    steps = [{"step": step["step"], "name": _called(job, step["step"])} | _part(step) for step in _steps(attempt)]
    told: dict[str, Any] = {"memory": attempt.get("peak_memory") or None, "cpu": attempt.get("cpu_seconds") or None}
    told |= {"generation": attempt.get("generation", 1), "rule": rule_words(job, attempt), "steps": steps}
    return {"number": attempt["number"]} | told | _part(attempt)


def _reused(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attempt that is reused, as if it were the job's own."""
    reused = job.get("reused")
    if not reused:
        return []
    times = {"started_at": reused["made_at"] - reused["seconds"], "ended_at": reused["made_at"], "end": "succeeded"}
    told: dict[str, Any] = {"number": REUSED, "memory": None, "cpu": None, "generation": 0, "rule": "", "steps": []}
    return [told | _part(times)]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    """What attempts and steps have in common."""
    reason = part.get("reason") or {}
    words = Reason(reason["kind"], reason.get("detail", "")).words() if reason else ""
    told = {key: part.get(key) for key in ("started_at", "ended_at", "exit_code", "signal")}
    return told | {"end": part.get("end") or "", "reason": words[:2000]}


def _steps(attempt: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = attempt.get("steps") or ()
    return found


def _called(job: Mapping[str, Any], step: str) -> str:
    """The function or expression that a step calls; a recovery script belongs to a rule."""
    return job.get(step) or "" if step != "recovery" else ""


def last_good(job: Mapping[str, Any]) -> int | None:
    """The newest attempt whose outputs could stand for those of this generation."""
    good = [attempt["number"] for attempt in job.get("attempts") or () if attempt.get("end") == "succeeded"]
    return good[-1] if good else None


def _asked(job: Mapping[str, Any]) -> str:
    """What somebody has asked for that is not done yet: ``being cancelled``."""
    parts = (job.get("reason_text") or "").split("; ") if not Status(job["status"]).ended else ()
    return next((part for part in parts if part.startswith("being ")), "")


def _follow(snapshot: Mapping[str, Any], name: str, streams: Streams) -> list[int]:
    """How many jobs depend on this one: those that a retry has run again by itself, and all that can be."""
    below = [snapshot["jobs"][other] for other in streams.downstream([name]) if other != name]
    following = [follows(job) for job in below]
    ended = [Status(job["status"]).ended for job in below]
    return [sum(following), sum(map(max, following, ended))]


def follows(job: Mapping[str, Any]) -> bool:
    """It waits for others, or was left out because one of them failed."""
    kind = (job.get("reason") or {}).get("kind")
    return job["status"] == Status.WAITING or (job["status"] == Status.SKIPPED and kind == "upstream failed")


def _members(snapshot: Mapping[str, Any], needs: Any) -> dict[str, list[str]]:
    """The members of each needed group: what a click on it leads to."""
    groups = snapshot.get("groups") or {}
    return {need: list(groups[need].get("members") or ())[:200] for need in needs if need in groups}
