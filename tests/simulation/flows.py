"""Random flows: every kind of need, policy, retry rule and hold, small enough to be checked thousands of times."""

from __future__ import annotations

from random import Random

from nbflow.core.run import Run
from nbflow.core.spec import (
    AtLeast,
    BestEffort,
    Both,
    Critical,
    Either,
    GroupNeed,
    JobNeed,
    JobSpec,
    Judge,
    Need,
    Policy,
    Retry,
    Ruled,
    Strict,
)

EXECUTORS = ("process", "process", "process", "kernel")
GROUPS = ("g", "h")


def random_spec(rng: Random, run: Run, name: str) -> JobSpec:
    """A job *name* that needs some of what *run* has; it may well be one that cannot be taken."""
    group = rng.choice(GROUPS) if rng.random() < 0.4 else None
    return JobSpec(
        name=name,
        needs=random_needs(rng, run, name, group),
        retry=random_retry(rng),
        group=group,
        on_missing="none" if rng.random() < 0.2 else "error",
        executor=rng.choice(EXECUTORS),
        hold=rng.random() < 0.08,
        timeout=2.0,
        deadline=rng.choice((None, None, None, 0.5, 2.0, 3.5)),
        source=str(rng.random()),
    )


def random_retry(rng: Random) -> Retry:
    return Retry(
        attempts=rng.choice((1, 1, 2, 3)),
        delay=rng.choice((0.0, 1.0, 2.5)),
        jitter=rng.choice((0.0, 0.0, 0.5, 1.0)),
        on=rng.choice(((), (), (), ("LookupError",), ("KeyError", "m.Own"))),
        never_on=rng.choice(((), (), (), ("KeyError",))),
    )


def random_needs(rng: Random, run: Run, name: str, group: str | None) -> tuple[Need, ...]:
    jobs = [other for other in run.jobs if other != name]
    needs: list[Need] = [
        JobNeed(other, optional=rng.random() < 0.15)
        for other in rng.sample(jobs, min(len(jobs), rng.choice((0, 1, 1, 2))))
    ]
    for other in run.groups:
        members = tuple(member for member in run.groups[other].members if member != name)
        if other != group and members and rng.random() < 0.35:
            needs.append(GroupNeed(other, members, optional=rng.random() < 0.1))
    return tuple(needs)


def random_policy(rng: Random, run: Run, group: str) -> Policy:
    judge = random_judge(rng, run, group)
    if rng.random() < 0.5:
        return judge
    hasty = isinstance(judge, AtLeast | Both | Either)
    return Ruled(
        judge,
        early=hasty and rng.random() < 0.5,
        fail_fast=rng.random() < 0.5,
        cancel_rest=hasty and rng.random() < 0.5,
        max_parallel=rng.choice((None, None, 1, 2)),
    )


def random_judge(rng: Random, run: Run, group: str) -> Judge:
    members = list(run.groups[group].members) if group in run.groups else []
    kind = rng.randrange(6)
    if kind == 4:
        return AtLeast(rng.choice((30, 50, 70, 100)), percent=True)
    if kind == 5 and members:
        pair = AtLeast(rng.randint(1, len(members))), Critical((rng.choice(members),))
        return Both(pair) if rng.random() < 0.5 else Either(pair)
    if kind == 1:
        return BestEffort()
    if kind == 2:
        return AtLeast(rng.randint(1, max(1, len(members))))
    if kind == 3 and members:
        return Critical(tuple(rng.sample(members, rng.randint(1, min(2, len(members))))))
    return Strict()
