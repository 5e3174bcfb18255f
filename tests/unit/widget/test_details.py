"""What the drawer tells about a job."""

from __future__ import annotations

import pytest

from nbflow.core.log_part import LogPart
from nbflow.core.streams import Streams
from nbflow.widget.details import details as all_details
from nbflow.widget.sentences import why
from tests.unit import snapshots


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("load", "It succeeded."),
        ("fit_lasso", "LinAlgError: SVD did not converge. Group fits is still undecided (at least 2 of 3)."),
        ("fit_trees", "It runs in the process executor."),
        ("plot", "It runs again: attempt 2 of 3."),
        ("report", "It waits for group fits (2 of 3 ended)."),
        ("export", "Exit 10. It runs again soon, attempt 2 of 4."),
        ("audit", "Upstream failed: fit_lasso."),
        ("upload", "It is held until somebody runs it."),
        ("queue", "Waits for a free slot."),
        ("old", "It was cancelled by hand."),
    ],
)
def test_each_status_has_its_sentence(job, said):
    """Why a job stands where it does is one sentence, and one on its group where its failure matters to it."""
    assert why(snapshots.ten(), job) == said


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("fetch", "Exit 10. A recovery script (rule exit 10) runs, then comes attempt 2 of 3."),
        ("prices", "Its fallback use_cache stands in for it, after exit 10."),
        ("rates", "Exit 10. Its fallback last_month runs."),
        ("orders", "Exit 10. Its rollback drop_orders runs."),
        ("fit", "Its output model was given by hand, after LinAlgError: SVD did not converge."),
        ("send", "Nobody saw how its last attempt ended, and it may not start twice: retry or skip it by hand."),
    ],
)
def test_what_is_done_about_a_failure_has_its_sentence(job, said):
    """First why it failed, then what is being done, or what made it good."""
    assert why(snapshots.mended(), job) == said


def details(snapshot, name, logs):
    return all_details(snapshot, name, logs, Streams(snapshot))


def test_what_followed_an_attempt_is_told_with_it():
    """Its rule, and each step with its name, times and end."""
    (first, second) = details(snapshots.mended(), "token", {})["attempts"]
    assert (first["rule"], second["rule"]) == ("rule exit 10", "")
    (script,) = first["steps"]
    assert (script["step"], script["end"]) == ("recovery", "succeeded")
    (_, last) = details(snapshots.mended(), "prices", {})["attempts"]
    assert [(step["step"], step["name"]) for step in last["steps"]] == [
        ("rollback", "forget_prices"),
        ("fallback", "use_cache"),
    ]


def test_what_is_reused_is_looked_at_as_an_attempt():
    """With the log that it came with, under a number of its own; the sentence says where it is from."""
    from_run = {"run": 3, "flow": "", "attempt": "k1", "made_at": 50.0, "seconds": 42.0, "at": 99.0}
    from_run |= {"started_at": 8.0, "ended_at": 50.0}
    told = snapshots.job("reused", reused=from_run, reason_text="from run 3, 0:42 saved")
    snapshot = snapshots.snapshot({"load": told})
    found = all_details(snapshot, "load", {"0": LogPart.of("read")}, Streams(snapshot))
    assert found["why"] == "It was reused from run 3, 0:42 saved: the same code on the same inputs."
    assert found["current"] == [0, None]
    assert [(a["number"], a["started_at"], a["end"]) for a in found["attempts"]] == [(0, 8.0, "succeeded")]
    assert found["logs"]["0"]["pieces"] == [["out", "read"]]


def test_why_it_was_not_reused_is_said():
    """Where it has run."""
    snapshot = snapshots.snapshot({"load": snapshots.job(outputs=["x"], missed="input df changed")})
    assert why(snapshot, "load") == "It made x. It was not reused: input df changed."


def test_a_step_under_way_is_looked_at_first():
    """While a recovery script runs its log is what matters; else the last attempt's."""
    assert details(snapshots.mended(), "fetch", {})["current"] == [1, 0]
    assert details(snapshots.mended(), "prices", {})["current"] == [2, None]
    assert details(snapshots.mended(), "fit", {})["last_good"] is None
    assert details(snapshots.mended(), "token", {})["last_good"] == 2


def test_a_retry_says_how_many_follow():
    """Those that wait, or were left out for it, go on by themselves; those that have ended have to be asked too."""
    assert details(snapshots.ten(), "fit_lasso", {})["follow"] == [2, 2]
    assert details(snapshots.ten(), "split", {})["follow"] == [2, 4]
    assert details(snapshots.ten(), "upload", {})["follow"] == [0, 0]


def test_waiting_names_what_is_waited_for_with_its_status():
    """A person sees where to look next."""
    snapshot = snapshots.snapshot({"a": snapshots.job("running"), "b": snapshots.job("waiting", ("a",))})
    assert why(snapshot, "b") == "It waits for a (running)."


def test_many_needs_are_cut():
    """A hundred needs do not fill the drawer."""
    jobs = {f"j{n}": snapshots.job("running") for n in range(100)}
    snapshot = snapshots.snapshot(jobs | {"last": snapshots.job("waiting", tuple(jobs))})
    assert why(snapshot, "last").endswith("j3 (running), 96 more.")


def test_attempts_say_how_they_ended():
    """A row an attempt: times, end, reason in words, memory."""
    rows = details(snapshots.ten(), "load", {})["attempts"]
    assert [(row["number"], row["end"], row["reason"]) for row in rows] == [
        (1, "failed", "timeout"),
        (2, "succeeded", ""),
    ]
    assert rows[0]["memory"] == 310_000_000


def test_dependents_are_found_through_the_group_too():
    """What needs the group of a job needs the job."""
    assert details(snapshots.ten(), "fit_lasso", {})["needed_by"] == ["report", "audit"]


def test_members_of_needed_groups_are_told():
    """A click on a needed group leads to its members."""
    told = details(snapshots.ten(), "report", {})
    assert told["members"] == {"fits": ["fit_ridge", "fit_lasso", "fit_trees"]}


def test_logs_are_told_by_attempt():
    """Only the attempts that somebody looks at have their log sent."""
    told = details(snapshots.ten(), "load", {"2": LogPart.of("hello")})["logs"]
    assert {place: log["pieces"] for place, log in told.items()} == {"2": [["out", "hello"]]}


def test_text_that_is_no_unicode_can_be_sent():
    """Lone surrogates, as `surrogateescape` leaves them, do not stop the view; nor do bytes that are no text."""
    assert LogPart.of("a\udcff").told()["pieces"] == [["out", "a?"]]
    assert LogPart((("out", b"a\xff"),)).told()["pieces"] == [["out", "a\ufffd"]]
