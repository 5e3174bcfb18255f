"""What the browser is told of a run."""

from __future__ import annotations

import json

import pytest

from nbflow.core.log_part import LogPart
from nbflow.core.status import Status
from nbflow.widget.drawing import Drawing
from nbflow.widget.state import LOOKS, view_state
from tests.unit import snapshots


def told(snapshot, logs=None):
    return view_state(snapshot, Drawing(), logs or {})


def test_there_is_one_letter_a_job():
    """The status string has each job's letter, in the order of declaration."""
    snapshot = snapshots.ten()
    words = [LOOKS[letter]["word"] for letter in told(snapshot)["status"]]
    assert words == [job["status"] for job in snapshot["jobs"].values()]


def test_every_status_can_be_shown():
    """Each status has a letter of its own, with a word and something to draw."""
    assert [LOOKS[status.letter]["word"] for status in Status] == list(Status)
    assert all(look["stroke"] for look in LOOKS.values())


def test_nodes_stand_in_the_order_of_the_letters():
    """Node, letter and caption of one job have one number."""
    snapshot = snapshots.fan(40)
    state = told(snapshot)
    assert [node[0] for node in state["graph"]["nodes"]] == list(snapshot["jobs"])
    assert len(state["captions"]) == len(state["status"]) == 42


def test_the_state_of_a_finished_thing_is_always_the_same():
    """Nothing in it depends on the time of asking: no message where nothing changed."""
    early, late = (told(snapshots.ten() | {"now": now}) for now in (snapshots.AT + 60, snapshots.AT + 99))
    assert early == late


def test_times_that_tick_are_sent_as_instants():
    """A running job's caption carries its start, a retrying one's when it is due."""
    state = told(snapshots.ten())
    captions = dict(zip((node[0] for node in state["graph"]["nodes"]), state["captions"], strict=True))
    assert captions["fit_trees"] == ["{}", "up", snapshots.AT + 26]
    assert captions["export"] == ["again in {}", "down", snapshots.AT + 56]


def test_the_header_counts_and_spans_the_run():
    """Counts in the order of the header; from the first start on, and no end while the run goes on."""
    head = told(snapshots.ten())["head"]
    assert head["counts"][0] == ["S", 5]
    assert (head["started_at"], head["ended_at"]) == (snapshots.AT, None)
    ended = told(snapshots.ten() | {"verdict": "failed"})["head"]
    assert ended["ended_at"] == snapshots.AT + 43.0


def test_generations_are_told_where_they_are_not_the_first():
    """A click carries the generation that the person saw."""
    snapshot = snapshots.snapshot({"a": snapshots.job(), "b": snapshots.job(generation=3)})
    assert told(snapshot)["generations"] == {"1": 3}


def test_what_fallbacks_have_come_to_is_told_apart_from_their_names():
    """A name is a part of the picture and stays; its mark comes and goes with the run."""
    state = told(snapshots.mended())
    nodes = [node[0] for node in state["graph"]["nodes"]]
    assert {nodes[int(at)]: LOOKS[letter]["word"] for at, letter in state["marks"].items()} == {
        "prices": "succeeded",
        "rates": "running",
        "sites": "failed",
    }
    assert [node[8:] for node in state["graph"]["nodes"] if node[0] == "stations"] == [["fallback: stations_of_2025"]]


def test_a_group_tells_what_can_be_done_with_it():
    """How many members are yet to end, how many have failed, and which jobs they are."""
    assert told(snapshots.ten())["head"]["groups"] == {"fits": ["undecided", 1, 3, "", 1, 1, 1, 1]}
    assert told(snapshots.ten())["graph"]["members"] == {"fits": [4, 3]}


def test_a_paused_run_says_so():
    """And one that is not, too."""
    assert told(snapshots.ten() | {"paused": True})["head"]["paused"] is True
    assert told(snapshots.ten())["head"]["paused"] is False


def test_an_empty_run_is_a_state_too():
    """No jobs: no nodes, no letters, nothing to break on."""
    state = told(snapshots.empty())
    assert (state["graph"]["nodes"], state["status"], state["head"]["counts"]) == ([], "", [])


def test_the_picture_is_kept_while_its_shape_is():
    """Statuses change without a new layout; a new job makes one."""
    drawing = Drawing()
    first = view_state(snapshots.ten(), drawing, {})["graph"]
    changed = snapshots.ten()
    changed["jobs"]["queue"]["status"] = "running"
    assert view_state(changed, drawing, {})["graph"] is first
    changed["jobs"]["new"] = snapshots.job()
    assert view_state(changed, drawing, {})["graph"] is not first


@pytest.mark.parametrize(
    "snapshot", [snapshots.ten(), snapshots.empty(), snapshots.long_names(), snapshots.fan(300), snapshots.mended()]
)
def test_the_state_is_plain_json(snapshot):
    """Every value goes through JSON unchanged, as it goes to the browser."""
    state = told(snapshot, {(job, 1): LogPart.of("text") for job in list(snapshot["jobs"])[:3]})
    assert json.loads(json.dumps(state)) == state


def test_three_hundred_jobs_are_a_small_message():
    """What changes ten times a second is small: letters and the captions of big nodes only."""
    state = told(snapshots.fan(300))
    assert len(json.dumps([state["status"], state["captions"], state["head"]])) < 4_000
