"""What people are told of a run who do not look at it: when, and in which words."""

from __future__ import annotations

import re
from typing import Any

from nbflow.core.event import Occasion
from nbflow.core.glance import Glance
from nbflow.core.light import span
from nbflow.core.outcome import unexcused, verdict
from nbflow.core.run import Run
from nbflow.core.standing import standing
from nbflow.core.status import RunVerdict

NAMED = 20
"""Failed jobs that are named."""
_NEVER = (0, 0.0)


def occasion(run: Run) -> Occasion | None:
    """What people are to be told of *run* now; None: nothing, or they were.

    That it has ended, once for each time that something ran and nothing does any more; and before that, that a first
    job has failed which nothing excuses.
    """
    ended, ended_at = run.told.calls.get("ended", _NEVER)
    if run.attempts <= ended:
        return None
    if verdict(run) is not RunVerdict.RUNNING:
        return "ended"
    if run.told.calls.get("first failure", _NEVER)[0] > ended:
        return None
    return "first failure" if any(run.jobs[job].changed_at > ended_at for job in unexcused(run)) else None


def announcement(run: Run, about: Occasion) -> dict[str, Any]:
    """*run* in a few values, for a webhook or a command: ``text`` is all of it in a line (``content`` is the same, as
    Discord calls it), *seconds* from the first start to the last end so far.

    >>> from nbflow.testing import declare
    >>> from nbflow.core.spec import JobSpec
    >>> told = announcement(declare(JobSpec(name="fit")), "ended")
    >>> told["text"], told["failed"], told["counts"]
    ('test run 1 is running: 1 waiting', {}, {'ready': 1})
    """
    jobs, failed, came_to = Glance(run, 0.0)["jobs"], unexcused(run), verdict(run).value
    stand = [job.status for job in jobs.states]
    start, end = span(jobs)
    seconds = max(0.0, end - start) if start is not None and end is not None else 0.0
    over = about == "ended"
    head = f"{run.flow} run {run.number} {_CAME[came_to] if over else 'goes on, a job has failed'}"
    said = [f"{head}: {standing(stand, took=seconds if over and start is not None else None)}"]
    said += [f"{job}: {' '.join(reason.split())[:200]}" for job, reason in list(failed.items())[:3]]
    said += [f"and {len(failed) - 3} more failed"] if len(failed) > 3 else []
    text = " · ".join(said)
    return {
        "text": text,
        "content": text,
        "occasion": about,
        "flow": run.flow,
        "run": run.number,
        "verdict": came_to,
        "counts": {status.value: stand.count(status) for status in dict.fromkeys(stand)},
        "failed": dict(list(failed.items())[:NAMED]),
        "seconds": round(seconds, 3),
    }


_CAME = {
    "running": "is running",
    "succeeded": "has succeeded",
    "degraded": "has ended, degraded",
    "failed": "has failed",
    "cancelled": "was cancelled",
}


def is_webhook(hook: str) -> bool:
    """Whether *hook* is an address, rather than a command."""
    return hook.lower().startswith(("https://", "http://"))


def hook_trouble(hook: str) -> str:
    """What is wrong with *hook*, in a line that does not repeat its secrets; empty if nothing is to be seen.

    >>> hook_trouble("htps://example.com"), hook_trouble("https://"), hook_trouble("notify-send done")
    ('htps://… is no address that can be told: write https://… or http://…, or a command', 'https://… has no host', '')
    """
    scheme, found, rest = hook.strip().partition("://")
    if not hook.strip() or "\n" in hook:
        return "a hook is a command, or an address such as https://hooks.example.com/…, in one line"
    if not found or not scheme.isalpha():
        return ""
    if not is_webhook(hook):
        return f"{scheme}://… is no address that can be told: write https://… or http://…, or a command"
    return "" if rest.strip("/") else f"{scheme}://… has no host"


def public(hook: str) -> str:
    """What *hook* may be called where others read it: addresses and arguments hold secrets.

    >>> public("https://hooks.example.com/services/T0/secret"), public("notify-send --token x")
    ('https://hooks.example.com/…', 'notify-send …')
    """
    if is_webhook(hook):
        scheme, _, rest = hook.partition("://")
        host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
        return f"{scheme}://{host}/…"
    first, _, rest = hook.strip().partition(" ")
    return f"{first[:60]} …" if rest else first[:60]
