"""The cache's files, what is looked at to know whether something is the same, and the looks of an engine."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from nbflow.core.event import RetryRequested
from nbflow.core.recipe import Recipe
from nbflow.core.spec import Captured, JobNeed, JobSpec, Produced, ValueRef
from nbflow.engine import cache as caches
from nbflow.engine.cache import Cache, Entry, key_of
from nbflow.engine.contents import MISSING, Contents
from nbflow.engine.foresight import foresee
from nbflow.engine.libraries import libraries
from nbflow.engine.lookups import Lookups
from nbflow.engine.values import Values
from tests.unit.engine.bench import Bench


def entry(n: int = 1, size: int = 1, **more) -> Entry:
    recipe = Recipe(code=str(n))
    ref = ValueRef(inline=b"\x80\x05K\x01.", size=size)
    told = {"flow": "f", "job": "a", "run": 1, "attempt": "a1", "made_at": float(n), "seconds": 1.0}
    return Entry(key=key_of(recipe), recipe=recipe, outputs={"x": ref}, **(told | more))


# --- entries
def test_what_was_put_is_there_for_the_next_engine(tmp_path):
    """Entries are files."""
    Cache(tmp_path).put(entry())
    assert Cache(tmp_path).get(entry().key) == entry()
    assert Cache(tmp_path).get(entry(2).key) is None


def test_without_its_values_it_is_no_entry(tmp_path):
    """One that was removed, or is shorter than it was."""
    values = Values(tmp_path)
    for damage in (Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])):
        ref = values.dump(b"x" * 100_000, "x")
        kept = replace(entry(), outputs={"x": ref})
        store = Cache(tmp_path)
        store.put(kept)
        assert store.get(kept.key) == kept and store.files() == {ref.file}
        damage(values.path(ref))
        assert store.get(kept.key) is None
        assert store.files() == set() and not (tmp_path / "cache" / kept.key).exists()


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x80"])
def test_what_cannot_be_read_goes(tmp_path, junk):
    """A damaged file, a half written one, one under another's key."""
    Cache(tmp_path).put(entry())
    path = tmp_path / "cache" / entry().key
    path.with_name("f" * 64).write_bytes(path.read_bytes())
    path.with_name("e" * 64 + ".part").write_bytes(junk)
    path.write_bytes(junk)
    assert Cache(tmp_path).get(entry().key) is None
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_least_used_go_first(tmp_path):
    """Where all values take too much room."""
    store = Cache(tmp_path, limit=25)
    for n in (1, 2):
        store.put(entry(n, size=10))
        os.utime(tmp_path / "cache" / entry(n).key, (n, n))
    store = Cache(tmp_path, limit=25, age=1e12)
    assert store.get(entry(1).key) is not None  # used now
    store.put(entry(3, size=10))
    assert [n for n in (1, 2, 3) if store.get(entry(n).key)] == [1, 3]


def test_what_was_not_used_for_long_goes(tmp_path):
    """By default after thirty days."""
    Cache(tmp_path).put(entry(1))
    past = time.time() - caches.AGE - 60
    os.utime(tmp_path / "cache" / entry(1).key, (past, past))
    store = Cache(tmp_path)
    store.put(entry(2))
    assert [n for n in (1, 2) if store.get(entry(n).key)] == [2]


def test_the_newest_of_a_job_is_what_it_is_compared_with(tmp_path):
    """Of the same job of the same flow."""
    store = Cache(tmp_path)
    for each in (entry(2), entry(1), entry(3, job="b"), entry(4, flow="g")):
        store.put(each)
    assert store.last("f", "a") == entry(2)
    assert store.last("f", "c") is None


# --- files and modules
def test_files_are_read_again_when_they_may_have_changed(tmp_path):
    """Even where size and time are the same, as long as the time is new."""
    contents, file = Contents(), tmp_path / "a.txt"
    file.write_text("1")
    first = contents.of([str(file)])
    about = file.stat()
    file.write_text("2")
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert contents.of([str(file)]) != first


