"""Short ways to write runs down in tests."""

from __future__ import annotations

from typing import Any

from nbflow.core import event as e
from nbflow.core.plan import Plan, StartStep, plan
from nbflow.core.run import Run
from nbflow.core.spec import Call, GroupNeed, JobNeed, JobSpec, Retry, ValueRef
from nbflow.core.state import accepts, evolve
from nbflow.core.status import Reason
from nbflow.testing import ManualClock, ScriptedExecutor, declare, drive

VALUE = ValueRef(inline=b"1")
OTHER = ValueRef(inline=b"2")
UNDO, MEND = Call("undo"), Call("mend")
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
    **more: Any,
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
            **more,
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


def ask(run: Run, what: str, name: str, at: float = 0.0, generation: int | None = None, **more: Any) -> bool:
    """A person's request: run, retry, skip or cancel."""
    kinds = {
        "run": e.RunRequested,
        "retry": e.RetryRequested,
        "skip": e.SkipRequested,
        "cancel": e.CancelRequested,
    }
    return take(run, kinds[what](at=at, job=name, generation=generation or run.jobs[name].generation, **more))


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


def step_order(run: Run, name: str, now: float = 0.0) -> StartStep | None:
    """The plan's order to start a step of *name*, if it gives one."""
    found = (order for order in orders(run, now).orders if isinstance(order, StartStep))
    return next((order for order in found if order.job == name), None)


def begin_step(run: Run, name: str, at: float = 0.0) -> str:
    """Start the step that the plan has for *name*; which one that is."""
    order = step_order(run, name, at)
    assert order is not None, f"no step of {name} is due: it is {run.jobs[name].status}"
    key = f"s{run.seq}"
    event = e.StepStarted(at=at, job=name, generation=order.generation, attempt=order.attempt, step=order.step, key=key)
    assert take(run, event)
    return order.step


def end_step(run: Run, name: str, how: str = "succeeded", at: float = 0.0, reason: Reason | None = None) -> bool:
    """End the step of *name* that is under way; a fallback that succeeds leaves `OTHER` for each output."""
    step = run.jobs[name].step
    assert step is not None
    made = run.jobs[name].spec.outputs if (step.step, how) == ("fallback", "succeeded") else ()
    return take(
        run,
        e.StepEnded(
            at=at,
            job=name,
            generation=step.generation,
            attempt=step.attempt,
            step=step.step,
            key=step.key,
            end=how,
            reason=reason or (Reason("exit code", "3") if how == "failed" else None),
            outputs=dict.fromkeys(made, OTHER),
        ),
    )


def did(run: Run, name: str, step: str, how: str = "succeeded", at: float = 0.0) -> None:
    """The step *step*, which is due, starts and ends."""
    assert begin_step(run, name, at) == step
    assert end_step(run, name, how, at)


def played(run: Run, script: dict[str, Any] | None = None, **options: Any) -> tuple[list[str], float]:
    """Drive *run* by *script*: what was started, in order (``a``, ``a/recovery``), and when it all was over."""
    executor, clock = ScriptedExecutor(script), ManualClock()
    drive(run, executor, clock, **options)
    return [name for name, _ in executor.started], clock()
