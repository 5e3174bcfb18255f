"""What a view tells of the past: bars, histories, earlier runs."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, Event, JobDeclared, RunOpened
from nbflow.core.glance import Glance
from nbflow.core.history import History, history, look_back, notes
from nbflow.core.lanes import lanes
from nbflow.core.log_part import LogPart
from nbflow.core.spec import JobNeed, JobSpec
from nbflow.errors import NbflowError, StoreError
from nbflow.widget.columns import NEVER, bars, shifts
from nbflow.widget.drawing import Drawing
from nbflow.widget.looking_back import KEPT, LookingBack
from nbflow.widget.requests import Asked, RefusedError, read_request
from tests.unit.snapshots import mended


def log(number: int) -> list[Event]:
    return [
        RunOpened(at=1.0, flow="f", number=number),
        JobDeclared(at=1.0, spec=JobSpec(name=f"a{number}")),
        JobDeclared(at=2.0, spec=JobSpec(name="b", needs=(JobNeed(f"a{number}"),))),
        AttemptStarted(at=3.0, job=f"a{number}", generation=1, attempt=1, key="k1"),
        AttemptEnded(at=5.25, job=f"a{number}", generation=1, attempt=1, end="succeeded"),
        AttemptStarted(at=6.0, job="b", generation=1, attempt=1, key="k2"),
    ]


class Run:
    """A run, of several."""

    def __init__(self, number: int = 9) -> None:
        self.run, self.opened = look_back(log(number)), list[int]()

    def glance(self) -> Any:
        return nullcontext(Glance(self.run, 9.0))

    def log(self, job: str, attempt: int, step: int | None) -> LogPart:
        return LogPart.of(f"log of {job}")

    def log_part(self, job: str, attempt: int, step: int | None, start: Any, end: Any) -> LogPart:
        return LogPart.of(f"part of {job}")

    def closeup(self, what: str, job: str, attempt: int | None) -> dict[str, Any]:
        return {"source": f"{what} of {job}"}

    def history(self) -> History:
        return history(notes(self.run))

    def runs(self) -> list[dict[str, Any]]:
        return [{"run": 1, "verdict": "failed"}]

    def earlier(self, run: int) -> Run:
        self.opened.append(run)
        if run > 9:
            raise StoreError(f"no run {run}")
        return Run(run)


@pytest.fixture
def back() -> LookingBack:
    drawing = Drawing()
    source = Run()
    with source.glance() as snapshot:
        drawing.of(snapshot)
    return LookingBack(source, drawing)


def test_bars_are_columns_of_whole_numbers(back: LookingBack) -> None:
    """Milliseconds after the first start; what goes on has no end, a first attempt follows nothing."""
    told = back.answer(Asked("timeline", 1))
    assert (told["run"], told["at"], told["starts"], told["ends"]) == (9, 3.0, [0, 3000], [2250, NEVER])
    assert (told["jobs"], told["letters"]) == ([0, 1], "SR")
    assert (told["readies"], told["afters"]) == ([2000, 750], [NEVER, NEVER])
    assert told["critical"] == [0, 1]


def test_only_new_bars_are_told(back: LookingBack) -> None:
    """From the number asked for on; instants still count from the first bar of all."""
    told = back.answer(Asked("timeline", 1, since=1))
    assert (told["since"], told["at"], told["starts"]) == (1, 3.0, [3000])


def test_steps_are_told_by_place() -> None:
    """Most bars are attempts."""
    found = lanes(mended()["jobs"])
    told = bars(found, 0)
    assert {int(at): step for at, step in told["steps"].items()} == {at: b.step for at, b in enumerate(found) if b.step}
    assert any(after != NEVER for after in told["afters"])


def rebuilt(told: dict[str, Any]) -> list[tuple[float, int, str]]:
    """What a browser makes of the columns."""
    at, job, found = told["at"], 0, []
    for time, step, letter in zip(told["times"], told["jobs"], told["letters"], strict=True):
        at, job = at + time / 1000, job + step
        found.append((round(at, 6), job, letter))
    return found


def test_a_history_comes_back_from_its_columns(back: LookingBack) -> None:
    """To the millisecond; from a number on, the rest of it."""
    past = Run().history()
    assert rebuilt(back.answer(Asked("history", 1))) == [tuple(shift) for shift in past.shifts]
    assert rebuilt(shifts(past, 2)) == [tuple(shift) for shift in past.shifts[2:]]
    assert shifts(past, 99)["times"] == []


def test_an_earlier_run_is_told_whole(back: LookingBack) -> None:
    """With the shape it had, which is no other run's."""
    told = back.answer(Asked("past", 1, run=4))
    assert (told["of"], told["state"]["names"], told["state"]["status"]) == (4, "a4\nb", "SR")
    assert told["state"]["head"]["run"] == 4
    assert back.known(4) == ({"a4", "b"}, set(), set())
    assert back.known(5) is None


def test_all_of_an_earlier_run_can_be_looked_at(back: LookingBack) -> None:
    """Its timeline, its history, its jobs' details with the log, their closeups."""
    assert back.answer(Asked("timeline", 1, run=4))["run"] == 4
    assert back.answer(Asked("history", 1, run=4))["of"] == 4
    told = back.answer(Asked("select", 1, ("a4",), run=4))
    assert told["details"]["logs"]["1"]["pieces"] == [["out", "log of a4"]]
    assert back.answer(Asked("code", 1, ("a4",), run=4))["source"] == "code of a4"
    assert back.answer(Asked("log", 1, ("a4",), attempt=1, run=4))["job"] == "a4"


def test_a_run_is_read_once_while_it_is_looked_at(back: LookingBack) -> None:
    """A few are kept, the last ones; a run that is not there is said."""
    source = back._present[0]
    for _ in range(3):
        back.answer(Asked("timeline", 1, run=4))
    assert source.opened == [4]
    for number in range(1, KEPT + 2):
        back.answer(Asked("past", 1, run=number))
    assert back.known(1) is None
    with pytest.raises(StoreError):
        back.answer(Asked("past", 1, run=99))


def test_the_past_cannot_be_changed(back: LookingBack) -> None:
    """Neither by what a page sends nor by what a page might get past its reading."""
    with pytest.raises(RefusedError, match="not changed"):
        read_request({"op": "retry", "number": 1, "jobs": ["a"], "generations": [1], "run": 4}, {"a"})
    with pytest.raises(RefusedError, match="needs a run"):
        read_request({"op": "past", "number": 1}, ())
    with pytest.raises(NbflowError):
        back.answer(Asked("retry", 1, ("a",), run=4))


def test_the_runs_are_told(back: LookingBack) -> None:
    """As the source has them."""
    assert back.answer(Asked("runs", 1)) == {"kind": "runs", "runs": [{"run": 1, "verdict": "failed"}]}