def test_a_folder_and_a_pattern_stand_for_their_files(tmp_path):
    """A new file in it is a change; what is not there is said to be."""
    contents = Contents()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("1")
    for path in (f"{tmp_path}/in", f"{tmp_path}/in/*.csv", f"{tmp_path}/**/*.csv"):
        assert list(contents.of([path])) == [f"{tmp_path}/in/a.csv"]
    assert contents.of([f"{tmp_path}/*.txt"]) == {f"{tmp_path}/*.txt": MISSING}
    assert contents.of(["s3://bucket/key"]) == {"s3://bucket/key": "elsewhere"}


def test_own_modules_are_followed(tmp_path):
    """Packages, relative imports, what they import in turn; not what is only beside them."""
    files = {
        "one.py": "import two.deep\nfrom two import more",
        "two/__init__.py": "",
        "two/deep.py": "from .more import x\nfrom . import last",
        "two/more.py": "import json, numpy",
        "two/last.py": "x = (",
        "two/other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = libraries({"one"}, [str(tmp_path)])
    assert sorted(found.modules) == ["one", "two", "two.deep", "two.last", "two.more"]
    assert list(found.packages) == ["numpy"] and found.packages["numpy"]
    before = found.modules["two.deep"]
    (tmp_path / "two" / "deep.py").write_text("# a comment\nfrom .more import x\nfrom . import last")
    assert libraries({"one"}, [str(tmp_path)]).modules["two.deep"] == before


# --- looks
class Desk:
    """A bench whose loop has a cache, and a way to see looks through."""

    def __init__(self, path: Path) -> None:
        self.bench = Bench(path)
        self.values = Values(self.bench.store.path)
        self.work: list = []
        self.cache = Cache(self.bench.store.path)
        self.lookups = self.bench.loop.lookups = Lookups(
            self.cache,
            self.values,
            str(self.bench.store.path),
            now=self.bench.clock,
            background=self.work.append,
            found=self.bench.loop.found,
        )
        self.run = self.bench.open()

    def settle(self) -> None:
        """See through what was begun, as long as something follows from it."""
        self.bench.loop.turn()
        while self.work:
            asyncio.run(_through(self.work.pop(0)))
            self.bench.loop.turn()

    def declare(self, *jobs: JobSpec) -> None:
        self.bench.declare(self.run, *jobs)
        self.settle()

    def end(self, job: str, *outputs: str, **more) -> None:
        made = {name: self.values.dump(name, name) for name in outputs}
        self.bench.end(job, outputs=made, **more)
        self.settle()

    def status(self, job: str) -> str:
        return self.bench.statuses(self.run)[job]

    def missed(self, job: str) -> str:
        missed = self.bench.job(self.run, job).missed
        return missed.why if missed is not None else "not looked for"


async def _through(work) -> None:
    await work


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / ".nbflow")


A = JobSpec(name="a", source="x = 1", outputs=("x",), cache=True)


def test_the_same_again_is_reused(desk):
    """In another run of another engine, from the files alone."""
    desk.declare(A)
    desk.end("a", "x")
    desk.bench.store.close()
    later = Desk(desk.bench.store.path)
    later.declare(replace(A, source="x  =  1  # so"))
    assert (later.status("a"), later.bench.executor.orders) == ("reused", [])
    assert later.bench.job(later.run, "a").reused[-1].run == 1


@pytest.mark.parametrize(
    "spec",
    [
        replace(A, retry=replace(A.retry, attempts=3), timeout=5.0, memory=10**9, name="b"),
        replace(A, hold=False, grace=1.0, group="g", cell_id="c"),
    ],
)
def test_what_cannot_matter_does_not(desk, spec):
    """How often, how long, under which name."""
    desk.declare(A)
    desk.end("a", "x")
    desk.declare(spec)
    assert desk.status(spec.name) == "reused"


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "x = 2"},
        {"outputs": ("x", "y")},
        {"env": {"K": "v"}},
        {"cwd": "/"},
        {"condition": "1"},
        {"types": {"x": "int"}},
        {"bash": True},
        {"writes": ("/tmp/no",)},
        {"inputs": {"y": Captured(ValueRef(inline=b"\x80\x05K\x01.", digest="d"))}},
    ],
)
def test_what_matters_does(desk, changes):
    """Code, inputs and options that can change the outputs."""
    desk.declare(A)
    desk.end("a", "x")
    desk.declare(replace(A, **changes))
    assert (desk.status("a"), bool(desk.missed("a"))) == ("running", True)


