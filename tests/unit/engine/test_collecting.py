"""Values go when nothing can read them any more, and never before."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
from pathlib import Path

import pytest

from nbflow.core.event import SkipRequested
from nbflow.core.inputs import resolve
from nbflow.core.references import references
from nbflow.core.spec import Captured, JobNeed, JobSpec, Produced, ValueRef
from nbflow.core.state import replay
from nbflow.engine import collecting
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.collecting import Collected, Collector, check_there
from nbflow.engine.values import Values
from nbflow.errors import StoreError
from tests.unit.engine.bench import Bench

BIG = "x" * 100_000


class Shop(Bench):
    """A loop with a collector, whose values were all written a while ago."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.values = Values(self.store.path)
        self.collector = Collector(self.loop)

    def stored(self, prefix: str = "") -> ValueRef:
        ref = Values(self.store.path, prefix).dump(BIG)
        self.age(ref)
        return ref

    def age(self, ref: ValueRef) -> None:
        os.utime(self.values.path(ref), (0, 0))

    def finish(self, job: str) -> ValueRef:
        """The newest attempt of *job* succeeds and leaves ``x``."""
        ref = self.stored(next(order.key for order in reversed(self.executor.orders) if order.job == job))
        self.end(job, outputs={"x": ref})
        return ref

    def collect(self, grace: float = 0.0) -> Collected:
        return asyncio.run(self.collector.collect(grace))

    def there(self, *refs: ValueRef) -> list[bool]:
        return [self.values.path(ref).exists() for ref in refs]


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path / ".nbflow")


def reader(ref: ValueRef, name: str = "a") -> JobSpec:
    return JobSpec(name=name, inputs={"y": Captured(ref)}, outputs=("x",))


def test_what_nobody_refers_to_goes(shop):
    """And it is said how much that was, and what is left."""
    run, lost = shop.open(), shop.stored()
    kept = shop.stored()
    shop.declare(run, reader(kept))
    assert shop.collect() == Collected(1, lost.size, 1, kept.size)
    assert shop.there(lost, kept) == [False, True]
    assert [path.name for path in shop.values.folder.iterdir()] == [kept.file]


def test_outputs_and_inputs_of_the_present_generation_stay(shop):
    """Retries, dependents and notebooks may yet read them, however long ago the job ended."""
    run, given = shop.open(), shop.stored()
    shop.declare(run, reader(given), JobSpec(name="b", inputs={"x": Produced("a", "x")}, needs=(JobNeed("a"),)))
    made = shop.finish("a")
    shop.end("b", end="failed")
    shop.collect()
    assert shop.there(given, made) == [True, True]


def test_an_older_generation_goes_once_the_newer_one_has_succeeded(shop):
    """Before that its outputs may stand for those of the newer one: skip --last."""
    run, given, newer = shop.open(), shop.stored(), shop.stored()
    shop.declare(run, reader(given))
    made = shop.finish("a")
    shop.declare(run, reader(newer))
    shop.collect()
    assert shop.there(given, newer, made) == [False, True, True]
    again = shop.finish("a")
    shop.collect()
    assert shop.there(made, again) == [False, True]


def test_what_stands_for_an_output_stays(shop):
    """Skipped with a value: it is read as an output is."""
    run, value = shop.open(), shop.stored()
    shop.declare(run, JobSpec(name="a", outputs=("x",)))
    shop.loop.ask(run, [SkipRequested(at=0, job="a", generation=1, outputs={"x": value})])
    shop.loop.turn()
    shop.collect()
    assert shop.there(value) == [True]


def test_the_last_run_of_each_flow_stays(shop):
    """Resumed, it can be read; the runs before it cannot, but for those that are open."""
    refs = []
    for flow in ("one", "one", "two"):
        run = shop.open(flow)
        shop.declare(run, JobSpec(name="a", outputs=("x",)))
        refs.append(shop.finish("a"))
    shop.collect()
    assert shop.there(*refs) == [True, True, True]
    for run in list(shop.loop.runs):
        shop.loop.forget(run)
    shop.collect()
    assert shop.there(*refs) == [False, True, True]


def test_what_an_attempt_was_given_stays_while_it_runs(shop):
    """Its job may have been declared anew meanwhile."""
    run, given = shop.open(), shop.stored()
    shop.declare(run, reader(given))
    shop.declare(run, JobSpec(name="a"))
    shop.collect()
    assert shop.there(given) == [True]
    shop.end("a", end="cancelled")
    shop.collect()
    assert shop.there(given) == [False]


def test_what_an_attempt_has_written_stays_while_it_runs(shop):
    """The log hears of it only at the end."""
    run = shop.open()
    shop.declare(run, JobSpec(name="a", outputs=("x",)))
    written = shop.stored(shop.executor.orders[0].key)
    shop.collect()
    assert shop.there(written) == [True]
    shop.end("a", end="failed")
    shop.collect()
    assert shop.there(written) == [False]


