"""Rules of needs, attempts, budgets and waits, broken on purpose, each by a function of monkeypatch's *patch*."""

from __future__ import annotations

from collections import deque

from nbflow.core import ending, groups, needs, state
from nbflow.core import event as e
from nbflow.core.job import JobState
from nbflow.core.rules import Rule
from nbflow.core.spec import Retry
from nbflow.core.status import Reason, Status

from .patching import wrap


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
