"""Jobs that a job made while it ran: who waits for them, and what else it asked for from inside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nbflow.core import event as e
from nbflow.core.derive import derive
from nbflow.core.followups import declared, left_over
from nbflow.core.graph import check
from nbflow.core.policies import Strict
from nbflow.core.project import waits_for
from nbflow.core.spec import GroupNeed, JobNeed, Produced, Response, Retry, ValueRef
from nbflow.core.state import evolve, replay
from nbflow.errors import CycleError, DeclarationError, NbflowError, UnknownJob
from nbflow.testing import Ending, ScriptedExecutor, declare, drive
from tests.simulation.world import snapshot
from tests.unit.core.build import VALUE, ask, came, end, job, reason, run_of, start, status, take

OTHER = ValueRef(inline=b"2")


def respond(run, maker, *jobs, log=None, **response):
    """End the running attempt of *maker* with a response, as the engine does."""
    asked = Response(jobs=jobs, **response)
    made, running = declared(run, maker, asked), run.jobs[maker].running
    events = [e.JobDeclared(at=0.0, spec=spec) for spec in (*left_over(run, maker, made), *made)]
    outputs = dict.fromkeys(run.jobs[maker].spec.outputs, VALUE)
    events.append(
        e.AttemptEnded(
            at=0.0, job=maker, generation=running.generation, attempt=running.number, end="succeeded",
            outputs=outputs, response=replace(asked, jobs=()),
        )
    )  # fmt: skip
    for event in events:
        evolve(run, event)
        facts = derive(run)
        assert facts.status == {name: each.status for name, each in run.jobs.items()}
        assert facts.reason == {name: each.reason for name, each in run.jobs.items()}
    if log is not None:
        log += events


def split(**response):
    """A run in which ``split`` made ``fit`` and ``check``, and ``plot`` needs it."""
    run = run_of(job("split", outputs=("x",)), job("plot", "split"))
    start(run, "split")
    respond(run, "split", job("fit", outputs=("y",)), job("check", "fit"), **response)
    return run


def test_a_maker_waits_for_its_detour():
    """It is waiting, and says for whom, until all of them have succeeded; what needs it comes after them."""
    run = split(detour=("fit", "check"))
    assert (status(run, "split"), waits_for(run, run.jobs["split"])) == ("waiting", ["fit", "check"])
    came(run, "fit")
    assert (status(run, "split"), status(run, "plot"), waits_for(run, run.jobs["split"])) == (
        "waiting", "waiting", ["check"],
    )  # fmt: skip
    came(run, "check")
    assert (status(run, "split"), status(run, "plot")) == ("succeeded", "ready")
    assert run.jobs["split"].outputs == {"x": VALUE}


def test_jobs_that_were_only_added_are_not_waited_for():
    """The maker has succeeded at once, and their failure is their own."""
    run = split()
    assert (status(run, "split"), status(run, "fit"), run.jobs["fit"].spec.maker) == ("succeeded", "ready", "split")
    came(run, "fit", "failed")
    assert status(run, "split") == "succeeded"


@pytest.mark.parametrize("end_of", ["detour", "replaced_by"])
def test_a_follow_up_that_fails_fails_its_maker(end_of):
    """The reason names it; what needs the maker is skipped because of it; a retry of it mends all."""
    run = split(**{end_of: ("fit",)})
    came(run, "fit", "failed")
    assert (status(run, "split"), reason(run, "split")) == ("failed", "upstream failed: fit")
    assert (status(run, "plot"), reason(run, "plot")) == ("skipped", "upstream failed: fit")
    assert ask(run, "retry", "fit")
    assert (status(run, "split"), status(run, "plot")) == ("waiting", "waiting")
    came(run, "fit")
    assert (status(run, "split"), status(run, "plot")) == ("succeeded", "ready")


def test_the_root_of_a_failure_is_named_through_follow_ups():
    """A follow-up that was skipped because of another one names that one."""
    run = split(detour=("check",))
    came(run, "fit", "failed")
    assert (status(run, "check"), reason(run, "split")) == ("skipped", "upstream failed: fit")


def test_outputs_come_from_what_replaced_it():
    """Through any number of replacements; a person's value in its place is its own again."""
    run = run_of(job("a", outputs=("x",)))
    start(run, "a")
    respond(run, "a", job("b", outputs=("y",)), replaced_by=("b",), outputs={"x": Produced("b", "y")})
    start(run, "b")
    respond(run, "b", job("c", outputs=("z",)), replaced_by=("c",), outputs={"y": Produced("c", "z")})
    assert run.jobs["a"].outputs == run.jobs["b"].outputs == {}
    came(run, "c")
    assert status(run, "a") == "succeeded"
    assert run.jobs["a"].outputs == {"x": VALUE}
    assert ask(run, "retry", "c")
    assert take(run, e.SkipRequested(at=0.0, job="c", generation=2, outputs={"z": OTHER}))
    assert run.jobs["a"].outputs == {"x": OTHER}
    third = ValueRef(inline=b"3")
    assert take(run, e.SkipRequested(at=0.0, job="c", generation=2, outputs={"z": third}))
    assert (run.jobs["a"].outputs, run.jobs["b"].outputs) == ({"x": third}, {"y": third})
    assert take(run, e.SkipRequested(at=0.0, job="a", generation=1, outputs={"x": VALUE})) is False


