"""What a job was found to have changed unseen goes to those who come after it and have not begun."""

from __future__ import annotations

from nbflow.core import event as e
from nbflow.core.handed import changed
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Input, JobNeed, JobSpec, Produced, ValueRef
from nbflow.core.state import evolve

OLD, NEW = ValueRef(inline=b"old"), ValueRef(inline=b"new")
ROWS = Captured(OLD, version=1)


class Played:
    """A run that is played event by event, a second each."""

    def __init__(self) -> None:
        self.run, self.at = Run(), 0.0
        self(e.RunOpened, flow="f", number=1)

    def __call__(self, kind: type, **given: object) -> None:
        self.at += 1.0
        self.run = evolve(self.run, kind(at=self.at, **given)) or self.run

    def declare(self, name: str, source: Input | None = ROWS, **given: object) -> None:
        inputs = {"rows": source} if source is not None else {}
        self(e.JobDeclared, spec=JobSpec(name=name, inputs=inputs, **given))  # type: ignore[arg-type]

    def start(self, name: str) -> None:
        job = self.run.jobs[name]
        number = len(job.attempts) + 1
        self(e.AttemptStarted, job=name, generation=job.generation, attempt=number, key=f"{name}{number}")

    def end(self, name: str, **outputs: ValueRef) -> None:
        job = self.run.jobs[name]
        assert job.running is not None
        self(
            e.AttemptEnded,
            job=name,
            generation=job.generation,
            attempt=job.running.number,
            end="succeeded",
            outputs=outputs,
            changed=tuple(n for n in outputs if n in job.spec.inputs and n not in job.spec.outputs),
        )

    def source(self, name: str) -> Input:
        return self.run.jobs[name].spec.inputs["rows"]


def test_later_readers_that_have_not_begun_get_the_new_version() -> None:
    """Earlier ones, those that have begun, and readers of another version do not."""
    play = Played()
    play.declare("before", needs=(JobNeed("gate"),))
    play.declare("gate", None)
    play.declare("b", outputs=("n",))
    play.declare("waits", needs=(JobNeed("gate"),))
    play.declare("runs")
    play.declare("other", Captured(OLD, version=2), needs=(JobNeed("gate"),))
    play.start("b")
    play.start("runs")
    play.end("b", n=OLD, rows=NEW)
    assert changed(play.run.jobs["b"]) == ("rows",)
    assert play.source("waits") == Captured(NEW)
    for name in ("before", "runs"):
        assert play.source(name) == ROWS
    assert play.source("other") == Captured(OLD, version=2)


def test_a_version_that_nobody_tells_from_others_is_left_alone() -> None:
    """The bytes of two objects may be equal."""
    play = Played()
    play.declare("b", Captured(OLD))
    play.declare("c", Captured(OLD), needs=(JobNeed("b"),))
    play.start("b")
    play.end("b", rows=NEW)
    assert play.source("c") == Captured(OLD)


def test_what_a_job_makes_is_one_version_until_it_is_made_anew() -> None:
    """Readers of a job that was declared again after the one that changed it read another version."""
    for again in (False, True):
        play = Played()
        play.declare("a", None, outputs=("rows",))
        play.start("a")
        play.end("a", rows=OLD)
        play.declare("b", Produced("a", "rows"), needs=(JobNeed("a"),))
        play.start("b")
        if again:
            play.declare("a", None, outputs=("rows",))
        play.declare("c", Produced("a", "rows"), needs=(JobNeed("a"), JobNeed("b")))
        play.end("b", rows=NEW)
        assert play.source("c") == (Produced("a", "rows") if again else Captured(NEW))


def test_what_is_declared_as_an_output_is_no_unseen_change() -> None:
    """Readers of it are bound to its maker by their declaration."""
    play = Played()
    play.declare("b", outputs=("rows",))
    play.declare("c", needs=(JobNeed("b"),))
    play.start("b")
    play.end("b", rows=NEW)
    assert play.source("c") == ROWS
