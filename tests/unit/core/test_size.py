"""Big flows: nothing recurses, and a job costs what it costs in a small one."""

from __future__ import annotations

from time import process_time

import pytest

from nbflow.core import event as e
from nbflow.core.derive import derive
from nbflow.core.graph import check
from nbflow.core.plan import Record, Start, StartStep, plan
from nbflow.core.policies import Ruled, Strict
from nbflow.core.project import verdict
from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed, JobSpec
from nbflow.core.state import empty, evolve
from nbflow.testing import declare

from .build import UNDO, came, job, reason, status


def chain(count: int) -> list[JobSpec]:
    return [job("j0"), *(job(f"j{i}", f"j{i - 1}") for i in range(1, count))]


def fan(count: int) -> list[JobSpec]:
    """One job, *count* jobs that need it, one that needs them all as a group."""
    middle = [f"m{i}" for i in range(count - 2)]
    return [job("a"), *(job(name, "a", group="g") for name in middle), job("z", GroupNeed("g", tuple(middle)))]


def play(specs: list[JobSpec]) -> tuple[Run, float]:
    """Declare and run all, every attempt succeeding; the processor time it took, in seconds a job."""
    run, live = empty(), list[Start]()
    begin = process_time()
    check(run, specs, {})
    for spec in specs:
        evolve(run, e.JobDeclared(at=0.0, spec=spec))
    while True:
        while orders := plan(run, 0.0, {"process": 2 - len(live)}).orders:
            for order in orders:
                match order:
                    case Start(job=name, generation=generation, attempt=attempt):
                        started = e.AttemptStarted(at=0.0, job=name, generation=generation, attempt=attempt, key="k")
                        evolve(run, started)
                        live.append(order)
                    case Record(event=event):
                        evolve(run, event)
        if not live:
            return run, (process_time() - begin) / len(specs)
        done = live.pop(0)
        evolve(
            run,
            e.AttemptEnded(at=0.0, job=done.job, generation=done.generation, attempt=done.attempt, end="succeeded"),
        )


def test_a_chain_of_100_000_jobs_can_be_declared_failed_and_retried():
    """The failure reaches the end of the chain, and so does its undoing; iterative code only."""
    last = "j99999"
    run = declare(*chain(100_000))
    came(run, "j0", "failed")
    assert reason(run, last) == "upstream failed: j0"
    assert derive(run).status[last] == "skipped"
    evolve(run, e.RetryRequested(at=0.0, job="j0", generation=1))
    assert status(run, last) == "waiting"


@pytest.mark.parametrize("shape", [chain, fan])
def test_ten_times_the_jobs_cost_the_same_each(shape):
    """10,000 jobs cost, a job, what 1,000 do: well under twice on a noisy machine, where a scan of all is ten times."""
    small = min(play(shape(1_000))[1] for _ in range(3))
    run, large = play(shape(10_000))
    assert verdict(run) == "succeeded"
    assert large < 2 * small, f"{small * 1e6:.0f} µs a job among 1,000, {large * 1e6:.0f} among 10,000"


def test_declaring_cell_by_cell_does_not_look_at_all_others():
    """A new job at the end of a long chain costs what one at its beginning does."""
    run = declare(*chain(20_000))
    begin = process_time()
    for number in range(20_000, 20_200):
        declare(job(f"j{number}", f"j{number - 1}"), run=run)
    assert process_time() - begin < 0.2


def broken(count: int) -> list[JobSpec]:
    """A group of *count* jobs with rollbacks in two groups within it."""
    return [job(f"m{i}", group=("x", "y")[i % 2], rollback=UNDO) for i in range(count)]


def test_retries_and_rollback_of_big_nested_groups_cost_the_same_for_each_member():
    """4,000 members cost, each, what 400 do: one fails and is tried again, or fails again, and all are taken back."""
    inner, outer = Ruled(Strict(), parent="g"), Ruled(Strict(), retries=1, rollback=True)

    def cost(count: int, failing: set[int]) -> float:
        run = declare(*broken(count), groups={"x": inner, "y": inner, "g": outer})
        begin = process_time()
        end_all(run, failing)
        assert run.jobs["m1"].rolled_back == (failing == {1, 2})
        return (process_time() - begin) / count

    for failing in ({1}, {1, 2}):
        small = min(cost(400, failing) for _ in range(3))
        large = cost(4_000, failing)
        assert large < 3 * small, f"{small * 1e6:.0f} µs a member among 400, {large * 1e6:.0f} among 4,000"


def end_all(run: Run, failing: set[int]) -> None:
    """Play *run* to its end; m0 fails in its attempts of the numbers *failing*."""
    while orders := plan(run, 0.0, {"process": 1}).orders:
        for order in orders:
            where = {"at": 0.0, "job": getattr(order, "job", ""), "generation": getattr(order, "generation", 0)}
            match order:
                case Start(attempt=attempt):
                    evolve(run, e.AttemptStarted(**where, attempt=attempt, key="k"))
                    how = "failed" if order.job == "m0" and attempt in failing else "succeeded"
                    evolve(run, e.AttemptEnded(**where, attempt=attempt, end=how))
                case StartStep(attempt=attempt, step=step):
                    evolve(run, e.StepStarted(**where, attempt=attempt, step=step, key="s"))
                    evolve(run, e.StepEnded(**where, attempt=attempt, step=step, key="s", end="succeeded"))
                case Record(event=event):
                    evolve(run, event)


def test_many_dependents_of_one_group_share_its_counts():
    """300 members, 300 dependents: an end is counted once, not once for each dependent."""
    members = tuple(f"m{i}" for i in range(300))
    run = declare(*(job(m, group="g") for m in members), *(job(f"d{i}", GroupNeed("g", members)) for i in range(300)))
    assert len(run.links.shared) == 1
    for member in members:
        came(run, member)
    assert {run.jobs[f"d{i}"].status.value for i in range(300)} == {"ready"}
