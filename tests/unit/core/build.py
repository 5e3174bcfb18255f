"""Short ways to write runs down in tests."""

from __future__ import annotations

from typing import Any

from nbflow.core import event as e
from nbflow.core.plan import Plan, plan
from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec, Retry, ValueRef
from nbflow.core.state import accepts, evolve
from nbflow.core.status import Reason
from nbflow.testing import declare

VALUE = ValueRef(inline=b"1")
BOOM = Reason("exception", "ValueError: boom")


def job(name: str, *needs: str | JobNeed | GroupNeed, retries: int = 0, **options: Any) -> JobSpec:
    """A job that needs others by name; ``"a?"`` only waits for the end of *a*."""
    found = tuple(JobNeed(n.rstrip("?"), n.endswith("?")) if isinstance(n, str) else n for n in needs)
    options.setdefault("retry", Retry(attempts=retries + 1))
    return JobSpec(name=name, needs=found, **options)


def run_of(*jobs: JobSpec, **groups: Any) -> Run:
    """A run in which *jobs* and the policies of *groups* are declared."""
    return declare(*jobs, groups=groups)


def take(run: Run, event: e.Event) -> bool:
    """Fold *event*; whether it was accepted."""
    taken = accepts(run, event)
    evolve(run, event)
    return taken


def start(run: Run, name: str, at: float = 0.0) -> bool:
    """Start the next attempt of *name*."""
    state = run.jobs[name]
    attempt = len(state.attempts) + 1
    return take(run, e.AttemptStarted(at=at, job=name, generation=state.generation, attempt=attempt, key=f"k{attempt}"))


def end(
    run: Run,
    name: str,
    how: str = "succeeded",
    at: float = 0.0,
    reason: Reason | None = None,
    classes: tuple[str, ...] = (),
) -> bool:
    """End the running attempt of *name*."""
    running = run.jobs[name].running
    assert running is not None
    outputs = dict.fromkeys(run.jobs[name].spec.outputs, VALUE) if how == "succeeded" else {}
    reason = reason or (BOOM if how == "failed" else None)
    return take(
        run,
        e.AttemptEnded(
            at=at,
            job=name,
            generation=running.generation,
            attempt=running.number,
            end=how,
            reason=reason,
            classes=classes,
            outputs=outputs,
        ),
    )


def came(run: Run, name: str, how: str = "succeeded", at: float = 0.0, reason: Reason | None = None) -> None:
    """Start *name* and end it."""
    assert start(run, name, at), f"{name} cannot start: it is {run.jobs[name].status}"
    assert end(run, name, how, at, reason)


def retry_due(run: Run, name: str, due_at: float, at: float = 0.0) -> bool:
    """Schedule the next attempt of *name*."""
    state = run.jobs[name]
    number = state.unscheduled or 0
    return take(run, e.RetryScheduled(at=at, job=name, generation=state.generation, attempt=number, due_at=due_at))


def ask(run: Run, what: str, name: str, at: float = 0.0, generation: int | None = None) -> bool:
    """A person's request: run, retry, skip or cancel."""
    kinds = {
        "run": e.RunRequested,
        "retry": e.RetryRequested,
        "skip": e.SkipRequested,
        "cancel": e.CancelRequested,
    }
    return take(run, kinds[what](at=at, job=name, generation=generation or run.jobs[name].generation))


def status(run: Run, name: str) -> str:
    return run.jobs[name].status.value


def reason(run: Run, name: str) -> str:
    """The reason in words; empty if there is none."""
    found = run.jobs[name].reason
    return found.words() if found else ""


def orders(run: Run, now: float = 0.0, **free: int) -> Plan:
    """The plan with *free* slots, 2 of ``process`` by default."""
    return plan(run, now, free or {"process": 2})


def starts(run: Run, now: float = 0.0, **free: int) -> list[str]:
    """The jobs that the plan starts."""
    return [order.job for order in orders(run, now, **free).orders if type(order).__name__ == "Start"]
