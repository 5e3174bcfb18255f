"""Patterns and nearest names."""

import pytest

from nbflow.core.match import match_names, nearest
from nbflow.errors import UnknownJob

NAMES = ["load", "fit[a=1]", "fit[a=2]", "fits", "plot"]


@pytest.mark.parametrize(
    ("patterns", "meant"),
    [
        (["load"], ("load",)),
        (["fit*"], ("fit[a=1]", "fit[a=2]", "fits")),
        (["fit[a=?]"], ("fit[a=1]", "fit[a=2]")),
        (["fit[a=1]"], ("fit[a=1]",)),
        (["plot", "*l*"], ("plot", "load")),
        ([], ()),
    ],
)
def test_patterns_mean_names(patterns, meant):
    """A name means itself, wildcards mean the names they fit, each once."""
    assert match_names(patterns, NAMES) == meant


@pytest.mark.parametrize(("pattern", "near"), [("laod", "load"), ("fit[12]", "fit[a=2]"), ("x*", None), ("zzz", None)])
def test_a_pattern_without_a_name_is_an_error(pattern, near):
    """Nothing meant is an error that carries the nearest name; brackets are no wildcards."""
    with pytest.raises(UnknownJob) as caught:
        match_names([pattern], NAMES)
    assert (caught.value.name, caught.value.near) == (pattern, near)


def test_the_beginning_of_a_word_is_nearest():
    """A prefix wins over a merely similar word, and case does not matter."""
    assert nearest("time", ["lime", "timeout"]) == "timeout"
    assert nearest("LOAD", ["load"]) == "load"
