"""Jobs for which the cache has outputs: they are looked for before a start, and end without an attempt."""

from __future__ import annotations

import json

import pytest

from nbflow.core.event import CacheMissed, JobDeclared, JobReused, LimitsSet, PauseRequested, UnpauseRequested
from nbflow.core.inputs import Whole, resolve
from nbflow.core.outcome import verdict
from nbflow.core.plan import Look, Start
from nbflow.core.policies import Strict
from nbflow.core.project import project, reason_text
from nbflow.core.spec import Call, GroupNeed, Limits, Produced
from nbflow.core.state import replay
from nbflow.testing import ScriptedExecutor, drive

from .build import OTHER, VALUE, ask, came, end, job, orders, run_of, start, starts, status, take

X = {"x": VALUE}


def maker(**options):
    return job("a", outputs=("x",), cache=True, **options)


def reader(**options):
    return job("b", "a", inputs={"x": Produced("a", "x")}, **options)


def looks(run, **free):
    return [order.job for order in orders(run, **free).orders if isinstance(order, Look)]


def reuse(run, name, outputs=X, generation=None, **more):
    told = {"at": 0.0, "job": name, "generation": generation or run.jobs[name].generation}
    return take(run, JobReused(**told, outputs=outputs, run=3, attempt="k9", seconds=42.0, **more))


def miss(run, name, why="", generation=None):
    told = {"at": 0.0, "job": name, "generation": generation or run.jobs[name].generation}
    return take(run, CacheMissed(**told, key="k", why=why))


def test_it_is_looked_for_before_it_starts():
    """Without a slot being needed; nothing else of it is planned."""
    run = run_of(maker())
    assert (looks(run, process=0), starts(run), orders(run).idle) == (["a"], [], False)
    assert not start(run, "a"), "it started without a look"


def test_a_reused_job_is_good():
    """What it made then is what its dependents read now, and the run has succeeded."""
    run = run_of(maker(), reader())
    assert reuse(run, "a")
    assert (status(run, "a"), status(run, "b"), run.jobs["a"].attempts) == ("reused", "ready", [])
    assert resolve(run, "b").given == {"x": Whole(VALUE)}
    came(run, "b")
    assert verdict(run) == "succeeded"


def test_a_miss_lets_it_start():
    """Once, and it is not looked for again, even where the attempt is lost."""
    run = run_of(maker())
    assert miss(run, "a") and not miss(run, "a") and not reuse(run, "a")
    came(run, "a", "lost")
    assert (looks(run), starts(run)) == ([], ["a"])


def test_a_persons_retry_runs_it():
    """The look is only to know what its outputs will be cached for."""
    run = run_of(maker())
    reuse(run, "a")
    assert ask(run, "retry", "a")
    assert [order.fresh for order in orders(run).orders if isinstance(order, Look)] == [True]
    assert not reuse(run, "a")
    assert miss(run, "a")
    came(run, "a")
    assert status(run, "a") == "succeeded"


def test_a_declaration_looks_anew():
    """Whatever was found for the last one."""
    run = run_of(maker())
    miss(run, "a")
    came(run, "a", "failed")
    take(run, JobDeclared(at=1.0, spec=maker()))
    assert looks(run) == ["a"]
    assert not reuse(run, "a", generation=1), "an answer for the old declaration was taken"
    assert reuse(run, "a")


def test_a_miss_holds_for_its_inputs_only():
    """When what it needs is made anew meanwhile it is looked for again."""
    run = run_of(job("a", outputs=("x",)), reader(cache=True))
    came(run, "a")
    assert miss(run, "b")
    ask(run, "retry", "a")
    assert status(run, "b") == "waiting"
    came(run, "a")
    assert looks(run) == ["b"]


def test_a_pause_holds_looks():
    """Nothing new starts, and nothing is reused."""
    run = run_of(maker())
    take(run, PauseRequested(at=0.0))
    assert looks(run) == []
    take(run, UnpauseRequested(at=0.0))
    assert looks(run) == ["a"]