def test_a_retry_of_the_maker_forgets_its_follow_ups():
    """The next success may make the same names again; what it does not make is withdrawn."""
    run = split(detour=("fit", "check"))
    came(run, "fit", "failed")
    assert ask(run, "retry", "split")
    assert status(run, "split") == "ready"
    start(run, "split")
    respond(run, "split", job("fit", outputs=("y",)), detour=("fit",))
    assert (status(run, "fit"), status(run, "split")) == ("ready", "waiting")
    assert run.jobs["check"].spec.withdrawn
    came(run, "fit")
    assert status(run, "split") == "succeeded"


def test_what_was_withdrawn_takes_what_it_made_along():
    """Jobs made by jobs that are no more are no more either."""
    run = run_of(job("a"))
    start(run, "a")
    respond(run, "a", job("b"), detour=("b",))
    start(run, "b")
    respond(run, "b", job("c"), detour=("c",))
    came(run, "c")
    assert ask(run, "retry", "a")
    start(run, "a")
    respond(run, "a")
    assert run.jobs["b"].spec.withdrawn
    assert run.jobs["c"].spec.withdrawn
    assert status(run, "a") == "succeeded"


def test_a_person_may_cancel_or_skip_a_maker_that_waits():
    """Both end it; its follow-ups go on by themselves."""
    for hand, came_to in (("cancel", "cancelled"), ("skip", "skipped")):
        run = split(detour=("fit",))
        assert ask(run, hand, "split")
        assert (status(run, "split"), status(run, "fit")) == (came_to, "ready")


def test_stopped_children_are_skipped():
    """Whatever needs the maker, at however many removes; others, and what it made itself, go on."""
    run = run_of(job("a"), job("b", "a"), job("c", "b?"), job("d"), job("e", "b", hold=True))
    start(run, "a")
    respond(run, "a", job("more"), stop_children=True)
    assert [status(run, n) for n in "abcde"] == ["succeeded", "skipped", "skipped", "ready", "skipped"]
    assert (reason(run, "b"), reason(run, "c"), status(run, "more")) == ("stopped by a", "stopped by a", "ready")


def test_a_stopped_flow_starts_nothing_more():
    """What is under way goes on to its end, whatever has not started is skipped."""
    run = run_of(job("a"), job("b", "a"), job("c"), job("d"))
    start(run, "a")
    start(run, "c")
    respond(run, "a", stop_flow=True)
    assert [status(run, n) for n in "abcd"] == ["succeeded", "skipped", "running", "skipped"]
    end(run, "c")
    assert ask(run, "retry", "d")
    assert status(run, "d") == "ready"


def test_an_attempt_that_fails_leaves_nothing():
    """There is no response but that of a success."""
    run = run_of(job("a", retries=1), job("b", "a"))
    came(run, "a", "failed")
    assert run.jobs["a"].response is None
    assert status(run, "b") == "waiting"


