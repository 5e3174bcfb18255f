"""What has a full name."""

from __future__ import annotations

import pandas as pd

from nbflow.notebook.named_things import resolved


def test_a_value_that_is_neither_true_nor_false():
    """It is found all the same, and asked nothing."""
    assert resolved("pandas.NA") is pd.NA


def test_a_module_inside_of_another():
    """By its full name; nothing has a name that leads nowhere."""
    assert resolved("os.path.join").__name__ == "join"
    assert resolved("os.nothing.join") is None
