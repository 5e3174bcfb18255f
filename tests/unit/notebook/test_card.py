"""The look of a card."""

from __future__ import annotations

from typing import Any

from nbflow.engine.client import Display
from nbflow.notebook.card import Card
from nbflow.notebook.printed import WIDTH
from nbflow.notebook.terminal import screen


def job(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "attempts": [], "of": 1, "needs": [], "generation": 1, **more}


def test_a_finished_job_says_how_long_and_what_it_left() -> None:
    """Duration, attempts, needs and the outputs' extents stand after the status."""
    card = Card(
        "clean",
        job(
            "succeeded",
            started_at=10.0,
            ended_at=14.2,
            needs=["load"],
            of=3,
            **{"try": 2},
            values={"df": {"size": 2_100_000_000, "shape": "344 × 7"}},
        ),
        now=99.0,
    )
    assert card.text() == "✓ clean  succeeded · 4.2 s · attempt 2 of 3 · needs load · df 344 × 7 2.1 GB"


def test_a_failed_job_says_how_to_look_into_it() -> None:
    """Where an exception was raised: a script's exit code leaves nothing to debug."""
    state = job("failed", reason={"kind": "exception"}, reason_text="ValueError: bad")
    assert Card("fit", state, 0.0).text() == "✕ fit  failed · ValueError: bad · %nbflow debug fit"
    state = job("failed", reason={"kind": "exit code"}, reason_text="exit 3")
    assert Card("fit", state, 0.0).text() == "✕ fit  failed · exit 3"


def test_how_the_run_stands_is_at_the_right() -> None:
    """As text, in the notebook alone: the card stays one line."""
    card = Card("fit", job("held"), 0.0, standing="7 ✓ · <b>")
    assert "float:right" in card.html() and "7 ✓ · &lt;b&gt;</span>" in card.html()
    assert card.text() == "◌ fit  held"


def test_a_retrying_job_counts_down() -> None:
    """Between attempts the card says when the next one is due and why the last one failed."""
    state = job("retrying", due_at=20.0, of=3, reason_text="ValueError: bad", **{"try": 1})
    card = Card("fit", state, 16.0)
    assert card.text() == "↻ fit  retrying · again in 0:04 · attempt 1 of 3 · ValueError: bad"


def test_a_long_log_shows_its_end_and_where_the_rest_is() -> None:
    """A running job shows six lines and says where more are."""
    card = Card("fit", job("running"), 0.0, log="\n".join(f"line {i}" for i in range(100)))
    assert card.lines.splitlines() == ["… more above: %nbflow log fit", *(f"line {i}" for i in range(94, 100))]


def test_progress_bars_take_one_line() -> None:
    """A line rewritten with carriage returns shows as it ended, without colour codes."""
    assert screen("\x1b[32m10 %\r 50 %\r100 %\x1b[0m\r\nend") == "100 %\nend"


def test_text_never_becomes_html() -> None:
    """Names, reasons, log lines and error texts are escaped."""
    hostile = "<img src=x onerror=alert(1)>"
    card = Card(
        hostile,
        job("failed", reason_text=hostile, needs=[hostile], values={hostile: {"shape": hostile}}),
        0.0,
        log=hostile,
        traceback=hostile,
        displays=[Display(data={"text/plain": hostile})],
    )
    assert "<img" not in card.html()


def test_a_hostile_picture_cannot_leave_its_attribute() -> None:
    """The base64 of a picture is filtered to base64's alphabet."""
    html = Card("a", job("succeeded"), 0.0, displays=[Display(data={"image/png": 'x" onload="alert(1)'})]).html()
    assert 'onload="' not in html


def test_a_job_without_anything_to_say_is_one_line() -> None:
    """Held and ready jobs have no times, attempts or reasons."""
    assert Card("later", job("held"), 0.0).text() == "◌ later  held"


def test_what_the_status_says_is_not_said_again() -> None:
    """Needs of a waiting job, and a cancelled job's being cancelled, stand there once."""
    waiting = job("waiting", reason_text="waits for a", waits_for=["a"], needs=["a", "b"])
    assert Card("fit", waiting, 0.0).text() == "○ fit  waiting · waits for a"
    assert Card("fit", job("cancelled", reason_text="cancelled"), 0.0).text() == "⊘ fit  cancelled"


def test_a_line_without_end_is_cut() -> None:
    """A job that prints megabytes without a line break does not fill the notebook."""
    assert len(Card("fit", job("succeeded"), 0.0, log="x" * 1_000_000).lines) == WIDTH


def test_a_deadline_counts_down_until_the_end() -> None:
    """Beside the attempts, while there is something left to end."""
    job = {"status": "running", "started_at": 10.0, "try": 1, "of": 3, "deadline_at": 70.0}
    assert Card("fit", job, now=14.0).facts == ["0:04", "attempt 1 of 3", "deadline in 0:56"]
    assert Card("fit", job | {"status": "failed", "ended_at": 12.0}, now=14.0).facts == ["2.0 s", "attempt 1 of 3"]


def steps(*each: dict[str, Any]) -> list[dict[str, Any]]:
    """Two attempts, the first of an older generation, with *each* after the second one."""
    older = {"number": 1, "generation": 1, "steps": [{"step": "rollback", "end": "succeeded"}]}
    return [older, {"number": 2, "generation": 2, "rule": 0, "steps": list(each)}]


def test_a_recovered_job_says_by_what_and_after_which_error() -> None:
    """The fallback is named in the head, with the error it stands for; each step that ran has a line."""
    state = job(
        "recovered", reason_text="by its fallback, after ValueError: bad", rollback="undo", fallback="use_cache"
    )
    ran = steps(
        {"step": "rollback", "end": "failed", "reason": {"kind": "exception", "detail": "KeyError:\n 'x'"}},
        {"step": "fallback", "end": "succeeded", "started_at": 1.0, "ended_at": 3.0},
    )
    assert Card("fit", state | {"generation": 2, "attempts": ran}, 9.0).text().splitlines() == [
        "☑ fit  recovered · by its fallback use_cache, after ValueError: bad",
        "    rollback undo failed: KeyError: 'x'",
        "    fallback use_cache: ok, 2.0 s",
    ]


def test_a_step_under_way_has_a_clock_and_its_own_output() -> None:
    """While a recovery script runs, the card says which rule's, for how long, what it prints, and what failed."""
    rules = [{"label": "--on-exit 10::./fix.sh"}]
    ran = steps({"step": "recovery", "end": None, "started_at": 5.0})
    state = job("recovering", reason_text="after exit 10", rules=rules) | {"generation": 2, "attempts": ran}
    assert Card("fit", state, 9.0, log="cleaning", traceback="SystemExit: 10").text().splitlines() == [
        "⚙ fit  recovering · after exit 10",
        "    recovery after attempt 2 (--on-exit 10::./fix.sh): running, 0:04",
        "    cleaning",
        "    SystemExit: 10",
    ]


def test_steps_that_did_not_end_well_say_how() -> None:
    """Stopped and lost steps, and a script's exit code."""
    ran = steps(
        {"step": "recovery", "end": "failed", "reason": {"kind": "exit code", "detail": "3"}},
        {"step": "fallback", "end": "cancelled", "reason": {"kind": "cancelled"}},
        {"step": "rollback", "end": "lost"},
    )
    state = job("cancelled", fallback="f", rollback="=undo()") | {"generation": 2, "attempts": ran}
    assert Card("fit", state, 9.0).lines.splitlines() == [
        "recovery after attempt 2 failed: exit 3",
        "fallback f stopped: cancelled",
        "rollback =undo(): nobody saw its end",
    ]
