"""What a table of a run says about each job, in words; how it is set is `nbflow.picture.table`'s thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbflow.core.captions import attempts, caption, policy_words, took
from nbflow.core.status import Status
from nbflow.core.words import duration, elapsed
from nbflow.picture.plain import plain
from nbflow.picture.summary import jobs

COLUMNS = ("job", "status", "attempts", "time", "needs", "why")


@dataclass(frozen=True, slots=True)
class Row:
    """One job, in words. *time* is the last attempt's, ticking while it runs; *attempts* is of this generation."""

    status: Status
    job: str
    attempts: str
    time: str
    needs: tuple[str, ...]
    why: str

    def said_needs(self, most: int = 3) -> str:
        """The needs in a line, the first *most* of them by name.

        >>> Row(Status.WAITING, "e", "", "", ("a", "b", "c", "d"), "").said_needs(2)
        'a, b and 2 more'
        """
        named = ", ".join(self.needs[:most])
        rest = len(self.needs) - most
        return f"{named} and {rest} more" if rest > 0 else named


def rows(snapshot: Mapping[str, Any]) -> list[Row]:
    """A row for every job of *snapshot*, in the order of declaration.

    >>> tried = [{"number": 1, "started_at": 1.0, "ended_at": 3.0}]
    >>> rows({"jobs": {"a": {"status": "succeeded", "attempts": tried, "of": 3}}})[0]
    Row(status=<Status.SUCCEEDED: 'succeeded'>, job='a', attempts='1 of 3', time='2.0 s', needs=(), why='')
    """
    now = float(snapshot.get("now") or 0.0)
    return [_row(name, job, now) for name, job in jobs(snapshot).items()]


def _row(name: str, job: Mapping[str, Any], now: float) -> Row:
    status = Status(job["status"])
    needs = tuple(map(plain, job.get("needs") or ()))
    return Row(status, plain(name), _attempts(job), _time(job, now), needs, _why(job, status, now))


def _tries(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attempts of the current generation: of older ones a declaration or a person wanted no more."""
    now = job.get("generation")
    return [attempt for attempt in attempts(job) if attempt.get("generation", now) == now]


def _attempts(job: Mapping[str, Any]) -> str:
    tried = job.get("try") or len(_tries(job))
    allowed = job.get("of") or 1
    if not tried:
        return ""
    return f"{tried} of {allowed}" if max(tried, allowed) > 1 else "1"


def _time(job: Mapping[str, Any], now: float) -> str:
    last = _tries(job)[-1:]
    if not last or last[0].get("started_at") is None:
        return ""
    seconds = took(last[0])
    return duration(seconds) if seconds is not None else elapsed(now - last[0]["started_at"])


def _why(job: Mapping[str, Any], status: Status, now: float) -> str:
    """The reason, and when a job that waits for its next attempt goes on."""
    reason = plain(job.get("reason_text") or "")
    if status is not Status.RETRYING:
        return reason
    again = caption(job).said_at(now)
    return f"{again} ({reason})" if reason else again


def group_lines(snapshot: Mapping[str, Any]) -> list[str]:
    """What each group asks of its members, and whether it has it.

    >>> group_lines({"groups": {"fits": {"policy": "at-least:2", "members": list("abc"), "verdict": "met"}}})
    ['group fits: at least 2 of 3, met']
    """
    groups: Mapping[str, Mapping[str, Any]] = snapshot.get("groups") or {}
    return [_group_line(name, group) for name, group in groups.items()]


def hook_lines(snapshot: Mapping[str, Any]) -> list[str]:
    """Who could not be told of the run, and why.

    >>> hook_lines({"hooks_failed": {"https://hooks.example.com/…": "the server answered 404"}})
    ['hook https://hooks.example.com/… failed: the server answered 404']
    """
    failed: Mapping[str, str] = snapshot.get("hooks_failed") or {}
    return [f"hook {plain(hook)} failed: {plain(why)}" for hook, why in failed.items()]


def _group_line(name: str, group: Mapping[str, Any]) -> str:
    policy = plain(policy_words(str(group.get("policy", "")), len(group.get("members") or ())))
    why = plain(group.get("reason_text") or "")
    said = f"group {plain(name)}: {policy}, {plain(group.get('verdict', ''))}"
    return f"{said} ({why})" if why else said
