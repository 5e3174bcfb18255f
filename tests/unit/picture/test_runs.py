"""The list of a flow's runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from nbflow.picture.runs import NOTHING, Runs, runs_html, runs_text, when

NOW = datetime(2026, 11, 22, 18, 20).timestamp()


def run(number: int = 11, **more: Any) -> dict[str, Any]:
    times = {"opened_at": NOW - 300, "began_at": NOW - 290, "ended_at": NOW - 100}
    return {"run": number, "verdict": "failed", "counts": {"succeeded": 41, "failed": 1}} | times | more


def test_a_line_says_when_what_and_how_long() -> None:
    """The number, the time, the verdict, how many jobs stand where, what it took."""
    assert runs_text([run()], NOW) == "run 11 · today 18:15 · failed · 41 ✓  1 ✕ · 3 m 10 s"


def test_a_run_that_goes_on_has_taken_the_time_until_now() -> None:
    """Its end is not known yet."""
    assert runs_text([run(verdict="running", ended_at=None)], NOW).endswith("4 m 50 s")


def test_lines_stand_under_each_other() -> None:
    """However long their parts are."""
    one, other = runs_text([run(9), run(10, verdict="degraded")], NOW).split("\n")
    assert one.index("41") == other.index("41")


def test_days_are_said_as_people_say_them() -> None:
    """Today, yesterday, a date; by the calendar, not by 24 hours."""
    at = datetime.fromtimestamp(NOW)
    said = [when((at - timedelta(**back)).timestamp(), NOW)[:9].strip() for back in ({}, {"hours": 19}, {"days": 9})]
    assert said == ["today 18:", "yesterday", "2026-11-1"]


def test_no_runs_is_a_sentence() -> None:
    """In text and on a page."""
    assert runs_text([], NOW) == NOTHING
    assert NOTHING in runs_html([], NOW)


def test_a_page_shows_the_newest_first() -> None:
    """A row each, with a glyph beside the verdict."""
    page = runs_html([run(10), run(11)], NOW)
    assert page.index(">11<") < page.index(">10<")
    assert "✕ failed" in page


def test_a_list_of_runs_reads_as_a_table() -> None:
    """It is still a list of dicts."""
    runs = Runs([run()])
    assert repr(runs).startswith("run 11 · ")
    assert runs[0]["verdict"] == "failed"
    assert "<table" in runs._repr_html_()
