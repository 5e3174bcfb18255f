"""The run as programs read it: the verdict, and every key that was promised."""

from __future__ import annotations

import json

import pytest

from nbflow.core.policies import AtLeast, BestEffort, Critical
from nbflow.core.project import project, project_job, unexcused, verdict
from nbflow.core.spec import GroupNeed, JobNeed
from nbflow.core.state import empty
from nbflow.core.status import Reason
from nbflow.testing import ManualClock, ScriptedExecutor, drive

from .build import ask, came, end, job, retry_due, run_of, start


def driven(*jobs, script=None, **groups):
    run = run_of(*jobs, **groups)
    drive(run, ScriptedExecutor(script))
    return run


def test_an_empty_run_has_succeeded():
    """Nothing failed."""
    assert verdict(empty()) == "succeeded"


def test_a_run_is_running_while_anything_goes_on_by_itself():
    """Ready, running or in backoff."""
    run = run_of(job("a", retries=1))
    assert verdict(run) == "running"
    start(run, "a")
    assert verdict(run) == "running"
    end(run, "a", "failed")
    assert verdict(run) == "running"


def test_held_jobs_do_not_keep_a_run_running():
    """Nor do those behind them."""
    assert verdict(driven(job("a"), job("b", hold=True), job("c", "b"))) == "succeeded"


def test_a_run_with_a_failed_job_has_failed():
    """That no policy, option or person excuses."""
    run = driven(job("a"), job("b", "a"), script={"a": "failed"})
    assert verdict(run) == "failed"
    assert unexcused(run) == {"a": "exception"}


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [(BestEffort(), "degraded"), (AtLeast(1), "degraded"), (AtLeast(2), "failed"), (Critical(("b",)), "degraded")],
)
def test_a_failed_member_of_a_group_that_is_met_is_excused(policy, wanted):
    """The policy decides what counts."""
    members = job("a", group="g"), job("b", group="g")
    assert verdict(driven(*members, script={"a": "failed"}, g=policy)) == wanted


def test_a_failed_job_whose_every_dependent_can_do_without_it_is_excused():
    """By `--on-missing none` or an optional need."""
    jobs = job("a"), job("b", "a", on_missing="none"), job("c", "a?")
    assert verdict(driven(*jobs, script={"a": "failed"})) == "degraded"


def test_a_need_for_order_alone_excuses_nothing():
    """Who only has to come later has not asked for leave to fail."""
    jobs = job("a"), job("b", JobNeed("a", optional=True, order=True))
    assert verdict(driven(*jobs, script={"a": "failed"})) == "failed"


def test_one_dependent_that_cannot_do_without_it_is_enough():
    """The failure is not excused."""
    jobs = job("a"), job("b", "a"), job("c", "a?")
    assert verdict(driven(*jobs, script={"a": "failed"})) == "failed"


def test_a_tolerant_dependent_of_its_group_excuses_a_member():
    """The group broke, and the only dependent runs without it."""
    jobs = job("a", group="g"), job("b", GroupNeed("g", ("a",)), on_missing="none")
    assert verdict(driven(*jobs, script={"a": "failed"})) == "degraded"


def test_a_skip_by_a_person_excuses():
    """The run is degraded, not failed."""
    run = driven(job("a"), job("b", "a"), script={"a": "failed"})
    ask(run, "skip", "a")
    assert verdict(run) == "degraded"
    assert unexcused(run) == {}


def test_a_cancelled_job_makes_the_run_cancelled_unless_another_failed():
    """Failed is worse."""
    run = run_of(job("a"), job("b"))
    ask(run, "cancel", "a")
    drive(run)
    assert verdict(run) == "cancelled"
    ask(run, "retry", "b")
    drive(run, ScriptedExecutor({"b": "failed"}))
    assert verdict(run) == "failed"