def test_nothing_goes_while_an_attempt_of_a_dead_engine_may_run(shop, tmp_path):
    """What that was given nobody knows; once its end is known, things are as ever."""
    run, useless = shop.open(), shop.stored()
    shop.declare(run, JobSpec(name="a"))
    later = Shop(tmp_path / ".nbflow")
    later.loop.resume(later.store.runs()[0])
    later.collect()
    assert later.there(useless) == [True]
    later.executor.orders += shop.executor.orders
    later.end("a", end="lost")
    later.collect()
    assert later.there(useless) == [False]


def test_fresh_and_kept_values_stay_a_while(shop):
    """A notebook has just stored them, or is about to declare a job that reads them."""
    fresh, kept = shop.values.dump(BIG), shop.stored()
    assert shop.values.keep(kept)
    shop.collect()
    assert shop.there(fresh, kept) == [True, True]
    shop.age(fresh)
    shop.age(kept)
    shop.collect()
    assert shop.values.keep(kept) is False


def test_nothing_goes_while_a_notebook_holds_the_values(shop):
    """It is capturing, and what it has stored nobody refers to yet."""
    captured = shop.stored()
    with shop.values.held():
        shop.collect()
    assert shop.there(captured) == [True]
    shop.collect()
    assert shop.there(captured) == [False]


def test_unasked_a_value_has_to_be_useless_for_a_while(shop, monkeypatch):
    """A reader may have been told of it a moment ago."""
    now = [0.0]
    monkeypatch.setattr(collecting.time, "monotonic", lambda: now[0])
    ref = shop.stored()
    assert shop.collect(grace=30).swept == 0
    now[0] = 29
    assert shop.collect(grace=30).swept == 0
    now[0] = 30
    assert shop.collect(grace=30).swept == 1
    assert shop.there(ref) == [False]


def test_what_the_cache_may_hand_out_stays(shop):
    """Whoever knows of values that no run refers to says so."""
    ref = shop.stored()
    shop.loop.spared = lambda: [ref.file]
    shop.collect()
    assert shop.there(ref) == [True]


def test_nothing_goes_before_the_log_says_why(shop, monkeypatch):
    """The disk is full: what happened is known in memory alone, and a crash would undo it."""
    run, given = shop.open(), shop.stored()
    shop.declare(run, reader(given))
    shop.end("a")
    shop.loop.declare(run, [JobSpec(name="a")], {})  # not committed yet
    shop.collect()
    assert shop.there(given) == [True]
    shop.loop.turn()
    monkeypatch.setattr(shop.store, "sync", lambda: (_ for _ in ()).throw(StoreError("full")))
    with pytest.raises(StoreError):
        shop.collect()
    assert shop.there(given) == [True]


def test_a_run_that_was_closed_while_looking_is_not_overlooked(shop, monkeypatch):
    """Between the look at old runs and the sweep anything may have happened: then nothing goes this time."""
    run = shop.open()
    shop.declare(run, JobSpec(name="a", outputs=("x",)))
    made = shop.finish("a")
    shop.loop.turn()
    sync = shop.store.sync
    monkeypatch.setattr(shop.store, "sync", lambda: (sync(), shop.loop.forget(run)))
    assert shop.collect().swept == 0
    assert shop.there(made) == [True]
    assert run not in shop.loop.runs


def test_nothing_goes_where_a_run_cannot_be_read(shop, monkeypatch):
    """What a damaged run refers to nobody knows."""
    useless, run = shop.stored(), shop.open()
    shop.declare(run, JobSpec(name="a"))
    shop.end("a")
    shop.loop.turn()
    shop.loop.forget(run)
    monkeypatch.setattr(shop.store, "events_apart", lambda _: (_ for _ in ()).throw(StoreError("damaged")))
    with pytest.raises(StoreError):
        shop.collect()
    assert shop.there(useless) == [True]


def test_leftovers_of_dead_writers_go_and_those_of_living_ones_stay(shop):
    """Whoever writes a value has its file locked."""
    dead, living, aside = (shop.values.folder / ("0" * 31 + rest) for rest in ("1.part", "2.part", "3.gone"))
    for path in (dead, living, aside):
        path.write_bytes(b"...")
        os.utime(path, (0, 0))
    with living.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        shop.collect()
    assert [path.exists() for path in (dead, living, aside)] == [False, True, False]


def test_files_that_are_not_ours_are_left_alone(shop):
    """A person's notes, links and folders in the store."""
    notes, link = shop.values.folder / "notes.txt", shop.values.folder / ("0" * 32)
    notes.write_text("mine")
    link.symlink_to(notes)
    (shop.values.folder / ("1" * 32)).mkdir()
    os.utime(notes, (0, 0))
    shop.collect()
    assert len(list(shop.values.folder.iterdir())) == 3


