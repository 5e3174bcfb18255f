"""The small second line under a job's name, and a group's title: one wording for every picture.

They read the snapshot of `nbflow.core.project`, whose dictionaries only grow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nbflow.core import steps
from nbflow.core.status import Status
from nbflow.core.words import duration, elapsed


class Caption(NamedTuple):
    """A line of text; ``{}`` in it stands for a time that ticks.

    *tick* is ``up`` for the time since *at* (seconds since the epoch), ``down`` for the time until it, else empty.
    """

    text: str
    tick: str = ""
    at: float = 0.0

    def said_at(self, now: float) -> str:
        """The line as it reads at *now*.

        >>> Caption("again in {}", "down", 10.0).said_at(6.0)
        'again in 0:04'
        >>> Caption("again in {}", "down", 10.0).said_at(11.0)
        'again soon'
        """
        past = now - self.at if self.tick == "up" else self.at - now
        if self.tick == "down" and past <= 0:  # due, and waits for a slot
            return self.text.replace("in {}", "soon")
        return self.text.replace("{}", elapsed(past)) if self.tick else self.text


def caption(job: Mapping[str, Any]) -> Caption:
    """The line under the name of a snapshot's *job*.

    >>> caption({"status": "waiting", "waits_for": ["clean"]}).text
    'needs clean'
    """
    if said := job.get("planned"):
        return Caption(said)
    match Status(job["status"]):
        case Status.HELD:
            return Caption("held")
        case Status.WAITING:
            return Caption(_needs(job.get("waits_for") or job.get("needs") or []))
        case Status.READY:
            return Caption("paused" if (job.get("reason_text") or "").endswith("the run is paused") else "queued")
        case Status.RUNNING:
            return _running(job)
        case Status.RETRYING:
            due = job.get("due_at")
            return Caption("again in {}", "down", due) if due is not None else Caption("again soon")
        case Status.RECOVERING | Status.ROLLING_BACK | Status.FALLING_BACK as status:
            return Caption(_step(job, status))
        case Status.SUCCEEDED:
            return Caption(_succeeded(job))
        case Status.RECOVERED:
            return Caption(_with("recovered", " by ", job.get("fallback")))
        case Status.REUSED:
            return Caption(_reused(job))
        case Status.SUBSTITUTED:
            return Caption("substituted by hand")
        case Status.FAILED | Status.SKIPPED | Status.CANCELLED:
            return Caption(_why(job))
        case Status.UNKNOWN:
            return Caption("its end was not seen")


def _needs(names: Sequence[str]) -> str:
    if len(names) > 2:
        return f"needs {names[0]} and {len(names) - 1} more"
    return f"needs {', '.join(names)}" if names else "waiting"


def attempts(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attempts of *job*, oldest first."""
    return list(job.get("attempts") or [])


def tries(job: Mapping[str, Any]) -> int:
    """Which attempt of its generation *job* is at: what people count; older generations' attempts are history.

    >>> tries({"try": 1, "attempts": [{"number": 4}]})
    1
    """
    return job.get("try") or 1


def _running(job: Mapping[str, Any]) -> Caption:
    last = attempts(job)[-1:]
    if not last or last[0].get("started_at") is None:
        return Caption("starting")
    tried = tries(job)
    text = f"{{}} · attempt {tried} of {job.get('of', tried)}" if tried > 1 else "{}"
    return Caption(text, "up", last[0]["started_at"])


def took(attempt: Mapping[str, Any]) -> float | None:
    """Seconds an ended attempt took, or None."""
    start, end = attempt.get("started_at"), attempt.get("ended_at")
    return max(0.0, end - start) if start is not None and end is not None else None


def _step(job: Mapping[str, Any], status: Status) -> str:
    """What is being done about a failure, and by what.

    >>> _step({"attempts": [{"rule": 0}], "rules": [{"on": "exit 10"}]}, Status.RECOVERING)
    'recovering: rule exit 10'
    """
    match status:
        case Status.RECOVERING:
            last = attempts(job)[-1:]
            return _with(status.value, ": ", steps.rule_words(job, last[0]) if last else "")
        case Status.ROLLING_BACK:
            return _with(status.value, ": ", job.get("rollback"))
        case _:
            return _with(status.value, ": ", job.get("fallback"))


def _with(word: str, joint: str, name: str | None) -> str:
    return f"{word}{joint}{name}" if name else word


def _succeeded(job: Mapping[str, Any]) -> str:
    last = attempts(job)[-1:]
    if not last:
        return "done"
    seconds, tried = took(last[0]), tries(job)
    said = duration(seconds) if seconds is not None else "done"
    return f"{said} · attempt {tried}" if tried > 1 else said


def _reused(job: Mapping[str, Any]) -> str:
    """Where it is from.

    >>> _reused({"reused": {"run": 3}}), _reused({})
    ('from run 3', 'reused')
    """
    reused = job.get("reused") or {}
    return f"from run {reused['run']}" if reused.get("run") else "reused"


