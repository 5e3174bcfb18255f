"""Why a job stands where it does, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from nbflow.core.event import JobReused
from nbflow.core.files import shared
from nbflow.core.group_plan import broken_text
from nbflow.core.groups import can_retry
from nbflow.core.hidden_needs import for_states
from nbflow.core.needs import PENDING
from nbflow.core.run import JobState, Run
from nbflow.core.spec import GroupNeed, JobNeed, Need
from nbflow.core.status import Reason, Status, Verdict
from nbflow.core.words import duration, elapsed


def need_name(need: Need) -> str:
    """The name of the job or group that is needed."""
    return need.job if isinstance(need, JobNeed) else need.group


def waits_for(_run: Run, job: JobState) -> list[str]:
    """The names of the needs that are not met yet, while the job waits; empty otherwise."""
    if job.status is not Status.WAITING:
        return []
    if job.followers is not None:
        return job.followers.awaited
    return [need_name(need) for need, stands in zip(job.spec.needs, job.standings, strict=True) if stands == PENDING]


def files_needed(run: Run, job: JobState) -> dict[str, list[str]]:
    """Need -> the files, as people know them, for which *job* comes after it; for those needs that files are behind."""
    if not job.spec.reads and not job.spec.writes:
        return {}
    found = {name: _files(run, job, name) for name in map(need_name, job.spec.needs)}
    return {name: files for name, files in found.items() if files}


def for_files(run: Run, job: JobState, need: str) -> str:
    """`` (out/a.csv)``, where *job* needs *need* for that file; else nothing."""
    files = _files(run, job, need)
    return f" ({', '.join(files)})" if files else ""


def _files(run: Run, job: JobState, name: str) -> list[str]:
    if not job.spec.reads and not job.spec.writes:
        return []
    needed = next((need for need in job.spec.needs if need_name(need) == name), None)
    jobs = needed.jobs if isinstance(needed, GroupNeed) else (name,)
    found = (shared(job.spec, run.jobs[each].spec) for each in jobs[:SEARCHED] if each in run.jobs)
    return list(dict.fromkeys(file for files in found for file in files))[:3]


SEARCHED = 20
"""Members of a group among which a shared file is looked for."""


def reason_text(run: Run, job: JobState) -> str:
    """Why the job stands where it does, in words; empty where the status says it all."""
    match job.status:
        case Status.HELD:
            return ""
        case Status.SUCCEEDED:
            return _taken_back(job)
        case Status.WAITING:
            needs = (name + for_files(run, job, name) + for_states(job.spec, name) for name in waits_for(run, job))
            return f"waits for {', '.join(needs)}"
        case Status.READY:
            return _ready(run, job)
        case Status.RUNNING:
            return _ASKED[job.asked]
        case Status.RETRYING:
            return _words(job.reason) + (" (the run is paused)" if run.paused else "")
        case Status.RECOVERING | Status.ROLLING_BACK | Status.FALLING_BACK:
            return _stepping(run, job)
        case Status.RECOVERED:
            return f"by its fallback, after {_words(job.reason)}"
        case Status.REUSED:
            return reused_text(run, job.reused[-1])
        case Status.SUBSTITUTED:
            return "values given by a person stand for its own"
        case Status.UNKNOWN:
            number = job.attempts[-1].number
            return f"{_words(job.reason)}: nobody saw how attempt {number} ended, and it is not to start twice"
        case Status.FAILED | Status.SKIPPED | Status.CANCELLED:
            notes = "; ".join(note for note in _notes(run, job) if note)
            return _words(job.reason) + (f" ({notes})" if notes else "")
        case _:
            assert_never(job.status)


def reused_text(run: Run, reuse: JobReused) -> str:
    """Where the outputs of a reused job are from, and what that has saved: ``from run 3, 0:42 saved``."""
    where = f"run {reuse.run} of {reuse.flow}" if reuse.flow else f"run {reuse.run}" if reuse.run != run.number else ""
    return f"from {where or 'before in this run'}, {saved(reuse.seconds)}"


def saved(seconds: float) -> str:
    """What was spared.

    >>> saved(42.0), saved(190.0), saved(0.2)
    ('0:42 saved', '3 m 10 s saved', '0.2 s saved')
    """
    return f"{elapsed(seconds) if 1 <= seconds < 60 else duration(seconds)} saved"


def _taken_back(job: JobState) -> str:
    """What its group has done with a success."""
    if job.current_step is not None:
        return "its rollback runs: its group is broken"
    return "rolled back: its group is broken" if job.rolled_back else ""


def _words(reason: Reason | None) -> str:
    return reason.words() if reason is not None else ""


def _because(reason: Reason | None) -> str:
    return f": {reason.words()}" if reason is not None else ""


_ASKED = {
    "": "",
    "skip": "being skipped",
    "cancel": "being cancelled",
    "deadline": "being stopped: its deadline has passed",
    "policy": "being cancelled by its group's policy",
    "stop": "being skipped by a job that stops it",
}


def _ready(run: Run, job: JobState) -> str:
    if job.running:
        return "waits for its last attempt to stop"
    if job.step:
        return f"waits for its last {job.step.step} to end"
    if run.paused:
        return "waits: the run is paused"
    if job.to_look:
        return "looks whether it can be reused"
    room = run.queues.room()
    if full := [group for group in run.queues.capped(job) if room[group] <= 0]:
        return f"waits for its turn: {run.queues.caps[full[0]]} of {full[0]} at once"
    return "waits for a free slot"


def _stepping(run: Run, job: JobState) -> str:
    """What a recovery script, rollback or fallback is for, and what it waits for."""
    asked = _ASKED[job.asked]
    if job.busy:
        waits = "" if job.current_step else f"waits for its last {'attempt to stop' if job.running else 'step to end'}"
    else:
        waits = "waits: the run is paused" if run.paused and job.owed != "rollback" else "waits for a free slot"
    after = "" if job.asked and job.status is Status.ROLLING_BACK else f"after {_words(job.reason)}"
    return "; ".join(part for part in (after, asked, waits) if part)


def _notes(run: Run, job: JobState) -> Iterator[str]:
    """What else there is to say of a job that has ended badly."""
    if job.reason is None:
        return
    if job.reason.detail in run.groups:
        met = "met without it" if job.status is Status.CANCELLED else ""
        yield broken_text(run.groups[job.reason.detail]) or met
    last = job.attempts[-1] if job.began else None
    if last is None or job.end is None:
        return
    if job.reason.kind in ("deadline", "recovery failed", "attempt limit") and last.end == "failed":
        yield f"attempt {last.number} failed{_because(last.reason)}"
    if hoping := [each for each in can_retry(run, job) if run.groups[each].verdict is Verdict.UNDECIDED]:
        yield f"tried again once all of group {min(hoping)} have ended, if that needs it"
    if job.status is Status.FAILED and job.withheld:
        yield f"not retried: {job.withheld}"
    for step in last.steps:
        if step.step != "recovery" and step.end not in (None, "succeeded", "lost"):
            yield f"its {step.step} {'failed' if step.end == 'failed' else 'was stopped'}{_because(step.reason)}"
