"""What there is to say of a job's attempts, a line each: steps that followed them, inputs changed in place unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core import words
from nbflow.core.hidden import hidden_in, is_hidden
from nbflow.core.hidden_needs import unseen
from nbflow.core.status import Reason


def step_lines(job: Mapping[str, Any], now: float) -> list[str]:
    """A line for each step of the present generation of *job*, as a snapshot tells it.

    >>> steps = [{"step": "recovery", "end": "succeeded", "started_at": 1.0, "ended_at": 1.2}]
    >>> tried = [{"number": 1, "generation": 1, "rule": 0, "steps": steps}]
    >>> step_lines({"generation": 1, "rules": [{"label": "--on-exit 10:2:./fix.sh"}], "attempts": tried}, now=5.0)
    ['recovery after attempt 1 (--on-exit 10:2:./fix.sh): ok, 0.2 s']
    """
    return [
        f"{_what(job, attempt, step)}{_came_to(step, now)}"
        for attempt in job.get("attempts") or ()
        if attempt.get("generation") == job.get("generation")
        for step in attempt.get("steps") or ()
    ]


def changed_lines(job: Mapping[str, Any]) -> list[str]:
    """What the last attempt of *job*, as a snapshot tells it, was found to have changed, and what to do about it.

    >>> changed_lines({"generation": 1, "outputs": ["n"], "attempts": [{"generation": 1, "changed": ["df"]}]})
    ['changed df in place, unseen by its text: add --outputs n,df so that later cells wait for it']
    """
    last: Mapping[str, Any] = next(iter((job.get("attempts") or ())[-1:]), {})
    found = (last.get("changed") or ()) if last.get("generation") == job.get("generation") else ()
    states, changed = hidden_in(found), [name for name in found if not is_hidden(name)]
    return [*_changed_in_place(job, changed), *map(unseen, sorted(states))]


def _changed_in_place(job: Mapping[str, Any], changed: Sequence[str]) -> list[str]:
    if not changed:
        return []
    outputs = ",".join(dict.fromkeys([*(job.get("outputs") or ()), *changed]))
    them = "it" if len(changed) == 1 else "them"
    said = f"changed {', '.join(changed)} in place, unseen by its text"
    return [f"{said}: add --outputs {outputs} so that later cells wait for {them}"]


def _what(job: Mapping[str, Any], attempt: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    if step["step"] == "recovery":
        rules, place = job.get("rules") or (), attempt.get("rule")
        rule = f" ({rules[place]['label']})" if place is not None and place < len(rules) else ""
        return f"recovery after attempt {attempt['number']}{rule}"
    return f"{step['step']} {job.get(step['step']) or ''}".rstrip()


def _came_to(step: Mapping[str, Any], now: float) -> str:
    started, ended = step.get("started_at") or now, step.get("ended_at")
    match step.get("end"):
        case None:
            return f": running, {words.elapsed(max(0.0, now - started))}"
        case "succeeded":
            return f": ok, {words.duration(max(0.0, (ended or now) - started))}"
        case "cancelled":
            return f" stopped{_reason(step)}"
        case "lost":
            return ": nobody saw its end"
        case _:
            return f" failed{_reason(step)}"


def _reason(step: Mapping[str, Any]) -> str:
    given = step.get("reason") or {}
    said = Reason(given["kind"], given.get("detail", "")).words() if given.get("kind") else ""
    return f": {' '.join(said.split())}" if said else ""
