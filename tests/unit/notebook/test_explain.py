"""`%nbflow why`, in one sentence."""

from nbflow.notebook.explain import explain
from tests.unit.core.build import job, run_of, start


def test_a_running_job_says_when_its_deadline_is() -> None:
    """With the time it has been running for."""
    run = run_of(job("a", deadline=60.0), job("b"))
    start(run, "a", at=10.0)
    start(run, "b", at=10.0)
    assert explain(run, "a", 14.0) == "a is running: attempt 1 of 1, for 0:04, its deadline is in 0:56."
    assert explain(run, "b", 14.0) == "b is running: attempt 1 of 1, for 0:04."