def test_a_declaration_with_a_value_that_is_gone_is_refused(shop):
    """Rather than fail later, far from its cause."""
    ref = shop.stored()
    check_there(shop.store.path, [reader(ref)])
    shop.collect()
    with pytest.raises(StoreError, match="run the cell again"):
        check_there(shop.store.path, [reader(ref)])


def test_there_is_nothing_to_do_where_nothing_has_happened(shop):
    """An engine at rest does not look at its values again and again."""
    assert not shop.collector.due()
    run = shop.open()
    shop.declare(run, JobSpec(name="a", outputs=("x",)))
    shop.finish("a")
    assert shop.collector.due()
    shop.collect()
    shop.collector._at = 0.0
    assert not shop.collector.due()
    (shop.store.path / "room.wanted").touch()
    assert shop.collector.due()
    shop.collect()
    assert not shop.collector.due()


class Storm:
    """Anything that may happen in a store, in any order, with collections in between."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.chance, self.shop = path, random.Random(seed), Shop(path)
        self.count = 0

    def run(self, steps: int) -> int:
        """Returns how many values were swept."""
        swept = 0
        acts = (
            self.open,
            self.declare,
            self.declare,
            self.end,
            self.end,
            self.end,
            self.skip,
            self.forget,
            self.restart,
        )
        for _ in range(steps):
            self.chance.choice(acts)()
            self.shop.loop.turn()
            if self.chance.random() < 0.4:
                swept += self.shop.collect().swept
                self.check()
        return swept

    def open(self) -> None:
        self.shop.open(self.chance.choice("AB"))

    def any_run(self) -> int:
        if not self.shop.loop.runs:
            self.open()
        return self.chance.choice(list(self.shop.loop.runs))

    def declare(self) -> None:
        run, name = self.any_run(), self.chance.choice("abcd")
        known = [job for job in self.shop.loop.runs[run].run.jobs if job < name]
        inputs = {job: Produced(job, "x") for job in known}
        inputs["y"] = Captured(self.shop.stored())
        needs = tuple(JobNeed(job, optional=self.chance.random() < 0.3) for job in known)
        self.shop.declare(run, JobSpec(name=name, inputs=inputs, outputs=("x",), needs=needs, on_missing="none"))

    def end(self) -> None:
        if self.shop.loop.underway:
            key = self.chance.choice(list(self.shop.loop.underway))
            order = next((each for each in self.shop.executor.orders if each.key == key), None)
            end = self.chance.choice(["succeeded", "succeeded", "failed", "lost", "cancelled"]) if order else "lost"
            outputs = {"x": self.shop.stored(key)} if end == "succeeded" else {}
            self.shop.loop.ended(AttemptReport(key=key, end=end, outputs=outputs))

    def skip(self) -> None:
        run = self.any_run()
        jobs = self.shop.loop.runs[run].run.jobs
        if jobs:
            name = self.chance.choice(list(jobs))
            last = self.chance.random() < 0.5
            outputs = {} if last else {"x": self.shop.stored()}
            wish = SkipRequested(at=0, job=name, generation=jobs[name].generation, outputs=outputs, last=last)
            self.shop.loop.ask(run, [wish])

    def forget(self) -> None:
        self.shop.loop.forget(self.any_run())

    def restart(self) -> None:
        """The engine is killed at this instant, and another one takes over."""
        if self.chance.random() < 0.3:
            self.shop.store.close()
            self.shop = Shop(self.path)
            for row in self.shop.store.unsettled():
                self.shop.loop.resume(row)
            for key in list(self.shop.loop.underway):
                self.shop.loop.ended(AttemptReport(key=key, end="lost"))

    def check(self) -> None:
        """Whatever any readable run may hand out or read is there, also as the log alone tells it."""
        rows = {row.flow: row.id for row in self.shop.store.runs()}
        runs = [live.run for live in self.shop.loop.runs.values()]
        runs += [replay(self.shop.store.events(run)) for run in {*rows.values(), *self.shop.loop.runs}]
        for run in runs:
            for name, job in run.jobs.items():
                needed = [resolve(run, name).given, job.outputs, job.last_good or {}, job.standin or {}]
                for ref in references(needed):
                    assert not ref.file or self.shop.values.path(ref).exists(), (run.flow, run.number, name)
        under = self.shop.loop.underway
        for order in self.shop.executor.orders:
            if order.key in under:
                assert all(self.shop.values.path(ref).exists() for ref in references(order.inputs) if ref.file)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_can_be_read_is_ever_swept(tmp_path, seed):
    """Random stories of runs, redeclarations, skips, ends and crashes, checked after every collection."""
    assert Storm(tmp_path / ".nbflow", seed).run(60) > 0
