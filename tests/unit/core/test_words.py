"""How times and sizes are said."""

from __future__ import annotations

import pytest

from nbflow.core.words import duration, elapsed, size


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (4.99, "0:04"), (59.99, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (3723, "1:02:03"),
     (90_000, "25:00:00"), (-3, "0:00")],
)  # fmt: skip
def test_elapsed_is_a_clock_in_whole_seconds(seconds, said):
    """As a stop watch shows it: never ahead of the time."""
    assert elapsed(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 ms"), (0.0034, "3 ms"), (0.0994, "99 ms"), (0.0996, "0.1 s"), (4.2, "4.2 s"), (59.94, "59.9 s"),
     (59.96, "1 m"), (190, "3 m 10 s"), (3599.4, "59 m 59 s"), (3599.6, "1 h"), (7500, "2 h 5 m"), (86_399, "1 d"),
     (90_000, "1 d 1 h"), (-1, "0 ms")],
)  # fmt: skip
def test_a_duration_has_at_most_two_units(seconds, said):
    """Rounded once, so that no "60.0 s" or "59 m 60 s" appears."""
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_949, "99.9 kB"), (310e6, "310 MB"), (999_499, "999 kB"),
     (999_501, "1.0 MB"), (2.1e9, "2.1 GB"), (3e12, "3.0 TB"), (4.2e15, "4.2 PB")],
)  # fmt: skip
def test_a_size_is_in_powers_of_1000(count, said):
    """With three digits at most: one after the point, or none."""
    assert size(count) == said
