"""The one card of a fan-out."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, Event, JobDeclared, RetryRequested
from nbflow.core.spec import Element, JobSpec, ValueRef
from nbflow.core.state import empty, evolve
from nbflow.core.status import Reason, Status
from nbflow.notebook.fan_card import CELLS, TOLD, FanCard
from nbflow.notebook.fan_slot import FanSlot

KEY = ValueRef(inline=b"1")


class Replica:
    """A run that grows by the events it is told."""

    def __init__(self) -> None:
        self.lock, self.run = threading.RLock(), empty()

    def tell(self, *events: Event) -> None:
        for event in events:
            evolve(self.run, event)

    def declare(self, *names: str, at: float = 1.0) -> None:
        for place, name in enumerate(names):
            element = Element("fit", {"a": str(place + 1)}, KEY, place)
            self.tell(JobDeclared(at=at, spec=JobSpec(name=name, group="fit", element=element)))

    def start(self, name: str, at: float) -> None:
        job = self.run.jobs[name]
        number = len(job.attempts) + 1
        key = f"{number:x}{name}"
        self.tell(AttemptStarted(at=at, job=name, generation=job.generation, attempt=number, key=key))

    def end(self, name: str, at: float, end: Any = "succeeded", reason: Reason | None = None) -> None:
        attempt = self.run.jobs[name].attempts[-1]
        told = {"job": name, "generation": attempt.generation, "attempt": attempt.number}
        self.tell(AttemptEnded(at=at, end=end, reason=reason, **told))


class Logs:
    """A client whose attempts print their key."""

    def log(self, key: str, _stream: str, last: int) -> str:
        return f"first\nfrom {key}\n"[-last:]


@pytest.fixture
def replica() -> Replica:
    found = Replica()
    found.declare("fit[a=1]", "fit[a=2]")
    return found


def slot_of(replica: Replica) -> FanSlot:
    jobs = replica.run.jobs
    first = {name: job.generation for name, job in jobs.items() if job.spec.element}
    return FanSlot("fit", replica, "d", contextvars.Context(), first)  # type: ignore[arg-type]


def card(slot: FanSlot, now: float = 9.0) -> FanCard:
    return slot.card(Logs(), now, "")  # type: ignore[arg-type]


def test_it_says_how_many_stand_where_and_shows_the_newest_lines(replica: Replica) -> None:
    """One line for all, one for each of some that run."""
    slot = slot_of(replica)
    replica.start("fit[a=1]", 5.0)
    shown = card(slot)
    assert shown.head == "◐ fit[a]  0 of 2 · 1 running · 0:04"
    assert shown.text().splitlines()[1:] == ["    ◐◔", "    fit[a=1]: from 1fit[a=1]"]


def test_it_tells_what_failed_and_that_the_group_is_broken(replica: Replica) -> None:
    """And how long all took."""
    slot = slot_of(replica)
    for name, end, reason in (("fit[a=1]", "succeeded", None), ("fit[a=2]", "failed", Reason("timeout"))):
        replica.start(name, 5.0)
        replica.end(name, 7.0, end, reason)
    shown = card(slot)
    assert shown.status is Status.FAILED
    assert "1 of 2 · 1 failed · 2.0 s · broken: all 2 needed: 1 succeeded, 1 did not" in shown.head
    assert shown.told == ["✕ fit[a=2] timeout"]


def test_what_has_ended_tells_how_long_the_others_take(replica: Replica) -> None:
    """As many as run now run side by side from now on; a failed one says which attempt that was."""
    replica.declare("fit[a=3]", "fit[a=4]", "fit[a=5]")
    replica.start("fit[a=1]", 1.0)
    replica.end("fit[a=1]", 21.0)
    replica.start("fit[a=2]", 1.0)
    replica.end("fit[a=2]", 3.0, "failed", Reason("exception", "LinAlgError: singular"))
    replica.start("fit[a=3]", 21.0)
    replica.start("fit[a=4]", 21.0)
    shown = card(slot_of(replica), now=26.0)
    assert shown.head.startswith("◐ fit[a]  1 of 5 · 2 running · 1 failed · 0:25 · about 25 s left · broken: ")
    assert shown.told[0] == "✕ fit[a=2] LinAlgError: singular"


def test_it_follows_a_retry_of_one_element(replica: Replica) -> None:
    """Whose declaration is still the same."""
    slot = slot_of(replica)
    for name in ("fit[a=1]", "fit[a=2]"):
        replica.start(name, 5.0)
        replica.end(name, 7.0)
    slot.published(card(slot), 0.0)
    assert slot.ended and not slot.over and not slot.due(8.0)
    replica.tell(RetryRequested(at=8.0, job="fit[a=2]", generation=1))
    assert slot.due(8.0) and card(slot).status is Status.READY


def test_once_declared_again_it_tells_what_became_of_the_first(replica: Replica) -> None:
    """The new declaration's attempts are the new card's."""
    slot = slot_of(replica)
    replica.start("fit[a=1]", 5.0)
    replica.end("fit[a=1]", 7.0)
    replica.start("fit[a=2]", 7.0)
    replica.tell(JobDeclared(at=8.0, spec=JobSpec(name="fit[a=2]", withdrawn=True)))
    replica.declare("fit[a=1]", at=8.0)
    slot.supersede()
    assert card(slot).counts == {Status.SUCCEEDED: 1, Status.RUNNING: 1}
    replica.end("fit[a=2]", 8.5, "cancelled", Reason("replaced"))
    slot.published(card(slot), 0.0)
    assert card(slot).counts == {Status.SUCCEEDED: 1, Status.CANCELLED: 1} and slot.over
    assert card(slot_of(replica)).counts == {Status.READY: 1}


def test_many_elements_are_a_bar_and_what_they_say_is_cut() -> None:
    """Ten thousand cells would be a page of their own."""
    names = [f"fit[a=<{n}>]" for n in range(CELLS + 1)]
    many = FanCard("fit", dict.fromkeys(names, Status.FAILED), 0.0, reasons=dict.fromkeys(names, "<b>bad\n" * 99))
    html = many.html()
    assert html.count("<span title") == 1 and "<b>bad" not in html
    assert len(many.told) == TOLD + 1 and max(map(len, many.told)) <= 160
    assert FanCard("fit", dict.fromkeys(names[1:], Status.HELD), 0.0).html().count("<span title") == CELLS
