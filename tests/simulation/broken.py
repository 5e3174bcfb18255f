"""Rules broken on purpose: each function here breaks one with monkeypatch's *patch*."""

from __future__ import annotations

from collections import deque

from nbflow.core import ending, followups, groups, needs, plan, queues, state
from nbflow.core import event as e
from nbflow.core.job import JobState
from nbflow.core.policy import bare
from nbflow.core.rules import Rule
from nbflow.core.run import GroupState
from nbflow.core.spec import Retry
from nbflow.core.status import Reason, Status
from nbflow.core.tally import Tally


def wrap(patch, where, name, before=None, after=None):
    """Let *before* and *after*, given the arguments, be called around ``where.name``."""
    whole = getattr(where, name)

    def wrapped(*args, **kwargs):
        if before is not None:
            before(*args, **kwargs)
        result = whole(*args, **kwargs)
        if after is not None:
            after(*args, **kwargs)
        return result

    patch.setattr(where, name, wrapped)


# --- needs
def needs_of_groups_are_not_told(patch):
    patch.setattr(groups, "spread", lambda run, tally: iter(()))


def a_root_that_changes_is_not_passed_on(patch):
    whole = needs._stand

    def _stand(run, job, place):
        before = job.standings[place]
        return whole(run, job, place) and job.standings[place] != before

    patch.setattr(needs, "_stand", _stand)


def only_the_first_dependent_hears(patch):
    whole = needs._tell
    patch.setattr(needs, "_tell", lambda run, job: deque(whole(run, job), maxlen=1))


def needs_are_not_checked_after_backoff(patch):
    whole = needs._standing

    def _standing(run, job):
        if job.failure and job.own is None:
            return Status.RETRYING, job.failure
        return whole(run, job)

    patch.setattr(needs, "_standing", _standing)


def only_none_tolerates(patch):
    whole = needs._look

    def _look(run, job, place):
        if job.spec.on_missing in ("error", "none"):
            return whole(run, job, place)
        kept, job.spec = job.spec, state.JobSpec(name="x", needs=job.spec.needs)
        found = whole(run, job, place)
        job.spec = kept
        return found

    patch.setattr(needs, "_look", _look)


# --- ends and stale events
def stale_ends_are_taken(patch):
    whole = state._job_accepts
    patch.setattr(state, "_job_accepts", lambda job, event: job.running is not None or whole(job, event))


def ends_of_other_steps_are_taken(patch):
    whole = state._job_accepts
    patch.setattr(
        state,
        "_job_accepts",
        lambda job, event: (isinstance(event, e.StepEnded) and job.step is not None) or whole(job, event),
    )


def a_skip_takes_a_success_back(patch):
    whole = state._may_ask
    patch.setattr(state, "_may_ask", lambda job, event: isinstance(event, e.SkipRequested) or whole(job, event))


def a_lost_attempt_counts_as_failed(patch):
    whole = ending._go_on

    def _go_on(run, job, event):
        if event.end == "lost":
            ending._fail(run, job, event, Reason("lost"))
        else:
            whole(run, job, event)

    patch.setattr(ending, "_go_on", _go_on)


def lost_attempts_are_started_for_ever(patch):
    patch.setattr(ending, "LOST_RESTARTS", 10**9)


def once_starts_twice(patch):
    patch.setattr(ending, "_end", lambda job, status, reason, whole=ending._end: (
        None if status is Status.UNKNOWN else whole(job, status, reason)
    ))  # fmt: skip


def a_false_condition_is_a_failure(patch):
    whole = ending.end_attempt

    def end_attempt(run, job, event):
        if event.end == "skipped":
            event = e.AttemptEnded(
                at=event.at, job=event.job, generation=event.generation, attempt=event.attempt, end="failed"
            )
        whole(run, job, event)

    patch.setattr(ending, "end_attempt", end_attempt)


# --- budgets and rules
def a_new_generation_has_an_old_budget(patch):
    whole = ending.open_generation

    def open_generation(job):
        unruled = job.unruled
        whole(job)
        job.unruled = unruled

    patch.setattr(ending, "open_generation", open_generation)


def a_failed_job_has_one_retry_too_many(patch):
    def before(run, job, place, reason, classes):
        job.unruled -= job.unruled == 1

    wrap(patch, ending, "_granted", before)


