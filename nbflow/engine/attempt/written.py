"""Whether a job has left the files that it was to write."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable

from nbflow.core.files import is_pattern, remote, shown
from nbflow.engine.attempt.refused import Refused

TOLD = 3
"""Missing files that are named."""


class MissingFile(Refused):
    """Some of the files that the job was to write are not there."""

    def __init__(self, names: list[str]) -> None:
        more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
        super().__init__("missing file", ", ".join(names[:TOLD]) + more)


def check(writes: Iterable[str], cwd: str) -> None:
    """Raise `MissingFile` unless there is a file for each of *writes*; people know them as in *cwd*."""
    if missing := [shown(path, cwd) for path in writes if not remote(path) and not _there(path)]:
        raise MissingFile(missing)


def _there(path: str) -> bool:
    if os.path.lexists(path):  # the name of a file may look like a pattern
        return True
    return is_pattern(path) and any(True for _ in glob.iglob(path, recursive=True))  # noqa: PTH207