def _why(job: Mapping[str, Any]) -> str:
    """The reason in a word or two: an exception's class, ``exit 10``, ``timeout``, the needed job that failed."""
    reason = job.get("reason") or {}
    kind, detail = reason.get("kind", ""), reason.get("detail", "")
    match kind:
        case "exception" | "assertion" | "invalid argument" | "invalid type" | "import" | "syntax":
            said = detail.split(":")[0] or kind
        case "exit code":
            said = f"exit {detail}"
        case "signal":
            said = detail or kind
        case "upstream failed":
            said = f"{detail} failed" if detail else kind
        case "cancelled" | "skipped":
            return "by hand"
        case "condition":
            return "condition false"
        case "stopped":
            return f"stopped by {detail}" if detail else kind
        case _:
            said = kind or str(job["status"])
    tried = tries(job)
    return f"{said} · {tried} attempts" if tried > 1 and job["status"] == Status.FAILED else said


def policy_words(policy: str, members: int) -> str:
    """A policy as a person says it.

    >>> policy_words("at-least:2", 3), policy_words("strict", 3), policy_words("critical:a,b", 5)
    ('at least 2 of 3', 'all 3', 'needs a, b of 5')
    >>> policy_words("at-least:70%", 9), policy_words("at-least:2 & critical:a", 3)
    ('at least 70% of 9', 'at-least:2 & critical:a, of 3')
    """
    if "&" in policy or "|" in policy:
        return f"{policy}, of {members}"
    word, _, rest = policy.partition(":")
    match word:
        case "at-least":
            return f"at least {rest} of {members}"
        case "best-effort":
            return f"best effort, {members}"
        case "critical":
            return f"needs {', '.join(rest.split(','))} of {members}"
        case "strict":
            return f"all {members}"
        case _:
            return policy


def together(statuses: Iterable[str]) -> Status:
    """The one status that stands for many, told by words or letters: while some go on that, then what went wrong.

    >>> together(["succeeded", "failed", "running"]).value, together(["succeeded", "failed", "waiting"]).value
    ('running', 'failed')
    """
    found = set(statuses)
    return next((status for status in _FIRST_SEEN if status in found or status.letter in found), Status.WAITING)


def of_many(statuses: Sequence[str]) -> str:
    """The line on many jobs: how many are done, what the others do, what went wrong.

    >>> of_many(["succeeded"] * 31 + ["running"] * 2 + ["failed"] + ["waiting"] * 14)
    '31 of 48 · 2 running · 1 failed'
    """
    found = counts(statuses)
    good = sum(count for status, count in found.items() if status.good)
    said = [f"{good:,} of {len(statuses):,}"] if good < len(statuses) else [f"all {len(statuses):,}"]
    return " · ".join([*said, *(f"{found[status]:,} {status.value}" for status in _TOLD_OF_MANY if status in found)])


_TOLD_OF_MANY = (
    Status.RUNNING,
    Status.RETRYING,
    Status.RECOVERING,
    Status.ROLLING_BACK,
    Status.FALLING_BACK,
    Status.FAILED,
    Status.UNKNOWN,
    Status.SKIPPED,
    Status.CANCELLED,
)
_FIRST_SEEN = (
    Status.RUNNING,
    Status.RECOVERING,
    Status.ROLLING_BACK,
    Status.FALLING_BACK,
    Status.RETRYING,
    Status.FAILED,
    Status.UNKNOWN,
    Status.READY,
    Status.WAITING,
    Status.HELD,
    Status.CANCELLED,
    Status.SKIPPED,
    Status.SUBSTITUTED,
    Status.RECOVERED,
    Status.SUCCEEDED,
    Status.REUSED,
)


def counts(statuses: Iterable[str]) -> dict[Status, int]:
    """How many jobs have each status, by word or letter, in the order in which a header lists them; none at nought.

    >>> counts(["waiting", "succeeded", "succeeded"])
    {<Status.SUCCEEDED: 'succeeded'>: 2, <Status.WAITING: 'waiting'>: 1}
    """
    found = Counter(statuses)
    told = {status: found[status] + found[status.letter] for status in HEADER_ORDER}
    return {status: count for status, count in told.items() if count}


HEADER_ORDER = (
    Status.SUCCEEDED,
    Status.RECOVERED,
    Status.REUSED,
    Status.SUBSTITUTED,
    Status.RUNNING,
    Status.RECOVERING,
    Status.ROLLING_BACK,
    Status.FALLING_BACK,
    Status.RETRYING,
    Status.FAILED,
    Status.UNKNOWN,
    Status.SKIPPED,
    Status.CANCELLED,
    Status.READY,
    Status.WAITING,
    Status.HELD,
)