@pytest.mark.parametrize("end", [{"end": "failed"}, {"changed": ("y",)}])
def test_what_is_not_kept(desk, end):
    """A failure, and a success that has changed what it was given."""
    desk.declare(A)
    desk.end("a", "x", **end)
    assert not list(desk.cache._paths())


def test_what_changed_while_it_ran_is_not_kept(desk, tmp_path):
    """Nobody knows what it has read then."""
    file = tmp_path / "in.txt"
    file.write_text("1")
    desk.declare(replace(A, reads=(str(file),)))
    file.write_text("22")
    desk.end("a", "x")
    assert not list(desk.cache._paths())


def test_a_look_that_was_about_something_else_is_repeated(desk):
    """The job was declared anew while it was looked for."""
    desk.declare(A)
    desk.end("a", "x")
    desk.bench.declare(desk.run, A)
    desk.bench.declare(desk.run, replace(A, source="x = 5"))
    desk.settle()
    assert (desk.status("a"), desk.missed("a")) == ("running", "line 2 changed")


def test_a_persons_retry_is_kept_anew(desk):
    """It runs, and what it makes is what is reused from then on."""
    desk.declare(A)
    desk.end("a", "x")
    desk.bench.loop.ask(desk.run, [RetryRequested(at=0.0, job="a", generation=1)])
    desk.settle()
    assert (desk.status("a"), desk.missed("a")) == ("running", "a person asked for it")
    desk.end("a", "x")
    desk.declare(A)
    assert desk.bench.job(desk.run, "a").reused[-1].attempt == desk.bench.job(desk.run, "a").attempts[-1].key


def test_an_odd_job_is_run_all_the_same(desk, caplog):
    """A value that it reads is gone: the attempt will say so."""
    desk.declare(replace(A, inputs={"y": Captured(ValueRef(file="f" * 32, size=9))}))
    assert desk.status("a") == "running" and "could not be asked" in desk.missed("a")


def test_without_a_cache_it_just_runs(tmp_path):
    """A loop on its own."""
    bench = Bench(tmp_path / ".nbflow")
    run = bench.open()
    bench.declare(run, A)
    assert bench.statuses(run) == {"a": "running"}


def test_foresight(desk):
    """What is reused, what runs and why, and what depends on another one, without a start."""
    b = JobSpec(
        name="b", source="y = x", outputs=("y",), inputs={"x": Produced("a", "x")}, needs=(JobNeed("a"),), cache=True
    )
    desk.declare(A, b)
    desk.end("a", "x")
    desk.end("b", "y")
    desk.declare(replace(A, hold=True), replace(b, hold=True))

    def told() -> dict:
        live = desk.bench.loop.runs[desk.run]
        return {each.job: each for each in asyncio.run(foresee(desk.lookups, live, ["a", "b"]))}

    assert [told()[name].reused for name in "ab"] == [True, True]
    desk.declare(replace(A, hold=True, source="x = 2"))
    assert (told()["a"].why, told()["b"].unknown) == ("line 2 changed", "a")
    assert (desk.status("a"), desk.status("b")) == ("held", "held")


def test_a_package_counts_by_its_version_wherever_it_is_installed(tmp_path, monkeypatch):
    """Also in a user's own folder of packages; a folder that somebody works in counts by its text."""
    for folder in ("site-packages", "work"):
        (tmp_path / folder / f"of_{folder[:4]}").mkdir(parents=True)
        (tmp_path / folder / f"of_{folder[:4]}" / "__init__.py").write_text("x = 1")
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    found = libraries({"of_site", "of_work"}, [])
    assert (list(found.packages), list(found.modules)) == (["of_site"], ["of_work"])