def test_the_json_has_every_key_that_was_promised():
    """And can be written as JSON."""
    run = driven(
        job("clean"),
        job("fit[alpha=0.1]", "clean", group="fits", retries=1, outputs=("model", "score"), cell_id="c1"),
        job("pick", GroupNeed("fits", ("fit[alpha=0.1]",))),
        script={"fit[alpha=0.1]": Reason("exit code", "10")},
    )
    found = json.loads(json.dumps(project(run, 99.0)))
    top = {key: found[key] for key in ("schema", "flow", "run", "verdict", "now", "opened_at")}
    assert (found["paused"], found["limits"]["forbidden"]) == (False, [])
    assert top == {"schema": 1, "flow": "test", "run": 1, "verdict": "failed", "now": 99.0, "opened_at": 0.0}
    fit = found["jobs"]["fit[alpha=0.1]"]
    attempt = fit.pop("attempts")[1]
    assert fit == {
        "status": "failed",
        "reason": {"kind": "exit code", "detail": "10", "attempt": 2},
        "reason_text": "exit 10",
        "generation": 1,
        "of": 2,
        "retry_on": [],
        "no_retry_on": [],
        "try": 2,
        "needs": ["clean"],
        "waits_for": [],
        "group": "fits",
        "executor": "process",
        "outputs": ["model", "score"],
        "cell_id": "c1",
        "submitted_at": 0.0,
        "declared_at": 0.0,
        "started_at": 1.0,
        "ended_at": 4.0,
        "due_at": None,
        "timeout": None,
        "deadline": None,
        "deadline_at": None,
        "fan": None,
        "element": None,
        "rules": [],
        "rollback": None,
        "fallback": None,
        "memory": None,
        "once": False,
        "condition": "",
        "maker": None,
        "reads": [],
        "writes": [],
        "files": {},
        "states": [],
        "cache": False,
        "reused": None,
        "missed": "",
    }
    assert attempt == {
        "number": 2,
        "generation": 1,
        "ready_at": 3.0,
        "started_at": 3.0,
        "ended_at": 4.0,
        "end": "failed",
        "reason": {"kind": "exit code", "detail": "10", "attempt": None},
        "exit_code": 10,
        "signal": None,
        "classes": [],
        "changed": [],
        "rule": None,
        "recovery": None,
        "steps": [],
        "log": {"out": ".nbflow/attempts/2/out", "err": ".nbflow/attempts/2/err"},
        "peak_memory": 0,
        "cpu_seconds": 0.0,
    }
    assert found["groups"]["fits"] == {
        "policy": "strict",
        "early": False,
        "fail_fast": False,
        "cancel_rest": False,
        "max_parallel": None,
        "rollback": False,
        "retries": 0,
        "retries_used": 0,
        "retries_left": 0,
        "parent": None,
        "verdict": "broken",
        "reason_text": "all 1 needed: 0 succeeded, 1 did not",
        "needed_text": "all 1 needed: 0 succeeded, 1 did not",
        "members": ["fit[alpha=0.1]"],
        "failed": {"fit[alpha=0.1]": {"kind": "exit code", "detail": "10", "attempt": 2}},
        "succeeded": [],
        "rolled_back": {},
    }
    assert project_job(run, "pick") == found["jobs"]["pick"]


def texts(run):
    return {name: each["reason_text"] for name, each in project(run, 0.0)["jobs"].items()}


def test_every_status_says_why_in_words():
    """Waiting says for what, skipped because of whom."""
    run = run_of(
        job("a"), job("b", "a"), job("c", retries=1), job("d"), job("e", hold=True), job("f", "e", "a"), job("g", "d")
    )
    start(run, "a")
    came(run, "c", "failed")
    came(run, "d", "failed")
    assert texts(run) == {
        "a": "",
        "b": "waits for a",
        "c": "ValueError: boom",
        "d": "ValueError: boom",
        "e": "",
        "f": "waits for e, a",
        "g": "upstream failed: d",
    }


def test_a_job_that_is_being_stopped_says_so():
    """While its attempt has not ended."""
    run = run_of(job("a"), job("b"))
    start(run, "a")
    ask(run, "cancel", "a")
    assert texts(run) == {"a": "being cancelled", "b": "waits for a free slot"}


def test_a_dependent_of_a_broken_group_says_what_was_needed():
    """With the counts."""
    members = [job(name, group="fits") for name in "abc"]
    jobs = [*members, job("d", GroupNeed("fits", ("a", "b", "c")))]
    run = driven(*jobs, script={"a": "failed", "b": "failed"}, fits=AtLeast(2))
    assert texts(run)["d"] == "upstream failed: fits (2 of 3 needed: 1 succeeded, 2 did not)"


def test_a_job_waits_for_those_of_its_needs_that_have_not_ended():
    """Jobs and groups, by name."""
    run = run_of(job("a"), job("b", group="g"), job("c", group="g"), job("d", "a", GroupNeed("g", ("b", "c"))))
    assert project_job(run, "d")["waits_for"] == ["a", "g"]
    came(run, "a")
    came(run, "b")
    assert project_job(run, "d")["waits_for"] == ["g"]


def test_times_are_those_of_the_present_generation():
    """Asked again, a job has not started yet."""
    run = run_of(job("a"))
    drive(run, clock=ManualClock(5.0))
    assert (project_job(run, "a")["started_at"], project_job(run, "a")["ended_at"]) == (5.0, 6.0)
    ask(run, "retry", "a", at=9.0)
    assert (project_job(run, "a")["started_at"], project_job(run, "a")["ended_at"]) == (None, None)


def test_an_attempt_that_is_due_shows_its_time():
    """For "next attempt in 0:04"."""
    run = run_of(job("a", retries=1))
    came(run, "a", "failed")
    retry_due(run, "a", due_at=9.0)
    assert project_job(run, "a")["due_at"] == 9.0