def ruled_failures_use_the_budget_of_the_others(patch):
    def before(run, job, place, reason, classes):
        job.unruled += place is not None

    wrap(patch, ending, "_granted", before)


def a_used_up_rule_falls_through(patch):
    whole = ending._granted

    def _granted(run, job, place, reason, classes):
        if place is not None and job.uses.get(place, 0) >= job.spec.rules[place].retries:
            place = None
        return whole(run, job, place, reason, classes)

    patch.setattr(ending, "_granted", _granted)


def the_last_rule_decides(patch):
    whole = ending.first
    patch.setattr(ending, "first", lambda rules, told: (
        None if (found := whole(rules[::-1], told)) is None else len(rules) - 1 - found
    ))  # fmt: skip


def rules_are_charged_over_generations(patch):
    whole = ending.open_generation

    def open_generation(job):
        uses = job.uses
        whole(job)
        job.uses = dict(uses)

    patch.setattr(ending, "open_generation", open_generation)


def syntax_errors_are_tried_again(patch):
    patch.setattr(ending, "NEVER_RETRIED", frozenset())


def a_timeout_has_an_exit_code(patch):
    patch.setattr(ending.Failure, "exit", property(lambda self: self.signal or str(self.exit_code or "")))


def exceptions_are_never_looked_at_in_vain(patch):
    patch.setattr(Retry, "allows", lambda self, classes: not self.never_on)


def the_runs_budget_is_not_counted(patch):
    wrap(patch, ending, "_granted", lambda run, *args: setattr(run, "retries", 0))


def memory_grows_once_only(patch):
    whole = JobState.memory.fget
    patch.setattr(JobState, "memory", property(lambda self: self.spec.memory * 2 if self.uses else whole(self)))


def an_rule_about_logs_matches_all(patch):
    whole = Rule.matches
    patch.setattr(Rule, "matches", lambda self, failure: self.on == "log" or whole(self, failure))


# --- waits and deadlines
def backoff_is_not_waited_for(patch):
    patch.setattr(JobState, "startable", lambda self, now: self.queued)


def a_deadline_is_counted_from_the_last_attempt(patch):
    wrap(patch, ending, "start_attempt", lambda run, job, event: setattr(job, "deadline_at", None))


def attempts_start_after_the_deadline(patch):
    patch.setattr(JobState, "startable", lambda self, now: self.ripe(now))
    whole = state._job_accepts
    patch.setattr(
        state,
        "_job_accepts",
        lambda job, event: (isinstance(event, e.AttemptStarted) and job.overdue(event.at)) or whole(job, event),
    )


def a_deadline_does_not_stop_what_runs(patch):
    patch.setattr(JobState, "limited", property(lambda self: self.due_at is not None and not self.status.ended))


def a_deadline_stops_a_rollback(patch):
    patch.setattr(
        JobState,
        "limited",
        property(lambda self: self.deadline_at is not None and self.end is None and not self.asked),
    )


# --- steps
def a_failed_recovery_is_overlooked(patch):
    patch.setattr(ending.StepState, "good", property(lambda self: True))


def optional_recoveries_are_not(patch):
    whole = ending._recovered

    def _recovered(job, step):
        if step.end == "failed" and not job.asked:
            ending._close(job, Status.FAILED, Reason("recovery failed", "", step.attempt))
        else:
            whole(job, step)

    patch.setattr(ending, "_recovered", _recovered)


def a_rollback_is_run_twice(patch):
    wrap(patch, ending, "_after", after=lambda job, step: setattr(job, "rolled_back", False))


def nothing_is_rolled_back_after_a_cancel(patch):
    def before(job, status, reason):
        job.rolled_back = job.rolled_back or status is Status.CANCELLED

    wrap(patch, ending, "_close", before)


def a_fallback_follows_a_cancel(patch):
    whole = ending._close
    patch.setattr(
        ending,
        "_close",
        lambda job, status, reason: whole(job, Status.FAILED if job.asked == "cancel" else status, reason),
    )


def a_fallback_comes_before_the_rollback(patch):
    def before(job, status, reason):
        if status is Status.FAILED and job.spec.fallback and not job.fell_back:
            job.rolled_back = True

    wrap(patch, ending, "_close", before, after=lambda job, status, reason: setattr(job, "rolled_back", False))


