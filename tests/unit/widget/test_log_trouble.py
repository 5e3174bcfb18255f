"""A log that cannot be read is told in its place; the view goes on."""

from __future__ import annotations

import pytest

from nbflow.errors import StoreError
from nbflow.widget.dag import FlowView
from tests.unit.snapshots import ten
from tests.unit.widget.sample import Sample


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), StoreError("the store is gone")])
def test_a_log_that_cannot_be_read_says_so(error: Exception) -> None:
    """The drawer shows the error as the log's text, and all else as it stands."""

    def unreadable(job: str, attempt: int, step: int | None) -> str:
        raise error

    view = FlowView(Sample(ten, unreadable))
    try:
        view._chosen = [("fit_lasso", None, None)]
        state, _ = view.look()
    finally:
        view.close()
    ((_, log),) = state["details"]["fit_lasso"]["logs"]["3"]["pieces"]
    assert log.startswith("The log cannot be read: ")
    assert str(error) in log
    assert len(state["status"]) == len(ten()["jobs"])
