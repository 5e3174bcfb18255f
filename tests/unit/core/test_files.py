"""Which files are the same, and who comes before whom because of them."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbflow.core.files import Files, Uses, meet
from nbflow.core.spec import JobSpec

MET = [
    ("/a/x.csv", "/a/x.csv", True),
    ("/a/x.csv", "/a/y.csv", False),
    ("/a/x.csv", "/a", True),
    ("/a/xy", "/a/x", False),
    ("/a/*.csv", "/a/x.csv", True),
    ("/a/*.csv", "/a/b/x.csv", False),
    ("/a/**/*.csv", "/a/b/c/x.csv", True),
    ("/a/**/*.csv", "/a/x.csv", True),
    ("/a/**", "/b/x.csv", False),
    ("/a/*/x", "/a/b", True),
    ("/*/x", "/a/*", True),
    ("/a/x?", "/a/x", False),
    ("/a/[!x].csv", "/a/x.csv", False),
    ("/a/a*", "/a/*b", True),
    ("/a/a*c", "/a/b*", False),
    ("/a/*", "/a/", True),
    ("s3://b/*.csv", "s3://b/x.csv", True),
    ("s3://b/x.csv", "/b/x.csv", False),
]


@pytest.mark.parametrize(("one", "other", "met"), MET)
def test_paths_and_patterns_meet(one: str, other: str, met: bool) -> None:
    """Where one file can be both, or one is in a folder that the other is; whichever way round one asks."""
    assert (meet(one, other), meet(other, one)) == (met, met)


names = st.text("ab", max_size=4).map(lambda text: text or "a")
patterns = st.text("ab*?", max_size=5).map(lambda text: text or "*")


@given(patterns, patterns, names)
def test_no_file_of_both_is_overlooked(one: str, other: str, name: str) -> None:
    """If any name fits two patterns, they meet."""
    if fnmatch.fnmatchcase(name, one) and fnmatch.fnmatchcase(name, other):
        assert meet(f"/{one}", f"/{other}")


paths = st.lists(st.sampled_from(["a", "b", "*", "a*", "**"]), min_size=1, max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)


@given(st.lists(paths, max_size=8), paths)
def test_looking_up_finds_what_comparing_all_finds(used: list[str], path: str) -> None:
    """The index leaves out nothing and adds nothing."""
    uses = Uses()
    for number, each in enumerate(used):
        uses.add(str(number), each)
    assert [use.job for use in uses.of(path)] == [str(n) for n, each in enumerate(used) if meet(each, path)]


def files(*jobs: tuple[str, str, str]) -> Files:
    """(name, what it reads, what it writes), in the order of their declarations."""
    found = Files()
    for name, reads, writes in jobs:
        found.add(JobSpec(name=name, reads=tuple(reads.split()), writes=tuple(writes.split())))
    return found


def test_a_reader_comes_after_the_last_writer_of_each_file() -> None:
    """Those before it are that one's business."""
    made = files(("a", "", "/x"), ("b", "", "/x /y"), ("c", "", "/z"))
    assert made.before(["/x", "/z"], []) == {"b": False, "c": False}


def test_a_writer_comes_after_who_read_the_last_version() -> None:
    """Who read an earlier one came before the last writer."""
    made = files(("a", "", "/x"), ("r", "/x", ""), ("b", "", "/x"), ("s", "/x", ""))
    assert made.before([], ["/x"]) == {"b": True, "s": True}


def test_who_reads_and_writes_needs_the_writer_to_succeed() -> None:
    """The end of any other is enough."""
    made = files(("a", "", "/x"), ("r", "/x", ""))
    assert made.before(["/x"], ["/x"]) == {"a": False, "r": True}


def test_a_thousand_writers_of_one_file_are_a_chain() -> None:
    """Each comes after the one before, not after all."""
    made = files(*((str(n), "", "/log") for n in range(1000)))
    assert made.before([], ["/log"]) == {"999": True}
