"""All that is known of a run, to compare a replayed one with the one that was live."""

from __future__ import annotations

from nbflow.core.plan import plan
from nbflow.core.run import Run

SLOTS = {"process": 2, "kernel": 1}
SHOWN = (
    *("spec", "generation", "status", "reason", "attempts", "step", "due_at", "deadline_at", "outputs", "recorded"),
    *("changed_at", "unmet", "asked", "standin", "owed", "closing", "rolled_back", "fell_back", "step_losses"),
    *("uses", "unruled", "failures", "lost", "withheld", "retried", "response"),
    *("fresh", "missed", "reused"),
)


def snapshot(run: Run) -> object:
    """All that is known of *run*, and what would be done next."""
    jobs = [(name, [getattr(job, field) for field in SHOWN]) for name, job in run.jobs.items()]
    groups = [(g.name, g.policy, list(g.members), g.verdict, g.recorded) for g in run.groups.values()]
    whole = run.seq, run.limits, run.paused, run.attempts, run.retries
    return whole, jobs, groups, plan(run, 0.0, SLOTS), plan(run, 1e9, SLOTS)
