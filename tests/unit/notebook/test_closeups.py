"""What the drawer is told when somebody looks closely at a job."""

from __future__ import annotations

import pickle
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from nbflow.core.event import JobDeclared
from nbflow.core.spec import Captured, Gathered, JobNeed, JobSpec, Part, Produced, ValueRef
from nbflow.engine.client import Display
from nbflow.notebook.closeups import MOST_BYTES, MOST_SHOWN, MOST_TEXT, READERS, closeup
from nbflow.testing import ScriptedExecutor, declare, drive


def ref(value: object) -> ValueRef:
    data = pickle.dumps(value, 5)
    return ValueRef(inline=data, size=len(data), type=type(value).__name__)


def session(run: Any, events: tuple = (), shown: tuple = ()) -> Any:
    replica = SimpleNamespace(lock=nullcontext(), run=run, events=lambda: events)
    client = SimpleNamespace(shown=lambda key, last: list(shown))
    return SimpleNamespace(replica=replica, client=client, job=run.jobs.__getitem__)


@pytest.fixture
def run():
    spec = JobSpec(name="fit", source="new", inputs={"k": Captured(ref(7))}, outputs=("model", "score"))
    readers = [
        JobSpec(name=f"use{n}", inputs={"m": Produced("fit", "model")}, needs=(JobNeed("fit"),)) for n in range(15)
    ]
    parts = (Part(ref(1), "fit"),)
    best = JobSpec(name="best", inputs={"s": Gathered("score", parts)}, needs=(JobNeed("fit"),))
    run = declare(spec, *readers, best)
    drive(run, ScriptedExecutor())
    return run


def test_code_is_told_with_what_it_was(run):
    """The last text before it that was another, and the one that an attempt ran."""
    texts = (("old", -9.0), ("older", -5.0), ("new", 50.0))
    events = tuple(JobDeclared(at=at, spec=JobSpec(name="fit", source=source)) for source, at in texts)
    told = closeup(session(run, events), "code", "fit", 1)
    assert (told["source"], told["before"], told["then"]) == ("new", "older", "older")
    assert told["words"] == [["", "new"]]
    assert closeup(session(run, events), "code", "fit", None)["then"] is None


def test_values_are_told_with_those_who_read_them(run):
    """By name, the first of them; and what small ones are."""
    rows = closeup(session(run), "data", "fit", None)["rows"]
    assert [(row["way"], row["name"]) for row in rows] == [("in", "k"), ("out", "model"), ("out", "score")]
    assert (rows[0]["type"], rows[0]["text"], rows[0]["from"]) == ("int", "7", "the notebook")
    assert (len(rows[1]["to"]), rows[1]["more"]) == (READERS, 15 - READERS)
    assert rows[2]["to"] == ["best"]


def shown(run: Any, *displays: dict[str, object]) -> list[dict[str, Any]]:
    given = tuple(Display(data=data) for data in displays)
    found: list[dict[str, Any]] = closeup(session(run, shown=given), "output", "fit", None)["shown"]
    return found


def test_pictures_come_before_tables_and_tables_before_texts(run):
    """Of the forms that something has, the one that a page can show safely; markup is never sent."""
    table = '<table class="dataframe"><tr><td>1</td></tr></table>'
    found = shown(
        run,
        {"text/plain": "<Figure>", "image/png": "iVBO", "text/html": "<b>x</b>"},
        {"text/plain": "   a", "text/html": table},
        {"text/plain": "<Chart>", "text/html": "<script>x()</script>"},
        {"text/markdown": "# head"},
        {"application/x-own": "?"},
    )
    assert [one["mime"] for one in found] == ["image/png", "table", "text/plain", "text/plain", "text/plain"]
    assert found[1]["table"]["body"] == [[["1", False, 1, 1]]]
    assert [one["data"] for one in found[2:]] == ["<Chart>", "# head", "<application/x-own>"]


def test_what_is_too_much_is_left_out_with_words(run):
    """A long text, many things, big ones."""
    (long,) = shown(run, {"text/plain": "x" * (MOST_TEXT + 5)})
    assert long["data"].endswith("\n… 5 more characters …")
    many = shown(run, *({"text/plain": "x"} for _ in range(MOST_SHOWN + 3)))
    assert (len(many), many[-1]["data"][:6]) == (MOST_SHOWN + 1, "3 more")
    big = shown(run, {"image/png": "A" * (MOST_BYTES - 10)}, {"image/png": "A" * 20})
    assert [one["mime"] for one in big] == ["image/png", "note"]
