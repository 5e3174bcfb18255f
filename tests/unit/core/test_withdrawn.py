"""Jobs that are declared no longer."""

from __future__ import annotations

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, JobDeclared, RetryRequested, SkipRequested
from nbflow.core.graph import check
from nbflow.core.plan import Start, Stop, plan
from nbflow.core.policies import Strict
from nbflow.core.project import project
from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec
from nbflow.core.state import accepts, evolve, replay
from nbflow.core.status import RunVerdict, Status, Verdict
from nbflow.errors import DeclarationError

FREE = {"process": 4}


def run_of(*specs: JobSpec) -> Run:
    return replay(JobDeclared(at=0.0, spec=spec) for spec in specs)


def start(run: Run, job: str) -> None:
    evolve(run, AttemptStarted(at=1.0, job=job, generation=run.jobs[job].generation, attempt=1, key=job))


def succeed(run: Run, job: str) -> None:
    start(run, job)
    evolve(run, AttemptEnded(at=2.0, job=job, generation=run.jobs[job].generation, attempt=1, end="succeeded"))


def withdraw(run: Run, job: str) -> None:
    evolve(run, JobDeclared(at=3.0, spec=JobSpec(name=job, withdrawn=True)))


def test_a_withdrawn_job_ends_and_never_starts_again() -> None:
    """It is cancelled for good: neither the plan nor a person starts it."""
    run = run_of(JobSpec(name="a"))
    withdraw(run, "a")
    job = run.jobs["a"]
    assert (job.status, job.reason and job.reason.words()) == (Status.CANCELLED, "withdrawn")
    assert not any(isinstance(order, Start) for order in plan(run, 4.0, FREE).orders)
    assert not accepts(run, RetryRequested(at=4.0, job="a", generation=job.generation))
    assert not accepts(run, SkipRequested(at=4.0, job="a", generation=job.generation))


def test_what_it_was_doing_is_stopped() -> None:
    """The attempt of the generation before is asked to end."""
    run = run_of(JobSpec(name="a"))
    start(run, "a")
    withdraw(run, "a")
    [stop] = [order for order in plan(run, 4.0, FREE).orders if isinstance(order, Stop)]
    assert (stop.job, stop.attempt) == ("a", 1)


def test_it_leaves_its_group_and_the_groups_verdict() -> None:
    """A group is judged by those that are left."""
    run = run_of(JobSpec(name="a", group="g"), JobSpec(name="b", group="g"))
    succeed(run, "a")
    withdraw(run, "b")
    assert list(run.groups["g"].members) == ["a"]
    assert run.groups["g"].verdict is Verdict.MET


def test_a_dependent_of_its_group_does_without_it() -> None:
    """It was declared when the job was there; its withdrawal breaks no policy."""
    run = run_of(
        JobSpec(name="a", group="g"),
        JobSpec(name="b", group="g"),
        JobSpec(name="c", needs=(GroupNeed("g", ("a", "b")),)),
        JobSpec(name="d", needs=(JobNeed("b"),)),
    )
    withdraw(run, "b")
    succeed(run, "a")
    assert run.jobs["c"].status is Status.READY
    assert run.jobs["d"].status is Status.SKIPPED


def test_the_run_is_neither_cancelled_nor_degraded_by_it_nor_shows_it() -> None:
    """As if it had never been there."""
    run = run_of(JobSpec(name="a"), JobSpec(name="b"))
    succeed(run, "a")
    withdraw(run, "b")
    view = project(run, 5.0)
    assert view["verdict"] == RunVerdict.SUCCEEDED
    assert list(view["jobs"]) == ["a"]


def test_it_can_be_declared_again() -> None:
    """With a fresh generation, as any job."""
    run = run_of(JobSpec(name="a"))
    withdraw(run, "a")
    evolve(run, JobDeclared(at=4.0, spec=JobSpec(name="a")))
    assert run.jobs["a"].status is Status.READY


def test_its_name_is_free_for_a_group_and_a_groups_for_a_job_once_all_members_leave() -> None:
    """A job can become a fan-out, whose elements are a group of its name, and back."""
    run = run_of(JobSpec(name="fit"))
    with pytest.raises(DeclarationError, match="name of a job"):
        check(run, [JobSpec(name="fit[a=1]", group="fit")], {})
    fan = [JobSpec(name="fit", withdrawn=True), JobSpec(name="fit[a=1]", group="fit")]
    check(run, fan, {"fit": Strict()})
    for spec in fan:
        evolve(run, JobDeclared(at=1.0, spec=spec))
    with pytest.raises(DeclarationError, match="name of a group"):
        check(run, [JobSpec(name="fit")], {})
    plain = [JobSpec(name="fit[a=1]", withdrawn=True), JobSpec(name="fit")]
    check(run, plain, {})
    for spec in plain:
        evolve(run, JobDeclared(at=2.0, spec=spec))
    assert list(project(run, 3.0)["jobs"]) == ["fit"]
    assert project(run, 3.0)["groups"] == {}
