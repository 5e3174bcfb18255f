"""`--rollback` of a group: once it is broken, what has succeeded is taken back, the last to end first."""

from __future__ import annotations

from nbflow.core import event as e
from nbflow.core.plan import Record, StartStep
from nbflow.core.policies import AtLeast, Ruled, Strict
from nbflow.core.project import project, reason_text, verdict
from nbflow.core.state import replay
from nbflow.core.status import Reason
from nbflow.testing import ScriptedExecutor, declare, drive

from .build import UNDO, VALUE, ask, came, job, orders, run_of, start, starts, status, take


def group(*members, policy=None, **options):
    return run_of(*members, g=Ruled(policy or Strict(), rollback=True, **options))


def member(name, **options):
    return job(name, group="g", rollback=UNDO, **options)


def undone(events):
    """Jobs whose rollback started, in order."""
    return "".join(event.job for event in events if isinstance(event, e.StepStarted))


def steps(run):
    """The steps that the plan starts, after all there is to record."""
    while records := [order.event for order in orders(run).orders if isinstance(order, Record)]:
        assert all(take(run, event) for event in records)
    return [order.job for order in orders(run, process=9).orders if isinstance(order, StartStep)]


def begin(run, name):
    state = run.jobs[name]
    where = {"job": name, "generation": state.generation, "attempt": len(state.attempts)}
    assert take(run, e.StepStarted(at=9.0, **where, step="rollback", key=f"s{name}"))


def finish(run, name, how="succeeded", at=10.0):
    step = run.jobs[name].step
    where = {"job": name, "generation": step.generation, "attempt": step.attempt, "key": step.key}
    assert take(run, e.StepEnded(at=at, **where, step="rollback", end=how))


def test_successes_are_taken_back_in_reverse_order_of_their_ends():
    """One after the other; the one that failed has had its own; statuses stay."""
    run = group(*map(member, "abcd"))
    for at, name in enumerate("cab"):
        came(run, name, at=float(at))
    came(run, "d", "failed", at=5.0)
    events = drive(run, ScriptedExecutor(), slots=4)
    assert undone(events) == "dbac"
    assert [status(run, name) for name in "abcd"] == ["succeeded"] * 3 + ["failed"]
    assert project(run, 0.0)["groups"]["g"]["rolled_back"] == dict.fromkeys("abc", "succeeded")
    assert verdict(run) == "failed"


def test_one_at_a_time_and_only_after_all_have_ended():
    """While c runs nothing is taken back, though the group is broken already."""
    run = group(*map(member, "ab"), job("c", group="g"), job("d", group="g"))
    came(run, "a", at=1.0)
    came(run, "b", at=2.0)
    start(run, "c")
    came(run, "d", "failed", at=3.0)
    assert steps(run) == []
    ask(run, "cancel", "c")
    take(run, e.AttemptEnded(at=4.0, job="c", generation=1, attempt=1, end="cancelled"))
    assert steps(run) == ["b"]
    begin(run, "b")
    assert (steps(run), reason_text(run, run.jobs["b"])) == ([], "its rollback runs: its group is broken")
    finish(run, "b")
    assert reason_text(run, run.jobs["b"]) == "rolled back: its group is broken"
    assert steps(run) == ["a"]
    assert verdict(run) == "running"


def test_a_rollback_that_fails_does_not_stop_the_others():
    """It is recorded, and told in the group's JSON."""
    run = group(*map(member, "ab"), job("c", group="g"))
    events = drive(run, ScriptedExecutor({"c": Reason("timeout"), "b/rollback": "failed"}))
    assert sorted(undone(events)) == ["a", "b"]
    assert project(run, 0.0)["groups"]["g"]["rolled_back"] == {"a": "succeeded", "b": "failed"}
    assert status(run, "b") == "succeeded"


def test_a_group_that_is_met_takes_nothing_back():
    """One failure of three, two needed."""
    run = group(*map(member, "ab"), job("c", group="g"), policy=AtLeast(2))
    assert undone(drive(run, ScriptedExecutor({"c": "failed"}))) == ""


