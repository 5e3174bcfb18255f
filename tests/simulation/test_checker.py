"""The checks of the simulation bite: rules broken on purpose are found within a few hundred schedules."""

from __future__ import annotations

from collections import deque

import pytest

from nbflow.core import needs, queues, state
from nbflow.core.job import JobState
from nbflow.core.policy import bare
from nbflow.core.spec import Retry
from nbflow.core.status import Status
from nbflow.core.tally import Tally

from .world import World

SCHEDULES = 1500


def found() -> str:
    """What the first schedule that breaks a rule says; empty if none does."""
    for seed in range(SCHEDULES):
        try:
            World(seed).play()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""


def needs_are_not_told(patch):
    patch.setattr(needs, "told_by", lambda run, tally: iter(()))


def a_root_that_changes_is_not_passed_on(patch):
    whole = needs._stand

    def _stand(run, job, place):
        before = job.standings[place]
        return whole(run, job, place) and job.standings[place] != before

    patch.setattr(needs, "_stand", _stand)


def stale_ends_are_taken(patch):
    whole = state._job_accepts
    patch.setattr(state, "_job_accepts", lambda job, event: job.running is not None or whole(job, event))


def backoff_is_not_waited_for(patch):
    patch.setattr(JobState, "startable", lambda self, now: self.queued)


def needs_are_not_checked_after_backoff(patch):
    whole = needs._standing

    def _standing(run, job):
        if job.failure and job.end is None and job.current is None:
            return Status.RETRYING, job.failure
        return whole(run, job)

    patch.setattr(needs, "_standing", _standing)


def a_skipped_member_counts_as_good(patch):
    patch.setattr(Tally, "_broken", lambda self, policy: False)


def a_new_generation_starts_beside_the_old_attempt(patch):
    whole = state._job_accepts

    def _job_accepts(job, event):
        running, job.running = job.running, None if isinstance(event, state.e.AttemptStarted) else job.running
        taken = whole(job, event)
        job.running = running
        return taken

    patch.setattr(state, "_job_accepts", _job_accepts)
    patch.setattr(JobState, "queued", property(lambda self: self.status is Status.READY))


def slots_are_not_counted(patch):
    whole = queues.Queues.starts
    patch.setattr(
        queues.Queues, "starts", lambda self, now, free: whole(self, now, {name: n + 1 for name, n in free.items()})
    )


def groups_have_no_limit(patch):
    patch.setattr(queues.Queues, "room", lambda self: {})


def a_skip_takes_a_success_back(patch):
    whole = state._take_job

    def _take_job(job, event):
        if isinstance(event, state.e.SkipRequested):
            job.end = None
        whole(job, event)

    patch.setattr(state, "_take_job", _take_job)
    accepts = state._job_accepts
    patch.setattr(
        state,
        "_job_accepts",
        lambda job, event: isinstance(event, state.e.SkipRequested) or accepts(job, event),
    )


def lost_attempts_are_started_for_ever(patch):
    patch.setattr(state, "LOST_RESTARTS", 10**9)


def only_the_first_dependent_hears(patch):
    whole = needs._tell
    patch.setattr(needs, "_tell", lambda run, job: deque(whole(run, job), maxlen=1))


def a_new_generation_has_an_old_budget(patch):
    whole = state._open_generation

    def _open_generation(job):
        failures = job.failures
        whole(job)
        job.failures = failures

    patch.setattr(state, "_open_generation", _open_generation)


def a_failed_job_has_one_retry_too_many(patch):
    whole = state._go_on

    def _go_on(job, event):
        job.failures -= event.end == "failed" and job.failures == 1
        whole(job, event)

    patch.setattr(state, "_go_on", _go_on)


def an_exception_is_always_tried_again(patch):
    patch.setattr(state, "_mendable", lambda job, event: True)


def exceptions_are_never_looked_at_in_vain(patch):
    patch.setattr(Retry, "allows", lambda self, classes: not self.never_on)


def a_deadline_is_counted_from_the_last_attempt(patch):
    whole = state._start_attempt

    def _start_attempt(job, event):
        job.deadline_at = None
        whole(job, event)

    patch.setattr(state, "_start_attempt", _start_attempt)


def attempts_start_after_the_deadline(patch):
    patch.setattr(JobState, "startable", lambda self, now: self.ripe(now))
    patch.setattr(
        state, "_job_accepts", lambda job, event, whole=state._job_accepts: _late(job, event) or whole(job, event)
    )


def _late(job, event):
    return isinstance(event, state.e.AttemptStarted) and job.overdue(event.at)


def a_deadline_does_not_stop_what_runs(patch):
    patch.setattr(JobState, "limited", property(lambda self: self.due_at is not None and not self.status.ended))


def early_is_forgotten_by_dependents(patch):
    patch.setattr(Tally, "_enough", lambda self, policy: False)


def a_decided_group_cancels_nobody(patch):
    patch.setattr(state, "_decide", lambda run, group, verdict, whole=state._decide: whole(run, _tame(group), verdict))


def _tame(group):
    group.tally.set_policy(bare(group.policy))
    return group


def a_policy_cancels_what_has_ended(patch):
    def _decide(run, group, verdict):
        group.recorded = verdict
        needs.note_group(run, group)
        for name in group.members:
            state._end_by_policy(run.jobs[name])
        return list(group.members)

    patch.setattr(state, "_decide", _decide)


BROKEN = [
    groups_have_no_limit,
    early_is_forgotten_by_dependents,
    a_decided_group_cancels_nobody,
    a_policy_cancels_what_has_ended,
    a_deadline_is_counted_from_the_last_attempt,
    attempts_start_after_the_deadline,
    a_deadline_does_not_stop_what_runs,
    an_exception_is_always_tried_again,
    exceptions_are_never_looked_at_in_vain,
    a_new_generation_has_an_old_budget,
    a_failed_job_has_one_retry_too_many,
    needs_are_not_told,
    a_root_that_changes_is_not_passed_on,
    stale_ends_are_taken,
    backoff_is_not_waited_for,
    needs_are_not_checked_after_backoff,
    a_skipped_member_counts_as_good,
    a_new_generation_starts_beside_the_old_attempt,
    slots_are_not_counted,
    a_skip_takes_a_success_back,
    lost_attempts_are_started_for_ever,
    only_the_first_dependent_hears,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda variant: variant.__name__)
def test_a_broken_rule_is_found(broken, monkeypatch):
    """A core with this one fault does not pass."""
    broken(monkeypatch)
    assert found() != "", "no schedule noticed"


def test_the_rules_as_they_are_pass():
    """The same schedules find nothing in the core as it is."""
    assert found() == ""
