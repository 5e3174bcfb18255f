"""Random flows: every kind of need, policy, rule and step, small enough to be checked thousands of times."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from nbflow.core import groups
from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Custom, Either, Judge, Policy, Ruled, Strict
from nbflow.core.rules import Rule
from nbflow.core.run import Run
from nbflow.core.spec import Call, JobNeed, JobSpec, Limits, Need, Retry, ValueRef

EXECUTORS = ("process", "process", "process", "kernel")
GROUPS = ("g", "h")
UNDO, MEND = Call("undo"), Call("mend")
RULES = (
    Rule(exits=("10",), retries=1, script="fix.sh"),
    Rule(exits=("10", "11"), retries=2, script="fix.sh", optional=True),
    Rule(exits=("SIGKILL", "1"), retries=1),
    Rule(exits=("*",), retries=1, script="fix.sh"),
    Rule(on="error", classes=("LookupError",), retries=1),
    Rule(on="log", pattern="disk full", retries=1, script="clean.sh"),
    Rule(on="oom", memory=2.0, retries=2),
    Rule(on="timeout", retries=1),
)
CUSTOM = Custom("ours", ValueRef(inline=b"p"))


class Taste(NamedTuple):
    """How likely, in one schedule, jobs have this or that: much of some things, little of others."""

    group: float
    rules: float
    rollback: float
    fallback: float
    condition: float
    once: float
    hold: float
    deadline: float
    tolerant: float
    cache: float
    decisive: float
    """Groups that cut, retry and roll back."""


def random_taste(rng: Random) -> Taste:
    few = (0.4, 0.3, 0.3, 0.3, 0.1, 0.1, 0.05, 0.2, 0.3, 0.2, 0.5)
    many = (0.9, 0.9, 0.9, 0.8, 0.5, 0.6, 0.4, 0.8, 0.8, 0.8, 0.9)
    return Taste(*(much if rng.random() < 0.3 else little for little, much in zip(few, many, strict=True)))


def random_spec(rng: Random, run: Run, name: str, taste: Taste, maker: str = "") -> JobSpec:
    """A job *name* that needs some of what *run* has; it may well be one that cannot be taken."""
    chance = rng.random
    group = rng.choice(GROUPS) if chance() < taste.group else None
    return JobSpec(
        name=name,
        needs=random_needs(rng, run, name),
        retry=random_retry(rng),
        rules=tuple(rng.sample(RULES, rng.choice((1, 1, 2)))) if chance() < taste.rules else (),
        rollback=UNDO if chance() < taste.rollback else None,
        fallback=MEND if chance() < taste.fallback else None,
        condition="x" if chance() < taste.condition else "",
        once=chance() < taste.once,
        cache=chance() < taste.cache,
        bash=chance() < 0.1,
        memory=100,
        outputs=("x",),
        group=group,
        on_missing=rng.choice(("none", "pass", "=0")) if chance() < taste.tolerant else "error",
        executor=rng.choice(EXECUTORS),
        hold=chance() < taste.hold,
        timeout=2.0,
        deadline=rng.choice((0.5, 0.5, 1.0, 3.5)) if chance() < taste.deadline else None,
        source=str(chance()),
        maker=maker,
    )


def random_retry(rng: Random) -> Retry:
    return Retry(
        attempts=rng.choice((1, 1, 2, 3)),
        delay=rng.choice((0.0, 1.0, 2.5)),
        jitter=rng.choice((0.0, 0.0, 0.5, 1.0)),
        on=rng.choice(((), (), (), ("LookupError",), ("KeyError", "m.Own"))),
        never_on=rng.choice(((), (), (), ("KeyError",))),
    )


def random_needs(rng: Random, run: Run, name: str) -> tuple[Need, ...]:
    jobs = [other for other in run.jobs if other != name and not run.jobs[other].spec.withdrawn]
    needs: list[Need] = [
        JobNeed(other, optional=rng.random() < 0.15)
        for other in rng.sample(jobs, min(len(jobs), rng.choice((0, 1, 1, 2))))
    ]
    for other in run.groups:
        if rng.random() < 0.35:
            need = groups.need(run, other, optional=rng.random() < 0.1, without=name)
            needs += [need] * bool(need.jobs)
    return tuple(needs)


def random_policy(rng: Random, run: Run, group: str, taste: Taste) -> Policy:
    judge, decisive = random_judge(rng, run, group), taste.decisive
    if rng.random() > decisive + 0.2:
        return judge
    hasty = isinstance(judge, AtLeast | Both | Either)
    return Ruled(
        judge,
        early=hasty and rng.random() < 0.5,
        fail_fast=rng.random() < decisive,
        cancel_rest=hasty and rng.random() < decisive,
        max_parallel=rng.choice((None, None, 1, 2)),
        retries=rng.choice((1, 2)) if rng.random() < decisive / 2 else 0,
        rollback=rng.random() < decisive,
        parent="g" if group == "h" and rng.random() < 0.4 else None,
    )


def random_judge(rng: Random, run: Run, group: str) -> Judge:
    members = list(run.groups[group].members) if group in run.groups else []
    kind = rng.randrange(7)
    if kind == 6:
        return CUSTOM if rng.random() < 0.7 else Both((CUSTOM, Strict()))
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


def random_limits(rng: Random) -> Limits:
    return Limits(
        retries=rng.choice((None, 0, 1, 3)),
        attempts=rng.choice((None, None, 3, 6, 12)),
        jobs=rng.choice((None, None, 5)),
        forbidden=rng.choice(((), (), ("kernel",), ("shell",), ("shell", "kernel"))),
    )
