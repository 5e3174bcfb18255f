"""The publisher of cards: what it sends, and when."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from nbflow.core.event import (
    AttemptEnded,
    AttemptStarted,
    Event,
    JobDeclared,
    RetryRequested,
    RunOpened,
    StepEnded,
    StepStarted,
)
from nbflow.core.spec import Call, JobSpec
from nbflow.core.state import empty, evolve
from nbflow.core.status import Reason, Status
from nbflow.engine.shown import Text
from nbflow.notebook.cards import Cards
from nbflow.notebook.slot import resting


class Replica:
    """A run that grows by the events it is told."""

    def __init__(self) -> None:
        self.lock, self.run = threading.RLock(), empty()
        self.tell(RunOpened(at=0, flow="f", number=1))

    def tell(self, *events: Event) -> None:
        for event in events:
            evolve(self.run, event)

    def declare(self, name: str) -> None:
        self.tell(JobDeclared(at=1, spec=JobSpec(name=name)))

    def start(self, name: str, attempt: int, generation: int = 1) -> None:
        self.tell(AttemptStarted(at=2, job=name, generation=generation, attempt=attempt, key=f"{attempt:x}"))

    def end(self, name: str, attempt: int, end: Any, generation: int = 1, reason: Reason | None = None) -> None:
        told = {"job": name, "generation": generation, "attempt": attempt}
        self.tell(AttemptEnded(at=3, end=end, reason=reason, **told))


class Logs:
    """A client whose attempts print their key; counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0

    def log(self, key: str, stream: str, last: int) -> str:
        self.reads += 1
        return f"from {key}\n" if stream == "out" else ""

    def shown(self, key: str, last: int) -> list[Any]:
        return [Text("out", self.log(key, "out", last))] if last else []


@pytest.fixture
def shown() -> list[tuple[str, str]]:
    """What was published: display id and text."""
    return []


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def cards(shown: list[tuple[str, str]], logs: Logs) -> Cards:
    """Cards that only this thread brings up to date."""
    cards = Cards(lambda: logs, lambda bundle, place, update: shown.append((place, bundle["text/plain"])))  # type: ignore[arg-type,return-value]
    cards._thread = threading.current_thread()
    return cards


def test_only_what_changed_is_sent(cards: Cards, shown: list[tuple[str, str]], logs: Logs) -> None:
    """Of 300 cards, one whose job has moved costs one message, one more the newest card, which says how the run stands;
    the others not even a look at their logs."""
    replica = Replica()
    for number in range(300):
        replica.declare(f"j{number}")
        cards.show(replica, f"j{number}")  # type: ignore[arg-type]
    cards.flush()
    shown.clear()
    cards.flush()
    assert shown == []
    replica.start("j7", 1)
    replica.end("j7", 1, "succeeded")
    cards.flush()
    assert [text.splitlines()[0] for _, text in shown] == [
        "✓ j7  succeeded · 1.0 s",
        "◔ j299  ready · waits for a free slot",
    ]
    assert logs.reads == 1
    cards.flush()
    assert len(shown) == 2


def test_the_newest_card_alone_says_how_the_run_stands() -> None:
    """At its right, once there are two jobs; the next card takes it over, and what it says is brought up to date."""
    shown: dict[str, str] = {}
    cards = Cards(lambda: Logs(), lambda bundle, place, update: shown.update({place: bundle["text/html"]}))  # type: ignore[arg-type,return-value]
    cards._thread = threading.current_thread()
    replica = Replica()
    for name in "ab":
        replica.declare(name)
        cards.show(replica, name)  # type: ignore[arg-type]
        cards.flush()
    first, second = shown.values()
    assert "2 waiting</span>" in second and "2 waiting" not in first
    replica.start("a", 1)
    replica.end("a", 1, "failed", reason=Reason("exit code", "3"))
    cards.flush()
    assert [f"1 {Status.FAILED.glyph} · 1 waiting</span>" in html for html in shown.values()] == [False, True]


