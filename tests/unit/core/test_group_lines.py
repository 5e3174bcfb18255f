"""What stands over a group's members: true for every policy, and never more than there is room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbflow.core.group_lines import Stand, asked, lines, stand

POLICIES = {
    "strict": ("all 5 needed", "all 5"),
    "best-effort": ("best effort, 5", "best effort"),
    "at-least:2": ("2 of 5 needed", "2 of 5"),
    "at-least:70%": ("4 of 5 needed", "4 of 5"),
    "critical:a,b": ("a, b of 5 needed", "a, b"),
    "at-least:2 & critical:a": ("at-least:2 & critical:a of 5 needed", "at-least:2 & critical:a"),
    "strict | at-least:50%": ("strict | at-least:50% of 5 needed", "strict | at-least:50%"),
    "=budget": ("=budget decides, 5", "=budget"),
    "made in a cell)": ("made in a cell) decides, 5", "made in a cell)"),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_says_what_it_asks_for(policy: str) -> None:
    """In words, and in fewer of them."""
    assert asked(policy, 5) == POLICIES[policy]


@given(st.sampled_from(list(POLICIES)), st.integers(0, 9), st.integers(0, 9), st.sampled_from(["undecided", "met", ""]))
def test_a_line_is_cut_down_step_by_step(policy: str, good: int, failed: int, verdict: str) -> None:
    """What may be said gets no longer; all of it begins with the name, and a verdict is never left out."""
    told = lines("fits", asked(policy, 5), Stand(good, failed), verdict)
    whole = ["".join(line) for line in told]
    assert whole[0].startswith("fits") and whole[-1].startswith("fits")
    assert len(set(whole)) == len(whole)
    assert all(end for _, end in told) == (verdict == "met")


def test_a_group_within_counts_as_one_member() -> None:
    """However many jobs it has: met is good, broken is not, and undecided is neither."""
    groups = {"g": {"verdict": "met"}, "h": {"verdict": "broken"}, "i": {"verdict": "undecided"}}
    jobs = {"a": {"status": "reused"}, "b": {"status": "skipped"}, "c": {"status": "unknown"}}
    assert stand({"members": [*groups, *jobs]}, groups, jobs) == Stand(2, 2)
