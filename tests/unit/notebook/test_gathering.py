"""Results as they come, and how they are shown."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, JobDeclared
from nbflow.core.run import Run
from nbflow.core.spec import Element, GroupNeed, JobSpec, ValueRef
from nbflow.core.state import empty, evolve
from nbflow.core.status import Reason
from nbflow.errors import GroupError
from nbflow.notebook.gathering import Fans, Result, broken, decided, few
from nbflow.notebook.results import SHOWN, Results


def ref(value: Any) -> ValueRef:
    return ValueRef(inline=repr(value).encode())


class Session:
    """A session whose stored values are their text."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.namespace: dict[str, Any] = {}
        self.replica = SimpleNamespace(lock=threading.RLock(), run=empty())
        load = lambda ref, _: eval(ref.inline)  # noqa: E731
        values = SimpleNamespace(load=load, load_all=lambda refs, _: [eval(each.inline) for each in refs])
        self.client = SimpleNamespace(values=values)

    def members(self, name: str) -> list[str]:
        return list(self.replica.run.groups[name].members)

    def declare(self, *keys: Any) -> None:
        for place, key in enumerate(keys):
            element = Element("fit", {}, ref(key), place)
            spec = JobSpec(name=f"fit[a={key}]", group="g", element=element, outputs=("y",))
            evolve(self.replica.run, JobDeclared(at=0.0, spec=spec))

    def end(self, key: Any, at: float, end: Any = "succeeded", **outputs: Any) -> None:
        told = {"job": f"fit[a={key}]", "generation": 1, "attempt": 1}
        evolve(self.replica.run, AttemptStarted(at=at, key="k", **told))
        refs = {name: ref(value) for name, value in outputs.items()}
        reason = Reason("timeout") if end == "failed" else None
        evolve(self.replica.run, AttemptEnded(at=at, end=end, outputs=refs, reason=reason, **told))


@pytest.fixture
def session() -> Session:
    found = Session()
    found.declare(1, 2, 3)
    return found


def test_a_dict_is_in_the_order_of_the_elements_and_lacks_those_without_a_value(session: Session) -> None:
    """Whatever the order of ends."""
    session.end(3, 1.0, y="c")
    session.end(1, 2.0, y="a")
    session.end(2, 3.0, z="no y")
    fans = Fans(session)  # type: ignore[arg-type]
    fan = fans.of("fit")
    before = fans.made_by(fan, "y")
    assert list(fans.gathered(fan, "y").items()) == [(1, "a"), (3, "c")]
    assert fans.made_by(fan, "y") == before and decided("g")(session.replica.run)


def test_results_come_in_the_order_of_ends_and_a_broken_group_is_told_last(session: Session) -> None:
    """Those that were there before in that of theirs; failed ones are passed over."""
    session.end(3, 1.0, y="c")
    session.end(1, 0.5, y="a")
    waits = []

    def wait(done: Any) -> bool:
        waits.append(done(session.replica.run))
        session.end(2, 4.0, "failed")
        return bool(done(session.replica.run))

    coming = Fans(session).results("fit", wait)  # type: ignore[arg-type]
    assert [next(coming), next(coming)] == [Result(1, {"y": "a"}), Result(3, {"y": "c"})]
    with pytest.raises(GroupError) as caught:
        next(coming)
    assert waits == [False] and caught.value.failed == {"fit[a=2]": "timeout"}
    assert caught.value.succeeded == ["fit[a=1]", "fit[a=3]"]


def test_when_time_is_up_it_says_what_has_not_ended(session: Session) -> None:
    """Some of them."""
    with pytest.raises(TimeoutError, match=r"not ended: fit\[a=1\], fit\[a=2\], fit\[a=3\]"):
        next(Fans(session).results("fit", lambda _: False))  # type: ignore[arg-type]
    assert few(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_a_group_that_is_not_broken_is_no_error() -> None:
    """Nor is one that nobody has heard of."""
    run = Run()
    evolve(run, JobDeclared(at=0.0, spec=JobSpec(name="x", needs=(GroupNeed("g", ()),))))
    assert broken(run, "g") is None and broken(run, "none") is None and decided("none")(run)


def test_the_newest_results_are_shown_and_whatever_is_in_them_is_text() -> None:
    """One line each, cut."""
    results = Results("fit", 30)
    for n in range(25):
        results.add(Result(n, {"y": f"<b>{n}\n" * 99}))
    assert results.text().splitlines()[:2] == ["fit: 25 of 30", "    … 5 before"]
    assert len(results.lines) == SHOWN + 1 and max(map(len, results.lines)) < 120
    assert "<b>2" not in results.bundle()["text/html"]
    results.over = True
    assert results.head == "fit: 25 of 30, 5 without a result"