def test_without_the_option_nothing_is_taken_back():
    """A member's own rollback is for its own failure."""
    run = run_of(*map(member, "ab"), job("c", group="g"))
    assert undone(drive(run, ScriptedExecutor({"c": "failed"}))) == ""


def test_members_without_a_rollback_are_passed_over():
    """And so is one that a person gave a value."""
    run = group(member("a"), job("b", group="g"), member("c"), job("d", group="g"))
    came(run, "a")
    came(run, "b")
    take(run, e.SkipRequested(at=0.0, job="c", generation=1, outputs={"x": VALUE}))
    came(run, "d", "failed")
    assert undone(drive(run, ScriptedExecutor())) == "a"


def test_it_goes_on_where_it_was_after_a_crash():
    """What was under way is lost and begun again, what was done is not."""
    run = group(*map(member, "abc"), job("d", group="g"))
    log = [e.GroupDeclared(at=0.0, group="g", policy=run.groups["g"].policy)]
    log += [e.JobDeclared(at=0.0, spec=state.spec) for state in run.jobs.values()]
    log += drive(run, ScriptedExecutor({"d": "failed"}), slots=1, until=5.5)
    assert undone(log) in ("cb", "c")
    again = replay(log)
    for state in again.jobs.values():
        if state.step is not None:
            finish(again, state.spec.name, "lost")
    more = drive(again, ScriptedExecutor(), slots=1)
    done = [event.job for event in log + more if isinstance(event, e.StepEnded) and event.end == "succeeded"]
    assert "".join(done) == "cba"


def test_a_rollback_whose_end_nobody_sees_is_given_up_after_three_more():
    """As for any step."""
    run = group(member("a"), job("b", group="g"))
    events = drive(run, ScriptedExecutor({"b": "failed", "a/rollback": "lost"}))
    assert undone(events) == "aaaa"


def test_a_member_that_is_declared_anew_waits_for_its_rollback():
    """Its new attempt never overlaps with it, and the group is open again."""
    run = group(member("a"), job("b", group="g"))
    came(run, "a")
    came(run, "b", "failed")
    assert steps(run) == ["a"]
    begin(run, "a")
    take(run, e.JobDeclared(at=9.0, spec=member("a")))
    assert starts(run) == []
    finish(run, "a")
    assert start(run, "a")


def test_a_pause_does_not_keep_it_back():
    """What is broken is put in order."""
    run = group(member("a"), job("b", group="g"))
    came(run, "a")
    came(run, "b", "failed")
    take(run, e.PauseRequested(at=0.0))
    assert steps(run) == ["a"]


def test_a_retry_of_the_group_comes_before_its_rollback():
    """Only what is broken for good is taken back."""
    run = group(member("a"), job("b", group="g"), retries=1)
    events = drive(run, ScriptedExecutor({"b": ["failed", "succeeded"]}))
    assert undone(events) == ""
    run = group(member("a"), job("b", group="g"), retries=1)
    events = drive(run, ScriptedExecutor({"b": "failed"}))
    assert (undone(events), run.jobs["b"].generation) == ("a", 2)


def test_in_a_group_of_groups_all_below_is_taken_back():
    """The outer group's rollback is about the jobs of the groups within; a part that is met alone keeps its own."""
    outer, inner = Ruled(Strict(), rollback=True), Ruled(Strict(), rollback=True, parent="g")
    jobs = member("a"), job("b", group="i", rollback=UNDO), job("c", group="g")
    run = declare(*jobs, groups={"g": outer, "i": inner})
    assert sorted(undone(drive(run, ScriptedExecutor({"c": "failed"})))) == ["a", "b"]


def test_what_is_taken_back_takes_room_in_the_groups_around():
    """In the plan that starts it nothing else does that would be more than the outer group allows."""
    run = run_of(
        job("a", group="inner", rollback=UNDO),
        job("b", group="inner"),
        job("c", group="outer"),
        inner=Ruled(Strict(), rollback=True, parent="outer"),
        outer=Ruled(Strict(), max_parallel=1),
    )
    came(run, "a")
    came(run, "b", "failed")
    assert steps(run) == ["a"]
    assert starts(run, process=9) == []