def a_failed_fallback_replaces_the_error(patch):
    whole = ending._fell_back

    def _fell_back(job, step):
        if step.end == "failed":
            job.closing = Status.FAILED, Reason("fallback failed")
        whole(job, step)

    patch.setattr(ending, "_fell_back", _fell_back)


def a_cancel_stops_a_rollback(patch):
    whole = JobState.stop_cause.fget
    patch.setattr(
        JobState,
        "stop_cause",
        property(lambda self: "cancelled" if self.step and self.asked == "cancel" else whole(self)),
    )


def a_new_generation_does_not_wait_for_a_rollback(patch):
    patch.setattr(JobState, "busy", property(lambda self: self.running is not None or self.current_step is not None))


def lost_steps_are_forgotten(patch):
    def before(job, event):
        if event.end == "lost":
            job.step_losses = 99

    wrap(patch, ending, "end_step", before)


# --- the person, the run
def a_value_is_lost_on_the_way(patch):
    wrap(patch, ending, "ask", after=lambda job, wish, standin=None: setattr(job, "standin", None))


def a_cancelled_success_keeps_its_outputs(patch):
    def after(job, status, reason):
        job.outputs = job.outputs or {"x": 1}

    wrap(patch, ending, "_end", after=after)


def a_pause_does_not_hold_steps(patch):
    whole = JobState.step_may_go
    patch.setattr(JobState, "step_may_go", lambda self, now, paused: whole(self, now, False))


def a_pause_holds_rollbacks(patch):
    whole = JobState.step_may_go
    patch.setattr(JobState, "step_may_go", lambda self, now, paused: not paused and whole(self, now, paused))


def nothing_is_forbidden(patch):
    patch.setattr(plan, "forbidden", lambda limits, job: None)


def one_attempt_more_than_allowed(patch):
    wrap(patch, ending, "start_attempt", after=lambda run, job, event: setattr(run, "attempts", run.attempts - 1))


def slots_are_not_counted(patch):
    def before(self, now, left, *args):
        left.update({name: slots + 1 for name, slots in left.items()})

    wrap(patch, queues.Queues, "starts", before)


def steps_take_no_slots(patch):
    whole = queues.Queues.steps
    patch.setattr(
        queues.Queues, "steps", lambda self, now, left, room, paused: whole(self, now, dict(left), dict(room), paused)
    )


def two_of_one_job_at_once(patch):
    patch.setattr(JobState, "busy", property(lambda self: self.current is not None or self.current_step is not None))


# --- groups and responses
def groups_have_no_limit(patch):
    patch.setattr(queues.Queues, "fits", lambda self, job, room: True)


def a_skipped_member_counts_as_good(patch):
    patch.setattr(Tally, "bad", 0)
    patch.setattr(GroupState, "about_to_cut", False)


def a_decided_group_cancels_nobody(patch):
    patch.setattr(state, "_decide", lambda run, group, verdict, whole=state._decide: whole(run, _tame(group), verdict))


def _tame(group):
    group.tally.set_policy(bare(group.policy))
    return group


def a_policy_overrides_a_person(patch):
    whole = state._decide

    def _decide(run, group, verdict):
        for job in run.jobs.values():
            job.asked = job.asked if job.end else ""
        return whole(run, group, verdict)

    patch.setattr(state, "_decide", _decide)


def failed_members_are_retried_for_ever(patch):
    wrap(patch, groups, "take_retry", after=lambda run, event: [
        run.jobs[name].retried.clear() for name in event.members
    ])  # fmt: skip


def a_maker_does_not_wait(patch):
    patch.setattr(followups, "awaited", lambda response: ())


def a_stop_from_inside_reaches_what_runs(patch):
    whole = followups.stopped
    patch.setattr(followups, "stopped", lambda run, job: iter(
        [*whole(run, job), *(j for j in run.jobs.values() if job.response.stop_flow and j.current and j is not job)]
    ))  # fmt: skip


BROKEN = [
    found
    for name, found in list(globals().items())
    if callable(found)
    and getattr(found, "__module__", "") == __name__
    and name not in ("wrap",)
    and not name.startswith("_")
]
