"""The indexes say what a reading from scratch says, after any events whatever."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nbflow.core import event as e
from nbflow.core.derive import derive
from nbflow.core.graph import check
from nbflow.core.plan import Record, Schedule, Start, StartStep, Stop, plan
from nbflow.core.policies import AtLeast, BestEffort, Critical, Either, Ruled, Strict
from nbflow.core.rules import Rule
from nbflow.core.spec import Call, GroupNeed, JobNeed, JobSpec, Limits, Retry, ValueRef
from nbflow.core.state import accepts, empty, evolve, replay
from nbflow.core.status import Reason, Status, Verdict
from nbflow.errors import NbflowError
from tests.simulation import oracle
from tests.simulation.snapshots import snapshot

NAMES, GROUPS = "abcde", "gh"
SCRIPT, AGAIN = Rule(exits=("*",), script="fix.sh"), Rule(on="timeout", retries=2)
VALUE = ValueRef(inline=b"1")
names, groups = st.sampled_from(NAMES), st.sampled_from(GROUPS)
instants, numbers = st.sampled_from([0.0, 1.0, 2.5]), st.integers(0, 4)
member_sets = st.lists(names, unique=True, max_size=4).map(tuple)
policies = st.one_of(
    st.just(Strict()),
    st.just(BestEffort()),
    st.integers(1, 4).map(AtLeast),
    st.lists(names, min_size=1, max_size=2, unique=True).map(tuple).map(Critical),
)
policies = st.one_of(
    policies,
    st.builds(Ruled, policies, st.booleans(), st.booleans(), st.booleans()),
    st.tuples(policies, policies).map(Either),
)
needs = st.one_of(
    st.builds(JobNeed, names, st.booleans()),
    st.builds(GroupNeed, groups, member_sets, st.booleans()),
)
specs = st.builds(
    JobSpec,
    name=names,
    needs=st.lists(needs, max_size=3).map(tuple),
    retry=st.builds(Retry, attempts=st.integers(1, 3), delay=st.sampled_from([0.0, 1.0, 3.0, 9.0])),
    group=st.sampled_from([None, None, *GROUPS]),
    on_missing=st.sampled_from(["error", "error", "none"]),
    executor=st.sampled_from(["process", "kernel"]),
    hold=st.sampled_from([False, False, False, True]),
    deadline=st.sampled_from([None, None, 2.0, 5.0]),
    rules=st.sampled_from([(), (), (SCRIPT,), (AGAIN, SCRIPT)]),
    rollback=st.sampled_from([None, None, Call("undo")]),
    fallback=st.sampled_from([None, None, Call("mend")]),
    once=st.sampled_from([False, False, False, True]),
    bash=st.sampled_from([False, False, False, True]),
)
reasons = st.sampled_from(
    [None, Reason("timeout"), Reason("syntax"), Reason("skipped"), Reason("upstream failed", "a")]
)
limits = st.builds(
    Limits,
    retries=st.sampled_from([None, 0, 2]),
    attempts=st.sampled_from([None, None, 3]),
    forbidden=st.sampled_from([(), (), ("kernel",), ("shell",)]),
)
STEPS = ("recovery", "rollback", "fallback")
where = {"at": instants, "job": names, "generation": st.integers(1, 3)}
events = st.one_of(
    st.builds(e.JobDeclared, at=instants, spec=specs),
    st.builds(e.GroupDeclared, at=instants, group=groups, policy=policies),
    st.builds(e.AttemptStarted, **where, attempt=numbers, key=st.just("k")),
    st.builds(
        e.AttemptEnded,
        **where,
        attempt=numbers,
        end=st.sampled_from(["succeeded", "succeeded", "failed", "cancelled", "lost", "skipped"]),
        reason=reasons,
    ),
    st.builds(e.StepStarted, **where, attempt=numbers, step=st.sampled_from(STEPS), key=st.just("s")),
    st.builds(
        e.StepEnded,
        **where,
        attempt=numbers,
        step=st.sampled_from(STEPS),
        key=st.just("s"),
        end=st.sampled_from(["succeeded", "failed", "cancelled", "lost"]),
    ),
    st.builds(e.JobRefused, **where, reason=st.sampled_from([Reason("attempt limit"), Reason("forbidden", "kernel")])),
    st.builds(e.LimitsSet, at=instants, limits=limits),
    st.builds(e.HooksCalled, at=instants, occasion=st.sampled_from(["ended", "first failure"])),
    st.builds(e.HookFailed, at=instants, hook=st.just("h"), detail=st.sampled_from(["exit 1", "exit 2"])),
    st.builds(e.PauseRequested, at=instants),
    st.builds(e.UnpauseRequested, at=instants),
    st.builds(e.SkipRequested, **where, outputs=st.just({"x": VALUE})),
    st.builds(e.SkipRequested, **where, last=st.just(True)),
    st.builds(e.RetryScheduled, **where, attempt=numbers, due_at=instants),
    st.builds(e.JobEnded, **where, status=st.sampled_from(list(Status)), reason=reasons),
    st.builds(e.JobReopened, **where),
    st.builds(e.DeadlinePassed, **where),
    st.builds(e.GroupDecided, at=instants, group=groups, verdict=st.sampled_from(list(Verdict))),
    *[st.builds(kind, **where) for kind in (e.RunRequested, e.RetryRequested, e.SkipRequested, e.CancelRequested)],
)
FREE = {"process": 2, "kernel": 1}
HANDS = (e.RunRequested, e.RetryRequested, e.SkipRequested, e.CancelRequested)
places = st.integers(0, 9)
steps = st.one_of(
    st.just("turn"),
    st.tuples(st.just("end"), places, st.sampled_from(["succeeded", "succeeded", "failed", "failed", "lost"]), reasons),
    st.tuples(st.just("end"), places, st.sampled_from(["succeeded", "failed", "failed"]), reasons),
    st.builds(e.JobDeclared, at=instants, spec=specs),
    st.builds(e.JobDeclared, at=instants, spec=specs),
    st.builds(e.GroupDeclared, at=instants, group=groups, policy=policies),
    st.tuples(st.just("hand"), places, st.sampled_from(HANDS)),
    events,
)
"""What may happen next: places count among the jobs there are, so that most of it means something."""


def meant(run, now, step) -> list[e.Event]:
    """The events that *step* means in *run*."""
    match step:
        case "turn":
            return list(obeyed(run, now))
        case ("end", place, how, reason):
            busy = [name for name, job in run.jobs.items() if job.busy]
            return [ended(run, busy[place % len(busy)], now, how, reason)] if busy else list(obeyed(run, now))
        case ("hand", place, kind):
            known = list(run.jobs.items())
            if not known:
                return []
            name, job = known[place % len(known)]
            return [kind(at=now, job=name, generation=job.generation)]
        case e.JobDeclared(at=at, spec=spec):
            return [e.JobDeclared(at=at, spec=replace(spec, needs=known_needs(run, spec)))]
        case event:
            return [event]


def known_needs(run, spec):
    """The needs of *spec* that *run* can meet, groups with the members they have."""
    found = []
    for need in spec.needs:
        if isinstance(need, JobNeed) and need.job in run.jobs:
            found.append(need)
        elif isinstance(need, GroupNeed) and need.group in run.groups:
            found.append(GroupNeed(need.group, tuple(run.groups[need.group].members), need.optional))
    return tuple(found)


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
            case StartStep(job=job, generation=generation, attempt=attempt, step=step):
                yield e.StepStarted(at=now, job=job, generation=generation, attempt=attempt, step=step, key="s")
            case Schedule(job=job, generation=generation, attempt=attempt, high=high):
                yield e.RetryScheduled(at=now, job=job, generation=generation, attempt=attempt, due_at=now + high)
            case Record(event=event):
                yield event
            case Stop(job=job, cause=cause):
                yield ended(run, job, now, "cancelled", cause)


def ended(run, name, now, how, reason):
    """The end of the attempt or step of *name* that is under way."""
    job = run.jobs[name]
    if job.running is not None:
        number, generation = job.running.number, job.running.generation
        return e.AttemptEnded(at=now, job=name, generation=generation, attempt=number, end=how, reason=reason)
    step = job.step
    about = {"job": name, "generation": step.generation, "attempt": step.attempt, "step": step.step, "key": step.key}
    return e.StepEnded(at=now, **about, end=how, reason=reason)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.builds(e.JobDeclared, at=st.just(0.0), spec=specs), max_size=6),
    st.lists(st.tuples(steps, st.booleans()), max_size=40),
)
def test_indexes_are_the_reading_from_scratch(declared, script):
    """After each event statuses, reasons, verdicts and plan are those of the simple reading; replay gives the same."""
    run, log = empty(), []
    moves = [*declared, "turn", *(step for act, turn in script for step in ([act, "turn"] if turn else [act]))]
    for now, step in enumerate(moves):
        for event in meant(run, float(now), step):
            if not allowed(run, event):
                continue
            if accepts(run, event):
                log.append(event)
            evolve(run, event)
            oracle.same_facts(run)
        planned(run, oracle.same_facts(run), float(now))
    assert snapshot(replay(log)) == snapshot(run)


def planned(run, facts, now):
    """The plan starts, stops and wakes for what the simple reading does."""
    oracle.same_plan(run, facts, plan(run, now, FREE), now, FREE)


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


@settings(max_examples=200, deadline=5000)
@given(st.lists(steps, max_size=60))
def test_a_log_that_holds_loops_can_be_replayed(script):
    """Nothing was checked when it was written, say by another version: it is read to its end all the same."""
    run = empty()
    for now, step in enumerate(script):
        unchecked = [step] if isinstance(step, e.JobDeclared) else meant(run, float(now), step)
        for event in unchecked:
            evolve(run, event)
    assert set(derive(run).status) == set(run.jobs)