def test_no_limit_keeps_it_from_being_reused():
    """It needs no attempt and no executor; if it is not there, the limit counts."""
    run = run_of(maker())
    take(run, LimitsSet(at=0.0, limits=Limits(attempts=0, forbidden=("process",))))
    assert looks(run) == ["a"]
    assert reuse(run, "a")
    other = run_of(maker())
    take(other, LimitsSet(at=0.0, limits=Limits(forbidden=("process",))))
    miss(other, "a")
    drive(other)
    assert (status(other, "a"), reason_text(other, other.jobs["a"])) == ("failed", "forbidden: process")


@pytest.mark.parametrize("what", ["skip", "cancel"])
def test_it_can_be_ended_while_it_is_looked_for(what):
    """The answer then comes too late."""
    run = run_of(maker())
    assert ask(run, what, "a")
    assert not reuse(run, "a") and not miss(run, "a")


def test_it_counts_for_its_group():
    """As a success; and with the group it is not rolled back, as it has done nothing."""
    members = maker(group="g", rollback=Call("undo")), job("c", group="g")
    run = run_of(*members, job("d", GroupNeed("g", ("a", "c"))), g=Strict())
    reuse(run, "a")
    came(run, "c")
    assert status(run, "d") == "ready"
    assert not run.jobs["a"].revocable


def test_its_outputs_can_stand_in_later():
    """``skip --last`` after a new declaration has failed."""
    run = run_of(maker())
    reuse(run, "a", {"x": OTHER})
    take(run, JobDeclared(at=1.0, spec=maker(source="2")))
    miss(run, "a")
    came(run, "a", "failed")
    assert ask(run, "skip", "a", last=True)
    assert (status(run, "a"), run.jobs["a"].outputs) == ("substituted", {"x": OTHER})


def test_the_newest_of_attempt_and_reuse_is_the_last_good():
    """In whatever order they came."""
    run = run_of(maker())
    miss(run, "a")
    start(run, "a")
    end(run, "a")
    take(run, JobDeclared(at=1.0, spec=maker()))
    reuse(run, "a", {"x": OTHER})
    assert run.jobs["a"].last_good == {"x": OTHER}
    ask(run, "retry", "a")
    miss(run, "a")
    came(run, "a")
    assert run.jobs["a"].last_good == X


def test_what_is_told_of_it():
    """Why, the snapshot, and the same after a replay."""
    events = []
    run = run_of(maker())
    events += [JobDeclared(at=0.0, spec=maker())]
    told = {"at": 5.0, "job": "a", "generation": 1}
    events += [JobReused(**told, outputs=X, run=3, attempt="k9", made_at=2.0, seconds=42.0)]
    run = replay(events)
    assert reason_text(run, run.jobs["a"]) == "from run 3, 0:42 saved"
    found = json.loads(json.dumps(project(run, 9.0)))["jobs"]["a"]
    assert found["reused"] | {"log": ""} == {
        "run": 3,
        "flow": "",
        "attempt": "k9",
        "made_at": 2.0,
        "started_at": -40.0,
        "ended_at": 2.0,
        "seconds": 42.0,
        "at": 5.0,
        "log": "",
    }
    assert found["reused"]["log"]["out"] == ".nbflow/attempts/k9/out"
    assert (found["status"], found["cache"], found["missed"]) == ("reused", True, "")


def test_the_tested_loop_has_a_cache():
    """`drive` is told of what there is."""
    run = run_of(maker(), reader(cache=True))
    executor = ScriptedExecutor()
    drive(run, executor, cached={"a": X})
    assert [name for name, _ in executor.started] == ["b"]
    assert (status(run, "a"), status(run, "b")) == ("reused", "succeeded")


def test_only_what_asks_for_it_is_looked_for():
    """All others start at once."""
    assert [type(order) for order in orders(run_of(job("a"))).orders] == [Start]
