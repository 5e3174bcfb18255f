"""What the elements of a fan-out are called."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbflow.core.elements import NAME_LIMIT, element_names, fan_names, fan_of, label, split_names
from nbflow.core.event import JobDeclared
from nbflow.core.match import match_names
from nbflow.core.spec import Element, JobSpec, ValueRef
from nbflow.core.state import replay
from nbflow.errors import DeclarationError
from nbflow.notebook.tokens import tokenize

VARIABLES = ("alpha", "b")
texts = st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), min_size=1, max_size=6)


@given(texts)
def test_names_are_unique_valid_and_mean_themselves_wherever_they_are_typed(rows: list[tuple[str, str]]) -> None:
    """In lists with commas, in quotes and without, after --after, as patterns."""
    names = element_names("fit", VARIABLES, rows)
    assert len(set(names)) == len(rows)
    for name in names:
        assert len(name) <= NAME_LIMIT and name.isprintable() and not re.search(r"[\s*?'\"{}#\\]", name)
        assert split_names(f"a,{name},{name}") == ["a", name, name]
        assert [token.text for token in tokenize(f"retry {name} '{name}' --after {name}", str)][1::2] == [
            name,
            "--after",
        ]
        assert match_names([name], names) == (name,)
    assert match_names(["fit*"], names) == tuple(names)


@given(st.text(max_size=60), st.integers(4, 30))
def test_a_label_is_short_and_holds_nothing_that_means_something_in_a_line(text: str, limit: int) -> None:
    """Whatever the text is."""
    found = label(text, limit)
    assert 0 < len(found) <= limit
    assert not set(found) & set(" ,*?'\"[]{}=#~\\\n\t")


@given(st.lists(st.text("abc=,[]1", max_size=6), min_size=1, max_size=5))
def test_names_without_brackets_are_split_at_each_comma(parts: list[str]) -> None:
    """As they always were."""
    plain = ["".join(char for char in part if char not in "[],") for part in parts]
    assert split_names(",".join(plain)) == plain


def test_a_long_name_leaves_less_room_for_values() -> None:
    """Down to where nothing could be told any more."""
    [name] = element_names("f" * 150, ["alpha"], [["0.123456789012345678901234567890"]])
    assert len(name) <= NAME_LIMIT and "0.12" in name
    with pytest.raises(DeclarationError, match="too long"):
        element_names("f" * 190, ["alpha"], [["1"]])


def test_a_run_knows_its_fan_outs_in_the_order_of_their_elements() -> None:
    """Without those that were withdrawn, whatever the order of declaration."""

    def element(name: str, place: int) -> JobDeclared:
        key = ValueRef(inline=b"1")
        return JobDeclared(at=0.0, spec=JobSpec(name=name, group="g", element=Element("fit", {}, key, place)))

    run = replay([element("fit[a=1]", 1), element("fit[a=2]", 0), element("fit[a=3]", 2)])
    gone = JobDeclared(at=1.0, spec=JobSpec(name="fit[a=3]", withdrawn=True))
    replay_again = replay([element("fit[a=1]", 1), element("fit[a=2]", 0), element("fit[a=3]", 2), gone])
    assert list((fan_of(run, "fit") or pytest.fail()).elements) == ["fit[a=2]", "fit[a=1]", "fit[a=3]"]
    found = fan_of(replay_again, "fit")
    assert found is not None and (found.group, list(found.elements)) == ("g", ["fit[a=2]", "fit[a=1]"])
    assert fan_names(replay_again) == ["fit"] and fan_of(run, "other") is None