def test_many_clocks_go_on_in_turn(cards: Cards, shown: list[tuple[str, str]]) -> None:
    """Forty running jobs do not make forty messages a second: each card rests for five."""
    replica = Replica()
    for number in range(40):
        replica.declare(f"j{number}")
        cards.show(replica, f"j{number}")  # type: ignore[arg-type]
        replica.start(f"j{number}", 1)
    cards.flush()
    cards.flush()
    rests = [slot._rest - time.monotonic() for slot in cards._slots]
    assert 3.0 < min(rests) <= max(rests) <= 4.0
    assert resting(cards._slots[:3]) == 1.0


def test_a_replaced_declaration_tells_its_own_end(cards: Cards, shown: list[tuple[str, str]]) -> None:
    """The older card ends with its own attempt's end and output, even if the newer declaration ended before it did."""
    replica = Replica()
    replica.declare("a")
    cards.show(replica, "a")  # type: ignore[arg-type]
    older = shown[0][0]
    replica.start("a", 1)
    replica.declare("a")
    cards.show(replica, "a")  # type: ignore[arg-type]
    cards.flush()
    assert "is being stopped" in dict(shown)[older]
    replica.end("a", 1, "cancelled", reason=Reason("replaced"))
    replica.start("a", 2, generation=2)
    replica.end("a", 2, "succeeded", generation=2)
    cards.flush()
    assert dict(shown)[older].splitlines() == ["⊘ a  cancelled · 1.0 s · declared again", "    from 1"]
    assert len(cards._slots) == 1


def test_a_replaced_declaration_that_had_succeeded_stays_so(cards: Cards, shown: list[tuple[str, str]]) -> None:
    """A second Run All does not turn the first one's cards into failures."""
    replica = Replica()
    replica.declare("a")
    cards.show(replica, "a")  # type: ignore[arg-type]
    older = shown[0][0]
    replica.start("a", 1)
    replica.end("a", 1, "succeeded")
    replica.declare("a")
    cards.show(replica, "a")  # type: ignore[arg-type]
    cards.flush()
    assert dict(shown)[older].splitlines() == ["✓ a  succeeded · 1.0 s", "    from 1"]


def test_a_retry_belongs_to_the_card(cards: Cards, shown: list[tuple[str, str]]) -> None:
    """The card of a job that a person runs again shows the new attempt."""
    replica = Replica()
    replica.declare("a")
    cards.show(replica, "a")  # type: ignore[arg-type]
    replica.start("a", 1)
    replica.end("a", 1, "failed", reason=Reason("exit code", "3"))
    cards.flush()
    assert "failed · 1.0 s · exit 3" in shown[-1][1]
    replica.tell(RetryRequested(at=4, job="a", generation=1))
    replica.start("a", 2, generation=2)
    replica.end("a", 2, "succeeded", generation=2)
    cards.flush()
    assert shown[-1][1].splitlines()[1] == "    from 2"
    assert "succeeded" in shown[-1][1]


def test_a_fallback_is_followed(cards: Cards, shown: list[tuple[str, str]]) -> None:
    """While it runs the card shows what it prints; then the attempt's output again, and how the job was recovered."""
    replica = Replica()
    replica.tell(JobDeclared(at=1, spec=JobSpec(name="a", fallback=Call(label="use_cache", expression="1"))))
    cards.show(replica, "a")  # type: ignore[arg-type]
    replica.start("a", 1)
    replica.end("a", 1, "failed", reason=Reason("exception", "ValueError: bad", 1))
    told: dict[str, Any] = {"job": "a", "generation": 1, "attempt": 1, "step": "fallback", "key": "f0"}
    replica.tell(StepStarted(at=4, **told))
    cards.flush()
    assert shown[-1][1].splitlines()[0] == "↴ a  falling back · after ValueError: bad"
    assert shown[-1][1].splitlines()[2] == "    from f0"
    replica.tell(StepEnded(at=6, end="succeeded", **told))
    cards.flush()
    assert shown[-1][1].splitlines() == [
        "☑ a  recovered · 4.0 s · by its fallback use_cache, after ValueError: bad",
        "    fallback use_cache: ok, 2.0 s",
        "    from 1",
    ]
    older = shown[0][0]
    replica.declare("a")
    cards.show(replica, "a")  # type: ignore[arg-type]
    cards.flush()
    assert dict(shown)[older].splitlines()[:2] == [
        "☑ a  recovered · 4.0 s · by its fallback, after ValueError: bad",
        "    fallback: ok, 2.0 s",
    ]
