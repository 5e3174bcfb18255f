"""The job cells of the notebook's file, as it was last saved: what a person has written and not run yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbflow.notebook.line import JobHeader, parse_job
from nbflow.notebook.place import Place
from nbflow.notebook.tokens import LineError

_MAGIC = "%%job"
_LARGEST = 100_000_000


def saved_jobs(place: Place) -> dict[str, JobHeader]:
    """Name -> header and body of each ``%%job`` cell of the notebook's file; none where it cannot be read."""
    return {header.name: header for header in _headers(place.folder / f"{place.flow}.ipynb")}


def _headers(file: Path) -> Iterator[JobHeader]:
    for source in _sources(file):
        line, _, body = source.partition("\n")
        if line.startswith(_MAGIC) and line[len(_MAGIC) :][:1].isspace():
            try:
                yield parse_job(line[len(_MAGIC) :], body)
            except LineError:
                continue  # said when the cell is run


def _sources(file: Path) -> Iterator[str]:
    try:
        if file.stat().st_size > _LARGEST:
            return
        notebook: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        yield from ("".join(cell["source"]) for cell in cells)
    except (OSError, ValueError, KeyError, TypeError):
        return
