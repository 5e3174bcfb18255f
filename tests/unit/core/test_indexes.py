"""The indexes say what a reading from scratch says, after any events whatever."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.core import event as e
from nbflow.core.graph import check
from nbflow.core.plan import Record, Schedule, Start, Stop, plan
from nbflow.core.spec import AtLeast, BestEffort, Critical, GroupNeed, JobNeed, JobSpec, Retry, Strict
from nbflow.core.state import accepts, empty, evolve, replay
from nbflow.core.status import Reason, Status, Verdict
from nbflow.errors import NbflowError
from tests.simulation import oracle
from tests.simulation.world import snapshot

NAMES, GROUPS = "abcde", "gh"
names, groups = st.sampled_from(NAMES), st.sampled_from(GROUPS)
instants, numbers = st.sampled_from([0.0, 1.0, 2.5]), st.integers(0, 4)
member_sets = st.lists(names, unique=True, max_size=4).map(tuple)
policies = st.one_of(
    st.just(Strict()),
    st.just(BestEffort()),
    st.integers(1, 4).map(AtLeast),
    st.lists(names, min_size=1, max_size=2, unique=True).map(tuple).map(Critical),
)
needs = st.one_of(
    st.builds(JobNeed, names, st.booleans()),
    st.builds(GroupNeed, groups, member_sets, st.booleans()),
)
specs = st.builds(
    JobSpec,
    name=names,
    needs=st.lists(needs, max_size=3).map(tuple),
    retry=st.builds(Retry, attempts=st.integers(1, 3), delay=st.sampled_from([0.0, 1.0])),
    group=st.sampled_from([None, None, *GROUPS]),
    on_missing=st.sampled_from(["error", "error", "none"]),
    executor=st.sampled_from(["process", "kernel"]),
    hold=st.sampled_from([False, False, False, True]),
)
reasons = st.sampled_from(
    [None, Reason("timeout"), Reason("syntax"), Reason("skipped"), Reason("upstream failed", "a")]
)
where = {"at": instants, "job": names, "generation": st.integers(1, 3)}
events = st.one_of(
    st.builds(e.JobDeclared, at=instants, spec=specs),
    st.builds(e.GroupDeclared, at=instants, group=groups, policy=policies),
    st.builds(e.AttemptStarted, **where, attempt=numbers, key=st.just("k")),
    st.builds(
        e.AttemptEnded,
        **where,
        attempt=numbers,
        end=st.sampled_from(["succeeded", "succeeded", "failed", "cancelled", "lost"]),
        reason=reasons,
    ),
    st.builds(e.RetryScheduled, **where, attempt=numbers, due_at=instants),
    st.builds(e.JobEnded, **where, status=st.sampled_from(list(Status)), reason=reasons),
    st.builds(e.JobReopened, **where),
    st.builds(e.GroupDecided, at=instants, group=groups, verdict=st.sampled_from(list(Verdict))),
    *[st.builds(kind, **where) for kind in (e.RunRequested, e.RetryRequested, e.SkipRequested, e.CancelRequested)],
)
FREE = {"process": 1, "kernel": 1}


def allowed(run, event) -> bool:
    """Declarations are checked before they are committed; everything else may come as it likes."""
    try:
        match event:
            case e.JobDeclared(spec=spec):
                check(run, [spec], {})
            case e.GroupDeclared(group=group, policy=policy):
                check(run, [], {group: policy})
    except NbflowError:
        return False
    return True


def obeyed(run, now):
    """The events that follow when the plan is obeyed."""
    for order in plan(run, now, FREE).orders:
        match order:
            case Start(job=job, generation=generation, attempt=attempt):
                yield e.AttemptStarted(at=now, job=job, generation=generation, attempt=attempt, key="k")
            case Schedule(job=job, generation=generation, attempt=attempt, high=high):
                yield e.RetryScheduled(at=now, job=job, generation=generation, attempt=attempt, due_at=now + high)
            case Record(event=event):
                yield event
            case Stop(job=job, generation=generation, attempt=attempt, cause=cause):
                yield e.AttemptEnded(
                    at=now, job=job, generation=generation, attempt=attempt, end="cancelled", reason=cause
                )


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.one_of(events, st.just(None)), max_size=40))
def test_indexes_are_the_reading_from_scratch(script):
    """Events in any order, stale ones among them; None obeys the plan. Replaying gives the same."""
    run, log = empty(), []
    for now, step in enumerate(script):
        for event in [step] if step is not None else list(obeyed(run, float(now))):
            if not allowed(run, event):
                continue
            if accepts(run, event):
                log.append(event)
            evolve(run, event)
            oracle.same_facts(run)
    facts = oracle.same_facts(run)
    made = plan(run, 1.0, FREE)
    assert [(o.job, o.generation, o.attempt) for o in made.orders if isinstance(o, Start)] == oracle.starts(
        run, facts, 1.0, FREE
    )
    assert made.wake_at == oracle.wake_at(run, facts, 1.0)
    assert snapshot(replay(log)) == snapshot(run)


@settings(max_examples=200, deadline=None)
@given(st.lists(events, max_size=40), st.data())
def test_an_event_that_is_not_accepted_changes_nothing(script, data):
    """Whatever is not accepted leaves run and plan as they were."""
    run = empty()
    for event in script:
        if allowed(run, event):
            evolve(run, event)
    before = snapshot(run)
    event = data.draw(events)
    if not accepts(run, event):
        evolve(run, event)
        assert snapshot(run) == before
