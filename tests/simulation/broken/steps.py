"""Rules of recovery, rollback and fallback, broken on purpose."""

from __future__ import annotations

from nbflow.core import ending
from nbflow.core.job import JobState
from nbflow.core.status import Reason, Status

from .patching import wrap


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
