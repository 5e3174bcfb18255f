"""The loop asks custom policies: beside the slots, one at a time for the same members, again if the answer is lost."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nbflow.core.policies import Custom
from nbflow.core.spec import GroupNeed, JobSpec, Limits, ValueRef
from nbflow.core.status import Reason, Verdict
from nbflow.engine.attempt.judging import Seen
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from tests.unit.engine.bench import Bench

MINE = Custom("=mine", ValueRef(inline=b"pickled"))


def grouped(path: Path, slots: int = 2, count: int = 2) -> tuple[Bench, int]:
    bench = Bench(path / ".nbflow", slots)
    run = bench.open()
    members = [JobSpec(name=name, group="g", cwd="sub", env={"A": "1"}) for name in "abc"[:count]]
    bench.loop.declare(run, [*members, JobSpec(name="z", needs=(GroupNeed("g", tuple("abc"[:count])),))], {"g": MINE})
    bench.loop.turn()
    return bench, run


def asks(bench: Bench) -> list[AttemptOrder]:
    return [order for order in bench.executor.orders if order.judged]


def answer(bench: Bench, said: str = "", end: str = "succeeded", reason: Reason | None = None) -> None:
    bench.loop.ended(AttemptReport(key=asks(bench)[-1].key, end=end, said=said, reason=reason))
    bench.loop.turn()


def test_the_order_says_who_is_asked_about_whom(tmp_path: Path) -> None:
    """The object as an input, the members as text, 10 s, and the place of the group's jobs."""
    bench, _ = grouped(tmp_path)
    bench.end("a", "failed", reason=Reason("exit code", "3", 1))
    (order,) = asks(bench)
    assert (order.job, order.timeout, order.cwd, order.env) == ("g", 10.0, "/data/sub", {"A": "1"})
    assert order.inputs["policy"].value.inline == b"pickled"
    seen = msgspec.json.decode(order.judged, type=list[Seen])
    assert [(m.name, m.status.value, m.reason and m.reason.words()) for m in seen] == [
        ("a", "failed", "exit 3"),
        ("b", "running", None),
    ]


def test_it_needs_no_slot_and_takes_none(tmp_path: Path) -> None:
    """Both slots are busy while it is asked, and a job that becomes ready starts beside it."""
    bench, run = grouped(tmp_path, slots=2, count=3)
    bench.end("a")
    assert len(asks(bench)) == 1
    assert sorted(bench.executor.jobs) == ["a", "b", "c", "g"]
    answer(bench, "met")
    assert bench.loop.runs[run].run.groups["g"].verdict is Verdict.MET
    assert not Path(asks(bench)[0].folder).exists()


def test_it_is_asked_again_when_members_stand_otherwise(tmp_path: Path) -> None:
    """Not while an answer is to come: an undecided one about the past is dropped."""
    bench, run = grouped(tmp_path)
    bench.end("a")
    bench.end("b")
    assert len(asks(bench)) == 1
    answer(bench, "undecided")
    assert len(asks(bench)) == 2
    answer(bench, "broken: no")
    assert bench.statuses(run)["z"] == "skipped"
    assert bench.loop.quiet


def test_a_lost_answer_is_asked_for_again_three_times(tmp_path: Path) -> None:
    """Then it has given no verdict."""
    bench, run = grouped(tmp_path, count=1)
    bench.end("a")
    for count in (1, 2, 3, 4):
        assert len(asks(bench)) == count
        assert not bench.loop.quiet
        answer(bench, end="lost", reason=Reason("lost", "its process is gone"))
    assert (len(asks(bench)), bench.statuses(run)["z"]) == (4, "skipped")
    tally = bench.loop.runs[run].run.groups["g"].tally
    assert tally.complaint(MINE) == "it gave no verdict: lost: its process is gone"


def test_a_timeout_breaks_the_group(tmp_path: Path) -> None:
    """Whatever the supervisor says went wrong is the reason."""
    bench, run = grouped(tmp_path, count=1)
    bench.end("a")
    answer(bench, end="failed", reason=Reason("timeout", "10 s", 0))
    assert bench.loop.runs[run].run.groups["g"].tally.complaint(MINE) == "it gave no verdict: timeout: 10 s"


def test_the_next_engine_asks_anew(tmp_path: Path) -> None:
    """Nobody remembers a question without an answer; one with an answer is not asked again."""
    bench, _ = grouped(tmp_path, count=1)
    bench.end("a")
    for expected, word in ((1, "met"), (0, "")):
        bench.store.close()
        bench = Bench(tmp_path / ".nbflow")
        bench.loop.resume(bench.store.runs()[0])
        bench.loop.turn()
        assert len(asks(bench)) == expected
        if word:
            answer(bench, word)


def test_where_processes_are_forbidden_no_policy_runs(tmp_path: Path) -> None:
    """That is a verdict too: broken."""
    bench, run = grouped(tmp_path, count=1)
    bench.loop.limit(run, Limits(forbidden=("process",)))
    bench.end("a")
    assert asks(bench) == []
    assert bench.loop.runs[run].run.groups["g"].tally.complaint(MINE) == "it was not asked: processes are forbidden"
