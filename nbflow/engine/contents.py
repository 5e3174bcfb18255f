"""What is in files that jobs read and write: digests, remembered while a file looks untouched."""

from __future__ import annotations

import glob
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from nbflow.core.files import is_pattern, remote

MISSING = "missing"
_PIECE = 1 << 20
_SETTLED = 2.0
"""Seconds after its last change from when on a file's time of change tells whether it changed again."""
_REMEMBERED = 100_000


class Contents:
    """Digests of files. Safe to use from several threads: at worst a file is read twice.

    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "a.csv").write_text("1")
    >>> list(Contents().of([f"{folder}/*.csv", f"{folder}/b"]).values())[1]
    'missing'
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], str] = {}

    def of(self, paths: Sequence[str]) -> dict[str, str]:
        """Every file that *paths* mean -> digest; `MISSING` where a path or pattern means none.

        A place with a scheme cannot be looked at: it counts as never changing.
        """
        found: dict[str, str] = {}
        for path in paths:
            files = [path] if remote(path) else sorted(_meant(path))
            found |= {file: self._digest(file) for file in files or [path]}
        return found

    def _digest(self, path: str) -> str:
        if remote(path):
            return "elsewhere"
        try:
            with Path(path).open("rb") as file:
                about = os.fstat(file.fileno())
                key = path, about.st_size, about.st_mtime_ns, about.st_ino
                if (known := self._known.get(key)) is not None:
                    return known
                whole = hashlib.sha256()
                while piece := file.read(_PIECE):
                    whole.update(piece)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return MISSING
        if time.time() - about.st_mtime > _SETTLED:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known[key] = whole.hexdigest()
        return whole.hexdigest()


def _meant(path: str) -> Iterator[str]:
    """The files that *path* means now; those in it if it is a folder."""
    for place in glob.iglob(path, recursive=True) if is_pattern(path) else [path]:  # noqa: PTH207 - patterns of text
        if os.path.isdir(place):  # noqa: PTH112
            for folder, _, names in os.walk(place):
                yield from (os.path.join(folder, name) for name in names)  # noqa: PTH118
        elif os.path.exists(place):  # noqa: PTH110
            yield place
