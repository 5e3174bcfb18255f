"""The loop dies at any commit, before or after it, again and again: the log and the world stay one story."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, Event
from nbflow.core.spec import JobNeed, JobSpec, Produced, Retry, ValueRef
from nbflow.core.state import replay
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.live import LiveRun
from nbflow.engine.loop import Loop
from nbflow.engine.store import Row, Store
from tests.unit.engine.bench import Bench

SEEDS = range(60)


class Crash(BaseException):
    """The engine is gone, in the midst of a turn."""


class World:
    """What really happens, whatever any engine believes: which attempts run, and which left their record."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.running: dict[str, AttemptOrder] = {}
        self.records: dict[str, AttemptReport] = {}
        self.begun: list[AttemptOrder] = []
        self.told: list[tuple[int, list[Event]]] = []

    def submit(self, order: AttemptOrder) -> None:
        assert order.job not in {other.job for other in self.running.values()}, "two attempts of a job overlap"
        self.running[order.key] = order
        self.begun.append(order)

    def finish(self, key: str) -> AttemptReport:
        """The attempt's record is in place, whether or not an engine hears of it."""
        self.records[key] = self.end_of(self.running.pop(key))
        return self.records[key]

    def end_of(self, order: AttemptOrder) -> AttemptReport:
        if self.chance.random() < 0.3:
            return AttemptReport(key=order.key, end="failed", reason=Reason("exception", "ValueError"))
        return AttemptReport(key=order.key, end="succeeded", outputs={"x": ValueRef(inline=order.key.encode())})

    def engine_died(self) -> None:
        """Its attempts end with it; some were just done."""
        for key in list(self.running):
            if self.chance.random() < 0.3:
                self.finish(key)
        self.running.clear()


class Mortal(Bench):
    """An engine that may die at each commit, before or after it."""

    def __init__(self, path: Path, world: World, deadly: float) -> None:
        super().__init__(path, slots=3)
        self.world = world
        self.loop.tell = lambda _, first, events: world.told.append((first, list(events)))
        self.executor.submit = world.submit  # type: ignore[method-assign]
        append = self.store.append

        def risky(rows: list[Row], settled: object = ()) -> None:
            if world.chance.random() < deadly:
                raise Crash
            append(rows, settled)  # type: ignore[arg-type]
            if world.chance.random() < deadly:
                raise Crash

        self.store.append = risky  # type: ignore[method-assign]

    def take_over(self) -> None:
        take_over(self, lambda key: AttemptReport(key=key, end="lost"))

    def step(self) -> bool:
        """Something happens; False if nothing can any more."""
        running = self.world.running
        if running and self.world.chance.random() < 0.8:
            self.loop.ended(self.world.finish(self.world.chance.choice(list(running))))
        wake_at = self.loop.turn()
        if not running and wake_at is None:
            return False
        if not running and wake_at is not None:
            self.clock.advance_to(wake_at)
        return True


def take_over(engine: Mortal, unseen: Callable[[str], AttemptReport]) -> None:
    """What a new engine does first; *unseen* says what becomes of attempts without a record."""
    for row in engine.store.unsettled():
        engine.loop.resume(row)
    for key in engine.executor.recovered:
        engine.loop.ended(engine.world.records.get(key) or unseen(key))
    engine.loop.turn()


def graph(chance: random.Random) -> list[JobSpec]:
    specs = []
    for n in range(12):
        makers = chance.sample(range(n), k=min(n, chance.randint(0, 2)))
        specs.append(
            JobSpec(
                name=f"j{n}",
                inputs={f"x{m}": Produced(job=f"j{m}", output="x") for m in makers},
                needs=tuple(JobNeed(f"j{m}") for m in makers),
                retry=Retry(attempts=50, delay=1.0),
                outputs=("x",),
            )
        )
    return specs


def live_through(path: Path, seed: int, deadly: float) -> tuple[World, list[Event]]:
    """A run under one engine after the other; the world, and what the log says in the end."""
    chance = random.Random(seed)
    world = World(chance)
    first = Bench(path)
    run = first.open()
    first.loop.declare(run, graph(chance), {})
    first.store.append(first.loop._turn.rows)
    first.store.close()
    now, over = 1000.0, False
    while not over:
        engine = Mortal(path, world, deadly)
        engine.clock.advance_to(now)
        try:
            engine.take_over()
            while engine.step():
                pass
            over = True
        except Crash:
            world.engine_died()
        now = engine.clock()
        engine.store.close()
    return world, Store(path).events(run)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_success_is_never_lost_or_run_again(tmp_path: Path, seed: int) -> None:
    """Every told event is in the log, nothing starts after a success, and what nobody saw is lost, not invented."""
    assert_one_story(*live_through(tmp_path / ".nbflow", seed, 0.08))


def assert_one_story(world: World, events: list[Event]) -> None:
    for first, told in world.told:
        assert events[first - 1 : first - 1 + len(told)] == told
    successes = [event for event in events if isinstance(event, AttemptEnded) and event.end == "succeeded"]
    assert max(Counter(event.job for event in successes).values()) == 1
    keys = {(e.job, e.attempt): e.key for e in events if isinstance(e, AttemptStarted)}
    for event in successes:
        assert world.records[keys[event.job, event.attempt]].end == "succeeded"
        assert not [order for order in world.begun if order.job == event.job and order.attempt > event.attempt]
    assert {order.key for order in world.begun} <= set(keys.values()), "nothing ran that the log does not know"
    run = replay(events)
    assert all(job.status.ended for job in run.jobs.values())
    ends = {job.status.value for job in run.jobs.values()}
    assert ends <= {"succeeded", "failed", "skipped"}
    assert all(job.reason.kind in ("lost", "upstream failed") for job in run.jobs.values() if job.reason)


def test_submitting_before_the_commit_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above bites: an engine that starts first and writes later runs what the log does not know."""

    def hasty(self: Loop, live: object, order: object) -> bool:
        changed = start(self, live, order)
        for act in self._turn.acts:
            act()
        self._turn.acts.clear()
        return changed

    start = Loop._start
    monkeypatch.setattr(Loop, "_start", hasty)
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            assert_one_story(*live_through(tmp_path / str(seed), seed, 0.08))


def test_telling_before_the_commit_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that shows an event before it is written shows what a crash can undo."""

    def talkative(self: Loop, live: LiveRun, event: Event) -> bool:
        changed = apply(self, live, event)
        if changed:
            self.tell(live.row.id, live.run.seq, [event])
        return changed

    apply = Loop._apply
    monkeypatch.setattr(Loop, "_apply", talkative)
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            assert_one_story(*live_through(tmp_path / str(seed), seed, 0.08))


def test_taking_an_unseen_end_for_a_success_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that nobody saw is lost; an engine that invents a success is found out by the records."""
    monkeypatch.setattr(World, "engine_died", lambda self: self.running.clear())
    monkeypatch.setattr(
        Mortal, "take_over", lambda self: take_over(self, lambda key: AttemptReport(key=key, end="succeeded"))
    )
    with pytest.raises((AssertionError, KeyError)):
        for seed in SEEDS:
            assert_one_story(*live_through(tmp_path / str(seed), seed, 0.08))
