"""The plan: who starts, in which order, on whose slots, and when to look again."""

from __future__ import annotations

from nbflow.core import event as e
from nbflow.core.plan import Plan, Record, plan
from nbflow.core.run import Run
from nbflow.core.state import empty
from nbflow.core.status import Reason, Status, Verdict

from .build import ask, came, end, job, orders, retry_due, run_of, start, starts, take


def records(run: Run) -> list[e.Event]:
    return [order.event for order in orders(run, 7.0).orders if isinstance(order, Record)]


def settle(run: Run) -> None:
    """Commit what the plan wants recorded."""
    for event in records(run):
        assert take(run, event)
    assert records(run) == []


def test_an_empty_run_has_nothing_to_do():
    """Idle, and nothing to wake for."""
    assert plan(empty(), 0.0, {"process": 2}) == Plan((), None, True)


def test_jobs_start_in_declaration_order():
    """As many as there are free slots."""
    run = run_of(*[job(name) for name in "dbca"])
    assert starts(run, process=3) == ["d", "b", "c"]


def test_a_job_declared_again_keeps_its_place():
    """Order is that of the first declaration."""
    run = run_of(job("a"), job("b"))
    take(run, e.JobDeclared(at=0.0, spec=job("a")))
    assert starts(run, process=1) == ["a"]


def test_slots_are_counted_per_executor():
    """A full executor holds nobody else up."""
    run = run_of(job("a"), job("b", executor="kernel"), job("c"), job("d", executor="kernel"))
    assert starts(run, process=1, kernel=1) == ["a", "b"]
    assert starts(run, process=0, kernel=2) == ["b", "d"]


def test_a_plan_is_a_reading():
    """Asked twice, it says the same."""
    run = run_of(job("a"), job("b"), job("c"))
    assert orders(run) == orders(run)
    assert starts(run, process=1) == ["a"]
    assert starts(run, process=9) == ["a", "b", "c"]


def test_an_older_time_gives_the_older_plan():
    """The plan follows the time it is given, also backwards."""
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    retry_due(run, "a", due_at=5.0)
    before = orders(run, 1.0)
    assert starts(run, 9.0) == ["a"]
    assert orders(run, 1.0) == before
    assert before.wake_at == 5.0


def test_the_plan_wakes_for_the_earliest_attempt_due():
    """Of all jobs in backoff."""
    run = run_of(job("a", retries=1), job("b", retries=1))
    for name, due_at in (("a", 9.0), ("b", 4.0)):
        came(run, name, "failed")
        retry_due(run, name, due_at)
    assert orders(run).wake_at == 4.0
    assert (starts(run, 4.0), orders(run, 4.0).wake_at) == (["b"], 9.0)


def test_a_retry_that_is_due_waits_for_its_turn():
    """In declaration order with the ready ones, when a slot is free."""
    run = run_of(job("a"), job("b", retries=1), job("c"))
    came(run, "b", "failed")
    retry_due(run, "b", due_at=1.0)
    assert starts(run, 1.0, process=2) == ["a", "b"]
    assert starts(run, 1.0, process=0) == []
    assert starts(run, 0.5, process=3) == ["a", "c"]


def test_a_run_with_a_running_attempt_is_not_idle():
    """Its end will come."""
    run = run_of(job("a"))
    start(run, "a")
    assert not orders(run).idle


def test_a_run_with_a_job_in_backoff_is_not_idle():
    """It will start by itself."""
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    retry_due(run, "a", due_at=9.0)
    assert not orders(run).idle


def test_a_run_in_which_only_held_jobs_are_left_is_idle():
    """It is the person's turn."""
    run = run_of(job("a", hold=True), job("b", "a"))
    assert orders(run).idle


def test_jobs_of_an_executor_that_is_away_do_not_keep_a_run_from_being_idle():
    """A kernel's jobs wait for a kernel; a busy one's wait for a slot."""
    run = run_of(job("a", executor="kernel"))
    assert orders(run, process=2).idle
    assert not orders(run, process=2, kernel=0).idle


def test_an_end_is_recorded_once():
    """JobEnded for people, by the plan, with the reason; then no more."""
    run = run_of(job("a"), job("b", "a"))
    came(run, "a", "failed")
    assert not orders(run).idle
    upstream = Reason("upstream failed", "a")
    assert [(r.job, r.status, r.reason) for r in records(run)][1:] == [("b", Status.SKIPPED, upstream)]
    settle(run)
    assert orders(run).idle


def test_an_end_that_is_undone_is_recorded_as_reopened():
    """The root was retried: its dependents may run after all."""
    run = run_of(job("a"), job("b", "a"))
    came(run, "a", "failed")
    settle(run)
    ask(run, "retry", "a")
    assert records(run) == [e.JobReopened(at=7.0, job="b", generation=1)]
    settle(run)


def test_a_group_s_verdict_is_recorded_when_it_changes():
    """Broken, and undecided again after a person's retry."""
    run = run_of(job("a", group="fits"), job("b", group="fits"))
    settle(run)
    came(run, "a", "failed")
    why = "all 2 needed: 0 succeeded, 1 did not"
    assert records(run)[-1] == e.GroupDecided(at=7.0, group="fits", verdict=Verdict.BROKEN, reason=why)
    settle(run)
    ask(run, "retry", "a")
    assert records(run)[-1] == e.GroupDecided(at=7.0, group="fits", verdict=Verdict.UNDECIDED)
    settle(run)


def test_a_record_that_is_not_so_is_refused():
    """What is stored for people is never other than what follows."""
    run = run_of(job("a", group="g"))
    assert not take(run, e.JobEnded(at=0.0, job="a", generation=1, status=Status.SUCCEEDED))
    assert not take(run, e.JobReopened(at=0.0, job="a", generation=1))
    assert not take(run, e.GroupDecided(at=0.0, group="g", verdict=Verdict.MET))
    assert not take(run, e.GroupDecided(at=0.0, group="nowhere", verdict=Verdict.MET))


def test_a_job_that_moves_to_another_executor_leaves_the_old_queue():
    """Declared anew for the kernel while it waited for a process slot."""
    run = run_of(job("a"))
    take(run, e.JobDeclared(at=0.0, spec=job("a", executor="kernel")))
    assert (starts(run, process=2), starts(run, kernel=1)) == ([], ["a"])


def test_a_slot_freed_by_an_end_goes_to_the_next_in_line():
    """One slot, three jobs: one after the other."""
    run, done = run_of(job("a"), job("b"), job("c")), []
    while turn := starts(run, process=1):
        start(run, turn[0])
        assert starts(run, process=0) == []
        end(run, turn[0])
        done += turn
    assert done == ["a", "b", "c"]


def test_the_same_instant_twice_is_no_trouble():
    """Due at 5, then at 7, then at 5 again, while the queue still holds the first 5."""
    run = run_of(job("a", retries=9))
    for due_at in (5.0, 7.0, 5.0):
        came(run, "a", "failed")
        retry_due(run, "a", due_at)
        assert orders(run).wake_at == due_at
        ask(run, "cancel", "a")
        ask(run, "retry", "a")
    came(run, "a", "failed")
    retry_due(run, "a", due_at=7.0)
    assert (starts(run, 6.0), starts(run, 7.0)) == ([], ["a"])
