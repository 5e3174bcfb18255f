"""An attempt's end with a response: jobs are declared and the attempt ends in one turn, or it fails and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.core.event import kind
from nbflow.core.inputs import Absent, Filled, Taken, Whole
from nbflow.core.spec import Attribute, Built, JobNeed, JobSpec, Limits, Produced, Response, ValueRef
from tests.unit.engine.bench import Bench

VALUE, TEMPLATE = ValueRef(inline=b"1"), ValueRef(inline=b"2")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / ".nbflow")


def test_the_jobs_are_declared_before_the_end_in_one_turn(bench: Bench) -> None:
    """Nobody ever sees the maker ended without them; they bear its name."""
    run, told = bench.open(), []
    bench.declare(run, JobSpec(name="a"))
    bench.loop.tell = lambda _run, _first, events: told.append([kind(event) for event in events])
    bench.end("a", response=Response(jobs=(JobSpec(name="b"),), detour=("b",)))
    assert told == [["job-declared", "attempt-ended", "attempt-started"]]
    assert (bench.job(run, "a").status, bench.job(run, "b").spec.maker) == ("waiting", "a")
    bench.end("b")
    assert bench.job(run, "a").status == "succeeded"


def test_what_cannot_be_declared_fails_the_attempt(bench: Bench) -> None:
    """The reason says what the error says; nothing was declared."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"), JobSpec(name="c", needs=(JobNeed("a"),)))
    bench.end("a", response=Response(jobs=(JobSpec(name="b", needs=(JobNeed("c"),)),), detour=("b",)))
    reason = bench.job(run, "a").reason
    assert (reason.kind, reason.detail) == ("invalid argument", "jobs need each other in a loop: a → b → c → a")
    assert "b" not in bench.loop.runs[run].run.jobs


def test_an_unknown_executor_fails_the_attempt(bench: Bench) -> None:
    """As a declaration by a person would be refused."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.end("a", response=Response(jobs=(JobSpec(name="b", executor="moon"),)))
    assert "executor 'moon'" in bench.job(run, "a").reason.detail


def test_more_jobs_than_the_run_may_have_fail_the_attempt(bench: Bench) -> None:
    """Its reason is the queue limit."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.loop.limit(run, Limits(jobs=2))
    bench.end("a", response=Response(jobs=(JobSpec(name="b"), JobSpec(name="c"))))
    assert bench.job(run, "a").reason.words() == "queue limit: 2 jobs"


def test_a_failed_attempt_declares_nothing(bench: Bench) -> None:
    """Whatever it asked for."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.end("a", end="failed", response=Response(jobs=(JobSpec(name="b"),)))
    assert list(bench.loop.runs[run].run.jobs) == ["a"]


def test_an_attempt_that_no_longer_counts_declares_nothing(bench: Bench) -> None:
    """Its job was declared anew while it ran."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.declare(run, JobSpec(name="a", source="x = 2"))
    bench.end("a", response=Response(jobs=(JobSpec(name="b"),)))
    assert list(bench.loop.runs[run].run.jobs) == ["a"]


def test_readers_get_what_the_replacement_made(bench: Bench) -> None:
    """The order of a reader of the maker holds the value of the job that took its place."""
    run = bench.open()
    reader = JobSpec(name="r", inputs={"x": Produced("a", "x")}, needs=(JobNeed("a"),))
    bench.declare(run, JobSpec(name="a", outputs=("x",)), reader)
    made = JobSpec(name="b", outputs=("y",))
    bench.end("a", response=Response(jobs=(made,), replaced_by=("b",), outputs={"x": Produced("b", "y")}))
    assert bench.executor.jobs == ["a", "b"]
    bench.end("b", outputs={"y": VALUE})
    assert bench.executor.orders[-1].inputs == {"x": Whole(VALUE)}


def test_an_input_with_references_inside_is_put_together(bench: Bench) -> None:
    """Each hole gets the value, the part of it, or the word that there is none."""
    run = bench.open()
    parts = (Produced("a", "x"), Produced("a", "x", (Attribute("shape"),)), Produced("b", "y"))
    spec = JobSpec(
        name="r", inputs={"all": Built(TEMPLATE, parts)}, needs=(JobNeed("a"), JobNeed("b", optional=True)),
    )  # fmt: skip
    bench.declare(run, JobSpec(name="a", outputs=("x",)), JobSpec(name="b", outputs=("y",)), spec)
    bench.end("a", outputs={"x": VALUE})
    bench.end("b", end="failed")
    given = bench.executor.orders[-1].inputs["all"]
    assert isinstance(given, Filled)
    assert given.parts[:2] == (Whole(VALUE), Taken(VALUE, (Attribute("shape"),)))
    assert isinstance(given.parts[2], Absent)