@pytest.mark.parametrize(
    ("jobs", "response", "fault", "said"),
    [
        ([job("plot")], {}, DeclarationError, "there is a job 'plot' already"),
        ([job("split")], {}, DeclarationError, "there is a job 'split' already"),
        ([job("fit", "split")], {"detour": ("fit",)}, CycleError, "split → fit → split"),
        ([job("fit", "plot")], {"detour": ("fit",)}, CycleError, "split → fit → plot → split"),
        ([job("fit", "fti")], {}, UnknownJob, "no job 'fti' in this flow"),
        ([], {"detour": ("fit",)}, DeclarationError, "waits for 'fit', which it did not declare"),
        ([job("fit", retry=Retry(attempts=0))], {}, DeclarationError, "at least 1 attempt"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared_is_refused(jobs, response, fault, said):
    """The error says what is wrong; nothing has changed."""
    run = run_of(job("split"), job("plot", "split"))
    start(run, "split")
    before = snapshot(run)
    with pytest.raises(fault, match=said):
        respond(run, "split", *jobs, **response)
    assert snapshot(run) == before


def test_an_added_job_may_need_its_maker():
    """Nobody waits for it: there is no loop."""
    run = run_of(job("a"))
    start(run, "a")
    respond(run, "a", job("b", "a"))
    assert status(run, "b") == "ready"


def test_a_person_cannot_make_a_loop_through_a_follow_up():
    """The maker waits for its follow-up, so that may not come to need what needs the maker."""
    run = split(detour=("fit",))
    with pytest.raises(CycleError):
        check(run, [job("fit", "plot")], {})


NAMES = "abcdef"
needs = st.lists(st.builds(JobNeed, st.sampled_from(NAMES), st.booleans()), max_size=2).map(tuple)
specs = st.builds(
    job, st.sampled_from(NAMES), on_missing=st.sampled_from(["error", "none"]), group=st.sampled_from([None, "g"])
).flatmap(lambda spec: needs.map(lambda found: replace(spec, needs=found)))
moves = st.one_of(
    st.tuples(st.just("declare"), specs),
    st.tuples(st.just("start"), st.integers(0, 9)),
    st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from(["succeeded", "failed", "lost"])),
    st.tuples(
        st.just("respond"), st.integers(0, 9), st.lists(specs, max_size=3, unique_by=lambda spec: spec.name),
        st.sampled_from(["detour", "replaced_by", "add"]), st.booleans(), st.booleans(),
    ),
    st.tuples(st.just("hand"), st.integers(0, 9), st.sampled_from(["retry", "skip", "cancel", "run"])),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(moves, max_size=40))
def test_any_flow_with_follow_ups_is_as_read_from_scratch(script):
    """After every event statuses and reasons are those of the simple reading."""
    run = run_of(job("a"), job("z", GroupNeed("g", ())), g=Strict())
    for move in script:
        _play(run, move)
        facts = derive(run)
        assert facts.status == {name: each.status for name, each in run.jobs.items()}
        assert facts.reason == {name: each.reason for name, each in run.jobs.items()}


def _play(run, move):
    known, running = list(run.jobs), [name for name, state in run.jobs.items() if state.running]
    match move:
        case ("declare", spec):
            try:
                check(run, [spec], {})
            except NbflowError:
                return
            evolve(run, e.JobDeclared(at=0.0, spec=spec))
        case ("start", place):
            ready = [name for name in known if run.jobs[name].queued]
            if ready:
                start(run, ready[place % len(ready)])
        case ("end", place, how) if running:
            end(run, running[place % len(running)], how)
        case ("respond", place, jobs, kind, children, flow) if running:
            names = tuple(spec.name for spec in jobs) if kind != "add" else ()
            asked = {kind: names} if names else {}
            try:
                respond(run, running[place % len(running)], *jobs, **asked, stop_children=children, stop_flow=flow)
            except NbflowError:
                return
        case ("hand", place, what):
            ask(run, what, known[place % len(known)])


def test_flows_that_grow_can_be_tried_out():
    """`nbflow.testing` plays what a job asks for from inside."""
    run = declare(job("split"), job("plot", "split"))
    grows = Ending("succeeded", response=Response(jobs=(job("fit"),), detour=("fit",)))
    drive(run, ScriptedExecutor({"split": grows, "fit": ["failed"]}))
    assert (status(run, "split"), reason(run, "plot")) == ("failed", "upstream failed: fit")


def test_a_replay_gives_the_same():
    """The log alone says who waits for whom."""
    log = [e.JobDeclared(at=0.0, spec=job("split")), e.JobDeclared(at=0.0, spec=job("plot", "split"))]
    log.append(e.AttemptStarted(at=0.0, job="split", generation=1, attempt=1, key="k"))
    run = replay(log)
    respond(run, "split", job("fit"), detour=("fit",), stop_children=True, log=log)
    assert snapshot(replay(log)) == snapshot(run)
