"""Rules of requests, limits, groups and responses, broken on purpose."""

from __future__ import annotations

from nbflow.core import ending, followups, groups, needs, plan, queues, state
from nbflow.core.job import JobState
from nbflow.core.policy import bare
from nbflow.core.run import GroupState
from nbflow.core.status import Status
from nbflow.core.tally import Tally

from .patching import wrap


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


# --- the cache
def a_cached_job_starts_without_a_look(patch):
    patch.setattr(JobState, "to_look", property(lambda self: False))


def what_a_person_asks_for_is_reused(patch):
    patch.setattr(JobState, "fresh", property(lambda self: False, lambda self, value: None))


def a_look_outlives_its_inputs(patch):
    patch.setattr(needs, "_look_again", lambda job: None)


def a_reuse_leaves_nothing(patch):
    wrap(patch, ending, "reuse", after=lambda job, event: setattr(job, "outputs", {}))


def a_reused_job_counts_as_succeeded(patch):
    wrap(patch, ending, "reuse", after=lambda job, event: setattr(job, "end", Status.SUCCEEDED))


def a_pause_does_not_hold_looks(patch):
    whole = plan._looks

    def _looks(run):
        paused, run.paused = run.paused, False
        yield from whole(run)
        run.paused = paused

    patch.setattr(plan, "_looks", _looks)


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
